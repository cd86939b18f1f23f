//! Article types: what the article operations answer and take.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::agents::Agent;
use crate::application::help_center::Portal;
use crate::types::Patch;
use crate::types::Time;
use crate::types::{AccountId, ArticleId, CategoryId, UserId};
use crate::types::{Attributes, Extra, open_enum};

open_enum! {
    /// Who sees an article.
    pub enum ArticleStatus {
        /// Nobody yet.
        PreparedRequest = "draft",
        /// Visitors.
        Published = "published",
        /// Nobody any more.
        Archived = "archived",
    }
}

/// Which articles to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ArticlesQuery {
    /// Of this language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// With these words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Of the category with this slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_slug: Option<String>,
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ArticleStatus>,
    /// By this author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_id: Option<UserId>,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// One page of articles.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticlePage {
    /// The number of results.
    pub meta: ArticleCounts,
    /// The articles of this page.
    pub payload: Vec<Article>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many articles a list has, whatever the page. Those by state and author do not heed what the
/// query says of state and author.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticleCounts {
    /// All of the portal.
    pub all_articles_count: Option<u64>,
    /// All that the query fits, but for state and author.
    pub articles_count: Option<u64>,
    /// Those put away.
    pub archived_articles_count: Option<u64>,
    /// Those not yet published.
    pub draft_articles_count: Option<u64>,
    /// Those of the caller.
    pub mine_articles_count: Option<u64>,
    /// Those that visitors see.
    pub published_count: Option<u64>,
    /// This page, from 1; text where the query named it.
    pub current_page: Option<Value>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An article.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Article {
    /// Its id.
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// Its slug, the name in URLs.
    pub slug: Option<String>,
    /// Its text, in Markdown.
    pub content: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Who sees it.
    pub status: Option<ArticleStatus>,
    /// Where it stands among the others; absent inside another article.
    pub position: Option<i64>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// When it was last changed; absent inside another article.
    pub updated_at: Option<Time>,
    /// What search engines are told: `title`, `description`, `tags`.
    pub meta: Option<Attributes>,
    /// Its category; all fields are `None` where it has none.
    pub category: Option<ArticleCategory>,
    /// Its category, inside another article.
    pub category_id: Option<CategoryId>,
    /// How often it was read.
    pub views: Option<u64>,
    /// Who wrote it.
    pub author: Option<Agent>,
    /// Its portal, inside another article.
    pub portal: Option<Box<Portal>>,
    /// Its translations; absent where there are none.
    pub associated_articles: Option<Vec<Article>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The category of an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticleCategory {
    /// Its id; `None` where the article has no category.
    pub id: Option<CategoryId>,
    /// Its name.
    pub name: Option<String>,
    /// Its slug, the name in URLs.
    pub slug: Option<String>,
    /// Its language, which is the article's.
    pub locale: Option<String>,
    /// The URL of its picture; empty if it has none.
    pub icon: Option<String>,
    /// The color of the picture.
    pub icon_color: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An article to write.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewArticle {
    /// Its title.
    pub title: String,
    /// Who writes it; the server demands one.
    pub author_id: UserId,
    /// Its name in paths; left out, the server makes one of the time and the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its text, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// Its language, where it has no category to take it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Who sees it; left out it is a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ArticleStatus>,
    /// Where it stands among the others; left out it is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// The article it is a translation of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_article_id: Option<ArticleId>,
    /// What search engines are told: `title`, `description`, `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Attributes>,
}

impl NewArticle {
    /// A draft with this title, by this user.
    pub fn new(title: impl Into<String>, author_id: UserId) -> Self {
        Self {
            title: title.into(),
            author_id,
            slug: None,
            content: None,
            description: None,
            category_id: None,
            locale: None,
            status: None,
            position: None,
            associated_article_id: None,
            meta: None,
        }
    }
}

/// The changes to make to an article.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ArticlePatch {
    /// Its title.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub title: Patch<String>,
    /// Its slug, the name in URLs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub slug: Patch<String>,
    /// Its text, in Markdown.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub content: Patch<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// Its category.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub category_id: Patch<CategoryId>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub author_id: Patch<UserId>,
    /// Who sees it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub status: Patch<ArticleStatus>,
    /// Its position in the list.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub position: Patch<i64>,
    /// All that search engines are told: what is not named is gone.
    #[serde(rename = "meta", skip_serializing_if = "Patch::is_keep")]
    pub replace_meta: Patch<Attributes>,
}

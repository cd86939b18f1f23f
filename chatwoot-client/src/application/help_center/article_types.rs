//! Types of the article operations: responses and request bodies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::agents::Agent;
use crate::application::help_center::Portal;
use crate::http::page::Meta;
use crate::types::Patch;
use crate::types::Time;
use crate::types::{AccountId, ArticleId, CategoryId, UserId};
use crate::types::{Attributes, Extra, open_enum};

open_enum! {
    /// The status of an article, which says who can see it.
    pub enum ArticleStatus {
        /// A draft: not visible to visitors yet.
        Draft = "draft",
        /// Published: visible to visitors.
        Published = "published",
        /// Archived: not visible to visitors any more.
        Archived = "archived",
    }
}

/// Which articles to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ArticlesQuery {
    /// In the language with this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// That match these words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Of the category with this slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_slug: Option<String>,
    /// With this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ArticleStatus>,
    /// By the author with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_id: Option<UserId>,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// The number of articles in a list, on all pages. The counts by status and author ignore the
/// query's status and author.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticleCounts {
    /// All articles of the portal.
    pub all_articles_count: Option<u64>,
    /// All articles that match the query apart from its status and author.
    pub articles_count: Option<u64>,
    /// The number of archived articles.
    pub archived_articles_count: Option<u64>,
    /// The number of drafts.
    pub draft_articles_count: Option<u64>,
    /// The number of articles by the caller.
    pub mine_articles_count: Option<u64>,
    /// The number of published articles.
    pub published_count: Option<u64>,
    /// This page's number, from 1; a text if the query sets the page.
    pub current_page: Option<Value>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Meta for ArticleCounts {}

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
    /// Its description.
    pub description: Option<String>,
    /// Its status, which says who can see it.
    pub status: Option<ArticleStatus>,
    /// Its position in the list; absent inside another article.
    pub position: Option<i64>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// When it was last updated; absent inside another article.
    pub updated_at: Option<Time>,
    /// Metadata for search engines: `title`, `description`, `tags`.
    pub meta: Option<Attributes>,
    /// Its category; all fields are `None` if it has none.
    pub category: Option<ArticleCategory>,
    /// The id of its category; only inside another article.
    pub category_id: Option<CategoryId>,
    /// The number of times it was viewed.
    pub views: Option<u64>,
    /// Its author.
    pub author: Option<Agent>,
    /// Its portal; only inside another article.
    pub portal: Option<Box<Portal>>,
    /// Its translations; absent if there are none.
    pub associated_articles: Option<Vec<Article>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The category of an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticleCategory {
    /// Its id; `None` if the article has no category.
    pub id: Option<CategoryId>,
    /// Its name.
    pub name: Option<String>,
    /// Its slug, the name in URLs.
    pub slug: Option<String>,
    /// Its language code, which is the article's.
    pub locale: Option<String>,
    /// Its icon; empty if it has none.
    pub icon: Option<String>,
    /// The color of the icon.
    pub icon_color: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An article to create.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewArticle {
    /// Its title.
    pub title: String,
    /// The id of its author; required by the server.
    pub author_id: UserId,
    /// Its slug, the name in URLs; by default the server derives it from the time and the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its text, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The id of its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// Its language code, for an article without a category; otherwise the category's language
    /// applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Its status; a draft by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ArticleStatus>,
    /// Its position in the list; last by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// The id of the article it is a translation of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_article_id: Option<ArticleId>,
    /// Metadata for search engines: `title`, `description`, `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Attributes>,
}

impl NewArticle {
    /// Creates a draft with this title, by this user.
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
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// The id of its category.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub category_id: Patch<CategoryId>,
    /// The id of its author.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub author_id: Patch<UserId>,
    /// Its status, which says who can see it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub status: Patch<ArticleStatus>,
    /// Its position in the list.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub position: Patch<i64>,
    /// Metadata for search engines, which replaces all present: keys that are not named are
    /// deleted.
    #[serde(rename = "meta", skip_serializing_if = "Patch::is_keep")]
    pub replace_meta: Patch<Attributes>,
}

//! Articles: what a help centre tells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Account;
use super::agents::Agent;
use super::portal_types::Portal;
use crate::call::Call;
use crate::ids::{AccountId, ArticleId, CategoryId, UserId};
use crate::model::{Attributes, Extra, words};
use crate::op::Op;
use crate::patch::Patch;
use crate::time::Time;

const LIST: Op = Op::get("articles.list", "/api/v1/accounts/{account_id}/portals/{id}/articles");
const GET: Op =
    Op::get("articles.get", "/api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}")
        .inside(&["payload"]);
const CREATE: Op =
    Op::post("articles.create", "/api/v1/accounts/{account_id}/portals/{id}/articles")
        .inside(&["payload"]);
const UPDATE: Op = Op::patch(
    "articles.update",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}",
)
.inside(&["payload"]);
const DELETE: Op = Op::delete(
    "articles.delete",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}",
);
const REORDER: Op =
    Op::post("articles.reorder", "/api/v1/accounts/{account_id}/portals/{id}/articles/reorder")
        .idempotent();

pub(super) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE, REORDER];

/// The articles of portals, which are named by their slug; from [`Account::articles`].
///
/// Agents may read, administrators may do all.
#[derive(Clone, Copy, Debug)]
pub struct Articles<'a> {
    pub(super) account: &'a Account,
}

impl<'a> Articles<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles`: one page of a portal's articles:
    /// last changed first, and of one category by position. Undocumented.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ArticleStatus, ArticlesQuery};
    ///
    /// let public = ArticlesQuery { status: Some(ArticleStatus::Published), ..Default::default() };
    /// let page = account.articles().list("shop-help", &public).await?;
    /// println!("{:?} in all", page.meta.all_articles_count);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self, portal: &str, query: &ArticlesQuery) -> Call<'a, ArticlePage> {
        self.account.call(LIST).path("id", portal).query(query)
    }

    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`: one article.
    /// Undocumented.
    pub fn get(self, portal: &str, id: ArticleId) -> Call<'a, Article> {
        self.account.call(GET).path("id", portal).path("article_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/portals/{id}/articles`: writes an article, a draft
    /// unless told otherwise. A published one needs a content.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ArticleStatus, NewArticle};
    ///
    /// let returns = NewArticle {
    ///     content: Some("# Returns\nWithin 30 days.".into()),
    ///     status: Some(ArticleStatus::Published),
    ///     ..NewArticle::new("Returns", 2.into())
    /// };
    /// let article = account.articles().create("shop-help", &returns).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(self, portal: &str, article: &NewArticle) -> Call<'a, Article> {
        self.account.call(CREATE).path("id", portal).json(&json!({"article": article}))
    }

    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`: changes an
    /// article; what is left as [`Patch::Keep`] stays. Undocumented.
    pub fn update(self, portal: &str, id: ArticleId, to: &ArticlePatch) -> Call<'a, Article> {
        let call = self.account.call(UPDATE).path("id", portal).path("article_id", id);
        call.json(&json!({"article": to}))
    }

    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`: removes an
    /// article. Undocumented.
    pub fn delete(self, portal: &str, id: ArticleId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", portal).path("article_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/portals/{id}/articles/reorder`: gives the named articles
    /// their positions; the others keep theirs. Undocumented.
    pub fn reorder(self, portal: &str, positions: &BTreeMap<ArticleId, i64>) -> Call<'a, ()> {
        let call = self.account.done(REORDER).path("id", portal);
        call.json(&json!({"positions_hash": positions}))
    }
}

words! {
    /// Who sees an article.
    pub enum ArticleStatus {
        /// Nobody yet.
        Draft = "draft",
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
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// One page of articles.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticlePage {
    /// How many there are.
    pub meta: ArticleCounts,
    /// The articles of this page.
    pub payload: Vec<Article>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many articles a list has, whatever the page. Those by state and author do not heed what the
/// query says of state and author.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticleCounts {
    /// All of the portal.
    #[serde(default)]
    pub all_articles_count: Option<u64>,
    /// All that the query fits, but for state and author.
    #[serde(default)]
    pub articles_count: Option<u64>,
    /// Those put away.
    #[serde(default)]
    pub archived_articles_count: Option<u64>,
    /// Those not yet published.
    #[serde(default)]
    pub draft_articles_count: Option<u64>,
    /// Those of the caller.
    #[serde(default)]
    pub mine_articles_count: Option<u64>,
    /// Those that visitors see.
    #[serde(default)]
    pub published_count: Option<u64>,
    /// This page, from 1; text where the query named it.
    #[serde(default)]
    pub current_page: Option<Value>,
    /// What else the server sends.
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
    /// Its name in paths.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its text, Markdown.
    #[serde(default)]
    pub content: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub description: Option<String>,
    /// Who sees it.
    #[serde(default)]
    pub status: Option<ArticleStatus>,
    /// Where it stands among the others; absent inside another article.
    #[serde(default)]
    pub position: Option<i64>,
    /// Its account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// When it was last changed; absent inside another article.
    #[serde(default)]
    pub updated_at: Option<Time>,
    /// What search engines are told: `title`, `description`, `tags`.
    #[serde(default)]
    pub meta: Option<Attributes>,
    /// Its category; all fields are `None` where it has none.
    #[serde(default)]
    pub category: Option<ArticleCategory>,
    /// Its category, inside another article.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    /// How often it was read.
    #[serde(default)]
    pub views: Option<u64>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<Agent>,
    /// Its portal, inside another article.
    #[serde(default)]
    pub portal: Option<Box<Portal>>,
    /// Its translations; absent where there are none.
    #[serde(default)]
    pub associated_articles: Option<Vec<Article>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The category of an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArticleCategory {
    /// Its id; `None` where the article has no category.
    #[serde(default)]
    pub id: Option<CategoryId>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its name in paths.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its language, which is the article's.
    #[serde(default)]
    pub locale: Option<String>,
    /// Its picture; empty for none.
    #[serde(default)]
    pub icon: Option<String>,
    /// The picture's colour.
    #[serde(default)]
    pub icon_color: Option<String>,
    /// What else the server sends.
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
    /// Its text, Markdown.
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

/// What to change of an article.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ArticlePatch {
    /// Its title.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub title: Patch<String>,
    /// Its name in paths.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub slug: Patch<String>,
    /// Its text, Markdown.
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
    /// Where it stands among the others.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub position: Patch<i64>,
    /// All that search engines are told: what is not named is gone.
    #[serde(rename = "meta", skip_serializing_if = "Patch::is_keep")]
    pub replace_meta: Patch<Attributes>,
}

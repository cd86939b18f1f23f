//! Articles: what a help centre tells.

use std::collections::BTreeMap;

use serde_json::json;

use super::Account;
use super::article_types::{Article, ArticlePage, ArticlePatch, ArticlesQuery, NewArticle};
use crate::call::Call;
use crate::ids::ArticleId;
use crate::op::Op;

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
/// Agents may list, administrators may do all.
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
    /// # Errors
    /// `NotFound` without such a portal in this account.
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
    #[inline]
    pub fn list(self, portal: &str, query: &ArticlesQuery) -> Call<'a, ArticlePage> {
        self.account.call(LIST).path("id", portal).query(query)
    }

    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`: one article.
    /// Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a portal, or such an article in it; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let article = account.articles().get("shop-help", 3.into()).await?;
    /// println!("{}: {:?}", article.title, article.status);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, portal: &str, id: ArticleId) -> Call<'a, Article> {
        self.account.call(GET).path("id", portal).path("article_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/portals/{id}/articles`: writes an article, a draft
    /// unless told otherwise.
    ///
    /// # Errors
    /// `NotFound` without such a portal, and for an `associated_article_id` that is not in it, but
    /// then the article *is* made; `Invalid` for a published article without content, an author who
    /// does not exist, and the slugs `search`, `articles` and `categories`; `Server` for a slug
    /// that another article of the installation has; `Unauthorized` for an agent.
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
    #[inline]
    pub fn create(self, portal: &str, article: &NewArticle) -> Call<'a, Article> {
        self.account.call(CREATE).path("id", portal).json(&json!({"article": article}))
    }

    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`: changes an
    /// article; what is left as [`Patch::Keep`](crate::Patch::Keep) stays. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a portal, or such an article in it; `Invalid` for a published
    /// article without content, and the slugs `search`, `articles` and `categories`; `Server` for a
    /// slug that another article of the installation has; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ArticlePatch, ArticleStatus};
    ///
    /// let public = ArticlePatch { status: ArticleStatus::Published.into(), ..Default::default() };
    /// account.articles().update("shop-help", 3.into(), &public).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, portal: &str, id: ArticleId, to: &ArticlePatch) -> Call<'a, Article> {
        let call = self.account.call(UPDATE).path("id", portal).path("article_id", id);
        call.json(&json!({"article": to}))
    }

    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`: removes an
    /// article. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a portal, or such an article in it; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.articles().delete("shop-help", 3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, portal: &str, id: ArticleId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", portal).path("article_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/portals/{id}/articles/reorder`: gives the named articles
    /// their positions; the others keep theirs. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a portal, or when one of the articles is not in it: then none has
    /// moved; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let order = [(3.into(), 10), (4.into(), 20)].into_iter().collect();
    /// account.articles().reorder("shop-help", &order).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reorder(self, portal: &str, positions: &BTreeMap<ArticleId, i64>) -> Call<'a, ()> {
        let call = self.account.done(REORDER).path("id", portal);
        call.json(&json!({"positions_hash": positions}))
    }
}

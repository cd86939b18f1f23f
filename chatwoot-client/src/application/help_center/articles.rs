//! Articles: the pages of a help center.

use futures_util::stream::BoxStream;
use serde_json::json;
use std::collections::BTreeMap;

use crate::application::Account;
use crate::application::help_center::{
    Article, ArticleCounts, ArticlePatch, ArticleStatus, ArticlesQuery, NewArticle,
};
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::Page;
use crate::http::page;
use crate::http::page::Rows;
use crate::types::{ArticleId, CategoryId};

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
const SET_STATUS: Op = Op::patch(
    "articles.set_status_of",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_status",
);
const SET_CATEGORY: Op = Op::patch(
    "articles.set_category_of",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_category",
);
const DELETE_MANY: Op = Op::delete(
    "articles.delete_all_of",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/delete_articles",
);

pub(crate) const OPERATIONS: &[Op] =
    &[LIST, GET, CREATE, UPDATE, DELETE, REORDER, SET_STATUS, SET_CATEGORY, DELETE_MANY];

account_handle! {
    /// The articles of portals; from [`Account::articles`]. A portal is given by its slug.
    ///
    /// Agents may list; the other operations are for administrators.
    Articles
}

impl<'a> Articles<'a> {
    /// Returns one page of a portal's articles: most recently updated first, or by position within
    /// one category.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::{ArticleStatus, ArticlesQuery};
    ///
    /// let public = ArticlesQuery { status: Some(ArticleStatus::Published), ..Default::default() };
    /// let page = account.articles().list("shop-help", &public).await?;
    /// println!("{:?} in all", page.meta.all_articles_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(
        self,
        portal: &str,
        query: &ArticlesQuery,
    ) -> Call<'a, Page<Article, ArticleCounts>> {
        self.account.call(LIST).path("id", portal).query(query)
    }

    /// Returns one article.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or the portal no such article; `Unauthorized`
    /// for an agent.
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

    /// Creates an article, a draft by default.
    ///
    /// `POST /api/v1/accounts/{account_id}/portals/{id}/articles`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, and for an `associated_article_id` that is not
    /// in the portal, but then the article *is* created; `Invalid` for a published article without
    /// content, an author who does not exist, and the slugs `search`, `articles` and `categories`;
    /// `Server` for a slug that another article of the installation has; `Unauthorized` for an
    /// agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::{ArticleStatus, NewArticle};
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

    /// Updates an article; fields left as [`Patch::Keep`](crate::types::Patch::Keep) keep their
    /// value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or the portal no such article; `Invalid` for a
    /// published article without content, and the slugs `search`, `articles` and `categories`;
    /// `Server` for a slug that another article of the installation has; `Unauthorized` for an
    /// agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::{ArticlePatch, ArticleStatus};
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

    /// Deletes an article.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/articles/{article_id}`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or the portal no such article; `Unauthorized`
    /// for an agent.
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

    /// Sets the positions of the given articles; the others keep theirs.
    ///
    /// `POST /api/v1/accounts/{account_id}/portals/{id}/articles/reorder`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or if one of the articles is not in the
    /// portal, in which case none is moved; `Unauthorized` for an agent.
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

impl<'a> Articles<'a> {
    /// Streams every article of a portal, each once.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles`, page by page. The query's page is
    /// ignored.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of [`Articles::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::ArticlesQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut articles = account.articles().all("shop-help", ArticlesQuery::default());
    /// while let Some(article) = articles.try_next().await? {
    ///     println!("{}", article.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(
        self,
        portal: impl Into<String>,
        query: ArticlesQuery,
    ) -> BoxStream<'a, Result<Article, Error>> {
        let portal = portal.into();
        let changed = query.category_slug.is_none();
        let rows = Rows {
            key: |article: &Article| article.id,
            // The counts ignore status and author.
            total: |_: &Page<Article, ArticleCounts>| None,
            touched: changed.then_some(|article: &Article| article.updated_at),
        };
        let fetch =
            move |page| self.list(&portal, &ArticlesQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

/// Changes to many articles at once. Administrators only. Ids that are not in the portal are
/// skipped.
impl<'a> Articles<'a> {
    /// Sets the status of articles, all or none.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_status`. Not
    /// in Chatwoot's published API.
    ///
    /// # Errors
    /// `Invalid` if none of the articles is in the portal, the status is unknown, or an article to
    /// publish has no content; `NotFound` if the account has no such portal; `Unauthorized` for an
    /// agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::ArticleStatus;
    ///
    /// let ready = [3.into(), 4.into()];
    /// account.articles().set_status_of("shop-help", &ready, ArticleStatus::Published).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn set_status_of(
        self,
        portal: &str,
        ids: &[ArticleId],
        status: ArticleStatus,
    ) -> Call<'a, ()> {
        let call = self.account.done(SET_STATUS).path("id", portal);
        call.json(&json!({"ids": ids, "status": status}))
    }

    /// Moves articles into a category, all or none.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_category`.
    /// Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Invalid` if none of the articles is in the portal, or the category is not; `NotFound` if
    /// the account has no such portal; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.articles().set_category_of("shop-help", &[3.into(), 4.into()], 2.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_category_of(
        self,
        portal: &str,
        ids: &[ArticleId],
        category: CategoryId,
    ) -> Call<'a, ()> {
        let call = self.account.done(SET_CATEGORY).path("id", portal);
        call.json(&json!({"ids": ids, "category_id": category}))
    }

    /// Deletes articles.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/delete_articles`.
    /// Administrators only. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Invalid` if none of the articles is in the portal; `NotFound` if the account has no such
    /// portal; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.articles().delete_all_of("shop-help", &[3.into(), 4.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_all_of(self, portal: &str, ids: &[ArticleId]) -> Call<'a, ()> {
        self.account.done(DELETE_MANY).path("id", portal).json(&json!({"ids": ids}))
    }
}

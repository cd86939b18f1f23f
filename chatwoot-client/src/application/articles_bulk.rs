//! Articles in bulk: one change to many articles of a portal.

use serde_json::json;

use super::article_types::ArticleStatus;
use super::articles::Articles;
use crate::call::Call;
use crate::ids::{ArticleId, CategoryId};
use crate::op::Op;

const SET_STATUS: Op = Op::patch(
    "articles.set_status_of",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_status",
);
const SET_CATEGORY: Op = Op::patch(
    "articles.set_category_of",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_category",
);
const DELETE: Op = Op::delete(
    "articles.delete_all_of",
    "/api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/delete_articles",
);

pub(super) const OPERATIONS: &[Op] = &[SET_STATUS, SET_CATEGORY, DELETE];

/// One change to many; an administrator may. Ids that are not in the portal are passed over.
impl<'a> Articles<'a> {
    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_status`: puts
    /// articles into a state, all or none. Undocumented.
    ///
    /// # Errors
    /// `Invalid` when none of the articles is in the portal, the state is unknown, or one to
    /// publish has no content; `NotFound` without such a portal; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ArticleStatus;
    ///
    /// let ready = [3.into(), 4.into()];
    /// account.articles().set_status_of("shop-help", &ready, &ArticleStatus::Published).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_status_of(
        self,
        portal: &str,
        ids: &[ArticleId],
        status: &ArticleStatus,
    ) -> Call<'a, ()> {
        let call = self.account.done(SET_STATUS).path("id", portal);
        call.json(&json!({"ids": ids, "status": status}))
    }

    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/update_category`:
    /// moves articles into a category, all or none. Undocumented.
    ///
    /// # Errors
    /// `Invalid` when none of the articles, or not the category, is in the portal; `NotFound`
    /// without such a portal; `Unauthorized` for an agent.
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

    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/articles/bulk_actions/delete_articles`:
    /// removes articles. Undocumented.
    ///
    /// # Errors
    /// `Invalid` when none of the articles is in the portal; `NotFound` without such a portal;
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.articles().delete_all_of("shop-help", &[3.into(), 4.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_all_of(self, portal: &str, ids: &[ArticleId]) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", portal).json(&json!({"ids": ids}))
    }
}

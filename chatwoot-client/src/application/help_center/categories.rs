//! Categories: groups of the articles of a portal.

use std::collections::BTreeMap;

use serde_json::json;

use crate::application::Account;
use crate::application::help_center::{
    CategoriesQuery, Category, CategoryListMeta, CategoryPatch, NewCategory,
};
use crate::http::Call;
use crate::http::Op;
use crate::http::Page;
use crate::types::CategoryId;

const LIST: Op =
    Op::get("categories.list", "/api/v1/accounts/{account_id}/portals/{id}/categories");
const GET: Op = Op::get(
    "categories.get",
    "/api/v1/accounts/{account_id}/portals/{id}/categories/{category_id}",
)
.inside(&["payload"]);
const CREATE: Op =
    Op::post("categories.create", "/api/v1/accounts/{account_id}/portals/{id}/categories")
        .inside(&["payload"]);
const UPDATE: Op = Op::patch(
    "categories.update",
    "/api/v1/accounts/{account_id}/portals/{id}/categories/{category_id}",
)
.inside(&["payload"]);
const DELETE: Op = Op::delete(
    "categories.delete",
    "/api/v1/accounts/{account_id}/portals/{id}/categories/{category_id}",
);
const REORDER: Op =
    Op::post("categories.reorder", "/api/v1/accounts/{account_id}/portals/{id}/categories/reorder")
        .idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE, REORDER];

account_handle! {
    /// The categories of portals; from [`Account::categories`]. A portal is given by its slug.
    ///
    /// Agents may list; the other operations are for administrators.
    Categories
}

impl<'a> Categories<'a> {
    /// Returns one page of a portal's categories, sorted by position.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals/{id}/categories`. Not in Chatwoot's published
    /// API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::CategoriesQuery;
    ///
    /// let english = CategoriesQuery { locale: Some("en".into()), ..Default::default() };
    /// for category in account.categories().list("shop-help", &english).await?.payload {
    ///     println!("{}", category.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(
        self,
        portal: &str,
        query: &CategoriesQuery,
    ) -> Call<'a, Page<Category, CategoryListMeta>> {
        self.account.call(LIST).path("id", portal).query(query)
    }

    /// Returns one category.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals/{id}/categories/{category_id}`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or the portal no such category; `Unauthorized`
    /// for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let category = account.categories().get("shop-help", 2.into()).await?;
    /// println!("{} is {:?}", category.name, category.slug);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, portal: &str, id: CategoryId) -> Call<'a, Category> {
        self.account.call(GET).path("id", portal).path("category_id", id)
    }

    /// Creates a category.
    ///
    /// `POST /api/v1/accounts/{account_id}/portals/{id}/categories`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal; `Invalid` for a locale that is not one of the
    /// portal's, a slug that exists in the portal in that locale (not `Conflict`, since the
    /// server's message differs), and an empty name or slug; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::NewCategory;
    ///
    /// let orders = NewCategory::new("Orders", "orders", "en");
    /// let category = account.categories().create("shop-help", &orders).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, portal: &str, category: &NewCategory) -> Call<'a, Category> {
        self.account.call(CREATE).path("id", portal).json(&json!({"category": category}))
    }

    /// Updates a category; fields left as [`Patch::Keep`](crate::types::Patch::Keep) keep their
    /// value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}/categories/{category_id}`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or the portal no such category; `Invalid` as
    /// in [`Categories::create`]; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::CategoryPatch;
    ///
    /// let renamed = CategoryPatch { name: "Orders and returns".into(), ..Default::default() };
    /// account.categories().update("shop-help", 2.into(), &renamed).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, portal: &str, id: CategoryId, to: &CategoryPatch) -> Call<'a, Category> {
        let call = self.account.call(UPDATE).path("id", portal).path("category_id", id);
        call.json(&json!({"category": to}))
    }

    /// Deletes a category; its articles stay, without a category.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/categories/{category_id}`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or the portal no such category; `Unauthorized`
    /// for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.categories().delete("shop-help", 2.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, portal: &str, id: CategoryId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", portal).path("category_id", id)
    }

    /// Sets the positions of the given categories; the others keep theirs.
    ///
    /// `POST /api/v1/accounts/{account_id}/portals/{id}/categories/reorder`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such portal, or if one of the categories is not in the
    /// portal, in which case none is moved; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let order = [(2.into(), 1), (5.into(), 2)].into_iter().collect();
    /// account.categories().reorder("shop-help", &order).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reorder(self, portal: &str, positions: &BTreeMap<CategoryId, i64>) -> Call<'a, ()> {
        let call = self.account.done(REORDER).path("id", portal);
        call.json(&json!({"positions_hash": positions}))
    }
}

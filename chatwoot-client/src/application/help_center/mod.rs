//! Portals: the help centers of an account.

pub(super) mod article_types;
pub(super) mod articles;
pub(super) mod categories;
pub(super) mod category_types;
pub(super) mod portal_types;

pub use self::article_types::*;
pub use self::articles::*;
pub use self::categories::*;
pub use self::category_types::*;
pub use self::portal_types::*;

use serde_json::json;

use crate::application::Account;

use crate::http::Call;
use crate::http::Op;
use crate::types::Patch;

const LIST: Op = Op::get("portals.list", "/api/v1/accounts/{account_id}/portals");
const GET: Op = Op::get("portals.get", "/api/v1/accounts/{account_id}/portals/{id}");
const CREATE: Op = Op::post("portals.create", "/api/v1/accounts/{account_id}/portals");
const UPDATE: Op = Op::patch("portals.update", "/api/v1/accounts/{account_id}/portals/{id}");
const DELETE: Op = Op::delete("portals.delete", "/api/v1/accounts/{account_id}/portals/{id}");
const DELETE_LOGO: Op =
    Op::delete("portals.delete_logo", "/api/v1/accounts/{account_id}/portals/{id}/logo");
const SEND_INSTRUCTIONS: Op = Op::post(
    "portals.send_instructions",
    "/api/v1/accounts/{account_id}/portals/{id}/send_instructions",
);

pub(crate) const OPERATIONS: &[Op] =
    &[LIST, GET, CREATE, UPDATE, DELETE, DELETE_LOGO, SEND_INSTRUCTIONS];

account_handle! {
    /// The portals of an account; from [`Account::portals`]. A portal is given by its slug.
    ///
    /// For an unknown slug the server fails with status 500, which is not reported as [not
    /// found](crate::error::Error::is_not_found).
    Portals
}

impl<'a> Portals<'a> {
    /// Returns every portal of the account.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for portal in account.portals().list().await?.payload {
    ///     println!("{} at /hc/{}", portal.name, portal.slug);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, PortalList> {
        self.account.call(LIST)
    }

    /// Returns one portal, with its article counts.
    ///
    /// `GET /api/v1/accounts/{account_id}/portals/{id}`. Agents and administrators. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) if the account has no portal with this slug.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let portal = account.portals().get("shop-help").await?;
    /// println!("{} at {:?}", portal.name, portal.custom_domain);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, slug: &str) -> Call<'a, Portal> {
        self.account.call(GET).path("id", slug)
    }

    /// Creates a portal.
    ///
    /// `POST /api/v1/accounts/{account_id}/portals`. Administrators only.
    ///
    /// # Errors
    /// `Conflict` for a slug or domain that a portal of any account on the server has. `Invalid`
    /// without a name or slug, or for a color that is not `#RGB` or `#RRGGBB`. `Unauthorized` for
    /// an agent without the right to change the help center. `Server` (500) on 4.9.1 for a portal
    /// without a domain of its own, in which case none is created.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::NewPortal;
    ///
    /// let portal = account.portals().create(&NewPortal::new("Help", "shop-help")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, portal: &NewPortal) -> Call<'a, Portal> {
        self.account.call(CREATE).json(&json!({"portal": portal}))
    }

    /// Updates a portal; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/portals/{id}`. Administrators only.
    ///
    /// # Errors
    /// `Server` (500) if the account has no portal with this slug. `Conflict` and `Invalid` as in
    /// [`Portals::create`]; `NotFound` if the account has no such inbox. `Unauthorized` for an
    /// agent without the right to change the help center.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::help_center::PortalPatch;
    ///
    /// let patch = PortalPatch { page_title: "Help".into(), ..Default::default() };
    /// account.portals().update("shop-help", &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, slug: &str, to: &PortalPatch) -> Call<'a, Portal> {
        let mut body = json!({"portal": to});
        if let Some(body) = body.as_object_mut() {
            if to.inbox != Patch::Keep {
                body.insert("inbox_id".into(), json!(to.inbox));
            }
            if let Some(blob) = &to.logo_blob_id {
                body.insert("blob_id".into(), json!(blob));
            }
        }
        self.account.call(UPDATE).path("id", slug).json(&body)
    }

    /// Deletes a portal; its categories and articles are deleted in the background.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}`. Administrators only. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `Server` (500) if the account has no portal with this slug. `Unauthorized` for an agent
    /// without the right to change the help center.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.portals().delete("shop-help").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, slug: &str) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", slug)
    }

    /// Deletes a portal's logo.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/portals/{id}/logo`. Administrators only. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) if the account has no portal with this slug. `Unauthorized` for an agent
    /// without the right to change the help center.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.portals().delete_logo("shop-help").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_logo(self, slug: &str) -> Call<'a, ()> {
        self.account.done(DELETE_LOGO).path("id", slug)
    }

    /// Sends the DNS instructions for the portal's own domain to an e-mail address.
    ///
    /// `POST /api/v1/accounts/{account_id}/portals/{id}/send_instructions`. Administrators only.
    /// Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Invalid` for a malformed e-mail address, or if the portal has no domain of its own.
    /// `Server` (500) if the account has no portal with this slug. `Unauthorized` for an agent
    /// without the right to change the help center.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.portals().send_instructions("shop-help", "hosting@shop.example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn send_instructions(self, slug: &str, email: &str) -> Call<'a, ()> {
        self.account.done(SEND_INSTRUCTIONS).path("id", slug).json(&json!({"email": email}))
    }
}

//! Dashboard apps: web pages shown to agents beside a conversation.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::DashboardAppId;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{Extra, NullAsEmpty};

const LIST: Op = Op::get("dashboard_apps.list", "/api/v1/accounts/{account_id}/dashboard_apps");
const GET: Op = Op::get("dashboard_apps.get", "/api/v1/accounts/{account_id}/dashboard_apps/{id}");
const CREATE: Op =
    Op::post("dashboard_apps.create", "/api/v1/accounts/{account_id}/dashboard_apps");
const UPDATE: Op =
    Op::patch("dashboard_apps.update", "/api/v1/accounts/{account_id}/dashboard_apps/{id}");
const DELETE: Op =
    Op::delete("dashboard_apps.delete", "/api/v1/accounts/{account_id}/dashboard_apps/{id}");

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

account_handle! {
    /// The dashboard apps of an account; from [`Account::dashboard_apps`]. Not in Chatwoot's published
    /// API.
    DashboardApps
}

impl<'a> DashboardApps<'a> {
    /// Returns every app of the account.
    ///
    /// `GET /api/v1/accounts/{account_id}/dashboard_apps`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for app in account.dashboard_apps().list().await? {
    ///     println!("{} has the tab {}", app.id, app.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<DashboardApp>> {
        self.account.call(LIST)
    }

    /// Returns one app.
    ///
    /// `GET /api/v1/accounts/{account_id}/dashboard_apps/{id}`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` if the account has no such app.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let app = account.dashboard_apps().get(3.into()).await?;
    /// println!("{}", app.title);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: DashboardAppId) -> Call<'a, DashboardApp> {
        self.account.call(GET).path("id", id)
    }

    /// Creates an app.
    ///
    /// `POST /api/v1/accounts/{account_id}/dashboard_apps`. Agents and administrators: the server
    /// requires no permission.
    ///
    /// Titles are not unique: a repeated request creates a second app.
    ///
    /// # Errors
    /// `Invalid` for an app without a page, or with a page whose URL is neither `http` nor `https`.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::dashboard_apps::NewDashboardApp;
    ///
    /// let new = NewDashboardApp::frame("Store", "https://shop.example.com/panel");
    /// let app = account.dashboard_apps().create(&new).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, app: &NewDashboardApp) -> Call<'a, DashboardApp> {
        self.account.call(CREATE).json(&Body { dashboard_app: app })
    }

    /// Updates an app; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/dashboard_apps/{id}`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` if the account has no such app; `Invalid` for an app without a page, or with a
    /// page whose URL is neither `http` nor `https`.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::dashboard_apps::DashboardAppPatch;
    ///
    /// let renamed = DashboardAppPatch { title: "Orders".into(), ..Default::default() };
    /// account.dashboard_apps().update(3.into(), &renamed).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: DashboardAppId, to: &DashboardAppPatch) -> Call<'a, DashboardApp> {
        self.account.call(UPDATE).path("id", id).json(&Body { dashboard_app: to })
    }

    /// Deletes an app.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/dashboard_apps/{id}`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` if the account has no such app.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.dashboard_apps().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: DashboardAppId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }
}

#[derive(Serialize)]
struct Body<'a, T> {
    dashboard_app: &'a T,
}

/// An app as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DashboardApp {
    /// Its id.
    pub id: DashboardAppId,
    /// The title of its tab.
    pub title: String,
    /// The pages that the tab shows.
    #[serde(default)]
    pub content: NullAsEmpty<Vec<DashboardAppContent>>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A page of an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DashboardAppContent {
    /// The kind of page: `frame` is the only one.
    #[serde(rename = "type")]
    pub kind: String,
    /// The URL of the page; secret, since its path may be a credential.
    pub url: Secret,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl DashboardAppContent {
    /// Creates a page shown in a frame.
    pub fn frame(url: impl Into<Secret>) -> Self {
        Self { kind: "frame".into(), url: url.into(), extra: Extra::new() }
    }
}

/// An app to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewDashboardApp {
    /// The title of its tab.
    pub title: String,
    /// The pages that the tab shows.
    pub content: Vec<DashboardAppContent>,
}

impl NewDashboardApp {
    /// Creates an app that shows one page.
    pub fn frame(title: impl Into<String>, url: impl Into<Secret>) -> Self {
        Self { title: title.into(), content: vec![DashboardAppContent::frame(url)] }
    }
}

/// The changes to make to an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DashboardAppPatch {
    /// The title of its tab.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub title: Patch<String>,
    /// The pages that the tab shows, which replace all present ones.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub content: Patch<Vec<DashboardAppContent>>,
}

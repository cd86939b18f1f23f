//! Labels: tags for conversations and contacts, defined per account.

pub(super) mod change;

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Extra;
use crate::types::LabelId;
use crate::types::Patch;

const LIST: Op =
    Op::get("labels.list", "/api/v1/accounts/{account_id}/labels").inside(&["payload"]);
const GET: Op = Op::get("labels.get", "/api/v1/accounts/{account_id}/labels/{id}");
const CREATE: Op = Op::post("labels.create", "/api/v1/accounts/{account_id}/labels");
const UPDATE: Op = Op::patch("labels.update", "/api/v1/accounts/{account_id}/labels/{id}");
const DELETE: Op = Op::delete("labels.delete", "/api/v1/accounts/{account_id}/labels/{id}");

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

account_handle! {
    /// The labels of an account; from [`Account::labels`].
    Labels
}

impl<'a> Labels<'a> {
    /// Returns every label of the account.
    ///
    /// `GET /api/v1/accounts/{account_id}/labels`.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for label in account.labels().list().await? {
    ///     println!("{}", label.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Label>> {
        self.account.call(LIST)
    }

    /// Returns one label.
    ///
    /// `GET /api/v1/accounts/{account_id}/labels/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such label; `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let label = account.labels().get(3.into()).await?;
    /// println!("{}", label.title);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: LabelId) -> Call<'a, Label> {
        self.account.call(GET).path("id", id)
    }

    /// Creates a label.
    ///
    /// `POST /api/v1/accounts/{account_id}/labels`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` if the token's user is not an administrator. `Conflict` for a title that
    /// exists; `Invalid` for a title with a space or another character that is not allowed.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::labels::NewLabel;
    ///
    /// let label = account.labels().create(&NewLabel::new("vip")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, label: &NewLabel) -> Call<'a, Label> {
        self.account.call(CREATE).json(label)
    }

    /// Updates a label; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/labels/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such label; `Unauthorized` if the token's user is not an
    /// administrator. `Conflict` for the title of another label; `Invalid` for a title that is not
    /// allowed.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::labels::LabelPatch;
    ///
    /// let red = LabelPatch { color: "#E11D48".into(), ..Default::default() };
    /// account.labels().update(3.into(), &red).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: LabelId, to: &LabelPatch) -> Call<'a, Label> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a label; the server removes it from conversations and contacts in the background.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/labels/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such label; `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.labels().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: LabelId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }
}

/// A label as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Label {
    /// Its id.
    pub id: LabelId,
    /// Its title: lower case, letters, digits, `-` and `_`.
    pub title: String,
    /// Its description.
    pub description: Option<String>,
    /// Its color, as `#RRGGBB`.
    pub color: Option<String>,
    /// Whether it is shown in the sidebar.
    pub show_on_sidebar: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A label to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewLabel {
    /// Its title: letters, digits, `-` and `_`; the server converts it to lower case.
    pub title: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether it is shown in the sidebar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_on_sidebar: Option<bool>,
}

impl NewLabel {
    /// Creates a label with this title and the server's defaults.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
}

/// The changes to make to a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LabelPatch {
    /// Its title.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub title: Patch<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub color: Patch<String>,
    /// Whether it is shown in the sidebar.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub show_on_sidebar: Patch<bool>,
}

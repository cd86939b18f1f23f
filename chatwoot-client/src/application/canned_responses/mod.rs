//! Canned responses: texts that agents insert by a short code.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Extra;
use crate::types::Patch;
use crate::types::Time;
use crate::types::{AccountId, CannedResponseId};

const LIST: Op = Op::get("canned_responses.list", "/api/v1/accounts/{account_id}/canned_responses");
const CREATE: Op =
    Op::post("canned_responses.create", "/api/v1/accounts/{account_id}/canned_responses");
const UPDATE: Op =
    Op::patch("canned_responses.update", "/api/v1/accounts/{account_id}/canned_responses/{id}");
const DELETE: Op =
    Op::delete("canned_responses.delete", "/api/v1/accounts/{account_id}/canned_responses/{id}");

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE, DELETE];

account_handle! {
    /// The canned responses of an account; from [`Account::canned_responses`]. Agents and
    /// administrators.
    CannedResponses
}

impl<'a> CannedResponses<'a> {
    /// Returns every canned response; there are no pages.
    ///
    /// `GET /api/v1/accounts/{account_id}/canned_responses`.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for response in account.canned_responses().list().await? {
    ///     println!("/{} {}", response.short_code, response.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<CannedResponse>> {
        self.account.call(LIST)
    }

    /// Returns the canned responses that contain this text in their short code or content, best
    /// match first.
    ///
    /// `GET /api/v1/accounts/{account_id}/canned_responses`. The parameter `search` is not in Chatwoot's published API.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let found = account.canned_responses().search("refund").await?;
    /// let best = found.first().map(|response| &response.content);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn search(self, text: &str) -> Call<'a, Vec<CannedResponse>> {
        self.account.call(LIST).query(&Search { search: text })
    }

    /// Creates a canned response.
    ///
    /// `POST /api/v1/accounts/{account_id}/canned_responses`.
    ///
    /// # Errors
    /// `Conflict` for a short code that exists in the account; `Invalid` for an empty short code or
    /// content.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::canned_responses::NewCannedResponse;
    ///
    /// let hello = NewCannedResponse::new("hi", "Hello {{contact.name}}");
    /// let hello = account.canned_responses().create(&hello).await?;
    /// println!("/{} is {}", hello.short_code, hello.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, response: &NewCannedResponse) -> Call<'a, CannedResponse> {
        self.account.call(CREATE).json(response)
    }

    /// Updates a canned response; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/canned_responses/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such canned response; `Conflict` for a short code that
    /// exists; `Invalid` for an empty short code or content.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::canned_responses::CannedResponsePatch;
    ///
    /// let patch = CannedResponsePatch { content: "Hi there".into(), ..Default::default() };
    /// account.canned_responses().update(3.into(), &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(
        self,
        id: CannedResponseId,
        to: &CannedResponsePatch,
    ) -> Call<'a, CannedResponse> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a canned response.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/canned_responses/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such canned response.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.canned_responses().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: CannedResponseId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }
}

#[derive(Serialize)]
struct Search<'a> {
    search: &'a str,
}

/// A canned response as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CannedResponse {
    /// Its id.
    pub id: CannedResponseId,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The code that agents type after `/`.
    pub short_code: String,
    /// The text, in Markdown with Liquid variables such as `{{contact.name}}`.
    pub content: String,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A canned response to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewCannedResponse {
    /// The code that agents type after `/`; unique in the account.
    pub short_code: String,
    /// The text, in Markdown with Liquid variables such as `{{contact.name}}`.
    pub content: String,
}

impl NewCannedResponse {
    /// Creates a canned response with this short code and text.
    pub fn new(short_code: impl Into<String>, content: impl Into<String>) -> Self {
        Self { short_code: short_code.into(), content: content.into() }
    }
}

/// The changes to make to a canned response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CannedResponsePatch {
    /// The code that agents type after `/`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub short_code: Patch<String>,
    /// The text.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub content: Patch<String>,
}

//! Contact notes: what agents wrote down about a contact.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Account;
use super::agents::Agent;
use crate::call::Call;
use crate::ids::{AccountId, ContactId, NoteId};
use crate::model::Extra;
use crate::op::Op;
use crate::time::Time;

const LIST: Op = Op::get("contact_notes.list", "/api/v1/accounts/{account_id}/contacts/{id}/notes");
const GET: Op =
    Op::get("contact_notes.get", "/api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}");
const CREATE: Op =
    Op::post("contact_notes.create", "/api/v1/accounts/{account_id}/contacts/{id}/notes");
const UPDATE: Op = Op::patch(
    "contact_notes.update",
    "/api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}",
);
const DELETE: Op = Op::delete(
    "contact_notes.delete",
    "/api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}",
);

pub(super) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

/// The notes on contacts; from [`Account::contact_notes`]. Agents and administrators may.
#[derive(Clone, Copy, Debug)]
pub struct ContactNotes<'a> {
    account: &'a Account,
}

impl<'a> ContactNotes<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/notes`: every note on the contact.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for note in account.contact_notes().list(7.into()).await? {
    ///     println!("{:?}", note.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, contact: ContactId) -> Call<'a, Vec<Note>> {
        self.account.call(LIST).path("id", contact)
    }

    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}`: one note.
    ///
    /// # Errors
    /// `NotFound` without such a contact, or such a note on it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let note = account.contact_notes().get(7.into(), 3.into()).await?;
    /// println!("{:?} wrote {:?}", note.user.and_then(|user| user.name), note.content);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, contact: ContactId, id: NoteId) -> Call<'a, Note> {
        self.account.call(GET).path("id", contact).path("note_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/notes`: writes a note.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account; `Invalid` for an empty text, or one of
    /// more than 20,000 characters.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact_notes().create(7.into(), "Prefers to be called in the morning").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, contact: ContactId, content: &str) -> Call<'a, Note> {
        self.account.call(CREATE).path("id", contact).json(&json!({"content": content}))
    }

    /// `PATCH /api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}`: rewrites a note.
    ///
    /// # Errors
    /// `NotFound` without such a contact, or such a note on it. An empty text, or one of more than
    /// 20,000 characters, is *not* refused and not stored: the answer shows it, the note stays as
    /// it was.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact_notes().update(7.into(), 3.into(), "Prefers e-mail").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, contact: ContactId, id: NoteId, content: &str) -> Call<'a, Note> {
        let call = self.account.call(UPDATE).path("id", contact).path("note_id", id);
        call.json(&json!({"content": content}))
    }

    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}`: removes a note.
    ///
    /// # Errors
    /// `NotFound` without such a contact, or such a note on it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact_notes().delete(7.into(), 3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, contact: ContactId, id: NoteId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", contact).path("note_id", id)
    }
}

/// A note on a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// Its text.
    #[serde(default)]
    pub content: Option<String>,
    /// Its account; both versions answer null here.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Its contact; both versions answer null here.
    #[serde(default)]
    pub contact_id: Option<ContactId>,
    /// Who wrote it; null once they are gone.
    #[serde(default)]
    pub user: Option<Agent>,
    /// When it was written.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// When it was last changed.
    #[serde(default)]
    pub updated_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

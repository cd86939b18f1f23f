//! Contact notes: the notes of agents on a contact.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::http::Call;
use crate::http::Op;
use crate::types::Extra;
use crate::types::Time;
use crate::types::{AccountId, ContactId, NoteId};

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

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

/// The notes on a contact; from
/// [`ContactHandle::notes`](crate::application::contacts::ContactHandle::notes). Agents and
/// administrators.
#[derive(Clone, Copy, Debug)]
pub struct ContactNotes<'a> {
    account: &'a Account,
    contact: ContactId,
}

impl<'a> ContactNotes<'a> {
    pub(super) fn new(account: &'a Account, contact: ContactId) -> Self {
        Self { account, contact }
    }

    /// Returns every note on the contact.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/notes`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for note in account.contact(7).notes().list().await? {
    ///     println!("{:?}", note.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Note>> {
        self.account.call(LIST).path("id", self.contact)
    }

    /// Returns one note.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact, or the contact no such note.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let note = account.contact(7).notes().get(3.into()).await?;
    /// println!("{:?} wrote {:?}", note.user.and_then(|user| user.name), note.content);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: NoteId) -> Call<'a, Note> {
        self.account.call(GET).path("id", self.contact).path("note_id", id)
    }

    /// Creates a note.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/notes`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact; `Invalid` for an empty text, or one of more
    /// than 20,000 characters.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).notes().create("Prefers to be called in the morning").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, content: &str) -> Call<'a, Note> {
        self.account.call(CREATE).path("id", self.contact).json(&json!({"content": content}))
    }

    /// Updates a note.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact, or the contact no such note. An empty text,
    /// or one of more than 20,000 characters, is *not* refused but not stored either: the response
    /// shows it, the note keeps its old text.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).notes().update(3.into(), "Prefers e-mail").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: NoteId, content: &str) -> Call<'a, Note> {
        let call = self.account.call(UPDATE).path("id", self.contact).path("note_id", id);
        call.json(&json!({"content": content}))
    }

    /// Deletes a note.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}/notes/{note_id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact, or the contact no such note.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).notes().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: NoteId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", self.contact).path("note_id", id)
    }
}

/// A note on a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// Its text.
    pub content: Option<String>,
    /// The id of its account; null on both versions.
    pub account_id: Option<AccountId>,
    /// The id of its contact; null on both versions.
    pub contact_id: Option<ContactId>,
    /// Its author; null if the user was deleted.
    pub user: Option<Agent>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

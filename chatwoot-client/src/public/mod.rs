//! The public API of an API inbox and the widget API of a website inbox: what a customer's own
//! device may do, without a user's token.

mod contacts;
mod conversation;
mod conversations;
mod inbox;
mod messages;
mod survey;
pub mod widget;

pub use self::contacts::*;
pub use self::conversation::*;
pub use self::conversations::*;
pub use self::inbox::*;
pub use self::messages::*;
pub use self::survey::*;
use serde::de::DeserializeOwned;

use crate::http::Call;
use crate::http::Http;
use crate::http::Op;
use crate::http::{RawRequest, TokenKind};

/// A handle for one API inbox by its identifier; from
/// [`Client::public_inbox`](crate::Client::public_inbox).
#[derive(Clone, Debug)]
pub struct PublicInbox {
    http: Http,
    identifier: String,
}

impl PublicInbox {
    pub(crate) fn new(http: Http, identifier: String) -> Self {
        Self { http, identifier }
    }

    /// Returns the state that the client's calls share.
    #[cfg(feature = "live")]
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// Returns a handle for the contacts of the inbox.
    pub fn contacts(&self) -> PublicContacts<'_> {
        PublicContacts::new(self)
    }

    /// Returns a handle for the conversations of the contact with this source id.
    pub fn conversations<'a>(
        &'a self,
        source_id: &'a (impl AsRef<str> + ?Sized),
    ) -> PublicConversations<'a> {
        PublicConversations::new(self, source_id.as_ref())
    }

    /// Calls an operation that has no method, with this handle's inbox, without a token, and with
    /// the same retries, limits and errors as every other call. `{inbox_identifier}` in the path is
    /// the inbox.
    ///
    /// The response is decoded into any type; [`Op::inside`] names the keys around it.
    ///
    /// # Errors
    /// `Request`, without sending anything, for a path that is not part of the public API; see also
    /// [`Call`].
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Op;
    /// use serde_json::Value;
    ///
    /// let op = Op::get("hours.get", "/public/api/v1/inboxes/{inbox_identifier}/hours");
    /// let hours: Value = inbox.request(op).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn request<T: DeserializeOwned>(&self, op: Op) -> RawRequest<'_, T> {
        RawRequest::new(self.call(op), op, TokenKind::None)
    }

    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        self.http.call(op).path("inbox_identifier", &self.identifier)
    }

    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        self.http.done(op).path("inbox_identifier", &self.identifier)
    }
}

/// All operations of the public API.
pub(crate) const OPERATIONS: &[&[Op]] = &[
    widget::OPERATIONS,
    widget::visitor::OPERATIONS,
    widget::conversations::OPERATIONS,
    contacts::OPERATIONS,
    conversations::OPERATIONS,
    conversation::OPERATIONS,
    inbox::OPERATIONS,
    messages::OPERATIONS,
    survey::OPERATIONS,
];

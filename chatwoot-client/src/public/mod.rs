//! The public API of an API inbox and the widget's own of a website inbox: what a customer's own
//! device may do, without a user's token.

mod contacts;
mod conversations;
mod csat;
mod details;
mod messages;
mod widget;
mod widget_conversations;
mod widget_types;
mod widget_visitor;

use serde::de::DeserializeOwned;

pub use self::contacts::{
    ContactRecord, NewPublicContact, PublicContact, PublicContactChange, PublicContacts,
};
pub use self::conversations::{PublicConversation, PublicConversations};
pub use self::csat::{CsatAnswer, CsatSurvey, CsatSurveyResult, PublicCsat};
pub use self::details::{OpeningHours, PublicInboxDetails};
pub use self::messages::PublicMessages;
pub use self::widget::Website;
pub use self::widget_types::*;
pub use self::widget_visitor::WidgetVisitor;
use crate::call::Call;
use crate::client::Client;
use crate::ids::ConversationId;
use crate::op::Op;

/// One API inbox by its identifier; from [`Client::inbox`].
#[derive(Clone, Debug)]
pub struct PublicInbox {
    client: Client,
    identifier: String,
}

impl PublicInbox {
    pub(crate) fn new(client: Client, identifier: String) -> Self {
        Self { client, identifier }
    }

    /// The contacts of the inbox.
    pub fn contacts(&self) -> PublicContacts<'_> {
        PublicContacts::new(self)
    }

    /// The conversations of the contact with this source id.
    pub fn conversations<'a>(
        &'a self,
        source_id: &'a (impl AsRef<str> + ?Sized),
    ) -> PublicConversations<'a> {
        PublicConversations::new(self, source_id.as_ref())
    }

    /// The messages of one conversation of the contact with this source id.
    pub fn messages<'a>(
        &'a self,
        source_id: &'a (impl AsRef<str> + ?Sized),
        conversation: ConversationId,
    ) -> PublicMessages<'a> {
        PublicMessages::new(self, source_id.as_ref(), conversation)
    }

    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        self.client.call(op).path("inbox_identifier", &self.identifier)
    }

    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        self.client.done(op).path("inbox_identifier", &self.identifier)
    }
}

/// Every operation of the public API.
pub(crate) const OPERATIONS: &[&[Op]] = &[
    widget::OPERATIONS,
    widget_visitor::OPERATIONS,
    widget_conversations::OPERATIONS,
    contacts::OPERATIONS,
    conversations::OPERATIONS,
    details::OPERATIONS,
    messages::OPERATIONS,
    csat::OPERATIONS,
];

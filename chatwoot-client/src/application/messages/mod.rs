//! Messages: the messages of a conversation.

pub(super) mod send_once;
pub(super) mod types;

pub use self::send_once::*;
pub use self::types::*;

use crate::application::Account;

use crate::http::Call;
use crate::http::Op;
use crate::http::Page;
use crate::http::upload::Fields;
use crate::types::Message;
use crate::types::{ConversationId, MessageId};

const LIST: Op = Op::get(
    "messages.list",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages",
);
const CREATE: Op = Op::post(
    "messages.create",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages",
);
const UPDATE: Op = Op::patch(
    "messages.update",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}",
);
const DELETE: Op = Op::delete(
    "messages.delete",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}",
);
const RETRY: Op = Op::post(
    "messages.retry",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/retry",
);
const TRANSLATE: Op = Op::post(
    "messages.translate",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/translate",
)
.idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE, DELETE, RETRY, TRANSLATE];

/// The messages of one conversation; from [`ConversationHandle::messages`](crate::application::conversations::ConversationHandle::messages).
///
/// Agents of the inbox, and administrators; [`Messages::create`] also for a bot of the inbox.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a> {
    account: &'a Account,
    conversation: ConversationId,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(account: &'a Account, conversation: ConversationId) -> Self {
        Self { account, conversation }
    }

    /// Returns messages, oldest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages`.
    ///
    /// Without bounds the newest 20; with `before` the 20 before that message; with `after` up to
    /// 100 after it; with both up to 1,000 from `after`, inclusive, to `before`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::messages::MessagesQuery;
    ///
    /// let since = MessagesQuery { after: Some(99.into()), ..MessagesQuery::default() };
    /// for message in account.conversation(12).messages().list(&since).await?.payload {
    ///     println!("{:?}", message.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &MessagesQuery) -> Call<'a, Page<Message, MessagesMeta>> {
        self.call(LIST).query(query)
    }

    /// Sends a message.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages`.
    ///
    /// Not idempotent: two calls with the same `source_id` create two messages. After an unknown
    /// outcome search for the `source_id` before sending again, as [`Messages::send_once`] does.
    /// Incoming messages are for API inboxes.
    ///
    /// With [`NewMessage::attachments`] the body is a multipart form, and files are read while they
    /// are sent: set a longer [`Call::timeout`] for large ones.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it. `Invalid` for a text of more than 150,000 characters, an incoming message in an
    /// inbox that is not an API inbox, a content type without the items it requires, a file that a
    /// website inbox does not accept, and after 200 messages in this conversation within a minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::messages::NewMessage;
    ///
    /// let shipped = NewMessage {
    ///     source_id: Some("order-1001-shipped".into()),
    ///     ..NewMessage::text("Your order **1001** ships today")
    /// };
    /// account.conversation(12).messages().create(&shipped).await?;
    /// account.conversation(12).messages().create(&NewMessage::note("Paid twice: refund one")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    /// use chatwoot_client::application::messages::NewMessage;
    ///
    /// let invoice = NewMessage {
    ///     attachments: vec![Upload::file("invoices/1001.pdf")],
    ///     ..NewMessage::text("Your invoice")
    /// };
    /// account.conversation(12).messages().create(&invoice).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, message: &NewMessage) -> Call<'a, Message> {
        let call = self.call(CREATE);
        if message.attachments.is_empty() {
            return call.json(message);
        }
        call.form(Fields::new().object(message).files("attachments[]", &message.attachments))
    }

    /// Updates the delivery status of a message.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}`.
    /// For API inboxes only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation, or the conversation no such message;
    /// `Unauthorized` for an agent who may not see it. `Forbidden` in an inbox that is not an API
    /// inbox. A status that the server does not know, or `delivered` for a message that was read,
    /// changes nothing and is not an error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::messages::MessageDelivery;
    /// use chatwoot_client::types::MessageStatus;
    ///
    /// let failed = MessageDelivery {
    ///     status: Some(MessageStatus::Failed),
    ///     external_error: Some("the number is not in use".into()),
    /// };
    /// account.conversation(12).messages().update(99.into(), &failed).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: MessageId, to: &MessageDelivery) -> Call<'a, Message> {
        self.call(UPDATE).path("message_id", id).json(to)
    }

    /// Replaces a message's content with a notice and deletes its files.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}`.
    /// The message itself stays in the conversation.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation, or the conversation no such message;
    /// `Unauthorized` for an agent who may not see it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).messages().delete(99.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: MessageId) -> Call<'a, Message> {
        self.call(DELETE).path("message_id", id)
    }

    /// Sends a message through its channel again.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/retry`.
    /// The server clears its content attributes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it. `Invalid`, not `NotFound`, if the conversation has no such message.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let message = account.conversation(12).messages().retry(99.into()).await?;
    /// println!("{:?}", message.status);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn retry(self, id: MessageId) -> Call<'a, Message> {
        self.call(RETRY).path("message_id", id)
    }

    /// Translates a message, stores the translation in its content attributes, and returns it.
    ///
    /// `POST
    /// /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/translate`.
    /// Not in Chatwoot's published API.
    ///
    /// Returns `None` if that translation exists already. Requires the Google Translate
    /// integration: without it `content` is `None`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation, or the conversation no such message;
    /// `Unauthorized` for an agent who may not see it. `Server` (500) if Google refuses the request
    /// because the settings or the language are wrong.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if let Some(dutch) = account.conversation(12).messages().translate(99.into(), "nl").await? {
    ///     println!("{:?}", dutch.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn translate(self, id: MessageId, language: &str) -> Call<'a, Option<Translation>> {
        let call = self.account.maybe(TRANSLATE).path("conversation_id", self.conversation);
        call.path("message_id", id).json(&serde_json::json!({"target_language": language}))
    }

    fn call<T: serde::de::DeserializeOwned>(self, op: Op) -> Call<'a, T> {
        self.account.call(op).path("conversation_id", self.conversation)
    }
}

//! Widget conversations: a visitor's messages in the widget.

use serde::Serialize;
use serde_json::{Value, json};

use crate::http::Call;
use crate::http::Upload;
use crate::http::upload::Fields;
use crate::http::{Limit, Op};
use crate::public::widget::WidgetVisitor;
use crate::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WidgetConversation, WidgetMessage, WidgetMessages,
};
use crate::types::Attributes;
use crate::types::MessageId;

const CREATE: Op = Op::post("widget.create_conversation", "/api/v1/widget/conversations")
    .limited(Limit::WidgetConversation);
const REPLACE_CUSTOM_ATTRIBUTES: Op = Op::post(
    "widget.replace_custom_attributes",
    "/api/v1/widget/conversations/set_custom_attributes",
)
.idempotent();
const MESSAGES: Op = Op::get("widget.messages", "/api/v1/widget/messages");
const WRITE: Op = Op::post("widget.write", "/api/v1/widget/messages");

pub(crate) const OPERATIONS: &[Op] = &[CREATE, REPLACE_CUSTOM_ATTRIBUTES, MESSAGES, WRITE];

/// Conversations and messages. A visitor has one conversation, the newest: every call but the one
/// that creates a conversation uses it.
impl WidgetVisitor {
    /// Starts a conversation with its first message.
    ///
    /// `POST /api/v1/widget/conversations`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended. `Invalid` for a text of more
    /// than 150,000 characters. `RateLimited` after 6 conversations in 12 hours from one client
    /// address, unless the server disabled this limit: a host that makes the calls for all its
    /// customers shares one address.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::public::widget::{NewWidgetConversation, NewWidgetMessage};
    ///
    /// let message = NewWidgetMessage {
    ///     referer_url: Some("https://shop.example.com/cart".into()),
    ///     ..NewWidgetMessage::text("Does it fit?")
    /// };
    /// let wanted = NewWidgetConversation { message, ..Default::default() };
    /// let conversation = visitor.create_conversation(&wanted).await?;
    /// println!("{}", conversation.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create_conversation(
        &self,
        conversation: &NewWidgetConversation,
    ) -> Call<'_, WidgetConversation> {
        self.call(CREATE).json(conversation)
    }

    /// Replaces *all* custom attributes of the conversation: those that are not given are removed.
    ///
    /// `POST /api/v1/widget/conversations/set_custom_attributes`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, if the visitor's token is unknown
    /// or expired, or if the visitor has no conversation; `Unauthorized` if the account is
    /// suspended.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Attributes;
    ///
    /// let cart = Attributes::from_iter([("cart_total".to_owned(), 49.into())]);
    /// visitor.replace_custom_attributes(&cart).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace_custom_attributes(&self, attributes: &Attributes) -> Call<'_, ()> {
        self.done(REPLACE_CUSTOM_ATTRIBUTES).json(&json!({"custom_attributes": attributes}))
    }

    /// Returns the newest 20 messages, or the 20 before a given one, oldest first; none without a
    /// conversation.
    ///
    /// `GET /api/v1/widget/messages`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// for message in visitor.messages(None).await?.payload {
    ///     println!("{:?}", message.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn messages(&self, before: Option<MessageId>) -> Call<'_, WidgetMessages> {
        #[derive(Serialize)]
        struct Before {
            #[serde(skip_serializing_if = "Option::is_none")]
            before: Option<MessageId>,
        }
        self.call(MESSAGES).query(&Before { before })
    }

    /// Sends a message, and starts a conversation for a visitor who has none.
    ///
    /// `POST /api/v1/widget/messages`. Not in Chatwoot's published API. The call is not idempotent.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended. `Invalid` for a text of more
    /// than 150,000 characters, for a file that is too large (40 MB by default) or of a type that
    /// the widget does not accept, and after 200 messages in this conversation within a minute.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    /// use chatwoot_client::public::widget::NewWidgetMessage;
    ///
    /// let photo = Upload::file("photos/broken.jpg");
    /// let message = NewWidgetMessage {
    ///     attachments: vec![photo],
    ///     ..NewWidgetMessage::text("It came broken")
    /// };
    /// visitor.write(&message).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn write(&self, message: &NewWidgetMessage) -> Call<'_, WidgetMessage> {
        let call = self.call(WRITE);
        if message.attachments.is_empty() {
            return call.json(&json!({"message": message}));
        }
        call.form(form(message))
    }
}

fn form(message: &NewWidgetMessage) -> Fields {
    let nested = match serde_json::to_value(message) {
        Ok(Value::Object(fields)) => fields
            .into_iter()
            .map(|(key, value)| (format!("message[{key}]"), value))
            .collect::<serde_json::Map<_, _>>(),
        // A struct of texts and numbers always serializes to an object.
        _ => serde_json::Map::new(),
    };
    let files: &[Upload] = &message.attachments;
    Fields::new().object(&nested).files("message[attachments][]", files)
}

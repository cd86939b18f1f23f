//! Conversation search: conversations by the text of their messages.

use serde::{Deserialize, Serialize};

use crate::application::conversations::{ConversationCounts, Conversations, ConversationsQuery};
use crate::http::{Call, Op, Page};
use crate::types::Time;
use crate::types::{AccountId, ContactId, ConversationId, InboxId, MessageId};
use crate::types::{ChannelType, Extra, MessageType, NullAsEmpty};

const SEARCH: Op =
    Op::get("conversations.search", "/api/v1/accounts/{account_id}/conversations/search");

pub(crate) const OPERATIONS: &[Op] = &[SEARCH];

impl<'a> Conversations<'a> {
    /// Returns one page of the conversations that have a message with this text, each with those
    /// messages.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/search`. Not in Chatwoot's published API.
    /// Without a status it finds *open* conversations only.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; an unknown inbox gives an
    /// empty list.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::{ConversationsQuery, StatusFilter};
    ///
    /// let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    /// for found in account.conversations().search("order 1001", &query).await?.payload {
    ///     println!("{}: {} messages", found.id, found.messages.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn search(
        self,
        text: &str,
        query: &ConversationsQuery,
    ) -> Call<'a, Page<FoundConversation, ConversationCounts>> {
        #[derive(Serialize)]
        struct Text<'t> {
            q: &'t str,
        }
        self.account.call(SEARCH).query(&Text { q: text }).query(query)
    }
}

/// A conversation found by a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundConversation {
    /// Its number, unique within the account.
    pub id: ConversationId,
    /// Its UUID: unique across accounts, and cannot be guessed.
    pub uuid: Option<String>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// When it was created.
    pub created_at: Time,
    /// Its contact.
    pub contact: FoundContact,
    /// Its inbox.
    pub inbox: FoundInbox,
    /// The messages with the text.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<FoundMessage>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The contact of a found conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundContact {
    /// Its id.
    pub id: ContactId,
    /// Its name; may be empty.
    pub name: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The inbox of a found conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundInbox {
    /// Its id.
    pub id: InboxId,
    /// Its name.
    pub name: Option<String>,
    /// The type of its channel.
    pub channel_type: Option<ChannelType>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A found message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundMessage {
    /// Its id.
    pub id: MessageId,
    /// Its text.
    pub content: Option<String>,
    /// Whether it is from the customer, an agent or the server.
    pub message_type: MessageType,
    /// When it was created.
    pub created_at: Time,
    /// The name of its author; absent for a message of the server.
    pub sender_name: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

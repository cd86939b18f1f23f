//! Conversation search: conversations by what was written in them.

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
    /// Returns one page of the conversations in which somebody wrote this text, each with the
    /// messages that have it.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/search`. Not in Chatwoot's published API.
    /// Without a status it means *open* ones.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; an unknown inbox is an empty
    /// list.
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

/// A conversation that has a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundConversation {
    /// Its number in its account.
    pub id: ConversationId,
    /// Its name across accounts, an unguessable UUID.
    pub uuid: Option<String>,
    /// Its account.
    pub account_id: Option<AccountId>,
    /// When it was begun.
    pub created_at: Time,
    /// Its contact.
    pub contact: FoundContact,
    /// Its inbox.
    pub inbox: FoundInbox,
    /// The messages with the text.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<FoundMessage>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The contact of a conversation that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundContact {
    /// Its id.
    pub id: ContactId,
    /// Its name; may be empty.
    pub name: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The inbox of a conversation that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundInbox {
    /// Its id.
    pub id: InboxId,
    /// Its name.
    pub name: Option<String>,
    /// What kind of channel it has.
    pub channel_type: Option<ChannelType>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundMessage {
    /// Its id.
    pub id: MessageId,
    /// Its text.
    pub content: Option<String>,
    /// Who it is from, as a kind.
    pub message_type: MessageType,
    /// When it was written.
    pub created_at: Time,
    /// Who wrote it; absent where the server did.
    pub sender_name: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

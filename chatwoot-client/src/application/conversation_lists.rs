//! Conversation lists: conversations by their words, what is unread, and a conversation's files.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::conversation_requests::ConversationsQuery;
use super::conversation_types::ConversationCounts;
use super::conversations::Conversations;
use crate::call::Call;
use crate::ids::{
    AccountId, AttachmentId, ContactId, ConversationId, InboxId, LabelId, MessageId, TeamId,
};
use crate::model::{ChannelType, Extra, FileType, MessageType, OpenMap, OrEmpty, Sender};
use crate::op::Op;
use crate::time::Time;

const SEARCH: Op =
    Op::get("conversations.search", "/api/v1/accounts/{account_id}/conversations/search");
const UNREAD_COUNTS: Op = Op::get(
    "conversations.unread_counts",
    "/api/v1/accounts/{account_id}/conversations/unread_counts",
)
.lacking_in("4.9.1")
.inside(&["payload"]);
const ATTACHMENTS: Op = Op::get(
    "conversations.attachments",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/attachments",
);

pub(super) const OPERATIONS: &[Op] = &[SEARCH, UNREAD_COUNTS, ATTACHMENTS];

impl<'a> Conversations<'a> {
    /// `GET /api/v1/accounts/{account_id}/conversations/search`: one page of the conversations in
    /// which somebody wrote this text, each with the messages that have it. Without a status it
    /// means *open* ones. Undocumented.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; an unknown inbox is an empty
    /// list.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ConversationsQuery, StatusFilter};
    ///
    /// let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    /// for found in account.conversations().search("order 1001", &query).await?.payload {
    ///     println!("{}: {} messages", found.id, found.messages.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn search(self, text: &str, query: &ConversationsQuery) -> Call<'a, FoundConversations> {
        #[derive(Serialize)]
        struct Text<'t> {
            q: &'t str,
        }
        self.account.call(SEARCH).query(&Text { q: text }).query(query)
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/unread_counts`: how many conversations
    /// that the caller sees have something unread. Undocumented.
    ///
    /// # Errors
    /// `Forbidden` where the account does not have the feature; `NotFound` from a server without it
    /// (4.9.1).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let unread = account.conversations().unread_counts().await?;
    /// println!("{} conversations to read", unread.all_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unread_counts(self) -> Call<'a, UnreadCounts> {
        self.account.call(UNREAD_COUNTS)
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/attachments`: one page,
    /// from 1, of 100 files of a conversation, newest first. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for file in account.conversations().attachments(12.into(), 1).await?.payload {
    ///     println!("{:?} of message {:?}", file.file_type, file.message_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn attachments(self, id: ConversationId, page: u32) -> Call<'a, ConversationFiles> {
        #[derive(Serialize)]
        struct Number {
            page: u32,
        }
        let call = self.account.call(ATTACHMENTS).path("conversation_id", id);
        // The server's own default, so it is not sent.
        if page <= 1 { call } else { call.query(&Number { page }) }
    }
}

/// One page of conversations that have a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundConversations {
    /// How many there are.
    pub meta: ConversationCounts,
    /// The conversations of this page.
    pub payload: Vec<FoundConversation>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A conversation that has a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundConversation {
    /// Its number in its account.
    pub id: ConversationId,
    /// Its name across accounts, an unguessable UUID.
    #[serde(default)]
    pub uuid: Option<String>,
    /// Its account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// When it was begun.
    pub created_at: Time,
    /// Its contact.
    pub contact: FoundContact,
    /// Its inbox.
    pub inbox: FoundInbox,
    /// The messages with the text.
    #[serde(default)]
    pub messages: OrEmpty<Vec<FoundMessage>>,
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
    #[serde(default)]
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
    #[serde(default)]
    pub name: Option<String>,
    /// What kind of channel it has.
    #[serde(default)]
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
    #[serde(default)]
    pub content: Option<String>,
    /// Who it is from, as a kind.
    pub message_type: MessageType,
    /// When it was written.
    pub created_at: Time,
    /// Who wrote it; absent where the server did.
    #[serde(default)]
    pub sender_name: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many conversations have something unread; what has none is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnreadCounts {
    /// In all inboxes.
    pub all_count: u64,
    /// By inbox.
    #[serde(default)]
    pub inboxes: OrEmpty<OpenMap<InboxId, u64>>,
    /// By label, of those that the sidebar shows.
    #[serde(default)]
    pub labels: OrEmpty<OpenMap<LabelId, u64>>,
    /// By team.
    #[serde(default)]
    pub teams: OrEmpty<OpenMap<TeamId, u64>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One page of a conversation's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationFiles {
    /// How many there are.
    pub meta: ConversationFileCounts,
    /// The files of this page, newest first.
    pub payload: Vec<ConversationFile>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many files a conversation has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationFileCounts {
    /// All.
    #[serde(default)]
    pub total_count: Option<u64>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A file of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationFile {
    /// Its id; 4.9.1 does not say.
    #[serde(default)]
    pub id: Option<AttachmentId>,
    /// Its message.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// Who sent it.
    #[serde(default)]
    pub sender: Option<Sender>,
    /// When it was sent.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// What kind of file it is.
    #[serde(default)]
    pub file_type: Option<FileType>,
    /// The extension of its name; `None` on 4.9.1.
    #[serde(default)]
    pub extension: Option<String>,
    /// Where it is. Whoever has the address may read the file.
    #[serde(default)]
    pub data_url: Option<String>,
    /// Where a small picture of it is; empty where there is none.
    #[serde(default)]
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    #[serde(default)]
    pub file_size: Option<u64>,
    /// A picture's width; a film's is written `640.0`.
    #[serde(default)]
    pub width: Option<Number>,
    /// A picture's or a film's height, as its width.
    #[serde(default)]
    pub height: Option<Number>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

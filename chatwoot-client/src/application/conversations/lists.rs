//! Conversation lists: full-text search, unread counts, and a conversation's files.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::application::conversations::ConversationCounts;
use crate::application::conversations::ConversationHandle;
use crate::application::conversations::Conversations;
use crate::application::conversations::ConversationsQuery;
use crate::http::Call;
use crate::http::Op;
use crate::types::Time;
use crate::types::{
    AccountId, AttachmentId, ContactId, ConversationId, InboxId, LabelId, MessageId, TeamId,
};
use crate::types::{ChannelType, Extra, FileType, MessageType, NullAsEmpty, OpenMap, Sender};

const SEARCH: Op =
    Op::get("conversations.search", "/api/v1/accounts/{account_id}/conversations/search");
const UNREAD_COUNTS: Op = Op::get(
    "conversations.unread_counts",
    "/api/v1/accounts/{account_id}/conversations/unread_counts",
)
.missing_in("4.9.1")
.inside(&["payload"]);
const ATTACHMENTS: Op = Op::get(
    "conversations.attachments",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/attachments",
);

pub(crate) const OPERATIONS: &[Op] = &[SEARCH, UNREAD_COUNTS, ATTACHMENTS];

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
    pub fn search(self, text: &str, query: &ConversationsQuery) -> Call<'a, FoundConversations> {
        #[derive(Serialize)]
        struct Text<'t> {
            q: &'t str,
        }
        self.account.call(SEARCH).query(&Text { q: text }).query(query)
    }

    /// Returns the numbers of conversations with unread messages, among those the caller may see.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/unread_counts`. Not in Chatwoot's published
    /// API.
    ///
    /// # Errors
    /// `Forbidden` if the account does not have the feature; `NotFound` on a server without it
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
}

impl<'a> ConversationHandle<'a> {
    /// Returns one page of 100 files of the conversation, newest first; pages start at 1.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/attachments`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for file in account.conversation(12).attachments(1).await?.payload {
    ///     println!("{:?} of message {:?}", file.file_type, file.message_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn attachments(self, page: u32) -> Call<'a, ConversationFiles> {
        #[derive(Serialize)]
        struct Number {
            page: u32,
        }
        let call = self.call(ATTACHMENTS);
        // It is the server's default, so it is not sent.
        if page <= 1 { call } else { call.query(&Number { page }) }
    }
}

/// One page of conversations found by a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundConversations {
    /// The number of results.
    pub meta: ConversationCounts,
    /// The conversations on this page.
    pub payload: Vec<FoundConversation>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
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

/// Numbers of conversations with unread messages; entries without any are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnreadCounts {
    /// In all inboxes.
    pub all_count: u64,
    /// By the id of the inbox.
    #[serde(default)]
    pub inboxes: NullAsEmpty<OpenMap<InboxId, u64>>,
    /// By the id of the label, for labels shown in the sidebar.
    #[serde(default)]
    pub labels: NullAsEmpty<OpenMap<LabelId, u64>>,
    /// By the id of the team.
    #[serde(default)]
    pub teams: NullAsEmpty<OpenMap<TeamId, u64>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One page of a conversation's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationFiles {
    /// The number of files.
    pub meta: ConversationFileCounts,
    /// The files of this page, newest first.
    pub payload: Vec<ConversationFile>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of files of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationFileCounts {
    /// The number of files on all pages.
    pub total_count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A file of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationFile {
    /// Its id; absent on 4.9.1.
    pub id: Option<AttachmentId>,
    /// The id of its message.
    pub message_id: Option<MessageId>,
    /// Its sender.
    pub sender: Option<Sender>,
    /// When it was sent.
    pub created_at: Option<Time>,
    /// The type of the file.
    pub file_type: Option<FileType>,
    /// The extension of its file name; `None` on 4.9.1.
    pub extension: Option<String>,
    /// The URL of the file. Anyone who has it can read the file.
    pub data_url: Option<String>,
    /// The URL of a thumbnail; empty if there is none.
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// The width of a picture or video in pixels; a video's is written as `640.0`.
    pub width: Option<Number>,
    /// The height of a picture or video in pixels, written as the width is.
    pub height: Option<Number>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

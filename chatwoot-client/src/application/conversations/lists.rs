//! Conversation lists: conversations by their words, what is unread, and a conversation's files.

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
    pub fn search(self, text: &str, query: &ConversationsQuery) -> Call<'a, FoundConversations> {
        #[derive(Serialize)]
        struct Text<'t> {
            q: &'t str,
        }
        self.account.call(SEARCH).query(&Text { q: text }).query(query)
    }

    /// Returns how many conversations that the caller sees have something unread.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/unread_counts`. Not in Chatwoot's published
    /// API.
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
}

impl<'a> ConversationHandle<'a> {
    /// Returns one page, from 1, of 100 files of a conversation, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/attachments`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
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

/// How many conversations have something unread; what has none is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnreadCounts {
    /// In all inboxes.
    pub all_count: u64,
    /// By inbox.
    #[serde(default)]
    pub inboxes: NullAsEmpty<OpenMap<InboxId, u64>>,
    /// By label, of those that the sidebar shows.
    #[serde(default)]
    pub labels: NullAsEmpty<OpenMap<LabelId, u64>>,
    /// By team.
    #[serde(default)]
    pub teams: NullAsEmpty<OpenMap<TeamId, u64>>,
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
    pub id: Option<AttachmentId>,
    /// Its message.
    pub message_id: Option<MessageId>,
    /// Who sent it.
    pub sender: Option<Sender>,
    /// When it was sent.
    pub created_at: Option<Time>,
    /// What kind of file it is.
    pub file_type: Option<FileType>,
    /// The extension of its name; `None` on 4.9.1.
    pub extension: Option<String>,
    /// Where it is. Whoever has the address may read the file.
    pub data_url: Option<String>,
    /// Where a small picture of it is; empty where there is none.
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// A picture's width; a film's is written `640.0`.
    pub width: Option<Number>,
    /// A picture's or a film's height, as its width.
    pub height: Option<Number>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

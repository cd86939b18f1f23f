//! Conversation attachments: the files of a conversation.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::application::conversations::ConversationHandle;
use crate::http::{Call, Op, Page};
use crate::types::Time;
use crate::types::{AttachmentId, MessageId};
use crate::types::{Extra, FileType, Sender};

const ATTACHMENTS: Op = Op::get(
    "conversations.attachments",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/attachments",
);

pub(crate) const OPERATIONS: &[Op] = &[ATTACHMENTS];

impl<'a> ConversationHandle<'a> {
    /// Returns one page of 100 files of a conversation, newest first.
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
    /// use chatwoot_client::application::conversations::ConversationFilesQuery;
    ///
    /// let files = account.conversation(12).attachments(&ConversationFilesQuery::default()).await?;
    /// for file in files.payload {
    ///     println!("{:?} of message {:?}", file.file_type, file.message_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn attachments(
        self,
        query: &ConversationFilesQuery,
    ) -> Call<'a, Page<ConversationFile, ConversationFileCounts>> {
        self.call(ATTACHMENTS).query(query)
    }
}

/// Which files of a conversation to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConversationFilesQuery {
    /// The page, from 1; a page has 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
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

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
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
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

/// A query of a conversation's files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConversationFilesQuery {
    /// The page, from 1; a page has 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
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

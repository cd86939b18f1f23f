//! Conversation labels: the labels of one conversation.

use serde_json::json;

use crate::application::Account;
use crate::application::labels::change;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::types::ConversationId;

const LIST: Op = Op::get(
    "conversation_labels.list",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/labels",
)
.inside(&["payload"]);
const REPLACE: Op = Op::post(
    "conversation_labels.replace",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/labels",
)
.inside(&["payload"])
.idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, REPLACE];

/// The labels of a conversation; from
/// [`ConversationHandle::labels`](crate::application::conversations::ConversationHandle::labels).
/// Agents of the inbox, and administrators.
#[derive(Clone, Copy, Debug)]
pub struct ConversationLabels<'a> {
    account: &'a Account,
    conversation: ConversationId,
}

impl<'a> ConversationLabels<'a> {
    pub(super) fn new(account: &'a Account, conversation: ConversationId) -> Self {
        Self { account, conversation }
    }

    /// Returns the conversation's labels.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.conversation(12).labels().list().await?;
    /// println!("{}", labels.join(", "));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<String>> {
        self.account.call(LIST).path("conversation_id", self.conversation)
    }

    /// *Replaces* the conversation's labels and returns them.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// A label that the account does not define is stored too, with its case unchanged.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.conversation(12).labels();
    /// let mut titles = labels.list().await?;
    /// titles.push("vip".into());
    /// labels.replace(&titles).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace<L: AsRef<str>>(self, labels: &[L]) -> Call<'a, Vec<String>> {
        let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        self.account
            .call(REPLACE)
            .path("conversation_id", self.conversation)
            .json(&json!({"labels": labels}))
    }

    /// Adds labels to the conversation, after reading its labels with [`ConversationLabels::list`],
    /// and returns all of them.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the conversation between the read and the
    /// write is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).labels().add(&["vip"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn add<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        change::add(labels, self.list(), |all| self.replace(all)).await
    }

    /// Removes labels from the conversation, after reading its labels with
    /// [`ConversationLabels::list`], and returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the conversation between the read and the
    /// write is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).labels().remove(&["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        change::remove(labels, self.list(), |rest| self.replace(rest)).await
    }
}

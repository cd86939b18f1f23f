//! Conversation labels: the words one conversation is sorted by.

use serde_json::json;

use super::Account;
use crate::call::Call;
use crate::ids::ConversationId;
use crate::op::Op;

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

pub(super) const OPERATIONS: &[Op] = &[LIST, REPLACE];

/// The labels of conversations; from [`Account::conversation_labels`]. Agents of the
/// inbox and administrators may.
#[derive(Clone, Copy, Debug)]
pub struct ConversationLabels<'a> {
    pub(super) account: &'a Account,
}

impl<'a> ConversationLabels<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`: the
    /// conversation's labels.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.conversation_labels().list(12.into()).await?;
    /// println!("{}", labels.join(", "));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, conversation: ConversationId) -> Call<'a, Vec<String>> {
        self.account.call(LIST).path("conversation_id", conversation)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`: *replaces*
    /// the conversation's labels, and answers them.
    ///
    /// A label that the account does not define is stored too, in the case it is written.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = 7.into();
    /// let mut labels = account.conversation_labels().list(conversation).await?;
    /// labels.push("vip".into());
    /// account.conversation_labels().replace(conversation, &labels).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace<L: AsRef<str>>(
        self,
        conversation: ConversationId,
        labels: &[L],
    ) -> Call<'a, Vec<String>> {
        let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        self.account
            .call(REPLACE)
            .path("conversation_id", conversation)
            .json(&json!({"labels": labels}))
    }
}

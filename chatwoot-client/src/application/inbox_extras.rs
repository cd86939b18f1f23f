//! Inbox extras: the health of a `WhatsApp` channel, and the picture's removal.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inboxes::Inboxes;
use crate::call::Call;
use crate::ids::InboxId;
use crate::model::Extra;
use crate::op::Op;
use crate::secret::Secret;

const HEALTH: Op = Op::get("inboxes.health", "/api/v1/accounts/{account_id}/inboxes/{id}/health");
const DELETE_AVATAR: Op =
    Op::delete("inboxes.delete_avatar", "/api/v1/accounts/{account_id}/inboxes/{id}/avatar");

pub(super) const OPERATIONS: &[Op] = &[HEALTH, DELETE_AVATAR];

impl<'a> Inboxes<'a> {
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}/health`: what Meta says of a `WhatsApp`
    /// number. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such an inbox in this account; `Unauthorized` for an agent who does not
    /// work in it. `Invalid` for a channel that is not the `WhatsApp` Cloud API, and when Meta
    /// refuses or fails.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let health = account.inboxes().health(7.into()).await?;
    /// println!("quality: {:?}", health.quality_rating);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn health(self, id: InboxId) -> Call<'a, InboxHealth> {
        self.account.call(HEALTH).path("id", id)
    }

    /// `DELETE /api/v1/accounts/{account_id}/inboxes/{id}/avatar`: takes an inbox's picture away;
    /// an administrator may. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such an inbox in this account; `Unauthorized` when the token's user is no
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.inboxes().delete_avatar(7.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_avatar(self, id: InboxId) -> Call<'a, ()> {
        self.account.done(DELETE_AVATAR).path("id", id)
    }
}

/// What Meta says of a `WhatsApp` number; any of it may be `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxHealth {
    /// Meta's id of the number.
    #[serde(default)]
    pub id: Option<String>,
    /// The number as people write it.
    #[serde(default)]
    pub display_phone_number: Option<String>,
    /// The name that customers see.
    #[serde(default)]
    pub verified_name: Option<String>,
    /// Whether that name is accepted.
    #[serde(default)]
    pub name_status: Option<String>,
    /// `GREEN`, `YELLOW` or `RED`.
    #[serde(default)]
    pub quality_rating: Option<String>,
    /// How many customers may be written to a day.
    #[serde(default)]
    pub messaging_limit_tier: Option<String>,
    /// `LIVE` or `SANDBOX`.
    #[serde(default)]
    pub account_mode: Option<String>,
    /// Whether the number is verified.
    #[serde(default)]
    pub code_verification_status: Option<String>,
    /// Where Meta sends what happens.
    #[serde(default)]
    pub webhook_configuration: Option<Extra>,
    /// Where it should send it.
    #[serde(default)]
    pub expected_webhook_url: Option<Secret>,
    /// How much a second may be sent.
    #[serde(default)]
    pub throughput: Option<Value>,
    /// When the number was last taken in.
    #[serde(default)]
    pub last_onboarded_time: Option<Value>,
    /// On what platform it runs.
    #[serde(default)]
    pub platform_type: Option<String>,
    /// Meta's id of the business.
    #[serde(default)]
    pub business_id: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

//! SLA policies: the times within which conversations are to be answered and resolved.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Extra;
use crate::types::SlaPolicyId;

const LIST: Op =
    Op::get("sla_policies.list", "/api/v1/accounts/{account_id}/sla_policies").inside(&["payload"]);
const CREATE: Op = Op::post("sla_policies.create", "/api/v1/accounts/{account_id}/sla_policies")
    .inside(&["payload"]);

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE];

account_handle! {
    /// The SLA policies of an account; from [`Account::sla_policies`]. Only on servers with that
    /// feature. Not in Chatwoot's published API.
    SlaPolicies
}

impl<'a> SlaPolicies<'a> {
    /// Returns every policy.
    ///
    /// `GET /api/v1/accounts/{account_id}/sla_policies`.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for policy in account.sla_policies().list().await? {
    ///     println!("{}: {:?} s", policy.name, policy.first_response_time_threshold);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<SlaPolicy>> {
        self.account.call(LIST)
    }

    /// Creates a policy.
    ///
    /// `POST /api/v1/accounts/{account_id}/sla_policies`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::sla_policies::NewSlaPolicy;
    ///
    /// let gold = NewSlaPolicy {
    ///     first_response_time_threshold: Some(600),
    ///     ..NewSlaPolicy::new("gold")
    /// };
    /// let gold = account.sla_policies().create(&gold).await?;
    /// println!("gold is policy {}", gold.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, policy: &NewSlaPolicy) -> Call<'a, SlaPolicy> {
        self.account.call(CREATE).json(&Body { sla_policy: policy })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    sla_policy: &'a NewSlaPolicy,
}

/// A policy as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlaPolicy {
    /// Its id.
    pub id: SlaPolicyId,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Seconds within which the first response is due.
    pub first_response_time_threshold: Option<Number>,
    /// Seconds within which each later response is due.
    pub next_response_time_threshold: Option<Number>,
    /// Seconds within which a conversation is to be resolved.
    pub resolution_time_threshold: Option<Number>,
    /// Whether only working hours count towards these times.
    pub only_during_business_hours: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A policy to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewSlaPolicy {
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Seconds within which the first response is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_response_time_threshold: Option<u64>,
    /// Seconds within which each later response is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_response_time_threshold: Option<u64>,
    /// Seconds within which a conversation is to be resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution_time_threshold: Option<u64>,
    /// Whether only working hours count towards these times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_during_business_hours: Option<bool>,
}

impl NewSlaPolicy {
    /// Creates a policy with this name, without any time.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

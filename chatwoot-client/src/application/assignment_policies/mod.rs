//! Assignment policies: how conversations are distributed among the agents of an inbox.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Time;
use crate::types::{AssignmentPolicyId, InboxId};
use crate::types::{Extra, open_enum};

const LIST: Op =
    Op::get("assignment_policies.list", "/api/v1/accounts/{account_id}/assignment_policies");
const CREATE: Op =
    Op::post("assignment_policies.create", "/api/v1/accounts/{account_id}/assignment_policies");
const OF_INBOX: Op = Op::get(
    "assignment_policies.of_inbox",
    "/api/v1/accounts/{account_id}/inboxes/{id}/assignment_policy",
);
// Idempotent: it replaces the inbox's policy.
const SET_FOR_INBOX: Op = Op::post(
    "assignment_policies.set_for_inbox",
    "/api/v1/accounts/{account_id}/inboxes/{id}/assignment_policy",
)
.idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, OF_INBOX, SET_FOR_INBOX];

account_handle! {
    /// The assignment policies of an account; from [`Account::assignment_policies`]. Administrators
    /// only. Not in Chatwoot's published API.
    AssignmentPolicies
}

impl<'a> AssignmentPolicies<'a> {
    /// Returns every policy.
    ///
    /// `GET /api/v1/accounts/{account_id}/assignment_policies`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for policy in account.assignment_policies().list().await? {
    ///     println!("{} assigns {:?} first", policy.name, policy.conversation_priority);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<AssignmentPolicy>> {
        self.account.call(LIST)
    }

    /// Creates a policy.
    ///
    /// `POST /api/v1/accounts/{account_id}/assignment_policies`. Administrators only.
    ///
    /// # Errors
    /// `Conflict` for a name that exists in the account; `Invalid` for an empty name, or a limit or
    /// window that is not above 0; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::assignment_policies::NewAssignmentPolicy;
    ///
    /// let policies = account.assignment_policies();
    /// let fair = policies.create(&NewAssignmentPolicy::new("fair")).await?;
    /// policies.set_for_inbox(7.into(), fair.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, policy: &NewAssignmentPolicy) -> Call<'a, AssignmentPolicy> {
        self.account.call(CREATE).json(&Body { assignment_policy: policy })
    }

    /// Returns the policy of an inbox.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}/assignment_policy`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox, and for an inbox without a policy;
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// match account.assignment_policies().of_inbox(7.into()).await {
    ///     Ok(policy) => println!("shared out by {}", policy.name),
    ///     Err(error) if error.is_not_found() => println!("agents take what they like"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn of_inbox(self, inbox: InboxId) -> Call<'a, AssignmentPolicy> {
        self.account.call(OF_INBOX).path("id", inbox)
    }

    /// Sets the policy of an inbox, in place of any other.
    ///
    /// `POST /api/v1/accounts/{account_id}/inboxes/{id}/assignment_policy`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox or no such policy; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let policy = account.assignment_policies().set_for_inbox(7.into(), 2.into()).await?;
    /// println!("{} shares out inbox 7 now", policy.name);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_for_inbox(
        self,
        inbox: InboxId,
        policy: AssignmentPolicyId,
    ) -> Call<'a, AssignmentPolicy> {
        let body = InboxPolicy { assignment_policy_id: policy };
        self.account.call(SET_FOR_INBOX).path("id", inbox).json(&body)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    assignment_policy: &'a NewAssignmentPolicy,
}

#[derive(Serialize)]
struct InboxPolicy {
    assignment_policy_id: AssignmentPolicyId,
}

open_enum! {
    /// How the agent for the next conversation is chosen.
    pub enum AssignmentOrder {
        /// Each agent in turn.
        RoundRobin = "round_robin",
        /// The agent with the fewest conversations; only on servers with that feature.
        Balanced = "balanced",
    }

    /// The order in which conversations are assigned.
    pub enum AssignmentPriority {
        /// The oldest first.
        EarliestCreated = "earliest_created",
        /// The one whose customer has waited longest first.
        LongestWaiting = "longest_waiting",
    }
}

/// A policy as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssignmentPolicy {
    /// Its id.
    pub id: AssignmentPolicyId,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// How the agent for the next conversation is chosen.
    pub assignment_order: Option<AssignmentOrder>,
    /// The order in which conversations are assigned.
    pub conversation_priority: Option<AssignmentPriority>,
    /// The number of conversations that an agent gets within a window.
    pub fair_distribution_limit: Option<u64>,
    /// The length of the window, in seconds.
    pub fair_distribution_window: Option<u64>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// The number of inboxes that use it.
    pub assigned_inbox_count: Option<u64>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A policy to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewAssignmentPolicy {
    /// Its name, unique in the account.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How the agent for the next conversation is chosen; the server's default is round robin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_order: Option<AssignmentOrder>,
    /// The order in which conversations are assigned; the server's default is oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_priority: Option<AssignmentPriority>,
    /// The number of conversations that an agent gets within a window; the server's default is 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fair_distribution_limit: Option<u64>,
    /// The length of the window, in seconds; the server's default is 3,600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fair_distribution_window: Option<u64>,
    /// Whether it is enabled; the server's default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl NewAssignmentPolicy {
    /// Creates a policy with this name and the server's defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

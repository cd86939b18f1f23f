//! Assignment policies: how conversations are shared out among the agents of an inbox.

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
// It takes the place of the policy the inbox had: twice is once.
const SET_FOR_INBOX: Op = Op::post(
    "assignment_policies.set_for_inbox",
    "/api/v1/accounts/{account_id}/inboxes/{id}/assignment_policy",
)
.idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, OF_INBOX, SET_FOR_INBOX];

/// The assignment policies of an account; from [`Account::assignment_policies`]. Only an
/// administrator may call what is here. Undocumented in Chatwoot.
#[derive(Clone, Copy, Debug)]
pub struct AssignmentPolicies<'a> {
    account: &'a Account,
}

impl<'a> AssignmentPolicies<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

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

    /// Adds a policy.
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
    /// `NotFound` without such an inbox, and for one that has no policy; `Unauthorized` for an
    /// agent.
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

    /// Gives an inbox this policy in place of the one it had.
    ///
    /// `POST /api/v1/accounts/{account_id}/inboxes/{id}/assignment_policy`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` without such an inbox or such a policy in this account; `Unauthorized` for an
    /// agent.
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
    /// Which agent gets the next conversation.
    pub enum AssignmentOrder {
        /// Each in turn.
        RoundRobin = "round_robin",
        /// Who has the fewest; only servers with that feature.
        Balanced = "balanced",
    }

    /// Which conversation is assigned next.
    pub enum AssignmentPriority {
        /// The oldest.
        EarliestCreated = "earliest_created",
        /// The one whose customer waits longest.
        LongestWaiting = "longest_waiting",
    }
}

/// A policy as the server answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssignmentPolicy {
    /// Its id.
    pub id: AssignmentPolicyId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Which agent gets the next conversation.
    pub assignment_order: Option<AssignmentOrder>,
    /// Which conversation is assigned next.
    pub conversation_priority: Option<AssignmentPriority>,
    /// How many conversations an agent gets in a window.
    pub fair_distribution_limit: Option<u64>,
    /// The window, in seconds.
    pub fair_distribution_window: Option<u64>,
    /// Whether it works.
    pub enabled: Option<bool>,
    /// How many inboxes have it.
    pub assigned_inbox_count: Option<u64>,
    /// When it was added.
    pub created_at: Option<Time>,
    /// When it last changed.
    pub updated_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A policy to add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewAssignmentPolicy {
    /// Its name, unique in the account.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which agent gets the next conversation; the server's default is each in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_order: Option<AssignmentOrder>,
    /// Which conversation is assigned next; the server's default is the oldest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_priority: Option<AssignmentPriority>,
    /// How many conversations an agent gets in a window; the server's default is 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fair_distribution_limit: Option<u64>,
    /// The window, in seconds; the server's default is an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fair_distribution_window: Option<u64>,
    /// Whether it works; the server's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl NewAssignmentPolicy {
    /// A policy with the server's defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

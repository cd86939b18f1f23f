//! Agents: the users of an account, including administrators.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Patch;
use crate::types::{AccountId, CustomRoleId, InboxId, UserId};
use crate::types::{Availability, Extra, Role};

const LIST: Op = Op::get("agents.list", "/api/v1/accounts/{account_id}/agents");
const CREATE: Op = Op::post("agents.create", "/api/v1/accounts/{account_id}/agents");
const UPDATE: Op = Op::patch("agents.update", "/api/v1/accounts/{account_id}/agents/{id}");
const DELETE: Op = Op::delete("agents.delete", "/api/v1/accounts/{account_id}/agents/{id}");
// Idempotent: addresses of users who are in the account already are skipped.
const BULK_CREATE: Op =
    Op::post("agents.bulk_create", "/api/v1/accounts/{account_id}/agents/bulk_create").idempotent();

const ASSIGNABLE: Op =
    Op::get("agents.assignable", "/api/v1/accounts/{account_id}/assignable_agents")
        .inside(&["payload"]);

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE, DELETE, BULK_CREATE, ASSIGNABLE];

account_handle! {
    /// The agents of an account; from [`Account::agents`].
    Agents
}

impl<'a> Agents<'a> {
    /// Returns every user of the account.
    ///
    /// `GET /api/v1/accounts/{account_id}/agents`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.agents().list().await? {
    ///     println!("{:?} is {:?}", agent.name, agent.availability_status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Agent>> {
        self.account.call(LIST)
    }

    /// Invites a user by e-mail.
    ///
    /// `POST /api/v1/accounts/{account_id}/agents`. Administrators only.
    ///
    /// A user of another account is added under their existing name.
    ///
    /// # Errors
    /// `Conflict` for a user who is in the account already; `Invalid` for a malformed e-mail
    /// address; `PaymentRequired` if the account may have no more agents; `Unauthorized` for an
    /// agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::agents::NewAgent;
    ///
    /// let agent = account.agents().create(&NewAgent::new("Ada", "ada@example.com")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, agent: &NewAgent) -> Call<'a, Agent> {
        self.account.call(CREATE).json(agent)
    }

    /// Updates an agent; fields left as [`Patch::Keep`], and cleared fields, keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/agents/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` for a user who is not in the account; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::agents::AgentPatch;
    /// use chatwoot_client::types::Role;
    ///
    /// let promoted = AgentPatch { role: Role::Administrator.into(), ..Default::default() };
    /// let agent = account.agents().update(3.into(), &promoted).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: UserId, to: &AgentPatch) -> Call<'a, Agent> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Removes a user from the account.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/agents/{id}`. Administrators only. A user who is left
    /// without any account is deleted.
    ///
    /// # Errors
    /// `NotFound` for a user who is not in the account; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// match account.agents().delete(3.into()).await {
    ///     Err(error) if error.is_not_found() => println!("gone already"),
    ///     other => other?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: UserId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }

    /// Invites several users by e-mail.
    ///
    /// `POST /api/v1/accounts/{account_id}/agents/bulk_create`. Administrators only. Not in
    /// Chatwoot's published API.
    ///
    /// The response does not name the addresses that were skipped; list the agents to see them.
    ///
    /// # Errors
    /// `PaymentRequired` if the account may not have that many more agents; `Unauthorized` for an
    /// agent. Malformed addresses are skipped too.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.agents().bulk_create(&["ada@example.com", "grace@example.com"]).await?;
    /// println!("{} agents now", account.agents().list().await?.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn bulk_create<T: AsRef<str>>(self, emails: &[T]) -> Call<'a, ()> {
        let emails = emails.iter().map(AsRef::as_ref).collect();
        self.account.done(BULK_CREATE).json(&Emails { emails })
    }

    /// Returns the users to whom conversations of every one of these inboxes can be assigned: the
    /// members that all the inboxes share, and every administrator.
    ///
    /// `GET /api/v1/accounts/{account_id}/assignable_agents`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if one of the inboxes is not in the account, or none is given; `Unauthorized` for
    /// an agent who is not a member of one of them.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.agents().assignable(&[7.into()]).await? {
    ///     println!("{:?} may get it", agent.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn assignable(self, inboxes: &[InboxId]) -> Call<'a, Vec<Agent>> {
        #[derive(Serialize)]
        struct Of<'b> {
            #[serde(rename = "inbox_ids[]")]
            inboxes: &'b [InboxId],
        }
        self.account.call(ASSIGNABLE).query(&Of { inboxes })
    }
}

#[derive(Serialize)]
struct Emails<'a> {
    emails: Vec<&'a str>,
}

/// An agent: a user of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Agent {
    /// Their user id.
    pub id: UserId,
    /// The id of the account.
    pub account_id: Option<AccountId>,
    /// Their full name.
    pub name: Option<String>,
    /// The name shown to customers.
    pub available_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The URL of their picture; empty if they have none.
    pub thumbnail: Option<String>,
    /// Their role.
    pub role: Option<Role>,
    /// The id of their custom role, if they have one.
    pub custom_role_id: Option<CustomRoleId>,
    /// Their availability.
    pub availability_status: Option<Availability>,
    /// Whether they are shown as offline while the dashboard is closed.
    pub auto_offline: Option<bool>,
    /// Whether they accepted the invitation.
    pub confirmed: Option<bool>,
    /// How they log in: `email`, `saml` and others.
    pub provider: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent to invite.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAgent {
    /// Their full name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role; the server's default is agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Their availability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// Whether they are shown as offline while the dashboard is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_offline: Option<bool>,
}

impl NewAgent {
    /// Creates an agent with this name and e-mail address, and the server's defaults otherwise.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { name: name.into(), email: email.into(), ..Self::default() }
    }
}

/// The changes to make to an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgentPatch {
    /// Their full name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Their role.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub role: Patch<Role>,
    /// Their availability.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub availability: Patch<Availability>,
    /// Whether they are shown as offline while the dashboard is closed.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_offline: Patch<bool>,
}

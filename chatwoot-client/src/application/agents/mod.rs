//! Agents: the users of an account, administrators among them.

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
// Addresses that are there already are passed over: twice is once.
const BULK_CREATE: Op =
    Op::post("agents.bulk_create", "/api/v1/accounts/{account_id}/agents/bulk_create").idempotent();

const ASSIGNABLE: Op =
    Op::get("agents.assignable", "/api/v1/accounts/{account_id}/assignable_agents")
        .inside(&["payload"]);

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE, DELETE, BULK_CREATE, ASSIGNABLE];

/// The agents of an account; from [`Account::agents`].
#[derive(Clone, Copy, Debug)]
pub struct Agents<'a> {
    account: &'a Account,
}

impl<'a> Agents<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// Returns everybody who works in the account.
    ///
    /// `GET /api/v1/accounts/{account_id}/agents`. Agents and administrators.
    ///
    /// # Errors
    /// None of its own; see [`Call`].
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

    /// Invites somebody by e-mail.
    ///
    /// `POST /api/v1/accounts/{account_id}/agents`. Administrators only.
    ///
    /// A user of another account is added with the name they have.
    ///
    /// # Errors
    /// `Conflict` for somebody who is in the account already; `Invalid` for an e-mail that is none;
    /// `PaymentRequired` when the account may have no more agents; `Unauthorized` for an agent.
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

    /// Updates an agent; what is left as [`Patch::Keep`] stays, and so does what is cleared.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/agents/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` for somebody who is not in the account; `Unauthorized` for an agent.
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

    /// Takes somebody out of the account.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/agents/{id}`. Administrators only. A user without any
    /// account left is deleted.
    ///
    /// # Errors
    /// `NotFound` for somebody who is not in the account; `Unauthorized` for an agent.
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

    /// Invites several by e-mail.
    ///
    /// `POST /api/v1/accounts/{account_id}/agents/bulk_create`. Administrators only. Not in
    /// Chatwoot's published API.
    ///
    /// The server says nothing of addresses it passes over: list the agents to see.
    ///
    /// # Errors
    /// `PaymentRequired` when the account may not have so many more; `Unauthorized` for an agent.
    /// An address that is none is passed over too.
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

    /// Returns who may get the conversations of each of these inboxes: the members of them all, and
    /// every administrator.
    ///
    /// `GET /api/v1/accounts/{account_id}/assignable_agents`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` when one of the inboxes is not in the account, or none is named; `Unauthorized`
    /// for an agent who is no member of one of them.
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

/// Somebody who works in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Agent {
    /// Their user id.
    pub id: UserId,
    /// The account.
    pub account_id: Option<AccountId>,
    /// Their full name.
    pub name: Option<String>,
    /// The name customers see.
    pub available_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their picture; empty for none.
    pub thumbnail: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// The custom role, if there is one.
    pub custom_role_id: Option<CustomRoleId>,
    /// Whether they are there.
    pub availability_status: Option<Availability>,
    /// Whether they count as offline when the dashboard is closed.
    pub auto_offline: Option<bool>,
    /// Whether they accepted the invitation.
    pub confirmed: Option<bool>,
    /// How they log in: `email`, `saml` and so on.
    pub provider: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Somebody to invite.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAgent {
    /// Their full name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// What they may do; the server's default is an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// Whether they count as offline when the dashboard is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_offline: Option<bool>,
}

impl NewAgent {
    /// An agent with this name and e-mail, and the server's defaults.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { name: name.into(), email: email.into(), ..Self::default() }
    }
}

/// What to change of an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgentPatch {
    /// Their full name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// What they may do.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub role: Patch<Role>,
    /// Whether they are there.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub availability: Patch<Availability>,
    /// Whether they count as offline when the dashboard is closed.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_offline: Patch<bool>,
}

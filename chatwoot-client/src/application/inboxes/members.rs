//! Inbox members: which agents see and answer an inbox.

use serde::Serialize;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::http::Call;
use crate::http::Op;
use crate::types::{InboxId, UserId};

const LIST: Op =
    Op::get("inbox_members.list", "/api/v1/accounts/{account_id}/inbox_members/{inbox_id}")
        .inside(&["payload"]);
// Who is in it already stays in it: twice is once.
const ADD: Op = Op::post("inbox_members.add", "/api/v1/accounts/{account_id}/inbox_members")
    .inside(&["payload"])
    .idempotent();
const REPLACE: Op =
    Op::patch("inbox_members.replace", "/api/v1/accounts/{account_id}/inbox_members")
        .inside(&["payload"]);
const REMOVE: Op =
    Op::delete("inbox_members.remove", "/api/v1/accounts/{account_id}/inbox_members");

pub(crate) const OPERATIONS: &[Op] = &[LIST, ADD, REPLACE, REMOVE];

/// Which agents work in which inbox; from [`Account::inbox_members`].
#[derive(Clone, Copy, Debug)]
pub struct InboxMembers<'a> {
    account: &'a Account,
}

impl<'a> InboxMembers<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// Returns who works in the inbox.
    ///
    /// `GET /api/v1/accounts/{account_id}/inbox_members/{inbox_id}`. An agent may for the inboxes
    /// they work in.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent who does not work
    /// in it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.inbox_members().list(7.into()).await? {
    ///     println!("{:?} works in inbox 7", agent.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, inbox: InboxId) -> Call<'a, Vec<Agent>> {
        self.account.call(LIST).path("inbox_id", inbox)
    }

    /// Puts users into the inbox and returns everybody in it.
    ///
    /// `POST /api/v1/accounts/{account_id}/inbox_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` when the token's user is not an
    /// administrator. `Invalid` with a user who does not exist: then nobody is put in.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.inbox_members().add(7.into(), &[6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn add(self, inbox: InboxId, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        self.account.call(ADD).json(&Members { inbox_id: inbox, user_ids: users })
    }

    /// Creates these users the inbox's agents, and nobody else.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/inbox_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` when the token's user is not an
    /// administrator. `Invalid` with a user who does not exist: then nothing changes.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let members = account.inbox_members().replace(7.into(), &[2.into(), 6.into()]).await?;
    /// assert!(members.len() <= 2);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace(self, inbox: InboxId, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        self.account.call(REPLACE).json(&Members { inbox_id: inbox, user_ids: users })
    }

    /// Takes users out of the inbox.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/inbox_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` when the token's user is not an
    /// administrator. A user who is not in the inbox is no error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.inbox_members().remove(7.into(), &[6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove(self, inbox: InboxId, users: &[UserId]) -> Call<'a, ()> {
        self.account.done(REMOVE).json(&Members { inbox_id: inbox, user_ids: users })
    }
}

#[derive(Serialize)]
struct Members<'a> {
    inbox_id: InboxId,
    user_ids: &'a [UserId],
}

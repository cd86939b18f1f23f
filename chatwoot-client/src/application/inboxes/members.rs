//! Inbox members: the agents who work in an inbox.

use serde::Serialize;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::http::Call;
use crate::http::Op;
use crate::types::{InboxId, UserId};

const LIST: Op =
    Op::get("inbox_members.list", "/api/v1/accounts/{account_id}/inbox_members/{inbox_id}")
        .inside(&["payload"]);
// Idempotent: present members stay.
const ADD: Op = Op::post("inbox_members.add", "/api/v1/accounts/{account_id}/inbox_members")
    .inside(&["payload"])
    .idempotent();
const REPLACE: Op =
    Op::patch("inbox_members.replace", "/api/v1/accounts/{account_id}/inbox_members")
        .inside(&["payload"]);
const REMOVE: Op =
    Op::delete("inbox_members.remove", "/api/v1/accounts/{account_id}/inbox_members");

pub(crate) const OPERATIONS: &[Op] = &[LIST, ADD, REPLACE, REMOVE];

account_handle! {
    /// The members of inboxes; from [`Account::inbox_members`].
    InboxMembers
}

impl<'a> InboxMembers<'a> {
    /// Returns the members of the inbox.
    ///
    /// `GET /api/v1/accounts/{account_id}/inbox_members/{inbox_id}`. Administrators, and agents for
    /// the inboxes they are members of.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent who is not a member
    /// of it.
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

    /// Adds members to the inbox and returns all of its members.
    ///
    /// `POST /api/v1/accounts/{account_id}/inbox_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator. `Invalid` with a user who does not exist, in which case nobody is added.
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

    /// *Replaces* the members of the inbox and returns them.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/inbox_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator. `Invalid` with a user who does not exist, in which case nothing changes.
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

    /// Removes members from the inbox.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/inbox_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator. A user who is not a member is not an error.
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

//! Team members: the users in a team.

use serde::Serialize;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::http::Call;
use crate::http::Op;
use crate::types::{TeamId, UserId};

const LIST: Op =
    Op::get("team_members.list", "/api/v1/accounts/{account_id}/teams/{team_id}/team_members");
// Idempotent: present members stay.
const ADD: Op =
    Op::post("team_members.add", "/api/v1/accounts/{account_id}/teams/{team_id}/team_members")
        .idempotent();
const REPLACE: Op =
    Op::patch("team_members.replace", "/api/v1/accounts/{account_id}/teams/{team_id}/team_members");
const REMOVE: Op =
    Op::delete("team_members.remove", "/api/v1/accounts/{account_id}/teams/{team_id}/team_members");

pub(crate) const OPERATIONS: &[Op] = &[LIST, ADD, REPLACE, REMOVE];

account_handle! {
    /// The members of teams; from [`Account::team_members`].
    TeamMembers
}

impl<'a> TeamMembers<'a> {
    /// Returns the members of the team.
    ///
    /// `GET /api/v1/accounts/{account_id}/teams/{team_id}/team_members`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.team_members().list(1.into()).await? {
    ///     println!("{:?}", agent.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, team: TeamId) -> Call<'a, Vec<Agent>> {
        self.account.call(LIST).path("team_id", team)
    }

    /// Adds members to the team and returns those who were not members before.
    ///
    /// `POST /api/v1/accounts/{account_id}/teams/{team_id}/team_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team. `Unauthorized` if the token's user is not an
    /// administrator, and with a user who is not in the account, in which case nobody is added.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.team_members().add(1.into(), &[6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn add(self, team: TeamId, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        self.account.call(ADD).path("team_id", team).json(&Users { user_ids: users })
    }

    /// *Replaces* the members of the team and returns them.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/teams/{team_id}/team_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team. `Unauthorized` if the token's user is not an
    /// administrator, and with a user who is not in the account, in which case nothing changes.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let members = account.team_members().replace(1.into(), &[2.into(), 6.into()]).await?;
    /// println!("{} in the team", members.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace(self, team: TeamId, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        self.account.call(REPLACE).path("team_id", team).json(&Users { user_ids: users })
    }

    /// Removes members from the team.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/teams/{team_id}/team_members`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team. `Unauthorized` if the token's user is not an
    /// administrator, and with a user who is not in the account. A user who is not a member is not
    /// an error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.team_members().remove(1.into(), &[6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove(self, team: TeamId, users: &[UserId]) -> Call<'a, ()> {
        self.account.done(REMOVE).path("team_id", team).json(&Users { user_ids: users })
    }
}

#[derive(Serialize)]
struct Users<'a> {
    user_ids: &'a [UserId],
}

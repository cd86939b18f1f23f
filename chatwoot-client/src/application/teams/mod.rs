//! Teams: groups of agents that conversations are assigned to.

pub(super) mod members;

pub use self::members::*;

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Extra;
use crate::types::Patch;
use crate::types::{AccountId, TeamId};

const LIST: Op = Op::get("teams.list", "/api/v1/accounts/{account_id}/teams");
const GET: Op = Op::get("teams.get", "/api/v1/accounts/{account_id}/teams/{team_id}");
const CREATE: Op = Op::post("teams.create", "/api/v1/accounts/{account_id}/teams");
const UPDATE: Op = Op::patch("teams.update", "/api/v1/accounts/{account_id}/teams/{team_id}");
const DELETE: Op = Op::delete("teams.delete", "/api/v1/accounts/{account_id}/teams/{team_id}");

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

account_handle! {
    /// The teams of an account; from [`Account::teams`].
    Teams
}

impl<'a> Teams<'a> {
    /// Returns every team of the account.
    ///
    /// `GET /api/v1/accounts/{account_id}/teams`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for team in account.teams().list().await? {
    ///     println!("{}", team.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Team>> {
        self.account.call(LIST)
    }

    /// Returns one team.
    ///
    /// `GET /api/v1/accounts/{account_id}/teams/{team_id}`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let team = account.teams().get(1.into()).await?;
    /// println!("{}", team.name);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: TeamId) -> Call<'a, Team> {
        self.account.call(GET).path("team_id", id)
    }

    /// Creates a team.
    ///
    /// `POST /api/v1/accounts/{account_id}/teams`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` if the token's user is not an administrator. `Conflict` for a name that
    /// exists, regardless of case; `Invalid` for an empty one.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::teams::NewTeam;
    ///
    /// let team = account.teams().create(&NewTeam::new("returns")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, team: &NewTeam) -> Call<'a, Team> {
        self.account.call(CREATE).json(team)
    }

    /// Updates a team; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/teams/{team_id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team. `Unauthorized` if the token's user is not an
    /// administrator. `Conflict` for the name of another team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::teams::TeamPatch;
    ///
    /// let by_hand = TeamPatch { allow_auto_assign: false.into(), ..Default::default() };
    /// account.teams().update(1.into(), &by_hand).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: TeamId, to: &TeamPatch) -> Call<'a, Team> {
        self.account.call(UPDATE).path("team_id", id).json(to)
    }

    /// Deletes a team; its members stay in the account.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/teams/{team_id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such team. `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.teams().delete(1.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: TeamId) -> Call<'a, ()> {
        self.account.done(DELETE).path("team_id", id)
    }
}

/// A team as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name, which the server converts to lower case.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Whether its conversations are assigned to its members automatically.
    pub allow_auto_assign: Option<bool>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Whether the token's user is a member.
    pub is_member: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A team to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewTeam {
    /// Its name, which the server converts to lower case.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether its conversations are assigned to its members automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_auto_assign: Option<bool>,
}

impl NewTeam {
    /// Creates a team with this name and the server's defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// The changes to make to a team.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TeamPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// Whether its conversations are assigned to its members automatically.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allow_auto_assign: Patch<bool>,
}

//! Agent bots: programs of the account that respond in conversations.

use serde::Serialize;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::AgentBotId;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::{AgentBot, Extra};

const LIST: Op = Op::get("agent_bots.list", "/api/v1/accounts/{account_id}/agent_bots");
const GET: Op = Op::get("agent_bots.get", "/api/v1/accounts/{account_id}/agent_bots/{id}");
const CREATE: Op = Op::post("agent_bots.create", "/api/v1/accounts/{account_id}/agent_bots");
const UPDATE: Op = Op::patch("agent_bots.update", "/api/v1/accounts/{account_id}/agent_bots/{id}");
const DELETE: Op = Op::delete("agent_bots.delete", "/api/v1/accounts/{account_id}/agent_bots/{id}");
const RESET_ACCESS_TOKEN: Op = Op::post(
    "agent_bots.reset_access_token",
    "/api/v1/accounts/{account_id}/agent_bots/{id}/reset_access_token",
);
const RESET_SECRET: Op = Op::post(
    "agent_bots.reset_secret",
    "/api/v1/accounts/{account_id}/agent_bots/{id}/reset_secret",
)
.missing_in("4.9.1");

pub(crate) const OPERATIONS: &[Op] =
    &[LIST, GET, CREATE, UPDATE, DELETE, RESET_ACCESS_TOKEN, RESET_SECRET];

account_handle! {
    /// The agent bots of an account; from [`Account::agent_bots`]. To connect one to an inbox see
    /// [`Inboxes::set_agent_bot`](crate::application::inboxes::Inboxes::set_agent_bot).
    AgentBots
}

impl<'a> AgentBots<'a> {
    /// Returns the bots of the account and those of the installation.
    ///
    /// `GET /api/v1/accounts/{account_id}/agent_bots`. Agents and administrators. An agent sees the
    /// bots' tokens; only an administrator sees their secrets.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for bot in account.agent_bots().list().await? {
    ///     println!("{:?} gets its events at {:?}", bot.name, bot.outgoing_url);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<AgentBot>> {
        self.account.call(LIST)
    }

    /// Returns one bot.
    ///
    /// `GET /api/v1/accounts/{account_id}/agent_bots/{id}`. Agents and administrators. An agent
    /// sees the bot's token; only an administrator sees its secret.
    ///
    /// # Errors
    /// `NotFound` if neither the account nor the installation has such a bot.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let bot = account.agent_bots().get(3.into()).await?;
    /// println!("{:?} of the installation: {:?}", bot.name, bot.system_bot);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: AgentBotId) -> Call<'a, AgentBot> {
        self.account.call(GET).path("id", id)
    }

    /// Creates a bot and returns its token and its secret.
    ///
    /// `POST /api/v1/accounts/{account_id}/agent_bots`. Administrators only.
    ///
    /// Names are not unique: a repeated request creates a second one.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `Invalid` for a name of more than 255 characters or a URL of
    /// more than 2,048.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::agent_bots::NewAgentBot;
    ///
    /// let new = NewAgentBot::new("Orders", "https://shop.example.com/bot/0c7d1f");
    /// let bot = account.agent_bots().create(&new).await?;
    /// account.inboxes().set_agent_bot(7.into(), Some(bot.id)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, bot: &NewAgentBot) -> Call<'a, AgentBot> {
        self.account.call(CREATE).json(bot)
    }

    /// Updates a bot; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/agent_bots/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such bot, also for a bot of the installation;
    /// `Unauthorized` for an agent; `Invalid` for a name of more than 255 characters or a URL of
    /// more than 2,048.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::agent_bots::AgentBotPatch;
    ///
    /// let moved = "https://shop.example.com/bot/91ab22";
    /// let patch = AgentBotPatch { outgoing_url: moved.into(), ..Default::default() };
    /// account.agent_bots().update(3.into(), &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: AgentBotId, to: &AgentBotPatch) -> Call<'a, AgentBot> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a bot.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/agent_bots/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such bot, also for a bot of the installation;
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.inboxes().set_agent_bot(7.into(), None).await?;
    /// account.agent_bots().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: AgentBotId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }

    /// Replaces a bot's access token and returns the bot with the new one.
    ///
    /// `POST /api/v1/accounts/{account_id}/agent_bots/{id}/reset_access_token`. Administrators
    /// only. Not in Chatwoot's published API.
    ///
    /// The old token becomes invalid at once.
    ///
    /// # Errors
    /// `NotFound` if the account has no such bot, also for a bot of the installation;
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let bot = account.agent_bots().reset_access_token(3.into()).await?;
    /// let token = bot.access_token.as_ref().map(|token| token.secret());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reset_access_token(self, id: AgentBotId) -> Call<'a, AgentBot> {
        self.account.call(RESET_ACCESS_TOKEN).path("id", id)
    }

    /// Replaces the secret that signs a bot's events and returns the bot with the new one.
    ///
    /// `POST /api/v1/accounts/{account_id}/agent_bots/{id}/reset_secret`. Administrators only. Not
    /// in Chatwoot's published API.
    ///
    /// The old secret becomes invalid at once.
    ///
    /// # Errors
    /// `NotFound` if the account has no such bot, also for a bot of the installation, and on a
    /// server without the operation (4.9.1); `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let bot = account.agent_bots().reset_secret(3.into()).await?;
    /// let secret = bot.secret.as_ref();
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reset_secret(self, id: AgentBotId) -> Call<'a, AgentBot> {
        self.account.call(RESET_SECRET).path("id", id)
    }
}

/// A bot to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAgentBot {
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URL that its events are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outgoing_url: Option<Secret>,
    /// Its type: `webhook` is the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_type: Option<String>,
    /// Its settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_config: Option<Extra>,
    /// The URL of its picture, which the server fetches in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl NewAgentBot {
    /// Creates a bot whose events are sent to `url`.
    pub fn new(name: impl Into<String>, url: impl Into<Secret>) -> Self {
        Self { name: name.into(), outgoing_url: Some(url.into()), ..Self::default() }
    }
}

/// The changes to make to a bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgentBotPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// The URL that its events are sent to.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub outgoing_url: Patch<Secret>,
    /// Its settings, which replace all present ones.
    #[serde(rename = "bot_config", skip_serializing_if = "Patch::is_keep")]
    pub replace_bot_config: Patch<Extra>,
    /// The URL of its picture, which the server fetches in the background.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub avatar_url: Patch<String>,
}

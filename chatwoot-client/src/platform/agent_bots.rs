//! Platform agent bots: the agent bots that a platform app created.

use serde::Serialize;

use crate::http::Call;
use crate::http::Op;
use crate::platform::Platform;
use crate::types::AgentBot;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::{AccountId, AgentBotId};

const LIST: Op = Op::get("platform_agent_bots.list", "/platform/api/v1/agent_bots");
const GET: Op = Op::get("platform_agent_bots.get", "/platform/api/v1/agent_bots/{id}");
const CREATE: Op = Op::post("platform_agent_bots.create", "/platform/api/v1/agent_bots");
const UPDATE: Op = Op::patch("platform_agent_bots.update", "/platform/api/v1/agent_bots/{id}");
const DELETE: Op = Op::delete("platform_agent_bots.delete", "/platform/api/v1/agent_bots/{id}");

pub(super) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

/// A handle for the agent bots of a platform app; from [`Platform::agent_bots`].
///
/// The responses contain the bot's token but not its secret: an administrator of its account reads
/// that with [`AgentBots`](crate::application::agent_bots::AgentBots). 4.9.1 returns the bot's name
/// in place of its URL.
#[derive(Clone, Copy, Debug)]
pub struct PlatformAgentBots<'a> {
    platform: &'a Platform,
}

impl<'a> PlatformAgentBots<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Returns all agent bots that this platform app created.
    ///
    /// `GET /platform/api/v1/agent_bots`.
    ///
    /// # Errors
    /// No specific ones; see [`Call`](crate::http::Call).
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// for bot in platform.agent_bots().list().await? {
    ///     println!("{} {:?}", bot.id, bot.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<AgentBot>> {
        self.platform.call(LIST)
    }

    /// Returns one bot.
    ///
    /// `GET /platform/api/v1/agent_bots/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the bot does not exist; `Unauthorized` if this platform app did not create it.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// let bot = platform.agent_bots().get(2.into()).await?;
    /// println!("{:?} of {:?}", bot.name, bot.account_id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: AgentBotId) -> Call<'a, AgentBot> {
        self.platform.call(GET).path("id", id)
    }

    /// Creates a bot for one account, or for all accounts of the installation.
    ///
    /// `POST /platform/api/v1/agent_bots`.
    ///
    /// Names are not unique: sending it twice creates two.
    ///
    /// # Errors
    /// `Invalid` for a URL of more than 2,048 characters.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::platform::NewPlatformAgentBot;
    ///
    /// let to = "https://shop.example.com/bot/0c7d1f";
    /// let bot = platform.agent_bots().create(&NewPlatformAgentBot::new("Orders", to, 7)).await?;
    /// println!("the bot is {}", bot.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, bot: &NewPlatformAgentBot) -> Call<'a, AgentBot> {
        self.platform.call(CREATE).json(bot)
    }

    /// Updates a bot; fields left as [`Patch::Keep`] are unchanged.
    ///
    /// `PATCH /platform/api/v1/agent_bots/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the bot does not exist; `Unauthorized` if this platform app did not create it.
    /// `Invalid` for a URL of more than 2,048 characters.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::platform::PlatformAgentBotPatch;
    ///
    /// let moved = PlatformAgentBotPatch {
    ///     outgoing_url: "https://shop.example.com/bot/9f2e44".into(),
    ///     ..Default::default()
    /// };
    /// platform.agent_bots().update(2.into(), &moved).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: AgentBotId, to: &PlatformAgentBotPatch) -> Call<'a, AgentBot> {
        self.platform.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a bot.
    ///
    /// `DELETE /platform/api/v1/agent_bots/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the bot does not exist; `Unauthorized` if this platform app did not create it.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// platform.agent_bots().delete(2.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: AgentBotId) -> Call<'a, ()> {
        self.platform.done(DELETE).path("id", id)
    }
}

/// The fields of a new bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewPlatformAgentBot {
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URL that receives its events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outgoing_url: Option<Secret>,
    /// Its account; if `None`, every account of the installation may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The URL of a picture, which the server fetches later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl NewPlatformAgentBot {
    /// Creates the fields of a bot of one account that sends its events to `url`.
    pub fn new(
        name: impl Into<String>,
        url: impl Into<Secret>,
        account: impl Into<AccountId>,
    ) -> Self {
        Self {
            name: name.into(),
            outgoing_url: Some(url.into()),
            account_id: Some(account.into()),
            ..Self::default()
        }
    }
}

/// The changes of a bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlatformAgentBotPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// The URL that receives its events.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub outgoing_url: Patch<Secret>,
    /// Its account; if cleared, every account of the installation may use it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub account_id: Patch<AccountId>,
    /// The URL of a picture, which the server fetches later.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub avatar_url: Patch<String>,
}

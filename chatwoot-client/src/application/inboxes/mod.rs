//! Inboxes: the channels through which customers write.

pub(super) mod members;
pub(super) mod requests;
pub(super) mod types;

pub use self::members::*;
pub use self::requests::*;
pub use self::types::*;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::http::Call;
use crate::http::Op;
use crate::http::Upload;
use crate::http::upload::Fields;
use crate::types::Extra;
use crate::types::Secret;
use crate::types::{AgentBotId, InboxId};

const LIST: Op =
    Op::get("inboxes.list", "/api/v1/accounts/{account_id}/inboxes").inside(&["payload"]);
const GET: Op = Op::get("inboxes.get", "/api/v1/accounts/{account_id}/inboxes/{id}");
const CREATE: Op = Op::post("inboxes.create", "/api/v1/accounts/{account_id}/inboxes");
const UPDATE: Op = Op::patch("inboxes.update", "/api/v1/accounts/{account_id}/inboxes/{id}");
const DELETE: Op = Op::delete("inboxes.delete", "/api/v1/accounts/{account_id}/inboxes/{id}");
const RESET_SECRET: Op =
    Op::post("inboxes.reset_secret", "/api/v1/accounts/{account_id}/inboxes/{id}/reset_secret")
        .missing_in("4.9.1");
const AGENT_BOT: Op =
    Op::get("inboxes.agent_bot", "/api/v1/accounts/{account_id}/inboxes/{id}/agent_bot");
const SET_AGENT_BOT: Op =
    Op::post("inboxes.set_agent_bot", "/api/v1/accounts/{account_id}/inboxes/{id}/set_agent_bot")
        .idempotent();
const ASSIGNABLE_AGENTS: Op = Op::get(
    "inboxes.assignable_agents",
    "/api/v1/accounts/{account_id}/inboxes/{id}/assignable_agents",
)
.inside(&["payload"]);
const HEALTH: Op = Op::get("inboxes.health", "/api/v1/accounts/{account_id}/inboxes/{id}/health");
const DELETE_AVATAR: Op =
    Op::delete("inboxes.delete_avatar", "/api/v1/accounts/{account_id}/inboxes/{id}/avatar");

pub(crate) const OPERATIONS: &[Op] = &[
    LIST,
    GET,
    CREATE,
    UPDATE,
    DELETE,
    RESET_SECRET,
    AGENT_BOT,
    SET_AGENT_BOT,
    ASSIGNABLE_AGENTS,
    HEALTH,
    DELETE_AVATAR,
];

account_handle! {
    /// The inboxes of an account; from [`Account::inboxes`].
    Inboxes
}

impl<'a> Inboxes<'a> {
    /// Returns the inboxes that the user is a member of, or all for an administrator.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes`. Only an administrator sees tokens, secrets and
    /// passwords.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for inbox in account.inboxes().list().await? {
    ///     println!("{} is a {}", inbox.name, inbox.channel_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Inbox>> {
        self.account.call(LIST)
    }

    /// Returns one inbox.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}`. Administrators, and agents for the inboxes
    /// they are members of.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent who is not a member
    /// of it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let inbox = account.inboxes().get(7.into()).await?;
    /// println!("{} is a {}", inbox.name, inbox.channel_type);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: InboxId) -> Call<'a, Inbox> {
        self.account.call(GET).path("id", id)
    }

    /// Creates an inbox with its channel.
    ///
    /// `POST /api/v1/accounts/{account_id}/inboxes`. Administrators only.
    ///
    /// Names are not unique: a repeated request creates a second inbox.
    ///
    /// # Errors
    /// `Unauthorized` if the token's user is not an administrator. `Invalid` for a channel of an
    /// unknown type, or without a field that its type requires; `Conflict` for an e-mail channel
    /// whose address another inbox has. `PaymentRequired` if the account may have no more inboxes.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::inboxes::{NewInbox, NewWebWidget};
    ///
    /// let widget = NewWebWidget {
    ///     hmac_mandatory: Some(true),
    ///     ..NewWebWidget::new("https://shop.example.com")
    /// };
    /// let inbox = account.inboxes().create(&NewInbox::new("Shop", widget)).await?;
    /// println!("the widget's token is {:?}", inbox.website_token);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, inbox: &NewInbox) -> Call<'a, Inbox> {
        self.account.call(CREATE).json(inbox)
    }

    /// Updates an inbox or its channel; fields left as [`Patch::Keep`](crate::types::Patch::Keep)
    /// keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/inboxes/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator. `Invalid` for an unknown time zone or a text that is too long. Also `Invalid`
    /// for an e-mail channel if the login to its IMAP or SMTP server fails, although the change is
    /// stored.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};
    ///
    /// let channel = ChannelPatch { widget_color: "#1F93FF".into(), ..Default::default() };
    /// let patch = InboxPatch { channel: Some(channel), ..Default::default() };
    /// account.inboxes().update(6.into(), &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: InboxId, to: &InboxPatch) -> Call<'a, Inbox> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Sets the inbox's picture, which customers see.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/inboxes/{id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator. `Invalid` for a file that is not a JPEG, PNG, GIF or `WebP` picture of at
    /// most 15 MB.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// account.inboxes().set_avatar(7.into(), &Upload::file("pictures/shop.png")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_avatar(self, id: InboxId, picture: &Upload) -> Call<'a, Inbox> {
        self.account.call(UPDATE).path("id", id).form(Fields::new().file("avatar", picture))
    }

    /// Deletes an inbox with its conversations.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/inboxes/{id}`. Administrators only. Not in Chatwoot's
    /// published API.
    ///
    /// The server responds at once and deletes in the background.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let deletion = account.inboxes().delete(7.into()).await?;
    /// println!("{:?}", deletion.message);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: InboxId) -> Call<'a, InboxDeletion> {
        self.account.call(DELETE).path("id", id)
    }

    /// Replaces the secret that signs an API inbox's events and returns the inbox with the new one.
    ///
    /// `POST /api/v1/accounts/{account_id}/inboxes/{id}/reset_secret`. Administrators only. Not in
    /// Chatwoot's published API.
    ///
    /// The old secret becomes invalid at once.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox, for a channel other than an API inbox, and on
    /// servers without the operation (4.9.1). `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let secret = account.inboxes().reset_secret(7.into()).await?.secret;
    /// assert!(secret.is_some(), "from now on deliveries are signed with it");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reset_secret(self, id: InboxId) -> Call<'a, Inbox> {
        self.account.call(RESET_SECRET).path("id", id)
    }

    /// Returns the inbox's bot, if it has one.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}/agent_bot`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent who is not a member
    /// of it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if let Some(bot) = account.inboxes().agent_bot(7.into()).await?.agent_bot {
    ///     println!("bot {} answers first", bot.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn agent_bot(self, id: InboxId) -> Call<'a, InboxAgentBot> {
        self.account.call(AGENT_BOT).path("id", id)
    }

    /// Connects a bot to the inbox, or disconnects it with `None`.
    ///
    /// `POST /api/v1/accounts/{account_id}/inboxes/{id}/set_agent_bot`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox, or neither the account nor the installation has
    /// such a bot. `Unauthorized` if the token's user is not an administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.inboxes().set_agent_bot(7.into(), Some(3.into())).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_agent_bot(self, id: InboxId, bot: Option<AgentBotId>) -> Call<'a, ()> {
        self.account.done(SET_AGENT_BOT).path("id", id).json(&SetAgentBot { agent_bot: bot })
    }

    /// Returns the users to whom the inbox's conversations can be assigned: its members and every
    /// administrator.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}/assignable_agents`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent who is not a member
    /// of it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.inboxes().assignable_agents(7.into()).await? {
    ///     println!("{:?} is {:?}", agent.name, agent.availability_status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn assignable_agents(self, id: InboxId) -> Call<'a, Vec<Agent>> {
        self.account.call(ASSIGNABLE_AGENTS).path("id", id)
    }
}

#[derive(Serialize)]
struct SetAgentBot {
    // `null` disconnects the bot, so it is serialized.
    agent_bot: Option<AgentBotId>,
}

/// The response to the deletion of an inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxDeletion {
    /// The server's message.
    pub message: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> Inboxes<'a> {
    /// Returns Meta's health data of a `WhatsApp` number.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}/health`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent who is not a member
    /// of it. `Invalid` for a channel that is not the `WhatsApp` Cloud API, and if Meta refuses the
    /// request or fails.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let health = account.inboxes().health(7.into()).await?;
    /// println!("quality: {:?}", health.quality_rating);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn health(self, id: InboxId) -> Call<'a, InboxHealth> {
        self.account.call(HEALTH).path("id", id)
    }

    /// Deletes an inbox's picture.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/inboxes/{id}/avatar`. Administrators only. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.inboxes().delete_avatar(7.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_avatar(self, id: InboxId) -> Call<'a, ()> {
        self.account.done(DELETE_AVATAR).path("id", id)
    }
}

/// Meta's health data of a `WhatsApp` number; any field may be `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxHealth {
    /// Meta's id of the number.
    pub id: Option<String>,
    /// The number in its readable form.
    pub display_phone_number: Option<String>,
    /// The name shown to customers.
    pub verified_name: Option<String>,
    /// Meta's review status of that name.
    pub name_status: Option<String>,
    /// The quality rating: `GREEN`, `YELLOW` or `RED`.
    pub quality_rating: Option<String>,
    /// The number of customers that may be written to per day, as a tier.
    pub messaging_limit_tier: Option<String>,
    /// The mode of the account: `LIVE` or `SANDBOX`.
    pub account_mode: Option<String>,
    /// Meta's verification status of the number.
    pub code_verification_status: Option<String>,
    /// The webhook that Meta sends its events to.
    pub webhook_configuration: Option<Extra>,
    /// The webhook URL that Meta should send its events to.
    pub expected_webhook_url: Option<Secret>,
    /// The number of messages that may be sent per second.
    pub throughput: Option<Value>,
    /// When the number was last onboarded.
    pub last_onboarded_time: Option<Value>,
    /// The platform it runs on.
    pub platform_type: Option<String>,
    /// Meta's id of the business.
    pub business_id: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

//! Campaigns: messages to the visitors of a page, or to many contacts at once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::application::inboxes::Inbox;
use crate::http::Call;
use crate::http::Op;
use crate::types::Time;
use crate::types::{AccountId, CampaignId, InboxId, LabelId, UserId};
use crate::types::{Attributes, Extra, open_enum};

const LIST: Op = Op::get("campaigns.list", "/api/v1/accounts/{account_id}/campaigns");
const GET: Op = Op::get("campaigns.get", "/api/v1/accounts/{account_id}/campaigns/{id}");
const CREATE: Op = Op::post("campaigns.create", "/api/v1/accounts/{account_id}/campaigns");
const OF_INBOX: Op =
    Op::get("campaigns.of_inbox", "/api/v1/accounts/{account_id}/inboxes/{id}/campaigns");

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, OF_INBOX];

account_handle! {
    /// The campaigns of an account; from [`Account::campaigns`]. Administrators only. Not in Chatwoot's
    /// published API.
    Campaigns
}

impl<'a> Campaigns<'a> {
    /// Returns every campaign.
    ///
    /// `GET /api/v1/accounts/{account_id}/campaigns`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for campaign in account.campaigns().list().await? {
    ///     println!("{}: {:?}", campaign.title, campaign.campaign_status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Campaign>> {
        self.account.call(LIST)
    }

    /// Returns one campaign.
    ///
    /// `GET /api/v1/accounts/{account_id}/campaigns/{id}`. Administrators only.
    ///
    /// # Errors
    /// `Server` if there is no such campaign: Chatwoot responds with 500, not 404; `Unauthorized`
    /// for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let campaign = account.campaigns().get(2.into()).await?;
    /// println!("{} says {}", campaign.title, campaign.message);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: CampaignId) -> Call<'a, Campaign> {
        self.account.call(GET).path("id", id)
    }

    /// Creates a campaign in a website, SMS or WhatsApp inbox.
    ///
    /// `POST /api/v1/accounts/{account_id}/campaigns`. Administrators only.
    ///
    /// Titles are not unique: a repeated request creates a second one, which is sent too.
    ///
    /// # Errors
    /// `Invalid` for another kind of inbox, for an inbox or sender of another account, and for a
    /// website campaign whose page URL does not begin with `http://` or `https://`; `Server` for a
    /// page URL together with an inbox that does not exist; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::campaigns::NewCampaign;
    ///
    /// let page = "https://shop.example.com/sale";
    /// let sale = NewCampaign::on_page("Sale", 6.into(), "20% off", page, 5);
    /// let sale = account.campaigns().create(&sale).await?;
    /// println!("campaign {}", sale.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, campaign: &NewCampaign) -> Call<'a, Campaign> {
        self.account.call(CREATE).json(campaign)
    }

    /// Returns the campaigns of one inbox.
    ///
    /// `GET /api/v1/accounts/{account_id}/inboxes/{id}/campaigns`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such inbox; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let campaigns = account.campaigns().of_inbox(6.into()).await?;
    /// println!("{} campaigns on the website", campaigns.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn of_inbox(self, inbox: InboxId) -> Call<'a, Vec<Campaign>> {
        self.account.call(OF_INBOX).path("id", inbox)
    }
}

open_enum! {
    /// When a campaign is sent.
    pub enum CampaignType {
        /// To each visitor who meets its trigger rules; in website inboxes.
        Ongoing = "ongoing",
        /// Once, to its audience; in SMS and WhatsApp inboxes.
        OneOff = "one_off",
    }

    /// The status of a campaign.
    pub enum CampaignStatus {
        /// Running or scheduled.
        Active = "active",
        /// Being sent.
        Processing = "processing",
        /// Sent.
        Completed = "completed",
    }
}

/// A campaign as the server returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Campaign {
    /// Its number, unique within the account.
    pub id: CampaignId,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The title shown to agents.
    pub title: String,
    /// Its description.
    pub description: Option<String>,
    /// The text of its message.
    pub message: String,
    /// Its inbox, including the tokens that an administrator sees.
    pub inbox: Option<Box<Inbox>>,
    /// The agent it is sent by; absent for a bot.
    pub sender: Option<Agent>,
    /// Its type, which says when it is sent.
    pub campaign_type: Option<CampaignType>,
    /// Its status.
    pub campaign_status: Option<CampaignStatus>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// When visitors see it: `url`, the page, and `time_on_page`, in seconds.
    pub trigger_rules: Option<Attributes>,
    /// Whether it is active during working hours only.
    pub trigger_only_during_business_hours: Option<bool>,
    /// When a one-off campaign is sent; absent otherwise.
    pub scheduled_at: Option<Time>,
    /// The recipients of a one-off campaign; absent otherwise.
    pub audience: Option<Value>,
    /// WhatsApp: the message template and its parameters.
    pub template_params: Option<Value>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A campaign to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewCampaign {
    /// The title shown to agents.
    pub title: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The text of its message.
    pub message: String,
    /// The id of its inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The id of the agent it is sent by; a bot if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<UserId>,
    /// Whether it is enabled; the server's default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// When visitors see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_rules: Option<TriggerRules>,
    /// Whether it is active during working hours only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_only_during_business_hours: Option<bool>,
    /// When a one-off campaign is sent; now if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// The recipients of a one-off campaign: contacts with one of these labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<CampaignAudience>,
    /// WhatsApp: the message template and its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_params: Option<Attributes>,
}

impl NewCampaign {
    /// Creates a campaign for visitors who stay on a page for this many seconds.
    pub fn on_page(
        title: impl Into<String>,
        inbox: InboxId,
        message: impl Into<String>,
        url: impl Into<String>,
        seconds: u32,
    ) -> Self {
        Self {
            title: title.into(),
            message: message.into(),
            inbox_id: Some(inbox),
            trigger_rules: Some(TriggerRules { url: url.into(), time_on_page: seconds }),
            ..Self::default()
        }
    }
}

/// When visitors see a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerRules {
    /// The URL of the page, `http` or `https`; `*` matches any text.
    pub url: String,
    /// The seconds on the page after which it is shown.
    pub time_on_page: u32,
}

/// Recipients of a campaign: the contacts with a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignAudience {
    /// The kind of audience: `Label` is the only one.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of the label.
    pub id: LabelId,
}

impl CampaignAudience {
    /// Selects the contacts with this label.
    pub fn label(id: LabelId) -> Self {
        Self { kind: "Label".into(), id }
    }
}

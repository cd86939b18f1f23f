//! Campaigns: messages to visitors of a page, or to many contacts at once.

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

/// The campaigns of an account; from [`Account::campaigns`]. Only an administrator may call what
/// is here. Undocumented in Chatwoot.
#[derive(Clone, Copy, Debug)]
pub struct Campaigns<'a> {
    account: &'a Account,
}

impl<'a> Campaigns<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

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
    /// `Server` without such a campaign: Chatwoot answers 500, not 404; `Unauthorized` for an
    /// agent.
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

    /// Adds a campaign to a website, SMS or WhatsApp inbox.
    ///
    /// `POST /api/v1/accounts/{account_id}/campaigns`. Administrators only.
    ///
    /// Titles are not unique: sent twice, it makes two, and the second is sent too.
    ///
    /// # Errors
    /// `Invalid` for another kind of inbox, an inbox or sender of another account, and for a
    /// website's campaign a page that does not begin with `http://` or `https://`; `Server` for a
    /// page together with an inbox that does not exist; `Unauthorized` for an agent.
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
    /// `NotFound` without such an inbox in this account; `Unauthorized` for an agent.
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
        /// To each visitor who meets its rules: website inboxes.
        Ongoing = "ongoing",
        /// Once, to its audience: SMS and WhatsApp inboxes.
        OneOff = "one_off",
    }

    /// What state a campaign is in.
    pub enum CampaignStatus {
        /// Running, or waiting for its time.
        Active = "active",
        /// Being sent.
        Processing = "processing",
        /// Sent.
        Completed = "completed",
    }
}

/// A campaign as the server answers it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Campaign {
    /// Its number in its account.
    pub id: CampaignId,
    /// The account.
    pub account_id: Option<AccountId>,
    /// What agents call it.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it says.
    pub message: String,
    /// Its inbox, with the tokens that an administrator sees.
    pub inbox: Option<Box<Inbox>>,
    /// The agent it is from; absent for a bot.
    pub sender: Option<Agent>,
    /// When it is sent.
    pub campaign_type: Option<CampaignType>,
    /// What state it is in.
    pub campaign_status: Option<CampaignStatus>,
    /// Whether it runs.
    pub enabled: Option<bool>,
    /// Where and when visitors get it: `url` and `time_on_page`, in seconds.
    pub trigger_rules: Option<Attributes>,
    /// Whether it runs in working hours only.
    pub trigger_only_during_business_hours: Option<bool>,
    /// When it is sent once; absent otherwise.
    pub scheduled_at: Option<Time>,
    /// Who gets it once; absent otherwise.
    pub audience: Option<Value>,
    /// WhatsApp: the template and what is filled in.
    pub template_params: Option<Value>,
    /// When it was added.
    pub created_at: Option<Time>,
    /// When it last changed.
    pub updated_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A campaign to add.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewCampaign {
    /// What agents call it.
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it says.
    pub message: String,
    /// Its inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The agent it is from; left out, a bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<UserId>,
    /// Whether it runs; the server's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Where and when visitors get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_rules: Option<TriggerRules>,
    /// Whether it runs in working hours only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_only_during_business_hours: Option<bool>,
    /// When it is sent once; left out, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// Who gets it once: contacts with one of these labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<CampaignAudience>,
    /// WhatsApp: the template and what is filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_params: Option<Attributes>,
}

impl NewCampaign {
    /// A message to visitors who stay so many seconds on a page.
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

/// Where and when visitors get a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerRules {
    /// The page: http or https, `*` stands for any text.
    pub url: String,
    /// After how many seconds.
    pub time_on_page: u32,
}

/// Who gets a campaign: the contacts with a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignAudience {
    /// `Label`: there is no other kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The label.
    pub id: LabelId,
}

impl CampaignAudience {
    /// The contacts with this label.
    pub fn label(id: LabelId) -> Self {
        Self { kind: "Label".into(), id }
    }
}

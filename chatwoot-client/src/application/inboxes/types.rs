//! Inbox types: an inbox as the server returns it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::Secret;
use crate::types::{AgentBot, Attributes, ChannelType, Extra, open_enum};
use crate::types::{ChannelId, InboxId};

/// An inbox with its channel. Which fields are filled follows from the channel's type; tokens,
/// secrets and passwords only an administrator sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// Its name; customers see it.
    pub name: String,
    /// The channel behind it.
    pub channel_id: ChannelId,
    /// What kind of channel that is.
    pub channel_type: ChannelType,
    /// The URL of its picture; empty if it has none.
    pub avatar_url: Option<String>,
    /// Whether new conversations get a greeting.
    pub greeting_enabled: Option<bool>,
    /// The greeting.
    pub greeting_message: Option<String>,
    /// Whether visitors are asked for their e-mail.
    pub enable_email_collect: Option<bool>,
    /// Whether customers are asked how it was.
    pub csat_survey_enabled: Option<bool>,
    /// How they are asked.
    pub csat_config: Option<Attributes>,
    /// Whether conversations are given to agents by themselves.
    pub enable_auto_assignment: Option<bool>,
    /// How they are given.
    pub auto_assignment_config: Option<Attributes>,
    /// Whether working hours count.
    pub working_hours_enabled: Option<bool>,
    /// The hours of each day, from Sunday.
    pub working_hours: Option<Vec<WorkingHours>>,
    /// What customers are told outside of them.
    pub out_of_office_message: Option<String>,
    /// The time zone of the hours.
    pub timezone: Option<String>,
    /// Whether customers may write on after the end.
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether a contact has one conversation for ever.
    pub lock_to_single_conversation: Option<bool>,
    /// Whose name e-mails carry.
    pub sender_name_type: Option<SenderNameType>,
    /// The business name in e-mails.
    pub business_name: Option<String>,
    /// Where a provider delivers to.
    pub callback_webhook_url: Option<Secret>,
    /// Web widget: the page it is for.
    pub website_url: Option<String>,
    /// Web widget: its token in the page; public.
    pub website_token: Option<String>,
    /// Web widget: the snippet for the page.
    pub web_widget_script: Option<String>,
    /// Web widget: its color, `#RRGGBB`.
    pub widget_color: Option<String>,
    /// Web widget: its heading.
    pub welcome_title: Option<String>,
    /// Web widget: the line below.
    pub welcome_tagline: Option<String>,
    /// Web widget: how soon agents answer.
    pub reply_time: Option<ReplyTime>,
    /// Web widget: `attachments`, `emoji_picker`, `end_conversation` and so on.
    pub selected_feature_flags: Option<Vec<String>>,
    /// Web widget: the domains it runs on, with commas; empty for all.
    pub allowed_domains: Option<String>,
    /// Web widget: whether it asks something first.
    pub pre_chat_form_enabled: Option<bool>,
    /// Web widget: what it asks.
    pub pre_chat_form_options: Option<Attributes>,
    /// Web widget: whether answers go by e-mail when the visitor left.
    pub continuity_via_email: Option<bool>,
    /// Web widget, API: whether a customer's identity must be proven.
    pub hmac_mandatory: Option<bool>,
    /// Web widget, API: the key of that proof; not the webhook's.
    pub hmac_token: Option<Secret>,
    /// API: its name in the public API.
    pub inbox_identifier: Option<String>,
    /// API: where its events are sent.
    pub webhook_url: Option<Secret>,
    /// API: what they are signed with; none before 4.13.
    pub secret: Option<Secret>,
    /// API: its settings, such as `agent_reply_time_window`.
    pub additional_attributes: Option<Attributes>,
    /// E-mail: its address.
    pub email: Option<String>,
    /// E-mail: where to forward that address to.
    pub forward_to_email: Option<String>,
    /// E-mail: whether the server takes forwarded mail.
    pub forwarding_enabled: Option<bool>,
    /// E-mail: whether mail is fetched.
    pub imap_enabled: Option<bool>,
    /// E-mail: the host to fetch from.
    pub imap_address: Option<String>,
    /// E-mail: its port.
    pub imap_port: Option<u64>,
    /// E-mail: the user there.
    pub imap_login: Option<String>,
    /// E-mail: the password there.
    pub imap_password: Option<Secret>,
    /// E-mail: whether fetching is encrypted.
    pub imap_enable_ssl: Option<bool>,
    /// E-mail: how to log in there (not on 4.9.1).
    pub imap_authentication: Option<String>,
    /// E-mail: whether mail is sent by your own host.
    pub smtp_enabled: Option<bool>,
    /// E-mail: the host to send by.
    pub smtp_address: Option<String>,
    /// E-mail: its port.
    pub smtp_port: Option<u64>,
    /// E-mail: the user there.
    pub smtp_login: Option<String>,
    /// E-mail: the password there.
    pub smtp_password: Option<Secret>,
    /// E-mail: the domain to greet with.
    pub smtp_domain: Option<String>,
    /// E-mail: whether sending is encrypted from the start.
    pub smtp_enable_ssl_tls: Option<bool>,
    /// E-mail: whether sending turns encrypted.
    pub smtp_enable_starttls_auto: Option<bool>,
    /// E-mail: how the host's certificate is checked.
    pub smtp_openssl_verify_mode: Option<String>,
    /// E-mail: how to log in there.
    pub smtp_authentication: Option<String>,
    /// Other channels: who runs it.
    pub provider: Option<String>,
    /// Other channels: its settings, keys among them.
    pub provider_config: Option<ProviderConfig>,
    /// Other channels: its number.
    pub phone_number: Option<String>,
    /// Other channels: a provider's own id.
    pub messaging_service_sid: Option<String>,
    /// Other channels: a provider's token.
    pub auth_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A provider's settings: they hold keys, so `Debug` shows nothing of them.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderConfig(pub Attributes);

impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderConfig(***)")
    }
}

/// The working hours of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkingHours {
    /// The day: 0 is Sunday.
    pub day_of_week: u8,
    /// Whether nobody works.
    pub closed_all_day: Option<bool>,
    /// Whether somebody works all day.
    pub open_all_day: Option<bool>,
    /// The hour it begins.
    pub open_hour: Option<u8>,
    /// The minute it begins.
    pub open_minutes: Option<u8>,
    /// The hour it ends.
    pub close_hour: Option<u8>,
    /// The minute it ends.
    pub close_minutes: Option<u8>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl WorkingHours {
    /// A day (0 is Sunday) with hours, each as hour and minute.
    ///
    /// ```
    /// use chatwoot_client::application::inboxes::WorkingHours;
    ///
    /// let monday = WorkingHours::open(1, (9, 0), (17, 30));
    /// assert_eq!(monday.close_minutes, Some(30));
    /// ```
    pub fn open(day: u8, from: (u8, u8), to: (u8, u8)) -> Self {
        Self {
            open_hour: Some(from.0),
            open_minutes: Some(from.1),
            close_hour: Some(to.0),
            close_minutes: Some(to.1),
            ..Self::whole(day, false, false)
        }
    }

    /// A day (0 is Sunday) when nobody works.
    pub fn closed(day: u8) -> Self {
        Self::whole(day, true, false)
    }

    /// A day (0 is Sunday) when somebody works all the time.
    pub fn all_day(day: u8) -> Self {
        Self::whole(day, false, true)
    }

    fn whole(day_of_week: u8, closed_all_day: bool, open_all_day: bool) -> Self {
        Self {
            day_of_week,
            closed_all_day: Some(closed_all_day),
            open_all_day: Some(open_all_day),
            open_hour: None,
            open_minutes: None,
            close_hour: None,
            close_minutes: None,
            extra: Extra::new(),
        }
    }
}

open_enum! {
    /// How soon agents answer, as the widget says it.
    pub enum ReplyTime {
        /// In a few minutes.
        FewMinutes = "in_a_few_minutes",
        /// In a few hours.
        FewHours = "in_a_few_hours",
        /// In a day.
        Day = "in_a_day",
    }

    /// Whose name e-mails carry.
    pub enum SenderNameType {
        /// The agent's, from the business.
        Friendly = "friendly",
        /// The business's.
        Professional = "professional",
    }
}

/// The bot of an inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxAgentBot {
    /// The bot; `None` when the inbox has none.
    pub agent_bot: Option<AgentBot>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let json = serde_json::json!({
            "id": 1, "name": "n", "channel_id": 1, "channel_type": "Channel::Api",
            "hmac_token": "hush", "secret": "hush", "imap_password": "hush",
            "smtp_password": "hush", "auth_token": "hush", "provider_config": {"api_key": "hush"},
        });
        let inbox: Inbox = serde_json::from_value(json).expect("an inbox");
        assert!(!format!("{inbox:?}").contains("hush"));
    }
}

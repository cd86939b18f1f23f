//! Inbox types: responses of the inbox operations.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::Secret;
use crate::types::{AgentBot, Attributes, ChannelType, Extra, open_enum};
use crate::types::{ChannelId, InboxId};

/// An inbox with its channel. The type of the channel determines which fields are present; only an
/// administrator sees tokens, secrets and passwords.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// Its name, which customers see.
    pub name: String,
    /// The id of its channel.
    pub channel_id: ChannelId,
    /// The type of its channel.
    pub channel_type: ChannelType,
    /// The URL of its picture; empty if it has none.
    pub avatar_url: Option<String>,
    /// Whether new conversations receive the greeting.
    pub greeting_enabled: Option<bool>,
    /// The text of the greeting.
    pub greeting_message: Option<String>,
    /// Whether visitors are asked for their e-mail address.
    pub enable_email_collect: Option<bool>,
    /// Whether customers receive a satisfaction survey (CSAT) when a conversation is resolved.
    pub csat_survey_enabled: Option<bool>,
    /// The settings of the satisfaction survey.
    pub csat_config: Option<Attributes>,
    /// Whether conversations are assigned to agents automatically.
    pub enable_auto_assignment: Option<bool>,
    /// The settings of automatic assignment.
    pub auto_assignment_config: Option<Attributes>,
    /// Whether working hours are in effect.
    pub working_hours_enabled: Option<bool>,
    /// The working hours of each day, starting with Sunday.
    pub working_hours: Option<Vec<WorkingHours>>,
    /// The message sent to customers outside of working hours.
    pub out_of_office_message: Option<String>,
    /// The time zone of the working hours, such as `Europe/Amsterdam`.
    pub timezone: Option<String>,
    /// Whether customers can send messages to a resolved conversation.
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether each contact has a single conversation in the inbox.
    pub lock_to_single_conversation: Option<bool>,
    /// Whether e-mails are sent in the agent's or the business's name.
    pub sender_name_type: Option<SenderNameType>,
    /// The name of the business in e-mails.
    pub business_name: Option<String>,
    /// The webhook URL that the provider delivers to.
    pub callback_webhook_url: Option<Secret>,
    /// Web widget: the URL of the website.
    pub website_url: Option<String>,
    /// Web widget: its token in the page, which is public.
    pub website_token: Option<String>,
    /// Web widget: the HTML snippet for the page.
    pub web_widget_script: Option<String>,
    /// Web widget: its color, `#RRGGBB`.
    pub widget_color: Option<String>,
    /// Web widget: the heading.
    pub welcome_title: Option<String>,
    /// Web widget: the line below the heading.
    pub welcome_tagline: Option<String>,
    /// Web widget: the reply time it announces.
    pub reply_time: Option<ReplyTime>,
    /// Web widget: its features: `attachments`, `emoji_picker`, `end_conversation` and others.
    pub selected_feature_flags: Option<Vec<String>>,
    /// Web widget: the domains it may run on, separated by commas; empty for all.
    pub allowed_domains: Option<String>,
    /// Web widget: whether visitors fill in a form before the chat.
    pub pre_chat_form_enabled: Option<bool>,
    /// Web widget: the fields of that form.
    pub pre_chat_form_options: Option<Attributes>,
    /// Web widget: whether replies are sent by e-mail once the visitor has left.
    pub continuity_via_email: Option<bool>,
    /// Web widget, API: whether a customer's identity must be verified by HMAC.
    pub hmac_mandatory: Option<bool>,
    /// Web widget, API: the HMAC key of that verification; not the webhook's secret.
    pub hmac_token: Option<Secret>,
    /// API: its identifier in the public API.
    pub inbox_identifier: Option<String>,
    /// API: the URL that its events are sent to.
    pub webhook_url: Option<Secret>,
    /// API: the secret that signs its events; absent before 4.13.
    pub secret: Option<Secret>,
    /// API: its settings, such as `agent_reply_time_window`.
    pub additional_attributes: Option<Attributes>,
    /// E-mail: the address of the inbox.
    pub email: Option<String>,
    /// E-mail: the address to forward the inbox's e-mail to.
    pub forward_to_email: Option<String>,
    /// E-mail: whether the server accepts forwarded mail.
    pub forwarding_enabled: Option<bool>,
    /// E-mail: whether mail is fetched over IMAP.
    pub imap_enabled: Option<bool>,
    /// E-mail: the IMAP host.
    pub imap_address: Option<String>,
    /// E-mail: the IMAP port.
    pub imap_port: Option<u64>,
    /// E-mail: the IMAP user name.
    pub imap_login: Option<String>,
    /// E-mail: the IMAP password.
    pub imap_password: Option<Secret>,
    /// E-mail: whether the IMAP connection uses TLS.
    pub imap_enable_ssl: Option<bool>,
    /// E-mail: the IMAP authentication method (not on 4.9.1).
    pub imap_authentication: Option<String>,
    /// E-mail: whether mail is sent by an SMTP host of your own.
    pub smtp_enabled: Option<bool>,
    /// E-mail: the SMTP host.
    pub smtp_address: Option<String>,
    /// E-mail: the SMTP port.
    pub smtp_port: Option<u64>,
    /// E-mail: the SMTP user name.
    pub smtp_login: Option<String>,
    /// E-mail: the SMTP password.
    pub smtp_password: Option<Secret>,
    /// E-mail: the SMTP HELO domain.
    pub smtp_domain: Option<String>,
    /// E-mail: whether the SMTP connection uses TLS from the start.
    pub smtp_enable_ssl_tls: Option<bool>,
    /// E-mail: whether the SMTP connection is upgraded by STARTTLS.
    pub smtp_enable_starttls_auto: Option<bool>,
    /// E-mail: how the SMTP host's certificate is verified, as OpenSSL names it.
    pub smtp_openssl_verify_mode: Option<String>,
    /// E-mail: the SMTP authentication method.
    pub smtp_authentication: Option<String>,
    /// Other channels: the provider.
    pub provider: Option<String>,
    /// Other channels: the provider's settings, including keys.
    pub provider_config: Option<ProviderConfig>,
    /// Other channels: the phone number.
    pub phone_number: Option<String>,
    /// Other channels: the provider's id of the messaging service.
    pub messaging_service_sid: Option<String>,
    /// Other channels: the provider's token.
    pub auth_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A provider's settings. They contain keys, so `Debug` shows none of them.
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
    /// The day of the week: 0 is Sunday.
    pub day_of_week: u8,
    /// Whether it is closed all day.
    pub closed_all_day: Option<bool>,
    /// Whether it is open all day.
    pub open_all_day: Option<bool>,
    /// The hour it opens.
    pub open_hour: Option<u8>,
    /// The minute it opens.
    pub open_minutes: Option<u8>,
    /// The hour it closes.
    pub close_hour: Option<u8>,
    /// The minute it closes.
    pub close_minutes: Option<u8>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl WorkingHours {
    /// Creates the hours of a day (0 is Sunday), from opening to closing time, each as hour and
    /// minute.
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

    /// Creates a day (0 is Sunday) that is closed.
    pub fn closed(day: u8) -> Self {
        Self::whole(day, true, false)
    }

    /// Creates a day (0 is Sunday) that is open all day.
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
    /// The reply time that the widget announces.
    pub enum ReplyTime {
        /// Within a few minutes.
        FewMinutes = "in_a_few_minutes",
        /// Within a few hours.
        FewHours = "in_a_few_hours",
        /// Within a day.
        Day = "in_a_day",
    }

    /// Whether e-mails are sent in the agent's or the business's name.
    pub enum SenderNameType {
        /// The agent's name and the business's, as in "Ada from Shop".
        Friendly = "friendly",
        /// The business's name only.
        Professional = "professional",
    }
}

/// The bot of an inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxAgentBot {
    /// The bot; `None` if the inbox has none.
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

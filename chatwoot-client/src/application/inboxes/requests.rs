//! Inbox requests: bodies of the inbox operations.

use serde::Serialize;

use crate::application::inboxes::{ReplyTime, SenderNameType, WorkingHours};
use crate::types::Patch;
use crate::types::PortalId;
use crate::types::Secret;
use crate::types::{Attributes, Extra};

/// An inbox to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewInbox {
    /// Its name, which customers see.
    pub name: String,
    /// The id of its channel.
    pub channel: NewChannel,
    /// Whether new conversations receive the greeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting_enabled: Option<bool>,
    /// The text of the greeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting_message: Option<String>,
    /// Whether visitors are asked for their e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_email_collect: Option<bool>,
    /// Whether customers receive a satisfaction survey (CSAT) when a conversation is resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csat_survey_enabled: Option<bool>,
    /// The settings of the satisfaction survey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csat_config: Option<Attributes>,
    /// Whether conversations are assigned to agents automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_auto_assignment: Option<bool>,
    /// Whether working hours are in effect; the hours themselves are set by an update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_hours_enabled: Option<bool>,
    /// The message sent to customers outside of working hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_office_message: Option<String>,
    /// The time zone of the working hours, such as `Europe/Amsterdam`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether customers can send messages to a resolved conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether each contact has a single conversation in the inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_to_single_conversation: Option<bool>,
    /// The id of the help center that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_id: Option<PortalId>,
    /// Whether e-mails are sent in the agent's or the business's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_name_type: Option<SenderNameType>,
    /// The name of the business in e-mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
}

impl NewInbox {
    /// Creates an inbox with this name and channel, and the server's defaults.
    pub fn new(name: impl Into<String>, channel: impl Into<NewChannel>) -> Self {
        Self { name: name.into(), channel: channel.into(), ..Self::default() }
    }
}

/// The channel of an inbox to create.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NewChannel {
    /// The widget on a website.
    WebWidget(Box<NewWebWidget>),
    /// The API channel.
    Api(NewApiChannel),
    /// E-mail.
    Email(NewEmailChannel),
    /// Any other channel: its fields as the server takes them, including `type`.
    #[serde(untagged)]
    Raw(Extra),
}

impl Default for NewChannel {
    /// Returns an API channel, the only one without required fields.
    fn default() -> Self {
        Self::Api(NewApiChannel::default())
    }
}

impl From<NewWebWidget> for NewChannel {
    fn from(channel: NewWebWidget) -> Self {
        Self::WebWidget(Box::new(channel))
    }
}

impl From<NewApiChannel> for NewChannel {
    fn from(channel: NewApiChannel) -> Self {
        Self::Api(channel)
    }
}

impl From<NewEmailChannel> for NewChannel {
    fn from(channel: NewEmailChannel) -> Self {
        Self::Email(channel)
    }
}

/// A web widget to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewWebWidget {
    /// The URL of the website.
    pub website_url: String,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget_color: Option<String>,
    /// The heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_title: Option<String>,
    /// The line below the heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_tagline: Option<String>,
    /// The reply time it announces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_time: Option<ReplyTime>,
    /// Its features: `attachments`, `emoji_picker`, `end_conversation` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_feature_flags: Option<Vec<String>>,
    /// The domains it may run on, separated by commas; empty for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_domains: Option<String>,
    /// Whether visitors fill in a form before the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_chat_form_enabled: Option<bool>,
    /// The fields of that form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_chat_form_options: Option<Attributes>,
    /// Whether replies are sent by e-mail once the visitor has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuity_via_email: Option<bool>,
    /// Whether a customer's identity must be verified by HMAC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hmac_mandatory: Option<bool>,
}

impl NewWebWidget {
    /// Creates a widget for this website, with the server's defaults.
    pub fn new(website_url: impl Into<String>) -> Self {
        Self { website_url: website_url.into(), ..Self::default() }
    }
}

/// An API channel to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewApiChannel {
    /// The URL that its events are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<Secret>,
    /// Whether a customer's identity must be verified by HMAC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hmac_mandatory: Option<bool>,
    /// Its settings, such as `agent_reply_time_window` in hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_attributes: Option<Attributes>,
}

/// An e-mail channel to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewEmailChannel {
    /// Its address, unique in the installation.
    pub email: String,
}

impl NewEmailChannel {
    /// Creates an e-mail channel with this address.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into() }
    }
}

/// The changes to make to an inbox.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InboxPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Whether new conversations receive the greeting.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub greeting_enabled: Patch<bool>,
    /// The text of the greeting.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub greeting_message: Patch<String>,
    /// Whether visitors are asked for their e-mail address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enable_email_collect: Patch<bool>,
    /// Whether customers receive a satisfaction survey (CSAT) when a conversation is resolved.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub csat_survey_enabled: Patch<bool>,
    /// The settings of the satisfaction survey, which replace all present ones.
    #[serde(rename = "csat_config", skip_serializing_if = "Patch::is_keep")]
    pub replace_csat_config: Patch<Attributes>,
    /// Whether conversations are assigned to agents automatically.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enable_auto_assignment: Patch<bool>,
    /// Whether working hours are in effect.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub working_hours_enabled: Patch<bool>,
    /// The working hours of the days to change; other days stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_hours: Option<Vec<WorkingHours>>,
    /// The message sent to customers outside of working hours.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub out_of_office_message: Patch<String>,
    /// The time zone of the working hours, such as `Europe/Amsterdam`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub timezone: Patch<String>,
    /// Whether customers can send messages to a resolved conversation.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allow_messages_after_resolved: Patch<bool>,
    /// Whether each contact has a single conversation in the inbox.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub lock_to_single_conversation: Patch<bool>,
    /// The id of the help center that it shows.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub portal_id: Patch<PortalId>,
    /// Whether e-mails are sent in the agent's or the business's name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub sender_name_type: Patch<SenderNameType>,
    /// The name of the business in e-mails.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub business_name: Patch<String>,
    /// The changes to make to its channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelPatch>,
}

/// The changes to make to an inbox's channel. The server ignores fields of other types of channel.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChannelPatch {
    /// Web widget: the URL of the website.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub website_url: Patch<String>,
    /// Web widget: its color, `#RRGGBB`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub widget_color: Patch<String>,
    /// Web widget: the heading.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub welcome_title: Patch<String>,
    /// Web widget: the line below the heading.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub welcome_tagline: Patch<String>,
    /// Web widget: the reply time it announces.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub reply_time: Patch<ReplyTime>,
    /// Web widget: its features, which replace all present ones.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub selected_feature_flags: Patch<Vec<String>>,
    /// Web widget: the domains it may run on, separated by commas; empty for all.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allowed_domains: Patch<String>,
    /// Web widget: whether visitors fill in a form before the chat.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub pre_chat_form_enabled: Patch<bool>,
    /// Web widget: the fields of that form, which replace all present ones.
    #[serde(rename = "pre_chat_form_options", skip_serializing_if = "Patch::is_keep")]
    pub replace_pre_chat_form_options: Patch<Attributes>,
    /// Web widget: whether replies are sent by e-mail once the visitor has left.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub continuity_via_email: Patch<bool>,
    /// Web widget, API: whether a customer's identity must be verified by HMAC.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub hmac_mandatory: Patch<bool>,
    /// API: the URL that its events are sent to.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub webhook_url: Patch<Secret>,
    /// API: its settings, which replace all present ones.
    #[serde(rename = "additional_attributes", skip_serializing_if = "Patch::is_keep")]
    pub replace_additional_attributes: Patch<Attributes>,
    /// E-mail: the address of the inbox.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// E-mail: whether mail is fetched over IMAP; the server checks the login first.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_enabled: Patch<bool>,
    /// E-mail: the IMAP host.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_address: Patch<String>,
    /// E-mail: the IMAP port.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_port: Patch<u16>,
    /// E-mail: the IMAP user name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_login: Patch<String>,
    /// E-mail: the IMAP password.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_password: Patch<Secret>,
    /// E-mail: whether the IMAP connection uses TLS.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_enable_ssl: Patch<bool>,
    /// E-mail: the IMAP authentication method (not on 4.9.1).
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_authentication: Patch<String>,
    /// E-mail: whether mail is sent by an SMTP host of your own; the server checks the login first.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_enabled: Patch<bool>,
    /// E-mail: the SMTP host.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_address: Patch<String>,
    /// E-mail: the SMTP port.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_port: Patch<u16>,
    /// E-mail: the SMTP user name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_login: Patch<String>,
    /// E-mail: the SMTP password.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_password: Patch<Secret>,
    /// E-mail: the SMTP HELO domain.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_domain: Patch<String>,
    /// E-mail: whether the SMTP connection uses TLS from the start.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_enable_ssl_tls: Patch<bool>,
    /// E-mail: whether the SMTP connection is upgraded by STARTTLS.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_enable_starttls_auto: Patch<bool>,
    /// E-mail: how the SMTP host's certificate is verified, as OpenSSL names it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_openssl_verify_mode: Patch<String>,
    /// E-mail: the SMTP authentication method.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_authentication: Patch<String>,
}

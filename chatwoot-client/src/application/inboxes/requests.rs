//! Inbox requests: inboxes to make and to change.

use serde::Serialize;

use crate::application::inboxes::{ReplyTime, SenderNameType, WorkingHours};
use crate::types::Patch;
use crate::types::PortalId;
use crate::types::Secret;
use crate::types::{Attributes, Extra};

/// An inbox to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewInbox {
    /// Its name; customers see it.
    pub name: String,
    /// The id of its channel.
    pub channel: NewChannel,
    /// Whether new conversations get a greeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting_enabled: Option<bool>,
    /// The greeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting_message: Option<String>,
    /// Whether visitors are asked for their e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_email_collect: Option<bool>,
    /// Whether customers are asked how it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csat_survey_enabled: Option<bool>,
    /// How they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csat_config: Option<Attributes>,
    /// Whether conversations are given to agents by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_auto_assignment: Option<bool>,
    /// Whether working hours count; set them by an update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_hours_enabled: Option<bool>,
    /// What customers are told outside of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_office_message: Option<String>,
    /// The time zone of the hours, such as `Europe/Amsterdam`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether customers may write on after the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether a contact has one conversation for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_to_single_conversation: Option<bool>,
    /// The help center it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_id: Option<PortalId>,
    /// Whose name e-mails carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_name_type: Option<SenderNameType>,
    /// The business name in e-mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
}

impl NewInbox {
    /// An inbox with this name and channel, and the server's defaults.
    pub fn new(name: impl Into<String>, channel: impl Into<NewChannel>) -> Self {
        Self { name: name.into(), channel: channel.into(), ..Self::default() }
    }
}

/// The channel of an inbox to make.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NewChannel {
    /// The widget on a web page.
    WebWidget(Box<NewWebWidget>),
    /// The public API.
    Api(NewApiChannel),
    /// E-mail.
    Email(NewEmailChannel),
    /// Any other: its fields as the server takes them, `type` among them.
    #[serde(untagged)]
    Raw(Extra),
}

impl Default for NewChannel {
    /// The public API: the only channel that needs no more.
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

/// A widget to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewWebWidget {
    /// The page it is for.
    pub website_url: String,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget_color: Option<String>,
    /// Its heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_title: Option<String>,
    /// The line below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_tagline: Option<String>,
    /// How soon agents answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_time: Option<ReplyTime>,
    /// `attachments`, `emoji_picker`, `end_conversation` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_feature_flags: Option<Vec<String>>,
    /// The domains it runs on, with commas; empty for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_domains: Option<String>,
    /// Whether it asks something first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_chat_form_enabled: Option<bool>,
    /// What it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_chat_form_options: Option<Attributes>,
    /// Whether answers go by e-mail when the visitor left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuity_via_email: Option<bool>,
    /// Whether a customer's identity must be proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hmac_mandatory: Option<bool>,
}

impl NewWebWidget {
    /// A widget for this page, with the server's defaults.
    pub fn new(website_url: impl Into<String>) -> Self {
        Self { website_url: website_url.into(), ..Self::default() }
    }
}

/// An API channel to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewApiChannel {
    /// The URL that its events are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<Secret>,
    /// Whether a customer's identity must be proven.
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
    /// A channel for this address.
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
    /// Whether new conversations get a greeting.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub greeting_enabled: Patch<bool>,
    /// The greeting.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub greeting_message: Patch<String>,
    /// Whether visitors are asked for their e-mail.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enable_email_collect: Patch<bool>,
    /// Whether customers are asked how it was.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub csat_survey_enabled: Patch<bool>,
    /// How they are asked: all of it.
    #[serde(rename = "csat_config", skip_serializing_if = "Patch::is_keep")]
    pub replace_csat_config: Patch<Attributes>,
    /// Whether conversations are given to agents by themselves.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enable_auto_assignment: Patch<bool>,
    /// Whether working hours count.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub working_hours_enabled: Patch<bool>,
    /// The days to change; the others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_hours: Option<Vec<WorkingHours>>,
    /// What customers are told outside of them.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub out_of_office_message: Patch<String>,
    /// The time zone of the hours.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub timezone: Patch<String>,
    /// Whether customers may write on after the end.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allow_messages_after_resolved: Patch<bool>,
    /// Whether a contact has one conversation for ever.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub lock_to_single_conversation: Patch<bool>,
    /// The help center it shows.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub portal_id: Patch<PortalId>,
    /// Whose name e-mails carry.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub sender_name_type: Patch<SenderNameType>,
    /// The business name in e-mails.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub business_name: Patch<String>,
    /// The changes to make to its channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelPatch>,
}

/// The changes to make to an inbox's channel: fields of other types of channel the server passes
/// over.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChannelPatch {
    /// Web widget: the page it is for.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub website_url: Patch<String>,
    /// Web widget: its color, `#RRGGBB`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub widget_color: Patch<String>,
    /// Web widget: its heading.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub welcome_title: Patch<String>,
    /// Web widget: the line below.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub welcome_tagline: Patch<String>,
    /// Web widget: how soon agents answer.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub reply_time: Patch<ReplyTime>,
    /// Web widget: all its features.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub selected_feature_flags: Patch<Vec<String>>,
    /// Web widget: the domains it runs on, with commas; empty for all.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allowed_domains: Patch<String>,
    /// Web widget: whether it asks something first.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub pre_chat_form_enabled: Patch<bool>,
    /// Web widget: what it asks, all of it.
    #[serde(rename = "pre_chat_form_options", skip_serializing_if = "Patch::is_keep")]
    pub replace_pre_chat_form_options: Patch<Attributes>,
    /// Web widget: whether answers go by e-mail when the visitor left.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub continuity_via_email: Patch<bool>,
    /// Web widget, API: whether a customer's identity must be proven.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub hmac_mandatory: Patch<bool>,
    /// API: where its events are sent.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub webhook_url: Patch<Secret>,
    /// API: its settings, all of them.
    #[serde(rename = "additional_attributes", skip_serializing_if = "Patch::is_keep")]
    pub replace_additional_attributes: Patch<Attributes>,
    /// E-mail: its address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// E-mail: whether mail is fetched; the server tries the login first.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_enabled: Patch<bool>,
    /// E-mail: the host to fetch from.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_address: Patch<String>,
    /// E-mail: its port.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_port: Patch<u16>,
    /// E-mail: the user there.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_login: Patch<String>,
    /// E-mail: the password there.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_password: Patch<Secret>,
    /// E-mail: whether fetching is encrypted.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_enable_ssl: Patch<bool>,
    /// E-mail: how to log in there (not on 4.9.1).
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub imap_authentication: Patch<String>,
    /// E-mail: whether mail is sent by your own host; the server tries it first.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_enabled: Patch<bool>,
    /// E-mail: the host to send by.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_address: Patch<String>,
    /// E-mail: its port.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_port: Patch<u16>,
    /// E-mail: the user there.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_login: Patch<String>,
    /// E-mail: the password there.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_password: Patch<Secret>,
    /// E-mail: the domain to greet with.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_domain: Patch<String>,
    /// E-mail: whether sending is encrypted from the start.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_enable_ssl_tls: Patch<bool>,
    /// E-mail: whether sending turns encrypted.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_enable_starttls_auto: Patch<bool>,
    /// E-mail: how the host's certificate is checked.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_openssl_verify_mode: Patch<String>,
    /// E-mail: how to log in there.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub smtp_authentication: Patch<String>,
}

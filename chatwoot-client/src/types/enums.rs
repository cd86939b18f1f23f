//! Enums that several APIs share.

use crate::types::open_enum;

open_enum! {
    /// The status of a conversation.
    pub enum ConversationStatus {
        /// Waiting for an agent.
        Open = "open",
        /// Closed.
        Resolved = "resolved",
        /// Handled by a bot, or not yet open for agents.
        Pending = "pending",
        /// Hidden until a set time, or until the customer writes.
        Snoozed = "snoozed",
    }

    /// The priority of a conversation; no priority is `null`.
    pub enum Priority {
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Urgent.
        Urgent = "urgent",
    }

    /// The delivery status of a message.
    pub enum MessageStatus {
        /// Handed to the channel.
        Sent = "sent",
        /// Delivered to the recipient.
        Delivered = "delivered",
        /// Read by the recipient.
        Read = "read",
        /// Not delivered: the channel rejected it.
        Failed = "failed",
        /// Being sent.
        Progress = "progress",
    }

    /// The content type of a message.
    pub enum ContentType {
        /// Plain text, with Markdown.
        Text = "text",
        /// A short text input.
        InputText = "input_text",
        /// A long text input.
        InputTextarea = "input_textarea",
        /// An e-mail address input.
        InputEmail = "input_email",
        /// A choice between options.
        InputSelect = "input_select",
        /// Cards with actions.
        Cards = "cards",
        /// A form.
        Form = "form",
        /// Articles.
        Article = "article",
        /// An e-mail.
        IncomingEmail = "incoming_email",
        /// A satisfaction survey.
        InputCsat = "input_csat",
        /// The content of an integration.
        Integrations = "integrations",
        /// A sticker.
        Sticker = "sticker",
        /// A voice call.
        VoiceCall = "voice_call",
    }

    /// The availability of an agent.
    pub enum Availability {
        /// Online.
        Online = "online",
        /// Online, but busy.
        Busy = "busy",
        /// Offline.
        Offline = "offline",
    }

    /// The status of an account.
    pub enum AccountStatus {
        /// Active.
        Active = "active",
        /// Suspended: the Application API responds with 401.
        Suspended = "suspended",
    }

    /// The role of a user in an account.
    pub enum Role {
        /// Handles conversations.
        Agent = "agent",
        /// Handles conversations and changes settings.
        Administrator = "administrator",
    }

    /// The type of an inbox's channel.
    pub enum ChannelType {
        /// The widget of a website.
        WebWidget = "Channel::WebWidget",
        /// An API channel.
        Api = "Channel::Api",
        /// E-mail.
        Email = "Channel::Email",
    }
}

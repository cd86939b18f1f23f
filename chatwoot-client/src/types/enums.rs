//! Words that the server sends where a closed set would be expected.

use crate::types::open_enum;

open_enum! {
    /// What state a conversation is in.
    pub enum ConversationStatus {
        /// Waiting for an agent.
        Open = "open",
        /// Done.
        Resolved = "resolved",
        /// With a bot, or not yet for agents.
        Pending = "pending",
        /// Sleeping until a time, or until the customer writes.
        Snoozed = "snoozed",
    }

    /// How urgent a conversation is; no priority is `null`.
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

    /// What became of a message.
    pub enum MessageStatus {
        /// Handed to the channel.
        Sent = "sent",
        /// Arrived.
        Delivered = "delivered",
        /// Seen.
        Read = "read",
        /// The channel refused it.
        Failed = "failed",
        /// On its way.
        Progress = "progress",
    }

    /// What kind of content a message has.
    pub enum ContentType {
        /// Plain text, with Markdown.
        Text = "text",
        /// A text to fill in.
        InputText = "input_text",
        /// A long text to fill in.
        InputTextarea = "input_textarea",
        /// An e-mail address to fill in.
        InputEmail = "input_email",
        /// A choice.
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
        /// An integration's content.
        Integrations = "integrations",
        /// A sticker.
        Sticker = "sticker",
        /// A voice call.
        VoiceCall = "voice_call",
    }

    /// Whether somebody is there.
    pub enum Availability {
        /// There.
        Online = "online",
        /// There, and busy.
        Busy = "busy",
        /// Not there.
        Offline = "offline",
    }

    /// Whether an account is in use.
    pub enum AccountStatus {
        /// In use.
        Active = "active",
        /// Closed for its users: the Application API answers 401.
        Suspended = "suspended",
    }

    /// What a user may do in an account.
    pub enum Role {
        /// Works on conversations.
        Agent = "agent",
        /// Also changes settings.
        Administrator = "administrator",
    }

    /// What kind of channel an inbox has.
    pub enum ChannelType {
        /// The widget on a web page.
        WebWidget = "Channel::WebWidget",
        /// The public API.
        Api = "Channel::Api",
        /// E-mail.
        Email = "Channel::Email",
    }
}

//! Typed ids: the id of a contact cannot be passed for the id of a conversation.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// An account: the workspace of one store.
    AccountId;
    /// A user (agent or administrator), across accounts.
    UserId;
    /// A user's membership of an account.
    AccountUserId;
    /// An inbox.
    InboxId;
    /// The channel of an inbox; ids are unique per channel type.
    ChannelId;
    /// A contact.
    ContactId;
    /// The link between a contact and one inbox.
    ContactInboxId;
    /// A note on a contact.
    NoteId;
    /// A company.
    CompanyId;
    /// A conversation, by its number *within its account*: the same number in another account is
    /// another conversation.
    ConversationId;
    /// A message.
    MessageId;
    /// An attachment of a message.
    AttachmentId;
    /// A team.
    TeamId;
    /// A label of an account.
    LabelId;
    /// A custom attribute definition.
    AttributeDefinitionId;
    /// A webhook.
    WebhookId;
    /// A canned response.
    CannedResponseId;
    /// A custom filter.
    CustomFilterId;
    /// An automation rule.
    AutomationRuleId;
    /// A macro.
    MacroId;
    /// A campaign, by its number within its account.
    CampaignId;
    /// A hook of an integration.
    IntegrationHookId;
    /// An entry of the audit log.
    AuditLogId;
    /// A notification.
    NotificationId;
    /// An assignment policy.
    AssignmentPolicyId;
    /// A dashboard app.
    DashboardAppId;
    /// An agent bot.
    AgentBotId;
    /// A custom role.
    CustomRoleId;
    /// An SLA policy.
    SlaPolicyId;
    /// A help center portal.
    PortalId;
    /// A category of a portal.
    CategoryId;
    /// An article of a portal.
    ArticleId;
    /// A response to a satisfaction survey.
    CsatResponseId;
    /// A reporting event, from which reports are computed.
    ReportingEventId;
}

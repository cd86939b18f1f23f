//! Types that are read from JSON, as a server that sends a marker for each secret makes them.

use std::fmt::Debug;

use chatwoot_client::Page;
use chatwoot_client::application::account::{AccountInfo, AccountSettings, CacheKeys};
use chatwoot_client::application::agents::Agent;
use chatwoot_client::application::assignment_policies::AssignmentPolicy;
use chatwoot_client::application::attribute_definitions::AttributeDefinition;
use chatwoot_client::application::audit_logs::{AuditLog, AuditLogPage};
use chatwoot_client::application::automation_rules::{
    Action, ActionFile, AutomationRule, RuleCondition,
};
use chatwoot_client::application::campaigns::Campaign;
use chatwoot_client::application::canned_responses::CannedResponse;
use chatwoot_client::application::companies::Company;
use chatwoot_client::application::contacts::{
    Contact, ContactInbox, CreatedContact, InboxSummary, Note,
};
use chatwoot_client::application::conversations::{
    AssignedBot, Conversation, ConversationCounts, ConversationFile, ConversationFileCounts,
    ConversationMeta, FoundContact, FoundConversation, FoundInbox, FoundMessage, StatusChange,
    UnreadCounts,
};
use chatwoot_client::application::csat::{CsatMetrics, CsatResponse};
use chatwoot_client::application::custom_filters::CustomFilter;
use chatwoot_client::application::custom_roles::CustomRole;
use chatwoot_client::application::dashboard_apps::{DashboardApp, DashboardAppContent};
use chatwoot_client::application::help_center::{
    Article, ArticleCategory, ArticleCounts, Category, CategoryCounts, CategoryListMeta, Portal,
    PortalConfig, PortalCounts, PortalList, PortalListMeta, PortalLocale, PortalLogo,
};
use chatwoot_client::application::inboxes::{
    Inbox, InboxAgentBot, InboxDeletion, InboxHealth, WorkingHours,
};
use chatwoot_client::application::integrations::{HookInbox, IntegrationApp, IntegrationHook};
use chatwoot_client::application::labels::Label;
use chatwoot_client::application::macros::Macro;
use chatwoot_client::application::messages::{MessagesMeta, Translation};
use chatwoot_client::application::notifications::{Notification, NotificationFlags};
use chatwoot_client::application::reports::{
    AgentMetrics, ChannelCounts, ConversationMetrics, GroupedMetrics, InboxLabelMatrix,
    MatrixInbox, MatrixLabel, OutgoingCount, ReportPoint, ReportSummary, ReportingEvent,
    ReportingEventCounts, ResponseTimes, SummaryRow,
};
use chatwoot_client::application::search::{
    SearchArticle, SearchContact, SearchConversation, SearchResults,
};
use chatwoot_client::application::sla_policies::SlaPolicy;
use chatwoot_client::application::teams::Team;
use chatwoot_client::application::uploads::UploadedFile;
use chatwoot_client::application::webhooks::Webhook;
use chatwoot_client::http::PageMeta;
#[cfg(feature = "live")]
use chatwoot_client::live;
use chatwoot_client::platform::{AccountUser, IssuedToken, PlatformAccount, SsoLink, TokenOwner};
use chatwoot_client::public::widget::{
    WidgetChannel, WidgetConfig, WidgetConfigContact, WidgetContact, WidgetConversation,
    WidgetMessage, WidgetMessages,
};
use chatwoot_client::public::{
    ContactRecord, CsatSurveyResult, OpeningHours, PublicContact, PublicConversation, PublicCsat,
    PublicInboxDetails,
};
use chatwoot_client::server::{ServerHealth, ServerVersion};
use chatwoot_client::types::{
    AgentBot, AgentBotTokenRecord, Attachment, LabelId, Message, SenderBot, SenderContact,
    SenderUser, User, UserAccount,
};
use chatwoot_client::webhook;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{MARKER, Shown, client_shapes, is_secret};
use crate::shapes::Shape;

impl Shown {
    /// As the server sends it: each secret is the marker, and so is what no type names.
    fn decoded<T: Debug + DeserializeOwned>(&mut self, all: &[Shape], name: &'static str) {
        let name = name.split('<').next().unwrap_or(name).trim();
        let Some(json) = sample(all, name) else { panic!("{name} is no type that is decoded") };
        assert!(json.to_string().contains(MARKER), "{name} holds no marker: {json}");
        let value: T = serde_json::from_value(json.clone())
            .unwrap_or_else(|why| panic!("{name}: {why}: {json}"));
        self.add(name, &value);
    }
}

/// A type as the server sends it, with no more than must be there and the marker in each secret.
fn sample(all: &[Shape], name: &str) -> Option<Value> {
    let shape = all.iter().find(|shape| shape.name == name && shape.decodes)?;
    let module = name.rsplit_once("::").map_or("", |(module, _)| module);
    let mut json = Map::new();
    for field in &shape.fields {
        let mut of_type =
            field.words().filter(|word| !["Option", "Box", "NullAsEmpty"].contains(word));
        let kind = of_type.next().unwrap_or_default();
        let nested = || {
            let beside = (!module.is_empty()).then(|| format!("{module}::{kind}"));
            beside.and_then(|name| sample(all, &name)).or_else(|| sample(all, kind))
        };
        let value = if field.serde.contains("flatten") {
            match nested() {
                Some(Value::Object(fields)) => json.extend(fields),
                _ => drop(json.insert("unnamed".into(), MARKER.into())),
            }
            continue;
        } else if ["ProviderConfig", "HookSettings", "AuditedChanges", "Extra"].contains(&kind) {
            json!({"unnamed": MARKER})
        } else if is_secret(shape, field) {
            match kind {
                "Vec" => json!([MARKER]),
                "Attributes" => json!({"key": MARKER}),
                _ => MARKER.into(),
            }
        } else if !field.is_required() {
            continue;
        } else {
            match kind {
                "String" => "text".into(),
                "bool" => true.into(),
                "Vec" => json!([]),
                "Value" | "Attributes" | "BTreeMap" => json!({}),
                // Made by a macro, which the scan does not see into.
                "AccountRef" | "InboxRef" | "TeamRef" => json!({"id": 1, "unnamed": MARKER}),
                // The parameter that says what a list tells of itself.
                "M" => sample(all, "PageMeta").unwrap_or_default(),
                "MessageType" if name == "webhook::Message" => "incoming".into(),
                "Time" | "MessageType" | "WidgetMessageType" | "I" => 1.into(),
                number if number.starts_with(['u', 'i', 'f']) || number.ends_with("Id") => 1.into(),
                _ => nested().unwrap_or_else(|| "word".into()),
            }
        };
        json.insert(field.key().to_owned(), value);
    }
    Some(json.into())
}

/// Decodes each of these types, and shows it.
macro_rules! decoded {
    ($shown:ident, $all:ident; $($kind:ty,)+) => {
        $($shown.decoded::<$kind>(&$all, stringify!($kind));)+
    };
}

/// Every public type that is read from JSON and has a secret, or anything that no type names.
pub(super) fn decodable() -> Shown {
    let (mut shown, all) = (Shown::default(), client_shapes());
    decoded! { shown, all;
        AccountInfo, AccountSettings, AccountUser, Action, ActionFile, Agent, AgentBot,
        AgentBotTokenRecord, AgentMetrics, Article, ArticleCategory, ArticleCounts,
        AssignedBot, AssignmentPolicy, Attachment, AttributeDefinition, AuditLog, AuditLogPage,
        AutomationRule, CacheKeys, Campaign, CannedResponse, Category, CategoryCounts,
        CategoryListMeta, ChannelCounts, Company, Contact, ContactInbox,
        ContactRecord, Conversation, ConversationCounts, ConversationFile,
        ConversationFileCounts, ConversationMeta, ConversationMetrics,
        CreatedContact, CsatMetrics, CsatResponse, CsatSurveyResult,
        CustomFilter, CustomRole, DashboardApp, DashboardAppContent, FoundContact,
        FoundConversation, FoundInbox, FoundMessage, GroupedMetrics,
        HookInbox, Inbox, InboxAgentBot, InboxDeletion, InboxHealth, InboxLabelMatrix,
        InboxSummary, IntegrationApp, IntegrationHook, IssuedToken, Label, Macro, MatrixInbox,
        MatrixLabel, Message, MessagesMeta, Note, Notification, NotificationFlags,
        OpeningHours, OutgoingCount, Page<Contact>, PageMeta, PlatformAccount, Portal,
        PortalConfig, PortalCounts, PortalList, PortalListMeta, PortalLocale, PortalLogo,
        PublicContact, PublicConversation, PublicCsat, PublicInboxDetails, ReportPoint,
        ReportSummary, ReportingEvent, ReportingEventCounts, ResponseTimes,
        RuleCondition, SearchArticle, SearchContact, SearchConversation, SearchResults,
        SenderBot, SenderContact, SenderUser, ServerHealth, ServerVersion, SlaPolicy, SsoLink,
        StatusChange, SummaryRow<LabelId>, Team, TokenOwner, Translation, UnreadCounts,
        UploadedFile, User, UserAccount, Webhook, WidgetChannel, WidgetConfig,
        WidgetConfigContact, WidgetContact, WidgetConversation, WidgetMessage, WidgetMessages,
        WorkingHours, webhook::Attachment, webhook::Channel, webhook::Contact,
        webhook::ContactInbox, webhook::Conversation, webhook::ConversationMeta, webhook::Inbox,
        webhook::LastMessage, webhook::LastMessageContactInbox,
        webhook::LastMessageConversation, webhook::Message, webhook::Party, webhook::Typing,
        webhook::WidgetTriggered, webhook::WorkingHours,
    }
    #[cfg(feature = "live")]
    decoded! { shown, all;
        live::LiveCacheKeys, live::LiveNotification, live::LiveNotificationDeleted,
        live::LiveTyping, live::NotificationRef, live::Performer, live::Presence,
        live::Subscription,
    }
    shown
}

//! The Application API: one account, as one user.

mod account;
mod actions;
mod agent_bots;
mod agents;
mod article_types;
mod articles;
mod articles_bulk;
mod assignment_policies;
mod assignments;
mod audit_logs;
mod automation_rule_types;
mod automation_rules;
mod bulk_actions;
mod campaigns;
mod canned_responses;
mod categories;
mod category_types;
mod companies;
mod contact_extras;
mod contact_files;
mod contact_inboxes;
mod contact_labels;
mod contact_notes;
mod contact_types;
mod contact_upsert;
mod contacts;
mod conversation_actions;
mod conversation_changes;
mod conversation_labels;
mod conversation_lists;
mod conversation_requests;
mod conversation_types;
mod conversations;
mod csat;
mod csv_reports;
mod custom_attributes;
mod custom_filters;
mod custom_roles;
mod dashboard_apps;
mod filter;
mod handle;
mod inbox_extras;
mod inbox_members;
mod inbox_requests;
mod inbox_types;
mod inboxes;
mod integrations;
mod labels;
mod list_streams;
mod live_reports;
mod macros;
mod message_send_once;
mod message_types;
mod messages;
mod notification_settings;
mod notifications;
mod participants;
mod portal_types;
mod portals;
mod profile;
mod report_types;
mod reporting_events;
mod reports;
mod search;
mod sla_policies;
mod streams;
mod summary_reports;
mod team_members;
mod teams;
mod upload;
mod webhooks;

pub use self::account::{AccountDetails, AccountInfo, AccountPatch, AccountSettings, CacheKeys};
pub use self::actions::*;
pub use self::agent_bots::*;
pub use self::agents::{Agent, AgentPatch, Agents, NewAgent};
pub use self::article_types::*;
pub use self::articles::Articles;
pub use self::assignment_policies::*;
pub use self::assignments::Assignments;
pub use self::audit_logs::*;
pub use self::automation_rule_types::*;
pub use self::automation_rules::AutomationRules;
pub use self::bulk_actions::*;
pub use self::campaigns::*;
pub use self::canned_responses::*;
pub use self::categories::Categories;
pub use self::category_types::*;
pub use self::companies::*;
pub use self::contact_extras::ContactExport;
pub use self::contact_files::ContactFiles;
pub use self::contact_inboxes::{ContactInboxes, NewContactInbox};
pub use self::contact_labels::ContactLabels;
pub use self::contact_notes::{ContactNotes, Note};
pub use self::contact_types::*;
pub use self::contact_upsert::{ContactKey, UpsertError, UpsertOutcome, Upserted};
pub use self::contacts::Contacts;
pub use self::conversation_labels::ConversationLabels;
pub use self::conversation_lists::*;
pub use self::conversation_requests::*;
pub use self::conversation_types::*;
pub use self::conversations::Conversations;
pub use self::csat::*;
pub use self::csv_reports::CsvReports;
pub use self::custom_attributes::{
    AttributeDefinition, AttributeDefinitionPatch, AttributeModel, AttributeType, CustomAttributes,
    NewAttributeDefinition,
};
pub use self::custom_filters::*;
pub use self::custom_roles::*;
pub use self::dashboard_apps::{
    DashboardApp, DashboardAppContent, DashboardAppPatch, DashboardApps, NewDashboardApp,
};
pub use self::filter::{Filter, FilterCondition, FilterOperator};
pub use self::handle::Account;
pub use self::inbox_extras::InboxHealth;
pub use self::inbox_members::InboxMembers;
pub use self::inbox_requests::{
    ChannelPatch, InboxPatch, NewApiChannel, NewChannel, NewEmailChannel, NewInbox, NewWebWidget,
};
pub use self::inbox_types::{
    Inbox, InboxAgentBot, ProviderConfig, ReplyTime, SenderNameType, WorkingHours,
};
pub use self::inboxes::{InboxDeletion, Inboxes};
pub use self::integrations::*;
pub use self::labels::{Label, LabelPatch, Labels, NewLabel};
pub use self::live_reports::{GroupedMetrics, LiveReports};
pub use self::macros::*;
pub use self::message_send_once::{SendOnceError, SendOutcome, SentOnce};
pub use self::message_types::*;
pub use self::messages::Messages;
pub use self::notification_settings::*;
pub use self::notifications::*;
pub use self::participants::Participants;
pub use self::portal_types::*;
pub use self::portals::Portals;
pub use self::profile::{Profile, ProfilePatch};
pub use self::report_types::*;
pub use self::reporting_events::*;
pub use self::reports::Reports;
pub use self::search::*;
pub use self::sla_policies::*;
pub use self::summary_reports::{ChannelCounts, SummaryReports, SummaryRow};
pub use self::team_members::TeamMembers;
pub use self::teams::{NewTeam, Team, TeamPatch, Teams};
pub use self::upload::{UploadedFile, Uploads};
pub use self::webhooks::{NewWebhook, Webhook, WebhookPatch, WebhookSubscription, Webhooks};
use crate::op::Op;

/// Every operation of the Application API.
pub(crate) const OPERATIONS: &[&[Op]] = &[
    account::OPERATIONS,
    profile::OPERATIONS,
    agents::OPERATIONS,
    teams::OPERATIONS,
    team_members::OPERATIONS,
    inboxes::OPERATIONS,
    inbox_members::OPERATIONS,
    custom_attributes::OPERATIONS,
    webhooks::OPERATIONS,
    dashboard_apps::OPERATIONS,
    agent_bots::OPERATIONS,
    assignment_policies::OPERATIONS,
    audit_logs::OPERATIONS,
    automation_rules::OPERATIONS,
    bulk_actions::OPERATIONS,
    campaigns::OPERATIONS,
    canned_responses::OPERATIONS,
    companies::OPERATIONS,
    custom_filters::OPERATIONS,
    custom_roles::OPERATIONS,
    integrations::OPERATIONS,
    macros::OPERATIONS,
    notification_settings::OPERATIONS,
    notifications::OPERATIONS,
    sla_policies::OPERATIONS,
    labels::OPERATIONS,
    contacts::OPERATIONS,
    contact_files::OPERATIONS,
    contact_labels::OPERATIONS,
    contact_notes::OPERATIONS,
    contact_inboxes::OPERATIONS,
    conversations::OPERATIONS,
    conversation_labels::OPERATIONS,
    assignments::OPERATIONS,
    messages::OPERATIONS,
    participants::OPERATIONS,
    contact_extras::OPERATIONS,
    conversation_actions::OPERATIONS,
    conversation_lists::OPERATIONS,
    inbox_extras::OPERATIONS,
    csat::OPERATIONS,
    portals::OPERATIONS,
    categories::OPERATIONS,
    articles::OPERATIONS,
    articles_bulk::OPERATIONS,
    search::OPERATIONS,
    reporting_events::OPERATIONS,
    upload::OPERATIONS,
    reports::OPERATIONS,
    summary_reports::OPERATIONS,
    live_reports::OPERATIONS,
    csv_reports::OPERATIONS,
];

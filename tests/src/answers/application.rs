//! The methods of the Application API.
#![expect(clippy::default_trait_access, reason = "only the answer's type matters here")]

use chatwoot_client::Upload;
use chatwoot_client::application::contacts::NewContactInbox;
use chatwoot_client::application::conversations::Typing;
use chatwoot_client::application::dashboard_apps::NewDashboardApp;
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::types::{Availability, ConversationStatus};

use super::{Row, table};
use crate::recordings::Exchange;

/// Returns a condition for a filter.
fn filter() -> Filter {
    Filter::new(FilterCondition::equal_to("name", ["x"]))
}

/// Returns a file for an upload.
fn file() -> Upload {
    Upload::bytes("a.csv", "text/csv", "name")
}

/// Returns whether a key of the request body has a value other than null.
fn sent(exchange: &Exchange, key: &str) -> bool {
    let body = exchange.request.body.as_ref();
    body.and_then(|body| body.get(key)).is_some_and(|value| !value.is_null())
}

/// Returns whether the exchange removes an assignee: neither the request nor the response names
/// one.
fn unassigned(exchange: &Exchange) -> bool {
    let named = sent(exchange, "assignee_id") || sent(exchange, "team_id");
    !named && !exchange.answer().is_object()
}

/// Returns whether the exchange assigns a team: the request or the response names one.
fn to_a_team(exchange: &Exchange) -> bool {
    let answered = exchange.answer().get("allow_auto_assign").is_some();
    answered || (sent(exchange, "team_id") && !sent(exchange, "assignee_id"))
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = people();
    rows.extend(settings());
    rows.extend(contacts());
    rows.extend(conversations());
    rows
}

fn people() -> Vec<Row> {
    let mut rows = table! { profile(on) {
        "profile.get" => on.get(),
        "profile.update" => on.update(&Default::default()),
        "profile.set_availability" => on.set_availability(1.into(), Availability::Busy),
        "profile.set_auto_offline" => on.set_auto_offline(1.into(), true),
        "profile.reset_access_token" => on.reset_access_token(),
    } };
    rows.extend(table! { account(on) {
        "account.get" => on.details().get(),
        "account.update" => on.details().update(&Default::default()),
        "agents.list" => on.agents().list(),
        "agents.create" => on.agents().create(&Default::default()),
        "agents.update" => on.agents().update(1.into(), &Default::default()),
        "agents.delete" => on.agents().delete(1.into()),
        "agents.bulk_create" => on.agents().bulk_create(&["a@example.com"]),
        "agents.assignable" => on.agents().assignable(&[1.into()]),
        "teams.list" => on.teams().list(),
        "teams.get" => on.teams().get(1.into()),
        "teams.create" => on.teams().create(&Default::default()),
        "teams.update" => on.teams().update(1.into(), &Default::default()),
        "teams.delete" => on.teams().delete(1.into()),
        "team_members.list" => on.team_members().list(1.into()),
        "team_members.add" => on.team_members().add(1.into(), &[]),
        "team_members.replace" => on.team_members().replace(1.into(), &[]),
        "team_members.remove" => on.team_members().remove(1.into(), &[]),
    } });
    rows
}

fn settings() -> Vec<Row> {
    table! { account(on) {
        "inboxes.list" => on.inboxes().list(),
        "inboxes.get" => on.inboxes().get(1.into()),
        "inboxes.create" => on.inboxes().create(&Default::default()),
        "inboxes.update" => on.inboxes().update(1.into(), &Default::default()),
        "inboxes.delete" => on.inboxes().delete(1.into()),
        "inboxes.reset_secret" => on.inboxes().reset_secret(1.into()),
        "inboxes.agent_bot" => on.inboxes().agent_bot(1.into()),
        "inboxes.set_agent_bot" => on.inboxes().set_agent_bot(1.into(), None),
        "inboxes.assignable_agents" => on.inboxes().assignable_agents(1.into()),
        "inboxes.health" => on.inboxes().health(1.into()),
        "inboxes.delete_avatar" => on.inboxes().delete_avatar(1.into()),
        "inbox_members.list" => on.inbox_members().list(1.into()),
        "inbox_members.add" => on.inbox_members().add(1.into(), &[]),
        "inbox_members.replace" => on.inbox_members().replace(1.into(), &[]),
        "inbox_members.remove" => on.inbox_members().remove(1.into(), &[]),
        "attribute_definitions.list" => on.attribute_definitions().list(None),
        "attribute_definitions.get" => on.attribute_definitions().get(1.into()),
        "attribute_definitions.create" => on.attribute_definitions().create(&Default::default()),
        "attribute_definitions.update" => on.attribute_definitions().update(1.into(), &Default::default()),
        "attribute_definitions.delete" => on.attribute_definitions().delete(1.into()),
        "webhooks.list" => on.webhooks().list(),
        "webhooks.create" => on.webhooks().create(&Default::default()),
        "webhooks.update" => on.webhooks().update(1.into(), &Default::default()),
        "webhooks.delete" => on.webhooks().delete(1.into()),
        "dashboard_apps.list" => on.dashboard_apps().list(),
        "dashboard_apps.get" => on.dashboard_apps().get(1.into()),
        "dashboard_apps.create" => on.dashboard_apps().create(&NewDashboardApp::frame("", "")),
        "dashboard_apps.update" => on.dashboard_apps().update(1.into(), &Default::default()),
        "dashboard_apps.delete" => on.dashboard_apps().delete(1.into()),
        "labels.list" => on.labels().list(),
        "labels.get" => on.labels().get(1.into()),
        "labels.create" => on.labels().create(&Default::default()),
        "labels.update" => on.labels().update(1.into(), &Default::default()),
        "labels.delete" => on.labels().delete(1.into()),
    } }
}

fn contacts() -> Vec<Row> {
    table! { account(on) {
        "contacts.list" => on.contacts().list(&Default::default()),
        "contacts.create" => on.contacts().create(&Default::default()),
        "contacts.get" => on.contacts().get(1.into()),
        "contacts.update" => on.contacts().update(1.into(), &Default::default()),
        "contacts.delete" => on.contacts().delete(1.into()),
        "contacts.search" => on.contacts().search("", &Default::default()),
        "contacts.filter" => on.contacts().filter(&filter(), &Default::default()),
        "contacts.merge" => on.contacts().merge(1.into(), 2.into()),
        "contacts.conversations" => on.contact(1).conversations(),
        "contacts.remove_custom_attributes" => on.contact(1).remove_custom_attributes(["k"]),
        "contact_inboxes.contactable" => on.contact(1).inboxes().contactable(),
        "contacts.export" => on.contacts().export(&Default::default()),
        "contacts.active" => on.contacts().active(&Default::default()),
        "contacts.delete_avatar" => on.contact(1).delete_avatar(),
        "contacts.import" => on.contacts().import(&file()),
        "uploads.create" => on.uploads().create(&file()),
        "contact_labels.list" => on.contact(1).labels().list(),
        "contact_labels.replace" => on.contact(1).labels().replace(&["x"]),
        "contact_notes.list" => on.contact(1).notes().list(),
        "contact_notes.get" => on.contact(1).notes().get(1.into()),
        "contact_notes.create" => on.contact(1).notes().create(""),
        "contact_notes.update" => on.contact(1).notes().update(1.into(), ""),
        "contact_notes.delete" => on.contact(1).notes().delete(1.into()),
        "contact_inboxes.create" =>
            on.contact(1).inboxes().create(&NewContactInbox::new(1.into())),
        "contacts.find_by_source_id" => on.contacts().find_by_source_id(1.into(), "s"),
    } }
}

fn conversations() -> Vec<Row> {
    table! { account(on) {
        "conversations.list" => on.conversations().list(&Default::default()),
        "conversations.get" => on.conversations().get(1.into()),
        "conversations.create" => on.conversations().create(&Default::default()),
        "conversations.update" => on.conversations().update(1.into(), &Default::default()),
        "conversations.filter" => on.conversations().filter(&filter(), &Default::default()),
        "conversations.meta" => on.conversations().meta(&Default::default()),
        "conversations.set_status" =>
            on.conversation(1).set_status(ConversationStatus::Open, None),
        "conversations.set_priority" => on.conversation(1).set_priority(None),
        "conversations.replace_custom_attributes" =>
            on.conversation(1).replace_custom_attributes(&Default::default()),
        "conversations.set_typing" =>
            on.conversation(1).set_typing(Typing::On, false),
        "conversations.mute" => on.conversation(1).mute(),
        "conversations.unmute" => on.conversation(1).unmute(),
        "conversations.mark_read" => on.conversation(1).mark_read(),
        "conversations.mark_unread" => on.conversation(1).mark_unread(),
        "conversations.send_transcript" =>
            on.conversation(1).send_transcript("a@example.com"),
        "conversations.delete" => on.conversations().delete(1.into()),
        "conversations.search" => on.conversations().search("x", &Default::default()),
        "conversations.unread_counts" => on.conversations().unread_counts(),
        "conversations.attachments" => on.conversation(1).attachments(&Default::default()),
        "participants.list" => on.conversation(1).participants().list(),
        "participants.add" => on.conversation(1).participants().add(&[]),
        "participants.replace" => on.conversation(1).participants().replace(&[]),
        "participants.remove" => on.conversation(1).participants().remove(&[]),
        "conversation_labels.list" => on.conversation(1).labels().list(),
        "conversation_labels.replace" => on.conversation(1).labels().replace(&["x"]),
        "conversations.assign" if unassigned => on.conversation(1).unassign(),
        "conversations.assign" if to_a_team => on.conversation(1).assign_team(1.into()),
        "conversations.assign" => on.conversation(1).assign_agent(1.into()),
        "messages.list" => on.conversation(1).messages().list(&Default::default()),
        "messages.create" => on.conversation(1).messages().create(&Default::default()),
        "messages.update" => on.conversation(1).messages().update(1.into(), &Default::default()),
        "messages.delete" => on.conversation(1).messages().delete(1.into()),
        "messages.retry" => on.conversation(1).messages().retry(1.into()),
        "messages.translate" => on.conversation(1).messages().translate(1.into(), "de"),
    } }
}

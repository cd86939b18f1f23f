//! The methods of an account's bots, rules, policies, filters and notifications.
#![expect(clippy::default_trait_access, reason = "only the answer's type matters here")]

use super::{Row, table};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = automation();
    rows.extend(policies());
    rows
}

fn automation() -> Vec<Row> {
    table! { account(on) {
        "account.cache_keys" => on.details().cache_keys(),
        "agent_bots.list" => on.agent_bots().list(),
        "agent_bots.get" => on.agent_bots().get(1.into()),
        "agent_bots.create" => on.agent_bots().create(&Default::default()),
        "agent_bots.update" => on.agent_bots().update(1.into(), &Default::default()),
        "agent_bots.delete" => on.agent_bots().delete(1.into()),
        "agent_bots.reset_access_token" => on.agent_bots().reset_access_token(1.into()),
        "agent_bots.reset_secret" => on.agent_bots().reset_secret(1.into()),
        "automation_rules.list" => on.automation_rules().list(),
        "automation_rules.get" => on.automation_rules().get(1.into()),
        "automation_rules.create" => on.automation_rules().create(&Default::default()),
        "automation_rules.update" => on.automation_rules().update(1.into(), &Default::default()),
        "automation_rules.delete" => on.automation_rules().delete(1.into()),
        "automation_rules.duplicate" => on.automation_rules().duplicate(1.into()),
        "bulk_actions.create" => on.bulk_actions().delete_contacts(&[1.into()]),
        "canned_responses.list" => on.canned_responses().list(),
        "canned_responses.create" => on.canned_responses().create(&Default::default()),
        "canned_responses.update" => on.canned_responses().update(1.into(), &Default::default()),
        "canned_responses.delete" => on.canned_responses().delete(1.into()),
        "macros.list" => on.macros().list(),
        "macros.get" => on.macros().get(1.into()),
        "macros.create" => on.macros().create(&Default::default()),
        "macros.update" => on.macros().update(1.into(), "global".into(), &Default::default()),
        "macros.delete" => on.macros().delete(1.into()),
        "macros.execute" => on.macros().execute(1.into(), &[]),
        "integrations.apps" => on.integrations().apps(),
        "integrations.create_hook" => on.integrations().create_hook(&Default::default()),
        "integrations.update_hook" =>
            on.integrations().update_hook(1.into(), &Default::default()),
        "integrations.delete_hook" => on.integrations().delete_hook(1.into()),
    } }
}

fn policies() -> Vec<Row> {
    table! { account(on) {
        "assignment_policies.list" => on.assignment_policies().list(),
        "assignment_policies.create" => on.assignment_policies().create(&Default::default()),
        "assignment_policies.of_inbox" => on.assignment_policies().of_inbox(1.into()),
        "assignment_policies.set_for_inbox" =>
            on.assignment_policies().set_for_inbox(1.into(), 1.into()),
        "audit_logs.list" => on.audit_logs().list(&Default::default()),
        "campaigns.list" => on.campaigns().list(),
        "campaigns.get" => on.campaigns().get(1.into()),
        "campaigns.create" => on.campaigns().create(&Default::default()),
        "campaigns.of_inbox" => on.campaigns().of_inbox(1.into()),
        "companies.list" => on.companies().list(&Default::default()),
        "companies.create" => on.companies().create(&Default::default()),
        "custom_filters.list" => on.custom_filters().list("contact".into()),
        "custom_filters.get" => on.custom_filters().get(1.into()),
        "custom_filters.create" => on.custom_filters().create(&Default::default()),
        "custom_filters.update" => on.custom_filters().update(1.into(), &Default::default()),
        "custom_filters.delete" => on.custom_filters().delete(1.into()),
        "custom_roles.list" => on.custom_roles().list(),
        "custom_roles.create" => on.custom_roles().create(&Default::default()),
        "notification_settings.get" => on.notification_settings().get(),
        "notification_settings.replace" => on.notification_settings().replace(&[], &[]),
        "notifications.list" => on.notifications().list(&Default::default()),
        "notifications.unread_count" => on.notifications().unread_count(),
        "notifications.read_all" => on.notifications().read_all(),
        "sla_policies.list" => on.sla_policies().list(),
        "sla_policies.create" => on.sla_policies().create(&Default::default()),
    } }
}

//! Tests of an account's automation and bulk features (rules, macros, campaigns, policies, roles,
//! companies, the audit log) with the recorded responses of two live servers.

use chatwoot_client::application::assignment_policies::NewAssignmentPolicy;
use chatwoot_client::application::audit_logs::AuditLogsQuery;
use chatwoot_client::application::automation_rules::{
    AutomationRulePatch, NewAutomationRule, RuleEvent,
};
use chatwoot_client::application::bulk_actions::BulkConversationPatch;
use chatwoot_client::application::campaigns::NewCampaign;
use chatwoot_client::application::companies::{CompaniesQuery, NewCompany};
use chatwoot_client::application::custom_roles::NewCustomRole;
use chatwoot_client::application::macros::{MacroPatch, MacroVisibility, NewMacro};
use chatwoot_client::application::sla_policies::NewSlaPolicy;
use chatwoot_client::{Client, ErrorKind};
use futures_util::TryStreamExt;
use serde_json::{Number, Value, json};
use tests::recordings::load;
use tests::replay::{Replay, each, refused, replay};

use crate::asked::{account, same_query};

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn automation_rules() {
    each("get-account-automation-rule", async |client, ex| {
        account(ex, client).automation_rules().list().await
    })
    .await;
    each("get-details-of-a-single-automation-rule", async |client, ex| {
        account(ex, client).automation_rules().get(ex.param("id")).await
    })
    .await;
    each("add-new-automation-rule-to-account", async |client, ex| {
        let new = NewAutomationRule {
            name: ex.sent("/name"),
            description: ex.sent("/description"),
            event_name: ex.sent("/event_name"),
            conditions: ex.sent("/conditions"),
            actions: ex.sent("/actions"),
            active: ex.sent("/active"),
        };
        let rule = account(ex, client).automation_rules().create(&new).await?;
        assert_eq!(rule.event_name, RuleEvent::ConversationCreated, "{ex}");
        assert_eq!((&*rule.conditions, &*rule.actions), (&new.conditions, &new.actions), "{ex}");
        Ok(rule)
    })
    .await;
    each("update-automation-rule-in-account", async |client, ex| {
        let patch = AutomationRulePatch {
            name: ex.change("/name"),
            active: ex.change("/active"),
            replace_actions: ex.change("/actions"),
            ..Default::default()
        };
        account(ex, client).automation_rules().update(ex.param("id"), &patch).await
    })
    .await;
    each("automation-rule-clone", async |client, ex| {
        account(ex, client).automation_rules().duplicate(ex.param("id")).await
    })
    .await;
    each("delete-automation-rule-from-account", async |client, ex| {
        account(ex, client).automation_rules().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_refused_rule_names_its_field() {
    for ex in load("error-automation-rule-invalid") {
        let call = async |client: &Client| {
            let new = NewAutomationRule::new("x", RuleEvent::ConversationCreated);
            account(&ex, client).automation_rules().create(&new).await
        };
        let error = refused(&ex, call).await;
        assert_eq!(
            (error.kind(), error.invalid_fields()),
            (ErrorKind::Invalid, &["conditions".into()][..])
        );
        let said = error.server_message().expect("a message");
        assert!(said.contains("nope not supported"), "{ex}: {said}");
        assert!(error.to_string().contains("(fields: conditions)"), "{error}");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn macros() {
    each("macro-list", async |client, ex| account(ex, client).macros().list().await).await;
    each("macro-show", async |client, ex| account(ex, client).macros().get(ex.param("id")).await)
        .await;
    each("macro-create", async |client, ex| {
        let new = NewMacro {
            name: ex.sent("/name"),
            visibility: ex.sent("/visibility"),
            actions: ex.sent("/actions"),
        };
        let it = account(ex, client).macros().create(&new).await?;
        assert_eq!(it.visibility, Some(MacroVisibility::Global), "{ex}");
        Ok(it)
    })
    .await;
    for ex in load("macro-update") {
        let patch = MacroPatch { name: ex.change("/name"), ..Default::default() };
        let call = async |client: &Client| {
            let macros = account(&ex, client);
            macros.macros().update(ex.param("id"), MacroVisibility::Global, &patch).await
        };
        let replayed = replay(&ex, call).await;
        // The recorded change did not contain the visibility, and the server reset it.
        assert_eq!(replayed.value.visibility, None, "{ex}");
        let mut recorded = ex.request.body.clone().unwrap_or_default();
        recorded["visibility"] = "global".into();
        assert_eq!(replayed.body(), recorded, "{ex}");
    }
    each("macro-execute", async |client, ex| {
        let ids: Vec<u64> = ex.sent("/conversation_ids");
        let ids: Vec<_> = ids.into_iter().map(Into::into).collect();
        account(ex, client).macros().execute(ex.param("id"), &ids).await
    })
    .await;
    each("macro-delete", async |client, ex| {
        account(ex, client).macros().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn campaigns() {
    each("campaign-list", async |client, ex| account(ex, client).campaigns().list().await).await;
    each("campaign-show", async |client, ex| {
        account(ex, client).campaigns().get(ex.param("id")).await
    })
    .await;
    each("campaign-create", async |client, ex| {
        let page: String = ex.sent("/trigger_rules/url");
        let seconds = ex.sent("/trigger_rules/time_on_page");
        let (title, message): (String, String) = (ex.sent("/title"), ex.sent("/message"));
        let new = NewCampaign {
            enabled: ex.sent("/enabled"),
            ..NewCampaign::on_page(title, ex.sent("/inbox_id"), message, page, seconds)
        };
        account(ex, client).campaigns().create(&new).await
    })
    .await;
    each("inbox-campaigns", async |client, ex| {
        account(ex, client).campaigns().of_inbox(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn audit_logs() {
    for ex in load("get-account-audit-logs") {
        let asked = AuditLogsQuery { page: Some(1) };
        let call = async |client: &Client| account(&ex, client).audit_logs().list(&asked).await;
        let replayed = replay(&ex, call).await;
        same_query(&ex, &replayed);
        let page = replayed.value;
        assert_eq!(page.audit_logs.len() as u64, page.per_page.expect("a size"), "{ex}");
        assert!(page.total_entries > page.per_page, "{ex}");
        assert!(page.audit_logs.iter().all(|entry| entry.audited_changes.is_some()), "{ex}");
    }
}

#[tokio::test]
async fn the_audit_log_is_streamed_until_a_page_is_empty() {
    let transport = Replay::answering(200, r#"{"audit_logs":[],"current_page":1}"#);
    let account = transport.client().account(2, "t");
    let mut all = account.audit_logs().all();
    assert!(all.try_next().await.expect("a page").is_none());
    assert_eq!(transport.asked().expect("a request").uri().query(), Some("page=1"));
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn bulk_actions() {
    each("bulk-actions", async |client, ex| {
        let ids: Vec<_> = ex.sent("/ids");
        let change = BulkConversationPatch {
            status: ex.sent("/fields/status"),
            assignee_id: ex.change("/fields/assignee_id"),
            team_id: ex.change("/fields/team_id"),
            add_labels: ex.sent("/labels/add"),
            ..Default::default()
        };
        account(ex, client).bulk_actions().conversations(&ids, &change).await
    })
    .await;
    let transport = Replay::answering(200, "");
    let account = transport.client().account(2, "t");
    let sent = || -> Value {
        let asked = transport.asked().expect("a request");
        serde_json::from_slice(asked.body()).expect("a body")
    };
    let (bulk, ids, vip) = (account.bulk_actions(), [7.into()], ["vip".to_owned()]);
    bulk.add_contact_labels(&ids, &vip).await.expect("done");
    assert_eq!(sent(), json!({"type": "Contact", "ids": [7], "labels": {"add": ["vip"]}}));
    bulk.remove_contact_labels(&ids, &vip).await.expect("done");
    assert_eq!(sent(), json!({"type": "Contact", "ids": [7], "labels": {"remove": ["vip"]}}));
    bulk.delete_contacts(&ids).await.expect("done");
    assert_eq!(sent(), json!({"type": "Contact", "ids": [7], "action_name": "delete"}));
    let nobody =
        BulkConversationPatch { assignee_id: chatwoot_client::Patch::Clear, ..Default::default() };
    bulk.conversations(&[7.into()], &nobody).await.expect("done");
    assert_eq!(
        sent(),
        json!({"type": "Conversation", "ids": [7], "fields": {"assignee_id": null}})
    );
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn sla_policies() {
    each("sla-policy-list", async |client, ex| account(ex, client).sla_policies().list().await)
        .await;
    each("sla-policy-create", async |client, ex| {
        let new = NewSlaPolicy {
            name: ex.sent("/sla_policy/name"),
            description: ex.sent("/sla_policy/description"),
            first_response_time_threshold: ex.sent("/sla_policy/first_response_time_threshold"),
            next_response_time_threshold: ex.sent("/sla_policy/next_response_time_threshold"),
            resolution_time_threshold: ex.sent("/sla_policy/resolution_time_threshold"),
            only_during_business_hours: ex.sent("/sla_policy/only_during_business_hours"),
        };
        let policy = account(ex, client).sla_policies().create(&new).await?;
        assert_eq!(policy.first_response_time_threshold, Number::from_f64(600.0), "{ex}");
        Ok(policy)
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn custom_roles() {
    each("custom-role-list", async |client, ex| account(ex, client).custom_roles().list().await)
        .await;
    each("custom-role-create", async |client, ex| {
        let new = NewCustomRole {
            name: ex.sent("/custom_role/name"),
            description: ex.sent("/custom_role/description"),
            permissions: ex.sent("/custom_role/permissions"),
        };
        account(ex, client).custom_roles().create(&new).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn assignment_policies() {
    each("assignment-policy-list", async |client, ex| {
        account(ex, client).assignment_policies().list().await
    })
    .await;
    each("assignment-policy-create", async |client, ex| {
        let new = NewAssignmentPolicy {
            name: ex.sent("/assignment_policy/name"),
            description: ex.sent("/assignment_policy/description"),
            assignment_order: ex.sent("/assignment_policy/assignment_order"),
            conversation_priority: ex.sent("/assignment_policy/conversation_priority"),
            fair_distribution_limit: ex.sent("/assignment_policy/fair_distribution_limit"),
            fair_distribution_window: ex.sent("/assignment_policy/fair_distribution_window"),
            enabled: ex.sent("/assignment_policy/enabled"),
        };
        account(ex, client).assignment_policies().create(&new).await
    })
    .await;
    each("inbox-assignment-policy", async |client, ex| {
        account(ex, client).assignment_policies().of_inbox(ex.param("id")).await
    })
    .await;
    each("inbox-assignment-policy-set", async |client, ex| {
        let policy = ex.sent("/assignment_policy_id");
        account(ex, client).assignment_policies().set_for_inbox(ex.param("id"), policy).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn companies() {
    each("company-list", async |client, ex| {
        let page = account(ex, client).companies().list(&CompaniesQuery::default()).await?;
        assert_eq!(page.meta.extra["total_count"], page.payload.len(), "{ex}");
        Ok(page)
    })
    .await;
    each("company-create", async |client, ex| {
        let new = NewCompany {
            name: ex.sent("/company/name"),
            domain: ex.sent("/company/domain"),
            description: ex.sent("/company/description"),
        };
        account(ex, client).companies().create(&new).await
    })
    .await;
}

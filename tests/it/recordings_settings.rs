//! Tests of an account's settings (bots, canned responses, filters, integrations and a user's
//! notifications) with the recorded responses of two live servers.

use chatwoot_client::application::agent_bots::{AgentBotPatch, NewAgentBot};
use chatwoot_client::application::canned_responses::{CannedResponsePatch, NewCannedResponse};
use chatwoot_client::application::custom_filters::{
    CustomFilterPatch, CustomFilterType, NewCustomFilter,
};
use chatwoot_client::application::integrations::{
    HookStatus, IntegrationHookPatch, NewIntegrationHook,
};
use chatwoot_client::application::notifications::{
    NotificationType, NotificationsInclude, NotificationsQuery,
};
use chatwoot_client::platform::{NewPlatformAgentBot, PlatformAgentBotPatch};
use chatwoot_client::{Client, ErrorKind};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use tests::recordings::load;
use tests::replay::{Replay, each, refused, replay};

use crate::asked::{account, same_query};

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn platform_agent_bots() {
    each("list-all-agent-bots", async |client, _| client.platform("t").agent_bots().list().await)
        .await;
    each("get-details-of-a-single-agent-bot", async |client, ex| {
        client.platform("t").agent_bots().get(ex.param("id")).await
    })
    .await;
    each("create-an-agent-bot", async |client, ex| {
        let new = NewPlatformAgentBot {
            name: ex.sent("/name"),
            description: ex.sent("/description"),
            outgoing_url: ex.sent("/outgoing_url"),
            account_id: ex.sent("/account_id"),
            avatar_url: ex.sent("/avatar_url"),
        };
        let bot = client.platform("t").agent_bots().create(&new).await?;
        assert!(bot.access_token.is_some(), "{ex}");
        Ok(bot)
    })
    .await;
    each("update-an-agent-bot", async |client, ex| {
        let patch = PlatformAgentBotPatch {
            name: ex.change("/name"),
            description: ex.change("/description"),
            ..Default::default()
        };
        client.platform("t").agent_bots().update(ex.param("id"), &patch).await
    })
    .await;
    each("delete-an-agent-bot", async |client, ex| {
        client.platform("t").agent_bots().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn agent_bots() {
    each("list-all-account-agent-bots", async |client, ex| {
        account(ex, client).agent_bots().list().await
    })
    .await;
    each("get-details-of-a-single-account-agent-bot", async |client, ex| {
        account(ex, client).agent_bots().get(ex.param("id")).await
    })
    .await;
    each("create-an-account-agent-bot", async |client, ex| {
        let new = NewAgentBot {
            name: ex.sent("/name"),
            description: ex.sent("/description"),
            outgoing_url: ex.sent("/outgoing_url"),
            bot_type: ex.sent("/bot_type"),
            bot_config: ex.sent("/bot_config"),
            avatar_url: ex.sent("/avatar_url"),
        };
        let bot = account(ex, client).agent_bots().create(&new).await?;
        assert_eq!(bot.secret.is_some(), ex.version == "4.15.1", "{ex}");
        Ok(bot)
    })
    .await;
    each("update-an-account-agent-bot", async |client, ex| {
        let patch = AgentBotPatch { name: ex.change("/name"), ..Default::default() };
        account(ex, client).agent_bots().update(ex.param("id"), &patch).await
    })
    .await;
    each("delete-an-account-agent-bot", async |client, ex| {
        account(ex, client).agent_bots().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn agent_bot_keys() {
    each("agent-bot-reset-access-token", async |client, ex| {
        account(ex, client).agent_bots().reset_access_token(ex.param("id")).await
    })
    .await;
    each("agent-bot-reset-secret", async |client, ex| {
        account(ex, client).agent_bots().reset_secret(ex.param("id")).await
    })
    .await;
    for ex in load("agent-bot-reset-secret") {
        if ex.version == "4.9.1" {
            let call = async |client: &Client| {
                account(&ex, client).agent_bots().reset_secret(ex.param("id")).await
            };
            assert!(refused(&ex, call).await.is_not_found(), "{ex}: the server has no such path");
        }
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn canned_responses() {
    each("get-account-canned-response", async |client, ex| {
        account(ex, client).canned_responses().list().await
    })
    .await;
    each("add-new-canned-response-to-account", async |client, ex| {
        let new =
            NewCannedResponse { short_code: ex.sent("/short_code"), content: ex.sent("/content") };
        account(ex, client).canned_responses().create(&new).await
    })
    .await;
    each("update-canned-response-in-account", async |client, ex| {
        let patch = CannedResponsePatch {
            short_code: ex.change("/short_code"),
            content: ex.change("/content"),
        };
        account(ex, client).canned_responses().update(ex.param("id"), &patch).await
    })
    .await;
    each("delete-canned-response-from-account", async |client, ex| {
        account(ex, client).canned_responses().delete(ex.param("id")).await
    })
    .await;
    let transport = Replay::answering(200, "[]");
    let client = transport.client();
    client.account(2, "t").canned_responses().search("50% off & more").await.expect("a list");
    let asked = transport.asked().expect("a request");
    assert_eq!(asked.uri().query(), Some("search=50%25+off+%26+more"));
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn custom_filters() {
    for ex in load("list-all-filters") {
        let kind = CustomFilterType::Conversation;
        let call =
            async |client: &Client| account(&ex, client).custom_filters().list(kind.clone()).await;
        let replayed = replay(&ex, call).await;
        same_query(&ex, &replayed);
        assert_eq!(replayed.value[0].filter_type, Some(kind), "{ex}");
    }
    each("get-details-of-a-single-custom-filter", async |client, ex| {
        account(ex, client).custom_filters().get(ex.param("custom_filter_id")).await
    })
    .await;
    for ex in load("create-a-custom-filter") {
        // The document's `type` is ignored; servers read `filter_type`.
        let new = NewCustomFilter {
            name: ex.sent("/name"),
            filter_type: ex.sent("/type"),
            query: ex.sent("/query"),
        };
        let call = async |client: &Client| account(&ex, client).custom_filters().create(&new).await;
        let mut recorded = ex.request.body.clone().unwrap_or_default();
        recorded["filter_type"] = recorded["type"].take();
        recorded.as_object_mut().expect("a body").remove("type");
        assert_eq!(replay(&ex, call).await.body(), recorded, "{ex}");
    }
    each("update-a-custom-filter", async |client, ex| {
        let patch =
            CustomFilterPatch { name: ex.change("/name"), replace_query: ex.change("/query") };
        account(ex, client).custom_filters().update(ex.param("custom_filter_id"), &patch).await
    })
    .await;
    each("delete-a-custom-filter", async |client, ex| {
        account(ex, client).custom_filters().delete(ex.param("custom_filter_id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn integrations() {
    each("get-details-of-all-integrations", async |client, ex| {
        account(ex, client).integrations().apps().await
    })
    .await;
    each("create-an-integration-hook", async |client, ex| {
        let new = NewIntegrationHook {
            app_id: ex.sent("/hook/app_id"),
            inbox_id: ex.sent("/hook/inbox_id"),
            status: ex.sent("/hook/status"),
            settings: ex.sent("/hook/settings"),
        };
        let hook = account(ex, client).integrations().create_hook(&new).await?;
        assert!(!format!("{new:?} {hook:?}").contains("project_id"), "{ex}");
        Ok(hook)
    })
    .await;
    each("update-an-integrations-hook", async |client, ex| {
        let patch = IntegrationHookPatch {
            status: ex.change::<HookStatus>("/hook/status"),
            replace_settings: ex.change("/hook/settings"),
        };
        account(ex, client).integrations().update_hook(ex.param("hook_id"), &patch).await
    })
    .await;
    each("delete-an-integration-hook", async |client, ex| {
        account(ex, client).integrations().delete_hook(ex.param("hook_id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn notifications() {
    each("notification-list", async |client, ex| {
        let page = account(ex, client).notifications().list(&NotificationsQuery::default()).await?;
        let [it] = &*page.payload else { panic!("{ex}: {}", page.payload.len()) };
        assert_eq!(it.notification_type, NotificationType::ParticipatingConversationNewMessage);
        assert_eq!(it.primary_actor.as_ref().map(|conversation| conversation.id), Some(1.into()));
        assert_eq!((page.meta.count, &page.meta.extra["unread_count"]), (Some(1), &json!(1)));
        Ok(page)
    })
    .await;
    each("notification-unread-count", async |client, ex| {
        account(ex, client).notifications().unread_count().await
    })
    .await;
    each("notification-read-all", async |client, ex| {
        account(ex, client).notifications().read_all().await
    })
    .await;
    let transport = Replay::answering(200, r#"{"data":{"meta":{},"payload":[]}}"#);
    let query = NotificationsQuery {
        includes: vec![NotificationsInclude::Read, NotificationsInclude::Snoozed],
        ..Default::default()
    };
    let account = transport.client().account(2, "t");
    let mut all = account.notifications().all(query);
    assert!(all.try_next().await.expect("a page").is_none());
    let asked = transport.asked().expect("a request");
    let query = asked.uri().query().expect("a query").replace("%5B%5D", "[]");
    assert_eq!(query, "includes[]=read&includes[]=snoozed&page=1");
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn notification_settings() {
    each("notification-settings", async |client, ex| {
        account(ex, client).notification_settings().get().await
    })
    .await;
    for ex in load("notification-settings") {
        // Not recorded: the response equals that of the read.
        let transport = Replay::new(&ex);
        let settings = transport.client().account(2, "t");
        let flags = ["push_conversation_mention"];
        settings.notification_settings().replace(&[], &flags).await.expect("settings");
        let asked = transport.asked().expect("a request");
        assert_eq!((asked.method().as_str(), asked.uri().path()), ("PATCH", &*ex.request.url));
        let body: Value = serde_json::from_slice(asked.body()).expect("a body");
        let selected = json!({"selected_email_flags": [], "selected_push_flags": flags});
        assert_eq!(body, json!({ "notification_settings": selected }), "both lists, always");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn cache_keys() {
    each("account-cache-keys", async |client, ex| account(ex, client).details().cache_keys().await)
        .await;
}

#[tokio::test]
async fn a_feature_that_is_off_is_told_by_its_kind() {
    for (status, kind) in [(402, ErrorKind::PaymentRequired), (403, ErrorKind::Forbidden)] {
        let client = Replay::answering(status, r#"{"error":"Please upgrade"}"#).client();
        let error = client.account(2, "t").custom_roles().list().await.expect_err("refused");
        assert_eq!((error.kind(), error.server_message()), (kind, Some("Please upgrade")));
        assert_eq!(error.status(), Some(status));
    }
}

//! Tests of the platform's and the account's own resources with the recorded responses of two live
//! servers.

use chatwoot_client::application::account::AccountPatch;
use chatwoot_client::application::agents::{AgentPatch, NewAgent};
use chatwoot_client::application::attribute_definitions::{
    AttributeDefinitionPatch, AttributeType, NewAttributeDefinition,
};
use chatwoot_client::application::dashboard_apps::{DashboardAppPatch, NewDashboardApp};
use chatwoot_client::application::inboxes::{
    ChannelPatch, InboxPatch, NewApiChannel, NewChannel, NewEmailChannel, NewInbox, NewWebWidget,
};
use chatwoot_client::application::labels::{LabelPatch, NewLabel};
use chatwoot_client::application::profile::ProfilePatch;
use chatwoot_client::application::teams::{NewTeam, TeamPatch};
use chatwoot_client::application::webhooks::{NewWebhook, WebhookPatch, WebhookSubscription};
use chatwoot_client::platform::{NewPlatformAccount, NewUser, PlatformAccountPatch, UserPatch};
use chatwoot_client::{Account, Client, Error, ErrorKind, Secret, UserId};
use serde_json::Value;
use tests::recordings::{Exchange, load};
use tests::replay::{each, refused, replay};

fn account(client: &Client, exchange: &Exchange) -> Account {
    client.account(exchange.param::<u64>("account_id"), "t")
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn labels() {
    each("list-all-labels", async |client, ex| account(client, ex).labels().list().await).await;
    each("get-details-of-a-single-label", async |client, ex| {
        account(client, ex).labels().get(ex.param("id")).await
    })
    .await;
    each("create-a-label", async |client, ex| {
        let new = NewLabel {
            title: ex.sent("/title"),
            description: ex.sent("/description"),
            color: ex.sent("/color"),
            show_on_sidebar: ex.sent("/show_on_sidebar"),
        };
        account(client, ex).labels().create(&new).await
    })
    .await;
    each("update-a-label", async |client, ex| {
        let patch = LabelPatch {
            title: ex.change("/title"),
            description: ex.change("/description"),
            color: ex.change("/color"),
            show_on_sidebar: ex.change("/show_on_sidebar"),
        };
        account(client, ex).labels().update(ex.param("id"), &patch).await
    })
    .await;
    each("delete-a-label", async |client, ex| {
        account(client, ex).labels().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn platform_accounts() {
    each("platform-list-accounts", async |client, _| client.platform("t").accounts().list().await)
        .await;
    each("create-an-account", async |client, ex| {
        let new = NewPlatformAccount {
            name: ex.sent("/name"),
            locale: ex.sent("/locale"),
            domain: ex.sent("/domain"),
            support_email: ex.sent("/support_email"),
            status: ex.sent("/status"),
            features: ex.sent("/features"),
            limits: ex.sent("/limits"),
            custom_attributes: ex.sent("/custom_attributes"),
        };
        client.platform("t").accounts().create(&new).await
    })
    .await;
    each("get-details-of-an-account", async |client, ex| {
        client.platform("t").accounts().get(ex.param("account_id")).await
    })
    .await;
    each("update-an-account", async |client, ex| {
        let patch = PlatformAccountPatch {
            name: ex.change("/name"),
            status: ex.change("/status"),
            merge_features: ex.change("/features"),
            ..Default::default()
        };
        client.platform("t").accounts().update(ex.param("account_id"), &patch).await
    })
    .await;
    each("delete-an-account", async |client, ex| {
        client.platform("t").accounts().delete(ex.param("account_id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn platform_users() {
    each("create-a-user", async |client, ex| {
        let new = NewUser {
            name: ex.sent("/name"),
            email: ex.sent("/email"),
            display_name: ex.sent("/display_name"),
            password: ex.sent::<Option<String>>("/password").map(Secret::new),
            custom_attributes: ex.sent("/custom_attributes"),
        };
        client.platform("t").users().create(&new).await
    })
    .await;
    each("get-details-of-a-user", async |client, ex| {
        client.platform("t").users().get(ex.param("id")).await
    })
    .await;
    each("update-a-user", async |client, ex| {
        let patch = UserPatch { name: ex.change("/name"), ..Default::default() };
        client.platform("t").users().update(ex.param("id"), &patch).await
    })
    .await;
    each("get-sso-url-of-a-user", async |client, ex| {
        client.platform("t").users().sso_link(ex.param("id")).await
    })
    .await;
    each("platform-user-token", async |client, ex| {
        client.platform("t").users().token(ex.param("id")).await
    })
    .await;
    each("delete-a-user", async |client, ex| {
        client.platform("t").users().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn account_users() {
    each("list-all-account-users", async |client, ex| {
        client.platform("t").account_users().list(ex.param("account_id")).await
    })
    .await;
    each("create-an-account-user", async |client, ex| {
        let (user, role) = (ex.sent("/user_id"), ex.sent("/role"));
        client.platform("t").account_users().create(ex.param("account_id"), user, role).await
    })
    .await;
    each("delete-an-account-user", async |client, ex| {
        let user = ex.sent("/user_id");
        client.platform("t").account_users().delete(ex.param("account_id"), user).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn server() {
    each("api-root", async |client, _| client.server().version().await).await;
    each("health", async |client, _| client.server().health().await).await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn account_itself() {
    each("get-account-details", async |client, ex| account(client, ex).details().get().await).await;
    each("update-account", async |client, ex| {
        let patch = AccountPatch {
            name: ex.change("/name"),
            locale: ex.change("/locale"),
            support_email: ex.change("/support_email"),
            auto_resolve_after: ex.change("/auto_resolve_after"),
            auto_resolve_message: ex.change("/auto_resolve_message"),
            industry: ex.change("/industry"),
            timezone: ex.change("/timezone"),
            ..Default::default()
        };
        account(client, ex).details().update(&patch).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn profile() {
    each("fetchProfile", async |client, _| client.profile("t").get().await).await;
    each("updateProfile", async |client, ex| {
        let patch = ProfilePatch {
            display_name: ex.change("/profile/display_name"),
            replace_ui_settings: ex.change("/profile/ui_settings"),
            ..Default::default()
        };
        client.profile("t").update(&patch).await
    })
    .await;
    each("profile-availability", async |client, ex| {
        let (id, to) = (ex.sent("/profile/account_id"), ex.sent("/profile/availability"));
        client.profile("t").set_availability(id, to).await
    })
    .await;
    each("profile-auto-offline", async |client, ex| {
        let (id, to) = (ex.sent("/profile/account_id"), ex.sent("/profile/auto_offline"));
        client.profile("t").set_auto_offline(id, to).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn agents() {
    each("get-account-agents", async |client, ex| account(client, ex).agents().list().await).await;
    each("add-new-agent-to-account", async |client, ex| {
        let new = NewAgent {
            name: ex.sent("/name"),
            email: ex.sent("/email"),
            role: ex.sent("/role"),
            availability: ex.sent("/availability"),
            auto_offline: ex.sent("/auto_offline"),
        };
        account(client, ex).agents().create(&new).await
    })
    .await;
    each("update-agent-in-account", async |client, ex| {
        let patch = AgentPatch {
            role: ex.change("/role"),
            availability: ex.change("/availability"),
            ..Default::default()
        };
        account(client, ex).agents().update(ex.param("id"), &patch).await
    })
    .await;
    each("delete-agent-from-account", async |client, ex| {
        account(client, ex).agents().delete(ex.param("id")).await
    })
    .await;
    each("agents-bulk-create", async |client, ex| {
        account(client, ex).agents().bulk_create(&ex.sent::<Vec<String>>("/emails")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn teams() {
    each("list-all-teams", async |client, ex| account(client, ex).teams().list().await).await;
    each("get-details-of-a-single-team", async |client, ex| {
        account(client, ex).teams().get(ex.param("team_id")).await
    })
    .await;
    each("create-a-team", async |client, ex| {
        let new = NewTeam {
            name: ex.sent("/name"),
            description: ex.sent("/description"),
            allow_auto_assign: ex.sent("/allow_auto_assign"),
        };
        account(client, ex).teams().create(&new).await
    })
    .await;
    each("update-a-team", async |client, ex| {
        let patch = TeamPatch { description: ex.change("/description"), ..Default::default() };
        account(client, ex).teams().update(ex.param("team_id"), &patch).await
    })
    .await;
    each("delete-a-team", async |client, ex| {
        account(client, ex).teams().delete(ex.param("team_id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn team_members() {
    each("get-team-members", async |client, ex| {
        account(client, ex).team_members().list(ex.param("team_id")).await
    })
    .await;
    each("add-new-agent-to-team", async |client, ex| {
        let users: Vec<UserId> = ex.sent("/user_ids");
        account(client, ex).team_members().add(ex.param("team_id"), &users).await
    })
    .await;
    each("update-agents-in-team", async |client, ex| {
        let users: Vec<UserId> = ex.sent("/user_ids");
        account(client, ex).team_members().replace(ex.param("team_id"), &users).await
    })
    .await;
    each("delete-agent-in-team", async |client, ex| {
        let users: Vec<UserId> = ex.sent("/user_ids");
        account(client, ex).team_members().remove(ex.param("team_id"), &users).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn inbox_members() {
    each("get-inbox-members", async |client, ex| {
        account(client, ex).inbox_members().list(ex.param("inbox_id")).await
    })
    .await;
    each("add-new-agent-to-inbox", async |client, ex| {
        let users: Vec<UserId> = ex.sent("/user_ids");
        account(client, ex).inbox_members().add(ex.sent("/inbox_id"), &users).await
    })
    .await;
    each("update-agents-in-inbox", async |client, ex| {
        let users: Vec<UserId> = ex.sent("/user_ids");
        account(client, ex).inbox_members().replace(ex.sent("/inbox_id"), &users).await
    })
    .await;
    each("delete-agent-in-inbox", async |client, ex| {
        let users: Vec<UserId> = ex.sent("/user_ids");
        account(client, ex).inbox_members().remove(ex.sent("/inbox_id"), &users).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn custom_attributes() {
    for ex in load("get-account-custom-attribute") {
        let model = ex.request.query.as_ref().and_then(|query| query["attribute_model"].as_str());
        let call = async |client: &Client| {
            account(client, &ex).attribute_definitions().list(model.map(Into::into)).await
        };
        let asked = replay(&ex, call).await.asked;
        let query = model.map(|model| format!("attribute_model={model}"));
        assert_eq!(asked.uri().query(), query.as_deref(), "{ex}");
    }
    for ex in load("add-new-custom-attribute-to-account") {
        // The server accepts numbers and names, and returns names; we send names.
        let answered = ex.response.body.clone().unwrap_or_default();
        let word = |key: &str| answered[key].as_str().expect("a word").to_owned();
        let new = NewAttributeDefinition {
            key: ex.sent("/attribute_key"),
            display_name: ex.sent("/attribute_display_name"),
            display_type: (&*word("attribute_display_type")).into(),
            model: (&*word("attribute_model")).into(),
            description: ex.sent("/attribute_description"),
            values: ex.sent("/attribute_values"),
            regex_pattern: ex.sent("/regex_pattern"),
            regex_cue: ex.sent("/regex_cue"),
        };
        let call =
            async |client: &Client| account(client, &ex).attribute_definitions().create(&new).await;
        let replayed = replay(&ex, call).await;
        let known = &replayed.value.display_type;
        assert!(!matches!(known, AttributeType::Unknown(_)), "{ex}: {known}");
        let mut recorded = ex.request.body.clone().unwrap_or_default();
        recorded["attribute_display_type"] = word("attribute_display_type").into();
        recorded["attribute_model"] = word("attribute_model").into();
        assert_eq!(replayed.body(), recorded, "{ex}");
    }
    each("get-details-of-a-single-custom-attribute", async |client, ex| {
        account(client, ex).attribute_definitions().get(ex.param("id")).await
    })
    .await;
    each("update-custom-attribute-in-account", async |client, ex| {
        let description = ex.change("/attribute_description");
        let patch = AttributeDefinitionPatch { description, ..Default::default() };
        account(client, ex).attribute_definitions().update(ex.param("id"), &patch).await
    })
    .await;
    each("delete-custom-attribute-from-account", async |client, ex| {
        account(client, ex).attribute_definitions().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn webhooks() {
    each("list-all-webhooks", async |client, ex| account(client, ex).webhooks().list().await).await;
    for ex in load("create-a-webhook") {
        // The flat form of the document is accepted too; we send the wrapped one.
        let root = if ex.request.body.as_ref().is_some_and(|body| body.get("webhook").is_some()) {
            "/webhook"
        } else {
            ""
        };
        let new = NewWebhook {
            url: ex.sent(&format!("{root}/url")),
            name: ex.sent(&format!("{root}/name")),
            subscriptions: ex.sent(&format!("{root}/subscriptions")),
            inbox_id: None,
        };
        let call = async |client: &Client| account(client, &ex).webhooks().create(&new).await;
        let replayed = replay(&ex, call).await;
        let recorded: Value = ex.sent(root);
        assert_eq!(replayed.body()["webhook"], recorded, "{ex}");
        for word in &replayed.value.subscriptions {
            assert!(!matches!(word, WebhookSubscription::Unknown(_)), "{ex}: {word}");
        }
        assert_eq!(replayed.value.secret.is_some(), ex.version == "4.15.1", "{ex}");
    }
    each("update-a-webhook", async |client, ex| {
        let patch = WebhookPatch {
            url: ex.change("/webhook/url"),
            name: ex.change("/webhook/name"),
            subscriptions: ex.change("/webhook/subscriptions"),
        };
        account(client, ex).webhooks().update(ex.param("webhook_id"), &patch).await
    })
    .await;
    each("delete-a-webhook", async |client, ex| {
        account(client, ex).webhooks().delete(ex.param("webhook_id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn dashboard_apps() {
    each("dashboard-app-list", async |client, ex| {
        account(client, ex).dashboard_apps().list().await
    })
    .await;
    each("dashboard-app-show", async |client, ex| {
        account(client, ex).dashboard_apps().get(ex.param("id")).await
    })
    .await;
    each("dashboard-app-create", async |client, ex| {
        let title: String = ex.sent("/dashboard_app/title");
        let url: String = ex.sent("/dashboard_app/content/0/url");
        account(client, ex).dashboard_apps().create(&NewDashboardApp::frame(title, url)).await
    })
    .await;
    each("dashboard-app-update", async |client, ex| {
        let patch = DashboardAppPatch {
            title: ex.change("/dashboard_app/title"),
            content: ex.change("/dashboard_app/content"),
        };
        account(client, ex).dashboard_apps().update(ex.param("id"), &patch).await
    })
    .await;
    each("dashboard-app-delete", async |client, ex| {
        account(client, ex).dashboard_apps().delete(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn inboxes() {
    each("listAllInboxes", async |client, ex| account(client, ex).inboxes().list().await).await;
    each("GetInbox", async |client, ex| account(client, ex).inboxes().get(ex.param("id")).await)
        .await;
    each("inboxCreation", async |client, ex| {
        let channel: NewChannel = match ex.sent::<String>("/channel/type").as_str() {
            "web_widget" => NewWebWidget {
                website_url: ex.sent("/channel/website_url"),
                widget_color: ex.sent("/channel/widget_color"),
                welcome_title: ex.sent("/channel/welcome_title"),
                welcome_tagline: ex.sent("/channel/welcome_tagline"),
                reply_time: ex.sent("/channel/reply_time"),
                selected_feature_flags: ex.sent("/channel/selected_feature_flags"),
                allowed_domains: ex.sent("/channel/allowed_domains"),
                pre_chat_form_enabled: ex.sent("/channel/pre_chat_form_enabled"),
                pre_chat_form_options: ex.sent("/channel/pre_chat_form_options"),
                continuity_via_email: ex.sent("/channel/continuity_via_email"),
                hmac_mandatory: ex.sent("/channel/hmac_mandatory"),
            }
            .into(),
            "api" => NewApiChannel {
                webhook_url: ex.sent("/channel/webhook_url"),
                hmac_mandatory: ex.sent("/channel/hmac_mandatory"),
                additional_attributes: ex.sent("/channel/additional_attributes"),
            }
            .into(),
            "email" => NewEmailChannel::new(ex.sent::<String>("/channel/email")).into(),
            _ => NewChannel::Raw(ex.sent("/channel")),
        };
        let new = NewInbox {
            greeting_enabled: ex.sent("/greeting_enabled"),
            greeting_message: ex.sent("/greeting_message"),
            out_of_office_message: ex.sent("/out_of_office_message"),
            timezone: ex.sent("/timezone"),
            working_hours_enabled: ex.sent("/working_hours_enabled"),
            ..NewInbox::new(ex.sent::<String>("/name"), channel)
        };
        account(client, ex).inboxes().create(&new).await
    })
    .await;
    each("updateInbox", async |client, ex| {
        let color = ex.change("/channel/widget_color");
        let channel = ChannelPatch { widget_color: color, ..Default::default() };
        let patch = InboxPatch {
            name: ex.change("/name"),
            csat_survey_enabled: ex.change("/csat_survey_enabled"),
            enable_auto_assignment: ex.change("/enable_auto_assignment"),
            working_hours: ex.sent("/working_hours"),
            channel: ex.sent::<Option<Value>>("/channel").map(|_| channel),
            ..Default::default()
        };
        account(client, ex).inboxes().update(ex.param("id"), &patch).await
    })
    .await;
    each("inbox-delete", async |client, ex| {
        account(client, ex).inboxes().delete(ex.param("id")).await
    })
    .await;
    each("inbox-reset-secret", async |client, ex| {
        account(client, ex).inboxes().reset_secret(ex.param("id")).await
    })
    .await;
    each("inbox-assignable-agents", async |client, ex| {
        account(client, ex).inboxes().assignable_agents(ex.param("id")).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn inbox_agent_bots() {
    each("getInboxAgentBot", async |client, ex| {
        let found = account(client, ex).inboxes().agent_bot(ex.param("id")).await?;
        assert_eq!(found.agent_bot.is_none(), ex.note.as_deref() == Some("none set"), "{ex}");
        Ok(found)
    })
    .await;
    each("updateAgentBot", async |client, ex| {
        account(client, ex).inboxes().set_agent_bot(ex.param("id"), ex.sent("/agent_bot")).await
    })
    .await;
}

/// Runs a call that the server refused, and returns the kind of the error for each version.
async fn kinds<T>(
    name: &str,
    call: impl AsyncFn(&Client, &Exchange) -> Result<T, Error>,
) -> Vec<ErrorKind> {
    let mut kinds = Vec::new();
    for ex in load(name) {
        let error = refused(&ex, async |client| call(client, &ex).await).await;
        assert!(error.server_message().is_some(), "{ex}: {error:?}");
        kinds.push(error.kind());
    }
    kinds
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn refusals_have_their_kind() {
    let all = [
        (
            ErrorKind::Conflict,
            kinds("error-agent-duplicate", async |client, ex| {
                let new = NewAgent::new("a", ex.sent::<String>("/email"));
                account(client, ex).agents().create(&new).await
            })
            .await,
        ),
        (
            ErrorKind::Conflict,
            kinds("error-webhook-duplicate", async |client, ex| {
                let new = NewWebhook::new(ex.sent::<String>("/webhook/url"), []);
                account(client, ex).webhooks().create(&new).await
            })
            .await,
        ),
        (
            ErrorKind::Conflict,
            kinds("error-custom-attribute-duplicate", async |client, ex| {
                let new = NewAttributeDefinition::default();
                account(client, ex).attribute_definitions().create(&new).await
            })
            .await,
        ),
        (
            ErrorKind::Invalid,
            kinds("error-custom-attribute-reserved", async |client, ex| {
                let new = NewAttributeDefinition::default();
                account(client, ex).attribute_definitions().create(&new).await
            })
            .await,
        ),
        (
            ErrorKind::Invalid,
            kinds("error-dashboard-app-bad-url", async |client, ex| {
                let new = NewDashboardApp::frame("x", "javascript:alert(1)");
                account(client, ex).dashboard_apps().create(&new).await
            })
            .await,
        ),
        (
            ErrorKind::Invalid,
            kinds("error-inbox-bad-channel", async |client, ex| {
                let new = NewInbox::new("x", NewChannel::Raw(ex.sent("/channel")));
                account(client, ex).inboxes().create(&new).await
            })
            .await,
        ),
        (
            ErrorKind::Invalid,
            kinds("error-platform-user-invalid", async |client, _| {
                client.platform("t").users().create(&NewUser::new("x", "x", "x")).await
            })
            .await,
        ),
        (
            ErrorKind::Unauthorized,
            kinds("error-platform-not-permissible", async |client, ex| {
                client.platform("t").accounts().get(ex.param("account_id")).await
            })
            .await,
        ),
        (
            ErrorKind::NotFound,
            kinds("error-platform-unknown-account", async |client, ex| {
                client.platform("t").accounts().get(ex.param("account_id")).await
            })
            .await,
        ),
    ];
    for (index, (wanted, kinds)) in all.into_iter().enumerate() {
        assert!(kinds.iter().all(|kind| *kind == wanted), "{index}: {wanted:?}, but {kinds:?}");
    }
}

//! Settings of the account: attributes, webhooks, apps, canned responses, filters, integrations.

use anyhow::{Context, ensure};
use chatwoot_client::Attributes;
use chatwoot_client::application::attribute_definitions::{
    AttributeDefinitionPatch, AttributeModel, AttributeType, NewAttributeDefinition,
};
use chatwoot_client::application::canned_responses::{CannedResponsePatch, NewCannedResponse};
use chatwoot_client::application::custom_filters::{
    CustomFilterPatch, CustomFilterType, NewCustomFilter,
};
use chatwoot_client::application::dashboard_apps::{DashboardAppPatch, NewDashboardApp};
use chatwoot_client::application::integrations::{
    HookSettings, HookStatus, IntegrationHookPatch, NewIntegrationHook,
};
use chatwoot_client::application::webhooks::{NewWebhook, WebhookPatch, WebhookSubscription};
use chatwoot_client::application::{Filter, FilterCondition};
use serde_json::json;

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn attribute_definitions(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let attributes = stage.account.attribute_definitions();
    let new = NewAttributeDefinition {
        display_type: AttributeType::List,
        values: Some(vec!["gold".into(), "silver".into()]),
        ..NewAttributeDefinition::new(AttributeModel::Contact, "contract_tier", "Tier")
    };
    let tier = session.done(attributes.create(&new)).await?.id;
    let change = AttributeDefinitionPatch {
        display_name: "Rank".into(),
        ..AttributeDefinitionPatch::default()
    };
    session.done(attributes.update(tier, &change)).await?;
    let read = session.step(attributes.get(tier), |is| {
        ensure!(is.key == "contract_tier", "what was not named has changed");
        ensure!(is.display_name.as_deref() == Some("Rank"));
        ensure!(is.display_type == AttributeType::List);
        ensure!(is.model == AttributeModel::Contact);
        Ok(())
    });
    read.await?;
    let listed = session.step(attributes.list(Some(AttributeModel::Contact)), |list| {
        must!(list.iter().any(|one| one.id == tier), "the attribute is not listed")
    });
    listed.await?;
    session.done(attributes.delete(tier)).await
}

pub(super) async fn webhooks(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let webhooks = stage.account.webhooks();
    let url = format!("https://shop.example.com/{}", session.run);
    let new = NewWebhook::new(url.clone(), [WebhookSubscription::ContactCreated]);
    let hook = session.done(webhooks.create(&new)).await?.id;
    let change = WebhookPatch {
        subscriptions: vec![WebhookSubscription::MessageCreated].into(),
        ..WebhookPatch::default()
    };
    session.done(webhooks.update(hook, &change)).await?;
    let read = session.step(webhooks.list(), |list| {
        let is = list.iter().find(|one| one.id == hook).context("the webhook is not listed")?;
        ensure!(is.url == url, "what was not named has changed");
        ensure!(*is.subscriptions == [WebhookSubscription::MessageCreated]);
        Ok(())
    });
    read.await?;
    session.done(webhooks.delete(hook)).await
}

pub(super) async fn dashboard_apps(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let apps = stage.account.dashboard_apps();
    let new = NewDashboardApp::frame("Orders", "https://shop.example.com/panel");
    let app = session.done(apps.create(&new)).await?.id;
    let change = DashboardAppPatch { title: "Carts".into(), ..DashboardAppPatch::default() };
    session.done(apps.update(app, &change)).await?;
    let read = session.step(apps.get(app), |is| {
        ensure!(is.title == "Carts");
        ensure!(is.content == new.content, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let listed = session.step(apps.list(), |list| {
        must!(list.iter().any(|one| one.id == app), "the app is not listed")
    });
    listed.await?;
    session.done(apps.delete(app)).await
}

pub(super) async fn canned_responses(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let answers = stage.account.canned_responses();
    let new = NewCannedResponse::new(session.name("hi"), "Hello");
    let answer = session.done(answers.create(&new)).await?.id;
    let change =
        CannedResponsePatch { content: "Welcome".into(), ..CannedResponsePatch::default() };
    session.done(answers.update(answer, &change)).await?;
    let read = session.step(answers.list(), |list| {
        let is = list.iter().find(|one| one.id == answer).context("the answer is not listed")?;
        ensure!(is.short_code == new.short_code, "what was not named has changed");
        ensure!(is.content == "Welcome");
        Ok(())
    });
    read.await?;
    session.done(answers.delete(answer)).await
}

pub(super) async fn custom_filters(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let filters = stage.account.custom_filters();
    let open = Filter::new(FilterCondition::equal_to("status", ["open"]));
    let new = NewCustomFilter::new(session.name("open"), CustomFilterType::Conversation, &open);
    let filter = session.done(filters.create(&new)).await?.id;
    let change =
        CustomFilterPatch { name: session.name("still open").into(), ..Default::default() };
    session.done(filters.update(filter, &change)).await?;
    let read = session.step(filters.get(filter), |is| {
        ensure!(is.name == session.name("still open"));
        ensure!(is.query == new.query, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let listed = session.step(filters.list(CustomFilterType::Conversation), |list| {
        must!(list.iter().any(|one| one.id == filter), "the filter is not listed")
    });
    listed.await?;
    session.done(filters.delete(filter)).await
}

pub(super) async fn integrations(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let integrations = stage.account.integrations();
    session.done(integrations.apps()).await?;
    let settings = json!({"project_id": "contract", "credentials": {"key": "none"}});
    let settings: Attributes = settings.as_object().cloned().unwrap_or_default();
    let new = NewIntegrationHook {
        settings: HookSettings(settings),
        ..NewIntegrationHook::new("google_translate")
    };
    let hook = session.done(integrations.create_hook(&new)).await?.id;
    let change = IntegrationHookPatch { status: HookStatus::Disabled.into(), ..Default::default() };
    let changed = session.step(integrations.update_hook(hook, &change), |is| {
        must!(is.status == Some(false), "it is still enabled")
    });
    changed.await?;
    session.done(integrations.delete_hook(hook)).await
}

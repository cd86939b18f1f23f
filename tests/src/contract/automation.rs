//! What the server does by itself: rules, macros, campaigns; and changes to many at once.

use anyhow::ensure;
use chatwoot_client::application::FilterOperator;
use chatwoot_client::application::automation_rules::{
    Action, ActionName, AutomationRulePatch, NewAutomationRule, RuleCondition, RuleEvent,
};
use chatwoot_client::application::bulk_actions::BulkConversationPatch;
use chatwoot_client::application::campaigns::NewCampaign;
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::macros::{MacroPatch, MacroVisibility, NewMacro};

use super::server::{Cut, Server};
use super::stage::Stage;

pub(super) async fn rules(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let rules = stage.account.automation_rules();
    let new = NewAutomationRule {
        description: Some("Contract".into()),
        // Of no conversation's status, so that it never acts on those of this run.
        conditions: vec![RuleCondition::new("status", FilterOperator::EqualTo, ["snoozed"])],
        actions: vec![Action::add_labels([server.name("rule")])],
        active: Some(false),
        ..NewAutomationRule::new(server.name("Rule"), RuleEvent::ConversationCreated)
    };
    let rule = server.done(rules.create(&new)).await?.id;
    let change = AutomationRulePatch {
        name: server.name("Renamed").into(),
        ..AutomationRulePatch::default()
    };
    server.done(rules.update(rule, &change)).await?;
    let read = server.step(rules.get(rule), |is| {
        ensure!(is.name == server.name("Renamed"));
        ensure!(is.actions == new.actions, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let copy = server.step(rules.duplicate(rule), |is| must!(is.id != rule, "no new rule"));
    let copy = copy.await?.id;
    let listed = server.step(rules.list(), |list| {
        for id in [rule, copy] {
            ensure!(list.iter().any(|one| one.id == id), "rule {id} is not listed");
        }
        Ok(())
    });
    listed.await?;
    for id in [rule, copy] {
        server.done(rules.delete(id)).await?;
    }
    Ok(())
}

pub(super) async fn macros(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let macros = stage.account.macros();
    let new = NewMacro {
        name: server.name("Macro"),
        visibility: MacroVisibility::Global,
        actions: vec![Action::plain(ActionName::RemoveAssignedTeam)],
    };
    let made = server.done(macros.create(&new)).await?.id;
    let change = MacroPatch { name: server.name("Renamed").into(), ..MacroPatch::default() };
    server.done(macros.update(made, MacroVisibility::Global, &change)).await?;
    let read = server.step(macros.get(made), |is| {
        ensure!(is.name == server.name("Renamed"));
        ensure!(is.actions == new.actions, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let listed = server.step(macros.list(), |list| {
        must!(list.iter().any(|one| one.id == made), "the macro is not listed")
    });
    listed.await?;
    server.done(macros.execute(made, &[stage.conversation.id])).await?;
    server.done(macros.delete(made)).await
}

pub(super) async fn campaigns(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let campaigns = stage.account.campaigns();
    let (inbox, title) = (stage.website.id, server.name("Sale"));
    let page = "https://shop.example.com/sale";
    let new = NewCampaign::on_page(title.clone(), inbox, "20% off", page, 5);
    let campaign = server.done(campaigns.create(&new)).await?.id;
    let read = server.step(campaigns.get(campaign), |is| {
        ensure!(is.title == title);
        ensure!(is.message == "20% off");
        Ok(())
    });
    read.await?;
    let listed = server.step(campaigns.list(), |list| {
        must!(list.iter().any(|one| one.id == campaign), "the campaign is not listed")
    });
    listed.await?;
    // A visitor's widget asks this way; the live server answered an empty list, so only its
    // shape is looked at.
    server.done(campaigns.of_inbox(inbox)).await?;
    Ok(())
}

pub(super) async fn bulk_actions(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let bulk = stage.account.bulk_actions();
    let change = BulkConversationPatch {
        add_labels: vec![server.name("bulk")],
        ..BulkConversationPatch::default()
    };
    // The server does it later, so nothing can be read at once.
    server.done(bulk.conversations(&[stage.conversation.id], &change)).await?;
    let labels = [server.name("bulk")];
    server.done(bulk.add_contact_labels(&[stage.contact.id], &labels)).await?;
    let other = NewContact { name: Some("Bulk".into()), ..NewContact::default() };
    let other = server.done(stage.account.contacts().create(&other)).await?.contact.id;
    server.done(bulk.delete_contacts(&[other])).await
}

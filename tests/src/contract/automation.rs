//! What the desk does by itself: rules, macros, campaigns; and changes to many at once.

use anyhow::ensure;
use chatwoot_client::application::FilterOperator;
use chatwoot_client::application::automation_rules::{
    Action, ActionName, AutomationRulePatch, NewAutomationRule, RuleCondition, RuleEvent,
};
use chatwoot_client::application::bulk_actions::BulkConversationPatch;
use chatwoot_client::application::campaigns::NewCampaign;
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::macros::{MacroPatch, MacroVisibility, NewMacro};

use super::desk::{Cut, Desk};
use super::stage::Stage;

pub(super) async fn rules(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let rules = stage.account.automation_rules();
    let new = NewAutomationRule {
        description: Some("Contract".into()),
        // Of no conversation's status, so that it never acts on those of this run.
        conditions: vec![RuleCondition::new("status", FilterOperator::EqualTo, ["snoozed"])],
        actions: vec![Action::add_labels([desk.name("rule")])],
        active: Some(false),
        ..NewAutomationRule::new(desk.name("Rule"), RuleEvent::ConversationCreated)
    };
    let rule = desk.done(rules.create(&new)).await?.id;
    let change =
        AutomationRulePatch { name: desk.name("Renamed").into(), ..AutomationRulePatch::default() };
    desk.done(rules.update(rule, &change)).await?;
    let read = desk.step(rules.get(rule), |is| {
        ensure!(is.name == desk.name("Renamed"));
        ensure!(is.actions == new.actions, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let copy = desk.step(rules.duplicate(rule), |is| must!(is.id != rule, "no new rule"));
    let copy = copy.await?.id;
    let listed = desk.step(rules.list(), |list| {
        for id in [rule, copy] {
            ensure!(list.iter().any(|one| one.id == id), "rule {id} is not listed");
        }
        Ok(())
    });
    listed.await?;
    for id in [rule, copy] {
        desk.done(rules.delete(id)).await?;
    }
    Ok(())
}

pub(super) async fn macros(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let macros = stage.account.macros();
    let new = NewMacro {
        name: desk.name("Macro"),
        visibility: MacroVisibility::Global,
        actions: vec![Action::plain(ActionName::RemoveAssignedTeam)],
    };
    let made = desk.done(macros.create(&new)).await?.id;
    let change = MacroPatch { name: desk.name("Renamed").into(), ..MacroPatch::default() };
    desk.done(macros.update(made, &MacroVisibility::Global, &change)).await?;
    let read = desk.step(macros.get(made), |is| {
        ensure!(is.name == desk.name("Renamed"));
        ensure!(is.actions == new.actions, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let listed = desk.step(macros.list(), |list| {
        must!(list.iter().any(|one| one.id == made), "the macro is not listed")
    });
    listed.await?;
    desk.done(macros.execute(made, &[stage.conversation.id])).await?;
    desk.done(macros.delete(made)).await
}

pub(super) async fn campaigns(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let campaigns = stage.account.campaigns();
    let (inbox, title) = (stage.website.id, desk.name("Sale"));
    let page = "https://shop.example.com/sale";
    let new = NewCampaign::on_page(title.clone(), inbox, "20% off", page, 5);
    let campaign = desk.done(campaigns.create(&new)).await?.id;
    let read = desk.step(campaigns.get(campaign), |is| {
        ensure!(is.title == title);
        ensure!(is.message == "20% off");
        Ok(())
    });
    read.await?;
    let listed = desk.step(campaigns.list(), |list| {
        must!(list.iter().any(|one| one.id == campaign), "the campaign is not listed")
    });
    listed.await?;
    // A visitor's widget asks this way; the live server answered an empty list, so only its
    // shape is looked at.
    desk.done(campaigns.of_inbox(inbox)).await?;
    Ok(())
}

pub(super) async fn bulk_actions(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let bulk = stage.account.bulk_actions();
    let change = BulkConversationPatch {
        add_labels: vec![desk.name("bulk")],
        ..BulkConversationPatch::default()
    };
    // The server does it later, so nothing can be read at once.
    desk.done(bulk.conversations(&[stage.conversation.id], &change)).await?;
    let labels = [desk.name("bulk")];
    desk.done(bulk.add_contact_labels(&[stage.contact.id], &labels)).await?;
    let other = NewContact { name: Some("Bulk".into()), ..NewContact::default() };
    let other = desk.done(stage.account.contacts().create(&other)).await?.contact.id;
    desk.done(bulk.delete_contacts(&[other])).await
}

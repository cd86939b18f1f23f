//! Automation: rules, macros, campaigns; and bulk changes.

use anyhow::ensure;
use chatwoot_client::application::FilterOperator;
use chatwoot_client::application::automation_rules::{
    Action, ActionName, AutomationRulePatch, NewAutomationRule, RuleCondition, RuleEvent,
};
use chatwoot_client::application::bulk_actions::BulkConversationPatch;
use chatwoot_client::application::campaigns::NewCampaign;
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::macros::{MacroPatch, MacroVisibility, NewMacro};

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn rules(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let rules = stage.account.automation_rules();
    let new = NewAutomationRule {
        description: Some("Contract".into()),
        // Matches no conversation of this run, so that it never acts on one.
        conditions: vec![RuleCondition::new("status", FilterOperator::EqualTo, ["snoozed"])],
        actions: vec![Action::add_labels([session.name("rule")])],
        active: Some(false),
        ..NewAutomationRule::new(session.name("Rule"), RuleEvent::ConversationCreated)
    };
    let rule = session.done(rules.create(&new)).await?.id;
    let change = AutomationRulePatch {
        name: session.name("Renamed").into(),
        ..AutomationRulePatch::default()
    };
    session.done(rules.update(rule, &change)).await?;
    let read = session.step(rules.get(rule), |is| {
        ensure!(is.name == session.name("Renamed"));
        ensure!(is.actions == new.actions, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let copy = session.step(rules.duplicate(rule), |is| must!(is.id != rule, "no new rule"));
    let copy = copy.await?.id;
    let listed = session.step(rules.list(), |list| {
        for id in [rule, copy] {
            ensure!(list.iter().any(|one| one.id == id), "rule {id} is not listed");
        }
        Ok(())
    });
    listed.await?;
    for id in [rule, copy] {
        session.done(rules.delete(id)).await?;
    }
    Ok(())
}

pub(super) async fn macros(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let macros = stage.account.macros();
    let new = NewMacro {
        name: session.name("Macro"),
        visibility: MacroVisibility::Global,
        actions: vec![Action::plain(ActionName::RemoveAssignedTeam)],
    };
    let made = session.done(macros.create(&new)).await?.id;
    let change = MacroPatch { name: session.name("Renamed").into(), ..MacroPatch::default() };
    session.done(macros.update(made, MacroVisibility::Global, &change)).await?;
    let read = session.step(macros.get(made), |is| {
        ensure!(is.name == session.name("Renamed"));
        ensure!(is.actions == new.actions, "what was not named has changed");
        Ok(())
    });
    read.await?;
    let listed = session.step(macros.list(), |list| {
        must!(list.iter().any(|one| one.id == made), "the macro is not listed")
    });
    listed.await?;
    session.done(macros.execute(made, &[stage.conversation.id])).await?;
    session.done(macros.delete(made)).await
}

pub(super) async fn campaigns(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let campaigns = stage.account.campaigns();
    let (inbox, title) = (stage.website.id, session.name("Sale"));
    let page = "https://shop.example.com/sale";
    let new = NewCampaign::on_page(title.clone(), inbox, "20% off", page, 5);
    let campaign = session.done(campaigns.create(&new)).await?.id;
    let read = session.step(campaigns.get(campaign), |is| {
        ensure!(is.title == title);
        ensure!(is.message == "20% off");
        Ok(())
    });
    read.await?;
    let listed = session.step(campaigns.list(), |list| {
        must!(list.iter().any(|one| one.id == campaign), "the campaign is not listed")
    });
    listed.await?;
    // A visitor's widget sends this request; the live server returned an empty list, so only its
    // shape is checked.
    session.done(campaigns.of_inbox(inbox)).await?;
    Ok(())
}

pub(super) async fn bulk_actions(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let bulk = stage.account.bulk_actions();
    let change = BulkConversationPatch {
        add_labels: vec![session.name("bulk")],
        ..BulkConversationPatch::default()
    };
    // The server applies it later, so nothing can be read at once.
    session.done(bulk.conversations(&[stage.conversation.id], &change)).await?;
    let labels = [session.name("bulk")];
    session.done(bulk.add_contact_labels(&[stage.contact.id], &labels)).await?;
    let other = NewContact { name: Some("Bulk".into()), ..NewContact::default() };
    let other = session.done(stage.account.contacts().create(&other)).await?.contact.id;
    session.done(bulk.delete_contacts(&[other])).await
}

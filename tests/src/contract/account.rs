//! The account itself, its administrator's profile, and what that one is told.

use anyhow::{Context, ensure};
use chatwoot_client::application::account::AccountPatch;
use chatwoot_client::application::notifications::NotificationsQuery;
use chatwoot_client::application::profile::ProfilePatch;
use chatwoot_client::types::Availability;

use super::desk::{Cut, Desk};
use super::stage::Stage;

pub(super) async fn details(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let details = stage.account.details();
    let id = stage.account.id();
    let was = desk.step(details.get(), |is| must!(is.id == id)).await?;
    let change = AccountPatch {
        support_email: desk.email("support").into(),
        auto_resolve_after: 1_440.into(),
        ..AccountPatch::default()
    };
    desk.done(details.update(&change)).await?;
    let read = desk.step(details.get(), |is| {
        ensure!(is.support_email == Some(desk.email("support")));
        ensure!(is.name == was.name, "what was not named has changed");
        let settings = is.settings.as_ref().context("there are no settings")?;
        must!(settings.auto_resolve_after == Some(1_440))
    });
    read.await?;
    desk.done(details.cache_keys()).await?;
    Ok(())
}

pub(super) async fn profile(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let (profile, account) = (&stage.profile, stage.account.id());
    desk.step(profile.get(), |is| must!(is.id == stage.admin)).await?;
    let change = ProfilePatch { display_name: "Contract".into(), ..ProfilePatch::default() };
    desk.done(profile.update(&change)).await?;
    desk.done(profile.set_availability(account, Availability::Busy)).await?;
    desk.done(profile.set_auto_offline(account, false)).await?;
    let read = desk.step(profile.get(), |is| {
        ensure!(is.display_name.as_deref() == Some("Contract"));
        let here = is.accounts.iter().find(|one| one.id == account).context("no such account")?;
        ensure!(here.availability == Some(Availability::Busy));
        ensure!(here.auto_offline == Some(false));
        Ok(())
    });
    read.await?;
    Ok(())
}

pub(super) async fn notifications(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let notifications = stage.account.notifications();
    desk.done(notifications.list(&NotificationsQuery::default())).await?;
    desk.done(notifications.read_all()).await?;
    desk.step(notifications.unread_count(), |left| must!(*left == 0)).await?;

    let settings = stage.account.notification_settings();
    let (email, push) = ("email_conversation_creation", "push_conversation_assignment");
    desk.done(settings.replace(&[email], &[push])).await?;
    let read = desk.step(settings.get(), |is| {
        ensure!(*is.selected_email_flags == [email]);
        ensure!(*is.selected_push_flags == [push]);
        Ok(())
    });
    read.await?;
    Ok(())
}

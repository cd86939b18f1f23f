//! The account itself, its administrator's profile, and what that one is told.

use anyhow::{Context, ensure};
use chatwoot_client::application::account::AccountPatch;
use chatwoot_client::application::notifications::NotificationsQuery;
use chatwoot_client::application::profile::ProfilePatch;
use chatwoot_client::types::Availability;

use super::server::{Cut, Server};
use super::stage::Stage;

pub(super) async fn details(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let details = stage.account.details();
    let id = stage.account.id();
    let was = server.step(details.get(), |is| must!(is.id == id)).await?;
    let change = AccountPatch {
        support_email: server.email("support").into(),
        auto_resolve_after: 1_440.into(),
        ..AccountPatch::default()
    };
    server.done(details.update(&change)).await?;
    let read = server.step(details.get(), |is| {
        ensure!(is.support_email == Some(server.email("support")));
        ensure!(is.name == was.name, "what was not named has changed");
        let settings = is.settings.as_ref().context("there are no settings")?;
        must!(settings.auto_resolve_after == Some(1_440))
    });
    read.await?;
    server.done(details.cache_keys()).await?;
    Ok(())
}

pub(super) async fn profile(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let (profile, account) = (&stage.profile, stage.account.id());
    server.step(profile.get(), |is| must!(is.id == stage.admin)).await?;
    let change = ProfilePatch { display_name: "Contract".into(), ..ProfilePatch::default() };
    server.done(profile.update(&change)).await?;
    server.done(profile.set_availability(account, Availability::Busy)).await?;
    server.done(profile.set_auto_offline(account, false)).await?;
    let read = server.step(profile.get(), |is| {
        ensure!(is.display_name.as_deref() == Some("Contract"));
        let here = is.accounts.iter().find(|one| one.id == account).context("no such account")?;
        ensure!(here.availability == Some(Availability::Busy));
        ensure!(here.auto_offline == Some(false));
        Ok(())
    });
    read.await?;
    Ok(())
}

pub(super) async fn notifications(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let notifications = stage.account.notifications();
    server.done(notifications.list(&NotificationsQuery::default())).await?;
    server.done(notifications.read_all()).await?;
    server.step(notifications.unread_count(), |left| must!(*left == 0)).await?;

    let settings = stage.account.notification_settings();
    let (email, push) = ("email_conversation_creation", "push_conversation_assignment");
    server.done(settings.replace(&[email], &[push])).await?;
    let read = server.step(settings.get(), |is| {
        ensure!(*is.selected_email_flags == [email]);
        ensure!(*is.selected_push_flags == [push]);
        Ok(())
    });
    read.await?;
    Ok(())
}

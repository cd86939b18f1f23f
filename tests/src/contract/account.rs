//! The account itself, its administrator's profile and notifications.

use anyhow::{Context, ensure};
use chatwoot_client::application::account::AccountPatch;
use chatwoot_client::application::notifications::NotificationsQuery;
use chatwoot_client::application::profile::ProfilePatch;
use chatwoot_client::types::Availability;

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn details(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let details = stage.account.details();
    let id = stage.account.id();
    let was = session.step(details.get(), |is| must!(is.id == id)).await?;
    let change = AccountPatch {
        support_email: session.email("support").into(),
        auto_resolve_after: 1_440.into(),
        ..AccountPatch::default()
    };
    session.done(details.update(&change)).await?;
    let read = session.step(details.get(), |is| {
        ensure!(is.support_email == Some(session.email("support")));
        ensure!(is.name == was.name, "what was not named has changed");
        let settings = is.settings.as_ref().context("there are no settings")?;
        must!(settings.auto_resolve_after == Some(1_440))
    });
    read.await?;
    session.done(details.cache_keys()).await?;
    Ok(())
}

pub(super) async fn profile(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (profile, account) = (&stage.profile, stage.account.id());
    session.step(profile.get(), |is| must!(is.id == stage.admin)).await?;
    let change = ProfilePatch { display_name: "Contract".into(), ..ProfilePatch::default() };
    session.done(profile.update(&change)).await?;
    session.done(profile.set_availability(account, Availability::Busy)).await?;
    session.done(profile.set_auto_offline(account, false)).await?;
    let read = session.step(profile.get(), |is| {
        ensure!(is.display_name.as_deref() == Some("Contract"));
        let here = is.accounts.iter().find(|one| one.id == account).context("no such account")?;
        ensure!(here.availability == Some(Availability::Busy));
        ensure!(here.auto_offline == Some(false));
        Ok(())
    });
    read.await?;
    Ok(())
}

pub(super) async fn notifications(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let notifications = stage.account.notifications();
    session.done(notifications.list(&NotificationsQuery::default())).await?;
    session.done(notifications.read_all()).await?;
    session.step(notifications.unread_count(), |left| must!(*left == 0)).await?;

    let settings = stage.account.notification_settings();
    let (email, push) = ("email_conversation_creation", "push_conversation_assignment");
    session.done(settings.replace(&[email], &[push])).await?;
    let read = session.step(settings.get(), |is| {
        ensure!(*is.selected_email_flags == [email]);
        ensure!(*is.selected_push_flags == [push]);
        Ok(())
    });
    read.await?;
    Ok(())
}

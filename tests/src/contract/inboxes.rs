//! Inboxes and their members.

use anyhow::ensure;
use chatwoot_client::application::agent_bots::NewAgentBot;
use chatwoot_client::application::inboxes::{InboxPatch, NewApiChannel, NewInbox};
use chatwoot_client::types::ChannelType;
use chatwoot_client::{Secret, Upload};

use super::contacts::PIXEL;
use super::people::only;
use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn inboxes(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let inboxes = stage.account.inboxes();
    let (api, web) = (stage.inbox.id, stage.website.id);
    session
        .step(inboxes.list(), |list| {
            for id in [api, web] {
                ensure!(list.iter().any(|one| one.id == id), "inbox {id} is not listed");
            }
            Ok(())
        })
        .await?;
    let change = InboxPatch {
        greeting_enabled: true.into(),
        greeting_message: "Welcome".into(),
        ..InboxPatch::default()
    };
    session.done(inboxes.update(web, &change)).await?;
    session
        .step(inboxes.get(web), |is| {
            ensure!(is.channel_type == ChannelType::WebWidget);
            ensure!(is.website_token.is_some(), "a website inbox has a token");
            ensure!(is.greeting_message.as_deref() == Some("Welcome"));
            ensure!(is.name == stage.website.name, "what was not named has changed");
            Ok(())
        })
        .await?;
    session
        .step(inboxes.assignable_agents(api), |list| {
            must!(list.iter().any(|one| one.id == stage.admin), "the administrator is missing")
        })
        .await?;
    // Not `?` from here on: the calls are independent, and an older server lacks some.
    let old = stage.inbox.secret.as_ref().map(Secret::expose);
    let reset = session.step(inboxes.reset_secret(api), |is| {
        let new = is.secret.as_ref().map(Secret::expose);
        must!(new.is_some() && new != old, "the secret is the old one")
    });
    drop(reset.await);
    drop(session.done(inboxes.health(api)).await);
    drop(
        session.done(inboxes.set_avatar(web, &Upload::bytes("dot.gif", "image/gif", PIXEL))).await,
    );
    drop(session.done(inboxes.delete_avatar(web)).await);
    session.part(bot(session, stage).await);

    let other = NewInbox::new(session.name("Short-lived"), NewApiChannel::default());
    let other = session.done(inboxes.create(&other)).await?.id;
    session.done(inboxes.delete(other)).await.map(drop)
}

async fn bot(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (inboxes, api) = (stage.account.inboxes(), stage.inbox.id);
    session.step(inboxes.agent_bot(api), |is| must!(is.agent_bot.is_none())).await?;
    let bots = stage.account.agent_bots();
    let bot = NewAgentBot::new(session.name("Inbox bot"), "https://shop.example.com/bot");
    let bot = session.done(bots.create(&bot)).await?.id;
    session.done(inboxes.set_agent_bot(api, Some(bot))).await?;
    session
        .step(inboxes.agent_bot(api), |is| {
            must!(is.agent_bot.as_ref().map(|is| is.id) == Some(bot))
        })
        .await?;
    session.done(inboxes.set_agent_bot(api, None)).await?;
    session.step(inboxes.agent_bot(api), |is| must!(is.agent_bot.is_none())).await?;
    session.done(bots.delete(bot)).await
}

pub(super) async fn members(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (members, inbox) = (stage.account.inbox_members(), stage.website.id);
    session.done(members.add(inbox, &[stage.agent])).await?;
    session.step(members.list(inbox), |list| only(list, &[stage.agent])).await?;
    session.done(members.replace(inbox, &[stage.admin])).await?;
    session.step(members.list(inbox), |list| only(list, &[stage.admin])).await?;
    session.done(members.remove(inbox, &[stage.admin])).await?;
    session.step(members.list(inbox), |list| only(list, &[])).await?;
    Ok(())
}

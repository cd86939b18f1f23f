//! The live feed: what the contract causes is heard.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chatwoot_client::Account;
use chatwoot_client::application::contacts::{ContactPatch, NewContact};
use chatwoot_client::application::conversations::NewConversation;
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::live::{Live, LiveErrorKind, LiveEvent, LiveEventName, LiveItem, LiveStream};
use chatwoot_client::public::{NewPublicContact, PublicContact};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout};

use super::session::Session;
use super::stage::Stage;

/// How long the server may take to tell of an event.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a wrong token is listened with.
const WRONG: Duration = Duration::from_secs(3);

/// Listens while it causes events, and passes each that was heard to `line`. What was not heard is a
/// failure; so is a server that cannot be heard at all.
pub(super) async fn listen(session: &Session, stage: &Stage, line: &mut dyn FnMut(&str)) {
    if let Err(wrong) = story(session, stage, line).await {
        session.fail(&format!("live: {wrong:#}"));
    }
}

async fn story(session: &Session, stage: &Stage, line: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    let mut user = Ear::open("user", stage.account.live()).await?;
    contacts(session, stage, &mut user, line).await?;
    conversation(session, stage, &mut user, line).await?;
    visitor(session, stage, line).await
}

async fn contacts(
    session: &Session,
    stage: &Stage,
    user: &mut Ear,
    line: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    use LiveEventName as Name;
    let account = &stage.account;
    let base = contact(account, session.name("live")).await?;
    let is_base = |event: &LiveEvent| event.contact_id() == Some(base.into());
    let by_us = |event: &LiveEvent| is_base(event) && event.is_by(stage.admin);
    line(&user.hear(Name::ContactCreated, by_us).await?);
    let renamed = ContactPatch { name: "Live".into(), ..ContactPatch::default() };
    account.contact(base).update(&renamed).await?;
    line(&user.hear(Name::ContactUpdated, is_base).await?);

    let twin = contact(account, session.name("live-twin")).await?;
    let is_twin = |event: &LiveEvent| event.contact_id() == Some(twin.into());
    account.contacts().merge(base.into(), twin.into()).await?;
    // The two come in any order.
    user.hear_both((Name::ContactMerged, &is_base), (Name::ContactDeleted, &is_twin), line).await?;
    account.contact(base).delete().await?;
    line(&user.hear(Name::ContactDeleted, is_base).await?);
    Ok(())
}

async fn contact(account: &Account, identifier: String) -> anyhow::Result<u64> {
    let new = NewContact { identifier: Some(identifier), ..NewContact::default() };
    Ok(account.contacts().create(&new).await?.contact.id.0)
}

async fn conversation(
    session: &Session,
    stage: &Stage,
    user: &mut Ear,
    line: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    use LiveEventName as Name;
    let new = NewConversation {
        contact_id: Some(stage.contact.id),
        inbox_id: Some(stage.inbox.id),
        ..NewConversation::default()
    };
    let id = stage.account.conversations().create(&new).await?.id;
    let is = |event: &LiveEvent| event.conversation_id() == Some(id);
    line(&user.hear(Name::ConversationCreated, is).await?);
    let talk = stage.account.conversation(id);
    let text = NewMessage::text(session.name("live"));
    let sent = talk.messages().create(&text).await?.id;
    line(&user.hear(Name::MessageCreated, |event| event.message_id() == Some(sent)).await?);
    talk.assign_agent(stage.admin).await?;
    line(&user.hear(Name::AssigneeChanged, is).await?);
    talk.resolve().await?;
    line(&user.hear(Name::ConversationStatusChanged, is).await?);
    Ok(())
}

/// A contact hears the agent's reply and not the note before it; a wrong token hears nothing.
async fn visitor(
    session: &Session,
    stage: &Stage,
    line: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    let identifier = stage.inbox.inbox_identifier.clone().unwrap_or_default();
    let inbox = session.client.public_inbox(identifier);
    let guest = NewPublicContact { name: Some("Live".into()), ..NewPublicContact::default() };
    let guest = inbox.contacts().create(&guest).await?;
    let mut ear = Ear::open("contact", inbox.live(&guest)).await?;
    let id = inbox.conversations(&guest.source_id).create(None).await?.id;
    let talk = stage.account.conversation(id);
    talk.messages().create(&NewMessage::note("for agents only")).await?;
    let sent = talk.messages().create(&NewMessage::text("for you")).await?.id;
    let mut note = false;
    let heard = ear.hear(LiveEventName::MessageCreated, |event| {
        note |= event.message().is_some_and(|message| !message.is_for_customer());
        event.message_id() == Some(sent)
    });
    line(&heard.await?);
    ensure!(!note, "a contact heard a private note");

    let mut stranger: PublicContact = guest;
    stranger.pubsub_token = Some("no such token".into());
    let mut feed = inbox.live(&stranger).confirmation_timeout(WRONG).connect();
    match timeout(PATIENCE, feed.next()).await.context("a wrong token is not found out")? {
        Some(LiveItem::Disconnected { reason, .. }) => {
            ensure!(reason.kind() == LiveErrorKind::NotTaken, "a wrong token: {reason}");
        }
        other => bail!("a wrong token is taken: {other:?}"),
    }
    line("live wrong token: not taken");
    Ok(())
}

/// A live feed and who listens.
struct Ear {
    who: &'static str,
    feed: LiveStream,
}

type Is<'a> = (LiveEventName, &'a (dyn Fn(&LiveEvent) -> bool + Sync));

impl Ear {
    /// Connects once.
    async fn open(who: &'static str, live: Live) -> anyhow::Result<Self> {
        let mut feed = live.connect();
        match feed.next().await {
            Some(LiveItem::Connected { .. }) => Ok(Self { who, feed }),
            Some(LiveItem::Disconnected { reason, .. }) => {
                let why = anyhow::Error::from(reason);
                Err(why.context(format!("the server cannot be heard as {who}")))
            }
            other => bail!("the server cannot be heard as {who}: {other:?}"),
        }
    }

    /// Waits for an event, and returns a line that tells of it.
    async fn hear(
        &mut self,
        name: LiveEventName,
        mut is: impl FnMut(&LiveEvent) -> bool,
    ) -> anyhow::Result<String> {
        let began = Instant::now();
        let mut search = async || loop {
            if let LiveItem::Event(event) = self.next().await?
                && event.name == name
                && is(&event)
            {
                return anyhow::Ok(());
            }
        };
        let searched = timeout(PATIENCE, search()).await;
        searched.with_context(|| format!("{name} was not heard in {PATIENCE:?}"))??;
        Ok(format!("live {name}: heard as {} after {} ms", self.who, began.elapsed().as_millis()))
    }

    /// Waits for two events in any order.
    async fn hear_both(
        &mut self,
        one: Is<'_>,
        other: Is<'_>,
        line: &mut dyn FnMut(&str),
    ) -> anyhow::Result<()> {
        let mut left = vec![one, other];
        let began = Instant::now();
        while !left.is_empty() {
            let names: Vec<_> = left.iter().map(|(name, _)| name.to_string()).collect();
            let next = timeout(PATIENCE.saturating_sub(began.elapsed()), self.next()).await;
            let missing = || format!("{} was not heard in {PATIENCE:?}", names.join(" and "));
            let LiveItem::Event(event) = next.with_context(missing)?? else { continue };
            let before = left.len();
            left.retain(|(name, is)| event.name != *name || !is(&event));
            if left.len() < before {
                let (ms, who) = (began.elapsed().as_millis(), self.who);
                line(&format!("live {}: heard as {who} after {ms} ms", event.name));
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> anyhow::Result<LiveItem> {
        match self.feed.next().await {
            Some(LiveItem::Disconnected { reason, .. }) => Err(reason.into()),
            Some(item) => Ok(item),
            None => bail!("the feed ended"),
        }
    }
}

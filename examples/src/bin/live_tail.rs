//! Prints what happens in an account of Chatwoot as it happens, one event a line: the time, the
//! event, the ids, and who did it.
//!
//! `live_tail --chatwoot URL --account ID` listens with the access token in `CHATWOOT_TOKEN`, so that
//! no token appears in a list of processes, until Ctrl-C. An administrator hears of the whole
//! account. Names, addresses and tokens are never printed, and messages only with `--text`.
//!
//! `live_tail --fake` needs no Chatwoot: it plays a small story in one of its own. With `--once` it
//! ends then, with 0 if it heard everything that the story caused.
//!
//! Exits with 0 after Ctrl-C, with 1 if the feed cannot be heard, 2 if it was called wrongly.

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::live::{LiveEvent, LiveEventName as Name, LiveItem, LiveStream};
use chatwoot_client::public::NewPublicContact;
use chatwoot_client::{Account, Client, UserId};
use clap::Parser;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::time::timeout;

/// How long an event of the story may take.
const SOON: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// Prints what happens in an account of Chatwoot as it happens, one event a line.
#[derive(Parser)]
struct Args {
    /// The base URL of Chatwoot; the access token of a user is in `CHATWOOT_TOKEN`
    #[arg(long, value_name = "URL", requires = "account")]
    #[arg(required_unless_present = "fake", conflicts_with = "fake")]
    chatwoot: Option<String>,
    /// The id of the account, which is in the address of its dashboard
    #[arg(long, value_name = "ID", requires = "chatwoot")]
    account: Option<u64>,
    /// Plays a small story in a Chatwoot of its own
    #[arg(long)]
    fake: bool,
    /// Ends after the story, with 0 if everything that it caused was heard
    #[arg(long, requires = "fake")]
    once: bool,
    /// Prints the text of messages
    #[arg(long)]
    text: bool,
}

/// A feed that is printed as it is heard.
struct Tail {
    feed: LiveStream,
    user: Option<UserId>,
    text: bool,
}

impl Tail {
    fn new(feed: LiveStream, text: bool) -> Self {
        Self { feed, user: None, text }
    }

    /// Prints the next item and returns it.
    async fn next(&mut self) -> Result<LiveItem> {
        let item = self.feed.next().await.context("the feed has ended")?;
        let said = match &item {
            LiveItem::Connected { gap, user_id } => {
                self.user = *user_id;
                let gap = if *gap { "; GAP: events before this may have been missed" } else { "" };
                format!("CONNECTED{gap}")
            }
            LiveItem::Event(event) => self.line(event)?,
            LiveItem::Lagged { dropped } => format!("GAP: {dropped} events were dropped"),
            LiveItem::Disconnected { reason, retry_in } => {
                let next = retry_in.map_or("no further attempt".to_owned(), |wait| {
                    format!("next attempt in {:.1} s", wait.as_secs_f64())
                });
                let causes = anyhow::Chain::new(reason).map(ToString::to_string);
                let mut causes: Vec<String> = causes.collect();
                causes.dedup();
                format!("LOST: {}; {next}", causes.join(": "))
            }
            _ => "a frame that this version does not know".to_owned(),
        };
        writeln!(std::io::stdout(), "{:.3} {said}", Timestamp::now())?;
        Ok(item)
    }

    /// Returns an event's line, without anything that a person wrote or is called by.
    fn line(&self, event: &LiveEvent) -> Result<String> {
        let mut line = event.name.as_str().escape_debug().to_string();
        let ids = [
            ("account", event.account_id.map(|id| id.0)),
            ("inbox", event.inbox_id().map(|id| id.0)),
            ("conversation", event.conversation_id().map(|id| id.0)),
            ("message", event.message_id().map(|id| id.0)),
            ("contact", event.contact_id().map(|id| id.0)),
        ];
        for (what, id) in ids {
            if let Some(id) = id {
                write!(line, " {what}={id}")?;
            }
        }
        if let Some(by) = &event.performer {
            let kind = by.kind.as_deref().unwrap_or("somebody").escape_debug();
            write!(line, " by={kind}")?;
            if let Some(id) = by.id {
                write!(line, ":{id}")?;
            }
            if self.user.is_some_and(|user| event.is_by(user)) {
                line.push_str(" (this token's user)");
            }
        }
        if let Some(content) = event.message().and_then(|message| message.content.as_deref())
            && self.text
        {
            write!(line, " {content:?}")?;
        }
        Ok(line)
    }

    /// Waits until all of these events were heard, in any order.
    async fn hears(&mut self, mut caused: Vec<Caused>) -> Result<usize> {
        let count = caused.len();
        while !caused.is_empty() {
            let Ok(item) = timeout(SOON, self.next()).await else {
                bail!("not heard: {caused:?}");
            };
            if let LiveItem::Event(event) = item? {
                caused.retain(|caused| !caused.is(&event));
            }
        }
        Ok(count)
    }

    async fn connects(&mut self, after_a_gap: bool) -> Result<()> {
        let connected = async {
            loop {
                if let LiveItem::Connected { gap, .. } = self.next().await? {
                    return anyhow::Ok(gap);
                }
            }
        };
        let gap = timeout(SOON, connected).await.context("it does not connect")??;
        anyhow::ensure!(gap == after_a_gap, "a gap is told where there is none, or the reverse");
        Ok(())
    }
}

/// An event that the story caused, and whose it is.
#[derive(Debug)]
struct Caused(Name, u64);

impl Caused {
    fn is(&self, event: &LiveEvent) -> bool {
        let id = match &self.0 {
            Name::MessageCreated | Name::FirstReplyCreated => event.message_id().map(|id| id.0),
            Name::ConversationCreated | Name::ConversationStatusChanged => {
                event.conversation_id().map(|id| id.0)
            }
            _ => event.contact_id().map(|id| id.0),
        };
        event.name == self.0 && id == Some(self.1)
    }
}

/// Plays the story in a fake; returns the feed, and how many events were caused and heard.
async fn play(fake: &FakeChatwoot, text: bool) -> Result<(Tail, usize)> {
    let (id, token) = fake.add_account("Tea shop");
    let client = Client::builder("https://chatwoot.test")
        .transport(fake.clone())
        .live_transport(fake.clone())
        .build()?;
    let account = client.account(id, token);
    let live = account.live().backoff(Duration::from_millis(200), Duration::from_secs(1));
    let mut tail = Tail::new(live.connect(), text);
    let heard = story(&mut tail, fake, &account, &client).await?;
    Ok((tail, heard))
}

async fn story(
    tail: &mut Tail,
    fake: &FakeChatwoot,
    account: &Account,
    client: &Client,
) -> Result<usize> {
    tail.connects(false).await?;
    let app = account.inboxes().create(&NewInbox::new("App", NewApiChannel::default())).await?;
    let app = client.public_inbox(app.inbox_identifier.context("an API inbox has one")?);

    // A customer writes.
    let ada = app.contacts().create(&NewPublicContact::default()).await?;
    let talk = app.conversations(&ada.source_id).create(None).await?.id;
    let messages = app.conversations(&ada.source_id).conversation(talk).messages();
    let question = messages.create("Where is my parcel?", None).await?;
    let mut heard = tail
        .hears(vec![
            Caused(Name::ContactCreated, ada.id.0),
            Caused(Name::ConversationCreated, talk.0),
            Caused(Name::MessageCreated, question.id.0),
        ])
        .await?;

    // An agent answers, which is the conversation's first reply.
    let answer = NewMessage::text("It is on its way.");
    let answer = account.conversation(talk).messages().create(&answer).await?.id.0;
    let names = [Name::MessageCreated, Name::FirstReplyCreated];
    heard += tail.hears(names.map(|name| Caused(name, answer)).into()).await?;

    // The line is cut. What happened meanwhile would have to be read from the API.
    fake.cut_live_lines(|_| true);
    tail.connects(true).await?;

    account.conversation(talk).resolve().await?;
    heard += tail.hears(vec![Caused(Name::ConversationStatusChanged, talk.0)]).await?;

    // No webhook tells of merged and deleted contacts.
    let double = account.contacts().create(&NewContact::default()).await?.contact.id;
    account.contacts().merge(ada.id, double).await?;
    account.contacts().delete(ada.id).await?;
    let rest = vec![
        Caused(Name::ContactCreated, double.0),
        Caused(Name::ContactMerged, ada.id.0),
        Caused(Name::ContactDeleted, double.0),
        Caused(Name::ContactDeleted, ada.id.0),
    ];
    Ok(heard + tail.hears(rest).await?)
}

async fn run(args: Args) -> Result<()> {
    let mut tail = if let (Some(url), Some(id)) = (args.chatwoot, args.account) {
        let token = env::var("CHATWOOT_TOKEN").context("set CHATWOOT_TOKEN")?;
        let account = Client::builder(url).build()?.account(id, token);
        Tail::new(account.live().connect(), args.text)
    } else {
        let (tail, heard) = play(&FakeChatwoot::new(), args.text).await?;
        println!("heard all {heard} events that the story caused");
        if args.once {
            return Ok(());
        }
        tail
    };
    loop {
        let item = tail.next().await?;
        if let LiveItem::Disconnected { retry_in: None, .. } = item {
            bail!("the feed cannot be heard");
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = tokio::select! {
        ended = run(Args::parse()) => ended,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Into::into),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("live_tail: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use chatwoot_client::fake::LiveFaults;

    use super::*;

    #[tokio::test]
    async fn a_story_that_is_not_heard_fails() {
        assert_eq!(play(&FakeChatwoot::new(), false).await.unwrap().1, 10);
        let deaf = FakeChatwoot::new();
        deaf.live_faults(LiveFaults { drop_per_mille: 1_000, ..LiveFaults::default() });
        let error = play(&deaf, false).await.err().unwrap().to_string();
        assert!(error.starts_with("not heard: [Caused(ContactCreated, 1)"), "{error}");

        let mute = FakeChatwoot::new();
        mute.live_faults(LiveFaults { withhold_confirmation: true, ..LiveFaults::default() });
        let error = play(&mute, false).await.err().unwrap().to_string();
        assert_eq!(error, "it does not connect");
    }
}

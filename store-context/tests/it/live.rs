//! The live feed: what is heard is found at once, and what is not heard is not lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::Account;
use chatwoot_client::application::agents::AgentPatch;
use chatwoot_client::application::contacts::{ContactPatch, NewContact};
use chatwoot_client::application::conversations::Typing;
use chatwoot_client::application::messages::{MessagesQuery, NewMessage};
use chatwoot_client::fake::FaultKind;
use chatwoot_client::types::{ConversationStatus, Role};
use chatwoot_client::{ContactId, Patch};
use futures_util::future::{Either, select};
use store_context::Timestamp;
use store_context::engine::{Engine, EngineBuilder};
use store_context::intake::{Handler, HandlerContext, HandlerError};
use store_context::live::{LiveConfig, LiveHealth, LiveStores};
use store_context::memory::MemorySignals;
use store_context::model::CustomerId;
use store_context::ports::{Change, Entry, SignalEvent, Signals};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Bench, Seen, Talk, customer};

/// Listens to all stores.
pub(crate) fn all() -> LiveConfig {
    LiveConfig { stores: LiveStores::All, ..LiveConfig::default() }
}

pub(crate) async fn bench() -> Bench {
    let bench = Bench::new();
    bench.fake.follow_tokio(Timestamp::now());
    for store in &bench.stores {
        bench.provision(store).await.unwrap();
    }
    bench.fake.take_deliveries();
    bench
}

pub(crate) fn engine(bench: &Bench) -> EngineBuilder {
    Engine::builder(bench.accounts.clone(), bench.ports.clone()).live(all())
}

/// Runs an engine for as long as `work` takes.
pub(crate) async fn beside<T>(engine: &Engine, work: impl Future<Output = T>) -> T {
    match select(Box::pin(engine.run()), Box::pin(work)).await {
        Either::Left(_) => panic!("the engine ended"),
        Either::Right((done, _)) => done,
    }
}

pub(crate) async fn live(engine: &Engine) -> LiveHealth {
    engine.health().await.unwrap().live.unwrap()
}

pub(crate) async fn until_open(engine: &Engine, lines: usize) {
    for _ in 0..600 {
        if live(engine).await.open == lines {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("not {lines} open lines: {:?}", live(engine).await);
}

/// Notes when each message is handled.
#[derive(Default)]
struct Times(Mutex<BTreeMap<String, Vec<Instant>>>);

#[async_trait]
impl Handler for Times {
    async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        if let Some(text) = entry.event.message().and_then(|message| message.content.clone()) {
            self.0.lock().unwrap().entry(text).or_default().push(Instant::now());
        }
        Ok(())
    }
}

impl Times {
    /// Waits until all messages were handled.
    async fn until(&self, messages: usize, within: Duration) {
        let all = async {
            while self.0.lock().unwrap().len() < messages {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let there = || self.0.lock().unwrap().len();
        assert!(timeout(within, all).await.is_ok(), "{} of {messages}", there());
    }
}

async fn talks(bench: &Bench, count: u32) -> Vec<Talk> {
    let mut talks = Vec::new();
    for number in 0..count {
        talks.push(bench.talk(&customer(&format!("c-{number}"))).await);
    }
    bench.fake.take_deliveries();
    talks
}

/// With webhooks switched off altogether a message reaches its handler in less than two seconds, on
/// a server that takes up to 200 milliseconds for a request.
#[tokio::test(start_paused = true)]
async fn without_webhooks_messages_reach_a_handler_in_two_seconds() {
    const MESSAGES: usize = 500;
    let bench = bench().await;
    let talks = talks(&bench, 20).await;
    let times = Arc::new(Times::default());
    let engine = engine(&bench).handler(times.clone()).build();
    let sent = beside(&engine, async {
        until_open(&engine, 2).await;
        sleep(Duration::from_secs(5)).await;
        bench.fake.set_fault_script(|request| {
            // What customers send is not what is measured.
            let own = !request.uri().path().starts_with("/public");
            own.then(|| FaultKind::Delay(Duration::from_millis(fastrand::u64(20..200))))
        });
        let mut sent = BTreeMap::new();
        for number in 0..MESSAGES {
            let text = format!("message {number}");
            sent.insert(text.clone(), Instant::now());
            talks[fastrand::usize(..talks.len())].say(&text).await;
            // Bursts and pauses.
            let pause = if fastrand::u8(..4) == 0 { 4_000 } else { 100 };
            sleep(Duration::from_millis(fastrand::u64(..pause))).await;
            bench.fake.take_deliveries();
        }
        times.until(MESSAGES, Duration::from_secs(30)).await;
        sent
    })
    .await;
    let handled = times.0.lock().unwrap().clone();
    let mut lags: Vec<Duration> = sent.iter().map(|(text, at)| handled[text][0] - *at).collect();
    lags.sort_unstable();
    let at = |percent: usize| lags[(lags.len() * percent / 100).min(lags.len() - 1)];
    println!("p50 {:?}, p99 {:?}, longest {:?}", at(50), at(99), at(100));
    assert!(at(99) < Duration::from_secs(2), "{:?}", at(99));
    assert!(handled.values().all(|times| times.len() == 1), "each is handled once");
}

/// Lines are cut a thousand times, a part of the webhooks arrives: no message is lost, and none is
/// handled twice.
#[tokio::test(start_paused = true)]
async fn cut_lines_lose_and_double_nothing() {
    const CUTS: usize = 1_000;
    let bench = bench().await;
    let talks = talks(&bench, 10).await;
    let times = Arc::new(Times::default());
    let engine = engine(&bench).handler(times.clone()).build();
    let (mut cuts, mut said) = (0, 0);
    let health = beside(&engine, async {
        until_open(&engine, 2).await;
        while cuts < CUTS {
            if fastrand::u8(..3) == 0 {
                talks[fastrand::usize(..talks.len())].say(&format!("message {said}")).await;
                said += 1;
            }
            cuts += bench.fake.cut_live_lines(|_| fastrand::bool());
            for delivery in bench.fake.take_deliveries() {
                if fastrand::u8(..3) == 0 {
                    drop(bench.receive(&delivery).await);
                }
            }
            sleep(Duration::from_millis(fastrand::u64(..8_000))).await;
        }
        times.until(said, Duration::from_mins(5)).await;
        live(&engine).await
    })
    .await;
    println!("{cuts} cuts, {said} messages, {health:?}");
    assert!(health.lost >= CUTS as u64, "{health:?}");
    let handled = times.0.lock().unwrap().clone();
    let twice: Vec<_> = handled.iter().filter(|(_, times)| times.len() != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Returns the account as another administrator of it.
pub(crate) async fn colleague(bench: &Bench) -> Account {
    let account = bench.account(bench.north()).await;
    let (id, token) = bench.fake.add_agent(account.id().0, "colleague@shop.example");
    let administrator = AgentPatch { role: Role::Administrator.into(), ..AgentPatch::default() };
    account.agents().update(id.into(), &administrator).await.unwrap();
    bench.client.account(account.id().0, token)
}

/// Waits until `done`, and returns how long it took.
async fn took(mut done: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < Duration::from_mins(30), "it never happened");
        sleep(Duration::from_millis(50)).await;
    }
    began.elapsed()
}

async fn link(bench: &Bench, customer: &CustomerId) -> ContactId {
    bench.ports.sync.link(bench.north(), customer).await.unwrap().unwrap().contact
}

/// Merges, deletions and edits by an agent are found and repaired within five seconds; the sweep is
/// once a day.
#[tokio::test(start_paused = true)]
async fn what_an_agent_does_to_a_contact_is_found_at_once() {
    let bench = bench().await;
    let people: Vec<CustomerId> = ["ada", "bob", "cleo"].map(|id| customer(id).id).to_vec();
    for id in &people {
        bench.put(&customer(id.as_str()));
        bench.synced(id).await;
    }
    let agent = colleague(&bench).await;
    let engine = engine(&bench).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        // The sweep of the start.
        sleep(Duration::from_hours(2)).await;

        let ada = link(&bench, &people[0]).await;
        agent.contacts().delete(ada).await.unwrap();
        let lag = took(async || link(&bench, &people[0]).await != ada).await;
        assert!(lag < Duration::from_secs(5), "a deletion: {lag:?}");

        let bob = link(&bench, &people[1]).await;
        let other = NewContact { name: Some("Bob at work".to_owned()), ..NewContact::default() };
        let other = agent.contacts().create(&other).await.unwrap().contact.id;
        agent.contacts().merge(other, bob).await.unwrap();
        let lag = took(async || link(&bench, &people[1]).await != bob).await;
        assert!(lag < Duration::from_secs(5), "a merge: {lag:?}");

        let cleo = link(&bench, &people[2]).await;
        let shown = async || bench.linked(&people[2]).await.name.unwrap_or_default();
        let before = shown().await;
        let patch =
            ContactPatch { name: Patch::Set("Edited".to_owned()), ..ContactPatch::default() };
        agent.contacts().update(cleo, &patch).await.unwrap();
        let lag = took(async || shown().await == before).await;
        assert!(lag < Duration::from_secs(5), "an edit: {lag:?}");
        assert!(live(&engine).await.doubts >= 3);
    })
    .await;
}

/// What the engine itself writes makes nothing look: it is told by its performer.
#[tokio::test(start_paused = true)]
async fn own_writes_do_nothing() {
    let bench = bench().await;
    let talk = talks(&bench, 1).await.pop().unwrap();
    let engine = engine(&bench).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        sleep(Duration::from_secs(5)).await;
        let before = live(&engine).await;
        let sync = bench.sync();
        for number in 0..5 {
            let id = format!("new-{number}");
            bench.put(&customer(&id));
            sync.want(bench.north(), &customer(&id).id).await.unwrap();
        }
        let account = bench.account(bench.north()).await;
        account.conversation(talk.id).messages().create(&NewMessage::note("a note")).await.unwrap();
        sleep(Duration::from_secs(20)).await;
        let after = live(&engine).await;
        assert!(after.heard > before.heard + 5, "it hears them: {after:?}");
        assert_eq!((after.rounds, after.doubts), (before.rounds, before.doubts), "{after:?}");
    })
    .await;
}

/// Where webhooks arrive, what is heard causes no round.
#[tokio::test(start_paused = true)]
async fn what_webhooks_brought_causes_no_round() {
    let bench = bench().await;
    let talks = talks(&bench, 2).await;
    let seen = Arc::new(Seen::default());
    let engine = engine(&bench).handler(seen.clone()).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        sleep(Duration::from_secs(5)).await;
        let before = live(&engine).await;
        let deliver = async || {
            for delivery in bench.fake.take_deliveries() {
                drop(bench.receive(&delivery).await);
            }
        };
        for number in 0..20 {
            talks[0].say(&format!("message {number}")).await;
            bench.set_status(&talks[1], ConversationStatus::Resolved).await;
            deliver().await;
            bench.set_status(&talks[1], ConversationStatus::Open).await;
            deliver().await;
            sleep(Duration::from_secs(1)).await;
        }
        bench.guest_talk().await.say("hello").await;
        deliver().await;
        sleep(Duration::from_secs(2)).await;
        let after = live(&engine).await;
        assert!(after.heard >= before.heard + 60, "{after:?}");
        assert_eq!(after.rounds, before.rounds, "{after:?}");
        talks[0].say("no webhook").await;
        sleep(Duration::from_secs(2)).await;
        assert_eq!(live(&engine).await.rounds, before.rounds + 1);
    })
    .await;
    assert_eq!(seen.named("message_created").len(), 22);
}

/// Typing, reading and presence make nobody look.
#[tokio::test(start_paused = true)]
async fn who_types_is_of_no_interest() {
    let bench = bench().await;
    let talk = talks(&bench, 1).await.pop().unwrap();
    let agent = colleague(&bench).await;
    let engine = engine(&bench).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        sleep(Duration::from_secs(5)).await;
        let before = live(&engine).await;
        let conversation = talk.inbox.conversations(&talk.source).conversation(talk.id);
        conversation.set_typing(Typing::On).await.unwrap();
        conversation.update_last_seen().await.unwrap();
        agent.conversation(talk.id).messages().list(&MessagesQuery::default()).await.unwrap();
        sleep(Duration::from_secs(5)).await;
        let after = live(&engine).await;
        assert!(after.heard > before.heard, "{after:?}");
        assert_eq!(after.rounds, before.rounds);
    })
    .await;
}

/// Open panels of a contact are woken.
#[tokio::test(start_paused = true)]
async fn open_panels_are_woken() {
    let bench = bench().await;
    bench.put(&customer("ada"));
    bench.synced(&customer("ada").id).await;
    let talk = bench.talk(&customer("ada")).await;
    let agent = colleague(&bench).await;
    let signals = Arc::new(MemorySignals::new());
    let config = LiveConfig { signals: Some(signals.clone()), ..all() };
    let engine = engine(&bench).live(config).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        let ada = link(&bench, &customer("ada").id).await;
        let mut open = signals.subscribe(bench.north(), &ada.into()).await.unwrap();
        agent.conversation(talk.id).set_status(ConversationStatus::Pending, None).await.unwrap();
        let woken = timeout(Duration::from_secs(2), open.next()).await;
        assert_eq!(woken, Ok(SignalEvent::Changed(Change::Conversation)));
        let patch = ContactPatch { name: Patch::Set("Edited".to_owned()), ..Default::default() };
        agent.contacts().update(ada, &patch).await.unwrap();
        let woken = timeout(Duration::from_secs(2), open.next()).await;
        assert_eq!(woken, Ok(SignalEvent::Changed(Change::Contact)));
    })
    .await;
}

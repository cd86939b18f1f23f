//! Tests that messages of handlers are written once, and recognized as ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::fake::{FakeChatwoot, Fault, FaultKind};
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::types::Message;
use chatwoot_client::{Client, Limits, RetryPolicy, Transport};
use store_context::intake::{
    DispatchConfig, Dispatcher, Handler, HandlerContext, HandlerContextError, HandlerError,
};
use store_context::model::Direction;
use store_context::ports::{Entry, StoreRecord};

use crate::support::{BASE_URL, Bench, Seen, Talk, customer};

/// Responds to each message of a customer with a reply, a note and a named reply, and then fails a
/// given number of times.
#[derive(Default)]
struct Answers {
    fails: u32,
    panics: bool,
    hangs: bool,
    runs: AtomicU32,
    seen: Seen,
}

#[async_trait]
impl Handler for Answers {
    async fn handle(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
    ) -> Result<(), HandlerError> {
        let Some(message) = entry.event.message() else { return Ok(()) };
        if message.ours || message.direction != Direction::Incoming {
            return self.seen.handle(context, entry).await;
        }
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        assert_eq!((context.tries(), context.is_proven()), (run, true));
        context.reply(format!("Reply of run {run}")).await?;
        context.note("For agents").await?;
        context.reply_as("bye", "Bye").await?;
        context.reply_as("bye", "Bye again").await?;
        assert_eq!(context.account().await?.id(), 1.into());
        if run < self.fails {
            assert!(!self.panics, "told to panic");
            if self.hangs {
                std::future::pending::<()>().await;
            }
            return Err("told to fail".into());
        }
        Ok(())
    }
}

async fn written(bench: &Bench, talk: &Talk) -> Vec<Message> {
    let account = bench.account(bench.north()).await;
    let messages = account.conversation(talk.id).messages().list(&MessagesQuery::default()).await;
    let mut messages = messages.unwrap().payload;
    messages.retain(|message| message.source_id.is_some());
    messages
}

/// Returns a conversation whose customer wrote a message, which is in the ledger.
async fn asked(bench: &Bench) -> Talk {
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Where is my order?").await;
    received(bench).await;
    talk
}

async fn received(bench: &Bench) {
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_writes_is_written_once_however_it_fails() {
    for (panics, hangs) in [(false, false), (true, false), (false, true)] {
        let bench = Bench::provisioned().await;
        let talk = asked(&bench).await;
        let handler = Arc::new(Answers { fails: 3, panics, hangs, ..Answers::default() });
        let dispatcher = bench.dispatcher(handler.clone(), DispatchConfig::default());
        tokio::time::timeout(Duration::from_hours(1), dispatcher.run()).await.unwrap_err();
        assert_eq!(handler.runs.load(Ordering::SeqCst), 4, "three times it fails");
        let written = written(&bench, &talk).await;
        let texts: Vec<_> = written.iter().map(|it| it.content.as_deref().unwrap()).collect();
        assert_eq!(texts, ["Reply of run 0", "For agents", "Bye"]);
        assert_eq!(written.iter().filter(|it| it.private == Some(true)).count(), 1);

        // Chatwoot also reports our own messages: they are recognized, from either source.
        let reconciled = bench.reconciler().run_once(bench.north()).await.unwrap();
        assert_eq!(reconciled.found, 3, "the webhooks of them are under way");
        received(&bench).await;
        tokio::time::timeout(Duration::from_mins(1), dispatcher.run()).await.unwrap_err();
        let ours = handler.seen.named("message_created");
        assert_eq!(ours.len(), 3);
        assert!(ours.iter().all(|entry| entry.event.message().unwrap().ours));
        assert_eq!(handler.runs.load(Ordering::SeqCst), 4, "it does not answer itself");
    }
}

/// A write whose response is lost was done or not; in either case there is one message in the end.
#[tokio::test(start_paused = true)]
async fn a_write_of_unknown_outcome_is_looked_for() {
    for kind in [
        FaultKind::ErrorBefore,
        FaultKind::ErrorAfter,
        FaultKind::ResetBeforeResponse,
        FaultKind::RateLimited,
        FaultKind::Delay(Duration::from_mins(10)),
    ] {
        for n in 0..3 {
            let bench = Bench::provisioned().await;
            let talk = asked(&bench).await;
            let fault = Fault::new(kind.clone()).verb("POST").path("/messages").after(n).times(1);
            bench.fake.fault(fault);
            let handler = Arc::new(Answers::default());
            let time_limit = Duration::from_secs(5);
            let config = DispatchConfig { time_limit, ..DispatchConfig::default() };
            let dispatcher = bench.dispatcher(handler.clone(), config);
            tokio::time::timeout(Duration::from_hours(1), dispatcher.run()).await.unwrap_err();
            let written = written(&bench, &talk).await;
            let mut ids: Vec<_> = written.iter().map(|it| it.source_id.clone().unwrap()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!((ids.len(), written.len()), (3, 3), "{kind:?} after {n}: {written:?}");
        }
    }
}

/// A transport whose first message arrives twelve seconds after it was sent, without a response.
#[derive(Debug)]
struct Late {
    fake: FakeChatwoot,
    sent: AtomicU32,
}

#[async_trait]
impl Transport for Late {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let writes = request.method() == http::Method::POST;
        if writes && self.sent.fetch_add(1, Ordering::SeqCst) == 0 {
            let fake = self.fake.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(12)).await;
                fake.send(request, timeout).await
            });
            return std::future::pending().await;
        }
        self.fake.send(request, timeout).await
    }
}

/// A handler that is interrupted while it writes is not started again before its write has arrived
/// or can no longer arrive.
#[tokio::test(start_paused = true)]
async fn a_write_that_was_cut_off_and_arrives_late_is_not_written_again() {
    let bench = Bench::provisioned().await;
    let talk = asked(&bench).await;
    let late = Late { fake: bench.fake.clone(), sent: AtomicU32::new(0) };
    let client = Client::builder(BASE_URL).transport(late).limits(Limits::off()).build().unwrap();
    let handler = Arc::new(Answers::default());
    let time_limit = Duration::from_secs(5);
    let config = DispatchConfig { time_limit, ..DispatchConfig::default() };
    let accounts = bench.accounts_by(client);
    let dispatcher = Dispatcher::new(accounts, &bench.ports, handler.clone(), config);
    tokio::time::timeout(Duration::from_mins(5), dispatcher.run()).await.unwrap_err();
    assert_eq!(handler.runs.load(Ordering::SeqCst), 2);
    let written = written(&bench, &talk).await;
    let texts: Vec<_> = written.iter().map(|it| it.content.as_deref().unwrap()).collect();
    assert_eq!(texts, ["Reply of run 0", "For agents", "Bye"]);
}

/// A write whose answer was lost and that cannot be looked for is tried again when it is there or
/// will not come.
#[tokio::test(start_paused = true)]
async fn a_late_write_that_cannot_be_looked_for_is_not_written_again() {
    let bench = Bench::provisioned().await;
    let talk = asked(&bench).await;
    let policy =
        RetryPolicy { max_attempts: 1, deadline: Duration::from_secs(2), ..RetryPolicy::default() };
    let client = Client::builder(BASE_URL).transport(bench.fake.clone()).retry(policy);
    let client = client.limits(Limits::off()).build().unwrap();
    let seen = AtomicU32::new(0);
    bench.fake.set_fault_script(move |request| {
        let writes = request.method() == http::Method::POST;
        let next = seen.load(Ordering::SeqCst);
        seen.store(next + u32::from(writes || next > 0), Ordering::SeqCst);
        match next {
            0 if writes => Some(FaultKind::LateBy(Duration::from_secs(12))),
            1 => Some(FaultKind::NoConnection),
            _ => None,
        }
    });
    let handler = Arc::new(Answers::default());
    let accounts = bench.accounts_by(client);
    let config = DispatchConfig::default();
    let dispatcher = Dispatcher::new(accounts, &bench.ports, handler.clone(), config);
    tokio::time::timeout(Duration::from_mins(5), dispatcher.run()).await.unwrap_err();
    let written = written(&bench, &talk).await;
    let texts: Vec<_> = written.iter().map(|it| it.content.as_deref().unwrap()).collect();
    assert_eq!(texts, ["Reply of run 0", "For agents", "Bye"]);
}

#[tokio::test]
async fn an_entry_of_an_account_before_is_not_answered_in_another() {
    struct Tries;

    #[async_trait]
    impl Handler for Tries {
        async fn handle(
            &self,
            context: &HandlerContext<'_>,
            _: &Entry,
        ) -> Result<(), HandlerError> {
            let refused = context.reply("Hello").await.unwrap_err();
            assert!(matches!(refused, HandlerContextError::AnotherAccount(_)), "{refused:?}");
            Ok(())
        }
    }

    let bench = Bench::provisioned().await;
    asked(&bench).await;
    let moves = |record: &mut StoreRecord| record.account.account = Some(4711.into());
    bench.accounts.update(bench.north(), moves).await.unwrap();
    let before = bench.fake.requests();
    let dispatcher = bench.dispatcher(Arc::new(Tries), DispatchConfig::default());
    let done = dispatcher.run_once().await.unwrap();
    assert!(done.handled >= 2 && done.failed == 0, "{done:?}");
    assert_eq!(bench.fake.requests(), before, "nothing was sent");
}

//! The host's handler of support events: it answers who asks for it, and keeps what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use store_context::intake::{Handler, HandlerContext, HandlerContextError, HandlerError};
use store_context::model::{AccountKey, Direction};
use store_context::ports::Entry;

use super::act::{Failure, Trouble};
use super::sim::{Sim, lock};

/// What a message says that is to be answered.
pub(super) const PLEASE: &str = "please answer";
/// What an answer begins with; the number of the message follows.
pub(super) const ANSWER: &str = "answer to message ";
/// What a note begins with; the number of the message follows.
pub(super) const NOTE: &str = "note on message ";

/// What the handlers of all processes were told; it is the host's own database, so to speak.
#[derive(Clone)]
pub(super) struct Told {
    sim: Sim,
    process: usize,
    state: Arc<Mutex<State>>,
}

/// An account and a conversation in it.
pub(super) type Place = (AccountKey, u64);

#[derive(Default)]
struct State {
    /// Entries that a handler is at, by account and conversation.
    at_work: BTreeMap<Place, (usize, u64)>,
    /// Conversations whose handler stood still with its process. Meanwhile its claim ends, another
    /// handler may begin, and neither can know of the other until it writes to the ledger.
    stalled: BTreeSet<Place>,
    /// What was handled to the end, in that order.
    handled: Vec<Entry>,
}

impl Told {
    pub(super) fn new(sim: Sim) -> Self {
        Self { sim, process: 0, state: Arc::default() }
    }

    /// The handler of one process.
    pub(super) fn of_process(&self, process: usize) -> Self {
        Self { process, ..self.clone() }
    }

    /// A process stands still from now on.
    pub(super) fn stalled(&self, process: usize) {
        let mut state = lock(&self.state);
        let places = state.at_work.iter().filter(|(_, (at, _))| *at == process);
        let places: Vec<Place> = places.map(|(place, _)| place.clone()).collect();
        state.stalled.extend(places);
    }

    /// Whether a conversation's handler stood still.
    pub(super) fn was_stalled(&self, place: &Place) -> bool {
        lock(&self.state).stalled.contains(place)
    }

    pub(super) fn handled(&self) -> Vec<Entry> {
        lock(&self.state).handled.clone()
    }
}

/// Says that a handler is at work in a conversation, for as long as it is not dropped.
struct AtWork {
    told: Told,
    place: Option<Place>,
}

impl AtWork {
    fn new(told: &Told, entry: &Entry) -> Self {
        let place = entry.event.conversation_id().map(|id| (entry.account.clone(), id.0));
        let mut state = lock(&told.state);
        if let Some(place) = &place
            && let Some((_, other)) = state.at_work.insert(place.clone(), (told.process, entry.id))
            && !state.stalled.contains(place)
        {
            let text = format!("entries {other} and {} of {place:?}", entry.id);
            told.sim.violate("one handler at a time in a conversation", text);
        }
        drop(state);
        Self { told: told.clone(), place }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            lock(&self.told.state).at_work.remove(place);
        }
    }
}

/// Whether the conversation is not there.
fn is_not_found(error: &HandlerContextError) -> bool {
    match error {
        HandlerContextError::Send(error) => {
            error.call().is_some_and(chatwoot_client::Error::is_not_found)
        }
        _ => false,
    }
}

#[async_trait]
impl Handler for Told {
    async fn handle(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
    ) -> Result<(), HandlerError> {
        let _at_work = AtWork::new(self, entry);
        let (id, name, key) = (entry.id, entry.event.name().to_owned(), entry.key.clone());
        self.sim.note(|| {
            let at = entry.event.conversation_id();
            format!("handle {} {id} {name} {key} of {at:?} stale {}", entry.store, entry.stale)
        });
        self.sim.latency(0..=15).await;
        let struck = self.sim.strike(|trouble| match trouble {
            Trouble::Handler(failure) => Some(*failure),
            _ => None,
        });
        match struck {
            Some(Failure::Error) => return Err("told to fail".into()),
            Some(Failure::Hang) => pending::<()>().await,
            #[expect(clippy::panic, reason = "the engine must survive it")]
            Some(Failure::Panic) => panic!("the handler panics"),
            Some(Failure::Slow(millis)) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Some(Failure::Stale(_)) | None => {}
        }
        if let Some(message) = entry.event.message()
            && entry.event.name() == "message_created"
            && message.direction == Direction::Incoming
            && message.content.as_deref().is_some_and(|text| text.contains(PLEASE))
        {
            let answered = async {
                context.reply(format!("{ANSWER}{}.", message.message)).await?;
                context.note(format!("{NOTE}{}.", message.message)).await
            };
            match answered.await {
                // There may be nowhere to answer any more: another account, or the conversation is gone.
                Ok(_) | Err(HandlerContextError::AnotherAccount(_)) => {}
                Err(error) if is_not_found(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.sim.latency(0..=15).await;
        if let Some(Failure::Stale(_)) = struck {
            return Err("told to fail after the work".into());
        }
        self.sim.note(|| format!("handled {} {id}", entry.store));
        lock(&self.state).handled.push(entry.clone());
        Ok(())
    }
}

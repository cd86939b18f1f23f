//! One reconciliation round of one store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::conversations::Conversation;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::types::MessageId;
use chatwoot_client::types::{Message, MessageType};
use chatwoot_client::{Account, ConversationId, Error, ErrorKind, Time};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::{ReconcileConfig, ReconcileError, Reconciled};
use crate::accounts::{Accounts, OpenAccount};
use crate::guard::port;
use crate::identity::StoreIdentity;
use crate::intake::from_api;
use crate::model::{AccountKey, ConversationFact, StoreId, SupportEvent};
use crate::ports::{
    Clock, EntrySource, KnownState, NewEntry, Ports, RoundClaim, Taken, Unread, WebhookLedger,
};

pub(super) struct Round {
    account: Account,
    key: AccountKey,
    identity: StoreIdentity,
    ledger: Arc<dyn WebhookLedger>,
    clock: Arc<dyn Clock>,
    store: StoreId,
    /// Messages written before this time, by the server's clock, are known or were never requested.
    from: Timestamp,
    /// The number of consecutive conversations that could not be read.
    failures: u32,
    too_many: u32,
    unread: Vec<Unread>,
    reconciled: Reconciled,
}

/// The number of conversations that are processed with the same ledger calls.
const CHUNK: usize = 25;

/// The number of conversations whose messages are read at the same time.
const AT_ONCE: usize = 4;

/// The maximum number of messages that the server returns at once; a shorter page is the last.
const PAGE: usize = 20;

/// The number of consecutive unreadable conversations after which the server is taken to be
/// failing.
const FAILURES: u32 = 5;

/// How long before a conversation's last reading its messages are read again: a message may have
/// been written then, and become visible later.
const SHOWN_LATE: Duration = Duration::from_mins(2);

/// The furthest that a round looks back; the server computes no date long before.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

type Ended = (AccountKey, Reconciled, Vec<Unread>);

impl Round {
    /// Stores the unknown events since the last round.
    pub(super) async fn run(
        accounts: &Accounts,
        ports: &Ports,
        config: ReconcileConfig,
        claim: &RoundClaim,
    ) -> Result<Ended, ReconcileError> {
        let OpenAccount { account, identity, key, .. } =
            accounts.open(&claim.store).await?.in_background();
        // The server counts back from its own now, so that its clock may be wrong; only what it
        // dates is held against ours, with some leeway.
        let window = claim.age.saturating_add(config.overlap).min(LONGEST);
        let now = ports.clock.now();
        let mut round = Self {
            account,
            identity,
            ledger: ports.webhooks.clone(),
            clock: ports.clock.clone(),
            store: claim.store.clone(),
            from: back(now, window.saturating_add(config.skew)),
            failures: 0,
            // A round that fails ends early, and each next one later: a server that shows nothing is
            // asked little, and what it will never show does not keep the rest back for ever.
            too_many: FAILURES.saturating_mul(2_u32.saturating_pow(claim.failures)),
            unread: Vec::new(),
            reconciled: Reconciled::default(),
            key,
        };
        let list = round.account.conversations().updated_within(window.as_secs() + 1);
        let mut touched: Vec<Read> =
            list.await?.payload.into_iter().map(|state| Read { state, from: None }).collect();
        if claim.account.as_ref() == Some(&round.key) {
            let given_up = back(now, config.unread_for);
            round.again(&claim.unread, given_up, &mut touched).await?;
        }
        round.reconciled.conversations = touched.len() as u64;
        for chunk in touched.chunks(CHUNK) {
            round.chunk(chunk).await?;
        }
        round.reconciled.unread = round.unread.len() as u64;
        Ok((round.key, round.reconciled, round.unread))
    }

    /// Adds the conversations that could not be read before to those that are to be read.
    async fn again(
        &mut self,
        unread: &[Unread],
        given_up: Timestamp,
        touched: &mut Vec<Read>,
    ) -> Result<(), ReconcileError> {
        for unread in unread {
            let id = unread.conversation;
            if let Some(read) = touched.iter_mut().find(|read| read.state.id == id) {
                read.from = Some(unread.from);
                continue;
            }
            if unread.from < given_up {
                tracing::error!(store = %self.store, conversation = %id,
                    "a conversation cannot be read and is given up");
                continue;
            }
            match self.account.conversations().get(id).await {
                Ok(state) => touched.push(Read { state, from: Some(unread.from) }),
                Err(error) => self.skip(error, unread.clone())?,
            }
        }
        Ok(())
    }

    async fn chunk(&mut self, chunk: &[Read]) -> Result<(), ReconcileError> {
        let ids: Vec<ConversationId> = chunk.iter().map(|read| read.state.id).collect();
        let known = port("webhooks", self.ledger.states(&self.store, &self.key, &ids)).await?;
        let known: HashMap<ConversationId, KnownState> =
            known.into_iter().map(|known| (known.state.conversation, known)).collect();

        let account = &self.account.clone();
        let mut asked = Vec::new();
        for conversation in chunk {
            let state = &conversation.state;
            let known = known.get(&state.id);
            let touched = touched(state);
            let read_at = known.and_then(|known| known.messages_read_at);
            let unread = conversation.from.is_some() || read_at.is_none_or(|at| at < touched);
            let since = read_at.and_then(Time::at).map(|at| back(at, SHOWN_LATE));
            let from = unread.then(|| conversation.from.or(since).unwrap_or(self.from));
            asked.push(async move {
                let found = match from {
                    Some(from) => Some((from, messages(account, state, from).await)),
                    None => None,
                };
                (state, known, touched, found)
            });
        }
        let mut asked = stream::iter(asked).buffered(AT_ONCE);
        let (mut talks, mut read) = (Vec::new(), Vec::new());
        while let Some((state, known, touched, found)) = asked.next().await {
            let mut messages = Vec::new();
            match found {
                Some((_, Ok(found))) => {
                    self.failures = 0;
                    messages = found;
                    read.push((state.id, touched));
                }
                Some((from, Err(error))) => {
                    self.skip(error, Unread { conversation: state.id, from })?;
                }
                None => {}
            }
            talks.push((state, known, messages));
        }
        drop(asked);
        self.tell(talks).await?;
        // Only now: messages that are recorded as read count as reported.
        port("webhooks", self.ledger.messages_read(&self.store, &self.key, &read)).await?;
        Ok(())
    }

    /// Stores the unknown events of conversations.
    async fn tell(
        &mut self,
        talks: Vec<(&Conversation, Option<&KnownState>, Vec<Message>)>,
    ) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let mut facts: Vec<(ConversationFact, Option<&KnownState>, Vec<SupportEvent>)> = Vec::new();
        let mut keys = Vec::new();
        for (state, known, messages) in talks {
            let fact = from_api::conversation(state, &self.identity, now);
            let began = state.created_at.at().is_some_and(|at| at >= self.from);
            let created = began.then(|| SupportEvent::ConversationCreated(fact.clone()));
            let messages = messages.iter().map(|message| {
                SupportEvent::MessageCreated(from_api::message(message, state, &self.identity, now))
            });
            let events: Vec<SupportEvent> = created.into_iter().chain(messages).collect();
            keys.extend(events.iter().filter_map(SupportEvent::key));
            facts.push((fact, known, events));
        }
        let unknown = port("webhooks", self.ledger.unknown(&self.store, &self.key, &keys)).await?;
        let unknown: BTreeSet<String> = unknown.into_iter().collect();
        let mut entries = Vec::new();
        for (fact, known, events) in facts {
            let is_unknown =
                |event: &SupportEvent| event.key().is_some_and(|it| unknown.contains(&it));
            let mut events: Vec<SupportEvent> = events.into_iter().filter(is_unknown).collect();
            // The creation of a conversation reports its state.
            let begins = matches!(events.first(), Some(SupportEvent::ConversationCreated(_)));
            let at = usize::from(begins);
            let state = (!begins).then(|| untold_state(fact, known)).flatten();
            events.splice(at..at, state);
            entries.extend(events.into_iter().filter_map(entry));
        }
        if entries.is_empty() {
            return Ok(());
        }
        let taken = port("webhooks", self.ledger.take(&self.store, &self.key, &entries)).await?;
        let new = taken.iter().filter(|taken| **taken != Taken::Known).count();
        self.reconciled.found += new as u64;
        Ok(())
    }

    /// Defers an unreadable conversation to the next round, unless the server fails for all of
    /// them: a conversation that is being deleted is a 500 until it is a 404.
    fn skip(&mut self, error: Error, unread: Unread) -> Result<(), ReconcileError> {
        if error.is_not_found() {
            return Ok(());
        }
        let own =
            matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode | ErrorKind::Timeout);
        self.failures += 1;
        if !own || self.failures > self.too_many {
            return Err(error.into());
        }
        tracing::warn!(%error, store = %self.store, conversation = %unread.conversation,
            "a conversation could not be read; the next round asks for it again");
        self.unread.push(unread);
        Ok(())
    }
}

/// Returns a conversation's messages since a time: read newest page first, returned in the
/// order in which they were written.
async fn messages(
    account: &Account,
    conversation: &Conversation,
    from: Timestamp,
) -> Result<Vec<Message>, Error> {
    let mut messages = BTreeMap::new();
    let mut before: Option<MessageId> = None;
    loop {
        let query = MessagesQuery { before, ..MessagesQuery::default() };
        let page = account.conversation(conversation.id).messages().list(&query).await?.payload;
        let full = page.len() >= PAGE;
        let oldest = page.iter().filter(|_| full).min_by_key(|message| message.id);
        let next = oldest.filter(|oldest| oldest.created_at.at() >= Some(from));
        let next = next.map(|oldest| oldest.id);
        messages.extend(page.into_iter().map(|message| (message.id, message)));
        // A page that goes back no further is the last.
        if next.is_none() || before.is_some() && next >= before {
            break;
        }
        before = next;
    }
    let told = |message: &Message| {
        message.message_type != MessageType::Activity && message.created_at.at() >= Some(from)
    };
    Ok(messages.into_values().filter(told).collect())
}

/// A conversation that is to be checked.
struct Read {
    state: Conversation,
    /// The time from which its messages are read, if they could not be read before.
    from: Option<Timestamp>,
}

/// Returns the time of a conversation's last activity, by the server's clock.
fn touched(state: &Conversation) -> Time {
    let updated = state.updated_at.unwrap_or(state.created_at);
    state.last_activity_at.map_or(updated, |active| active.max(updated))
}

/// Returns the event of a conversation's state if the state is not known.
pub(in crate::intake) fn untold_state(
    fact: ConversationFact,
    known: Option<&KnownState>,
) -> Option<SupportEvent> {
    match known {
        Some(known) if known.state.updated_at > fact.updated_at => None,
        // Also where another event brought the state, because that event did not report the change
        // of status.
        Some(known) if known.status_told.as_ref() == Some(&fact.status) => {
            let same = known.state.same_state(&fact);
            (!same).then_some(SupportEvent::ConversationUpdated(fact))
        }
        _ => Some(SupportEvent::ConversationStatusChanged(fact)),
    }
}

fn entry(event: SupportEvent) -> Option<NewEntry> {
    Some(NewEntry {
        key: event.reconciled_key()?,
        delivery: None,
        twin_key: None,
        reconciled_key: None,
        event,
        changed: Vec::new(),
        source: EntrySource::Reconciler,
    })
}

fn back(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_sub(by).unwrap_or(Timestamp::MIN)
}

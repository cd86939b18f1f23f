//! Entries and states as rows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store_context::chatwoot::types::ConversationStatus;
use store_context::chatwoot::{ConversationId, Time};
use store_context::model::{AccountKey, AttributeChange, ConversationFact, StoreId, SupportEvent};
use store_context::ports::{EntrySource, NewEntry, PortResult};

use crate::postgres::error::invalid;

/// The bytes by which a key is known: a digest of the account and the key, so that rows and their
/// index stay narrow and nothing of a handled entry is left in them.
pub(super) type KeyDigest = [u8; 16];

/// An entry to be stored, as the columns that need no database.
#[derive(Clone, Debug)]
pub(super) struct NewRow {
    pub(super) key: Key,
    pub(super) twin: Option<Key>,
    pub(super) reconciled_key: Option<KeyDigest>,
    pub(super) conversation: Option<ConversationId>,
    pub(super) contact: Option<i64>,
    pub(super) delivery: Option<i64>,
    pub(super) reconciled: bool,
    pub(super) unknown: bool,
    pub(super) event: Vec<u8>,
    pub(super) state: Option<NewState>,
}

/// A key, with its digest.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) digest: KeyDigest,
}

/// The state of a conversation that an entry contains.
#[derive(Clone, Debug)]
pub(super) struct NewState {
    pub(super) updated_at: Time,
    pub(super) contact: Option<i64>,
    pub(super) state: Vec<u8>,
    pub(super) status_told: Option<Vec<u8>>,
}

/// What is stored of an event.
#[derive(Serialize)]
struct EventJson<'a> {
    event: &'a SupportEvent,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    changed: &'a [AttributeChange],
}

#[derive(Deserialize)]
struct StoredEvent {
    event: SupportEvent,
    #[serde(default)]
    changed: Vec<AttributeChange>,
}

/// The part of a stored state that decides which is newer.
#[derive(Deserialize)]
struct StateTime {
    updated_at: Time,
}

impl NewRow {
    /// Converts an entry of an account.
    pub(super) fn new(account: &AccountKey, entry: &NewEntry) -> PortResult<Self> {
        let scope = scope(account);
        let NewEntry { event, changed, .. } = entry;
        let state = event.conversation().map(|fact| NewState::new(event, fact)).transpose()?;
        let key = |text: &String| Key { digest: digest(&scope, text), text: text.clone() };
        Ok(Self {
            key: key(&entry.key),
            twin: entry.twin_key.as_ref().map(key),
            reconciled_key: entry.reconciled_key.as_ref().map(|text| digest(&scope, text)),
            conversation: event.conversation_id(),
            contact: event.contact_id().map(|contact| number(contact.0)),
            delivery: entry.delivery.as_deref().map(delivery),
            reconciled: entry.source == EntrySource::Reconciler,
            unknown: matches!(event, SupportEvent::Other { .. }),
            event: serde_json::to_vec(&EventJson { event, changed })?,
            state,
        })
    }

    /// Returns every key that decides whether the entry is known.
    pub(super) fn digests(&self) -> impl Iterator<Item = KeyDigest> {
        let twin = self.twin.as_ref().map(|twin| twin.digest);
        [Some(self.key.digest), self.reconciled_key, twin].into_iter().flatten()
    }
}

impl NewState {
    fn new(event: &SupportEvent, fact: &ConversationFact) -> PortResult<Self> {
        let status_told = told(event).map(serde_json::to_vec).transpose()?;
        Ok(Self {
            updated_at: fact.updated_at,
            contact: fact.contact.map(|contact| number(contact.0)),
            state: serde_json::to_vec(fact)?,
            status_told,
        })
    }
}

/// Returns the status that an event reports as such.
const fn told(event: &SupportEvent) -> Option<&ConversationStatus> {
    match event {
        SupportEvent::ConversationCreated(fact) | SupportEvent::ConversationStatusChanged(fact) => {
            Some(&fact.status)
        }
        _ => None,
    }
}

/// Reads the event of an entry.
pub(super) fn event(json: &[u8]) -> PortResult<(SupportEvent, Vec<AttributeChange>)> {
    let read: StoredEvent =
        serde_json::from_slice(json).map_err(|_| invalid("webhook_entries.event"))?;
    Ok((read.event, read.changed))
}

/// Reads the time of a stored state.
pub(super) fn state_time(json: &[u8]) -> PortResult<Time> {
    let read: StateTime =
        serde_json::from_slice(json).map_err(|_| invalid("webhook_states.state"))?;
    Ok(read.updated_at)
}

/// Reads a text that was stored as bytes.
pub(super) fn text(bytes: Vec<u8>, what: &'static str) -> PortResult<String> {
    String::from_utf8(bytes).map_err(|_| invalid(what))
}

/// Reads the id of a store.
pub(super) fn store(text: String) -> PortResult<StoreId> {
    StoreId::new(text).map_err(|_| invalid("webhook_queues.store"))
}

/// Converts a number of Chatwoot's or of the ledger's to a column's: the same 64 bits.
pub(super) const fn number(number: u64) -> i64 {
    number.cast_signed()
}

/// Converts a column's number back.
pub(super) const fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}

/// Returns what the digests of all keys of an account have in common.
pub(super) fn scope(account: &AccountKey) -> Sha256 {
    let AccountKey { base_url, account } = account;
    // The length keeps two accounts from running into each other.
    let length = (base_url.len() as u64).to_be_bytes();
    Sha256::new().chain_update(length).chain_update(base_url).chain_update(account.0.to_be_bytes())
}

pub(super) fn digest(scope: &Sha256, key: &str) -> KeyDigest {
    let digest = scope.clone().chain_update(key).finalize();
    let mut first = KeyDigest::default();
    first.copy_from_slice(&digest[..16]);
    first
}

/// Deliveries are only compared with each other.
fn delivery(id: &str) -> i64 {
    let digest = Sha256::digest(id);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

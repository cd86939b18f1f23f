//! Records of stores that were read a moment ago, so that a burst of deliveries reads each once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::{AddressToken, StoreRecord};

/// The maximum number of records. When there are more, those that may not be used any more are
/// removed; if all may be, none is added.
const RECORDS: usize = 4096;

/// The time between two reads of a record that deliveries do not match.
const AGAIN: Duration = Duration::from_secs(1);

/// The number of reads per second for addresses that are not in the cache.
const READS: u32 = 1000;

/// The records by address. `Debug` shows no secret, as that of the records does not.
#[derive(Debug)]
pub(super) struct RecordCache {
    keep: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    records: HashMap<AddressToken, Cached>,
    // The reads of the current second.
    reads: u32,
    since: Instant,
}

#[derive(Debug)]
struct Cached {
    record: Arc<StoreRecord>,
    read: Instant,
    // When it was last read because a delivery did not match it.
    again: Option<Instant>,
}

impl RecordCache {
    pub(super) fn new(keep: Duration) -> Self {
        let state = State { records: HashMap::new(), reads: 0, since: Instant::now() };
        Self { keep, state: Mutex::new(state) }
    }

    /// Returns the record of an address if it was read no longer ago than records are kept.
    pub(super) fn get(&self, address: &AddressToken) -> Option<Arc<StoreRecord>> {
        let state = self.state();
        let cached = state.records.get(address)?;
        (cached.read.elapsed() < self.keep).then(|| cached.record.clone())
    }

    /// Returns whether an address that is not in the cache may be looked up now: addresses can be
    /// invented, and each look-up is a read of the database.
    pub(super) fn may_read(&self) -> bool {
        let mut state = self.state();
        if state.since.elapsed() >= Duration::from_secs(1) {
            (state.reads, state.since) = (0, Instant::now());
        }
        state.reads += 1;
        state.reads <= READS
    }

    /// Returns whether a record that a delivery does not match may be read again now: anybody who
    /// knows the URL can send a delivery with a wrong signature.
    pub(super) fn may_read_again(&self, address: &AddressToken) -> bool {
        let mut state = self.state();
        let Some(cached) = state.records.get_mut(address) else { return false };
        let may = cached.again.is_none_or(|again| again.elapsed() >= AGAIN);
        if may {
            cached.again = Some(Instant::now());
        }
        may
    }

    /// Keeps what was read of an address; `None` if it belongs to no store any more.
    pub(super) fn put(&self, address: &AddressToken, record: Option<&Arc<StoreRecord>>) {
        let mut state = self.state();
        let Some(record) = record else {
            state.records.remove(address);
            return;
        };
        if state.records.len() >= RECORDS && !state.records.contains_key(address) {
            state.records.retain(|_, cached| cached.read.elapsed() < self.keep);
            if state.records.len() >= RECORDS {
                return;
            }
        }
        let again = state.records.get(address).and_then(|cached| cached.again);
        let cached = Cached { record: record.clone(), read: Instant::now(), again };
        state.records.insert(address.clone(), cached);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

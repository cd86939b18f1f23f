//! What everything in a run shares: time, chance, trouble, the trace and what was found wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::act::Trouble;
use super::people::Marker;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule is broken.
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
}

/// A request that a process sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Duration,
    pub(super) store: Option<usize>,
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) status: Option<u16>,
    /// Whose name is in it.
    pub(super) named: Option<Marker>,
}

/// Locks; what is poisoned by a panic of the simulation's own making is whole.
pub(super) fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The shared state of a run; clones are the same.
#[derive(Clone)]
pub(super) struct Sim(Arc<Inner>);

struct Inner {
    start: Instant,
    rng: Mutex<Rng>,
    trace: Mutex<Trace>,
    troubles: Mutex<Vec<Active>>,
    found: Mutex<Vec<Violation>>,
    owners: Mutex<Owners>,
    unknown: Mutex<Unknown>,
    sent: Mutex<Vec<Sent>>,
    calls: AtomicU64,
    quiet: AtomicBool,
    exhausted: Notify,
}

/// How many calls of the database a run may make: many times what it needs.
const CALLS: u64 = 1_000_000;

struct Active {
    trouble: Trouble,
    per_mille: u16,
    until: Instant,
}

/// What the sync ledger cannot know of.
#[derive(Default)]
struct Unknown {
    /// Store and customer whose last change was not told to it, or was read as it was before; without
    /// a customer, any of the store's.
    untold: BTreeSet<(usize, Option<u32>)>,
    /// Store and customer whose contact somebody else changed; without a customer, any of the store's.
    touched: BTreeSet<(usize, Option<u32>)>,
    /// Store and customer who ever were in it.
    recorded: BTreeSet<(usize, u32)>,
    /// The writes that are on their way to a server, by number.
    under_way: BTreeMap<u64, UnderWay>,
    last: u64,
}

/// A write that is on its way to a server.
#[derive(Clone, Copy)]
struct UnderWay {
    process: usize,
    store: usize,
    /// The customer who is named in it, if anybody is.
    customer: Option<u32>,
}

/// Says that a write is on its way for as long as it is not dropped.
pub(super) struct OnItsWay {
    sim: Sim,
    number: u64,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        lock(&self.sim.0.unknown).under_way.remove(&self.number);
    }
}

struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
}

/// Whose a token, an account or an inbox is.
#[derive(Debug, Default)]
struct Owners {
    /// By token: server, account and store.
    tokens: BTreeMap<String, (usize, u64, usize)>,
    /// By server and account.
    accounts: BTreeMap<(usize, u64), usize>,
    /// Markers of customers whose erasure is noted, and whether it is complete.
    erased: BTreeMap<String, bool>,
    /// Contacts that the engine wrote: server, account and contact.
    written: BTreeSet<(usize, u64, u64)>,
    /// Entries that were set aside, by store.
    parked: BTreeSet<(String, u64)>,
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    pub(super) fn new(seed: u64, keep_trace: bool) -> Self {
        let trace = Trace { hash: 0xcbf2_9ce4_8422_2325, lines: keep_trace.then(Vec::new) };
        Self(Arc::new(Inner {
            start: Instant::now(),
            rng: Mutex::new(Rng::with_seed(seed ^ 0x5eed)),
            trace: Mutex::new(trace),
            troubles: Mutex::default(),
            found: Mutex::default(),
            owners: Mutex::default(),
            unknown: Mutex::default(),
            sent: Mutex::default(),
            calls: AtomicU64::new(0),
            quiet: AtomicBool::new(false),
            exhausted: Notify::new(),
        }))
    }

    /// How long the run has gone.
    pub(super) fn elapsed(&self) -> Duration {
        self.0.start.elapsed()
    }

    pub(super) fn pick(&self, range: RangeInclusive<u64>) -> u64 {
        lock(&self.0.rng).u64(range)
    }

    /// Notes what happened; two runs of one seed have the same notes.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        let line = format!("{:>10.3} {}", self.elapsed().as_secs_f64(), what());
        let mut trace = lock(&self.0.trace);
        for byte in line.bytes() {
            trace.hash = (trace.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(lines) = &mut trace.lines {
            lines.push(line);
        }
    }

    /// Notes what is of interest only to whoever reads the trace.
    pub(super) fn detail(&self, what: impl FnOnce() -> String) {
        if let Some(lines) = &mut lock(&self.0.trace).lines {
            // A run that goes on for ever is not kept whole.
            if lines.len() < 2_000_000 {
                lines.push(format!("{:>10.3}   {}", self.elapsed().as_secs_f64(), what()));
            }
        }
    }

    /// The digest of all notes, and the notes if they are kept.
    pub(super) fn trace(&self) -> (u64, Vec<String>) {
        let trace = lock(&self.0.trace);
        (trace.hash, trace.lines.clone().unwrap_or_default())
    }

    pub(super) fn violate(&self, rule: &'static str, what: impl Into<String>) {
        let what = what.into();
        self.note(|| format!("VIOLATION {rule}: {what}"));
        lock(&self.0.found).push(Violation { rule, what });
    }

    pub(super) fn found(&self) -> Vec<Violation> {
        lock(&self.0.found).clone()
    }

    pub(super) fn trouble(&self, trouble: Trouble, per_mille: u16, lasting: Duration) {
        let until = Instant::now() + lasting;
        lock(&self.0.troubles).push(Active { trouble, per_mille, until });
    }

    pub(super) fn end_troubles(&self) {
        lock(&self.0.troubles).clear();
    }

    /// Returns whether something of the kind that is asked for goes wrong now and then.
    pub(super) fn is_troubled(&self, of: impl Fn(&Trouble) -> bool) -> bool {
        let now = Instant::now();
        let troubles = lock(&self.0.troubles);
        troubles.iter().any(|active| active.until > now && of(&active.trouble))
    }

    /// Draws what goes wrong now, of the kind that is asked for.
    pub(super) fn strike<T>(&self, of: impl Fn(&Trouble) -> Option<T>) -> Option<T> {
        let now = Instant::now();
        let mut troubles = lock(&self.0.troubles);
        if troubles.is_empty() {
            return None;
        }
        troubles.retain(|active| active.until > now);
        let mut rng = lock(&self.0.rng);
        troubles.iter().find_map(|active| {
            let kind = of(&active.trouble)?;
            (rng.u16(0..1_000) < active.per_mille).then_some(kind)
        })
    }

    /// Waits as long as a network or a database takes: often no time at all, and the others go
    /// first.
    pub(super) async fn latency(&self, millis: RangeInclusive<u64>) {
        match self.pick(millis) {
            0 => tokio::task::yield_now().await,
            millis => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
    }

    pub(super) fn own(&self, server: usize, account: u64, store: usize, token: &str) {
        let mut owners = lock(&self.0.owners);
        owners.tokens.insert(token.to_owned(), (server, account, store));
        owners.accounts.insert((server, account), store);
    }

    pub(super) fn store_of(&self, server: usize, account: u64) -> Option<usize> {
        lock(&self.0.owners).accounts.get(&(server, account)).copied()
    }

    pub(super) fn owner_of(&self, token: &str) -> Option<(usize, u64, usize)> {
        lock(&self.0.owners).tokens.get(token).copied()
    }

    /// The host has noted that a customer is to be erased.
    pub(super) fn erasure_noted(&self, marker: String) {
        lock(&self.0.owners).erased.entry(marker).or_default();
    }

    /// A customer's contact is gone; if an erasure was noted, no request may name the customer from
    /// now on.
    pub(super) fn gone(&self, marker: &str) {
        if let Some(complete) = lock(&self.0.owners).erased.get_mut(marker) {
            *complete = true;
        }
    }

    pub(super) fn is_erased(&self, marker: &str) -> bool {
        lock(&self.0.owners).erased.get(marker).is_some_and(|complete| *complete)
    }

    /// The engine wrote this contact.
    pub(super) fn wrote(&self, server: usize, account: u64, contact: u64) {
        lock(&self.0.owners).written.insert((server, account, contact));
    }

    pub(super) fn is_ours(&self, server: usize, account: u64, contact: u64) -> bool {
        lock(&self.0.owners).written.contains(&(server, account, contact))
    }

    pub(super) fn parked(&self, store: &str, entry: u64) {
        lock(&self.0.owners).parked.insert((store.to_owned(), entry));
    }

    pub(super) fn was_parked(&self, store: &str, entry: u64) -> bool {
        lock(&self.0.owners).parked.contains(&(store.to_owned(), entry))
    }

    /// The ledger is about to be told of a customer, or of all of a store's.
    pub(super) fn telling(&self, store: usize, customer: Option<u32>) {
        let mut unknown = lock(&self.0.unknown);
        unknown.untold.retain(|it| it.0 != store || customer.is_some() && it.1 != customer);
    }

    /// The ledger was not told of a customer's change, or of all of a store's.
    pub(super) fn untold(&self, store: usize, customer: Option<u32>) {
        lock(&self.0.unknown).untold.insert((store, customer));
    }

    /// Somebody else than the engine changes a customer's contact.
    pub(super) fn touched(&self, store: usize, customer: u32) {
        lock(&self.0.unknown).touched.insert((store, Some(customer)));
    }

    /// Whether the ledger can know what a customer's contact should be, and what it is.
    pub(super) fn can_be_known(&self, store: usize, customer: u32) -> bool {
        let unknown = lock(&self.0.unknown);
        let of = [(store, None), (store, Some(customer))];
        !of.iter().any(|of| unknown.untold.contains(of) || unknown.touched.contains(of))
    }

    /// The ledger has a row of a customer.
    pub(super) fn recorded(&self, store: usize, customer: u32) {
        lock(&self.0.unknown).recorded.insert((store, customer));
    }

    /// Whether the ledger ever had a row of a customer.
    pub(super) fn was_recorded(&self, store: usize, customer: u32) -> bool {
        lock(&self.0.unknown).recorded.contains(&(store, customer))
    }

    /// A process sends a write of a store's contacts.
    pub(super) fn on_its_way(
        &self,
        process: usize,
        store: usize,
        customer: Option<u32>,
    ) -> OnItsWay {
        let mut unknown = lock(&self.0.unknown);
        unknown.last += 1;
        let number = unknown.last;
        unknown.under_way.insert(number, UnderWay { process, store, customer });
        OnItsWay { sim: self.clone(), number }
    }

    /// A process stands still from now on. What it was about to send arrives when it goes on, behind
    /// what others wrote meanwhile; no ledger can know of that.
    pub(super) fn stands_still(&self, process: usize) {
        let mut unknown = lock(&self.0.unknown);
        let of_it = unknown.under_way.values().filter(|it| it.process == process);
        let late: Vec<_> = of_it.map(|it| (it.store, it.customer)).collect();
        unknown.touched.extend(late);
    }

    /// Nothing happens any more but what the engine does by itself.
    pub(super) fn becomes_quiet(&self) {
        self.0.quiet.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.0.quiet.load(Ordering::SeqCst)
    }

    /// Counts a call of the database.
    pub(super) fn count_call(&self) {
        if self.0.calls.fetch_add(1, Ordering::Relaxed) == CALLS {
            self.0.exhausted.notify_one();
        }
    }

    /// Waits until the calls are used up.
    pub(super) async fn exhausted(&self) {
        self.0.exhausted.notified().await;
    }

    pub(super) fn sent(&self, sent: Sent) {
        lock(&self.0.sent).push(sent);
    }

    /// The requests since a time of the run.
    pub(super) fn sent_since(&self, at: Duration) -> Vec<Sent> {
        let sent = lock(&self.0.sent);
        let first = sent.partition_point(|sent| sent.at < at);
        sent[first..].to_vec()
    }
}

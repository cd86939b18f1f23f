//! Faults that are planted between the engine and its storage, to see that a run finds them.

mod stores;
mod sync;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store_context::Url;
use store_context::model::{CustomerId, StoreId};
use store_context::ports::{
    ClaimRequest, Hold, PortResult, Ports, QueueClaim, Settlement, StoreRecord, Stores, SyncClaim,
    SyncLedger, WebhookLedger,
};
use tokio::time::Instant;

use crate::simulate::sim::lock;

/// A fault of the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// Whoever lost a claim goes on with it.
    NoFencing,
    /// A row is not marked before something is sent for it.
    NoInDoubtMark,
    /// Two changes of a conversation that show one state are one.
    StateForTransition,
    /// Customers are claimed in the order in which they were wanted.
    AgeOrder,
    /// A store is never paused.
    NoStorePause,
    /// A store's token is kept with another server's address.
    OtherServersToken,
    /// Which state is newer is looked up before the state is kept.
    StaleOutside,
    /// An erased customer is only deleted.
    NoTombstone,
}

impl Plant {
    /// Whether a rule is one that the fault breaks. A fault also changes when things happen, and so
    /// what else a seed finds.
    pub fn breaks(self, rule: &str) -> bool {
        let contacts = [
            "a customer has one contact",
            "a customer has a contact",
            "a contact is what its customer computes to",
            "nobody who is gone is left",
            "an erased customer is never written again",
        ];
        let rules: &[&str] = match self {
            Self::NoFencing | Self::NoInDoubtMark => &["what the ledger confirms is in Chatwoot"],
            Self::StateForTransition => &["each change of status is an event"],
            Self::AgeOrder => &["a healthy store's live change is written within 30 seconds"],
            Self::NoStorePause => &["a suspended account is left alone"],
            Self::OtherServersToken => &["a token goes to its own server and account only"],
            Self::StaleOutside => &["the status that stands was told last"],
            Self::NoTombstone => &contacts[3..],
        };
        rules.contains(&rule)
    }
}

/// The storage with a fault; all processes share one.
#[derive(Clone)]
pub(super) struct Planted {
    fault: Plant,
    stores: Arc<dyn Stores>,
    sync: Arc<dyn SyncLedger>,
    webhooks: Arc<dyn WebhookLedger>,
    state: Arc<Mutex<State>>,
}

type Row = (StoreId, CustomerId);

#[derive(Default)]
struct State {
    /// The newest claims.
    claims: BTreeMap<Row, u64>,
    queues: BTreeMap<u64, u64>,
    /// What is wanted: since which want, and from when on.
    wanted: BTreeMap<Row, (u64, Instant)>,
    wants: u64,
    /// Whether an entry is stale, by store and key.
    stale: BTreeMap<(StoreId, String), bool>,
}

impl Planted {
    pub(super) fn new(fault: Plant, ports: &Ports) -> Self {
        let Ports { stores, sync, webhooks, .. } = ports;
        Self {
            fault,
            stores: Arc::clone(stores),
            sync: Arc::clone(sync),
            webhooks: Arc::clone(webhooks),
            state: Arc::default(),
        }
    }

    /// The ports with the fault in between.
    pub(super) fn ports(&self, ports: Ports) -> Ports {
        let planted = Arc::new(self.clone());
        Ports { stores: planted.clone(), sync: planted.clone(), webhooks: planted, ..ports }
    }

    fn is(&self, fault: Plant) -> bool {
        self.fault == fault
    }

    fn claimed(&self, claims: &mut [SyncClaim]) {
        let mut state = lock(&self.state);
        for claim in claims {
            state.claims.insert((claim.store.clone(), claim.customer.clone()), claim.fence);
            if self.is(Plant::NoTombstone) {
                claim.erased = false;
            }
        }
    }

    /// The claim, or whoever's it is now.
    fn whosever(&self, claim: &SyncClaim) -> SyncClaim {
        let row = (claim.store.clone(), claim.customer.clone());
        let newest = lock(&self.state).claims.get(&row).copied();
        let fence = newest.filter(|_| self.is(Plant::NoFencing)).unwrap_or(claim.fence);
        SyncClaim { fence, ..claim.clone() }
    }

    /// The row as its present holder has it, whoever lost it; taken anew if nobody has.
    async fn anew(&self, claim: &SyncClaim) -> PortResult<Option<SyncClaim>> {
        let whosever = self.whosever(claim);
        if !self.is(Plant::NoFencing) {
            return Ok(Some(whosever));
        }
        let lease = Duration::from_mins(1);
        if self.sync.extend(std::slice::from_ref(&whosever), lease).await? == [true] {
            return Ok(Some(whosever));
        }
        match self.sync.hold(&claim.store, &claim.customer, lease).await? {
            Hold::Held(mut held) => {
                self.claimed(std::slice::from_mut(&mut held));
                Ok(Some(SyncClaim { fence: held.fence, ..whosever }))
            }
            Hold::Busy => Ok(None),
        }
    }

    fn whosever_queue(&self, claim: &QueueClaim) -> QueueClaim {
        let newest = lock(&self.state).queues.get(&claim.queue).copied();
        let fence = newest.filter(|_| self.is(Plant::NoFencing)).unwrap_or(claim.fence);
        QueueClaim { fence, ..claim.clone() }
    }

    fn wants(&self, store: &StoreId, customers: &[CustomerId]) {
        let mut state = lock(&self.state);
        for customer in customers {
            state.wants += 1;
            let (number, now) = (state.wants, Instant::now());
            let row = (store.clone(), customer.clone());
            state.wanted.entry(row).and_modify(|wanted| wanted.1 = now).or_insert((number, now));
        }
    }

    /// Claims the oldest, whoever's they are.
    async fn oldest(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        let now = Instant::now();
        let mut due: Vec<(u64, Row)> = {
            let state = lock(&self.state);
            let due = state.wanted.iter().filter(|(_, (_, from))| *from <= now);
            due.map(|(row, (number, _))| (*number, row.clone())).collect()
        };
        due.sort();
        let mut claims = Vec::new();
        for (_, (store, customer)) in due {
            if claims.len() == request.limit {
                break;
            }
            if let Hold::Held(claim) = self.sync.hold(&store, &customer, request.lease).await? {
                claims.push(*claim);
            }
        }
        Ok(claims)
    }

    fn settled(&self, settled: &[(SyncClaim, Settlement)]) {
        let mut state = lock(&self.state);
        for (claim, settlement) in settled {
            let row = (claim.store.clone(), claim.customer.clone());
            let wait = match settlement {
                Settlement::Retry { after, .. } => *after,
                Settlement::Returned { .. } => Duration::from_secs(1),
                _ => {
                    state.wanted.remove(&row);
                    continue;
                }
            };
            if let Some(wanted) = state.wanted.get_mut(&row) {
                wanted.1 = Instant::now() + wait;
            }
        }
    }

    /// The base URL of another store's server.
    async fn other_url(&self, own: &StoreRecord) -> PortResult<Option<Url>> {
        for id in self.stores.ids(None, 10).await? {
            let other = self.stores.open(&id).await?.and_then(|other| other.account.base_url);
            if other.is_some() && other != own.account.base_url {
                return Ok(other);
            }
        }
        Ok(None)
    }
}

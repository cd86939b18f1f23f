//! The schedule of the reconciliation rounds, in memory.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::{AccountKey, StoreId};
use crate::ports::{RoundClaim, RoundOutcome, Unread};
use crate::time::later;

#[derive(Debug, Default)]
pub(super) struct Rounds {
    stores: HashMap<StoreId, Round>,
    // By when they are due: a claimed one when its lease expires.
    due: BTreeSet<(Instant, StoreId)>,
    fence: u64,
}

#[derive(Debug)]
struct Round {
    due: Instant,
    // The fence of the claim, which is valid until another one is made.
    claimed: Option<u64>,
    // Moved forward while it was claimed.
    at_latest: Option<Instant>,
    account: Option<AccountKey>,
    since: (Timestamp, Instant),
    unread: Vec<Unread>,
    failures: u32,
    last_webhook: Option<Instant>,
    // The maximum delay of the round after a webhook; `None` if webhooks do not move it forward.
    after_webhook: Option<Duration>,
}

impl Rounds {
    pub(super) fn schedule(&mut self, store: &StoreId, now: (Timestamp, Instant)) {
        if self.stores.contains_key(store) {
            return;
        }
        let round = Round {
            due: now.1,
            claimed: None,
            at_latest: None,
            account: None,
            since: now,
            unread: Vec::new(),
            failures: 0,
            last_webhook: None,
            after_webhook: None,
        };
        self.stores.insert(store.clone(), round);
        self.due.insert((now.1, store.clone()));
    }

    pub(super) fn webhook(&mut self, store: &StoreId, now: Instant) {
        let Some(round) = self.stores.get_mut(store) else { return };
        round.last_webhook = Some(now);
        if let Some(after) = round.after_webhook {
            self.bring_forward(store, later(now, after));
        }
    }

    /// Returns when a store, or any store, had its last webhook.
    pub(super) fn last_webhook(&self, store: Option<&StoreId>) -> Option<Instant> {
        match store {
            Some(store) => self.stores.get(store)?.last_webhook,
            None => self.stores.values().filter_map(|round| round.last_webhook).max(),
        }
    }

    pub(super) fn bring_forward(&mut self, store: &StoreId, to: Instant) {
        let Some(round) = self.stores.get_mut(store) else { return };
        if round.claimed.is_some() {
            round.at_latest = Some(round.at_latest.map_or(to, |latest| latest.min(to)));
        } else if to < round.due {
            self.place(store, to);
        }
    }

    pub(super) fn claim(&mut self, limit: usize, lease: Duration, now: Instant) -> Vec<RoundClaim> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now).take(limit);
        let due: Vec<StoreId> = due.map(|(_, store)| store.clone()).collect();
        due.iter().filter_map(|store| self.hold(store, lease, now)).collect()
    }

    pub(super) fn claim_one(
        &mut self,
        store: &StoreId,
        lease: Duration,
        now: Instant,
    ) -> Option<RoundClaim> {
        let round = self.stores.get(store)?;
        let held = round.claimed.is_some() && round.due > now;
        if held { None } else { self.hold(store, lease, now) }
    }

    fn hold(&mut self, store: &StoreId, lease: Duration, now: Instant) -> Option<RoundClaim> {
        self.place(store, later(now, lease));
        self.fence += 1;
        let round = self.stores.get_mut(store)?;
        round.claimed = Some(self.fence);
        Some(RoundClaim {
            store: store.clone(),
            fence: self.fence,
            account: round.account.clone(),
            since: round.since.0,
            age: now.saturating_duration_since(round.since.1),
            unread: round.unread.clone(),
            failures: round.failures,
            quiet_for: round.last_webhook.map(|last| now.saturating_duration_since(last)),
        })
    }

    pub(super) fn extend(&mut self, claim: &RoundClaim, until: Instant) -> bool {
        let held = self.held(claim).is_some();
        if held {
            self.place(&claim.store, until);
        }
        held
    }

    pub(super) fn settle(
        &mut self,
        claim: &RoundClaim,
        outcome: RoundOutcome,
        (time, now): (Timestamp, Instant),
    ) -> bool {
        let Some(round) = self.held(claim) else { return false };
        round.claimed = None;
        let wait = match outcome {
            RoundOutcome::Finished { account, began_ago, unread, next, after_webhook } => {
                let began = now.checked_sub(began_ago).unwrap_or(round.since.1);
                round.since = (time.checked_sub(began_ago).unwrap_or(Timestamp::MIN), began);
                round.account = Some(account);
                round.unread = unread;
                round.failures = 0;
                round.after_webhook = Some(after_webhook);
                next
            }
            RoundOutcome::Skipped { next } => {
                round.after_webhook = None;
                next
            }
            RoundOutcome::Failed { retry, .. } => {
                round.failures = round.failures.saturating_add(1);
                round.after_webhook = None;
                retry
            }
        };
        let at_latest = round.at_latest.take();
        let due = at_latest.map_or(later(now, wait), |latest| latest.min(later(now, wait)));
        self.place(&claim.store, due);
        true
    }

    pub(super) fn release(&mut self, claim: &RoundClaim, now: Instant) -> bool {
        let Some(round) = self.held(claim) else { return false };
        round.claimed = None;
        round.at_latest = None;
        self.place(&claim.store, now);
        true
    }

    pub(super) fn forget(&mut self, store: &StoreId) {
        if let Some(round) = self.stores.remove(store) {
            self.due.remove(&(round.due, store.clone()));
        }
    }

    fn held(&mut self, claim: &RoundClaim) -> Option<&mut Round> {
        self.stores.get_mut(&claim.store).filter(|round| round.claimed == Some(claim.fence))
    }

    fn place(&mut self, store: &StoreId, due: Instant) {
        let Some(round) = self.stores.get_mut(store) else { return };
        self.due.remove(&(round.due, store.clone()));
        round.due = due;
        self.due.insert((due, store.clone()));
    }
}

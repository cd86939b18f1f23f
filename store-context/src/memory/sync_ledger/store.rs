//! The rows of one store, and their indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::time::Duration;

use chatwoot_client::ContactId;
use jiff::Timestamp;
use tokio::time::Instant;

use super::Now;
use super::row::{Released, Row};
use crate::model::{AccountKey, CustomerId, StoreId};
use crate::ports::{
    Doubt, Link, ParkedRow, PausedStore, Priority, Settlement, SyncClaim, SyncCounts,
};

#[derive(Debug)]
pub(super) struct StoreRows {
    pub(super) id: StoreId,
    pub(super) served: u64,
    rows: HashMap<u64, Row>,
    next: u64,
    ids: BTreeMap<CustomerId, u64>,
    // Rows that can be claimed at some time, by that time; live ones and bulk.
    queues: [BTreeSet<(Instant, u64)>; 2],
    // Waiting rows by the time since when they wait.
    waiting: BTreeSet<(Timestamp, u64)>,
    parked: BTreeSet<CustomerId>,
    // Claimed rows by when their lease ends.
    leases: BTreeSet<(Instant, u64)>,
    contacts: HashMap<(AccountKey, ContactId), u64>,
    // The rows that wait for a value that another row holds.
    waiters: HashMap<String, BTreeSet<u64>>,
    counts: SyncCounts,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    until: Instant,
    pauses: u32,
    reason: String,
    // The probe's row and fence, and the expiry of its lease.
    probe: Option<(u64, u64, Instant)>,
}

pub(super) fn queue_of(priority: Priority) -> usize {
    match priority {
        Priority::Live => 0,
        Priority::Bulk => 1,
    }
}

impl StoreRows {
    pub(super) fn new(id: StoreId) -> Self {
        Self {
            id,
            served: 0,
            rows: HashMap::new(),
            next: 0,
            ids: BTreeMap::new(),
            queues: Default::default(),
            waiting: BTreeSet::new(),
            parked: BTreeSet::new(),
            leases: BTreeSet::new(),
            contacts: HashMap::new(),
            waiters: HashMap::new(),
            counts: SyncCounts::default(),
            pause: None,
        }
    }

    /// Changes a row and updates the indexes.
    fn edit<T>(&mut self, id: u64, change: impl FnOnce(&mut Row) -> T) -> Option<T> {
        let mut row = self.rows.remove(&id)?;
        self.index(id, &row, false);
        let changed = change(&mut row);
        self.index(id, &row, true);
        self.rows.insert(id, row);
        Some(changed)
    }

    /// Adds a row to the indexes, or removes it.
    fn index(&mut self, id: u64, row: &Row, put: bool) {
        fn set<K: Ord>(index: &mut BTreeSet<K>, key: K, put: bool) {
            if put {
                index.insert(key);
            } else {
                index.remove(&key);
            }
        }
        if let Some(due) = row.due() {
            set(&mut self.queues[queue_of(row.priority)], (due, id), put);
        }
        if row.is_waiting() {
            set(&mut self.waiting, (row.wanted_at, id), put);
        }
        if let Some(claim) = &row.claim {
            set(&mut self.leases, (claim.until, id), put);
        }
        if row.parked.is_some() {
            set(&mut self.parked, row.customer.clone(), put);
        }
        if let Some(link) = &row.link {
            let contact = (link.account.clone(), link.contact);
            if put {
                self.contacts.insert(contact, id);
            } else if self.contacts.get(&contact) == Some(&id) {
                self.contacts.remove(&contact);
            }
            for value in &link.waits_for {
                let waiters = self.waiters.entry(value.clone()).or_default();
                set(waiters, id, put);
                if waiters.is_empty() {
                    self.waiters.remove(value);
                }
            }
        }
        let SyncCounts { customers, waiting, parked, in_doubt, erased, .. } = &mut self.counts;
        let is_in_doubt = row.doubt != Doubt::None;
        for (count, is) in [
            (customers, true),
            (waiting, row.is_waiting()),
            (parked, row.parked.is_some()),
            (in_doubt, is_in_doubt),
            (erased, row.erased),
        ] {
            if is {
                *count = if put { *count + 1 } else { *count - 1 };
            }
        }
    }

    fn row_of(&mut self, customer: &CustomerId, now: Now) -> u64 {
        if let Some(id) = self.ids.get(customer) {
            return *id;
        }
        let id = self.next;
        self.next += 1;
        let row = Row::new(customer.clone(), now);
        self.index(id, &row, true);
        self.rows.insert(id, row);
        self.ids.insert(customer.clone(), id);
        id
    }

    /// Changes a customer's row and marks it as wanted; creates it if it does not exist.
    pub(super) fn want(
        &mut self,
        customer: &CustomerId,
        priority: Priority,
        now: Now,
        change: impl FnOnce(&mut Row),
    ) {
        let id = self.row_of(customer, now);
        self.edit(id, |row| {
            change(row);
            row.want(priority, now);
        });
    }

    pub(super) fn row_of_contact(&self, account: &AccountKey, contact: ContactId) -> Option<&Row> {
        self.rows.get(self.contacts.get(&(account.clone(), contact))?)
    }

    pub(super) fn row(&self, customer: &CustomerId) -> Option<&Row> {
        self.rows.get(self.ids.get(customer)?)
    }

    /// Returns the rows of customers after `after`, in ascending order.
    fn rows_after(
        &self,
        after: Option<&CustomerId>,
    ) -> impl Iterator<Item = (&CustomerId, u64, &Row)> {
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let rows = self.ids.range::<CustomerId, _>(range);
        rows.filter_map(|(customer, id)| Some((customer, *id, self.rows.get(id)?)))
    }

    /// Marks linked rows as in doubt and wanted, with bulk priority; returns the last of them.
    pub(super) fn doubt_all(
        &mut self,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
        now: Now,
    ) -> Option<CustomerId> {
        let linked = self.rows_after(after).filter(|(_, _, row)| row.link.is_some());
        let linked: Vec<(CustomerId, u64)> =
            linked.take(limit).map(|(customer, id, _)| (customer.clone(), id)).collect();
        for (_, id) in &linked {
            self.edit(*id, |row| {
                row.doubt(doubt);
                row.want(Priority::Bulk, now);
            });
        }
        linked.into_iter().next_back().map(|(customer, _)| customer)
    }

    /// Returns when the store's first row of a priority can be claimed.
    pub(super) fn due(&self, priority: Priority) -> Option<Instant> {
        let (due, _) = *self.queues[queue_of(priority)].first()?;
        Some(self.gate().map_or(due, |gate| due.max(gate)))
    }

    /// Returns until when a pause blocks all rows.
    fn gate(&self) -> Option<Instant> {
        let pause = self.pause.as_ref()?;
        Some(pause.probe.map_or(pause.until, |(_, _, until)| until))
    }

    /// Claims the first due row of a priority.
    pub(super) fn claim_next(
        &mut self,
        priority: Priority,
        fence: u64,
        lease: Duration,
        now: Now,
    ) -> Option<SyncClaim> {
        if self.due(priority).is_none_or(|due| due > now.at) {
            return None;
        }
        let (_, id) = *self.queues[queue_of(priority)].first()?;
        // A row that is due without being wanted becomes wanted now, so that a lost claim is
        // retried.
        let pauses = self.pause.as_ref().map_or(0, |pause| pause.pauses);
        let store = self.id.clone();
        let claim = self.edit(id, |row| {
            if row.wanted == row.confirmed {
                (row.wanted, row.wanted_at) = (row.wanted + 1, now.time);
            }
            row.claim(&store, fence, lease, pauses, now)
        })?;
        let until = self.rows.get(&id).and_then(|row| row.claim.as_ref()).map(|claim| claim.until);
        if let (Some(pause), Some(until)) = (&mut self.pause, until) {
            pause.probe = Some((id, fence, until));
        }
        Some(claim)
    }

    /// Claims one row; returns `None` while another worker holds it.
    pub(super) fn hold(
        &mut self,
        customer: &CustomerId,
        fence: u64,
        lease: Duration,
        now: Now,
    ) -> Option<SyncClaim> {
        let id = self.row_of(customer, now);
        if self.rows.get(&id).is_some_and(|row| row.is_busy(now)) {
            return None;
        }
        let store = self.id.clone();
        self.edit(id, |row| row.claim(&store, fence, lease, 0, now))
    }

    /// Returns the row of a valid claim.
    fn held(&self, claim: &SyncClaim) -> Option<u64> {
        let id = *self.ids.get(&claim.customer)?;
        let row = self.rows.get(&id)?;
        (row.fence == claim.fence && row.claim.is_some()).then_some(id)
    }

    pub(super) fn begin(&mut self, claim: &SyncClaim, now: Now) -> bool {
        let Some(id) = self.held(claim) else { return false };
        if self.rows.get(&id).is_some_and(|row| row.erased && !claim.erased) {
            return false;
        }
        self.edit(id, |row| row.begin(now)).is_some()
    }

    pub(super) fn extend(&mut self, claim: &SyncClaim, until: Instant) -> bool {
        let Some(id) = self.held(claim) else { return false };
        if let Some(Pause { probe: Some((row, fence, end)), .. }) = &mut self.pause
            && (*row, *fence) == (id, claim.fence)
        {
            *end = until;
        }
        let extended = self.edit(id, |row| {
            if let Some(held) = &mut row.claim {
                held.until = until;
            }
        });
        extended.is_some()
    }

    pub(super) fn settle(&mut self, claim: &SyncClaim, settlement: &Settlement, now: Now) -> bool {
        let Some(id) = self.held(claim) else { return false };
        if let Some(pause) = &mut self.pause
            && pause.probe.is_some_and(|(row, fence, _)| (row, fence) == (id, claim.fence))
        {
            pause.probe = None;
        }
        match settlement {
            Settlement::Confirmed { link, quiet, retry_left_out } => {
                self.take_contact(id, link, now);
                self.replace_link(id, Some(link.clone()), now, |row| {
                    row.quiet_until = now.after(*quiet);
                    row.merged_into = None;
                    if let Some(retry) = retry_left_out
                        && row.due.is_none()
                    {
                        (row.due, row.priority) = (Some(now.after(*retry)), Priority::Bulk);
                    }
                    if let Some(due) = &mut row.due {
                        *due = (*due).max(row.quiet_until);
                    }
                });
            }
            Settlement::Gone => self.replace_link(id, None, now, |row| {
                if claim.merge_into.is_some() {
                    row.merged_into.clone_from(&claim.merge_into);
                }
                if row.merge_into == claim.merge_into {
                    row.merge_into = None;
                }
            }),
            Settlement::Retry { after, quiet, .. } => {
                self.release(id, Released::Retry(*after), *quiet, now);
            }
            Settlement::Parked { quiet, error } => {
                self.release(id, Released::Parked(error.clone()), *quiet, now);
            }
            Settlement::Returned { quiet } => self.release(id, Released::Returned, *quiet, now),
        }
        true
    }

    fn release(&mut self, id: u64, outcome: Released, quiet: Duration, now: Now) {
        self.edit(id, |row| {
            if let Some(claim) = row.claim.take() {
                row.quiet_until = now.after(quiet);
                row.release(&claim, outcome, now);
            }
        });
    }

    /// Confirms a claimed row with another link, and wants the rows that waited for the old link's
    /// values.
    fn replace_link(&mut self, id: u64, link: Option<Link>, now: Now, then: impl FnOnce(&mut Row)) {
        let before = self.edit(id, |row| {
            let before = row.link.take();
            if let Some(claim) = row.claim.take() {
                row.confirm(&claim, link, now);
                then(row);
            }
            before
        });
        self.let_go(id, before.flatten(), now);
    }

    /// Unlinks another row with the same contact.
    fn take_contact(&mut self, id: u64, link: &Link, now: Now) {
        let contact = (link.account.clone(), link.contact);
        let Some(other) = self.contacts.get(&contact).copied().filter(|other| *other != id) else {
            return;
        };
        let before = self.edit(other, |row| {
            row.doubt(Doubt::Write);
            row.want(Priority::Live, now);
            row.link.take()
        });
        self.let_go(other, before.flatten(), now);
    }

    /// Wants the rows that wait for values that a row no longer holds.
    fn let_go(&mut self, id: u64, before: Option<Link>, now: Now) {
        let held = before.map(|link| link.holds).unwrap_or_default();
        let holds = self.rows.get(&id).and_then(|row| row.link.as_ref()).map(|link| &link.holds);
        let free = held.iter().filter(|value| holds.is_none_or(|holds| !holds.contains(value)));
        let free: BTreeSet<u64> =
            free.filter_map(|value| self.waiters.get(value)).flatten().copied().collect();
        for waiter in free.into_iter().filter(|waiter| *waiter != id) {
            self.edit(waiter, |row| row.want(Priority::Live, now));
        }
    }

    pub(super) fn pause(&mut self, duration: Duration, reason: &str, now: Now) {
        let until = now.after(duration);
        let reason = reason.to_owned();
        self.pause = Some(match self.pause.take() {
            Some(Pause { until: before, pauses, probe, .. }) if before > now.at => {
                Pause { until: before.max(until), pauses, reason, probe }
            }
            before => {
                let pauses = before.map_or(0, |before| before.pauses).saturating_add(1);
                Pause { until, pauses, reason, probe: None }
            }
        });
    }

    pub(super) fn resume(&mut self) {
        self.pause = None;
    }

    pub(super) fn paused(&self, now: Now) -> Option<PausedStore> {
        self.pause.as_ref().map(|pause| PausedStore {
            store: self.id.clone(),
            until: now.time_of(pause.until),
            pauses: pause.pauses,
            reason: pause.reason.clone(),
        })
    }

    pub(super) fn links(
        &self,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> Vec<(CustomerId, Link)> {
        let rows = self.rows_after(after);
        let links =
            rows.filter_map(|(customer, _, row)| Some((customer.clone(), row.link.clone()?)));
        links.take(limit).collect()
    }

    pub(super) fn parked(&self, after: Option<&CustomerId>, limit: usize) -> Vec<ParkedRow> {
        let all = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let rows = self.parked.range(all).filter_map(|customer| {
            let row = self.row(customer)?;
            let (error, parked_at) = row.parked.clone()?;
            let (store, customer, tries) = (self.id.clone(), customer.clone(), row.tries);
            Some(ParkedRow { store, customer, tries, error, parked_at })
        });
        rows.take(limit).collect()
    }

    pub(super) fn replay(&mut self, customer: Option<&CustomerId>, limit: usize, now: Now) -> u64 {
        let parked: Vec<u64> = match customer {
            Some(one) => self.parked.get(one).into_iter().take(limit).collect::<Vec<_>>(),
            None => self.parked.iter().take(limit).collect(),
        }
        .into_iter()
        .filter_map(|parked| self.ids.get(parked).copied())
        .collect();
        for id in &parked {
            self.edit(*id, |row| row.want(Priority::Live, now));
        }
        parked.len() as u64
    }

    pub(super) fn forget(&mut self, customer: &CustomerId, now: Now) {
        let Some(id) = self.ids.remove(customer) else { return };
        if let Some(row) = self.rows.remove(&id) {
            self.index(id, &row, false);
            self.let_go(id, row.link, now);
        }
    }

    /// Removes the first rows; returns their number.
    pub(super) fn forget_some(&mut self, limit: usize, now: Now) -> u64 {
        let customers: Vec<CustomerId> = self.ids.keys().take(limit).cloned().collect();
        for customer in &customers {
            self.forget(customer, now);
        }
        customers.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn counts(&self, now: Instant) -> SyncCounts {
        let oldest_wanted_at = self.waiting.first().map(|(at, _)| *at);
        // A lease that ended holds nobody up: its claim was dropped with its worker.
        let claimed = self.leases.range((now, u64::MAX)..).count() as u64;
        SyncCounts { claimed, oldest_wanted_at, ..self.counts }
    }
}

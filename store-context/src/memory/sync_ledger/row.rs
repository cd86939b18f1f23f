//! The row of one customer, and its transitions.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Now;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Doubt, Link, Priority, SyncClaim};

#[derive(Debug)]
pub(super) struct Row {
    pub(super) customer: CustomerId,
    pub(super) wanted: u64,
    pub(super) confirmed: u64,
    // When the oldest unconfirmed version was wanted.
    pub(super) wanted_at: Timestamp,
    pub(super) priority: Priority,
    pub(super) tries: u32,
    pub(super) fence: u64,
    pub(super) claim: Option<Claim>,
    // When the row is due, unless it is claimed.
    pub(super) due: Option<Instant>,
    pub(super) quiet_until: Instant,
    pub(super) link: Option<Link>,
    pub(super) doubt: Doubt,
    pub(super) erased: bool,
    pub(super) merge_into: Option<CustomerId>,
    pub(super) merged_into: Option<CustomerId>,
    pub(super) parked: Option<(String, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) version: u64,
    pub(super) until: Instant,
    // The first version that was wanted after the claimed one.
    later: Option<(Timestamp, Priority)>,
    // The doubt that was raised during the claim.
    doubt: Doubt,
}

impl Row {
    pub(super) fn new(customer: CustomerId, now: Now) -> Self {
        Self {
            customer,
            wanted: 0,
            confirmed: 0,
            wanted_at: now.time,
            priority: Priority::Bulk,
            tries: 0,
            fence: 0,
            claim: None,
            due: None,
            quiet_until: now.at,
            link: None,
            doubt: Doubt::None,
            erased: false,
            merge_into: None,
            merged_into: None,
            parked: None,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.wanted > self.confirmed && self.parked.is_none()
    }

    /// Returns from when on the row can be claimed; a claimed one when its lease expires.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.claim {
            // What is due by itself later is not forgotten with a hold that was dropped.
            Some(claim) => (self.is_waiting() || self.due.is_some()).then_some(claim.until),
            None => self.due,
        }
    }

    pub(super) fn want(&mut self, priority: Priority, now: Now) {
        let before = self.wanted > self.confirmed;
        self.wanted += 1;
        self.tries = 0;
        self.parked = None;
        if let Some(claim) = &mut self.claim {
            let (at, urgency) = claim.later.unwrap_or((now.time, priority));
            claim.later = Some((at, urgency.min(priority)));
            return;
        }
        if before {
            self.priority = self.priority.min(priority);
        } else {
            (self.wanted_at, self.priority) = (now.time, priority);
        }
        self.due_now(now);
    }

    /// Makes the row due; one that is due already keeps its place.
    fn due_now(&mut self, now: Now) {
        if self.due.is_none_or(|due| due > now.at) {
            self.due = Some(now.at.max(self.quiet_until));
        }
    }

    pub(super) fn doubt(&mut self, doubt: Doubt) {
        match &mut self.claim {
            Some(claim) => claim.doubt = claim.doubt.max(doubt),
            None => self.doubt = self.doubt.max(doubt),
        }
    }

    /// Whether somebody holds the row, or what was sent for it may still be worked on.
    pub(super) fn is_busy(&self, now: Now) -> bool {
        match &self.claim {
            Some(claim) => claim.until > now.at,
            None => self.doubt == Doubt::Write && self.quiet_until > now.at,
        }
    }

    /// Claims the row for a worker. A previous claim that was not settled is lost, and counts as an
    /// attempt.
    pub(super) fn claim(
        &mut self,
        store: &StoreId,
        fence: u64,
        lease: Duration,
        pauses: u32,
        now: Now,
    ) -> SyncClaim {
        if let Some(lost) = self.claim.take() {
            self.doubt = self.doubt.max(lost.doubt);
            match lost.later {
                // The newer version was never attempted.
                Some((_, priority)) => self.priority = self.priority.min(priority),
                None => self.tries = self.tries.saturating_add(1),
            }
        }
        self.fence = fence;
        // A lease of zero expires after the call that grants it.
        let until = now.after(lease.max(Duration::from_nanos(1)));
        self.claim = Some(Claim { version: self.wanted, until, later: None, doubt: Doubt::None });
        let waits = self.wanted > self.confirmed;
        SyncClaim {
            store: store.clone(),
            customer: self.customer.clone(),
            wanted: self.wanted,
            wanted_at: if waits { self.wanted_at } else { now.time },
            priority: self.priority,
            tries: self.tries,
            pauses,
            fence,
            link: self.link.clone(),
            doubt: self.doubt,
            erased: self.erased,
            merge_into: self.merge_into.clone(),
            merged_into: self.merged_into.clone(),
        }
    }

    /// Marks a claimed row as in doubt and wanted.
    pub(super) fn begin(&mut self, now: Now) {
        self.doubt = Doubt::Write;
        if self.parked.take().is_some() {
            self.tries = 0;
        }
        if self.wanted > self.confirmed {
            return;
        }
        self.wanted += 1;
        (self.wanted_at, self.priority) = (now.time, Priority::Live);
        if let Some(claim) = &mut self.claim {
            claim.version = self.wanted;
        }
    }

    /// Ends a claim whose version was confirmed.
    pub(super) fn confirm(&mut self, claim: &Claim, link: Option<Link>, now: Now) {
        self.confirmed = self.confirmed.max(claim.version);
        self.link = link;
        self.doubt = claim.doubt;
        (self.tries, self.parked, self.due) = (0, None, None);
        if let Some((at, priority)) = claim.later {
            (self.wanted_at, self.priority) = (at, priority);
            self.due_now(now);
        }
    }

    /// Ends a claim whose version was not confirmed.
    pub(super) fn release(&mut self, claim: &Claim, outcome: Released, now: Now) {
        self.doubt = self.doubt.max(claim.doubt);
        let mut outcome = outcome;
        if let Some((_, priority)) = claim.later {
            self.priority = self.priority.min(priority);
            // The newer version was never attempted.
            outcome = Released::Returned;
        }
        match outcome {
            Released::Retry(wait) => {
                self.fail();
                self.parked = None;
                self.due = Some(now.after(wait).max(self.quiet_until));
            }
            Released::Parked(error) => {
                self.fail();
                self.parked = Some((error, now.time));
                self.due = None;
            }
            Released::Returned if self.is_waiting() => {
                self.due = Some(now.at.max(self.quiet_until));
            }
            Released::Returned => {}
        }
    }

    /// Counts an attempt. A row that failed without being wanted becomes wanted.
    fn fail(&mut self) {
        self.tries = self.tries.saturating_add(1);
        self.wanted = self.wanted.max(self.confirmed + 1);
    }
}

/// The end of a claim whose version was not confirmed.
#[derive(Debug)]
pub(super) enum Released {
    Retry(Duration),
    Parked(String),
    Returned,
}

//! What a test does to the fake while it runs: clock, limits, faults, journal.

use std::time::Duration;

use jiff::Timestamp;

use crate::fake::FakeChatwoot;
use crate::fake::http::faults::{Fault, WebhookFaults};
use crate::fake::http::limits::FakeLimits;
use crate::fake::journal::JournalEntry;
use crate::http::Op;

impl FakeChatwoot {
    /// The address that answers link to.
    pub fn set_base_url(&self, url: impl Into<String>) {
        self.lock().base_url = url.into();
    }

    /// Holds the clock at this moment.
    pub fn set_time(&self, at: Timestamp) {
        self.lock().clock.hold(at);
    }

    /// Moves the clock on, and holds it there.
    pub fn advance(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// Lets the clock run with real time again.
    pub fn release_time(&self) {
        self.lock().clock.release();
    }

    /// Switches the server's limits on with these numbers, or off; open windows are forgotten.
    pub fn set_limits(&self, limits: Option<FakeLimits>) {
        self.lock().windows.set(limits);
    }

    /// Switches a fault on.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Sets what goes wrong with webhooks.
    pub fn webhook_faults(&self, faults: WebhookFaults) {
        self.lock().faults.webhooks = faults;
    }

    /// Switches every fault off.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// The latest requests, up to 100,000, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.lock().journal.entries()
    }

    /// How many requests there were in all.
    pub fn requests(&self) -> u64 {
        self.lock().journal.total()
    }

    /// How often an operation was asked, refusals included.
    pub fn count(&self, op: &Op) -> u64 {
        self.lock().journal.count(op)
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        self.lock().journal.clear();
    }
}

//! The controls of a running fake: clock, limits, faults, journal.

use std::time::Duration;

use jiff::Timestamp;

use crate::fake::FakeChatwoot;
use crate::fake::http::faults::{Fault, WebhookFaults};
use crate::fake::http::limits::FakeLimits;
use crate::fake::journal::JournalEntry;
use crate::http::Op;

impl FakeChatwoot {
    /// Sets the base URL of the links in responses.
    pub fn set_base_url(&self, url: impl Into<String>) {
        self.lock().base_url = url.into();
    }

    /// Sets the clock to this time and stops it.
    pub fn set_time(&self, at: Timestamp) {
        self.lock().clock.hold(at);
    }

    /// Advances the clock and stops it.
    pub fn advance(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// Makes the clock follow real time again.
    pub fn release_time(&self) {
        self.lock().clock.release();
    }

    /// Enables the server's rate limits with these numbers, or disables them; all counts are reset.
    pub fn set_limits(&self, limits: Option<FakeLimits>) {
        self.lock().windows.set(limits);
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Sets the faults of webhook deliveries.
    pub fn webhook_faults(&self, faults: WebhookFaults) {
        self.lock().faults.webhooks = faults;
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Returns the latest requests, up to 100,000, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.lock().journal.entries()
    }

    /// Returns the total number of requests.
    pub fn requests(&self) -> u64 {
        self.lock().journal.total()
    }

    /// Returns how often an operation was called, error responses included.
    pub fn count(&self, op: &Op) -> u64 {
        self.lock().journal.count(op)
    }

    /// Clears the journal.
    pub fn clear_journal(&self) {
        self.lock().journal.clear();
    }
}

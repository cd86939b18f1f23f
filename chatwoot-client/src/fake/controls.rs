//! The controls of a running fake: clock, limits, faults, journal.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::fake::http::faults::{Fault, FaultKind, WebhookFaults};
use crate::fake::http::limits::FakeLimits;
use crate::fake::journal::JournalEntry;
use crate::fake::webhook::events::WebhookRendering;
use crate::fake::{FakeChatwoot, Script};
use crate::http::Op;

impl FakeChatwoot {
    /// Sets the base URL of the links in responses.
    pub fn set_base_url(&self, url: impl Into<String>) {
        self.lock().base_url = url.into();
    }

    /// Sets the clock to this time and stops it.
    pub fn set_time(&self, at: Timestamp) {
        self.lock().clock.set(at);
    }

    /// Advances the clock and stops it.
    pub fn advance(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// Makes the clock follow real time again.
    pub fn release_time(&self) {
        self.lock().clock.release();
    }

    /// Makes the clock follow tokio's from now on, which starts at this time.
    ///
    /// On paused time the fake's time, its rate limits' windows included, is then the same in each
    /// run. [`FakeChatwoot::advance`] makes it jump; it goes on from there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use chatwoot_client::fake::FakeChatwoot;
    ///
    /// let fake = FakeChatwoot::new();
    /// fake.follow_tokio("2026-11-21T00:00:00Z".parse().unwrap());
    /// # }
    /// ```
    pub fn follow_tokio(&self, start: Timestamp) {
        self.lock().clock.follow_tokio(start);
    }

    /// Sets how far the server's clock is ahead (or, if negative, behind): of the time that
    /// [`FakeChatwoot::follow_tokio`] or [`FakeChatwoot::set_time`] gave, or of real time.
    pub fn set_skew(&self, skew: SignedDuration) {
        self.lock().clock.set_skew(skew);
    }

    /// Suspends an account, or makes it active again: while it is suspended, the Application API
    /// responds with 401.
    pub fn set_suspended(&self, account: u64, suspended: bool) {
        if let Some(found) = self.lock().accounts.get_mut(&account.cast_signed()) {
            let status = if suspended { "suspended" } else { "active" };
            status.clone_into(&mut found.status);
        }
    }

    /// Makes a contact online, as one who has a widget open, or offline again. One who is online
    /// cannot be deleted (422).
    pub fn set_online(&self, account: u64, contact: u64, online: bool) {
        let key = (account.cast_signed(), contact.cast_signed());
        let people = &mut self.lock().contacts.online;
        if online {
            people.insert(key)
        } else {
            people.remove(&key)
        };
    }

    /// Returns what is stored of contacts, notes, conversations and messages, as text in no
    /// particular form, for a test that looks for what was to be erased.
    ///
    /// ```
    /// # async fn example(fake: chatwoot_client::fake::FakeChatwoot) {
    /// assert!(!fake.stored_text().contains("ada@mail.example"));
    /// # }
    /// ```
    pub fn stored_text(&self) -> String {
        let state = self.lock();
        format!("{:?} {:?}", state.contacts, state.conversations)
    }

    /// Sets when the payloads of webhooks are made; with the change by default.
    pub fn set_webhook_rendering(&self, rendering: WebhookRendering) {
        self.lock().outbox.rendering = rendering;
    }

    /// Asks `script` for the faults of every request, besides those added with
    /// [`FakeChatwoot::fault`]; an `Option`, a list or an array of them will do.
    ///
    /// It is asked once a request, in the order in which the requests are sent, and must not use
    /// the fake. With a seeded generator in it, a run can be repeated.
    ///
    /// ```
    /// use chatwoot_client::fake::{FakeChatwoot, FaultKind};
    ///
    /// let fake = FakeChatwoot::new();
    /// let mut random = fastrand::Rng::with_seed(7);
    /// fake.set_fault_script(move |request| match random.u8(..) {
    ///     0..4 => Some(FaultKind::ErrorAfter),
    ///     4..8 if request.method() == "PUT" => Some(FaultKind::TimeoutAfter),
    ///     8..12 => Some(FaultKind::RateLimited),
    ///     _ => None,
    /// });
    /// ```
    pub fn set_fault_script<F>(
        &self,
        mut script: impl FnMut(&::http::Request<Bytes>) -> F + Send + 'static,
    ) where
        F: IntoIterator<Item = FaultKind>,
    {
        let script: Script = Box::new(move |request| script(request).into_iter().collect());
        *self.script() = Some(script);
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

    /// Removes all faults and the fault script.
    pub fn clear_faults(&self) {
        *self.script() = None;
        let mut state = self.lock();
        state.faults.clear();
        #[cfg(feature = "live")]
        {
            state.feed.faults = crate::fake::LiveFaults::default();
        }
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
        let mut state = self.lock();
        state.journal.clear();
        #[cfg(feature = "live")]
        state.feed.journal.clear();
    }
}

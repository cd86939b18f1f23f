//! The state that all calls of one client share.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::limit::{CallClock, Counts};
use super::observe::{CallObserver, CallReport};
use super::op::Op;
use super::response_limit::ResponseLimit;
use super::retry::{Budget, RetryPolicy};
use super::stats::Counters;
use super::transport::Transport;

/// The state that all calls of one client share: base URL, transport, policy, limits and counts.
/// Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Http {
    inner: Arc<Inner>,
    /// Who is told of its calls.
    observer: Option<Arc<dyn CallObserver>>,
    /// Whether its calls leave room for others.
    background: bool,
}

/// Tells the time of day.
pub(crate) type WallClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What a client is built from.
pub(crate) struct Settings {
    /// The base URL, without a trailing slash.
    pub(crate) base_url: String,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) policy: RetryPolicy,
    pub(crate) response_limit: ResponseLimit,
    pub(crate) counts: Counts,
    pub(crate) wall_clock: WallClock,
    /// What parts above this one keep with the client, by type.
    #[cfg(feature = "live")]
    pub(crate) extensions: ::http::Extensions,
}

struct Inner {
    settings: Settings,
    budget: Budget,
    counters: Counters,
}

impl Http {
    pub(crate) fn new(settings: Settings) -> Self {
        let (budget, counters) = (Budget::new(), Counters::default());
        let inner = Arc::new(Inner { settings, budget, counters });
        Self { inner, observer: None, background: false }
    }

    /// Returns the same, for calls in the background.
    pub(crate) fn in_background(&self) -> Self {
        Self { background: true, ..self.clone() }
    }

    /// Returns the same, with an observer of its calls.
    pub(crate) fn observed_by(&self, observer: Arc<dyn CallObserver>) -> Self {
        Self { observer: Some(observer), ..self.clone() }
    }

    /// Tells the observer, if there is one, of a call that ended.
    pub(crate) fn observe(&self, call: &CallReport<'_>) {
        if let Some(observer) = &self.observer {
            observer.call_ended(call);
        }
    }

    pub(crate) fn is_background(&self) -> bool {
        self.background
    }

    /// Returns the time of day.
    pub(crate) fn now(&self) -> SystemTime {
        (self.inner.settings.wall_clock)()
    }

    /// Starts the clock of one call.
    pub(crate) fn call_clock(&self) -> CallClock {
        CallClock::start(self.now())
    }

    /// Returns the base URL, without a trailing slash.
    pub(crate) fn base_url(&self) -> &str {
        &self.inner.settings.base_url
    }

    pub(crate) fn policy(&self) -> RetryPolicy {
        self.inner.settings.policy
    }

    pub(crate) fn response_limit(&self) -> ResponseLimit {
        self.inner.settings.response_limit
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.inner.settings.counts
    }

    /// Returns what a part above this one keeps with the client.
    #[cfg(feature = "live")]
    pub(crate) fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.inner.settings.extensions.get()
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.inner.budget
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        self.inner.settings.transport.as_ref()
    }

    /// Creates a call without a token.
    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        Call::new(self, op, None)
    }

    /// Creates a call without a token whose response is an HTML page.
    pub(crate) fn page(&self, op: Op) -> Call<'_, String> {
        Call::page(self, op)
    }

    /// Creates a call without a token whose response body is not used.
    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        Call::done(self, op, None)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("base_url", &self.inner.settings.base_url)
            .field("transport", &self.inner.settings.transport)
            .finish_non_exhaustive()
    }
}

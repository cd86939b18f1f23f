//! The state that all calls of one client share.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::limit::Counts;
use super::op::Op;
use super::response_limit::ResponseLimit;
use super::retry::{Budget, RetryPolicy};
use super::stats::Counters;
use super::transport::Transport;

/// The state that all calls of one client share: base URL, transport, policy, limits and counts.
/// Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Http(Arc<Inner>);

struct Inner {
    base_url: String,
    transport: Arc<dyn Transport>,
    policy: RetryPolicy,
    response_limit: ResponseLimit,
    counts: Counts,
    budget: Budget,
    counters: Counters,
}

impl Http {
    pub(crate) fn new(
        base_url: String,
        transport: Arc<dyn Transport>,
        policy: RetryPolicy,
        response_limit: ResponseLimit,
        counts: Counts,
    ) -> Self {
        let (budget, counters) = (Budget::new(), Counters::default());
        Self(Arc::new(Inner {
            base_url,
            transport,
            policy,
            response_limit,
            counts,
            budget,
            counters,
        }))
    }

    /// Returns the base URL, without a trailing slash.
    pub(crate) fn base_url(&self) -> &str {
        &self.0.base_url
    }

    pub(crate) fn policy(&self) -> RetryPolicy {
        self.0.policy
    }

    pub(crate) fn response_limit(&self) -> ResponseLimit {
        self.0.response_limit
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        self.0.transport.as_ref()
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
            .field("base_url", &self.0.base_url)
            .field("transport", &self.0.transport)
            .finish_non_exhaustive()
    }
}

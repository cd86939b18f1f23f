//! The builder of a fake.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::fake::http::limits::FakeLimits;
use crate::fake::state::{State, secret};
use crate::fake::{FakeChatwoot, Inner};
use crate::types::Secret;

/// Builds a [`FakeChatwoot`]; from [`FakeChatwoot::builder`].
#[derive(Clone, Debug)]
pub struct FakeBuilder {
    pub(in crate::fake) platform_token: Option<Secret>,
    pub(in crate::fake) limits: Option<FakeLimits>,
    pub(in crate::fake) webhook_timeout: Duration,
    pub(in crate::fake) base_url: String,
    pub(in crate::fake) inbox_events: bool,
}

impl FakeBuilder {
    /// Sets the platform app's token; the default is a random one.
    pub fn platform_token(mut self, token: impl Into<Secret>) -> Self {
        self.platform_token = Some(token.into());
        self
    }

    /// Enables the server's rate limits; they are off by default, as on a server outside
    /// production.
    pub fn limits(mut self, limits: FakeLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets how long a webhook's receiver may take; the default is 5 seconds.
    pub fn webhook_timeout(mut self, timeout: Duration) -> Self {
        self.webhook_timeout = timeout;
        self
    }

    /// Sets the base URL of the links in responses; a
    /// [`FakeServer`](crate::fake::http::server::FakeServer) sets its own.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sets whether `inbox_created` and `inbox_updated` are sent; the default is no.
    pub fn inbox_events(mut self, on: bool) -> Self {
        self.inbox_events = on;
        self
    }

    /// Builds the fake.
    pub fn build(self) -> FakeChatwoot {
        let mut state = State {
            base_url: self.base_url,
            inbox_events: self.inbox_events,
            platform_token: self
                .platform_token
                .map_or_else(secret, |token| token.expose().to_owned()),
            ..State::default()
        };
        state.windows.set(self.limits);
        FakeChatwoot {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                records: Mutex::default(),
                script: Mutex::default(),
                wake: Arc::default(),
                webhook_timeout: self.webhook_timeout,
            }),
        }
    }
}

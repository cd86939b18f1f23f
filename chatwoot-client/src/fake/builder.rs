//! How a fake is set up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::fake::http::limits::FakeLimits;
use crate::fake::state::{State, secret};
use crate::fake::{FakeChatwoot, Inner};
use crate::types::Secret;

/// How a [`FakeChatwoot`] is set up; from [`FakeChatwoot::builder`].
#[derive(Clone, Debug)]
pub struct FakeBuilder {
    pub(in crate::fake) platform_token: Option<Secret>,
    pub(in crate::fake) limits: Option<FakeLimits>,
    pub(in crate::fake) webhook_timeout: Duration,
    pub(in crate::fake) base_url: String,
    pub(in crate::fake) inbox_events: bool,
}

impl FakeBuilder {
    /// The platform app's token; random otherwise.
    pub fn platform_token(mut self, token: impl Into<Secret>) -> Self {
        self.platform_token = Some(token.into());
        self
    }

    /// Switches the server's limits on; they are off otherwise, as outside production.
    pub fn limits(mut self, limits: FakeLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// How long a webhook's receiver may take; 5 seconds otherwise.
    pub fn webhook_timeout(mut self, timeout: Duration) -> Self {
        self.webhook_timeout = timeout;
        self
    }

    /// The address that answers link to; a [`FakeServer`](crate::fake::http::server::FakeServer) sets its own.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Whether `inbox_created` and `inbox_updated` are sent; they are not by default.
    pub fn inbox_events(mut self, on: bool) -> Self {
        self.inbox_events = on;
        self
    }

    /// The fake.
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
                wake: Arc::default(),
                webhook_timeout: self.webhook_timeout,
            }),
        }
    }
}

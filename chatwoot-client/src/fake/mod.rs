//! A stateful Chatwoot 4.15.1 in memory, for tests and demonstrations: with the server's response
//! shapes, envelopes, page sizes, validations, errors, rate limits and webhooks, and faults on
//! demand.
//!
//! It is a [`Transport`], and a [`FakeServer`] serves it over HTTP. It shares no response type with
//! the client: it is an independent implementation, checked against a live server.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_client::Client;
//! use chatwoot_client::fake::FakeChatwoot;
//!
//! let fake = FakeChatwoot::new();
//! let (account, token) = fake.add_account("Tea shop");
//! let client = Client::builder("https://chatwoot.test").transport(fake.clone()).build()?;
//! assert!(client.account(account, token).labels().list().await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `live` it is a `LiveTransport` too, and a [`FakeServer`] serves the live feed at
//! `/cable` of its base URL: the frames that a server sends, to whom they are due there, with its
//! silence after a wrong token, its pings and its presence. `LiveFaults` withholds, loses, doubles
//! and delays frames, [`Fault`]s with the path `/cable` keep lines from being opened,
//! `cut_live_lines` and `close_live_lines` end them, and `live_subscriptions` tells who asked for
//! what. As on the server, a line whose token was changed stays open and hears of contacts only,
//! nothing is kept for who is not connected, and a line that does not read is cut.
//!
//! ```
//! # #[cfg(feature = "live")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_client::Client;
//! use chatwoot_client::fake::FakeChatwoot;
//! use futures_util::StreamExt;
//!
//! let fake = FakeChatwoot::new();
//! let (account, token) = fake.add_account("Tea shop");
//! let client = Client::builder("https://chatwoot.test")
//!     .transport(fake.clone())
//!     .live_transport(fake.clone())
//!     .build()?;
//! let mut feed = client.account(account, token).live().connect();
//! println!("{:?}", feed.next().await); // connected
//! fake.cut_live_lines(|_| true);
//! println!("{:?}", feed.next().await); // disconnected
//! # Ok(())
//! # }
//! ```
//!
//! On tokio's paused clock, with `fastrand` seeded, a run repeats exactly:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::{Duration, SystemTime};
//! use chatwoot_client::fake::{FakeChatwoot, FakeLimits, FaultKind, WebhookRendering};
//! use chatwoot_client::{Client, Limits};
//! use jiff::{SignedDuration, Timestamp};
//!
//! fastrand::seed(7); // once a thread, and `tokio::time::pause()`
//! let (start, began) = (SystemTime::UNIX_EPOCH + Duration::from_hours(1), tokio::time::Instant::now());
//! let fake = FakeChatwoot::new();
//! fake.follow_tokio(Timestamp::try_from(start)?);
//! fake.set_skew(SignedDuration::from_secs(-120));
//! fake.set_limits(Some(FakeLimits::default()));
//! fake.set_merge_window(Duration::from_millis(80));
//! fake.set_removal_delay(Duration::from_secs(30));
//! fake.set_webhook_rendering(WebhookRendering::After(Duration::from_secs(2)));
//! let mut random = fastrand::Rng::with_seed(7);
//! fake.set_fault_script(move |_| match random.u8(..) {
//!     0..3 => Some(FaultKind::ErrorAfter),
//!     3..6 => Some(FaultKind::LateBy(Duration::from_secs(random.u64(1..40)))),
//!     _ => None,
//! });
//! let client = Client::builder("https://chatwoot.test")
//!     .transport(fake.clone())
//!     .limits(Limits::server())
//!     .wall_clock(move || start + began.elapsed())
//!     .build()?;
//! let (account, token) = fake.add_account("Tea shop");
//! let live = client.account(account, token);
//! let bulk = live.in_background();
//! let deliveries = fake.take_deliveries(); // those that are due
//! fake.clear_faults();
//! fake.run_background_jobs();
//! # drop((bulk, deliveries));
//! # Ok(())
//! # }
//! ```

#![expect(
    clippy::unnecessary_wraps,
    reason = "routes and operations share one shape, whether or not they can fail"
)]

mod application;
mod background;
mod builder;
mod clock;
mod controls;
mod event;
mod http;
mod journal;
#[cfg(feature = "live")]
mod live;
mod pages;
mod platform;
mod public;
mod shapes;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod webhook;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use self::application::account;
use self::application::agents;
use self::platform::users as platform_users;
pub use crate::fake::builder::FakeBuilder;
pub use crate::fake::http::faults::{Fault, FaultKind, WebhookFaults};
pub use crate::fake::http::limits::FakeLimits;
pub use crate::fake::http::server::FakeServer;
pub use crate::fake::journal::JournalEntry;
#[cfg(feature = "live")]
pub use crate::fake::live::{LiveFaults, LiveLine, LiveSubscription};
pub use crate::fake::webhook::deliver::{DeliveryOutcome, DeliveryRecord};
pub use crate::fake::webhook::events::{Delivery, Fact, WebhookRendering};

use crate::fake::background::Job;
use crate::fake::http::input::Input;
use crate::fake::http::process::{Begun, respond_to};
use crate::fake::state::State;
use crate::http::Body;
use crate::http::transport::{Transport, TransportError, TransportErrorKind};

/// A Chatwoot server in memory; clones share their state.
#[derive(Clone)]
pub struct FakeChatwoot {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    records: Mutex<Vec<DeliveryRecord>>,
    script: Mutex<Option<Script>>,
    wake: Arc<Notify>,
    webhook_timeout: Duration,
}

/// Says which faults strike a request.
type Script = Box<dyn FnMut(&::http::Request<Bytes>) -> Vec<FaultKind> + Send>;

impl Drop for Inner {
    /// Ends the workers that deliver webhooks.
    fn drop(&mut self) {
        self.wake.notify_waiters();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FakeChatwoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeChatwoot").finish_non_exhaustive()
    }
}

impl Default for FakeChatwoot {
    fn default() -> Self {
        Self::new()
    }
}

/// The result of one request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The delay before the outcome.
    pub delay: Duration,
    /// The outcome.
    pub outcome: FakeOutcome,
}

/// The outcome of a request. `Debug` shows the status of a response, not its body: it may contain
/// tokens.
#[derive(Clone)]
#[non_exhaustive]
pub enum FakeOutcome {
    /// A response.
    Response(::http::Response<Bytes>),
    /// The connection breaks; whether the request was processed depends on the fault.
    Reset,
    /// There is no connection; the request was not processed.
    NoConnection,
    /// There is no response; whether the request was processed depends on the fault.
    NoResponse,
}

impl fmt::Debug for FakeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(response) => {
                f.debug_tuple("Response").field(&response.status()).finish()
            }
            Self::Reset => f.write_str("Reset"),
            Self::NoConnection => f.write_str("NoConnection"),
            Self::NoResponse => f.write_str("NoResponse"),
        }
    }
}

impl FakeChatwoot {
    /// Creates an empty Chatwoot without rate limits and with a random platform token.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder.
    pub fn builder() -> FakeBuilder {
        FakeBuilder {
            platform_token: None,
            limits: None,
            webhook_timeout: Duration::from_secs(5),
            base_url: "http://chatwoot.test".to_owned(),
            inbox_events: false,
        }
    }

    /// Handles one request, without waiting.
    pub fn handle(&self, request: &::http::Request<Bytes>) -> Reply {
        let input = Input::read(request);
        let mut struck = self.strike(request, &input);
        for fault in &mut struck {
            if let FaultKind::LateBy(by) = *fault {
                *fault = FaultKind::Delay(by);
            }
        }
        self.working(|state| respond_to(state, &input, &struck)).reply
    }

    /// Handles one request, or lets it arrive later.
    fn begin(&self, request: &::http::Request<Bytes>) -> Begun {
        let input = Input::read(request);
        let mut struck = self.strike(request, &input);
        let mut late = Duration::ZERO;
        struck.retain(|fault| match fault {
            FaultKind::LateBy(by) => {
                late += *by;
                false
            }
            _ => true,
        });
        self.working(|state| {
            if late.is_zero() {
                return respond_to(state, &input, &struck);
            }
            let (response, later) = oneshot::channel();
            state.jobs.add(late, Job::Arrive { input: Box::new(input), struck, response });
            let reply = Reply { delay: late, outcome: FakeOutcome::NoResponse };
            Begun { reply, later: Some(later) }
        })
    }

    /// Returns the faults that strike a request.
    fn strike(&self, request: &::http::Request<Bytes>, input: &Input) -> Vec<FaultKind> {
        let mut struck = self.lock().faults.matching(&input.verb, &input.path);
        struck.extend(self.script().as_mut().into_iter().flat_map(|script| script(request)));
        struck
    }

    /// Does the work that is due, then this, and wakes the deliveries.
    fn working<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        background::tick(&mut state);
        let done = work(&mut state);
        let waiting = state.has_events();
        drop(state);
        if waiting {
            self.inner.wake.notify_waiters();
        }
        done
    }

    /// Returns the platform app's token.
    pub fn platform_token(&self) -> String {
        self.lock().platform_token.clone()
    }

    /// Adds an account with one administrator; returns its id and the administrator's token.
    pub fn add_account(&self, name: &str) -> (u64, String) {
        let mut state = self.lock();
        let account = account::add(&mut state, name);
        let email = format!("admin-{account}@example.com");
        let user = platform_users::add(&mut state, &email, "Admin");
        agents::join(&mut state, account, user, state::Role::Administrator);
        let token = platform_users::token(&state, user);
        (account.unsigned_abs(), token)
    }

    /// Adds an agent to an account; returns the user's id and token.
    pub fn add_agent(&self, account: u64, email: &str) -> (u64, String) {
        let mut state = self.lock();
        let account = account.cast_signed();
        let user = platform_users::add(&mut state, email, "Agent");
        agents::join(&mut state, account, user, state::Role::Agent);
        (user.unsigned_abs(), platform_users::token(&state, user))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.lock()
    }

    fn records(&self) -> MutexGuard<'_, Vec<DeliveryRecord>> {
        self.inner.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn script(&self) -> MutexGuard<'_, Option<Script>> {
        self.inner.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }
}

/// Returns the request with its whole body in memory.
fn in_memory(request: &::http::Request<Body>) -> Result<::http::Request<Bytes>, TransportError> {
    let body = request.body().to_bytes().map_err(|error| {
        TransportError::new(TransportErrorKind::Request, "the body cannot be read")
            .with_source(error)
    })?;
    Ok(request.clone().map(|_| body))
}

#[async_trait]
impl Transport for FakeChatwoot {
    async fn send(
        &self,
        request: ::http::Request<Body>,
        timeout: Duration,
    ) -> Result<::http::Response<Bytes>, TransportError> {
        let expires = Instant::now() + timeout;
        let mut begun = self.begin(&in_memory(&request)?);
        loop {
            let Begun { reply: Reply { delay, outcome }, later } = begun;
            let silent = matches!(outcome, FakeOutcome::NoResponse) && later.is_none();
            if silent || delay > expires.saturating_duration_since(Instant::now()) {
                tokio::time::sleep_until(expires).await;
                return Err(TransportError::timeout("no response in time"));
            }
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
                self.working(|_| ());
            }
            begun = match (later.and_then(|mut later| later.try_recv().ok()), outcome) {
                (Some(next), _) => next,
                (None, FakeOutcome::Response(response)) => return Ok(response),
                (None, FakeOutcome::NoConnection) => {
                    return Err(TransportError::connect("no connection"));
                }
                (None, FakeOutcome::Reset | FakeOutcome::NoResponse) => {
                    return Err(TransportError::interrupted("the connection broke"));
                }
            };
        }
    }
}

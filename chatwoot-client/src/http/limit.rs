//! Client-side counts of the server's rate limits: fixed windows, aligned to the epoch.
//!
//! Chatwoot's 429 has no Retry-After; but its windows are known, so this client counts its own
//! requests and waits for the next window instead of being refused.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use tokio::sync::{Mutex as Queue, MutexGuard as Turn};
use tokio::time::Instant;

use crate::http::pace;
use crate::http::{BudgetAnswer, BudgetRequest, BudgetWindow, Limit, Op, RequestBudget};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// Which of the server's rate limits the client enforces itself.
///
/// ```
/// use chatwoot_client::Limits;
///
/// let half = Limits { per_minute: Some(1_500), ..Limits::server() };
/// assert!(half.narrow);
/// assert_eq!(Limits::off().per_minute, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute from this client; `None` disables the count. Chatwoot allows 3,000 a
    /// minute per client address (`RACK_ATTACK_LIMIT`): all processes behind one address share
    /// them.
    pub per_minute: Option<u32>,
    /// Whether the narrower limits ([`Limit`]) are enforced, except those per client address.
    pub narrow: bool,
}

impl Limits {
    /// Returns the limits of Chatwoot's default configuration.
    pub const fn server() -> Self {
        Self { per_minute: Some(3_000), narrow: true }
    }

    /// Returns no limits, for a server that has none or a caller that relies on its 429 responses.
    pub const fn off() -> Self {
        Self { per_minute: None, narrow: false }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::server()
    }
}

impl Limit {
    /// Returns how many requests the server allows in a window.
    pub const fn allowed(self) -> u32 {
        match self {
            Self::ContactSearch | Self::Reports => 100,
            Self::ConversationMeta => 30,
            Self::Upload => 60,
            Self::Transcript => 1_000,
            Self::WidgetConversation => 6,
            Self::WidgetPage => 5,
        }
    }

    /// Returns the length of a window; windows are aligned to the epoch.
    pub const fn window(self) -> Duration {
        match self {
            Self::ContactSearch | Self::Reports | Self::ConversationMeta => {
                Duration::from_secs(MINUTE)
            }
            Self::Upload | Self::Transcript | Self::WidgetPage => Duration::from_secs(HOUR),
            Self::WidgetConversation => Duration::from_secs(12 * HOUR),
        }
    }

    /// Returns the name of its count in a [`RequestBudget`].
    const fn name(self) -> &'static str {
        match self {
            Self::ContactSearch => "contact-search",
            Self::ConversationMeta => "conversation-meta",
            Self::Reports => "reports",
            Self::Upload => "upload",
            Self::Transcript => "transcript",
            Self::WidgetConversation => "widget-conversation",
            Self::WidgetPage => "widget-page",
        }
    }

    /// Whether each token is counted separately; otherwise all tokens of an account share one
    /// count.
    pub const fn is_per_token(self) -> bool {
        matches!(self, Self::ConversationMeta | Self::Reports)
    }

    /// Whether all requests of one client address share one count. The client does not enforce such
    /// a limit: it does not know the other users of its address, and a server may disable the
    /// limits of the widget (`ENABLE_RACK_ATTACK_WIDGET_API`). The server's 429 shows it.
    pub const fn is_per_address(self) -> bool {
        matches!(self, Self::WidgetConversation | Self::WidgetPage)
    }
}

/// The wall clock of one call. It advances with tokio's clock, so that waits and windows agree in
/// tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallClock {
    since_epoch: Duration,
    started: Instant,
}

impl CallClock {
    /// Starts at this time.
    pub(crate) fn start(now: SystemTime) -> Self {
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { since_epoch, started: Instant::now() }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    fn since_epoch(self) -> Duration {
        self.since_epoch + self.elapsed()
    }

    /// Returns how much of the current window of this length has passed.
    fn into_window(self, window: Duration) -> Duration {
        let window = window.as_nanos().max(1);
        Duration::from_nanos_u128(self.since_epoch().as_nanos() % window)
    }

    /// Returns how long until the current window of this length ends.
    pub(crate) fn to_window_end(self, window: Duration) -> Duration {
        let window = window.as_millis().max(1);
        let left = window - self.since_epoch().as_millis() % window;
        Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

/// The key of one count: all requests, or one limit for one account (and token).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Everything,
    Narrow(Limit, u64),
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    window: u64,
    used: u32,
}

/// A count that a request falls under: its key, how many requests a window allows, and how many
/// seconds a window has.
type Place = (Key, u32, u64);

/// Why a background request must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// The requests of the minute must be left to others for this long.
    Paced(Duration),
    /// A narrow limit is used up for this long; it concerns no other operation.
    Narrow(Duration),
}

/// The request counts of one client.
pub(crate) struct Counts {
    limits: Limits,
    windows: Mutex<HashMap<Key, Count>>,
    /// First come, first served: who holds it is the next background request to be counted.
    background: Queue<()>,
    shared: Option<Shared>,
}

/// The counts that other clients share.
struct Shared {
    budget: Arc<dyn RequestBudget>,
    base_url: String,
}

impl Counts {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, windows: Mutex::default(), background: Queue::default(), shared: None }
    }

    /// Returns the same, for a client of this server that shares a budget with others.
    pub(crate) fn shared(self, budget: Option<Arc<dyn RequestBudget>>, base_url: &str) -> Self {
        let shared = budget.map(|budget| Shared { budget, base_url: base_url.to_owned() });
        Self { shared, ..self }
    }

    /// Waits until all background requests that came earlier are counted.
    pub(crate) async fn background_turn(&self) -> Turn<'_, ()> {
        self.background.lock().await
    }

    /// Counts a request for `op`, or returns how long to wait before trying again.
    pub(crate) async fn take(
        &self,
        op: &Op,
        scope: &Scope<'_>,
        clock: CallClock,
    ) -> Result<(), Duration> {
        let Some(shared) = &self.shared else { return self.take_own(op, scope, clock) };
        // Boxed, so that the calls of other clients are no larger for it.
        match Box::pin(self.ask(shared, op, scope, false)).await {
            BudgetAnswer::Granted => self.record(op, scope, clock),
            BudgetAnswer::Wait { wait, .. } => return Err(wait),
            BudgetAnswer::Unavailable => return self.take_own(op, scope, clock),
        }
        Ok(())
    }

    /// Counts a background request for `op`, or returns how long to wait before trying again; only
    /// for the holder of [`Counts::background_turn`].
    pub(crate) async fn take_in_background(
        &self,
        op: &Op,
        scope: &Scope<'_>,
        clock: CallClock,
    ) -> Result<(), Held> {
        let Some(shared) = &self.shared else {
            return self.take_own_in_background(op, scope, clock);
        };
        match Box::pin(self.ask(shared, op, scope, true)).await {
            BudgetAnswer::Granted => self.record(op, scope, clock),
            BudgetAnswer::Wait { window: 0, wait } if self.limits.per_minute.is_some() => {
                return Err(Held::Paced(wait));
            }
            BudgetAnswer::Wait { wait, .. } => return Err(Held::Narrow(wait)),
            BudgetAnswer::Unavailable => return self.take_own_in_background(op, scope, clock),
        }
        Ok(())
    }

    /// Asks the shared budget to count a request.
    async fn ask(
        &self,
        shared: &Shared,
        op: &Op,
        scope: &Scope<'_>,
        background: bool,
    ) -> BudgetAnswer {
        let everything = self.limits.per_minute.map(|allowed| BudgetWindow {
            name: "everything".to_owned(),
            allowed,
            length: Duration::from_secs(MINUTE),
            spread: Some(pace::spread(allowed)),
        });
        let narrow = self.narrow_limit(op).map(|limit| BudgetWindow {
            name: scope.name(limit),
            allowed: limit.allowed(),
            length: limit.window(),
            spread: None,
        });
        let windows: Vec<_> = everything.into_iter().chain(narrow).collect();
        if windows.is_empty() {
            return BudgetAnswer::Granted;
        }
        let base_url = &shared.base_url;
        let request = BudgetRequest { base_url, background, windows: &windows };
        match shared.budget.take(&request).await {
            // A wait of nothing would be asked for again at once, without end.
            BudgetAnswer::Wait { window, wait } => {
                BudgetAnswer::Wait { window, wait: wait.max(Duration::from_millis(1)) }
            }
            answer => answer,
        }
    }

    /// Counts a request that the shared budget granted, so that the client's own count is right
    /// when it must do without.
    fn record(&self, op: &Op, scope: &Scope<'_>, clock: CallClock) {
        let places = [self.everything(), self.narrow(op, scope)];
        let mut counts = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places.into_iter().flatten() {
            used(&mut counts, place, clock);
        }
        count(&mut counts, places);
    }

    fn take_own(&self, op: &Op, scope: &Scope<'_>, clock: CallClock) -> Result<(), Duration> {
        let places = [self.everything(), self.narrow(op, scope)];
        let mut counts = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, allowed, seconds) in places.into_iter().flatten() {
            if used(&mut counts, (key, allowed, seconds), clock) >= allowed {
                return Err(clock.to_window_end(Duration::from_secs(seconds)));
            }
        }
        count(&mut counts, places);
        Ok(())
    }

    fn take_own_in_background(
        &self,
        op: &Op,
        scope: &Scope<'_>,
        clock: CallClock,
    ) -> Result<(), Held> {
        let places = [self.everything(), self.narrow(op, scope)];
        let [everything, narrow] = places;
        let mut counts = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, allowed, seconds)) = narrow
            && used(&mut counts, (key, allowed, seconds), clock) >= allowed
        {
            return Err(Held::Narrow(clock.to_window_end(Duration::from_secs(seconds))));
        }
        if let Some((key, allowed, seconds)) = everything {
            let used = used(&mut counts, (key, allowed, seconds), clock);
            let window = Duration::from_secs(seconds);
            let Some(due) = pace::due(used, allowed, window) else {
                return Err(Held::Paced(clock.to_window_end(window)));
            };
            let wait = due.saturating_sub(clock.into_window(window));
            if !wait.is_zero() {
                return Err(Held::Paced(wait));
            }
        }
        count(&mut counts, places);
        Ok(())
    }

    fn everything(&self) -> Option<Place> {
        let allowed = self.limits.per_minute?;
        Some((Key::Everything, self.part(allowed), MINUTE))
    }

    fn narrow(&self, op: &Op, scope: &Scope<'_>) -> Option<Place> {
        let limit = self.narrow_limit(op)?;
        Some((scope.key(limit), self.part(limit.allowed()), limit.window().as_secs()))
    }

    fn narrow_limit(&self, op: &Op) -> Option<Limit> {
        op.limit.filter(|limit| self.limits.narrow && !limit.is_per_address())
    }

    /// Returns the client's own part of a limit, by which it counts alone.
    fn part(&self, allowed: u32) -> u32 {
        match &self.shared {
            Some(shared) => (allowed / shared.budget.clients().max(1)).max(1),
            None => allowed,
        }
    }
}

/// Returns how many requests of the current window are used.
fn used(counts: &mut HashMap<Key, Count>, (key, _, seconds): Place, clock: CallClock) -> u32 {
    let count = counts.entry(key).or_default();
    let window = clock.since_epoch().as_secs() / seconds;
    // Concurrent calls read slightly different times: a late one must not start its old window
    // again. If it is further behind, the clock was set back.
    if window > count.window || window + 1 < count.window {
        *count = Count { window, used: 0 };
    }
    count.used
}

fn count(counts: &mut HashMap<Key, Count>, places: [Option<Place>; 2]) {
    for (key, _, _) in places.iter().flatten() {
        if let Some(count) = counts.get_mut(key) {
            count.used += 1;
        }
    }
}

/// The account and token that a call is counted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) token: Option<&'a str>,
}

impl Scope<'_> {
    fn key(&self, limit: Limit) -> Key {
        let mut hasher = DefaultHasher::new();
        self.account.hash(&mut hasher);
        if limit.is_per_token() {
            self.token.hash(&mut hasher);
        }
        Key::Narrow(limit, hasher.finish())
    }

    /// Returns the name of the count in a [`RequestBudget`], the same in each process; a token is
    /// in it by its hash.
    fn name(&self, limit: Limit) -> String {
        let mut name = format!("{}:{}", limit.name(), self.account.unwrap_or_default());
        if limit.is_per_token() {
            let token = Sha256::digest(self.token.unwrap_or_default());
            name.push(':');
            name.push_str(&hex::encode(&token[..8]));
        }
        name
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

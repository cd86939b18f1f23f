//! Client-side budgets for the server's own limits: fixed windows, aligned to the epoch.
//!
//! Chatwoot's 429 has no Retry-After; but its windows are known, so this client counts along and
//! waits for the next window instead of being refused.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::op::{Limit, Op};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// Which of the server's limits the client keeps by itself.
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
    /// Requests a minute from this client; `None` counts nothing. Chatwoot allows 3,000 a minute
    /// per address (`RACK_ATTACK_LIMIT`): several processes behind one address share it.
    pub per_minute: Option<u32>,
    /// Whether the narrower limits ([`Limit`]) are kept, but for those per client address.
    pub narrow: bool,
}

impl Limits {
    /// What a Chatwoot with its default configuration allows.
    pub const fn server() -> Self {
        Self { per_minute: Some(3_000), narrow: true }
    }

    /// None: the server allows everything, or its refusals are waited out.
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
    /// How many requests the server allows in a window.
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

    /// How long a window is; windows are aligned to the epoch.
    pub const fn window(self) -> Duration {
        match self {
            Self::ContactSearch | Self::Reports | Self::ConversationMeta => {
                Duration::from_secs(MINUTE)
            }
            Self::Upload | Self::Transcript | Self::WidgetPage => Duration::from_secs(HOUR),
            Self::WidgetConversation => Duration::from_secs(12 * HOUR),
        }
    }

    /// Whether each token has its own count, or all tokens of an account share one.
    pub const fn is_per_token(self) -> bool {
        matches!(self, Self::ConversationMeta | Self::Reports)
    }

    /// Whether all that one client address sends shares one count. The client does not keep such a
    /// limit: it does not know who else has its address, and a server may leave out those of the
    /// widget (`ENABLE_RACK_ATTACK_WIDGET_API`). The server's refusal tells.
    pub const fn is_per_address(self) -> bool {
        matches!(self, Self::WidgetConversation | Self::WidgetPage)
    }
}

/// The wall clock of one call. It moves with tokio's, so that waits and windows agree in tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wall {
    since_epoch: Duration,
    started: Instant,
}

impl Wall {
    pub(crate) fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { since_epoch, started: Instant::now() }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    fn since_epoch(self) -> Duration {
        self.since_epoch + self.elapsed()
    }

    /// How long until the running window of this length ends.
    pub(crate) fn to_window_end(self, window: Duration) -> Duration {
        let window = window.as_millis().max(1);
        let left = window - self.since_epoch().as_millis() % window;
        Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

/// One count of the server: everything, or one limit for one account (and token).
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

/// The counts of one client.
#[derive(Debug)]
pub(crate) struct Counts {
    limits: Limits,
    counts: Mutex<HashMap<Key, Count>>,
}

impl Counts {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::default() }
    }

    /// Takes a place for `op`, or says how long to wait before asking again.
    pub(crate) fn take(&self, op: &Op, scope: &Scope<'_>, wall: Wall) -> Result<(), Duration> {
        let narrow = op.limit.filter(|limit| self.limits.narrow && !limit.is_per_address());
        let places = [
            self.limits.per_minute.map(|allowed| (Key::Everything, allowed, MINUTE)),
            narrow.map(|limit| (scope.key(limit), limit.allowed(), limit.window().as_secs())),
        ];
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = wall.since_epoch().as_secs();
        for (key, allowed, seconds) in places.iter().flatten() {
            let count = counts.entry(*key).or_default();
            let window = now / seconds;
            // Calls disagree by a little about the time: one that is late must not start its old
            // window anew. Further behind, the clock was set back.
            if window > count.window || window + 1 < count.window {
                *count = Count { window, used: 0 };
            }
            if count.used >= *allowed {
                return Err(wall.to_window_end(Duration::from_secs(*seconds)));
            }
        }
        for (key, _, _) in places.iter().flatten() {
            if let Some(count) = counts.get_mut(key) {
                count.used += 1;
            }
        }
        Ok(())
    }
}

/// Whose count a call falls under.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: Op = Op::get("contacts.search", "/search").limited(Limit::ContactSearch);
    const SCOPE: Scope<'_> = Scope { account: Some("1"), token: Some("t") };

    fn at(seconds: u64) -> Wall {
        Wall { since_epoch: Duration::from_secs(seconds), started: Instant::now() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_ends_on_the_clock_not_after_the_first_request() {
        let counts = Counts::new(Limits::server());
        let wall = at(1_000_000_030);
        for _ in 0..100 {
            assert_eq!(counts.take(&SEARCH, &SCOPE, wall), Ok(()));
        }
        let wait = counts.take(&SEARCH, &SCOPE, wall).expect_err("used up");
        assert_eq!(wait, Duration::from_secs(60 - 1_000_000_030 % 60));
        tokio::time::advance(wait).await;
        assert_eq!(counts.take(&SEARCH, &SCOPE, wall), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn each_account_has_its_own_count() {
        let counts = Counts::new(Limits::server());
        let wall = at(0);
        for _ in 0..100 {
            assert_eq!(counts.take(&SEARCH, &SCOPE, wall), Ok(()));
        }
        let other = Scope { account: Some("2"), ..SCOPE };
        assert_eq!(counts.take(&SEARCH, &other, wall), Ok(()));
        let other_token = Scope { token: Some("u"), ..SCOPE };
        assert!(counts.take(&SEARCH, &other_token, wall).is_err(), "tokens share this one");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_lags_behind_does_not_empty_the_count() {
        let counts = Counts::new(Limits { per_minute: Some(2), narrow: false });
        assert_eq!(counts.take(&SEARCH, &SCOPE, at(59)), Ok(()));
        assert_eq!(counts.take(&SEARCH, &SCOPE, at(60)), Ok(()));
        assert_eq!(counts.take(&SEARCH, &SCOPE, at(59)), Ok(()));
        assert!(counts.take(&SEARCH, &SCOPE, at(60)).is_err(), "two in this window");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_set_back_does_not_block_for_long() {
        let counts = Counts::new(Limits { per_minute: Some(1), narrow: false });
        assert_eq!(counts.take(&SEARCH, &SCOPE, at(100_000)), Ok(()));
        assert_eq!(counts.take(&SEARCH, &SCOPE, at(1_000)), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_address_shares_is_left_to_the_server() {
        let counts = Counts::new(Limits::server());
        let page = Op::get("widget.page", "/widget").limited(Limit::WidgetPage);
        for _ in 0..=Limit::WidgetPage.allowed() {
            assert_eq!(counts.take(&page, &SCOPE, at(0)), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn everything_counts_together() {
        let counts = Counts::new(Limits { per_minute: Some(2), narrow: false });
        let wall = at(0);
        let plain = Op::get("labels.list", "/labels");
        assert_eq!(counts.take(&plain, &SCOPE, wall), Ok(()));
        assert_eq!(counts.take(&SEARCH, &SCOPE, wall), Ok(()));
        assert_eq!(counts.take(&plain, &SCOPE, wall), Err(Duration::from_mins(1)));
    }
}

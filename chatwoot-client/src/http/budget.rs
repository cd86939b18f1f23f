//! Budgets of requests that several clients share, such as the clients of all processes behind one
//! address.

use std::time::Duration;

use async_trait::async_trait;

/// Counts requests for several clients, in all processes of an installation.
///
/// A client counts its own requests against the server's limits. The server counts per client
/// address and per account, whichever process a request comes from: processes that share these
/// share a budget too, set by
/// [`ClientBuilder::budget`](crate::ClientBuilder::budget).
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
///
/// use async_trait::async_trait;
/// use chatwoot_client::http::{BudgetAnswer, BudgetRequest, RequestBudget};
///
/// /// Shared by the clients of one process.
/// #[derive(Default)]
/// struct InProcess(Mutex<HashMap<(String, u128), u32>>);
///
/// #[async_trait]
/// impl RequestBudget for InProcess {
///     async fn take(&self, request: &BudgetRequest<'_>) -> BudgetAnswer {
///         let Ok(mut counts) = self.0.lock() else { return BudgetAnswer::Unavailable };
///         let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
///         let key = |window: &chatwoot_client::http::BudgetWindow| {
///             let name = format!("{} {}", request.base_url, window.name);
///             (name, now / window.length.as_nanos())
///         };
///         for (number, window) in request.windows.iter().enumerate() {
///             if counts.get(&key(window)).is_some_and(|used| *used >= window.allowed) {
///                 let left = window.length.as_nanos() - now % window.length.as_nanos();
///                 let wait = Duration::from_nanos_u128(left);
///                 return BudgetAnswer::Wait { window: number, wait };
///             }
///         }
///         for window in request.windows {
///             *counts.entry(key(window)).or_default() += 1;
///         }
///         BudgetAnswer::Granted
///     }
/// }
/// ```
#[async_trait]
pub trait RequestBudget: Send + Sync {
    /// Counts a request in each of its windows, or in none of them.
    ///
    /// A call waits for this before it is sent, so an implementation limits the time that it takes.
    /// Windows are fixed and aligned to the epoch; all processes must agree on when one ends.
    async fn take(&self, request: &BudgetRequest<'_>) -> BudgetAnswer;

    /// Returns the number of clients that share the budget. While it is
    /// [unavailable](BudgetAnswer::Unavailable), each of them keeps to its part of the limits.
    fn clients(&self) -> u32 {
        1
    }
}

/// A request that a [`RequestBudget`] is asked to count.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BudgetRequest<'a> {
    /// The base URL of the server, without a trailing slash.
    pub base_url: &'a str,
    /// Whether it is a [background](crate::Account::in_background) request, which leaves room for
    /// live ones.
    pub background: bool,
    /// The windows that it is counted in: one or two, the widest first.
    pub windows: &'a [BudgetWindow],
}

/// A count of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetWindow {
    /// The name of the count among those of the server. It holds no secret: an account's number,
    /// and a hash where the server counts each token.
    pub name: String,
    /// The number of requests that the server allows in a window.
    pub allowed: u32,
    /// The length of a window; windows are aligned to the epoch.
    pub length: Duration,
    /// The number of requests after which background requests must wait for the next window, and
    /// over which they are spread evenly: the one after `used` others is due when `used / spread`
    /// of the window has passed. `None` if background requests may use the whole window at once.
    pub spread: Option<u32>,
}

/// The answer of a [`RequestBudget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetAnswer {
    /// The request is counted and may be sent.
    Granted,
    /// The request is not counted; ask again after the wait.
    Wait {
        /// The position of the window that it must wait for.
        window: usize,
        /// How long to wait.
        wait: Duration,
    },
    /// The budget cannot be asked now. The client keeps to its own count of the limits, divided by
    /// [`RequestBudget::clients`].
    Unavailable,
}

impl<'a> BudgetRequest<'a> {
    /// Creates a live request.
    pub const fn new(base_url: &'a str, windows: &'a [BudgetWindow]) -> Self {
        Self { base_url, background: false, windows }
    }

    /// Returns the same as a background request.
    #[must_use]
    pub const fn in_background(self) -> Self {
        Self { background: true, ..self }
    }
}

impl BudgetWindow {
    /// Creates a count whose whole window background requests may use at once.
    pub fn new(name: impl Into<String>, allowed: u32, length: Duration) -> Self {
        Self { name: name.into(), allowed, length, spread: None }
    }
}

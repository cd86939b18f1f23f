//! Budgets of requests, counted by all processes together.

use std::sync::Arc;
use std::time::Duration;

use ::redis::Script;
use async_trait::async_trait;
use store_context::chatwoot::http::{BudgetAnswer, BudgetRequest, RequestBudget};

use super::Shared;

/// The configuration of a [`RedisBudget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedisBudgetConfig {
    /// The number of processes that share the limits. While Redis is away, each of them keeps to
    /// the limits divided by it. The default is 1: then each process keeps to the whole limits, and
    /// the server may refuse some requests, which are sent again in the next window.
    pub processes: u32,
    /// How far the clock of the Chatwoot server is ahead of Redis's, in microseconds; negative if it
    /// is behind. Windows end by the server's clock. The default is 0, for synchronized clocks.
    pub server_ahead_micros: i64,
}

impl Default for RedisBudgetConfig {
    fn default() -> Self {
        Self { processes: 1, server_ahead_micros: 0 }
    }
}

/// A [`RequestBudget`] that all processes share: together they keep exactly to the server's limits,
/// in its fixed windows.
///
/// Each request costs one round trip to Redis, on whose clock the windows run. Background requests
/// are spread over the window by the requests of all processes, and leave a reserve to live ones;
/// a live request waits only when the window is used up.
///
/// The server's widest limit is per client address: processes that leave through different addresses
/// need a [`Redis`](super::Redis) of another prefix for each address, or they share one address's
/// limit.
///
/// While Redis is away, each process counts alone; see [`RedisBudgetConfig::processes`]. In the
/// window in which Redis leaves or returns, the two counts may add up to more than the limit.
#[derive(Clone)]
pub struct RedisBudget {
    shared: Arc<Shared>,
    config: RedisBudgetConfig,
    take: Arc<Script>,
}

impl std::fmt::Debug for RedisBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisBudget").field("config", &self.config).finish_non_exhaustive()
    }
}

impl RedisBudget {
    pub(super) fn new(shared: Arc<Shared>, config: RedisBudgetConfig) -> Self {
        Self { shared, config, take: Arc::new(Script::new(include_str!("take.lua"))) }
    }
}

#[async_trait]
impl RequestBudget for RedisBudget {
    async fn take(&self, request: &BudgetRequest<'_>) -> BudgetAnswer {
        let link = &self.shared.link;
        let mut take = self.take.prepare_invoke();
        take.arg(u8::from(request.background)).arg(self.config.server_ahead_micros);
        for window in request.windows {
            take.key(link.keys.budget(request.base_url, &window.name));
            let micros = u64::try_from(window.length.as_micros()).unwrap_or(u64::MAX);
            take.arg(window.allowed).arg(micros).arg(window.spread.unwrap_or_default());
        }
        let answer: Result<(usize, u64), _> =
            link.run(async |mut connection| take.invoke_async(&mut connection).await).await;
        match answer {
            Ok((0, _)) => {
                link.counters.budget_granted.add();
                BudgetAnswer::Granted
            }
            Ok((window, micros)) => {
                link.counters.budget_waits.add();
                BudgetAnswer::Wait { window: window - 1, wait: Duration::from_micros(micros) }
            }
            Err(_unavailable) => {
                link.counters.budget_fallbacks.add();
                BudgetAnswer::Unavailable
            }
        }
    }

    fn clients(&self) -> u32 {
        self.config.processes
    }
}

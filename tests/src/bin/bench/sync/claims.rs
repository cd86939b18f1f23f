//! How fast the ledger in memory gives out and settles rows, with a backlog and without.

use std::time::{Duration, Instant};

use anyhow::ensure;
use chatwoot_client::ContactId;
use store_context::memory::MemorySyncLedger;
use store_context::model::{AccountKey, CustomerId, StoreId};
use store_context::ports::{
    ClaimRequest, Fingerprint, Link, Priority, Settlement, SyncClaim, SyncLedger,
};

use super::host::BASE_URL;
use super::{Bound, Row, ok};
use crate::median;

/// How many rows each store has, and how many of them wait in backoff.
const ROWS: usize = 50;
const WAITING: usize = 20;
const LEASE: Duration = Duration::from_mins(5);
/// As many as a worker has slots.
const BATCH: usize = 16;
const ROUNDS: usize = 41;

pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut large = Stage::new(10_000).await?;
        let mut small = Stage::new(20).await?;
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        // In turns, so that both have the same of a busy machine.
        for _ in 0..ROUNDS {
            slow.push(large.rate().await?);
            fast.push(small.rate().await?);
        }
        let (slow, fast) = (median(slow), median(fast));
        let row = |key, what: &str, value, unit, bound| Row {
            key,
            what: what.to_owned(),
            value,
            unit,
            bound,
        };
        Ok(vec![
            row(
                "rate_of_1000",
                "rows a second wanted, claimed and settled in the memory ledger: of 1,000 rows",
                fast.round(),
                "/s",
                Bound::None,
            ),
            row(
                "rate_of_500000",
                "of 500,000 rows, of which 200,000 in backoff",
                slow.round(),
                "/s",
                Bound::None,
            ),
            row(
                "rate_ratio",
                "the second as a ratio to the first",
                slow / fast,
                "",
                Bound::AtLeast(0.2),
            ),
        ])
    })
}

struct Stage {
    ledger: MemorySyncLedger,
    stores: Vec<StoreId>,
    account: AccountKey,
    /// The next that is wanted.
    next: usize,
}

impl Stage {
    async fn new(stores: usize) -> anyhow::Result<Self> {
        let ids = (0..stores).map(|number| StoreId::new(format!("store-{number:05}")));
        let stage = Self {
            ledger: MemorySyncLedger::new(),
            stores: ids.collect::<Result<_, _>>()?,
            account: AccountKey::new(&BASE_URL.parse()?, 1.into()),
            next: 0,
        };
        for store in &stage.stores {
            let ids: Vec<CustomerId> = (0..ROWS).map(customer).collect::<Result<_, _>>()?;
            ok(stage.ledger.want(store, &ids, Priority::Bulk)).await?;
            let claims = stage.claim(ROWS).await?;
            let settled = claims.into_iter().enumerate().map(|(index, claim)| {
                let settlement = if index < WAITING {
                    let (after, error) = (Duration::from_hours(6), "told to fail".to_owned());
                    Settlement::Retry { after, quiet: Duration::ZERO, error }
                } else {
                    stage.confirmed(&claim)
                };
                (claim, settlement)
            });
            ok(stage.ledger.settle(&settled.collect::<Vec<_>>())).await?;
        }
        let counts = ok(stage.ledger.counts(None)).await?;
        let rows = (counts.customers, counts.waiting);
        let expected = ((stores * ROWS) as u64, (stores * WAITING) as u64);
        ensure!(rows == expected, "{rows:?} rows");
        Ok(stage)
    }

    async fn claim(&self, limit: usize) -> anyhow::Result<Vec<SyncClaim>> {
        let request = ClaimRequest { limit, share: limit, bulk: limit, lease: LEASE, except: &[] };
        let claims = ok(self.ledger.claim(request)).await?;
        ensure!(claims.len() == limit, "{} were claimed", claims.len());
        Ok(claims)
    }

    fn confirmed(&self, claim: &SyncClaim) -> Settlement {
        let contact = ContactId(claim.fence);
        let link = Link::new(self.account.clone(), contact, Fingerprint("1".to_owned()));
        Settlement::Confirmed { link, quiet: Duration::ZERO, retry_left_out: None }
    }

    /// How many rows a second are wanted, claimed and settled.
    async fn rate(&mut self) -> anyhow::Result<f64> {
        const BATCHES: usize = 200;
        let started = Instant::now();
        for _ in 0..BATCHES {
            for _ in 0..BATCH {
                // Far from the one before, in store and customer; never one in backoff.
                self.next += 7_919;
                let store = &self.stores[self.next % self.stores.len()];
                let row = WAITING + self.next / self.stores.len() % (ROWS - WAITING);
                ok(self.ledger.want(store, &[customer(row)?], Priority::Live)).await?;
            }
            let claims = self.ledger.claim(ClaimRequest {
                limit: BATCH,
                share: BATCH / 2,
                bulk: BATCH,
                lease: LEASE,
                except: &[],
            });
            let claims = ok(claims).await?;
            ensure!(!claims.is_empty(), "nothing was claimed");
            let settled: Vec<_> =
                claims.into_iter().map(|claim| (claim.clone(), self.confirmed(&claim))).collect();
            ensure!(
                ok(self.ledger.settle(&settled)).await?.iter().all(|stood| *stood),
                "a lost claim"
            );
        }
        let rows = f64::from(u32::try_from(BATCHES * BATCH)?);
        Ok(rows / started.elapsed().as_secs_f64())
    }
}

fn customer(number: usize) -> Result<CustomerId, impl std::error::Error + Send + Sync + 'static> {
    CustomerId::new(format!("{number:08}"))
}

//! The schedule of the sweeps in Postgres.

use std::time::Duration;

use async_trait::async_trait;
use store_context::model::StoreId;
use store_context::ports::{PortResult, SweepClaim, Sweeps};

use super::database::Database;
use super::error::{DatabaseError, failed};
use super::values::{count, micros, store};

/// Stores the schedule of the sweeps in Postgres: any number of processes share them.
///
/// ```no_run
/// use store_context_adapters::postgres::{Database, PostgresSweeps};
///
/// # async fn example(pool: sqlx::PgPool) {
/// let sweeps = PostgresSweeps::new(Database::new(pool));
/// # let _ = sweeps;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresSweeps {
    database: Database,
}

impl PostgresSweeps {
    /// Creates the port.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Changes the row of a valid claim: when it is due next, and whether it stays held.
    async fn change(&self, claim: &SweepClaim, wait: Duration, held: bool) -> PortResult<bool> {
        let change = self.database.sql(
            "UPDATE store_context.sweeps SET held = $4,
                due_at = LEAST(store_context.ledger_now() + $3 * interval '1 microsecond',
                    CASE WHEN NOT $4 THEN at_latest END),
                at_latest = CASE WHEN $4 THEN at_latest END
            WHERE store = $1 AND fence = $2 AND held",
        );
        let fence = i64::try_from(claim.fence).unwrap_or(-1);
        let change = sqlx::query(change).bind(claim.store.as_str()).bind(fence);
        let change = change.bind(micros(wait)).bind(held);
        let changed = change.execute(self.database.pool()).await.map_err(failed)?;
        Ok(changed.rows_affected() > 0)
    }
}

#[async_trait]
impl Sweeps for PostgresSweeps {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        let schedule = self.database.sql(
            "INSERT INTO store_context.sweeps (store, due_at)
            SELECT store, store_context.ledger_now() FROM unnest($1::text[]) AS new (store)
            ON CONFLICT DO NOTHING",
        );
        let mut names: Vec<&str> = stores.iter().map(StoreId::as_str).collect();
        // The order in which all lock.
        names.sort_unstable();
        sqlx::query(schedule).bind(names).execute(self.database.pool()).await.map_err(failed)?;
        Ok(())
    }

    async fn claim(&self, lease: Duration) -> PortResult<Option<SweepClaim>> {
        let claim = self.database.sql(
            "UPDATE store_context.sweeps AS s SET
                held = true, fence = nextval('store_context.sync_fences'),
                due_at = store_context.ledger_now() + $1 * interval '1 microsecond',
                at_latest = NULL
            FROM (
                SELECT store FROM store_context.sweeps
                WHERE due_at <= store_context.ledger_now()
                ORDER BY due_at LIMIT 1
                FOR UPDATE SKIP LOCKED
            ) AS first
            WHERE s.store = first.store
            RETURNING s.store, s.fence",
        );
        let claim = sqlx::query(claim).bind(micros(lease));
        let claim = claim.fetch_optional(self.database.pool()).await.map_err(failed)?;
        let Some(row) = claim else { return Ok(None) };
        let fence: i64 = sqlx::Row::try_get(&row, "fence").map_err(failed)?;
        let read = || -> Result<SweepClaim, DatabaseError> {
            Ok(SweepClaim { store: store(&row)?, fence: count(fence, "sweeps.fence")? })
        };
        Ok(Some(read()?))
    }

    async fn extend(&self, claim: &SweepClaim, lease: Duration) -> PortResult<bool> {
        self.change(claim, lease, true).await
    }

    async fn settle(&self, claim: &SweepClaim, next: Duration) -> PortResult<bool> {
        self.change(claim, next, false).await
    }

    async fn hurry(&self, store: &StoreId, within: Duration) -> PortResult<()> {
        let hurry = self.database.sql(
            "UPDATE store_context.sweeps SET
                due_at = CASE WHEN held THEN due_at ELSE LEAST(due_at, by) END,
                at_latest = CASE WHEN held THEN LEAST(at_latest, by) END
            FROM (SELECT store_context.ledger_now() + $2 * interval '1 microsecond' AS by) AS hurry
            WHERE store = $1 AND (CASE WHEN held THEN at_latest ELSE due_at END <= by) IS NOT TRUE",
        );
        let hurry = sqlx::query(hurry).bind(store.as_str()).bind(micros(within));
        hurry.execute(self.database.pool()).await.map_err(failed)?;
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        let forget = self.database.sql("DELETE FROM store_context.sweeps WHERE store = $1");
        let forget = sqlx::query(forget).bind(store.as_str());
        forget.execute(self.database.pool()).await.map_err(failed)?;
        Ok(())
    }
}

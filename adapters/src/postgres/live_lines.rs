//! Which process holds which line, in Postgres.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use store_context::model::StoreId;
use store_context::ports::{LineClaim, LiveLines, PortResult};

use super::database::Database;
use super::error::{DatabaseError, failed};
use super::values::{count, limit, micros, store};

/// Stores in Postgres which process holds the line of which store: any number of processes share
/// them.
///
/// ```no_run
/// use store_context_adapters::postgres::{Database, PostgresLiveLines};
///
/// # async fn example(pool: sqlx::PgPool) {
/// let lines = PostgresLiveLines::new(Database::new(pool));
/// # let _ = lines;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresLiveLines {
    database: Database,
}

impl PostgresLiveLines {
    /// Creates the port.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Changes the rows of valid claims: when they may be claimed, and whether they stay held.
    /// Returns which claims those are.
    async fn change(
        &self,
        claims: &[LineClaim],
        wait: Duration,
        held: bool,
    ) -> PortResult<Vec<bool>> {
        let change = self.database.sql(
            "UPDATE store_context.live_lines AS l SET held = $4,
                due_at = store_context.ledger_now() + $3 * interval '1 microsecond'
            FROM (
                SELECT store FROM store_context.live_lines
                JOIN unnest($1::text[], $2::bigint[]) AS claim (store, fence) USING (store, fence)
                WHERE held
                ORDER BY store FOR UPDATE OF live_lines
            ) AS valid
            WHERE l.store = valid.store
            RETURNING l.store, l.fence",
        );
        let stores: Vec<&str> = claims.iter().map(|claim| claim.store.as_str()).collect();
        let fences = claims.iter().map(|claim| i64::try_from(claim.fence).unwrap_or(-1));
        let change = sqlx::query(change).bind(stores).bind(fences.collect::<Vec<_>>());
        let change = change.bind(micros(wait)).bind(held);
        let rows = change.fetch_all(self.database.pool()).await.map_err(failed)?;
        let changed: HashMap<StoreId, u64> =
            claims_of(&rows)?.into_iter().map(|it| (it.store, it.fence)).collect();
        Ok(claims.iter().map(|it| changed.get(&it.store) == Some(&it.fence)).collect())
    }
}

#[async_trait]
impl LiveLines for PostgresLiveLines {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        let schedule = self.database.sql(
            "INSERT INTO store_context.live_lines (store, due_at)
            SELECT store, store_context.ledger_now() FROM unnest($1::text[]) AS new (store)
            ON CONFLICT DO NOTHING",
        );
        let mut names: Vec<&str> = stores.iter().map(StoreId::as_str).collect();
        // The order in which all lock.
        names.sort_unstable();
        sqlx::query(schedule).bind(names).execute(self.database.pool()).await.map_err(failed)?;
        Ok(())
    }

    async fn claim(&self, rows: usize, lease: Duration) -> PortResult<Vec<LineClaim>> {
        let claim = self.database.sql(
            "UPDATE store_context.live_lines AS l SET
                held = true, fence = nextval('store_context.sync_fences'),
                due_at = store_context.ledger_now() + $1 * interval '1 microsecond'
            FROM (
                SELECT store FROM store_context.live_lines
                WHERE due_at <= store_context.ledger_now()
                ORDER BY due_at LIMIT $2
                FOR UPDATE SKIP LOCKED
            ) AS first
            WHERE l.store = first.store
            RETURNING l.store, l.fence",
        );
        let claim = sqlx::query(claim).bind(micros(lease)).bind(limit(rows));
        let claimed = claim.fetch_all(self.database.pool()).await.map_err(failed)?;
        Ok(claims_of(&claimed)?)
    }

    async fn extend(&self, claims: &[LineClaim], lease: Duration) -> PortResult<Vec<bool>> {
        self.change(claims, lease, true).await
    }

    async fn release(&self, claims: &[LineClaim], next: Duration) -> PortResult<()> {
        self.change(claims, next, false).await.map(drop)
    }

    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        let forget = self.database.sql("DELETE FROM store_context.live_lines WHERE store = $1");
        let forget = sqlx::query(forget).bind(store.as_str());
        forget.execute(self.database.pool()).await.map_err(failed)?;
        Ok(())
    }
}

fn claims_of(rows: &[PgRow]) -> Result<Vec<LineClaim>, DatabaseError> {
    let read = |row: &PgRow| {
        let fence = count(row.try_get("fence")?, "live_lines.fence")?;
        Ok(LineClaim { store: store(row)?, fence })
    };
    rows.iter().map(read).collect()
}

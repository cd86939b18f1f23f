//! The receipts of erasures in Postgres.

use async_trait::async_trait;
use sqlx::types::Json;
use store_context::model::{CustomerId, ErasureReceipt, StoreId};
use store_context::ports::{Erasures, PortResult};

use super::database::Database;
use super::error::{failed, invalid};
use super::values::limit;

/// Stores the receipts of erasures in Postgres.
///
/// ```no_run
/// use store_context_adapters::postgres::{Database, PostgresErasures};
///
/// # async fn example(pool: sqlx::PgPool) {
/// let erasures = PostgresErasures::new(Database::new(pool));
/// # let _ = erasures;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresErasures {
    database: Database,
}

impl PostgresErasures {
    /// Creates the port.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl Erasures for PostgresErasures {
    async fn start(&self, receipt: &ErasureReceipt) -> PortResult<ErasureReceipt> {
        // Changing nothing returns the row that is there.
        const START: &str = "
            INSERT INTO store_context.erasures AS e (store, customer, complete, receipt)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (store, customer) DO UPDATE SET complete = e.complete
            RETURNING receipt";
        let mut transaction = self.database.begin([&receipt.store]).await.map_err(failed)?;
        let start = sqlx::query_scalar(self.database.sql(START));
        let start = start.bind(receipt.store.as_str()).bind(receipt.customer.as_str());
        let start = start.bind(receipt.is_complete()).bind(Json(receipt));
        let stored = start.fetch_one(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        read(stored)
    }

    async fn receipt(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Option<ErasureReceipt>> {
        const READ: &str =
            "SELECT receipt FROM store_context.erasures WHERE store = $1 AND customer = $2";
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let found = sqlx::query_scalar(self.database.sql(READ));
        let found = found.bind(store.as_str()).bind(customer.as_str());
        let found = found.fetch_optional(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        found.map(read).transpose()
    }

    async fn update(&self, receipt: &ErasureReceipt, fence: u64) -> PortResult<bool> {
        const UPDATE: &str = "
            UPDATE store_context.erasures SET receipt = $4, complete = $5, fence = $3
            WHERE store = $1 AND customer = $2 AND fence <= $3";
        let mut transaction = self.database.begin([&receipt.store]).await.map_err(failed)?;
        let update = sqlx::query(self.database.sql(UPDATE));
        let update = update.bind(receipt.store.as_str()).bind(receipt.customer.as_str());
        let update = update.bind(i64::try_from(fence).unwrap_or(i64::MAX));
        let update = update.bind(Json(receipt)).bind(receipt.is_complete());
        let updated = update.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(updated.rows_affected() > 0)
    }

    async fn pending(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        most: usize,
    ) -> PortResult<Vec<ErasureReceipt>> {
        const PENDING: &str = "
            SELECT receipt FROM store_context.erasures
            WHERE store = $1 AND NOT complete AND customer > $2 ORDER BY customer LIMIT $3";
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let pending = sqlx::query_scalar(self.database.sql(PENDING)).bind(store.as_str());
        let pending = pending.bind(after.map_or("", CustomerId::as_str)).bind(limit(most));
        let pending = pending.fetch_all(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        pending.into_iter().map(read).collect()
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        const FORGET: &str =
            "DELETE FROM store_context.erasures WHERE store = $1 AND customer = $2";
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let forget = sqlx::query(self.database.sql(FORGET));
        let forget = forget.bind(store.as_str()).bind(customer.as_str());
        forget.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId, most: usize) -> PortResult<u64> {
        const FORGET: &str = "
            WITH chosen AS (
                SELECT customer FROM store_context.erasures
                WHERE store = $1 ORDER BY customer LIMIT $2 FOR UPDATE
            )
            DELETE FROM store_context.erasures e USING chosen
            WHERE e.store = $1 AND e.customer = chosen.customer";
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let forget = sqlx::query(self.database.sql(FORGET));
        let forget = forget.bind(store.as_str()).bind(limit(most));
        let forgotten = forget.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(forgotten.rows_affected())
    }
}

fn read(stored: serde_json::Value) -> PortResult<ErasureReceipt> {
    serde_json::from_value(stored).map_err(|_| invalid("erasures.receipt"))
}

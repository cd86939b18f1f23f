//! Removing rows with all that belongs to them.

use store_context::model::{CustomerId, StoreId};

use super::row::{Key, links_of};
use super::settle::{remove_links, want_waiters};
use super::want::{Due, Wants};
use super::{PostgresSyncLedger, keys};
use crate::postgres::error::DatabaseError;
use crate::postgres::values::limit;

impl PostgresSyncLedger {
    /// Removes the row of a customer, or the first rows of the store; with the last of them the
    /// store's own. Returns their number.
    pub(super) async fn try_forget(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        rows: usize,
    ) -> Result<u64, DatabaseError> {
        let database = &self.database;
        let mut transaction = database.begin_queue([store]).await?;
        let remove = database.sql(
            "WITH first AS (
                SELECT store, customer FROM store_context.sync_rows
                WHERE store = $1 AND ($2::text IS NULL OR customer = $2)
                ORDER BY customer LIMIT $3 FOR UPDATE
            )
            DELETE FROM store_context.sync_rows AS r USING first
            WHERE r.store = first.store AND r.customer = first.customer
            RETURNING r.store, r.customer",
        );
        let remove = sqlx::query(remove).bind(store.as_str());
        let remove = remove.bind(customer.map(CustomerId::as_str)).bind(limit(rows));
        let removed: Vec<Key> = keys(&remove.fetch_all(&mut *transaction).await?)?;
        let pairs = removed.iter().map(|(store, customer)| (store, customer));
        let links = links_of(database, &mut transaction, pairs).await?;
        remove_links(database, &mut transaction, &removed).await?;
        let freed: Vec<(Key, String)> = links
            .into_iter()
            .flat_map(|(key, link)| link.holds.into_iter().map(move |value| (key.clone(), value)))
            .collect();
        let (mut wants, mut due) = (Wants::default(), Due::default());
        want_waiters(database, &mut transaction, &freed, &mut wants).await?;
        wants.apply(database, &mut transaction, true, &mut due).await?;
        due.tell(database, &mut transaction).await?;
        if customer.is_none() {
            self.forget_pause(store, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(removed.len() as u64)
    }

    /// Removes a store's own row and its pause, if it has no other row.
    async fn forget_pause(
        &self,
        store: &StoreId,
        transaction: &mut sqlx::PgConnection,
    ) -> Result<(), DatabaseError> {
        let [lock, remove, reason] = [
            // Waits for triggers: their rows are then seen below.
            "SELECT store FROM store_context.sync_stores WHERE store = $1 FOR UPDATE",
            "DELETE FROM store_context.sync_stores WHERE store = $1
                AND NOT EXISTS (SELECT FROM store_context.sync_rows WHERE store = $1)",
            "DELETE FROM store_context.sync_pauses WHERE store = $1
                AND NOT EXISTS (SELECT FROM store_context.sync_stores WHERE store = $1)",
        ];
        for statement in [lock, remove, reason] {
            let statement = sqlx::query(self.database.sql(statement)).bind(store.as_str());
            statement.execute(&mut *transaction).await?;
        }
        Ok(())
    }
}

//! Sealing credentials again with the current key.

use sqlx::Row;
use store_context::model::StoreId;
use store_context::ports::{AuditAction, PortFailure, PortResult};

use super::{PostgresStores, Stored, store_id};
use crate::postgres::error::{failed, invalid};
use crate::postgres::seal::KeyId;
use crate::postgres::values;

/// The progress of a [`PostgresStores::reseal`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ResealStep {
    /// The number of stores whose credentials are sealed with the current key.
    pub done: u64,
    /// The number of stores that have credentials.
    pub total: u64,
    /// The stores of this step whose credentials could not be sealed again, with the reason. They
    /// are left as they were.
    pub failed: Vec<(StoreId, PortFailure)>,
    /// Where the next step continues; `None` after the last one.
    pub next: Option<StoreId>,
}

impl PostgresStores {
    /// Seals the credentials of up to `limit` stores (at least one) with the current key, and the
    /// hashes of their URLs too. Stores whose credentials are sealed with it are skipped, so an
    /// interrupted run is started again from the beginning.
    ///
    /// It is safe while others use the stores: a record that somebody saves meanwhile is left to
    /// them. The records keep their versions. Once `done` is `total` the other keys are not needed
    /// any more.
    ///
    /// # Errors
    /// Returns an error if the database or the keys failed.
    ///
    /// ```no_run
    /// use store_context::ports::PortResult;
    /// use store_context_adapters::postgres::PostgresStores;
    ///
    /// # async fn example(stores: PostgresStores) -> PortResult<()> {
    /// let mut after = None;
    /// loop {
    ///     let step = stores.reseal(after.as_ref(), 100).await?;
    ///     println!("{} of {} stores", step.done, step.total);
    ///     after = step.next;
    ///     if after.is_none() {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reseal(&self, after: Option<&StoreId>, limit: usize) -> PortResult<ResealStep> {
        const NEXT: &str = "
            SELECT store FROM store_context.store_versions
            WHERE store > $1 AND sealing_key <> $2 ORDER BY store LIMIT $3";
        const PROGRESS: &str = "
            SELECT count(*) FILTER (WHERE sealing_key = $1), count(sealing_key)
            FROM store_context.store_versions";
        let current = self.keys.current().await?;
        let limit = limit.max(1);
        let next = sqlx::query_scalar(self.database.sql(NEXT));
        let next = next.bind(after.map_or("", StoreId::as_str)).bind(current.as_str());
        let next = next.bind(values::limit(limit));
        let stores: Vec<String> = next.fetch_all(self.database.pool()).await.map_err(failed)?;
        let is_last = stores.len() < limit;
        let (mut last, mut refused) = (None, Vec::new());
        for store in stores {
            let store = store_id(store)?;
            if let Err(error) = self.reseal_store(&store, &current).await {
                tracing::warn!(%store, error = %*error, "the credentials keep their key");
                refused.push((store.clone(), error.into()));
            }
            last = Some(store);
        }
        let progress = sqlx::query(self.database.sql(PROGRESS)).bind(current.as_str());
        let row = progress.fetch_one(self.database.pool()).await.map_err(failed)?;
        let count = |index: usize| -> PortResult<u64> {
            let count: i64 = row.try_get(index).map_err(failed)?;
            count.try_into().map_err(|_| invalid("store_versions"))
        };
        let next = last.filter(|_| !is_last);
        Ok(ResealStep { done: count(0)?, total: count(1)?, failed: refused, next })
    }

    async fn reseal_store(&self, store: &StoreId, current: &KeyId) -> PortResult<()> {
        // Nobody saved the record since it was read.
        const CHANGE: &str = "
            UPDATE store_context.store_versions SET sealing_key = $3
            WHERE store = $1 AND version = $2 AND sealing_key = $4";
        let mut transaction = self.begin(store).await?;
        let Some(stored) = self.read(&mut transaction, store).await? else { return Ok(()) };
        let Stored { version, sealing_key: Some(before), account, lifecycle, sealed, .. } = stored
        else {
            return Ok(());
        };
        if before == current.as_str() {
            return Ok(());
        }
        let reseal = AuditAction::Reseal;
        let opened = self.open_sealed(&mut transaction, store, &account, &sealed, reseal).await?;
        transaction.commit().await.map_err(failed)?;
        // No lock is held while a key is fetched.
        let sealed = self.seal(store, &account, &opened).await?;
        let Some(key) = sealed.key else { return Ok(()) };
        let version = i64::try_from(version).map_err(|_| invalid("store_versions.version"))?;
        let mut transaction = self.begin(store).await?;
        let change = sqlx::query(self.database.sql(CHANGE));
        let change = change.bind(store.as_str()).bind(version).bind(key.as_str()).bind(before);
        let changed = change.execute(&mut *transaction).await.map_err(failed)?;
        if changed.rows_affected() == 1 {
            self.put_addresses(&mut transaction, store, &sealed.addresses).await?;
            let parts = (&account, &lifecycle);
            self.write(&mut transaction, store, parts, sealed.columns).await?;
        }
        transaction.commit().await.map_err(failed)
    }
}

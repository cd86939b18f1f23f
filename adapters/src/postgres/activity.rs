//! What customers did in the shop.

use std::time::Duration;

use async_trait::async_trait;
use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use store_context::Url;
use store_context::model::{Activity, ActivityKind, CustomerId, StoreId};
use store_context::ports::{ActivityLog, ActivityRecord, NewActivity, PortResult};

use super::database::{Database, MayConflict, retrying, seconds};
use super::error::{failed, invalid};
use super::values;

/// What customers did in the shop, in Postgres.
///
/// ```no_run
/// use std::sync::Arc;
/// use store_context::ports::Ports;
/// use store_context_adapters::postgres::{Database, PostgresActivityLog};
///
/// # fn example(database: Database, ports: Ports) -> Ports {
/// Ports { activity: Some(Arc::new(PostgresActivityLog::new(database))), ..ports }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresActivityLog {
    database: Database,
}

/// The number of stores of which one transaction removes what is old.
const STORES: i64 = 500;

/// An error of a transaction that may be run again: a conflict, or a store that was forgotten while
/// it recorded.
struct Raced(sqlx::Error);

impl From<sqlx::Error> for Raced {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl MayConflict for Raced {
    fn is_conflict(&self) -> bool {
        let error = self.0.as_database_error();
        self.0.is_conflict()
            || error.is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
    }
}

impl PostgresActivityLog {
    /// Uses the tables of a database.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn record_once(&self, activities: &[NewActivity]) -> Result<(), Raced> {
        const KNOW: &str = "
            INSERT INTO store_context.activity_stores (store)
            SELECT DISTINCT store FROM unnest($1::text[]) AS it (store) ORDER BY store
            ON CONFLICT (store) DO NOTHING";
        // The order of the ids is that of the activities.
        const RECORD: &str = "
            INSERT INTO store_context.activity (store, customer, at, kind, title, url)
            SELECT store, customer, LEAST(at, store_context.ledger_now()), kind, title, url
            FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
                WITH ORDINALITY AS it (store, customer, at, kind, title, url, position)
            ORDER BY position";
        let stores: Vec<&str> = activities.iter().map(|it| it.store.as_str()).collect();
        let customers: Vec<&str> = activities.iter().map(|it| it.customer.as_str()).collect();
        let of = || activities.iter().map(|it| &it.activity);
        let times: Vec<Timestamp> = of().map(|it| it.at().to_sqlx()).collect();
        let kinds: Vec<&str> = of().map(|it| it.kind().as_str()).collect();
        let titles: Vec<&str> = of().map(Activity::title).collect();
        let urls: Vec<Option<&str>> = of().map(|it| it.url().map(Url::as_str)).collect();
        let mut transaction = self.database.begin(activities.iter().map(|it| &it.store)).await?;
        let know = sqlx::query(self.database.sql(KNOW)).bind(&stores);
        know.execute(&mut *transaction).await?;
        let record = sqlx::query(self.database.sql(RECORD));
        let record = record.bind(&stores).bind(customers).bind(times);
        let record = record.bind(kinds).bind(titles).bind(urls);
        record.execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Returns the next stores that recorded activity.
    async fn stores_after(&self, after: Option<&StoreId>) -> PortResult<Vec<StoreId>> {
        const STORES_AFTER: &str = "
            SELECT store FROM store_context.activity_stores
            WHERE store > $1 ORDER BY store LIMIT $2";
        let stores = sqlx::query_scalar(self.database.sql(STORES_AFTER));
        let stores = stores.bind(after.map_or("", StoreId::as_str)).bind(STORES);
        let stores: Vec<String> = stores.fetch_all(self.database.pool()).await.map_err(failed)?;
        let id = |store: String| StoreId::new(store).map_err(|_| invalid("activity_stores.store"));
        stores.into_iter().map(id).collect()
    }

    async fn purge_stores(
        &self,
        stores: &[StoreId],
        age: Duration,
        limit: usize,
    ) -> Result<u64, sqlx::Error> {
        const PURGE: &str = "
            WITH old AS (
                SELECT a.* FROM unnest($1::text[]) AS s (store) CROSS JOIN LATERAL (
                    SELECT a.store, a.customer, a.at, a.id FROM store_context.activity a
                    WHERE a.store = s.store
                        AND a.at < store_context.ledger_now() - make_interval(secs => $2)
                    ORDER BY a.at LIMIT $3 FOR UPDATE SKIP LOCKED) AS a LIMIT $3
            )
            DELETE FROM store_context.activity AS a USING old
            WHERE (a.store, a.customer, a.at, a.id) = (old.store, old.customer, old.at, old.id)";
        let names: Vec<&str> = stores.iter().map(StoreId::as_str).collect();
        let mut transaction = self.database.begin(stores).await?;
        let purge = sqlx::query(self.database.sql(PURGE));
        let purge = purge.bind(names).bind(seconds(age)).bind(values::limit(limit));
        let removed = purge.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(removed)
    }

    async fn forget_once(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<u64, sqlx::Error> {
        const FORGET: &str = "
            DELETE FROM store_context.activity WHERE store = $1 AND customer = $2";
        let mut transaction = self.database.begin([store]).await?;
        let forget = sqlx::query(self.database.sql(FORGET));
        let forget = forget.bind(store.as_str()).bind(customer.as_str());
        let removed = forget.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(removed)
    }

    async fn forget_store_once(&self, store: &StoreId, limit: usize) -> Result<u64, Raced> {
        const FORGET: &str = "
            WITH batch AS (
                SELECT store, customer, at, id FROM store_context.activity
                WHERE store = $1 LIMIT $2 FOR UPDATE
            )
            DELETE FROM store_context.activity AS a USING batch
            WHERE (a.store, a.customer, a.at, a.id) = (batch.store, batch.customer, batch.at, batch.id)";
        const UNLIST: &str = "DELETE FROM store_context.activity_stores WHERE store = $1";
        let mut transaction = self.database.begin([store]).await?;
        let forget = sqlx::query(self.database.sql(FORGET));
        let forget = forget.bind(store.as_str()).bind(values::limit(limit));
        let removed = forget.execute(&mut *transaction).await?.rows_affected();
        if removed < limit as u64 {
            let unlist = sqlx::query(self.database.sql(UNLIST)).bind(store.as_str());
            unlist.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(removed)
    }
}

#[async_trait]
impl ActivityLog for PostgresActivityLog {
    async fn record(&self, activities: &[NewActivity]) -> PortResult<()> {
        if activities.is_empty() {
            return Ok(());
        }
        retrying(|| self.record_once(activities)).await.map_err(|Raced(error)| failed(error))
    }

    async fn activities(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        before: Option<&ActivityRecord>,
        limit: usize,
    ) -> PortResult<Vec<ActivityRecord>> {
        const READ: &str = "
            SELECT id, at, kind, title, url FROM store_context.activity
            WHERE store = $1 AND customer = $2
                AND (at, id) < (COALESCE($3, 'infinity'::timestamptz), $4)
            ORDER BY at DESC, id DESC LIMIT $5";
        let at = before.map(|record| record.activity.at().to_sqlx());
        let id = before.map_or(i64::MAX, |it| i64::try_from(it.id).unwrap_or(i64::MAX));
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let read = sqlx::query(self.database.sql(READ));
        let read = read.bind(store.as_str()).bind(customer.as_str()).bind(at).bind(id);
        let read = read.bind(values::limit(limit));
        let rows = read.fetch_all(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter().map(record).collect()
    }

    async fn purge(&self, age: Duration, limit: usize) -> PortResult<u64> {
        let (mut removed, mut after) = (0, None);
        loop {
            let left = limit.saturating_sub(usize::try_from(removed)?);
            let stores = self.stores_after(after.as_ref()).await?;
            let Some(last) = stores.last().filter(|_| left > 0) else { return Ok(removed) };
            let purged = retrying(|| self.purge_stores(&stores, age, left)).await;
            removed += purged.map_err(failed)?;
            after = Some(last.clone());
        }
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<u64> {
        retrying(|| self.forget_once(store, customer)).await.map_err(failed)
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        let forgotten = retrying(|| self.forget_store_once(store, limit)).await;
        forgotten.map_err(|Raced(error)| failed(error))
    }
}

fn record(row: &PgRow) -> PortResult<ActivityRecord> {
    let id: i64 = row.try_get("id").map_err(failed)?;
    let at = values::time(row, "at").map_err(failed)?;
    let kind: &str = row.try_get("kind").map_err(failed)?;
    let title: &str = row.try_get("title").map_err(failed)?;
    let url: Option<&str> = row.try_get("url").map_err(failed)?;
    let activity = Activity::new(at, ActivityKind::from(kind), title);
    let activity = match url {
        Some(url) => activity.with_exact_url(url.parse().map_err(|_| invalid("activity.url"))?),
        None => activity,
    };
    Ok(ActivityRecord { id: id.try_into().map_err(|_| invalid("activity.id"))?, activity })
}

//! The ledger of the sync in Postgres.
//!
//! # Tables
//! `sync_rows` has a row per customer, with everything but its link, which is in `sync_links`.
//! `sync_stores` has a row per store: when its first row is due, and when it was served last. A claim
//! takes the stores from an index and then each store's first rows from another, so its cost does
//! not depend on how many rows wait. What is wanted in a host's transaction is an insert into
//! `sync_wants`, which the next claim moves into the rows.
//!
//! # Locks
//! Each transaction locks rows first, in the order of store and customer, and then stores. A claim
//! locks stores first, but waits for none of them, and for no row.

mod claim;
mod forget;
mod row;
mod settle;
mod sql;
mod wait;
mod want;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use store_context::chatwoot::ContactId;
use store_context::model::{AccountKey, CustomerId, StoreId};
use store_context::ports::{
    ClaimRequest, Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, PortResult, Priority,
    Settlement, SyncClaim, SyncCounts, SyncLedger,
};

use self::row::{Key, link, priority_code};
use self::wait::Waker;
use self::want::{Due, WANTS, Wants, fold};
use super::database::{Database, retrying};
use super::error::{DatabaseError, failed};
use super::values::{count, customer, micros, optional_time, store, time};

/// Stores the rows of the sync in Postgres: any number of processes share them.
///
/// ```no_run
/// use store_context::ports::{Priority, SyncLedger};
/// use store_context_adapters::postgres::{Database, PostgresSyncLedger};
///
/// # async fn example(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let ledger = PostgresSyncLedger::new(Database::new(pool));
/// ledger.want(&"north".to_owned().try_into()?, &["17".to_owned().try_into()?], Priority::Live).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresSyncLedger {
    database: Database,
    waker: Arc<Waker>,
}

impl PostgresSyncLedger {
    /// Creates the port. One process needs one; its clones share what wakes them.
    pub fn new(database: Database) -> Self {
        Self { database, waker: Arc::default() }
    }

    /// Marks new versions of customers as wanted, in the host's own transaction: they are wanted if
    /// it commits, and the change that they are wanted for is never without its trigger.
    ///
    /// It only inserts: it waits for no other transaction and no other waits for it, in whatever
    /// order the customers come. A claim that starts after the commit sees it. The role of the
    /// connection needs the right to insert into `sync_wants`, which the runtime role has.
    ///
    /// ```no_run
    /// use sqlx::Connection;
    /// use store_context::ports::Priority;
    /// use store_context_adapters::postgres::{Database, PostgresSyncLedger};
    ///
    /// # async fn example(
    /// #     ledger: PostgresSyncLedger,
    /// #     pool: sqlx::PgPool,
    /// # ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let (store, ada) = ("north".to_owned().try_into()?, "17".to_owned().try_into()?);
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("UPDATE customers SET name = 'Ada' WHERE id = 17").execute(&mut *transaction).await?;
    /// ledger.want_in(&mut transaction, &store, &[ada], Priority::Live).await?;
    /// transaction.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the insert failed; the transaction is then to be rolled back.
    pub async fn want_in(
        &self,
        transaction: &mut PgConnection,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> Result<(), DatabaseError> {
        let want = self.database.sql(
            "INSERT INTO store_context.sync_wants (store, customer, priority, at)
            SELECT $1, customer, $3, store_context.ledger_now()
            FROM unnest($2::text[]) AS wanted (customer)",
        );
        let customers: Vec<&str> = customers.iter().map(CustomerId::as_str).collect();
        let want = sqlx::query(want).bind(store.as_str()).bind(customers);
        want.bind(priority_code(priority)).execute(transaction).await?;
        Ok(())
    }

    /// Wants rows in a transaction of its own.
    async fn want_now(&self, existing: bool, wants: impl Fn() -> Wants + Sync) -> PortResult<()> {
        let database = &self.database;
        let attempt = || {
            let wants = wants();
            async move {
                let mut transaction = database.begin([]).await?;
                let mut due = Due::default();
                wants.apply(database, &mut transaction, existing, &mut due).await?;
                due.tell(database, &mut transaction).await?;
                transaction.commit().await?;
                Ok::<_, DatabaseError>(())
            }
        };
        retrying(attempt).await?;
        self.waker.wake();
        Ok(())
    }

    /// Moves all wants of hosts' transactions into the rows.
    async fn fold_all(&self) -> PortResult<()> {
        let database = &self.database;
        let attempt = || async move {
            let mut transaction = database.begin([]).await?;
            let folded = fold(database, &mut transaction).await?;
            transaction.commit().await?;
            Ok::<_, DatabaseError>(folded)
        };
        while retrying(attempt).await? >= WANTS {}
        Ok(())
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns the rows' stores and customers.
fn keys(rows: &[PgRow]) -> Result<Vec<Key>, DatabaseError> {
    rows.iter().map(|row| Ok((store(row)?, customer(row)?))).collect()
}

fn key_columns<'a>(keys: impl IntoIterator<Item = &'a Key>) -> (Vec<&'a str>, Vec<&'a str>) {
    keys.into_iter().map(|(store, customer)| (store.as_str(), customer.as_str())).unzip()
}

#[async_trait]
impl SyncLedger for PostgresSyncLedger {
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()> {
        self.want_now(false, || Wants::of(store, customers, priority)).await
    }

    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool> {
        let linked = self.database.sql(
            "SELECT customer, fingerprint FROM store_context.sync_links
            WHERE store = $1 AND contact = $2 AND account = $3 AND base_url = $4",
        );
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let linked = sqlx::query(linked).bind(store.as_str()).bind(number(contact.0));
        let linked = linked.bind(number(account.account.0)).bind(&account.base_url);
        let linked = linked.fetch_optional(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let Some(row) = linked else { return Ok(false) };
        let written: String = row.try_get("fingerprint").map_err(failed)?;
        if unless.is_none_or(|unless| unless.0 != written) {
            let customer = [customer(&row)?];
            let wants = || Wants::of(store, &customer, Priority::Live).doubted(doubt);
            self.want_now(true, wants).await?;
        }
        Ok(true)
    }

    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>> {
        let linked = self.links(store, after, limit).await?;
        let mut customers: Vec<CustomerId> =
            linked.into_iter().map(|(customer, _)| customer).collect();
        let wants = || Wants::of(store, &customers, Priority::Bulk).doubted(doubt);
        self.want_now(true, wants).await?;
        Ok(customers.pop())
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        Ok(retrying(|| self.try_claim(request)).await?)
    }

    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold> {
        let held = retrying(|| self.try_hold(store, customer, lease)).await?;
        Ok(held.map_or(Hold::Busy, |claim| Hold::Held(Box::new(claim))))
    }

    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool> {
        Ok(retrying(|| self.try_begin(claim)).await?)
    }

    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        Ok(retrying(|| self.try_extend(claims, lease)).await?)
    }

    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>> {
        if settled.is_empty() {
            return Ok(Vec::new());
        }
        let stood = retrying(|| self.try_settle(settled)).await?;
        self.waker.wake();
        Ok(stood)
    }

    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()> {
        let from = std::slice::from_ref(from);
        self.want_now(false, || Wants::of(store, from, Priority::Live).merging(into)).await
    }

    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        let customer = std::slice::from_ref(customer);
        self.want_now(false, || Wants::of(store, customer, Priority::Live).erased()).await
    }

    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()> {
        let keep = self.database.sql(
            "INSERT INTO store_context.sync_pauses (store, reason) VALUES ($1, $2)
            ON CONFLICT (store) DO UPDATE SET reason = excluded.reason",
        );
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let pause = sqlx::query(self.database.sql(sql::PAUSE)).bind(store.as_str());
        pause.bind(micros(duration)).execute(&mut *transaction).await.map_err(failed)?;
        let keep = sqlx::query(keep).bind(store.as_str()).bind(reason);
        keep.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn resume(&self, store: &StoreId) -> PortResult<()> {
        let forget = self.database.sql("DELETE FROM store_context.sync_pauses WHERE store = $1");
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let resume = sqlx::query(self.database.sql(sql::RESUME)).bind(store.as_str());
        resume.execute(&mut *transaction).await.map_err(failed)?;
        let forget = sqlx::query(forget).bind(store.as_str());
        forget.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        self.waker.wake();
        Ok(())
    }

    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>> {
        let select = self.database.sql(
            "SELECT store, paused_until, pauses FROM store_context.sync_stores
            WHERE paused_until IS NOT NULL AND store > $1 ORDER BY store LIMIT $2",
        );
        let reasons = self.database.sql("SELECT store, reason FROM store_context.sync_pauses");
        let mut transaction = self.database.begin([]).await.map_err(failed)?;
        let select = sqlx::query(select).bind(after.map_or("", StoreId::as_str));
        let rows = select.bind(super::values::limit(limit)).fetch_all(&mut *transaction).await;
        let rows = rows.map_err(failed)?;
        let stores: Vec<StoreId> = rows.iter().map(store).collect::<Result<_, _>>()?;
        // Only the reasons of these stores are seen.
        Database::name(&mut transaction, &stores).await.map_err(failed)?;
        let reasons = sqlx::query_as(reasons).fetch_all(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let mut reasons: std::collections::BTreeMap<String, String> = reasons.into_iter().collect();
        let read = |(store, row): (StoreId, &PgRow)| -> Result<PausedStore, DatabaseError> {
            let reason = reasons.remove(store.as_str()).unwrap_or_default();
            let pauses = count(row.try_get::<i32, _>("pauses")?.into(), "sync_stores.pauses")?;
            Ok(PausedStore { store, until: time(row, "paused_until")?, pauses, reason })
        };
        Ok(stores.into_iter().zip(&rows).map(read).collect::<Result<_, _>>()?)
    }

    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let links = row::links_of(&self.database, &mut transaction, [(store, customer)]).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(links.into_values().next())
    }

    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        let linked = self.database.sql(
            "SELECT customer FROM store_context.sync_links
            WHERE store = $1 AND contact = $2 AND account = $3 AND base_url = $4",
        );
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let linked = sqlx::query(linked).bind(store.as_str()).bind(number(contact.0));
        let linked = linked.bind(number(account.account.0)).bind(&account.base_url);
        let linked = linked.fetch_optional(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(linked.as_ref().map(customer).transpose()?)
    }

    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>> {
        let links = self.database.sql(
            "SELECT * FROM store_context.sync_links
            WHERE store = $1 AND customer > $2 ORDER BY customer LIMIT $3",
        );
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let links = sqlx::query(links).bind(store.as_str());
        let links = links.bind(after.map_or("", CustomerId::as_str));
        let links = links.bind(super::values::limit(limit)).fetch_all(&mut *transaction).await;
        let links = links.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let read = |row: &PgRow| -> Result<_, DatabaseError> { Ok((customer(row)?, link(row)?)) };
        Ok(links.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>> {
        let parked = self.database.sql(
            "SELECT r.store, r.customer, r.tries, r.parked_at, coalesce(e.error, '') AS error
            FROM store_context.sync_rows AS r
            LEFT JOIN store_context.sync_errors AS e USING (store, customer)
            WHERE r.store = $1 AND r.customer > $2 AND r.parked_at IS NOT NULL
            ORDER BY r.customer LIMIT $3",
        );
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let parked = sqlx::query(parked).bind(store.as_str());
        let parked = parked.bind(after.map_or("", CustomerId::as_str));
        let parked = parked.bind(super::values::limit(limit)).fetch_all(&mut *transaction).await;
        let parked = parked.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let read = |row: &PgRow| -> Result<ParkedRow, DatabaseError> {
            Ok(ParkedRow {
                store: super::values::store(row)?,
                customer: customer(row)?,
                tries: count(row.try_get::<i32, _>("tries")?.into(), "sync_rows.tries")?,
                error: row.try_get("error")?,
                parked_at: time(row, "parked_at")?,
            })
        };
        Ok(parked.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64> {
        let database = &self.database;
        let attempt = || async move {
            let parked = database.sql(
                "SELECT store, customer FROM store_context.sync_rows
                WHERE store = $1 AND ($2::text IS NULL OR customer = $2) AND parked_at IS NOT NULL
                ORDER BY customer LIMIT $3 FOR UPDATE",
            );
            let mut transaction = database.begin([]).await?;
            let parked = sqlx::query(parked).bind(store.as_str());
            let parked = parked.bind(customer.map(CustomerId::as_str));
            let parked = parked.bind(super::values::limit(limit)).fetch_all(&mut *transaction);
            let (mut wants, mut due) = (Wants::default(), Due::default());
            let parked = keys(&parked.await?)?;
            for (store, customer) in &parked {
                wants.add(store.as_str(), customer.as_str(), Priority::Live, Doubt::None);
            }
            wants.apply(database, &mut transaction, true, &mut due).await?;
            due.tell(database, &mut transaction).await?;
            transaction.commit().await?;
            Ok::<_, DatabaseError>(parked.len() as u64)
        };
        let replayed = retrying(attempt).await?;
        self.waker.wake();
        Ok(replayed)
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.fold_all().await?;
        retrying(|| self.try_forget(store, Some(customer), 1)).await?;
        self.waker.wake();
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.fold_all().await?;
        let forgotten = retrying(|| self.try_forget(store, None, limit)).await?;
        self.waker.wake();
        Ok(forgotten)
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts> {
        self.fold_all().await?;
        let counts = sqlx::query(self.database.sql(sql::COUNTS)).bind(store.map(StoreId::as_str));
        let counts = counts.fetch_one(self.database.pool()).await.map_err(failed)?;
        let of = |column: &'static str| -> Result<u64, DatabaseError> {
            count(counts.try_get(column)?, column)
        };
        Ok(SyncCounts {
            customers: of("customers")?,
            waiting: of("waiting")?,
            claimed: of("claimed")?,
            parked: of("parked")?,
            in_doubt: of("in_doubt")?,
            erased: of("erased")?,
            oldest_wanted_at: optional_time(&counts, "oldest_wanted_at").map_err(failed)?,
        })
    }

    async fn wait(&self, longest: Duration) {
        self.waker.wait(&self.database, longest).await;
    }
}

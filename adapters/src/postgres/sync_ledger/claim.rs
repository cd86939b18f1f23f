//! Claiming rows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{PgConnection, Row};
use store_context::model::{CustomerId, StoreId};
use store_context::ports::{ClaimRequest, Priority, SyncClaim};

use super::row::{claim, links_of};
use super::want::{Due, fold};
use super::{PostgresSyncLedger, sql};
use crate::postgres::database::Database;
use crate::postgres::error::DatabaseError;
use crate::postgres::values::{count, limit, micros, optional_time};

/// How many stores per priority a claim makes ready at most.
const ADVANCED: i64 = 500;

/// How many rows a claim takes at most, whatever it asks for.
const MOST: usize = 10_000;

/// A claim in progress.
struct Claiming<'a> {
    request: ClaimRequest<'a>,
    claims: Vec<SyncClaim>,
    bulk: usize,
    stores: BTreeMap<String, Served>,
}

/// A store that was looked at.
#[derive(Default)]
struct Served {
    claimed: usize,
    // Of live rows and of bulk rows it has no more that are due.
    exhausted: [bool; 2],
    // It was found to have no more of either; it is set when the next one is due.
    is_stale: bool,
    // The fence of its probe.
    probe: Option<i64>,
}

impl PostgresSyncLedger {
    pub(super) async fn try_claim(
        &self,
        request: ClaimRequest<'_>,
    ) -> Result<Vec<SyncClaim>, DatabaseError> {
        let database = &self.database;
        let request =
            ClaimRequest { limit: request.limit.min(MOST), share: request.share.max(1), ..request };
        let mut transaction = database.begin([]).await?;
        fold(database, &mut transaction).await?;
        let advance = sqlx::query(database.sql(sql::ADVANCE)).bind(ADVANCED);
        advance.execute(&mut *transaction).await?;
        let mut claiming =
            Claiming { request, claims: Vec::new(), bulk: 0, stores: BTreeMap::new() };
        // Capacity that is left once each store had its share goes to any store.
        for share in [request.share, usize::MAX] {
            for priority in [Priority::Live, Priority::Bulk] {
                while claiming.pass(database, &mut transaction, priority, share).await? {}
            }
        }
        claiming.served(database, &mut transaction).await?;
        let mut claims = claiming.claims;
        if !claims.is_empty() {
            let stores: BTreeSet<&StoreId> = claims.iter().map(|claim| &claim.store).collect();
            Database::name(&mut transaction, stores).await?;
            let keys = claims.iter().map(|claim| (&claim.store, &claim.customer));
            let mut links = links_of(database, &mut transaction, keys).await?;
            for claim in &mut claims {
                claim.link = links.remove(&(claim.store.clone(), claim.customer.clone()));
            }
        }
        transaction.commit().await?;
        Ok(claims)
    }

    pub(super) async fn try_hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> Result<Option<SyncClaim>, DatabaseError> {
        let database = &self.database;
        let mut transaction = database.begin([store]).await?;
        let create = database.sql(
            "INSERT INTO store_context.sync_rows (store, customer, wanted_at)
            VALUES ($1, $2, store_context.ledger_now()) ON CONFLICT DO NOTHING",
        );
        let create = sqlx::query(create).bind(store.as_str()).bind(customer.as_str());
        create.execute(&mut *transaction).await?;
        let hold = sqlx::query(database.sql(sql::HOLD)).bind(store.as_str());
        let hold = hold.bind(customer.as_str()).bind(micros(lease));
        let Some(row) = hold.fetch_optional(&mut *transaction).await? else {
            return Ok(None);
        };
        let mut claimed = claim(&row, 0)?;
        let mut links = links_of(database, &mut transaction, [(store, customer)]).await?;
        claimed.link = links.remove(&(store.clone(), customer.clone()));
        let mut due = Due::default();
        let at = optional_time(&row, "claimable_at")?;
        due.add(row.try_get("store")?, row.try_get("priority")?, at);
        due.tell(database, &mut transaction).await?;
        transaction.commit().await?;
        Ok(Some(claimed))
    }
}

impl Claiming<'_> {
    /// Claims rows of a priority from as many stores as have some. Returns whether there may be more
    /// to claim.
    async fn pass(
        &mut self,
        database: &Database,
        connection: &mut PgConnection,
        priority: Priority,
        share: usize,
    ) -> Result<bool, DatabaseError> {
        let of_bulk = self.request.bulk.saturating_sub(self.bulk);
        let (statement, index, most) = match priority {
            Priority::Live => (sql::CLAIM_LIVE, 0, usize::MAX),
            Priority::Bulk => (sql::CLAIM_BULK, 1, of_bulk),
        };
        let rows = self.request.limit.saturating_sub(self.claims.len()).min(most);
        if rows == 0 {
            return Ok(false);
        }
        let full = self.stores.iter().filter(|(_, served)| {
            served.exhausted[index] || served.claimed >= share || served.probe.is_some()
        });
        let mut except: Vec<&str> = full.map(|(store, _)| store.as_str()).collect();
        except.extend(self.request.except.iter().map(StoreId::as_str));
        let (taken, numbers): (Vec<&str>, Vec<i64>) = self
            .stores
            .iter()
            .map(|(store, served)| (store.as_str(), limit(served.claimed)))
            .unzip();
        let pass = sqlx::query(database.sql(statement)).bind(except).bind(limit(rows));
        let pass = pass.bind(limit(share)).bind(taken).bind(numbers);
        let pass = pass.bind(micros(self.request.lease)).fetch_all(connection).await?;
        // How many rows each store had, up to one more than it could give, and how many it gave.
        let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for row in &pass {
            let store: String = row.try_get("store")?;
            let (due, claimed) = found.entry(store.clone()).or_default();
            let served = self.stores.entry(store).or_default();
            let Some(fence) = row.try_get::<Option<i64>, _>("fence")? else { continue };
            *due = count(row.try_get("due")?, "sync_rows.due")?;
            *claimed += 1;
            served.claimed += 1;
            let is_probe: bool = row.try_get("probe")?;
            served.probe = is_probe.then_some(fence);
            let pauses = row.try_get::<i32, _>("pauses")?;
            let pauses = if is_probe { count(pauses.into(), "sync_stores.pauses")? } else { 0 };
            self.claims.push(claim(row, pauses)?);
            self.bulk += usize::from(priority == Priority::Bulk);
        }
        let any = !found.is_empty();
        for (store, (due, claimed)) in found {
            if due <= claimed
                && let Some(served) = self.stores.get_mut(&store)
            {
                served.exhausted[index] = true;
                served.is_stale = true;
            }
        }
        Ok(any)
    }

    /// Sets when the next rows of the stores are due that have no more now, and closes the gates of
    /// those that are probed. A store that has more stays due.
    async fn served(
        &self,
        database: &Database,
        connection: &mut PgConnection,
    ) -> Result<(), DatabaseError> {
        let probes = self.stores.iter().filter_map(|(store, served)| Some((store, served.probe?)));
        let (paused, fences): (Vec<&str>, Vec<i64>) =
            probes.map(|(store, fence)| (store.as_str(), fence)).unzip();
        if !paused.is_empty() {
            let close = sqlx::query(database.sql(sql::PROBED)).bind(paused).bind(fences);
            close.bind(micros(self.request.lease)).execute(&mut *connection).await?;
        }
        let stale = self.stores.iter().filter(|(_, served)| served.is_stale);
        let stale: Vec<&str> = stale.map(|(store, _)| store.as_str()).collect();
        if !stale.is_empty() {
            let lock = sqlx::query_scalar(database.sql(sql::LOCK_SERVED)).bind(stale);
            let free: Vec<String> = lock.fetch_all(&mut *connection).await?;
            sqlx::query(database.sql(sql::SERVED)).bind(free).execute(connection).await?;
        }
        Ok(())
    }
}

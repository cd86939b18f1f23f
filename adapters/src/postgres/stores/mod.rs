//! The stores with their sealed credentials.

mod credentials;
mod reseal;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::postgres::PgRow;
use sqlx::postgres::types::PgInterval;
use sqlx::types::Json;
use sqlx::{Postgres, Row, Transaction};
use store_context::model::{OrganizationId, Store, StoreId};
use store_context::ports::{
    Address, AddressToken, AuditAction, PortResult, ProvisionLock, StoreAccount, StoreCredentials,
    StoreLifecycle, StoreRecord, Stores,
};

use self::credentials::{SealedAddress, SealedCredentials};
pub use self::reseal::ResealStep;
use super::database::Database;
use super::error::{failed, invalid};
use super::seal::{KeyId, SealingKeys, address_hash, address_name};
use super::values;

/// The stores in Postgres, with their resources in Chatwoot and their sealed credentials.
///
/// Each secret is sealed with XChaCha20-Poly1305 for its store, its column and the base URL of its
/// Chatwoot server: one that was moved does not open. Which store a URL belongs to is found by a
/// keyed hash of the URL's unguessable part.
///
/// # Opened credentials
/// Each opening of a secret is an entry of the audit trail, committed before the secret is used. A
/// process keeps the opened credentials of up to 10,000 stores for up to 5 minutes (see
/// [`PostgresStores::keeping`]), so that the calls of [`Stores::open`] in between open nothing. The
/// version is read from the database each time, and credentials of another version are never used.
///
/// ```no_run
/// use std::sync::Arc;
/// use store_context_adapters::postgres::{Database, KeyRing, PostgresStores};
///
/// # fn example(database: Database) -> Result<(), Box<dyn std::error::Error>> {
/// let keys = Arc::new(KeyRing::from_env("STORE_CONTEXT_KEYS")?);
/// let stores = PostgresStores::new(database, keys, "shop/support");
/// # let _ = stores;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStores {
    database: Database,
    keys: Arc<dyn SealingKeys>,
    actor: Arc<str>,
    opened: moka::sync::Cache<StoreId, Opened>,
}

/// The credentials of a version of a record.
#[derive(Clone)]
struct Opened {
    version: u64,
    credentials: Arc<StoreCredentials>,
}

/// The number of stores whose opened credentials are kept.
const KEPT: u64 = 10_000;
/// How long they are kept.
const KEPT_FOR: Duration = Duration::from_mins(5);

impl fmt::Debug for PostgresStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PostgresStores");
        shown.field("database", &self.database).field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl PostgresStores {
    /// Uses the tables of a database, and the keys that seal credentials. `actor` is what the audit
    /// trail calls this process or service.
    pub fn new(database: Database, keys: Arc<dyn SealingKeys>, actor: &str) -> Self {
        Self { database, keys, actor: actor.into(), opened: cache(KEPT, KEPT_FOR) }
    }

    /// Sets for how many stores and how long this process keeps opened credentials; for 0 stores
    /// each call opens them.
    #[must_use]
    pub fn keeping(self, stores: u64, duration: Duration) -> Self {
        Self { opened: cache(stores, duration), ..self }
    }

    async fn begin(&self, store: &StoreId) -> PortResult<Transaction<'static, Postgres>> {
        self.database.begin([store]).await.map_err(failed)
    }

    /// Reads a store's row in a transaction that names the store.
    async fn read(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        store: &StoreId,
    ) -> PortResult<Option<Stored>> {
        const READ: &str = include_str!("read.sql");
        let read = sqlx::query(self.database.sql(READ)).bind(store.as_str());
        let row = read.fetch_optional(&mut **transaction).await.map_err(failed)?;
        row.map(|row| Stored::read(&row)).transpose()
    }

    /// Replaces the hashes of a store's URLs, in a transaction that holds the store's version.
    async fn put_addresses(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        store: &StoreId,
        addresses: &[SealedAddress],
    ) -> PortResult<()> {
        const FORGET: &str = "
            DELETE FROM store_context.store_addresses
            WHERE store = $1 AND (address, hash) NOT IN
                (SELECT address, hash FROM unnest($2::text[], $3::bytea[]) AS it (address, hash))";
        const PUT: &str = "
            INSERT INTO store_context.store_addresses
                (store, address, hash, sealing_key, expires_at)
            SELECT $1, address, hash, sealing_key, expires_at
            FROM unnest($2::text[], $3::bytea[], $4::text[], $5::timestamptz[])
                AS it (address, hash, sealing_key, expires_at)
            ON CONFLICT (address, hash) DO UPDATE
            SET store = excluded.store, expires_at = excluded.expires_at";
        let names: Vec<&str> = addresses.iter().map(|it| address_name(it.address)).collect();
        let hashes: Vec<&[u8]> = addresses.iter().map(|it| it.hash.as_slice()).collect();
        let keys: Vec<&str> = addresses.iter().map(|it| it.key.as_str()).collect();
        let times: Vec<Option<Timestamp>> =
            addresses.iter().map(|it| it.until.map(ToSqlx::to_sqlx)).collect();
        let forget = sqlx::query(self.database.sql(FORGET));
        let forget = forget.bind(store.as_str()).bind(&names).bind(&hashes);
        forget.execute(&mut **transaction).await.map_err(failed)?;
        if addresses.is_empty() {
            return Ok(());
        }
        let put = sqlx::query(self.database.sql(PUT)).bind(store.as_str());
        let put = put.bind(names).bind(hashes).bind(keys).bind(times);
        put.execute(&mut **transaction).await.map_err(failed)?;
        Ok(())
    }

    /// Writes a store's account, lifecycle and sealed credentials.
    async fn write(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        store: &StoreId,
        (account, lifecycle): (&StoreAccount, &StoreLifecycle),
        sealed: SealedCredentials,
    ) -> PortResult<()> {
        const WRITE: &str = include_str!("write.sql");
        let write = sqlx::query(self.database.sql(WRITE)).bind(store.as_str()).bind(Json(account));
        let write = write.bind(Json(lifecycle));
        let write = sealed.bind(write);
        write.execute(&mut **transaction).await.map_err(failed)?;
        Ok(())
    }
}

fn cache(stores: u64, duration: Duration) -> moka::sync::Cache<StoreId, Opened> {
    // A cache panics at a lifetime of more than a thousand years.
    let duration = duration.min(Duration::from_hours(24 * 365));
    moka::sync::Cache::builder().max_capacity(stores).time_to_live(duration).build()
}

/// A store's row.
struct Stored {
    version: u64,
    sealing_key: Option<String>,
    store: Store,
    account: StoreAccount,
    lifecycle: StoreLifecycle,
    sealed: SealedCredentials,
}

impl Stored {
    fn read(row: &PgRow) -> PortResult<Self> {
        let version: i64 = row.try_get("version").map_err(failed)?;
        let Json(store) = row.try_get("config").map_err(|_| invalid("stores.config"))?;
        let Json(account) = row.try_get("account").map_err(|_| invalid("stores.account"))?;
        let Json(lifecycle) = row.try_get("lifecycle").map_err(|_| invalid("stores.lifecycle"))?;
        Ok(Self {
            version: version.try_into().map_err(|_| invalid("store_versions.version"))?,
            sealing_key: row.try_get("sealing_key").map_err(failed)?,
            store,
            account,
            lifecycle,
            sealed: SealedCredentials::read(row)?,
        })
    }
}

#[async_trait]
impl Stores for PostgresStores {
    async fn put(&self, store: &Store) -> PortResult<()> {
        // The row is locked also if it is there, so that it is not removed before the next statement.
        const KNOW: &str = "
            INSERT INTO store_context.store_versions (store, version, organization)
            VALUES ($1, nextval('store_context.store_changes'), $2)
            ON CONFLICT (store) DO UPDATE SET organization = excluded.organization";
        const PUT: &str = "
            INSERT INTO store_context.stores (store, config, account) VALUES ($1, $2, '{}')
            ON CONFLICT (store) DO UPDATE SET config = excluded.config";
        let mut transaction = self.begin(&store.id).await?;
        let know = sqlx::query(self.database.sql(KNOW)).bind(store.id.as_str());
        let know = know.bind(store.organization.as_ref().map(OrganizationId::as_str));
        know.execute(&mut *transaction).await.map_err(failed)?;
        let put = sqlx::query(self.database.sql(PUT)).bind(store.id.as_str()).bind(Json(store));
        put.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>> {
        let mut transaction = self.begin(id).await?;
        let Some(stored) = self.read(&mut transaction, id).await? else { return Ok(None) };
        let Stored { version, store, account, lifecycle, sealed, .. } = stored;
        let kept = self.opened.get(id).filter(|opened| opened.version == version);
        let credentials = if let Some(opened) = kept {
            transaction.commit().await.map_err(failed)?;
            opened.credentials
        } else {
            let open = self.open_sealed(&mut transaction, id, &account, &sealed, AuditAction::Open);
            let credentials = Arc::new(open.await?);
            transaction.commit().await.map_err(failed)?;
            let opened = Opened { version, credentials: credentials.clone() };
            self.opened.insert(id.clone(), opened);
            credentials
        };
        let credentials = StoreCredentials::clone(&credentials);
        Ok(Some(StoreRecord { store, account, credentials, lifecycle, version }))
    }

    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>> {
        const IDS: &str = "
            SELECT store FROM store_context.store_versions
            WHERE store > $1 ORDER BY store LIMIT $2";
        // No id is empty.
        let ids = sqlx::query_scalar(self.database.sql(IDS));
        let ids = ids.bind(after.map_or("", StoreId::as_str));
        let ids = ids.bind(values::limit(limit));
        let ids: Vec<String> = ids.fetch_all(self.database.pool()).await.map_err(failed)?;
        ids.into_iter().map(store_id).collect()
    }

    async fn ids_of(
        &self,
        organization: &OrganizationId,
        after: Option<&StoreId>,
        limit: usize,
    ) -> PortResult<Vec<StoreId>> {
        const IDS: &str = "
            SELECT store FROM store_context.store_versions
            WHERE organization = $1 AND store > $2 ORDER BY store LIMIT $3";
        let ids = sqlx::query_scalar(self.database.sql(IDS)).bind(organization.as_str());
        let ids = ids.bind(after.map_or("", StoreId::as_str)).bind(values::limit(limit));
        let ids: Vec<String> = ids.fetch_all(self.database.pool()).await.map_err(failed)?;
        ids.into_iter().map(store_id).collect()
    }

    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>> {
        const CHANGE: &str = "
            UPDATE store_context.store_versions
            SET version = nextval('store_context.store_changes'), sealing_key = $3
            WHERE store = $1 AND version = $2 RETURNING version";
        let StoreRecord { store, account, credentials, lifecycle, version } = record;
        let sealed = self.seal(&store.id, account, credentials).await?;
        let Ok(version) = i64::try_from(*version) else { return Ok(None) };
        let mut transaction = self.begin(&store.id).await?;
        let change = sqlx::query_scalar(self.database.sql(CHANGE)).bind(store.id.as_str());
        let change = change.bind(version).bind(sealed.key.as_ref().map(KeyId::as_str));
        let changed: Option<i64> =
            change.fetch_optional(&mut *transaction).await.map_err(failed)?;
        let Some(version) = changed else { return Ok(None) };
        self.put_addresses(&mut transaction, &store.id, &sealed.addresses).await?;
        let parts = (account, lifecycle);
        self.write(&mut transaction, &store.id, parts, sealed.columns).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(version.try_into().map_err(|_| invalid("store_versions.version"))?))
    }

    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        const FIND: &str = "
            SELECT store FROM store_context.store_addresses
            WHERE address = $1 AND hash = ANY ($2)
                AND (expires_at IS NULL OR store_context.ledger_now() < expires_at)
            LIMIT 1";
        let mut hashes = Vec::new();
        for id in self.keys.ids().await? {
            if let Some(key) = self.keys.key(&id).await? {
                hashes.push(address_hash(&key, address, token));
            }
        }
        let find = sqlx::query_scalar(self.database.sql(FIND));
        let find = find.bind(address_name(address)).bind(hashes);
        let found: Option<String> =
            find.fetch_optional(self.database.pool()).await.map_err(failed)?;
        found.map(store_id).transpose()
    }

    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>> {
        const LOCK: &str = "
            UPDATE store_context.store_versions
            SET fence = nextval('store_context.store_fences'),
                locked_until = store_context.ledger_now() + $2
            WHERE store = $1
                AND (locked_until IS NULL OR locked_until <= store_context.ledger_now())
            RETURNING fence";
        let lock = sqlx::query_scalar(self.database.sql(LOCK));
        let lock = lock.bind(id.as_str()).bind(interval(lease));
        let fence: Option<i64> = lock.fetch_optional(self.database.pool()).await.map_err(failed)?;
        let Some(fence) = fence else { return Ok(None) };
        let fence = fence.try_into().map_err(|_| invalid("store_versions.fence"))?;
        Ok(Some(ProvisionLock { store: id.clone(), fence }))
    }

    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool> {
        const EXTEND: &str = "
            UPDATE store_context.store_versions
            SET locked_until = store_context.ledger_now() + $3
            WHERE store = $1 AND fence = $2 AND locked_until IS NOT NULL";
        let Ok(fence) = i64::try_from(lock.fence) else { return Ok(false) };
        let extend = sqlx::query(self.database.sql(EXTEND));
        let extend = extend.bind(lock.store.as_str()).bind(fence).bind(interval(lease));
        let done = extend.execute(self.database.pool()).await.map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()> {
        const UNLOCK: &str = "
            UPDATE store_context.store_versions SET locked_until = NULL
            WHERE store = $1 AND fence = $2";
        let Ok(fence) = i64::try_from(lock.fence) else { return Ok(()) };
        let unlock = sqlx::query(self.database.sql(UNLOCK)).bind(lock.store.as_str()).bind(fence);
        unlock.execute(self.database.pool()).await.map_err(failed)?;
        Ok(())
    }

    async fn remove(&self, id: &StoreId) -> PortResult<()> {
        // In the order in which a change locks the rows.
        const HOLD: &str = "SELECT FROM store_context.store_versions WHERE store = $1 FOR UPDATE";
        const REMOVE: [&str; 3] = [
            "DELETE FROM store_context.store_addresses WHERE store = $1",
            "DELETE FROM store_context.stores WHERE store = $1",
            "DELETE FROM store_context.store_versions WHERE store = $1",
        ];
        let mut transaction = self.begin(id).await?;
        for statement in [HOLD].into_iter().chain(REMOVE) {
            let statement = sqlx::query(self.database.sql(statement)).bind(id.as_str());
            statement.execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        self.opened.invalidate(id);
        Ok(())
    }
}

fn store_id(text: String) -> PortResult<StoreId> {
    StoreId::new(text).map_err(|_| invalid("store_versions.store"))
}

/// Returns a duration of at most a hundred years.
fn interval(duration: Duration) -> PgInterval {
    let duration = duration.min(Duration::from_hours(24 * 365 * 100));
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

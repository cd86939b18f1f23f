//! The ledger of webhooks in Postgres.

mod claims;
mod group;
mod inbox;
mod keys;
mod parked;
mod removal;
mod rounds;
mod rows;
mod take;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgConnection;
use store_context::chatwoot::{ContactId, ConversationId, Time};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{
    ClaimRequest, Entry, EntryOutcome, KnownState, NewEntry, ParkedEntry, PortResult, PurgeRequest,
    Purged, QueueClaim, RoundClaim, RoundOutcome, Taken, WebhookCounts, WebhookLedger,
};
use tokio::sync::Notify;

use self::claims::Window;
use self::group::Groups;
use self::removal::Forget;
use super::Database;

/// Stores received events in Postgres. Cloning it is cheap, and the clones share their groups of
/// deliveries; so give all of a process one ledger.
///
/// Deliveries that arrive while others are being committed are committed together: the busier the
/// process, the less each costs. While several callers are busy, a group waits for those who were just
/// answered, 4 ms at most, and one connection of the pool is kept for up to 32 groups. No delivery is
/// acknowledged before its commit. If the database refuses a group, its deliveries are committed one by
/// one.
///
/// A claim serves the store that was served longest ago among up to 64 stores with due queues. If
/// there are more, the next claim looks at the following ones.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use store_context::ports::WebhookLedger;
/// use store_context_adapters::postgres::{Database, PostgresWebhookLedger};
///
/// # async fn example(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
/// let webhooks: Arc<dyn WebhookLedger> = Arc::new(PostgresWebhookLedger::new(Database::new(pool)));
/// println!("{} waiting", webhooks.counts(None).await?.waiting);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresWebhookLedger {
    database: Database,
    groups: Arc<Groups>,
    taken: Arc<Notify>,
    window: Arc<Window>,
}

impl PostgresWebhookLedger {
    /// Creates a ledger on the tables of a database.
    pub fn new(database: Database) -> Self {
        let taken = Arc::new(Notify::new());
        let groups = Arc::new(Groups::new(database.clone(), taken.clone()));
        Self { database, groups, taken, window: Arc::default() }
    }

    /// Takes entries in the host's own transaction: they are in the ledger if it commits. It only
    /// inserts, and waits for nobody, in any order of calls.
    ///
    /// The next claim of any process files them as [`WebhookLedger::take`] does; only then is it
    /// known which of them are new, so nothing is returned. They are received at that time. While
    /// the call runs, the transaction names the store in the setting of the row-level security; the
    /// previous value is restored.
    ///
    /// ```no_run
    /// # use store_context::model::{AccountKey, StoreId};
    /// # use store_context::ports::NewEntry;
    /// # use store_context_adapters::postgres::PostgresWebhookLedger;
    /// # async fn example(pool: sqlx::PgPool, ledger: PostgresWebhookLedger, store: StoreId,
    /// #     account: AccountKey, entries: Vec<NewEntry>) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("UPDATE tickets SET seen = true").execute(&mut *transaction).await?;
    /// ledger.take_in(&mut transaction, &store, &account, &entries).await?;
    /// transaction.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the database refused the entries.
    pub async fn take_in(
        &self,
        transaction: &mut PgConnection,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<()> {
        inbox::insert(&self.database, transaction, store, account, entries).await
    }
}

impl fmt::Debug for PostgresWebhookLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresWebhookLedger")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl WebhookLedger for PostgresWebhookLedger {
    async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>> {
        self.groups.take(store, account, entries).await
    }

    async fn unknown(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<Vec<String>> {
        keys::unknown(&self.database, store, account, keys).await
    }

    async fn remember(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<()> {
        keys::remember(&self.database, store, account, keys).await
    }

    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>> {
        keys::states(&self.database, store, account, conversations).await
    }

    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()> {
        keys::messages_read(&self.database, store, account, read).await
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>> {
        inbox::file(&self.database).await?;
        claims::claim(&self.database, &self.window, request).await
    }

    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>> {
        claims::load(&self.database, claim, limit).await
    }

    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>> {
        claims::begin(&self.database, claim, entry).await
    }

    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool> {
        claims::extend(&self.database, claim, lease).await
    }

    async fn settle(
        &self,
        claim: &QueueClaim,
        settled: &[(u64, EntryOutcome)],
    ) -> PortResult<bool> {
        claims::settle(&self.database, claim, settled).await
    }

    async fn release(&self, claim: &QueueClaim) -> PortResult<bool> {
        claims::release(&self.database, claim).await
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>> {
        parked::list(&self.database, store, after, limit).await
    }

    async fn replay(&self, store: &StoreId, entry: Option<u64>, limit: usize) -> PortResult<u64> {
        let replayed = parked::replay(&self.database, store, entry, limit).await?;
        if replayed > 0 {
            self.taken.notify_one();
        }
        Ok(replayed)
    }

    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        rounds::schedule(&self.database, stores).await
    }

    async fn hurry(&self, store: &StoreId) -> PortResult<()> {
        rounds::hurry(&self.database, store).await
    }

    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>> {
        rounds::claim(&self.database, limit, lease).await
    }

    async fn claim_round(
        &self,
        store: &StoreId,
        lease: Duration,
    ) -> PortResult<Option<RoundClaim>> {
        rounds::claim_one(&self.database, store, lease).await
    }

    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool> {
        rounds::extend(&self.database, claim, lease).await
    }

    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool> {
        rounds::settle(&self.database, claim, outcome).await
    }

    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool> {
        rounds::release(&self.database, claim).await
    }

    async fn purge(&self, request: &PurgeRequest) -> PortResult<Purged> {
        removal::purge(&self.database, request).await
    }

    async fn forget_contacts(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
    ) -> PortResult<u64> {
        inbox::file(&self.database).await?;
        let what = Forget { store, account, contacts, conversations };
        removal::forget_contacts(&self.database, what).await
    }

    async fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<Entry>> {
        inbox::file(&self.database).await?;
        claims::entries_of(&self.database, store, (account, contact), after, limit).await
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        inbox::file(&self.database).await?;
        removal::forget_store(&self.database, store, limit).await
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts> {
        keys::counts(&self.database, store).await
    }

    async fn wait(&self, longest: Duration) {
        // What this process took left a permit; what others took is found by asking again.
        let _ = tokio::time::timeout(longest, self.taken.notified()).await;
    }
}

//! The lifecycle of stores in Postgres: processes of two versions, and processes that are killed.

use std::sync::Arc;
use std::time::Duration;

use examples::test_database::TestDatabase;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use store_context::Timestamp;
use store_context::accounts::{Accounts, Clients, StoreAccountError};
use store_context::chatwoot::fake::{FakeChatwoot, FaultKind};
use store_context::chatwoot::{Client, Limits, RetryPolicy};
use store_context::conformance::sample_stores;
use store_context::lifecycle::Lifecycle;
use store_context::memory::{self, MemoryShop};
use store_context::model::StoreId;
use store_context::ports::{
    Address, AddressToken, Expiring, OffboardPolicy, Ports, StoreRecord, Stores, Suspension,
};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context_adapters::postgres::{
    Database, PostgresAuditTrail, PostgresSweeps, PostgresSyncLedger, PostgresWebhookLedger,
};
use tokio::sync::Notify;

use super::stores::stores;

/// A process of the version before the lifecycle: the statements that it prepared and uses, kept as
/// they were.
struct Previous {
    connection: PgConnection,
    schema: String,
}

impl Previous {
    const READ: &str = "
        SELECT version, sealing_key, stores.*
        FROM store_context.store_versions JOIN store_context.stores USING (store)
        WHERE store = $1";
    const CHANGE: &str = "
        UPDATE store_context.store_versions
        SET version = nextval('store_context.store_changes'), sealing_key = $3
        WHERE store = $1 AND version = $2 RETURNING version";
    const WRITE: &str = "
        UPDATE store_context.stores SET account = $2, user_token = $3, webhook_secret = $4,
            webhook_address = $5
        WHERE store = $1";
    const KNOW: &str = "
        INSERT INTO store_context.store_versions (store, version)
        VALUES ($1, nextval('store_context.store_changes'))
        ON CONFLICT (store) DO UPDATE SET store = excluded.store";
    const PUT: &str = "
        INSERT INTO store_context.stores (store, config, account) VALUES ($1, $2, '{}')
        ON CONFLICT (store) DO UPDATE SET config = excluded.config";
    const REMOVE: [&str; 4] = [
        "SELECT FROM store_context.store_versions WHERE store = $1 FOR UPDATE",
        "DELETE FROM store_context.store_addresses WHERE store = $1",
        "DELETE FROM store_context.stores WHERE store = $1",
        "DELETE FROM store_context.store_versions WHERE store = $1",
    ];

    async fn new(database: &TestDatabase) -> Self {
        let options = database.owner_options().clone();
        let options = options.username(database.role()).password(database.schema());
        let connection = PgConnection::connect_with(&options).await.unwrap();
        Self { connection, schema: database.schema().to_owned() }
    }

    fn sql(&self, text: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(text.replace("store_context.", &format!("{}.", self.schema)))
    }

    async fn begin(&mut self, store: &StoreId) {
        let begin = format!("BEGIN; SET LOCAL store_context_tenant.stores = '{{\"{store}\"}}'");
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut self.connection).await.unwrap();
    }

    async fn commit(&mut self) {
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await.unwrap();
    }

    async fn put(&mut self, store: &store_context::model::Store) {
        self.begin(&store.id).await;
        let (know, put) = (self.sql(Self::KNOW), self.sql(Self::PUT));
        let id = store.id.as_str();
        sqlx::query(know).bind(id).execute(&mut self.connection).await.unwrap();
        let put = sqlx::query(put).bind(id).bind(sqlx::types::Json(store));
        put.execute(&mut self.connection).await.unwrap();
        self.commit().await;
    }

    /// Reads the record and saves it again, with another team in its account.
    async fn change(&mut self, store: &StoreId, team: i64) {
        self.begin(store).await;
        let (read, change) = (self.sql(Self::READ), self.sql(Self::CHANGE));
        let write = self.sql(Self::WRITE);
        let read = sqlx::query(read).bind(store.as_str());
        let row = read.fetch_one(&mut self.connection).await.unwrap();
        let (version, key): (i64, Option<String>) = (row.get("version"), row.get("sealing_key"));
        let mut account: serde_json::Value = row.get("account");
        account["team"] = team.into();
        let change = sqlx::query(change).bind(store.as_str()).bind(version).bind(key);
        let changed = change.fetch_optional(&mut self.connection).await.unwrap();
        if changed.is_some() {
            let bytes = |name: &str| row.get::<Option<Vec<u8>>, _>(name);
            let write = sqlx::query(write).bind(store.as_str()).bind(account);
            let write = write.bind(bytes("user_token")).bind(bytes("webhook_secret"));
            let write = write.bind(bytes("webhook_address"));
            write.execute(&mut self.connection).await.unwrap();
        }
        self.commit().await;
    }

    async fn remove(&mut self, store: &StoreId) {
        self.begin(store).await;
        for statement in Self::REMOVE {
            let statement = self.sql(statement);
            let statement = sqlx::query(statement).bind(store.as_str());
            statement.execute(&mut self.connection).await.unwrap();
        }
        self.commit().await;
    }
}

/// A process of the previous version goes on while the migration runs and afterwards, beside one of
/// this version: neither loses what the other saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_previous_versions_statements_go_on_on_the_migrated_schema() {
    let database = TestDatabase::empty().await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let migrations = database.migrations().unwrap();
    migrations.clone().up_to(3).run(&mut owner).await.unwrap();
    let [north, south] = sample_stores();
    let mut previous = Previous::new(&database).await;
    previous.put(&north).await;
    previous.put(&south).await;
    let id = north.id.clone();
    // It works all the time, with statements that it has prepared before the migration.
    previous.change(&id, 1).await;
    let stop = Arc::new(Notify::new());
    let (told, id_there) = (stop.clone(), id.clone());
    let working = tokio::spawn(async move {
        let mut rounds = 1;
        loop {
            tokio::select! {
                biased;
                () = told.notified() => return (previous, rounds),
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
            rounds += 1;
            previous.change(&id_there, rounds).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    migrations.run(&mut owner).await.unwrap();
    let present = stores(database.database.clone());
    let old_address = AddressToken::random().unwrap();
    let until = Timestamp::from_second(4_000_000_000).unwrap();
    let save = |record: &mut StoreRecord| {
        record.credentials.webhook_secret = Some("a secret".into());
        record.credentials.webhook_address = Some(AddressToken::new("new"));
        record.credentials.previous_webhook_address =
            Some(Expiring { value: old_address.clone(), until });
        let suspension = Suspension { since: Timestamp::UNIX_EPOCH, reason: "unpaid".to_owned() };
        record.lifecycle.suspended = Some(suspension);
    };
    let dynamic: &dyn Stores = &present;
    dynamic.update(&id, save).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    stop.notify_one();
    let (mut previous, rounds) = working.await.unwrap();
    assert!(rounds > 5, "it worked {rounds} times");
    previous.change(&id, 1_000).await;

    let record = present.open(&id).await.unwrap().unwrap();
    assert_eq!(record.account.team.map(|team| team.0), Some(1_000), "the other's change");
    assert!(record.lifecycle.suspended.is_some(), "a suspension is not lost");
    let credentials = record.credentials;
    assert!(credentials.webhook_secret.is_some_and(|secret| secret == *"a secret"));
    assert_eq!(credentials.previous_webhook_address.map(|it| it.value), Some(old_address.clone()));
    let found = present.store_at(Address::Webhook, &old_address).await.unwrap();
    assert_eq!(found.as_ref(), Some(&id));
    // What the previous version adds and removes is added and removed for this one too.
    assert!(present.open(&south.id).await.unwrap().unwrap().lifecycle.is_active());
    previous.remove(&id).await;
    assert!(present.open(&id).await.unwrap().is_none());
    previous.put(&north).await;
    assert!(present.open(&id).await.unwrap().unwrap().lifecycle.is_active(), "nothing is left");
}

/// One of a host's processes.
struct Process {
    ports: Ports,
    accounts: Accounts,
    provisioner: Provisioner,
}

fn process(database: Database, fake: &FakeChatwoot) -> Process {
    let shop = Arc::new(MemoryShop::new());
    let ports = Ports {
        stores: Arc::new(stores(database.clone())),
        sweeps: Arc::new(PostgresSweeps::new(database.clone())),
        sync: Arc::new(PostgresSyncLedger::new(database.clone())),
        webhooks: Arc::new(PostgresWebhookLedger::new(database.clone())),
        audit: Arc::new(PostgresAuditTrail::new(database)),
        ..memory::ports(shop.clone(), shop.clone(), Some(shop))
    };
    let policy = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let client = Client::builder("https://chatwoot.test").transport(fake.clone()).retry(policy);
    let client = client.limits(Limits::off()).build().unwrap();
    let accounts = Accounts::new(&ports, Clients::single(client));
    let config = ProvisionConfig::new(
        "https://host.example".parse().unwrap(),
        "accounts.example".parse().unwrap(),
    );
    let (url, token) = ("https://chatwoot.test".parse().unwrap(), fake.platform_token());
    let provisioner = Provisioner::new(&accounts, url, token, ports.clone(), config).unwrap();
    Process { ports, accounts, provisioner }
}

/// Drops work at the request with this number, as if its process were killed: its lock stays until
/// its lease ends.
async fn killed_at<T>(
    fake: &FakeChatwoot,
    at: usize,
    fault: FaultKind,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (killed, mut sent) = (Arc::new(Notify::new()), 0);
    let kill = killed.clone();
    fake.set_fault_script(move |_| {
        let this = sent == at;
        sent += 1;
        if this {
            kill.notify_one();
        }
        this.then(|| fault.clone())
    });
    let done = tokio::select! {
        biased;
        () = killed.notified() => None,
        done = work => Some(done),
    };
    fake.clear_faults();
    done
}

/// A provisioning that is killed at any call is finished by another process, without a second
/// account, inbox or webhook; and a store is offboarded the same way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onboarding_and_offboarding_go_on_in_another_process() {
    let [store, _] = sample_stores();
    for fault in [FaultKind::TimeoutBefore, FaultKind::TimeoutAfter] {
        let database = TestDatabase::new().await.unwrap();
        let fake = FakeChatwoot::new();
        let processes = [
            process(database.database.clone(), &fake),
            process(database.another_process(3).unwrap(), &fake),
        ];
        let mut owner = database.owner().await.unwrap();
        // As if the lease of the killed process had ended.
        let unlock = format!("UPDATE {}.store_versions SET locked_until = NULL", database.schema());
        let mut at = 0;
        // One store after another on the same server; each is killed one call later.
        let (mut onboarded, mut offboarded) = (false, false);
        while !(onboarded && offboarded) {
            let store = store_context::model::Store {
                id: StoreId::new(format!("store-{at}")).unwrap(),
                ..store.clone()
            };
            let [first, second] = &processes;
            if !onboarded {
                let work = first.provisioner.provision(&store);
                onboarded = killed_at(&fake, at, fault.clone(), work).await.is_some();
                sqlx::raw_sql(AssertSqlSafe(unlock.clone())).execute(&mut owner).await.unwrap();
            }
            second.provisioner.provision(&store).await.unwrap();
            let report = second.provisioner.provision(&store).await.unwrap();
            assert_eq!(report.changed(), 0, "killed at {at}: {report}");
            let open = first.accounts.open(&store.id).await.unwrap();
            assert_eq!(open.account.webhooks().list().await.unwrap().len(), 1, "killed at {at}");
            assert_eq!(open.account.dashboard_apps().list().await.unwrap().len(), 1);
            let inboxes = open.account.inboxes().list().await.unwrap();
            assert_eq!(inboxes.len(), 3, "killed at {at}: website, API, email");

            let lifecycle = Lifecycle::new(first.accounts.clone(), first.ports.clone());
            lifecycle.suspend(&store.id, "unpaid").await.unwrap();
            let error = second.accounts.open(&store.id).await.unwrap_err();
            assert!(matches!(error, StoreAccountError::Suspended { .. }), "{error:?}");
            lifecycle.resume(&store.id).await.unwrap();

            let leave = OffboardPolicy::Leave;
            if !offboarded {
                let work = lifecycle.offboard(&store.id, leave, None);
                offboarded = killed_at(&fake, at, fault.clone(), work).await.is_some();
                sqlx::raw_sql(AssertSqlSafe(unlock.clone())).execute(&mut owner).await.unwrap();
            }
            let other = Lifecycle::new(second.accounts.clone(), second.ports.clone());
            other.offboard(&store.id, leave, None).await.unwrap();
            assert_eq!(open.account.webhooks().list().await.unwrap().len(), 0, "killed at {at}");
            let schema = database.schema();
            for table in ["stores", "store_lifecycles", "store_addresses", "webhook_rounds"] {
                let left = format!("SELECT count(*) FROM {schema}.{table}");
                let left = sqlx::query_scalar(AssertSqlSafe(left)).fetch_one(&mut owner).await;
                assert_eq!(left.ok(), Some(0_i64), "{table}, killed at {at}");
            }
            at += 1;
        }
        assert!(at > 15, "only {at} calls were killed");
    }
}

//! The erasure of customers with all storage in Postgres: what is left of them in the database.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatwoot_client::fake::{Delivery, FakeChatwoot, FaultKind};
use chatwoot_client::{Client, Limits, RetryPolicy};
use examples::own_database::OwnDatabase;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};
use store_context::Currency;
use store_context::accounts::{Accounts, Clients};
use store_context::erasure::ErasureService;
use store_context::identity::{Identity, StoreIdentity};
use store_context::intake::Intake;
use store_context::memory::{self, MemoryShop};
use store_context::model::{Customer, CustomerId, Store, StoreId};
use store_context::ports::Ports;
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::sync::{ContactSync, SweepCursor, SyncConfig};
use store_context_adapters::postgres::{
    Database, KeyRing, Migrations, PostgresAuditTrail, PostgresErasures, PostgresLiveLines,
    PostgresStores, PostgresSweeps, PostgresSyncLedger, PostgresWebhookLedger,
};

/// What each erased customer's name, address and messages contain, and nothing else does.
const MARK: &str = "zzerasee";
const PHONE: &str = "+3161234";
const ERASED: usize = 1_000;

const TOMBSTONES: [&str; 2] = ["sync_rows", "erasures"];

fn erasee(number: usize) -> Customer {
    Customer {
        name: format!("{MARK} Jansen {number}"),
        email: Some(format!("{MARK}.{number}@mail.example")),
        email_verified: true,
        phone: Some(format!("{PHONE}{number:04}")),
        ..Customer::new(CustomerId::new(format!("id-of-{number:04}.")).unwrap(), "")
    }
}

/// A host with its storage in a database of its own, and a Chatwoot.
struct World {
    database: OwnDatabase,
    fake: FakeChatwoot,
    client: Client,
    shop: Arc<MemoryShop>,
    ports: Ports,
    sync: ContactSync,
    store: StoreId,
}

impl World {
    async fn new() -> Self {
        let database = OwnDatabase::new().await.unwrap();
        let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
        let migrations = Migrations::for_role(&database.runtime_role()).unwrap();
        migrations.run(&mut owner).await.unwrap();
        let pool = PgPoolOptions::new().max_connections(10).connect(&database.runtime_url()).await;
        let tables = Database::new(pool.unwrap());
        let keys = Arc::new(KeyRing::parse(&format!("test:{}", "a1".repeat(32))).unwrap());
        let shop = Arc::new(MemoryShop::new());
        let ports = Ports {
            stores: Arc::new(PostgresStores::new(tables.clone(), keys, "test")),
            audit: Arc::new(PostgresAuditTrail::new(tables.clone())),
            sweeps: Arc::new(PostgresSweeps::new(tables.clone())),
            live_lines: Arc::new(PostgresLiveLines::new(tables.clone())),
            erasures: Arc::new(PostgresErasures::new(tables.clone())),
            sync: Arc::new(PostgresSyncLedger::new(tables.clone())),
            webhooks: Arc::new(PostgresWebhookLedger::new(tables)),
            ..memory::ports(shop.clone(), shop.clone(), Some(shop.clone()))
        };
        let fake = FakeChatwoot::new();
        fake.set_removal_delay(Duration::from_secs(2));
        let retry = RetryPolicy {
            min_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(20),
            ..RetryPolicy::default()
        };
        let client = Client::builder("https://chatwoot.test").transport(fake.clone());
        let client = client.retry(retry).limits(Limits::off()).build().unwrap();
        let accounts = Accounts::new(&ports, Clients::single(client.clone()));
        let store = Store::new(
            StoreId::new("north").unwrap(),
            "North",
            "https://north.example".parse().unwrap(),
            "help@north.example",
            Currency::EUR,
        );
        shop.open(&store.id, store.currency);
        let url = "https://host.example/support".parse().unwrap();
        let config = ProvisionConfig::new(url, "accounts.example".parse().unwrap());
        let (base_url, token) = ("https://chatwoot.test".parse().unwrap(), fake.platform_token());
        let provisioner = Provisioner::new(&accounts, base_url, token, ports.clone(), config);
        provisioner.unwrap().provision(&store).await.unwrap();
        fake.take_deliveries();
        let sync = ContactSync::new(accounts, ports.clone(), SyncConfig::default());
        Self { database, fake, client, shop, ports, sync, store: store.id }
    }

    async fn settled(&self) {
        let began = Instant::now();
        while self.ports.sync.counts(None).await.unwrap().waiting > 0 {
            assert!(began.elapsed() < Duration::from_mins(4), "the ledger is never clean");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Has a customer write in a conversation of the app's.
    async fn writes(&self, customer: &Customer) {
        use chatwoot_client::public::NewPublicContact;
        let identity = Identity::new(self.ports.clone());
        let proof = identity.public(&self.store, customer).await.unwrap();
        let inbox = self.client.public_inbox(proof.inbox_identifier);
        let new = NewPublicContact {
            identifier: proof.identifier,
            identifier_hash: Some(proof.identifier_hash),
            ..NewPublicContact::default()
        };
        let source = inbox.contacts().create(&new).await.unwrap().source_id.expose().to_owned();
        let conversations = inbox.conversations(&source);
        let talk = conversations.create(Some(&proof.conversation_attributes)).await.unwrap();
        let text = format!("{} wrote this", customer.name);
        conversations.conversation(talk.id).messages().create(&text, None).await.unwrap();
    }

    async fn receive(&self, deliveries: &[Delivery]) {
        let record = self.ports.stores.open(&self.store).await.unwrap().unwrap();
        let address = record.credentials.webhook_address.unwrap();
        let intake = Intake::new(&self.ports);
        for delivery in deliveries {
            let request = delivery.request(Timestamp::now());
            intake.receive(&address, request.headers(), request.body()).await.unwrap();
        }
    }

    /// Returns the whole database as text, read by the administrator.
    async fn dump(&self) -> String {
        let mut dump = tokio::process::Command::new("pg_dump");
        let dump = dump.arg(self.database.administrator_url()).stderr(Stdio::piped());
        let dump = dump.output().await.unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        String::from_utf8(dump.stdout).unwrap()
    }
}

/// Returns the dump's lines, each with the table whose rows it belongs to.
fn rows(dump: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut table = "";
    dump.lines().map(move |line| {
        if let Some(copied) = line.strip_prefix("COPY store_context.") {
            table = copied.split(' ').next().unwrap_or_default();
        }
        (table, line)
    })
}

/// Bytes are dumped as hexadecimal digits.
fn holds(line: &str, text: &str) -> bool {
    line.contains(text) || line.contains(&hex::encode(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_holds_nothing_of_erased_customers_but_tombstones() {
    let world = World::new().await;
    let World { fake, shop, ports, sync, store, .. } = &world;
    let customers: Vec<Customer> = (0..ERASED).map(erasee).collect();
    for customer in &customers {
        shop.put_customer(store, customer.clone()).unwrap();
    }
    let worker = tokio::spawn({
        let sync = sync.clone();
        async move { sync.run().await }
    });
    sync.want_all(store).await.unwrap();
    world.settled().await;
    let (mut taken, mut late) = (Vec::new(), Vec::new());
    for (index, customer) in customers.iter().step_by(10).enumerate() {
        world.writes(customer).await;
        if index % 2 == 0 { &mut taken } else { &mut late }.extend(fake.take_deliveries());
    }
    world.receive(&taken).await;
    let before = world.dump().await;
    let marked = rows(&before).filter(|(_, line)| holds(line, MARK)).count();
    assert!(marked >= 40, "what is looked for is there before: {marked}");

    let mut number = 0_u32;
    fake.set_fault_script(move |_| {
        number += 1;
        match number % 40 {
            3 => Some(FaultKind::ErrorBefore),
            17 => Some(FaultKind::ErrorAfter),
            31 => Some(FaultKind::ResetBeforeResponse),
            _ => None,
        }
    });
    let erasures = ErasureService::new(sync.clone(), ports.clone());
    let erased = stream::iter(&customers).map(|customer| {
        let (erasures, sync) = (&erasures, &sync);
        async move {
            erasures.erase(store, &customer.id).await?;
            sync.want(store, &customer.id).await
        }
    });
    erased.buffer_unordered(8).try_collect::<()>().await.unwrap();
    world.receive(&late).await;
    fake.clear_faults();
    let began = Instant::now();
    loop {
        let left = erasures.pending(store, None, 5).await.unwrap();
        if left.is_empty() {
            break;
        }
        assert!(began.elapsed() < Duration::from_mins(4), "never erased: {left:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // What could bring somebody back.
    world.receive(&[taken, late].concat()).await;
    world.receive(&fake.take_deliveries()).await;
    sync.want_all(store).await.unwrap();
    sync.sweep(store, SweepCursor::default(), |_| ()).await.unwrap();
    world.settled().await;
    worker.abort();

    assert!(!fake.stored_text().contains(MARK) && !fake.stored_text().contains(PHONE));
    let record = ports.stores.open(store).await.unwrap().unwrap();
    let identity = StoreIdentity::new(&record.store, &record.credentials).unwrap();
    let dump = world.dump().await;
    for mark in [MARK, PHONE, "id-of-"] {
        for (table, line) in rows(&dump).filter(|(_, line)| holds(line, mark)) {
            assert!(mark == "id-of-" && TOMBSTONES.contains(&table), "{mark} in {table}: {line}");
        }
    }
    let digits = hex::encode("id-of-0000.");
    assert!(dump.contains("id-of-0000.") && !dump.contains(&digits), "a tombstone");
    for customer in &customers {
        assert!(!dump.contains(&identity.identifier(&customer.id)), "{}", customer.id);
    }
}

//! A dump that is made while everything is at work, and a host that goes on with what it restored.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chatwoot_client::fake::{Delivery, FakeChatwoot, FaultKind};
use examples::local_postgres::LocalPostgres;
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use store_context::intake::{Intake, Receipt};
use store_context::ports::{AddressToken, Doubt, PortFailure};
use store_context_adapters::postgres::{Migrations, RlsAudit};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep};

use super::changes::People;
use super::lock;
use super::servers::{ROLE, store_id};
use super::visitors::{visitors, write};
use super::worker::engine;
use super::world::{OWNER, World, Written, url};

const STORES: u32 = 2;
const CUSTOMERS: u32 = 10;
const CONVERSATIONS: u32 = 12;
const MESSAGES: u32 = 120;
/// The number of acknowledged messages before the dump.
const ACKNOWLEDGED: usize = 10;
/// How long the load lasts; the dump begins in its middle.
const LASTING: Duration = Duration::from_secs(4);
/// How long Chatwoot takes for a call about messages, until the disaster.
const ANSWER: Duration = Duration::from_millis(300);
/// How long the restored host may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A message, by its account.
type Message = (u64, u64);

/// What was restored, and what came of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Restored {
    /// Entries of the ledger in the dump, by state: waiting, and handled.
    pub entries: (i64, i64),
    /// Queues that were claimed in the dump.
    pub claimed: i64,
    /// Customers in the dump that were to be synced.
    pub dirty: i64,
    /// The number of visitors' messages that were acknowledged before the dump began.
    pub acknowledged: usize,
    /// Those of them without a note at the end.
    pub lost: Vec<Message>,
    /// The messages of visitors that came later, whose deliveries the dump may lack.
    pub later: usize,
    /// Those of them without a note at the end.
    pub lost_later: Vec<Message>,
    /// Messages with more than one note.
    pub doubled: Vec<Message>,
    /// Customers whose contact is not what they compute to in the restored shop.
    pub diverged: Vec<String>,
    /// What is wrong with the restored row-level security.
    pub breaches: Vec<String>,
    /// What the owner of the tables was told, who is no superuser.
    pub owner_was_told: String,
}

/// Dumps the database while deliveries and changes come and are worked on, restores it as another
/// database, and goes on there.
///
/// # Errors
/// Returns an error if something could not be done; what did not hold is in the result.
pub async fn dump_and_restore() -> Result<Restored> {
    let postgres = Arc::new(spawn_blocking(|| LocalPostgres::start(&[])).await??);
    let world = World::new(&postgres, String::new(), STORES).await?;
    let mut people = People::register(&world.storage.shop, STORES, CUSTOMERS).await?;
    let ports = &world.storage.ports;
    let visitors = visitors(ports, &world.client, STORES, CONVERSATIONS, CUSTOMERS).await?;
    let fake = world.chatwoot.fake().clone();

    // Slower than the visitors, so that the dump has entries of each state.
    fake.set_fault_script(|request: &http::Request<bytes::Bytes>| {
        let path = request.uri().path();
        let slow = path.starts_with("/api/v1/") && path.ends_with("/messages");
        slow.then_some(FaultKind::Delay(ANSWER))
    });
    let mut restored = Restored::default();
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let post = tokio::spawn(post(fake.clone(), Intake::new(ports), taken.clone()));
    let worker = start(&world)?;
    let dump = async {
        sleep(LASTING / 2).await;
        // A busy machine may need longer for the first ones.
        let until = Instant::now() + PATIENCE;
        while lock(&taken).len() < ACKNOWLEDGED && Instant::now() < until {
            sleep(Duration::from_millis(10)).await;
        }
        let before = lock(&taken).clone();
        let told = dump(&postgres).await?;
        Ok((before, told))
    };
    let ((), (), (before, told)) = tokio::try_join!(
        write(&visitors, &fake, MESSAGES, LASTING),
        people.change(&world.storage.shop, MESSAGES, LASTING),
        dump,
    )?;
    restored.owner_was_told = told;
    restored.acknowledged = before.len();
    // The disaster: processes and database are gone.
    worker.abort();
    let _aborted = worker.await;
    post.abort();
    let _aborted = post.await;
    world.storage.pool.close().await;
    fake.clear_faults();

    restore(&postgres).await?;
    look(&postgres, &mut restored).await?;
    let world = world.on(url(&postgres, "restored", ROLE))?;
    go_on(&world, &mut restored, &before).await?;
    Ok(restored)
}

/// Starts the workers on the world's database, in this process.
fn start(world: &World) -> Result<JoinHandle<()>> {
    // Over HTTP, so that what a request does is not undone with the worker.
    let client = world.servers.client().limits(chatwoot_client::Limits::off()).build()?;
    let engine = engine(&world.storage.ports, client, world.storage.pool.clone());
    Ok(tokio::spawn(async move { engine.run().await }))
}

/// Hands the fake's deliveries to the endpoint, one after another, and notes which visitors'
/// messages were acknowledged.
async fn post(fake: FakeChatwoot, intake: Intake, taken: Arc<Mutex<BTreeSet<Message>>>) {
    loop {
        for delivery in fake.take_deliveries() {
            let request = delivery.request(Timestamp::now());
            let address = request.uri().path().rsplit('/').next().unwrap_or_default();
            let address = AddressToken::new(address);
            let receipt = intake.receive(&address, request.headers(), request.body()).await;
            if let (Ok(Receipt::New | Receipt::Known), Some(message)) = (receipt, asked(&delivery))
            {
                lock(&taken).insert(message);
            }
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Returns the message of a visitor that a delivery is about.
fn asked(delivery: &Delivery) -> Option<Message> {
    let body: serde_json::Value = serde_json::from_slice(&delivery.body).ok()?;
    let asked = delivery.event == "message_created" && body["message_type"] == "incoming";
    Some((delivery.account, delivery.fact.message.filter(|_| asked)?))
}

/// Dumps the database with a role that only reads and passes row-level security. Returns what the
/// owner of the tables is told, who is subject to it.
async fn dump(postgres: &Arc<LocalPostgres>) -> Result<String> {
    let mut server = PgConnection::connect(&postgres.url("postgres")).await?;
    for statement in
        ["CREATE ROLE chaos_backup LOGIN BYPASSRLS", "GRANT pg_read_all_data TO chaos_backup"]
    {
        sqlx::query(statement).execute(&mut server).await?;
    }
    let mut refused = postgres.client("pg_dump")?;
    refused.args(["--username", OWNER, "--format=custom", "--file=/dev/null", ROLE]);
    let mut dump = postgres.client("pg_dump")?;
    dump.args(["--username=chaos_backup", "--format=custom", "--file"])
        .arg(file(postgres))
        .arg(ROLE);
    spawn_blocking(move || {
        run(&mut dump)?;
        let refused = refused.output().context("run pg_dump")?;
        ensure!(!refused.status.success(), "the owner is subject to row-level security");
        Ok(String::from_utf8_lossy(&refused.stderr).into_owned())
    })
    .await?
}

fn file(postgres: &LocalPostgres) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("chaos-{}.dump", postgres.port()))
}

/// Restores the dump as another database.
async fn restore(postgres: &Arc<LocalPostgres>) -> Result<()> {
    let mut server = PgConnection::connect(&postgres.url("postgres")).await?;
    sqlx::query("DROP DATABASE chaos WITH (FORCE)").execute(&mut server).await?;
    sqlx::query("CREATE DATABASE restored OWNER chaos_owner").execute(&mut server).await?;
    let file = file(postgres);
    let mut restore = postgres.client("pg_restore")?;
    restore.args(["--exit-on-error", "--dbname=restored"]).arg(&file);
    spawn_blocking(move || {
        run(&mut restore)?;
        std::fs::remove_file(file).context("remove the dump")
    })
    .await?
}

fn run(command: &mut Command) -> Result<()> {
    let done = command.output().context("run a program of Postgres")?;
    let told = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{}: {told}", command.get_program().display());
    Ok(())
}

/// Looks at what was restored, before anybody works on it.
async fn look(postgres: &LocalPostgres, restored: &mut Restored) -> Result<()> {
    let mut owner = PgConnection::connect(&url(postgres, "restored", OWNER)).await?;
    // The tables are those of the migrations, so none runs again.
    Migrations::for_role(ROLE)?.run(&mut owner).await?;
    let breaches = RlsAudit::of_role(ROLE).run(&mut owner).await?;
    restored.breaches = breaches.iter().map(|breach| format!("{breach:?}")).collect();
    let mut server = PgConnection::connect(&postgres.url("restored")).await?;
    let counts = "
        SELECT (SELECT count(*) FROM store_context.webhook_entries WHERE state = 0),
            (SELECT count(*) FROM store_context.webhook_entries WHERE state = 1),
            (SELECT count(*) FROM store_context.webhook_queues WHERE fence <> 0),
            (SELECT count(*) FROM store_context.sync_wants)
                + (SELECT count(*) FROM store_context.sync_rows WHERE wanted > confirmed)";
    let (waiting, handled, claimed, dirty) = sqlx::query_as(counts).fetch_one(&mut server).await?;
    restored.entries = (waiting, handled);
    (restored.claimed, restored.dirty) = (claimed, dirty);
    Ok(())
}

/// Has the workers go on with what was restored, and looks at what came of it.
async fn go_on(world: &World, restored: &mut Restored, before: &BTreeSet<Message>) -> Result<()> {
    let ports = &world.storage.ports;
    for store in 0..STORES {
        let store = store_id(store)?;
        // Contacts were written after the dump, which the restored ledger does not know of.
        ports.sync.doubt_whole_store(&store, Doubt::Write).await.map_err(PortFailure::from)?;
        // Deliveries after the dump are in no ledger.
        ports.webhooks.hurry(&store).await.map_err(PortFailure::from)?;
    }
    let fake = world.chatwoot.fake().clone();
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let post = tokio::spawn(post(fake, Intake::new(ports), taken));
    let worker = start(world)?;
    let began = Instant::now();
    loop {
        sleep(Duration::from_secs(1)).await;
        let left = world.left().await;
        let Written { questions, notes } = world.written().await?;
        let without = |of: &dyn Fn(&Message) -> bool| -> Vec<Message> {
            let all = questions.iter().filter(|it| of(it) && !notes.contains_key(it));
            all.copied().collect()
        };
        restored.lost = without(&|it| before.contains(it));
        restored.lost_later = without(&|it| !before.contains(it));
        restored.later = questions.len() - before.len();
        if left.is_none() && restored.lost.is_empty() && restored.lost_later.is_empty() {
            break;
        }
        if began.elapsed() > PATIENCE {
            if let Some(left) = left {
                bail!("the restored ledgers are not done: {left}");
            }
            break;
        }
    }
    worker.abort();
    let _aborted = worker.await;
    post.abort();
    let notes = world.written().await?.notes;
    let doubled = notes.into_iter().filter(|(_, count)| *count > 1);
    restored.doubled = doubled.map(|(message, _)| message).collect();
    let diverged = world.diverged(CUSTOMERS).await?;
    restored.diverged = diverged.iter().map(ToString::to_string).collect();
    Ok(())
}

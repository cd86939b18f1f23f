//! The ledger of webhooks: the port's requirements, and what only a database shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use examples::local_postgres::LocalPostgres;
use examples::test_database::TestDatabase;
use futures_util::future::join_all;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use store_context::chatwoot::types::{ConversationStatus, Extra};
use store_context::chatwoot::{ConversationId, InboxId};
use store_context::model::{AccountKey, ConversationFact, Proof, StoreId, SupportEvent};
use store_context::ports::{
    ClaimRequest, EntryOutcome, EntrySource, NewEntry, PurgeRequest, QueueClaim, RoundOutcome,
    Taken, WebhookLedger,
};
use store_context_adapters::postgres::{Database, Migrations, PostgresWebhookLedger};

/// The ledger keeps its pool, and the pool keeps the schema.
async fn ledger() -> PostgresWebhookLedger {
    PostgresWebhookLedger::new(TestDatabase::new().await.unwrap().database)
}

store_context::webhook_ledger_conformance!(
    async { ledger().await },
    flavor = "multi_thread",
    worker_threads = 2
);
store_context::webhook_rounds_conformance!(
    async { ledger().await },
    flavor = "multi_thread",
    worker_threads = 2
);

fn account() -> AccountKey {
    AccountKey { base_url: "https://chatwoot.example.com".to_owned(), account: 1.into() }
}

fn store(id: &str) -> StoreId {
    StoreId::new(id).unwrap()
}

/// An event that belongs to no conversation.
fn other(key: &str) -> NewEntry {
    NewEntry {
        key: key.to_owned(),
        delivery: None,
        twin_key: None,
        reconciled_key: None,
        event: SupportEvent::Other { name: "e".to_owned(), body: Extra::new() },
        changed: Vec::new(),
        source: EntrySource::Webhook,
    }
}

/// A state of a conversation.
fn state(conversation: u64, key: &str, second: i64) -> NewEntry {
    let at = store_context::Timestamp::from_second(1_790_000_000 + second).unwrap();
    let fact = ConversationFact {
        conversation: ConversationId(conversation),
        inbox: InboxId(3),
        contact: Some(5.into()),
        identifier: None,
        proof: Proof::default(),
        status: ConversationStatus::Open,
        assignee: None,
        labels: Vec::new(),
        updated_at: at.into(),
    };
    NewEntry { event: SupportEvent::ConversationStatusChanged(fact), ..other(key) }
}

async fn take(ledger: &dyn WebhookLedger, of: &StoreId, entry: NewEntry) -> Taken {
    ledger.take(of, &account(), &[entry]).await.unwrap()[0]
}

async fn claim(ledger: &dyn WebhookLedger, limit: usize) -> Vec<QueueClaim> {
    let lease = Duration::from_mins(1);
    let request = ClaimRequest { limit, share: limit, bulk: 0, lease, except: &[] };
    ledger.claim(request).await.unwrap()
}

const NEW: Taken = Taken::New { stale: false };

/// Each fact is new once, however many processes are told of it at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_to_two_processes_is_new_once() {
    let database = TestDatabase::new().await.unwrap();
    let one = PostgresWebhookLedger::new(database.database.clone());
    let two = PostgresWebhookLedger::new(database.another_process(4).unwrap());
    let of = store("north");
    for round in 0..10 {
        let keys: Vec<String> = (0..8).map(|n| format!("{round}/{n}")).collect();
        let mut takes = Vec::new();
        for (index, key) in keys.iter().chain(&keys).chain(&keys).enumerate() {
            let ledger = if index % 2 == 0 { &one } else { &two };
            // Half of them belong to a conversation, whose queue orders them, and half to none.
            let entry =
                if key.ends_with(['0', '2', '4', '6']) { state(round, key, 1) } else { other(key) };
            takes.push(take(ledger, &of, entry));
        }
        let answers = join_all(takes).await;
        assert_eq!(answers.iter().filter(|one| **one != Taken::Known).count(), keys.len());
    }
    let counts = one.counts(Some(&of)).await.unwrap();
    assert_eq!((counts.webhooks, counts.waiting), (80, 80));
    let mut loaded = 0;
    for held in claim(&one, 999).await {
        loaded += one.load(&held, 999).await.unwrap().len();
    }
    assert_eq!(loaded, 80, "no queue counts what it does not have");
}

/// Of states of one conversation that two processes take at once the newest stays, and an entry is
/// stale if and only if a newer one is before it in the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_states_in_two_processes_the_newest_stays() {
    let database = TestDatabase::new().await.unwrap();
    let one = PostgresWebhookLedger::new(database.database.clone());
    let two = PostgresWebhookLedger::new(database.another_process(4).unwrap());
    let of = store("north");
    for conversation in 0..20 {
        let seconds = [3, 1, 4, 0, 2];
        let takes = seconds.iter().enumerate().map(|(index, second)| {
            let ledger = if index % 2 == 0 { &one } else { &two };
            take(ledger, &of, state(conversation, &format!("{conversation}/{second}"), *second))
        });
        join_all(takes).await;
        let known = one.states(&of, &account(), &[ConversationId(conversation)]).await.unwrap();
        assert_eq!(known[0].state.updated_at.seconds(), 1_790_000_004);
    }
    for held in claim(&two, 99).await {
        let mut newest = None;
        let entries = two.load(&held, 99).await.unwrap();
        assert_eq!(entries.len(), 5);
        for entry in entries {
            let at = entry.event.conversation().map(|fact| fact.updated_at);
            assert_eq!(entry.stale, at < newest, "{}", entry.key);
            newest = newest.max(at);
        }
    }
}

/// Workers of two processes never have the same queue, and a fence outlives its claim.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_of_two_processes_are_disjoint() {
    let database = TestDatabase::new().await.unwrap();
    let one = PostgresWebhookLedger::new(database.database.clone());
    let two = PostgresWebhookLedger::new(database.another_process(4).unwrap());
    for n in 0..60 {
        take(&one, &store(&format!("store {}", n % 7)), state(n, &n.to_string(), 1)).await;
    }
    let claims = join_all((0..12).map(|n| claim(if n % 2 == 0 { &one } else { &two }, 5))).await;
    let mut claims = claims.concat();
    claims.extend(claim(&two, 99).await);
    let mut queues: Vec<u64> = claims.iter().map(|claim| claim.queue).collect();
    queues.sort_unstable();
    queues.dedup();
    assert_eq!((claims.len(), queues.len()), (60, 60));
    for (index, held) in claims.iter().enumerate() {
        let ledger = if index % 2 == 0 { &two } else { &one };
        let [entry] = ledger.load(held, 9).await.unwrap().try_into().unwrap();
        assert_eq!(ledger.begin(held, entry.id).await.unwrap(), Some(0));
        assert!(ledger.settle(held, &[(entry.id, EntryOutcome::Handled)]).await.unwrap());
        assert!(ledger.release(held).await.unwrap());
        assert!(!ledger.settle(held, &[(entry.id, EntryOutcome::Handled)]).await.unwrap());
    }
    assert_eq!(one.counts(None).await.unwrap().handled, 60);
}

/// More stores than one claim looks at are all served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_beyond_the_window_are_served() {
    let ledger = ledger().await;
    let takes = (0..600).map(|n| {
        let (ledger, of) = (&ledger, store(&format!("store {n:03}")));
        async move { take(ledger, &of, other("a")).await }
    });
    join_all(takes).await;
    let mut served = Vec::new();
    loop {
        let claims = claim(&ledger, 50).await;
        if claims.is_empty() {
            break;
        }
        served.extend(claims.into_iter().map(|claim| claim.store));
    }
    served.sort_unstable();
    served.dedup();
    assert_eq!(served.len(), 600);
}

/// Nothing that a JSON text can hold is lost or refused.
#[tokio::test]
async fn what_jsonb_refuses_comes_back() {
    let ledger = ledger().await;
    let of = store(r#"o'hara "quoted" \ {braces}, ☕"#);
    let text = r#"{"nul": "a\u0000b", "number": 1e400, "big": 9007199254740993, "long": 0.1}"#;
    let body: Extra = match serde_json::from_str(text) {
        Ok(body) => body,
        // Only if a number of this size is refused by serde_json itself.
        Err(_) => serde_json::from_str(&text.replace("1e400", "1e300")).unwrap(),
    };
    let entry = NewEntry {
        event: SupportEvent::Other { name: "nul\0".to_owned(), body },
        ..other("key \0 of \u{fffe}")
    };
    assert_eq!(take(&ledger, &of, entry.clone()).await, NEW);
    assert_eq!(take(&ledger, &of, entry.clone()).await, Taken::Known);
    let [held] = claim(&ledger, 9).await.try_into().unwrap();
    let [loaded] = ledger.load(&held, 9).await.unwrap().try_into().unwrap();
    assert_eq!((&loaded.key, &loaded.event), (&entry.key, &entry.event));
    let error = "it said \0 and \u{1F600}".to_owned();
    let parked = EntryOutcome::Parked { error: error.clone() };
    assert!(ledger.settle(&held, &[(loaded.id, parked)]).await.unwrap());
    let [parked] = ledger.parked(&of, None, 9).await.unwrap().try_into().unwrap();
    assert_eq!((parked.error, parked.entry.event), (error, entry.event));
}

/// An entry that the database refuses does not cost the others of its group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_entry_fails_alone() {
    let ledger = ledger().await;
    // The server takes no NUL in a text, and the base URL is one.
    let bad = AccountKey { base_url: "https://chatwoot.example.com/\0".to_owned(), ..account() };
    let good = account();
    let (north, entries) = (store("north"), (0..30).map(|n| [other(&n.to_string())]));
    let entries: Vec<[NewEntry; 1]> = entries.collect();
    let takes = entries
        .iter()
        .enumerate()
        .map(|(n, entry)| ledger.take(&north, if n == 17 { &bad } else { &good }, entry));
    for (n, taken) in join_all(takes).await.into_iter().enumerate() {
        assert_eq!(taken.is_ok(), n != 17, "{n}: {taken:?}");
    }
    assert_eq!(ledger.counts(Some(&north)).await.unwrap().waiting, 29);
}

/// A caller that is dropped in the middle of its group does not cost the others, and what it asked
/// for is in the ledger whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_caller_costs_nobody() {
    let ledger = ledger().await;
    let north = store("north");
    for round in 0..20_u64 {
        let entry = |n: u64| state(n % 3, &format!("{round}/{n}"), 1);
        let dropped = (0..8).map(|n| {
            let take = take(&ledger, &north, entry(n));
            tokio::time::timeout(Duration::from_micros(round * 150), take)
        });
        let kept = (8..16).map(|n| take(&ledger, &north, entry(n)));
        let (_, kept) = tokio::join!(join_all(dropped), join_all(kept));
        assert_eq!(kept, [NEW; 8]);
    }
    // The last groups of the dropped callers may still be under way.
    take(&ledger, &north, other("last")).await;
    let counts = ledger.counts(Some(&north)).await.unwrap();
    assert_eq!(counts.webhooks, counts.waiting);
    let mut loaded = 0;
    for held in claim(&ledger, 99).await {
        loaded += ledger.load(&held, 999).await.unwrap().len() as u64;
    }
    assert_eq!(loaded, counts.waiting, "no queue counts what it does not have");
    assert!((161..=321).contains(&loaded), "{loaded}");
}

/// A durable server with the tables, and its pool.
async fn durable() -> (LocalPostgres, Database, PgPool) {
    let server = tokio::task::spawn_blocking(|| LocalPostgres::start(&[])).await.unwrap().unwrap();
    let mut owner = PgConnection::connect(&server.url("postgres")).await.unwrap();
    sqlx::raw_sql("CREATE ROLE runtime LOGIN").execute(&mut owner).await.unwrap();
    Migrations::for_role("runtime").unwrap().run(&mut owner).await.unwrap();
    let url = server.url("postgres").replace("postgres@", "runtime@");
    let options = PgPoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(5));
    let pool = options.connect(&url).await.unwrap();
    (server, Database::new(pool.clone()), pool)
}

/// What was acknowledged is there after the server crashed in the middle of deliveries, and what
/// was not committed was not acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_crash() {
    let (mut server, database, _) = durable().await;
    let ledger = PostgresWebhookLedger::new(database);
    let north = store("north");
    let restarted = Arc::new(AtomicBool::new(false));
    let takers: Vec<_> = (0..8_u64)
        .map(|taker| {
            let (ledger, north) = (ledger.clone(), north.clone());
            let restarted = restarted.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0.. {
                    let entry = state(taker, &format!("{taker}/{n}"), 1);
                    let taken = ledger.take(&north, &account(), std::slice::from_ref(&entry)).await;
                    acknowledged.extend(taken.is_ok().then_some(entry.key));
                    if restarted.load(Ordering::Relaxed) {
                        break;
                    }
                }
                acknowledged
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let server = tokio::task::spawn_blocking(move || {
        server.crash_and_restart().unwrap();
        server
    });
    let _server = server.await.unwrap();
    restarted.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for taker in takers {
        acknowledged.extend(taker.await.unwrap());
    }
    assert!(acknowledged.len() > 20, "{} were acknowledged", acknowledged.len());
    let lost = ledger.unknown(&north, &account(), &acknowledged).await.unwrap();
    assert_eq!(lost, [""; 0]);
    let counts = ledger.counts(Some(&north)).await.unwrap();
    assert!(counts.waiting >= acknowledged.len() as u64);
}

/// A delivery whose commit fails is not acknowledged, and is new when it comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_commit_acknowledges_nobody() {
    let database = TestDatabase::new().await.unwrap();
    let ledger = PostgresWebhookLedger::new(database.database.clone());
    let mut owner = database.owner().await.unwrap();
    let run = async |owner: &mut PgConnection, sql: &str| {
        let sql = sql.replace("store_context", database.schema());
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await.unwrap();
    };
    // It fails at the commit, not before.
    run(
        &mut owner,
        "CREATE FUNCTION store_context.no() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF NEW.place IS NOT NULL AND NEW.conversation = 13 THEN RAISE 'no'; END IF; \
         RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER no AFTER INSERT ON store_context.webhook_entries \
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION store_context.no()",
    )
    .await;
    let (north, of) = (store("north"), account());
    let entries: Vec<[NewEntry; 1]> = (10..16).map(|n| [state(n, &n.to_string(), 1)]).collect();
    let taken = join_all(entries.iter().map(|entry| ledger.take(&north, &of, entry))).await;
    let acknowledged: Vec<bool> = taken.iter().map(Result::is_ok).collect();
    assert_eq!(acknowledged, [true, true, true, false, true, true]);
    run(&mut owner, "DROP TRIGGER no ON store_context.webhook_entries").await;
    assert_eq!(take(&ledger, &north, entries[3][0].clone()).await, NEW);
}

/// A backend that is killed costs at most an error: nothing is half done, and the next call has a
/// new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_backend_leaves_nothing_half_done() {
    let database = TestDatabase::new().await.unwrap();
    let ledger = PostgresWebhookLedger::new(database.database.clone());
    let (north, mut owner) = (store("north"), database.owner().await.unwrap());
    let mut acknowledged = 0;
    for round in 0..10_u64 {
        let takes = (0..10).map(|n| {
            let (ledger, north) = (&ledger, &north);
            async move {
                let entry = [state(n, &format!("{round}/{n}"), 1)];
                ledger.take(north, &account(), &entry).await.is_ok()
            }
        });
        let kill = async {
            tokio::time::sleep(Duration::from_millis(round)).await;
            sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1",
            )
            .bind(database.role())
            .execute(&mut owner)
            .await
            .unwrap();
        };
        let (answers, ()) = tokio::join!(join_all(takes), kill);
        acknowledged += answers.into_iter().filter(|taken| *taken).count();
    }
    take(&ledger, &north, other("afterwards")).await;
    let waiting = ledger.counts(Some(&north)).await.unwrap().waiting;
    assert!(waiting > acknowledged as u64, "{waiting} of {acknowledged}");
    let mut loaded = 0;
    for held in claim(&ledger, 99).await {
        loaded += ledger.load(&held, 999).await.unwrap().len() as u64;
    }
    assert_eq!(loaded, waiting, "queues and entries agree");
}

/// A connection that the server closes between two groups fails neither of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_closed_between_two_groups_costs_nothing() {
    let database = TestDatabase::new().await.unwrap();
    let ledger = PostgresWebhookLedger::new(database.database.clone());
    let (north, mut owner) = (store("north"), database.owner().await.unwrap());
    for round in 0..100 {
        // Several at once: the connection is kept a while for the callers who come back.
        let entries = (0..4).map(|n| take(&ledger, &north, other(&format!("{round}/{n}"))));
        assert_eq!(join_all(entries).await, [NEW; 4]);
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1";
        while sqlx::query(kill)
            .bind(database.role())
            .execute(&mut owner)
            .await
            .unwrap()
            .rows_affected()
            > 0
        {}
        assert_eq!(take(&ledger, &north, other(&format!("{round}/next"))).await, NEW);
    }
}

/// Deliveries go on while the keys of entries get another index, in a process of this version and in
/// one of the version before it, whose statements are prepared; no entry is new twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_go_on_while_entries_get_another_index() {
    const PREVIOUS: &str = "
        INSERT INTO store_context.webhook_entries
            (store, digest, id, received_at, ended_at, state, reconciled, unknown, stale)
        SELECT $1, n.digest, nextval('store_context.webhook_numbers'), now(), now(), 3, false, false,
            false
        FROM unnest($2::bytea[]) AS n (digest) ON CONFLICT (store, digest) DO NOTHING";
    const FORGET: &str = "
        SELECT e.digest FROM store_context.webhook_entries e WHERE e.store = $1
        ORDER BY e.digest LIMIT $2";
    let database = TestDatabase::empty().await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let migrations = database.migrations().unwrap();
    migrations.clone().up_to(9).run(&mut owner).await.unwrap();
    let sql = |text: &str| {
        AssertSqlSafe(text.replace("store_context.", &format!("{}.", database.schema())))
    };
    let mut previous = database.pool.acquire().await.unwrap();
    let mut remember = async |digest: u8| -> u64 {
        let mut transaction = previous.begin().await.unwrap();
        let name = "SELECT set_config('store_context_tenant.stores', '{south}', true)";
        sqlx::query(name).execute(&mut *transaction).await.unwrap();
        let remember = sqlx::query(sql(PREVIOUS)).bind("south").bind(vec![vec![digest; 16]]);
        let added = remember.execute(&mut *transaction).await.unwrap().rows_affected();
        let there: Vec<Vec<u8>> = sqlx::query_scalar(sql(FORGET))
            .bind("south")
            .bind(1_000_i64)
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(there.len(), usize::from(digest) + 1);
        added
    };
    assert_eq!(remember(0).await, 1);
    let ledger = PostgresWebhookLedger::new(database.database.clone());
    let north = store("north");
    let taking = async {
        for n in 0..200 {
            assert_eq!(take(&ledger, &north, other(&n.to_string())).await, NEW);
        }
    };
    let remembering = async {
        for digest in 1..100 {
            assert_eq!(remember(digest).await, 1);
        }
    };
    let migrating = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        migrations.run(&mut owner).await.unwrap();
    };
    tokio::join!(taking, remembering, migrating);
    assert_eq!(remember(99).await, 0);
    for n in 0..200 {
        assert_eq!(take(&ledger, &north, other(&n.to_string())).await, Taken::Known);
    }
}

/// Entries of the host's own transaction are taken if it commits, and two such transactions never
/// wait for each other, nor for a delivery.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_the_hosts_takes_what_it_commits() {
    let database = TestDatabase::new().await.unwrap();
    let ledger = PostgresWebhookLedger::new(database.database.clone());
    let (north, south, of) = (store("north"), store(r#"so"u\th"#), account());
    let (mut one, mut two) =
        (database.pool.begin().await.unwrap(), database.pool.begin().await.unwrap());
    let (a, b) = ([state(1, "a", 1)], [state(1, "b", 2)]);
    let both = async {
        ledger.take_in(&mut one, &north, &of, &a).await.unwrap();
        ledger.take_in(&mut two, &south, &of, &b).await.unwrap();
        ledger.take_in(&mut one, &south, &of, &b).await.unwrap();
        ledger.take_in(&mut two, &north, &of, &a).await.unwrap();
        assert_eq!(take(&ledger, &north, state(1, "c", 3)).await, NEW);
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("nobody waits");
    let named: String = sqlx::query_scalar("SELECT current_setting('store_context_tenant.stores')")
        .fetch_one(&mut *one)
        .await
        .unwrap();
    assert_eq!(named, "", "what the host named is restored");
    assert_eq!(claim(&ledger, 9).await.len(), 1, "only what is committed");
    one.commit().await.unwrap();
    two.rollback().await.unwrap();
    let [of_south] = claim(&ledger, 9).await.try_into().unwrap();
    assert_eq!(of_south.store, south);
    assert_eq!(ledger.load(&of_south, 9).await.unwrap().len(), 1, "once");
    let counts = ledger.counts(None).await.unwrap();
    assert_eq!((counts.webhooks, counts.waiting), (3, 3));
    assert_eq!(take(&ledger, &north, state(1, "a", 1)).await, Taken::Known);
}

/// A transaction sees and writes the payload of the stores that it names, and nothing of others.
#[tokio::test]
async fn payload_is_a_stores_own() {
    let database = TestDatabase::new().await.unwrap();
    let ledger = PostgresWebhookLedger::new(database.database.clone());
    take(&ledger, &store("north"), state(1, "a", 1)).await;
    let mut transaction = database.pool.begin().await.unwrap();
    ledger.take_in(&mut transaction, &store("north"), &account(), &[other("b")]).await.unwrap();
    transaction.commit().await.unwrap();
    for named in [None, Some("south"), Some("north")] {
        for table in ["webhook_entries", "webhook_states", "webhook_inbox"] {
            let mut transaction = database.pool.begin().await.unwrap();
            if let Some(named) = named {
                sqlx::query("SELECT set_config('store_context_tenant.stores', $1, true)")
                    .bind(format!("{{{named}}}"))
                    .execute(&mut *transaction)
                    .await
                    .unwrap();
            }
            let visible = usize::from(named == Some("north"));
            let select = format!("SELECT FROM {}.{table}", database.schema());
            let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut *transaction).await;
            assert_eq!(rows.unwrap().len(), visible, "{named:?} sees {table}");
            let update = format!("UPDATE {}.{table} SET account = 2", database.schema());
            let updated = sqlx::query(AssertSqlSafe(update)).execute(&mut *transaction).await;
            assert_eq!(updated.unwrap().rows_affected(), visible as u64, "{named:?} {table}");
            let steal = format!("UPDATE {}.{table} SET store = 'west'", database.schema());
            let stolen = sqlx::query(AssertSqlSafe(steal)).execute(&mut *transaction).await;
            assert_eq!(stolen.is_err(), visible == 1, "{named:?} gives {table} to another");
        }
    }
}

/// Takes many entries that are handled, as a store has them after weeks; and a backlog.
async fn fill(database: &TestDatabase, rows: u32) {
    let mut owner = database.owner().await.unwrap();
    let sql = format!(
        "SET session_replication_role = replica; \
         INSERT INTO store_context.webhook_stores (store) SELECT 'store ' || n FROM \
            generate_series(1, 1000) n; \
         INSERT INTO store_context.webhook_queues (store, base_url, account, conversation, entries, \
            waiting_since, first_due, due_at, ready) \
         SELECT 'store ' || n % 1000 + 1, 'https://chatwoot.example.com', 1, n, 1, now(), \
            now() + make_interval(hours => n % 3), now() + make_interval(hours => n % 3), n % 3 = 0 \
         FROM generate_series(1, {rows}) n; \
         INSERT INTO store_context.webhook_entries (id, queue, place, received_at, reconciled, \
            unknown, stale, store, digest, key, event) \
         SELECT n, q.id, n, now(), false, false, false, q.store, \
            decode(md5(n::text), 'hex'), '', '' \
         FROM generate_series(1, {rows}) n JOIN store_context.webhook_queues q \
            ON q.conversation = n; \
         ANALYZE"
    );
    let sql = sql.replace("store_context", database.schema());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
}

/// No statement of a claim sorts or reads the backlog.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_reads_no_backlog() {
    let database = TestDatabase::new().await.unwrap();
    fill(&database, 100_000).await;
    let mut owner = database.owner().await.unwrap();
    let sql = |text: &str| text.replace("store_context", database.schema());
    let claim = include_str!("../../../src/postgres/webhook_ledger/sql/claim.sql");
    let promote = include_str!("../../../src/postgres/webhook_ledger/sql/promote.sql");
    let settle = include_str!("../../../src/postgres/webhook_ledger/sql/settle.sql");
    for (name, text, parameters, arguments) in [
        ("claim", claim, "text, int, text[], int, int, float8", "'', 256, '{}', 50, 4, 60.0"),
        ("promote", promote, "", ""),
        (
            "settle",
            settle,
            "bigint, bigint, bigint[], smallint[], bytea[], bigint, float8",
            "1, 0, '{1}', '{1}', '{NULL}', NULL, 0",
        ),
    ] {
        let types = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
        let values = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
        let prepare = format!("PREPARE {name}{types} AS {}", sql(text));
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut owner).await.unwrap();
        sqlx::raw_sql("SET plan_cache_mode = force_generic_plan")
            .execute(&mut owner)
            .await
            .unwrap();
        let explain = format!("EXPLAIN (ANALYZE, TIMING OFF) EXECUTE {name}{values}");
        let mut transaction = owner.begin().await.unwrap();
        let plan =
            sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *transaction).await.unwrap();
        transaction.rollback().await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let text = plan.join("\n");
        assert!(!text.contains("Seq Scan on webhook"), "{text}");
        // What is read is bounded by the number of stores looked at and queues claimed.
        for line in plan.iter().filter(|line| line.contains(" on webhook_")) {
            let rows = line.split("actual rows=").nth(1).and_then(|rest| rest.split(' ').next());
            let rows: f64 = rows.map_or(0.0, |rows| rows.parse().unwrap());
            assert!(rows <= 1000.0, "{line}\n{text}");
        }
        for line in plan.iter().filter(|line| line.contains("Sort  (")) {
            let rows = line.split("actual rows=").nth(1).and_then(|rest| rest.split(' ').next());
            let rows: f64 = rows.map_or(0.0, |rows| rows.parse().unwrap());
            assert!(rows <= 1000.0, "{line}\n{text}");
        }
    }
}

/// A purge removes no more than it is asked to, of many stores.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_goes_through_all_stores() {
    let ledger = ledger().await;
    for n in 0..450 {
        take(&ledger, &store(&format!("store {n}")), other("a")).await;
    }
    loop {
        let claims = claim(&ledger, 64).await;
        if claims.is_empty() {
            break;
        }
        for held in claims {
            let [entry] = ledger.load(&held, 9).await.unwrap().try_into().unwrap();
            ledger.settle(&held, &[(entry.id, EntryOutcome::Handled)]).await.unwrap();
            ledger.release(&held).await.unwrap();
        }
    }
    let request = PurgeRequest { handled_before: Duration::ZERO, parked_before: None, limit: 300 };
    for expected in [300, 150, 0] {
        assert_eq!(ledger.purge(&request).await.unwrap().handled, expected);
    }
}

/// Every round is run by one process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_of_two_processes_are_disjoint() {
    let database = TestDatabase::new().await.unwrap();
    let one = PostgresWebhookLedger::new(database.database.clone());
    let two = PostgresWebhookLedger::new(database.another_process(4).unwrap());
    let stores: Vec<StoreId> = (0..40).map(|n| store(&format!("store {n}"))).collect();
    let (first, second) = tokio::join!(one.schedule(&stores), two.schedule(&stores));
    first.unwrap();
    second.unwrap();
    let lease = Duration::from_mins(1);
    let claims = join_all((0..10).map(|n| {
        let ledger = if n % 2 == 0 { &one } else { &two };
        ledger.claim_rounds(4, lease)
    }));
    let mut claims: Vec<_> = claims.await.into_iter().flat_map(Result::unwrap).collect();
    claims.extend(two.claim_rounds(40, lease).await.unwrap());
    let mut of: Vec<&StoreId> = claims.iter().map(|claim| &claim.store).collect();
    of.sort_unstable();
    of.dedup();
    assert_eq!((claims.len(), of.len()), (40, 40));
    let failed = RoundOutcome::Failed { retry: Duration::MAX, error: "no".to_owned() };
    assert!(two.settle_round(&claims[0], failed).await.unwrap(), "the longest time is one");
}

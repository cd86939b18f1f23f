//! The sealed credentials, as the database and its readers see them.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use examples::test_database::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use store_context::Timestamp;
use store_context::conformance::sample_stores;
use store_context::model::{Store, StoreId};
use store_context::ports::{
    Address, AddressToken, BoundToken, Expiring, StoreCredentials, StoreRecord, Stores,
};
use store_context_adapters::postgres::{Database, KeyRing, PostgresStores, SealError, SealProblem};

use super::stores::{id, key, stores};

const COLUMNS: [&str; 11] = [
    "user_token",
    "webhook_secret",
    "previous_webhook_secret",
    "website_hmac",
    "api_hmac",
    "webhook_address",
    "panel_address",
    "previous_panel_address",
    "identifier_key",
    "proof_key",
    "previous_proof_key",
];

fn secret() -> String {
    AddressToken::random().unwrap().expose().to_owned()
}

/// Returns complete credentials, and their texts.
fn all() -> (StoreCredentials, Vec<String>) {
    let texts: Vec<String> = COLUMNS.iter().map(|_| secret()).collect();
    let text = |index: usize| texts[index].clone();
    let until = Timestamp::from_second(4_000_000_000).unwrap() + Duration::from_nanos(1_700);
    let credentials = StoreCredentials {
        user_token: Some(BoundToken {
            base_url: "https://chatwoot.example.com/desk".parse().unwrap(),
            token: text(0).into(),
        }),
        webhook_secret: Some(text(1).into()),
        previous_webhook_secret: Some(Expiring { value: text(2).into(), until }),
        website_hmac: Some(text(3).into()),
        api_hmac: Some(text(4).into()),
        webhook_address: Some(AddressToken::new(text(5))),
        // In a table of its own.
        previous_webhook_address: Some(Expiring { value: AddressToken::new(secret()), until }),
        panel_address: Some(AddressToken::new(text(6))),
        panel_address_since: Some(Timestamp::UNIX_EPOCH),
        previous_panel_address: Some(Expiring { value: AddressToken::new(text(7)), until }),
        identifier_key: Some(text(8).into()),
        proof_key: Some(text(9).into()),
        previous_proof_key: Some(Expiring { value: text(10).into(), until }),
    };
    (credentials, texts)
}

async fn save(stores: &PostgresStores, store: &Store) -> Vec<String> {
    stores.put(store).await.unwrap();
    let (credentials, texts) = all();
    let mut record = stores.open(&store.id).await.unwrap().unwrap();
    record.account.base_url = Some("https://chatwoot.example.com/desk".parse().unwrap());
    let record = StoreRecord { credentials, ..record };
    stores.save(&record).await.unwrap().unwrap();
    texts
}

/// Returns why a store's credentials do not open; `None` if they do.
async fn problem(stores: &PostgresStores, store: &StoreId) -> Option<SealError> {
    let error = stores.open(store).await.err()?;
    let source = std::error::Error::source(&*error).unwrap();
    Some(source.downcast_ref::<SealError>().unwrap_or_else(|| panic!("{source}")).clone())
}

async fn run(database: &TestDatabase, owner: &mut PgConnection, sql: &str) {
    let text = sql.replace("store_context.", &format!("{}.", database.schema()));
    let ran = sqlx::raw_sql(AssertSqlSafe(text)).execute(owner).await;
    assert!(ran.is_ok(), "{sql}: {ran:?}");
}

/// Whoever can write the tables cannot make a secret open in another place, or altered.
#[tokio::test]
async fn no_column_opens_moved_or_altered() {
    let database = TestDatabase::new().await.unwrap();
    let port = stores(database.database.clone()).keeping(0, Duration::ZERO);
    let [north, south] = sample_stores();
    save(&port, &north).await;
    save(&port, &south).await;
    let mut owner = database.owner().await.unwrap();
    run(&database, &mut owner, "CREATE TEMP TABLE kept AS SELECT * FROM store_context.stores")
        .await;
    let set = COLUMNS.map(|it| format!("{it} = kept.{it}")).join(", ");
    let restore = format!(
        "UPDATE store_context.stores SET account = kept.account, {set}, \
         user_token_base_url = kept.user_token_base_url, \
         previous_webhook_secret_until = kept.previous_webhook_secret_until, \
         previous_panel_address_until = kept.previous_panel_address_until, \
         previous_proof_key_until = kept.previous_proof_key_until \
         FROM kept WHERE kept.store = stores.store"
    );
    let elsewhere = "account = jsonb_set(account, '{base_url}', '\"https://evil.example.com/\"')";
    let mut checked = 0;
    for (index, column) in COLUMNS.into_iter().enumerate() {
        let other = COLUMNS[(index + 1) % COLUMNS.len()];
        let of = |value: &str, store: &StoreId| {
            format!("{column} = (SELECT {value} FROM kept WHERE kept.store = '{store}')")
        };
        let base_url = match column {
            "user_token" => "user_token_base_url = 'https://evil.example.com/'",
            _ => elsewhere,
        };
        let not_authentic = SealProblem::NotAuthentic;
        let mut tampers = vec![
            (of(other, &north.id), not_authentic.clone()),
            (of(column, &south.id), not_authentic.clone()),
            (base_url.to_owned(), not_authentic.clone()),
            (format!("{column} = ''"), SealProblem::Truncated),
            (format!("{column} = substr({column}, 1, 3)"), SealProblem::Truncated),
            (format!("{column} = substr({column}, 1, 43)"), SealProblem::Truncated),
            (format!("{column} = {column} || '\\x00'"), not_authentic.clone()),
            (format!("{column} = set_byte({column}, 0, 9)"), SealProblem::UnknownVersion(9)),
            (format!("{column} = set_byte({column}, 2, 122)"), SealProblem::UnknownKey(id("z1"))),
        ];
        if column.starts_with("previous_") {
            let later = format!("{column}_until = {column}_until + interval '1 day'");
            tampers.push((later, not_authentic.clone()));
        }
        // The nonce, the text and the tag begin at byte 4.
        for bit in [4 * 8, 20 * 8 + 3, 28 * 8 + 7, 50 * 8, 75 * 8 + 7] {
            let flipped =
                format!("{column} = set_bit({column}, {bit}, 1 - get_bit({column}, {bit}))");
            tampers.push((flipped, not_authentic.clone()));
        }
        let others: Vec<String> =
            COLUMNS.iter().filter(|it| **it != column).map(|it| format!("{it} = NULL")).collect();
        for (tamper, expected) in tampers {
            let alone = others.join(", ");
            let sql =
                format!("UPDATE store_context.stores SET {alone} WHERE store = '{}'", north.id);
            run(&database, &mut owner, &sql).await;
            assert_eq!(problem(&port, &north.id).await, None, "{column} alone");
            let sql =
                format!("UPDATE store_context.stores SET {tamper} WHERE store = '{}'", north.id);
            run(&database, &mut owner, &sql).await;
            let error = problem(&port, &north.id).await;
            let error = error.unwrap_or_else(|| panic!("{column} opens after {tamper}"));
            assert_eq!((error.column, &error.store), (column, &north.id), "{tamper}");
            assert_eq!(error.problem, expected, "{column} after {tamper}");
            run(&database, &mut owner, &restore).await;
            checked += 1;
        }
        assert_eq!(problem(&port, &north.id).await, None, "{column} as it was");
    }
    assert!(checked > 14 * 11, "{checked}");
}

#[tokio::test]
async fn other_keys_do_not_open() {
    let database = TestDatabase::new().await.unwrap();
    let [store, _] = sample_stores();
    let texts = save(&stores(database.database.clone()), &store).await;
    let with =
        |ring: KeyRing| PostgresStores::new(database.database.clone(), Arc::new(ring), "test");
    let foreign = with(KeyRing::new(id("k1"), key(2)));
    let error = problem(&foreign, &store.id).await.unwrap();
    assert_eq!(error.problem, SealProblem::NotAuthentic);
    let unknown = with(KeyRing::new(id("k2"), key(3)));
    let error = problem(&unknown, &store.id).await.unwrap();
    assert_eq!(error.problem, SealProblem::UnknownKey(id("k1")));
    assert!(
        error.to_string().contains(store.id.as_str()) && error.to_string().contains("user_token")
    );
    let token = AddressToken::new(texts[5].clone());
    for port in [foreign, unknown] {
        assert_eq!(port.store_at(Address::Webhook, &token).await.unwrap(), None);
    }
    let both = with(KeyRing::new(id("k2"), key(2)).with(id("k1"), key(1)));
    assert_eq!(problem(&both, &store.id).await, None);
    assert_eq!(both.store_at(Address::Webhook, &token).await.unwrap(), Some(store.id));
}

fn many(number: usize) -> Vec<Store> {
    let [store, _] = sample_stores();
    let named = |n| Store { id: StoreId::new(format!("store-{n:03}")).unwrap(), ..store.clone() };
    (0..number).map(named).collect()
}

/// The key is rotated while two processes, one with the old key as the current one, save and serve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_while_others_save() {
    let database = TestDatabase::new().await.unwrap();
    let with = |database: Database, current: u8, other: u8| {
        let name = |byte: u8| id(&format!("k{byte}"));
        let ring = KeyRing::new(name(current), key(current)).with(name(other), key(other));
        PostgresStores::new(database, Arc::new(ring), "test")
    };
    let old = with(database.database.clone(), 1, 2);
    let stores = many(40);
    for store in &stores {
        save(&old, store).await;
    }
    let new = with(database.another_process(4).unwrap(), 2, 1);
    let savers = [(old, 0_usize), (with(database.another_process(4).unwrap(), 2, 1), 1)];
    let savers: Vec<_> = savers
        .into_iter()
        .map(|(port, offset)| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let port: &dyn Stores = &port;
                let mut last = Vec::new();
                // Each has stores of its own, so that the last change of each is known.
                for (n, store) in stores.iter().enumerate() {
                    if n % 3 != offset {
                        continue;
                    }
                    for _ in 0..3 {
                        let token = AddressToken::random().unwrap();
                        let changed = port.update(&store.id, |record| {
                            record.credentials.webhook_address = Some(token.clone());
                        });
                        changed.await.unwrap().unwrap();
                        let found = port.store_at(Address::Webhook, &token).await.unwrap();
                        assert_eq!(found.as_ref(), Some(&store.id), "served while keys change");
                        if last.last().is_none_or(|(id, _)| *id != store.id) {
                            last.push((store.id.clone(), token));
                        } else if let Some(it) = last.last_mut() {
                            it.1 = token;
                        }
                    }
                }
                last
            })
        })
        .collect();
    let mut steps = 0;
    let mut after = None;
    loop {
        let step = new.reseal(after.as_ref(), 7).await.unwrap();
        assert!(step.failed.is_empty(), "{step:?}");
        assert!(step.total == 40 && step.done <= 40, "{step:?}");
        steps += 1;
        after = step.next;
        if after.is_none() {
            break;
        }
    }
    assert!(steps > 1, "in steps");
    let mut last = Vec::new();
    for saver in savers {
        last.extend(saver.await.unwrap());
    }
    // What the process with the old key saved behind the first run.
    let step = new.reseal(None, 1_000).await.unwrap();
    assert_eq!((step.done, step.total, step.next), (40, 40, None));
    let again = new.reseal(None, 1_000).await.unwrap();
    assert_eq!(again.done, 40);

    let ring = KeyRing::new(id("k2"), key(2));
    let only = PostgresStores::new(database.database.clone(), Arc::new(ring), "test");
    for store in &stores {
        let record = only.open(&store.id).await.unwrap().unwrap();
        let credentials = record.credentials;
        for (address, token) in [
            (Address::Webhook, credentials.webhook_address.unwrap()),
            (Address::Webhook, credentials.previous_webhook_address.unwrap().value),
            (Address::Panel, credentials.panel_address.unwrap()),
            (Address::Panel, credentials.previous_panel_address.unwrap().value),
        ] {
            let found = only.store_at(address, &token).await.unwrap();
            assert_eq!(found.as_ref(), Some(&store.id));
        }
    }
    assert!(last.len() > 20);
    for (store, token) in last {
        let found = only.store_at(Address::Webhook, &token).await.unwrap();
        assert_eq!(found, Some(store), "no change is lost");
    }
    let mut owner = database.owner().await.unwrap();
    let left = "SELECT count(*) FROM store_context.store_addresses WHERE sealing_key = 'k1'";
    let left = AssertSqlSafe(left.replace("store_context.", &format!("{}.", database.schema())));
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 0, "hashes of the old key");
}

/// A store that does not open is told, is left as it is, and stops no other.
#[tokio::test]
async fn a_store_that_does_not_open_is_left_alone() {
    let database = TestDatabase::new().await.unwrap();
    let stores_of = many(3);
    let old = stores(database.database.clone());
    for store in &stores_of {
        save(&old, store).await;
    }
    let mut owner = database.owner().await.unwrap();
    let move_one = "UPDATE store_context.stores SET proof_key = api_hmac WHERE store = 'store-001'";
    run(&database, &mut owner, move_one).await;
    let ring = KeyRing::new(id("k2"), key(2)).with(id("k1"), key(1));
    let new = PostgresStores::new(database.database.clone(), Arc::new(ring), "test");
    let mut after = None;
    let mut failed = Vec::new();
    let done = loop {
        let step = new.reseal(after.as_ref(), 1).await.unwrap();
        failed.extend(step.failed.into_iter().map(|(store, _)| store));
        after = step.next;
        if after.is_none() {
            break (step.done, step.total);
        }
    };
    assert_eq!(done, (2, 3));
    assert_eq!(failed, [stores_of[1].id.clone()]);
    assert_eq!(problem(&old, &stores_of[1].id).await.unwrap().column, "proof_key");
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Neither a dump of all tables nor the log of everything has a secret, also when one does not open.
#[tokio::test]
async fn no_secret_is_in_a_dump_or_a_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);

    let database = TestDatabase::new().await.unwrap();
    let port = stores(database.database.clone()).keeping(0, Duration::ZERO);
    let mut secrets = Vec::new();
    for store in sample_stores() {
        secrets.extend(save(&port, &store).await);
        port.open(&store.id).await.unwrap().unwrap();
    }
    let token = AddressToken::new(secrets[5].clone());
    assert!(port.store_at(Address::Webhook, &token).await.unwrap().is_some());
    let ring = KeyRing::new(id("k2"), key(2)).with(id("k1"), key(1));
    let new = PostgresStores::new(database.database.clone(), Arc::new(ring), "test");
    new.reseal(None, 10).await.unwrap();
    let error = port.open(&sample_stores()[0].id).await.unwrap_err();

    let mut owner = database.owner().await.unwrap();
    let tables = "SELECT format('%I.%I', nspname, relname) FROM pg_class \
        JOIN pg_namespace namespace ON namespace.oid = relnamespace \
        WHERE nspname = $1 AND relkind IN ('r', 'p')";
    let tables: Vec<String> =
        sqlx::query_scalar(tables).bind(database.schema()).fetch_all(&mut owner).await.unwrap();
    let mut dump = format!("{error} {error:?} {port:?} {new:?}");
    for table in tables {
        let rows = AssertSqlSafe(format!("SELECT row_to_json(it)::text FROM {table} it"));
        for row in sqlx::query(rows).fetch_all(&mut owner).await.unwrap() {
            dump.push_str(row.get::<&str, _>(0));
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(dump.contains("conformance-north") && dump.contains("\\x01026b3"), "{dump}");
    assert!(log.contains("store_context_tenant.stores"), "the log has statements: {log}");
    for text in [&dump, &log] {
        for secret in &secrets {
            let digits = hex::encode(secret);
            assert!(!text.contains(secret.as_str()) && !text.contains(&digits));
        }
        // The key, which is the same byte again and again.
        assert!(!text.contains(&"01".repeat(32)) && !text.contains("1, 1, 1, 1"));
    }
}

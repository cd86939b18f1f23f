//! Stores are separated in every table of payload, whatever a connection went through.

use std::collections::BTreeMap;
use std::time::Duration;

use examples::test_database::TestDatabase;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

const NORTH: &str = "north";
const SOUTH: &str = "south";
/// The number of rows of each store in each table.
const ROWS: u64 = 3;

/// A table of payload.
struct Payload {
    name: String,
    is_partition: bool,
    /// The columns that need a value, and an expression of it in which `$n` is a number.
    values: BTreeMap<String, String>,
}

impl Payload {
    fn insert(&self, store: &str, number: u64) -> String {
        let columns: Vec<&str> = self.values.keys().map(String::as_str).collect();
        let values: Vec<String> = self
            .values
            .iter()
            .map(|(column, value)| match column.as_str() {
                "store" => format!("'{store}'"),
                _ => value.replace("$n", &number.to_string()),
            })
            .collect();
        let (columns, values) = (columns.join(", "), values.join(", "));
        format!("INSERT INTO {} ({columns}) VALUES ({values})", self.name)
    }
}

async fn execute(connection: &mut PgConnection, sql: &str) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query(AssertSqlSafe(sql.to_owned())).execute(connection).await?.rows_affected())
}

/// Returns the tables of payload, each with a few rows of two stores.
async fn filled(database: &TestDatabase) -> Vec<Payload> {
    let mut owner = database.owner().await.unwrap();
    let schema = database.schema();
    let list = "SELECT class.oid::regclass::text, relispartition FROM pg_class class \
        WHERE relnamespace = $1::regnamespace AND relrowsecurity ORDER BY 1";
    let mut tables: Vec<Payload> = Vec::new();
    for row in sqlx::query(list).bind(schema).fetch_all(&mut owner).await.unwrap() {
        let name: String = row.get(0);
        let values = values(&mut owner, &name).await;
        tables.push(Payload { name, is_partition: row.get(1), values });
    }
    // The rows are of no use to anybody: they refer to nothing, and their values are any.
    let checks = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) \
        FROM pg_constraint WHERE connamespace = $1::regnamespace AND contype IN ('c', 'f') \
        AND coninhcount = 0 AND conparentid = 0 AND conrelid <> 0";
    let checks: Vec<String> =
        sqlx::query_scalar(checks).bind(schema).fetch_all(&mut owner).await.unwrap();
    for drop in checks {
        execute(&mut owner, &drop).await.unwrap();
    }
    for table in tables.iter().filter(|table| !table.is_partition) {
        for (index, store) in [NORTH, SOUTH].into_iter().enumerate() {
            for row in 0..ROWS {
                let insert = table.insert(store, 10 * (index as u64 + 1) + row);
                let done = execute(&mut owner, &insert).await;
                // A table with one row a store.
                let is_second =
                    matches!(&done, Err(sqlx::Error::Database(it)) if it.is_unique_violation());
                assert!(done.is_ok() || (row > 0 && is_second), "{insert}: {done:?}");
            }
        }
    }
    tables
}

/// Returns the columns without a default, and a value of each one's type.
async fn values(owner: &mut PgConnection, table: &str) -> BTreeMap<String, String> {
    let columns = "SELECT quote_ident(attname), typname::text, typcategory::text, typtype::text, \
            format_type(atttypid, atttypmod) \
        FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid \
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped \
            AND (attname = 'store' OR attnotnull AND NOT atthasdef) \
            AND attidentity = '' AND attgenerated = ''";
    let mut values = BTreeMap::new();
    for row in sqlx::query(columns).bind(table).fetch_all(owner).await.unwrap() {
        let [column, name, category, kind, full]: [String; 5] =
            std::array::from_fn(|index| row.get(index));
        let value = match (name.as_str(), category.as_str(), kind.as_str()) {
            (_, "A", _) => "'{}'".to_owned(),
            (_, _, "e") => format!("(enum_range(NULL::{full}))[1]"),
            (_, "S", _) => "'v$n'".to_owned(),
            (_, "N", _) => "$n".to_owned(),
            (_, "B", _) => "false".to_owned(),
            ("interval", ..) => "interval '$n s'".to_owned(),
            (_, "D", _) => "now()".to_owned(),
            ("bytea", ..) => "decode('$n', 'hex')".to_owned(),
            ("json" | "jsonb", ..) => "'{}'".to_owned(),
            ("uuid", ..) => "gen_random_uuid()".to_owned(),
            _ => panic!("{table}.{column} is of the type {full}: give it a value here"),
        };
        values.insert(column, value);
    }
    assert!(values.contains_key("store"), "{table} has no column `store`");
    values
}

/// Begins a transaction that names these stores; `None` names nobody.
fn begin(stores: Option<&str>) -> String {
    match stores {
        Some(stores) => format!("BEGIN; SET LOCAL store_context_tenant.stores = '{stores}'"),
        None => "BEGIN".to_owned(),
    }
}

/// Runs one statement in a transaction that is taken back. Returns the number of rows; a refused
/// privilege or policy is `None`.
async fn attempt(pool: &PgPool, stores: Option<&str>, sql: &str) -> Option<u64> {
    let mut transaction = pool.begin_with(AssertSqlSafe(begin(stores))).await.unwrap();
    let done = execute(&mut transaction, sql).await;
    transaction.rollback().await.unwrap();
    match done {
        Ok(rows) => Some(rows),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => None,
        Err(error) => panic!("{sql}: {error}"),
    }
}

/// Asserts that a connection that names these stores reaches rows of `visible`, and of nobody else,
/// with every verb. Returns the number of rows that it read.
async fn reaches(pool: &PgPool, table: &Payload, stores: Option<&str>, visible: &[&str]) -> u64 {
    let name = &table.name;
    let mut own = 0;
    for store in [NORTH, SOUTH] {
        let at = format!("{name} of {store} with {stores:?}");
        let rows =
            attempt(pool, stores, &format!("SELECT * FROM {name} WHERE store = '{store}'")).await;
        let lock = format!("SELECT * FROM {name} WHERE store = '{store}' FOR UPDATE");
        let locked = attempt(pool, stores, &lock).await;
        let update = format!("UPDATE {name} SET store = store WHERE store = '{store}'");
        let updated = attempt(pool, stores, &update).await;
        let deleted =
            attempt(pool, stores, &format!("DELETE FROM {name} WHERE store = '{store}'")).await;
        if visible.contains(&store) {
            own += rows.unwrap_or(0);
            assert!(table.is_partition || rows.is_some_and(|rows| rows > 0), "{at}: read");
        } else {
            for (verb, rows) in
                [("read", rows), ("lock", locked), ("update", updated), ("delete", deleted)]
            {
                assert!(rows.is_none_or(|rows| rows == 0), "{at}: {verb} {rows:?}");
            }
            let inserted = attempt(pool, stores, &table.insert(store, 77)).await;
            assert_eq!(inserted, None, "{at}: insert");
            if !visible.is_empty() {
                let give = format!("UPDATE {name} SET store = '{store}'");
                assert_eq!(attempt(pool, stores, &give).await, None, "{at}: give a row away");
            }
        }
    }
    let all = attempt(pool, stores, &format!("SELECT * FROM {name}")).await;
    assert_eq!(all.unwrap_or(0), own, "{name} with {stores:?}: all rows");
    for sql in [format!("UPDATE {name} SET store = store"), format!("DELETE FROM {name}")] {
        let rows = attempt(pool, stores, &sql).await;
        assert!(rows.is_none_or(|rows| rows == own), "{sql} with {stores:?}: {rows:?}");
    }
    let mut transaction = pool.begin_with(AssertSqlSafe(begin(stores))).await.unwrap();
    let count = format!("SELECT count(*) FROM {name}");
    let counted: Result<i64, _> =
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *transaction).await;
    transaction.rollback().await.unwrap();
    assert_eq!(counted.map_or(0, i64::unsigned_abs), own, "{name} with {stores:?}: counted");
    own
}

/// Returns the contents of all tables as the owner sees them.
async fn contents(database: &TestDatabase, tables: &[Payload]) -> Vec<String> {
    let mut owner = database.owner().await.unwrap();
    let mut contents = Vec::new();
    for Payload { name, .. } in tables {
        let rows = format!("SELECT row_to_json(it)::text FROM {name} it ORDER BY 1");
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut owner).await.unwrap();
        contents.extend(rows);
    }
    owner.close().await.unwrap();
    contents
}

/// A pool of one connection of the runtime role.
async fn one_connection(database: &TestDatabase) -> PgPool {
    let options = database.owner_options().clone();
    let options = options.username(database.role()).password(database.schema());
    PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

#[tokio::test]
async fn no_row_of_another_store_is_reached() {
    let database = TestDatabase::new().await.unwrap();
    let tables = filled(&database).await;
    assert!(tables.len() >= 3);
    let before = contents(&database, &tables).await;
    let pool = one_connection(&database).await;
    for table in &tables {
        let nobody = reaches(&pool, table, None, &[]).await;
        let north = reaches(&pool, table, Some("{north}"), &[NORTH]).await;
        let south = reaches(&pool, table, Some("{south}"), &[SOUTH]).await;
        let both = reaches(&pool, table, Some("{north,south}"), &[NORTH, SOUTH]).await;
        assert_eq!((nobody, both), (0, north + south), "{}", table.name);
        for stores in
            ["", "{}", "{\"\"}", "{other}", "{NORTH}", "{nort%}", "{\"north,south\"}", "{NULL}"]
        {
            reaches(&pool, table, Some(stores), &[]).await;
        }
        // The connection named both before.
        reaches(&pool, table, None, &[]).await;
    }
    assert_eq!(contents(&database, &tables).await, before);
}

/// A transaction that names other stores in its midst sees those of the moment; one that fails, or
/// whose future is dropped, leaves a connection that names nobody.
#[tokio::test]
async fn a_connection_forgets_its_stores() {
    let database = TestDatabase::new().await.unwrap();
    let tables = filled(&database).await;
    let before = contents(&database, &tables).await;
    let pool = one_connection(&database).await;
    let process: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&pool).await.unwrap();
    for table in &tables {
        let changed = "{north}'; SET LOCAL store_context_tenant.stores = '{south}";
        reaches(&pool, table, Some(changed), &[SOUTH]).await;

        let north = || AssertSqlSafe(begin(Some("{north}")));
        let mut failed = pool.begin_with(north()).await.unwrap();
        assert!(execute(&mut failed, "SELECT 1 / 0").await.is_err());
        drop(failed);
        reaches(&pool, table, None, &[]).await;

        let mut committed = pool.begin_with(north()).await.unwrap();
        execute(&mut committed, "SELECT 1").await.unwrap();
        committed.commit().await.unwrap();
        reaches(&pool, table, None, &[]).await;

        let mut dropped = pool.begin_with(north()).await.unwrap();
        let change = format!("DELETE FROM {}", table.name);
        if attempt_in(&mut dropped, &change).await {
            let slow = execute(&mut dropped, "SELECT pg_sleep(0.2)");
            let late = tokio::time::timeout(Duration::from_millis(30), slow).await;
            assert!(late.is_err(), "dropped in mid-statement");
        }
        drop(dropped);
        reaches(&pool, table, None, &[]).await;
        reaches(&pool, table, Some("{south}"), &[SOUTH]).await;
    }
    let same: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&pool).await.unwrap();
    assert_eq!(same, process, "it was one connection all the time");
    assert_eq!(contents(&database, &tables).await, before);
}

async fn attempt_in(transaction: &mut PgConnection, sql: &str) -> bool {
    execute(transaction, sql).await.is_ok()
}

//! Who sees the payload.

use sqlx::AssertSqlSafe;
use store_context::ports::{Priority, Settlement, SyncLedger};

use super::{confirmed, customers, ledger, store, take};

const PAYLOAD: [&str; 4] = ["sync_links", "sync_waits", "sync_errors", "sync_pauses"];

/// A transaction that names another store, or none, sees, changes and adds no payload of a store.
#[tokio::test]
async fn payload_is_seen_by_those_who_name_its_store() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a", "b"]), Priority::Live).await.unwrap();
    let claims = take(&ledger, 10).await;
    let parked = Settlement::Parked { quiet: std::time::Duration::ZERO, error: "no".to_owned() };
    let settled = [confirmed(&claims[0]), (claims[1].clone(), parked)];
    assert_eq!(ledger.settle(&settled).await.unwrap(), [true, true]);
    ledger.pause(&north, super::LEASE, "401").await.unwrap();
    for (named, rows) in [(None, 0), (Some("{south}"), 0), (Some("{north}"), 1)] {
        for table in PAYLOAD {
            let table = format!("{}.{table}", database.schema());
            let mut transaction = database.pool.begin().await.unwrap();
            if let Some(named) = named {
                let name = "SELECT set_config('store_context_tenant.stores', $1, true)";
                sqlx::query(name).bind(named).execute(&mut *transaction).await.unwrap();
            }
            let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            let seen: i64 = sqlx::query_scalar(count).fetch_one(&mut *transaction).await.unwrap();
            assert_eq!(seen, rows, "{table} with {named:?}");
            let add = AssertSqlSafe(format!("INSERT INTO {table} SELECT * FROM {table}"));
            let change = AssertSqlSafe(format!("UPDATE {table} SET store = 'elsewhere'"));
            if rows == 0 {
                let added = sqlx::query(add).execute(&mut *transaction).await.unwrap();
                assert_eq!(added.rows_affected(), 0, "{table} with {named:?}");
                let changed = sqlx::query(change).execute(&mut *transaction).await.unwrap();
                assert_eq!(changed.rows_affected(), 0, "{table} with {named:?}");
            } else {
                let moved = sqlx::query(change).execute(&mut *transaction).await;
                assert!(moved.is_err(), "{table}: a row was moved to a store that is not named");
            }
        }
    }
}

/// A store that is forgotten leaves nothing in any table.
#[tokio::test]
async fn a_forgotten_store_leaves_nothing() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a", "b"]), Priority::Live).await.unwrap();
    let claims = take(&ledger, 10).await;
    let parked = Settlement::Parked { quiet: std::time::Duration::ZERO, error: "no".to_owned() };
    ledger.settle(&[confirmed(&claims[0]), (claims[1].clone(), parked)]).await.unwrap();
    ledger.pause(&north, super::LEASE, "401").await.unwrap();
    assert_eq!(ledger.forget_store(&north, 10).await.unwrap(), 2);
    let mut owner = database.owner().await.unwrap();
    for table in PAYLOAD.into_iter().chain(["sync_rows", "sync_stores", "sync_wants"]) {
        let count = format!("SELECT count(*) FROM {}.{table}", database.schema());
        let left = sqlx::query_scalar::<_, i64>(AssertSqlSafe(count)).fetch_one(&mut owner).await;
        assert_eq!(left.unwrap(), 0, "{table}");
    }
}

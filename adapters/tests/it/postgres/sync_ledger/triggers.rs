//! Triggers in the host's own transactions.

use std::time::Duration;

use store_context::ports::{Priority, Settlement, SyncLedger};
use tokio::time::timeout;

use super::{LEASE, customers, ids, ledger, request, store, take};

/// Two of the host's transactions that want the same customers in opposite orders do not wait for
/// each other, nor for a worker.
#[tokio::test]
async fn nobody_waits_for_a_trigger_in_a_transaction() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a", "b"]), Priority::Live).await.unwrap();
    let mut one = database.pool.begin().await.unwrap();
    let mut two = database.pool.begin().await.unwrap();
    let in_order = async {
        for (first, second) in [("a", "b"), ("b", "a")] {
            ledger.want_in(&mut one, &north, &customers(&[first]), Priority::Live).await.unwrap();
            ledger.want_in(&mut two, &north, &customers(&[second]), Priority::Live).await.unwrap();
        }
        // Both are open while a worker claims, settles, and the shop wants the same customers.
        let claims = take(&ledger, 10).await;
        assert_eq!(ids(&claims), ["a", "b"]);
        let settled = claims.iter().map(super::confirmed).collect::<Vec<_>>();
        assert_eq!(ledger.settle(&settled).await.unwrap(), [true, true]);
        ledger.want(&north, &customers(&["b", "a"]), Priority::Bulk).await.unwrap();
        let claims = take(&ledger, 10).await;
        let gone = claims.into_iter().map(|claim| (claim, Settlement::Gone)).collect::<Vec<_>>();
        ledger.settle(&gone).await.unwrap();
        assert_eq!(take(&ledger, 10).await, [], "nothing was committed");
    };
    timeout(Duration::from_secs(10), in_order).await.expect("somebody waits for a transaction");
    one.commit().await.unwrap();
    assert_eq!(ids(&take(&ledger, 10).await), ["a", "b"], "what was committed is seen");
    two.commit().await.unwrap();
}

/// A claim that starts after the commit sees the trigger, also that of another process, and a trigger
/// of a transaction that is rolled back never was.
#[tokio::test]
async fn a_trigger_is_seen_if_its_transaction_commits() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    let mut lost = database.pool.begin().await.unwrap();
    ledger.want_in(&mut lost, &north, &customers(&["lost"]), Priority::Live).await.unwrap();
    lost.rollback().await.unwrap();
    let mut kept = database.pool.begin().await.unwrap();
    let both = customers(&["kept", "kept too"]);
    super::another(&database).want_in(&mut kept, &north, &both, Priority::Bulk).await.unwrap();
    assert_eq!(ledger.counts(None).await.unwrap().customers, 0, "nothing is committed");
    kept.commit().await.unwrap();
    assert_eq!(ledger.counts(None).await.unwrap().waiting, 2, "counted without a claim");
    assert_eq!(ids(&take(&ledger, 10).await), ["kept", "kept too"]);
    let left = sqlx::query_scalar::<_, i64>(super::sql(
        &database,
        "SELECT count(*) FROM store_context.sync_wants",
    ));
    assert_eq!(left.fetch_one(&database.pool).await.unwrap(), 0, "it is not kept");
}

/// A trigger that was committed before the customer was forgotten does not bring the row back.
#[tokio::test]
async fn a_forgotten_customer_is_not_wanted_by_an_older_trigger() {
    let (database, ledger) = ledger().await;
    let (north, ada) = (store("north"), customers(&["ada"]));
    let mut kept = database.pool.begin().await.unwrap();
    ledger.want_in(&mut kept, &north, &ada, Priority::Live).await.unwrap();
    kept.commit().await.unwrap();
    ledger.forget(&north, &ada[0]).await.unwrap();
    assert_eq!(take(&ledger, 10).await, []);
    assert_eq!(ledger.counts(None).await.unwrap().customers, 0);
}

/// While a trigger's transaction is open, a claim does not forget that the store has due rows.
#[tokio::test]
async fn a_claim_during_a_trigger_does_not_forget_the_store() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a"]), Priority::Live).await.unwrap();
    // As `want` does: the row is written, and the store found to be due already.
    let mut trigger = database.pool.begin().await.unwrap();
    for statement in [
        "INSERT INTO store_context.sync_rows (store, customer, wanted, wanted_at, priority, due_at)
            VALUES ('north', 'b', 1, now(), 0, now())",
        "SELECT store FROM store_context.sync_stores WHERE store = 'north' FOR KEY SHARE",
    ] {
        sqlx::query(super::sql(&database, statement)).execute(&mut *trigger).await.unwrap();
    }
    let claims = timeout(Duration::from_secs(10), ledger.claim(request(10, LEASE))).await;
    assert_eq!(ids(&claims.expect("a claim waits for a trigger").unwrap()), ["a"]);
    trigger.commit().await.unwrap();
    assert_eq!(ids(&take(&ledger, 10).await), ["b"]);
}

/// Triggers of many tasks for the same customers, in any order, and workers on them: everything ends
/// confirmed, and nothing is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn triggers_in_any_order_and_workers_never_fail() {
    let (database, ledger) = ledger().await;
    let stores = [store("north"), store("south")];
    let names: Vec<String> = (0..30).map(|n| format!("c{n:02}")).collect();
    let triggers: Vec<_> = (0..4)
        .map(|task| {
            let (ledger, stores, names) = (ledger.clone(), stores.clone(), names.clone());
            tokio::spawn(async move {
                for round in 0..10 {
                    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
                    names.rotate_left((task * 7 + round) % 30);
                    let of = &stores[(task + round) % 2];
                    ledger.want(of, &customers(&names), Priority::Live).await.unwrap();
                }
            })
        })
        .collect();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let ledger = super::another(&database);
            tokio::spawn(async move {
                for _ in 0..40 {
                    let claims = take(&ledger, 16).await;
                    let settled: Vec<_> = claims.iter().map(super::confirmed).collect();
                    let stood = ledger.settle(&settled).await.unwrap();
                    assert!(stood.iter().all(|stood| *stood));
                }
            })
        })
        .collect();
    for task in triggers.into_iter().chain(workers) {
        task.await.unwrap();
    }
    loop {
        let claims = take(&ledger, 16).await;
        if claims.is_empty() {
            break;
        }
        let settled: Vec<_> = claims.iter().map(super::confirmed).collect();
        ledger.settle(&settled).await.unwrap();
    }
    let counts = ledger.counts(None).await.unwrap();
    assert_eq!((counts.customers, counts.waiting, counts.claimed), (60, 0, 0));
}

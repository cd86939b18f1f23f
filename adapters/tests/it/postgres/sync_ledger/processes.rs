//! Several processes, and what happens if one of them dies.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::Row;
use store_context::ports::{Priority, Settlement, SyncLedger};
use tokio::time::{sleep, timeout};

use super::{LEASE, another, confirmed, customers, ids, ledger, request, sql, store, take};

/// Two processes that claim 2,000 rows never share one, and settle them all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_the_work() {
    let (database, ledger) = ledger().await;
    let names: Vec<String> = (0..400).map(|n| format!("c{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for shop in ["a", "b", "c", "d", "e"] {
        ledger.want(&store(shop), &customers(&names), Priority::Bulk).await.unwrap();
    }
    let processes: Vec<_> = (0..2)
        .map(|_| {
            let ledger = another(&database);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claims = take(&ledger, 50).await;
                    let settled: Vec<_> = claims.iter().map(confirmed).collect();
                    let stood = ledger.settle(&settled).await.unwrap();
                    assert!(stood.iter().all(|stood| *stood), "a claim was lost");
                    mine.extend(claims.into_iter().map(|claim| (claim.store, claim.customer)));
                    if ledger.counts(None).await.unwrap().waiting == 0 {
                        return mine;
                    }
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for process in processes {
        all.extend(process.await.unwrap());
    }
    assert_eq!(all.len(), 2_000, "each is claimed once");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 2_000, "by one process");
    let counts = ledger.counts(None).await.unwrap();
    assert_eq!((counts.customers, counts.waiting, counts.claimed), (2_000, 0, 0));
}

/// The claims of a process that is killed come back after their lease, and it settles nothing then.
#[tokio::test]
async fn a_killed_process_loses_its_claims() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a", "b"]), Priority::Live).await.unwrap();
    let lost = another(&database).claim(request(10, Duration::from_millis(500))).await.unwrap();
    assert_eq!(take(&ledger, 10).await, [], "the leases hold");
    sleep(Duration::from_millis(700)).await;
    let claims = take(&ledger, 10).await;
    assert_eq!(ids(&claims), ["a", "b"]);
    assert!(claims.iter().all(|claim| claim.tries == 1), "a lost claim is an attempt");
    let late: Vec<_> = lost.iter().map(confirmed).collect();
    assert_eq!(another(&database).settle(&late).await.unwrap(), [false, false]);
    assert_eq!(ledger.link(&north, &lost[0].customer).await.unwrap(), None);
}

/// A settlement whose connection is killed before its commit changes nothing, and can be repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_connection_settles_nothing() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a", "b"]), Priority::Live).await.unwrap();
    let settled: Vec<_> = take(&ledger, 10).await.iter().map(confirmed).collect();
    // Its links wait for this lock, after its rows are settled.
    let mut block = database.pool.begin().await.unwrap();
    let lock = sql(&database, "LOCK TABLE store_context.sync_links IN EXCLUSIVE MODE");
    sqlx::query(lock).execute(&mut *block).await.unwrap();
    let settling = tokio::spawn({
        let (ledger, settled) = (another(&database), settled.clone());
        async move { ledger.settle(&settled).await }
    });
    let blocked = "SELECT pid FROM pg_stat_activity
        WHERE usename = current_user AND wait_event_type = 'Lock'";
    let pid: i32 = loop {
        let found = sqlx::query(blocked).fetch_optional(&database.pool).await.unwrap();
        if let Some(row) = found {
            break row.get(0);
        }
        sleep(Duration::from_millis(10)).await;
    };
    let kill = sqlx::query("SELECT pg_terminate_backend($1)").bind(pid);
    kill.execute(&database.pool).await.unwrap();
    assert!(settling.await.unwrap().is_err(), "it was not told that it is settled");
    block.rollback().await.unwrap();
    let counts = ledger.counts(None).await.unwrap();
    assert_eq!((counts.waiting, counts.claimed), (2, 2), "nothing changed");
    assert_eq!(ledger.settle(&settled).await.unwrap(), [true, true], "it can be repeated");
}

/// A settlement that is dropped in mid-call changes nothing, and leaves its connection usable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_call_changes_nothing() {
    let (database, ledger) = ledger().await;
    ledger.want(&store("north"), &customers(&["a"]), Priority::Live).await.unwrap();
    let settled: Vec<_> = take(&ledger, 10).await.iter().map(confirmed).collect();
    let mut block = database.pool.begin().await.unwrap();
    let lock = sql(&database, "LOCK TABLE store_context.sync_links IN EXCLUSIVE MODE");
    sqlx::query(lock).execute(&mut *block).await.unwrap();
    let dropped = timeout(Duration::from_millis(300), ledger.settle(&settled)).await;
    assert!(dropped.is_err(), "it waits for the lock");
    block.rollback().await.unwrap();
    assert_eq!(ledger.counts(None).await.unwrap().claimed, 1, "nothing changed");
    assert_eq!(ledger.settle(&settled).await.unwrap(), [true]);
}

/// A claim without a limit takes all that is due, whatever the share.
#[tokio::test]
async fn a_claim_may_have_no_limit() {
    let (_database, ledger) = ledger().await;
    ledger.want(&store("north"), &customers(&["a", "b", "c"]), Priority::Live).await.unwrap();
    let all = store_context::ports::ClaimRequest { share: 0, ..request(usize::MAX, LEASE) };
    let claims = ledger.claim(all).await.unwrap();
    assert_eq!(ids(&claims), ["a", "b", "c"]);
    let again = ledger.extend(&claims, Duration::MAX).await.unwrap();
    assert_eq!(again, [true, true, true], "nor has a lease");
}

/// While another transaction holds a row, a claim takes the next ones instead of waiting.
#[tokio::test]
async fn a_claim_waits_for_no_row() {
    let (database, ledger) = ledger().await;
    let north = store("north");
    ledger.want(&north, &customers(&["a", "b"]), Priority::Live).await.unwrap();
    let mut block = database.pool.begin().await.unwrap();
    let lock =
        sql(&database, "SELECT 1 FROM store_context.sync_rows WHERE customer = 'a' FOR UPDATE");
    sqlx::query(lock).execute(&mut *block).await.unwrap();
    let claims = timeout(Duration::from_secs(10), ledger.claim(request(10, LEASE))).await;
    assert_eq!(ids(&claims.expect("a claim waits").unwrap()), ["b"]);
    block.rollback().await.unwrap();
    assert_eq!(ids(&take(&ledger, 10).await), ["a"], "it is there for the next");
}

/// Two contacts that change their customers in opposite directions at once do not fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_that_change_sides_at_once_never_fail() {
    let (database, ledger) = ledger().await;
    let (north, both) = (store("north"), customers(&["a", "b"]));
    let (one, two) = (another(&database), another(&database));
    for round in 0..20 {
        ledger.want(&north, &both, Priority::Live).await.unwrap();
        let mut claims = take(&ledger, 10).await;
        claims.sort_by(|a, b| a.customer.cmp(&b.customer));
        let mut settled: Vec<_> = claims.iter().map(confirmed).collect();
        for (index, (_, settlement)) in settled.iter_mut().enumerate() {
            let Settlement::Confirmed { link, .. } = settlement else { continue };
            link.contact = ((index + round) as u64 % 2).into();
        }
        let [first, second] = &settled[..] else { panic!("{settled:?}") };
        let (first, second) = tokio::join!(
            one.settle(std::slice::from_ref(first)),
            two.settle(std::slice::from_ref(second))
        );
        assert_eq!((first.unwrap(), second.unwrap()), (vec![true], vec![true]), "round {round}");
        let links = ledger.links(&north, None, 10).await.unwrap();
        let contacts: BTreeSet<u64> = links.iter().map(|(_, link)| link.contact.0).collect();
        assert_eq!(contacts.len(), links.len(), "a contact has one customer: {links:?}");
        // Whoever lost a contact is wanted again.
        while !take(&ledger, 10).await.is_empty() {}
        let held = ledger.counts(None).await.unwrap();
        assert_eq!(held.customers, 2);
        for customer in &both {
            ledger.forget(&north, customer).await.unwrap();
        }
    }
}

/// An idle process asks the database at most twice a second, and is woken by its own trigger at once
/// and by another process's soon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_process_seldom_asks() {
    let (database, ledger) = ledger().await;
    let idle = another(&database);
    let (started, three) = (std::time::Instant::now(), Duration::from_secs(3));
    tokio::join!(idle.wait(three), idle.wait(three));
    assert!(started.elapsed() >= three, "nothing is due");
    // Its connections count what they did when they end.
    drop(idle);
    sleep(Duration::from_millis(300)).await;
    let scans = "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables
        WHERE schemaname = $1 AND relname = 'sync_wants'";
    let asked = sqlx::query_scalar::<_, i64>(scans).bind(database.schema());
    let asked = asked.fetch_one(&database.pool).await.unwrap();
    assert!((1..=6).contains(&asked), "it asked {asked} times in three seconds");
    let trigger = async {
        sleep(Duration::from_millis(50)).await;
        let mut transaction = database.pool.begin().await.unwrap();
        let ada = customers(&["ada"]);
        let other = another(&database);
        other.want_in(&mut transaction, &store("north"), &ada, Priority::Live).await.unwrap();
        transaction.commit().await.unwrap();
    };
    let started = std::time::Instant::now();
    tokio::join!(ledger.wait(LEASE), trigger);
    assert!(started.elapsed() < Duration::from_secs(20), "another process's trigger");
    let started = std::time::Instant::now();
    let trigger = async {
        sleep(Duration::from_millis(50)).await;
        ledger.want(&store("north"), &customers(&["bob"]), Priority::Live).await.unwrap();
    };
    tokio::join!(ledger.wait(LEASE), trigger);
    assert!(started.elapsed() < Duration::from_secs(5), "its own trigger");
}

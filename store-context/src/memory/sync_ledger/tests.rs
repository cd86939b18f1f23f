use std::collections::HashMap;
use std::sync::Arc;

use chatwoot_client::AccountId;

use super::*;
use crate::ports::TokioClock;

const LEASE: Duration = Duration::from_mins(1);

fn ledger() -> MemorySyncLedger {
    MemorySyncLedger::with_clock(Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)))
}

crate::sync_ledger_conformance!(async { ledger() }, start_paused = true);

fn store(n: usize) -> StoreId {
    StoreId::new(format!("s{n:05}")).unwrap()
}

fn customer(n: usize) -> CustomerId {
    CustomerId::new(format!("c{n:06}")).unwrap()
}

fn request(limit: usize) -> ClaimRequest<'static> {
    ClaimRequest { limit, share: usize::MAX, bulk: usize::MAX, lease: LEASE, except: &[] }
}

fn confirmed(contact: u64) -> Settlement {
    let account = AccountKey { base_url: String::new(), account: AccountId(1) };
    let link = Link::new(account, ContactId(contact), Fingerprint(String::new()));
    Settlement::Confirmed { link, quiet: Duration::ZERO, retry_left_out: None }
}

#[tokio::test(start_paused = true)]
async fn a_lease_of_no_time_gives_each_row_once_a_call() {
    let ledger = ledger();
    let customers: Vec<_> = (0..3).map(customer).collect();
    ledger.want(&store(0), &customers, Priority::Live).await.unwrap();
    let none = ClaimRequest { lease: Duration::ZERO, ..request(10) };
    assert_eq!(ledger.claim(none).await.unwrap().len(), 3);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let longest = ClaimRequest { lease: Duration::MAX, ..request(10) };
    assert_eq!(ledger.claim(longest).await.unwrap().len(), 3);
}

/// A clock that is set back.
#[derive(Debug)]
struct SetBack(std::sync::Mutex<Timestamp>);

impl crate::ports::Clock for SetBack {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Leases, delays and pauses last as long as they were asked for, however the wall clock is set.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_lengthens_nothing() {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let clock = Arc::new(SetBack(std::sync::Mutex::new(now)));
    let ledger = MemorySyncLedger::with_clock(clock.clone());
    ledger.want(&store(0), &[customer(0), customer(1)], Priority::Live).await.unwrap();
    ledger.want(&store(1), &[customer(0)], Priority::Live).await.unwrap();
    let mut claims = ledger.claim(request(2)).await.unwrap();
    let claim = claims.pop().unwrap();
    let (after, quiet) = (LEASE, Duration::ZERO);
    let retry = Settlement::Retry { after, quiet, error: String::new() };
    ledger.settle(&[(claim, retry)]).await.unwrap();
    ledger.pause(&store(1), LEASE, "away").await.unwrap();
    *clock.0.lock().unwrap() = now - Duration::from_hours(1);
    let until = ledger.paused(None, 1).await.unwrap()[0].until;
    assert_eq!(until, now - Duration::from_hours(1) + LEASE, "by the clock as it is now");
    tokio::time::sleep(LEASE / 60 * 59).await;
    let early = ledger.claim(request(9)).await.unwrap();
    assert!(early.len() <= 1, "only what was not claimed: {early:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let late = ledger.claim(request(9)).await.unwrap();
    assert_eq!(early.len() + late.len(), 3, "all are due: {early:?} {late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_something_is_wanted_or_due() {
    let ledger = ledger();
    let started = tokio::time::Instant::now();
    let want = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        ledger.want(&store(0), &[customer(0)], Priority::Live).await.unwrap();
    };
    tokio::join!(ledger.wait(LEASE), want);
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    let claim = ledger.claim(request(1)).await.unwrap().remove(0);
    let error = String::new();
    let after = Duration::from_secs(3);
    let retry = Settlement::Retry { after, quiet: Duration::ZERO, error };
    ledger.settle(&[(claim, retry)]).await.unwrap();
    // A settlement wakes the waiting worker, once.
    ledger.wait(LEASE).await;
    ledger.wait(LEASE).await;
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(4) && elapsed < Duration::from_secs(5), "{elapsed:?}");
}

/// A store without wanted rows costs its maps, which are empty.
#[test]
fn an_idle_store_costs_little() {
    let turns = 2 * size_of::<(usize, (tokio::time::Instant, u64))>();
    let idle = size_of::<StoreRows>() + turns + size_of::<(StoreId, usize)>();
    assert!(idle < 2_048, "{idle} bytes");
}

/// With a backlog of half a million rows and ten thousand idle stores a claim costs no more than
/// with ten rows.
#[tokio::test]
async fn a_backlog_is_never_scanned() {
    const ROWS: usize = 500_000;
    let ledger = MemorySyncLedger::new();
    let customers: Vec<_> = (0..ROWS).map(customer).collect();
    ledger.want(&store(0), &customers, Priority::Bulk).await.unwrap();
    for n in 1..10_000 {
        ledger.want(&store(n), &customers[..1], Priority::Bulk).await.unwrap();
    }
    ledger.pause(&store(0), Duration::from_millis(1), "away").await.unwrap();
    ledger.resume(&store(0)).await.unwrap();
    let started = std::time::Instant::now();
    for round in 0..1_000 {
        ledger.want(&store(0), &customers[round..=round], Priority::Live).await.unwrap();
        for claim in ledger.claim(request(10)).await.unwrap() {
            assert!(ledger.begin(&claim).await.unwrap());
            ledger.settle(&[(claim, confirmed(1))]).await.unwrap();
        }
        ledger.counts(Some(&store(0))).await.unwrap();
        ledger.parked(&store(0), None, 10).await.unwrap();
    }
    // A scan of the backlog would take minutes.
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "10,000 rows took {took:?}");
}

/// Triggers and workers run on several threads; whatever their order, a version is confirmed at
/// most once, versions of a row only increase, and the last one wanted is confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_confirm_each_version_once() {
    const CUSTOMERS: usize = 500;
    const WANTS: u64 = 4;
    let ledger = Arc::new(MemorySyncLedger::new());
    let triggers: Vec<_> = (0..WANTS)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for n in 0..CUSTOMERS {
                    ledger.want(&store(0), &[customer(n)], Priority::Live).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let mut done = Vec::new();
                loop {
                    let claims = ledger.claim(request(7)).await.unwrap();
                    for (n, claim) in claims.iter().enumerate() {
                        tokio::task::yield_now().await;
                        let returned = Settlement::Returned { quiet: Duration::ZERO };
                        let back = n == 3 && claim.fence % 2 == 0;
                        let settled = if back { returned } else { confirmed(claim.fence) };
                        let stood = ledger.settle(&[(claim.clone(), settled)]).await.unwrap();
                        assert_eq!(stood, [true]);
                        if !back {
                            done.push(claim.clone());
                        }
                    }
                    let counts = ledger.counts(None).await.unwrap();
                    if counts.customers == CUSTOMERS as u64 && counts.waiting == 0 {
                        return done;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for trigger in triggers {
        trigger.await.unwrap();
    }
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.unwrap());
    }
    // A trigger may arrive after the workers saw a clean ledger.
    for claim in ledger.claim(request(usize::MAX)).await.unwrap() {
        let stood = ledger.settle(&[(claim.clone(), confirmed(claim.fence))]).await.unwrap();
        assert_eq!(stood, [true]);
        done.push(claim);
    }
    assert_eq!(ledger.counts(None).await.unwrap().waiting, 0);
    done.sort_by_key(|claim| claim.fence);
    let mut versions: HashMap<CustomerId, Vec<u64>> = HashMap::new();
    for claim in done {
        versions.entry(claim.customer).or_default().push(claim.wanted);
    }
    assert_eq!(versions.len(), CUSTOMERS);
    for (customer, versions) in versions {
        assert!(versions.is_sorted_by(|a, b| a < b), "{customer}: {versions:?}");
        assert_eq!(versions.last(), Some(&WANTS), "{customer}: {versions:?}");
    }
}

//! Tests of the in-memory ledger: the port's requirements, and its memory use.

use std::collections::HashSet;

use chatwoot_client::types::Extra;

use super::*;
use crate::model::SupportEvent;
use crate::ports::TokioClock;

crate::webhook_ledger_conformance!(async { ledger() }, start_paused = true);
crate::webhook_rounds_conformance!(async { ledger() }, start_paused = true);

fn ledger() -> MemoryWebhookLedger {
    let start = Timestamp::from_second(1_790_000_000).unwrap();
    MemoryWebhookLedger::with_clock(Arc::new(TokioClock::starting_at(start)))
}

fn account() -> AccountKey {
    AccountKey { base_url: "https://chatwoot.example.com".to_owned(), account: 1.into() }
}

fn store() -> StoreId {
    StoreId::new("north").unwrap()
}

fn fact(number: u64, source: EntrySource) -> NewEntry {
    NewEntry {
        key: format!("fact {number}"),
        delivery: None,
        twin_key: None,
        reconciled_key: None,
        event: SupportEvent::Other { name: "e".to_owned(), body: Extra::new() },
        changed: Vec::new(),
        source,
    }
}

/// Whatever the server's clock says: the time between the two is that of the ledger.
#[tokio::test(start_paused = true)]
async fn a_twin_comes_within_ten_seconds() {
    for (after, taken) in [(10, true), (11, false)] {
        let ledger = ledger();
        let delivered = |delivery: &str| NewEntry {
            delivery: Some(delivery.to_owned()),
            twin_key: Some("twin".to_owned()),
            ..fact(1, EntrySource::Webhook)
        };
        ledger.take(&store(), &account(), &[delivered("one")]).await.unwrap();
        tokio::time::advance(Duration::from_secs(after)).await;
        let second = ledger.take(&store(), &account(), &[delivered("two")]).await.unwrap();
        assert_eq!(second == [Taken::New { stale: false }], taken, "after {after} s");
    }
}

const ALL: ClaimRequest<'_> =
    ClaimRequest { limit: 5, share: 5, bulk: 0, lease: Duration::from_mins(1), except: &[] };

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_deliveries_and_workers_handle_each_fact_once() {
    const FACTS: u64 = 300;
    let ledger = Arc::new(MemoryWebhookLedger::new());
    let deliveries: Vec<_> = [EntrySource::Webhook, EntrySource::Reconciler]
        .into_iter()
        .map(|source| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for number in 0..FACTS {
                    ledger.take(&store(), &account(), &[fact(number, source)]).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let workers: Vec<_> = (0..6)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let mut handled = Vec::new();
                while ledger.counts(None).await.unwrap().handled < FACTS {
                    for claim in ledger.claim(ALL).await.unwrap() {
                        tokio::task::yield_now().await;
                        for entry in ledger.load(&claim, 10).await.unwrap() {
                            assert_eq!(ledger.begin(&claim, entry.id).await.unwrap(), Some(0));
                            let done = [(entry.id, EntryOutcome::Handled)];
                            assert!(ledger.settle(&claim, &done).await.unwrap());
                            handled.push(entry.key);
                        }
                        assert!(ledger.release(&claim).await.unwrap());
                    }
                    tokio::task::yield_now().await;
                }
                handled
            })
        })
        .collect();
    for delivery in deliveries {
        delivery.await.unwrap();
    }
    let mut handled = HashSet::new();
    for worker in workers {
        for key in worker.await.unwrap() {
            assert!(handled.insert(key.clone()), "{key} was handled twice");
        }
    }
    let counts = ledger.counts(None).await.unwrap();
    assert_eq!(handled.len() as u64, FACTS);
    assert_eq!((counts.webhooks + counts.reconciled, counts.waiting), (FACTS, 0));
    assert!(lock(&ledger.state).entries.keeps_no_content(), "handled entries are let go");
}

#[tokio::test(start_paused = true)]
async fn a_purge_leaves_nothing_of_what_is_handled() {
    let ledger = MemoryWebhookLedger::new();
    ledger.take(&store(), &account(), &[fact(1, EntrySource::Webhook)]).await.unwrap();
    for claim in ledger.claim(ALL).await.unwrap() {
        for entry in ledger.load(&claim, 10).await.unwrap() {
            ledger.settle(&claim, &[(entry.id, EntryOutcome::Handled)]).await.unwrap();
        }
        ledger.release(&claim).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let old = Duration::from_secs(1);
    let request = PurgeRequest { handled_before: old, parked_before: None, limit: 10 };
    assert_eq!(ledger.purge(&request).await.unwrap().handled, 1);
    assert!(lock(&ledger.state).entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_something_comes_or_becomes_due() {
    let ledger = Arc::new(MemoryWebhookLedger::new());
    let taker = ledger.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        taker.take(&store(), &account(), &[fact(1, EntrySource::Webhook)]).await.unwrap();
    });
    let start = Instant::now();
    ledger.wait(Duration::from_mins(1)).await;
    assert_eq!(start.elapsed().as_secs(), 3, "something came");
    assert_eq!(ledger.claim(ALL).await.unwrap().len(), 1);
    ledger.wait(Duration::from_mins(5)).await;
    assert_eq!(start.elapsed().as_secs(), 63, "a lease ended");
}

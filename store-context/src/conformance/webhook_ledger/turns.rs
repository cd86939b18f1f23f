//! The order in which queues and stores are claimed.

use futures_util::future::join_all;

use super::samples::{ENTRIES, claim, conversations, crowd, entry, entry_of, handle, many, take};
use crate::conformance::{LEASE, MOMENT, north, ok, only, south};
use crate::ports::{ClaimRequest, WebhookLedger};

/// A claim respects its limit; the other queues are left for the next one.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn WebhookLedger) {
    for conversation in 1..=4 {
        take(port, &entry_of(conversation, &conversation.to_string(), 1)).await;
    }
    assert_eq!(claim(port, 0).await, [], "a limit of 0 claims nothing");
    assert_eq!(conversations(&claim(port, 3).await), [1, 2, 3], "in the order they became due");
    assert_eq!(conversations(&claim(port, 3).await), [4], "then the rest");
}

/// Of stores with due queues the one that was served longest ago comes first.
pub async fn the_store_that_was_served_longest_ago_comes_first(port: &dyn WebhookLedger) {
    crowd(port).await;
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(only(claim(port, 1).await, "one queue").store);
    }
    assert!(stores[..2].contains(&south()), "a store with many does not starve one with few");
    assert!(stores[2..].contains(&south()), "in turn: {stores:?}");
}

/// No more than a store's share is claimed while other stores have due queues.
pub async fn a_store_has_its_share(port: &dyn WebhookLedger) {
    crowd(port).await;
    let request = ClaimRequest { limit: 4, share: 2, bulk: 0, lease: LEASE, except: &[] };
    let claims = ok(port.claim(request).await);
    let souths = claims.iter().filter(|claim| claim.store == south()).count();
    assert_eq!((claims.len(), souths), (4, 2), "two of each");
    let rest = ok(port.claim(request).await);
    assert_eq!(rest.len(), 4, "a share does not hold the only store back");
}

/// Nothing is claimed of excepted stores.
pub async fn excepted_stores_are_passed_over(port: &dyn WebhookLedger) {
    crowd(port).await;
    let except = [north()];
    let request = ClaimRequest { limit: 9, share: 9, bulk: 0, lease: LEASE, except: &except };
    let claims = ok(port.claim(request).await);
    assert!(claims.iter().all(|claim| claim.store == south()), "{claims:?}");
    assert_eq!(claims.len(), 2, "all of the other store");
    assert_eq!(claim(port, 9).await.len(), 6, "they are claimed by others");
}

/// Concurrent workers claim different queues, and all queues are claimed.
pub async fn workers_never_share_a_queue(port: &dyn WebhookLedger) {
    for entry in &many() {
        take(port, entry).await;
    }
    let claims = join_all((0..8).map(|_| claim(port, ENTRIES / 8))).await;
    let mut claims = claims.concat();
    // A worker may skip queues that another is examining, and leave them for the next round.
    claims.extend(claim(port, ENTRIES).await);
    let mut queues: Vec<u64> = claims.iter().map(|claim| claim.queue).collect();
    queues.sort_unstable();
    queues.dedup();
    assert_eq!((claims.len(), queues.len()), (ENTRIES, ENTRIES), "each is claimed by one worker");
    for claim in claims {
        handle(port, claim).await;
    }
    assert_eq!(ok(port.counts(Some(&north())).await).waiting, 0, "all is handled");
}

/// A wait ends after the longest time at the latest.
pub async fn a_wait_ends(port: &dyn WebhookLedger) {
    let longest = tokio::time::timeout(LEASE, port.wait(MOMENT)).await;
    assert!(longest.is_ok(), "it ends when nothing comes");
    take(port, &entry("a", 1)).await;
    let longest = tokio::time::timeout(LEASE, port.wait(MOMENT)).await;
    assert!(longest.is_ok(), "and when something came");
}

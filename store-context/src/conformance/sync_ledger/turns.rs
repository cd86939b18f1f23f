//! The order in which rows and stores are claimed.

use std::time::Duration;

use tokio::time::sleep;

use super::samples::{ids, request, take, want, want_in};
use crate::conformance::{north, ok, only, south};
use crate::ports::{ClaimRequest, Priority, SyncClaim, SyncLedger};

/// Within a store and a priority, rows are claimed in the order in which they became due.
pub async fn rows_come_in_the_order_in_which_they_became_due(port: &dyn SyncLedger) {
    for id in ["c", "a", "d", "b"] {
        want(port, &[id]).await;
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(ids(&take(port, 10).await), ["c", "a", "d", "b"], "first come, first served");
}

/// A further trigger does not move a row to the end of the queue.
pub async fn a_further_trigger_keeps_a_rows_place(port: &dyn SyncLedger) {
    for id in ["a", "b", "a"] {
        want(port, &[id]).await;
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(ids(&take(port, 10).await), ["a", "b"], "the first trigger counts");
}

/// Live rows are claimed before bulk rows, however long those have waited, in any store.
pub async fn live_goes_before_bulk(port: &dyn SyncLedger) {
    want_in(port, &north(), &["a", "b", "c"], Priority::Bulk).await;
    sleep(Duration::from_millis(5)).await;
    want_in(port, &south(), &["d"], Priority::Live).await;
    want(port, &["e"]).await;
    let first = take(port, 2).await;
    let mut first = ids(&first);
    first.sort_unstable();
    assert_eq!(first, ["d", "e"], "live goes first");
    let claims = take(port, 10).await;
    assert_eq!(claims.len(), 3, "then bulk");
    assert!(claims.iter().all(|claim| claim.priority == Priority::Bulk), "and it says so");
}

/// A claim gives no more bulk than it asks for, however much there is room for.
pub async fn a_claim_takes_no_more_bulk_than_it_asks_for(port: &dyn SyncLedger) {
    want_in(port, &north(), &["a", "b", "c"], Priority::Bulk).await;
    want_in(port, &south(), &["d", "e"], Priority::Bulk).await;
    want(port, &["f", "g"]).await;
    let few = ClaimRequest { bulk: 2, ..request(10, 10, &[]) };
    let claims = ok(port.claim(few).await);
    let live = |claims: &[SyncClaim]| {
        claims.iter().filter(|claim| claim.priority == Priority::Live).count()
    };
    assert_eq!((claims.len(), live(&claims)), (4, 2), "all that is live, and some bulk");
    let none = ClaimRequest { bulk: 0, ..few };
    assert_eq!(ok(port.claim(none).await), [], "bulk waits");
    want_in(port, &south(), &["h"], Priority::Live).await;
    assert_eq!(ids(&ok(port.claim(none).await)), ["h"], "what is live does not");
    assert_eq!(take(port, 10).await.len(), 3, "bulk is there for the next");
}

/// A row that waits as bulk and is wanted live goes before bulk.
pub async fn a_live_trigger_makes_a_bulk_row_live(port: &dyn SyncLedger) {
    want_in(port, &north(), &["a", "b"], Priority::Bulk).await;
    want(port, &["b"]).await;
    want_in(port, &north(), &["b"], Priority::Bulk).await;
    assert_eq!(ids(&take(port, 1).await), ["b"], "live beats bulk");
}

/// A claim respects its limit; the other rows are left for the next one.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c", "d"]).await;
    assert_eq!(take(port, 0).await, [], "a limit of 0 claims nothing");
    assert_eq!(take(port, 3).await.len(), 3, "as many as were asked for");
    assert_eq!(take(port, 3).await.len(), 1, "then the rest");
}

/// While other stores wait, a claim returns no more than a store's share.
pub async fn a_store_gets_its_share_while_others_wait(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c", "d", "e"]).await;
    want_in(port, &south(), &["f", "g"], Priority::Bulk).await;
    let claims = ok(port.claim(request(4, 2, &[])).await);
    let of_north = claims.iter().filter(|claim| claim.store == north()).count();
    assert_eq!((claims.len(), of_north), (4, 2), "half is the other's, though it is bulk");
}

/// Capacity that other stores do not need goes to the store that has more rows.
pub async fn a_store_gets_the_rest_when_nobody_else_waits(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c", "d", "e"]).await;
    want_in(port, &south(), &["f"], Priority::Live).await;
    let claims = ok(port.claim(request(5, 2, &[])).await);
    let of_north = claims.iter().filter(|claim| claim.store == north()).count();
    assert_eq!((claims.len(), of_north), (5, 4), "nothing is left unused");
}

/// The store that was served longest ago comes first.
pub async fn stores_take_turns(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c"]).await;
    sleep(Duration::from_millis(5)).await;
    want_in(port, &south(), &["d", "e", "f"], Priority::Live).await;
    let mut stores = Vec::new();
    for _ in 0..6 {
        stores.push(only(take(port, 1).await, "a waiting row").store);
    }
    for turn in stores.chunks(2) {
        assert_ne!(turn[0], turn[1], "each has its turn: {stores:?}");
    }
}

/// A claim returns no rows of excepted stores.
pub async fn excepted_stores_are_passed_over(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    want_in(port, &south(), &["b"], Priority::Bulk).await;
    let claims = ok(port.claim(request(10, 10, &[north()])).await);
    assert_eq!(ids(&claims), ["b"], "only the other store's");
    assert_eq!(ids(&take(port, 10).await), ["a"], "it is there for the next");
}

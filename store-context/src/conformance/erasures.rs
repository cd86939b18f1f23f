//! The conformance tests of a storage of erasures' receipts.

use chatwoot_client::{ContactId, ConversationId};

use super::{account, at, customer, north, ok, south};
use crate::model::{CustomerId, ErasedConversations, ErasurePlace, ErasureReceipt, StoreId};
use crate::ports::Erasures;

/// Generates one test per requirement of [`Erasures`](crate::ports::Erasures); see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! erasures_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            erasures_conformance of erasures,
            [
                a_receipt_is_stored_once,
                a_receipt_is_read_as_it_was_written,
                an_older_fence_changes_nothing,
                what_is_pending_is_listed_in_order,
                a_forgotten_receipt_is_gone,
                a_store_is_forgotten_in_batches,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

fn receipt(store: &StoreId, id: &str) -> ErasureReceipt {
    let by = ErasedConversations::DeleteEach;
    ErasureReceipt::new(store.clone(), customer(id), at(0), by)
}

fn complete(id: &str) -> ErasureReceipt {
    let mut receipt = receipt(&north(), id);
    receipt.found_contact(&account(), ContactId(7));
    receipt.found_conversation(&account(), ConversationId(8));
    receipt.removed_from(ErasurePlace::WebhookLedger, 3, at(1));
    receipt.checks = 2;
    receipt.completed_at = Some(at(2));
    receipt
}

/// Starting an erasure again returns the receipt that is there.
pub async fn a_receipt_is_stored_once(port: &dyn Erasures) {
    let first = receipt(&north(), "a");
    assert_eq!(ok(port.start(&first).await), first);
    let mut later = first.clone();
    later.requested_at = at(60);
    assert_eq!(ok(port.start(&later).await), first);
    assert_eq!(ok(port.receipt(&north(), &customer("a")).await), Some(first));
    assert_eq!(ok(port.receipt(&south(), &customer("a")).await), None);
}

/// All of a receipt is stored.
pub async fn a_receipt_is_read_as_it_was_written(port: &dyn Erasures) {
    assert!(!ok(port.update(&complete("a"), 1).await), "it was never started");
    ok(port.start(&receipt(&north(), "a")).await);
    assert!(ok(port.update(&complete("a"), 1).await));
    assert_eq!(ok(port.receipt(&north(), &customer("a")).await), Some(complete("a")));
}

/// A worker that lost its claim does not overwrite what a later one has written.
pub async fn an_older_fence_changes_nothing(port: &dyn Erasures) {
    let first = receipt(&north(), "a");
    ok(port.start(&first).await);
    assert!(ok(port.update(&complete("a"), 5).await));
    assert!(!ok(port.update(&first, 4).await), "of an older claim");
    assert_eq!(ok(port.receipt(&north(), &customer("a")).await), Some(complete("a")));
    assert!(ok(port.update(&first, 5).await), "of the same claim");
    assert!(ok(port.update(&complete("a"), 6).await));
}

/// Complete erasures are not listed, and those of another store are not either.
pub async fn what_is_pending_is_listed_in_order(port: &dyn Erasures) {
    for id in ["c", "a", "b", "d"] {
        ok(port.start(&receipt(&north(), id)).await);
    }
    ok(port.start(&receipt(&south(), "e")).await);
    assert!(ok(port.update(&complete("b"), 1).await));
    let ids = |listed: Vec<ErasureReceipt>| -> Vec<CustomerId> {
        listed.into_iter().map(|it| it.customer).collect()
    };
    let listed = ok(port.pending(&north(), None, 2).await);
    assert_eq!(ids(listed), [customer("a"), customer("c")]);
    let listed = ok(port.pending(&north(), Some(&customer("a")), 10).await);
    assert_eq!(ids(listed), [customer("c"), customer("d")]);
    assert!(ok(port.update(&receipt(&north(), "b"), 2).await));
    assert_eq!(ok(port.pending(&north(), None, 10).await).len(), 4, "one is open again");
}

/// A forgotten customer has no receipt, and may have a new one.
pub async fn a_forgotten_receipt_is_gone(port: &dyn Erasures) {
    for id in ["a", "b"] {
        ok(port.start(&receipt(&north(), id)).await);
    }
    assert!(ok(port.update(&complete("a"), 9).await));
    ok(port.forget(&north(), &customer("a")).await);
    ok(port.forget(&north(), &customer("a")).await);
    assert_eq!(ok(port.receipt(&north(), &customer("a")).await), None);
    assert!(ok(port.receipt(&north(), &customer("b")).await).is_some());
    ok(port.start(&receipt(&north(), "a")).await);
    assert!(ok(port.update(&receipt(&north(), "a"), 1).await), "the fence is forgotten too");
}

/// A store's receipts are removed in batches; others stay.
pub async fn a_store_is_forgotten_in_batches(port: &dyn Erasures) {
    for id in ["a", "b", "c"] {
        ok(port.start(&receipt(&north(), id)).await);
    }
    ok(port.start(&receipt(&south(), "a")).await);
    assert_eq!(ok(port.forget_store(&north(), 2).await), 2);
    assert_eq!(ok(port.forget_store(&north(), 2).await), 1);
    assert_eq!(ok(port.forget_store(&north(), 2).await), 0);
    assert_eq!(ok(port.pending(&north(), None, 10).await), []);
    assert_eq!(ok(port.pending(&south(), None, 10).await).len(), 1);
}

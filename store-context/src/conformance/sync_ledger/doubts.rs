//! Rows in doubt.

use std::time::Duration;

use chatwoot_client::ContactId;
use tokio::time::sleep;

use super::samples::{
    LONGER, SHORT, account, claimed, confirmed, counts, doubt, hold, ids, link, linked, retry,
    returned, settle, take, want,
};
use crate::conformance::{LEASE, customer, north, ok, only, south};
use crate::model::StoreId;
use crate::ports::{Doubt, Fingerprint, Priority, Settlement, SyncLedger};

/// A row is in doubt and wanted from before a request is sent for it, so that it is claimed again
/// without a trigger.
pub async fn a_begun_row_is_in_doubt_and_wanted(port: &dyn SyncLedger) {
    let held = hold(port, "a", LEASE).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    assert!(ok(port.begin(&held).await), "as often as something is sent");
    assert_eq!((counts(port).await.in_doubt, counts(port).await.waiting), (1, 1), "both");
    assert!(settle(port, &held, returned()).await, "the claim stands");
    let claim = only(take(port, 10).await, "a row in doubt");
    assert_eq!(claim.doubt, Doubt::Write, "it is to be written");
}

/// A worker that dies leaves its begun rows in doubt, and so does a failure.
pub async fn a_doubt_outlives_its_worker(port: &dyn SyncLedger) {
    let held = hold(port, "a", SHORT).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    sleep(LONGER).await;
    let next = only(take(port, 10).await, "a row whose worker died");
    assert_eq!(next.doubt, Doubt::Write, "it is to be written");
    assert!(settle(port, &next, retry(Duration::ZERO)).await, "the claim stands");
    sleep(SHORT).await;
    let last = only(take(port, 10).await, "a row that failed");
    assert_eq!(last.doubt, Doubt::Write, "it is still to be written");
}

/// Confirming a begun write ends the doubt, and nothing is wanted.
pub async fn a_confirmation_ends_the_doubt(port: &dyn SyncLedger) {
    let held = hold(port, "a", LEASE).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    assert!(settle(port, &held, confirmed(7)).await, "the claim stands");
    assert_eq!((counts(port).await.in_doubt, counts(port).await.waiting), (0, 0), "neither");
    assert_eq!(take(port, 10).await, [], "nothing is due");
}

/// A doubt that is raised while the row is claimed is not ended by the confirmation.
pub async fn a_doubt_during_a_claim_outlives_it(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let claim = claimed(port, "a").await;
    assert!(doubt(port, 7, Doubt::Look).await, "it is linked");
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
    let next = only(take(port, 10).await, "a row in doubt");
    assert_eq!(next.doubt, Doubt::Look, "it is to be looked at");
}

/// A contact's row is marked and wanted; the same number in another account or store is another
/// contact. A greater doubt stays.
pub async fn a_contact_is_doubted_by_its_account(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let contact = ContactId(7);
    for (store, account, contact) in [
        (south(), account(1), contact),
        (north(), account(2), contact),
        (north(), account(1), ContactId(8)),
    ] {
        let found = port.doubt(&store, &account, contact, Doubt::Look, None).await;
        assert!(!ok(found), "nobody's contact: {store} {account:?} {contact}");
    }
    assert_eq!(take(port, 10).await, [], "nothing is wanted");
    assert!(doubt(port, 7, Doubt::Write).await, "it is linked");
    assert!(doubt(port, 7, Doubt::Look).await, "it is linked");
    let claim = only(take(port, 10).await, "a row in doubt");
    assert_eq!((claim.doubt, claim.priority), (Doubt::Write, Priority::Live), "as marked");
}

/// A contact that matches what was written is not doubted.
pub async fn a_doubt_is_not_raised_for_what_was_written(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let written = link(7).fingerprint;
    let unless = |as_shown| {
        let (store, account) = (north(), account(1));
        async move { port.doubt(&store, &account, ContactId(7), Doubt::Look, as_shown).await }
    };
    assert!(ok(unless(Some(&written)).await), "it is linked");
    assert_eq!(take(port, 10).await, [], "and as it was written");
    let other = Fingerprint("another".to_owned());
    assert!(ok(unless(Some(&other)).await), "it is linked");
    assert_eq!(take(port, 10).await.len(), 1, "and somebody changed it");
}

/// All linked rows of a store can be doubted at once, with bulk priority.
pub async fn all_linked_rows_can_be_doubted(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    linked(port, "b", 8).await;
    let gone = claimed(port, "c").await;
    assert!(settle(port, &gone, Settlement::Gone).await, "the claim stands");
    let doubt_all = async |store: StoreId| ok(port.doubt_all(&store, Doubt::Write, None, 10).await);
    assert_eq!(doubt_all(south()).await, None, "another store has none");
    assert_eq!(doubt_all(north()).await, Some(customer("b")), "the linked ones");
    let claims = take(port, 10).await;
    let bulk = claims.iter().all(|one| (one.doubt, one.priority) == (Doubt::Write, Priority::Bulk));
    assert!(claims.len() == 2 && bulk, "{claims:?}");
}

/// Linked rows are doubted in ascending order, no more at once than asked for.
pub async fn all_linked_rows_are_doubted_in_batches(port: &dyn SyncLedger) {
    for (id, contact) in [("c", 3), ("a", 1), ("b", 2)] {
        linked(port, id, contact).await;
    }
    want(port, &["aa"]).await;
    let unlinked = only(take(port, 10).await, "the row without a link");
    let (mut after, mut doubted) = (None, Vec::new());
    loop {
        let last = ok(port.doubt_all(&north(), Doubt::Look, after.as_ref(), 2).await);
        let batch = take(port, 10).await;
        assert!(batch.len() <= 2, "no more than the limit: {batch:?}");
        let greatest = batch.iter().map(|claim| claim.customer.clone()).max();
        assert_eq!(last, greatest, "the last one of the batch");
        doubted.extend(batch);
        match last {
            Some(_) => after = last,
            None => break,
        }
    }
    assert_eq!(ids(&doubted), ["a", "b", "c"], "each once, in order");
    assert!(settle(port, &unlinked, returned()).await, "the claim stands");
}

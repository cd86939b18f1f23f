//! What the tests have in common.

use std::time::Duration;

use chatwoot_client::{AccountId, ContactId};
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::conformance::{LEASE, customer, north, ok, only};
use crate::model::{AccountKey, CustomerId, StoreId};
use crate::ports::{
    ClaimRequest, Doubt, Fingerprint, Hold, Link, Priority, Settlement, SyncClaim, SyncCounts,
    SyncLedger,
};

/// A duration that passes during a test: long enough for a few calls of a busy database.
pub(super) const SHORT: Duration = Duration::from_millis(300);

/// A duration longer than [`SHORT`], also on a database's clock.
pub(super) const LONGER: Duration = Duration::from_millis(700);

pub(super) const ROWS: usize = 40;

/// Wants [`ROWS`] customers concurrently; returns their ids in order.
pub(super) async fn wanted_at_once(port: &dyn SyncLedger) -> Vec<String> {
    let names: Vec<_> = (0..ROWS).map(|n| format!("row {n:02}")).collect();
    join_all(names.iter().map(|name| want_in_north(port, name))).await;
    names
}

pub(super) async fn want_in_north(port: &dyn SyncLedger, id: &str) {
    want(port, &[id]).await;
}

/// Wants a customer and claims its row.
pub(super) async fn claimed(port: &dyn SyncLedger, id: &str) -> SyncClaim {
    want(port, &[id]).await;
    only(take(port, 10).await, "a wanted row")
}

/// Returns a lost claim, and the one that took the row.
pub(super) async fn lost_and_held(port: &dyn SyncLedger) -> (SyncClaim, SyncClaim) {
    want(port, &["a"]).await;
    let lost = only(take_for(port, 10, SHORT).await, "a wanted row");
    sleep(LONGER).await;
    (lost, only(take(port, 10).await, "a row whose lease has ended"))
}

/// Gives a customer a contact.
pub(super) async fn linked(port: &dyn SyncLedger, id: &str, contact: u64) {
    let held = hold(port, id, LEASE).await;
    assert!(settle(port, &held, confirmed(contact)).await, "the claim stands");
}

pub(super) async fn confirm_values(
    port: &dyn SyncLedger,
    id: &str,
    contact: u64,
    holds: &[&str],
    waits_for: &[&str],
) {
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let link = Link { holds: texts(holds), waits_for: texts(waits_for), ..link(contact) };
    let held = hold(port, id, LEASE).await;
    let values = Settlement::Confirmed { link, quiet: Duration::ZERO, retry_left_out: None };
    assert!(settle(port, &held, values).await, "the claim stands");
}

#[track_caller]
pub(super) fn held(hold: Hold) -> Option<SyncClaim> {
    match hold {
        Hold::Held(claim) => Some(*claim),
        Hold::Busy => None,
    }
}

pub(super) async fn hold(port: &dyn SyncLedger, id: &str, lease: Duration) -> SyncClaim {
    let found = held(ok(port.hold(&north(), &customer(id), lease).await));
    only(found.into_iter().collect(), "a row that nobody has")
}

pub(super) async fn want(port: &dyn SyncLedger, customers: &[&str]) {
    want_in(port, &north(), customers, Priority::Live).await;
}

pub(super) async fn want_in(
    port: &dyn SyncLedger,
    store: &StoreId,
    customers: &[&str],
    priority: Priority,
) {
    let customers: Vec<CustomerId> = customers.iter().map(|id| customer(id)).collect();
    ok(port.want(store, &customers, priority).await);
}

pub(super) fn request(limit: usize, share: usize, except: &[StoreId]) -> ClaimRequest<'_> {
    ClaimRequest { limit, share, bulk: usize::MAX, lease: LEASE, except }
}

pub(super) async fn take(port: &dyn SyncLedger, limit: usize) -> Vec<SyncClaim> {
    take_for(port, limit, LEASE).await
}

pub(super) async fn take_for(
    port: &dyn SyncLedger,
    limit: usize,
    lease: Duration,
) -> Vec<SyncClaim> {
    ok(port.claim(ClaimRequest { lease, ..request(limit, usize::MAX, &[]) }).await)
}

pub(super) async fn settle(
    port: &dyn SyncLedger,
    claim: &SyncClaim,
    settlement: Settlement,
) -> bool {
    let stood = ok(port.settle(&[(claim.clone(), settlement)]).await);
    only(stood, "one answer a claim")
}

pub(super) async fn doubt(port: &dyn SyncLedger, contact: u64, doubt: Doubt) -> bool {
    ok(port.doubt(&north(), &account(1), ContactId(contact), doubt, None).await)
}

pub(super) async fn customer_of(port: &dyn SyncLedger, contact: u64) -> Option<CustomerId> {
    ok(port.customer_of(&north(), &account(1), ContactId(contact)).await)
}

pub(super) fn account(number: u64) -> AccountKey {
    AccountKey { base_url: "https://chatwoot.example".to_owned(), account: AccountId(number) }
}

pub(super) fn link(contact: u64) -> Link {
    let fingerprint = Fingerprint(format!("written to {contact}"));
    Link::new(account(1), ContactId(contact), fingerprint)
}

pub(super) fn confirmed(contact: u64) -> Settlement {
    Settlement::Confirmed { link: link(contact), quiet: Duration::ZERO, retry_left_out: None }
}

pub(super) fn retry(after: Duration) -> Settlement {
    Settlement::Retry { after, quiet: Duration::ZERO, error: "refused".to_owned() }
}

pub(super) fn parked() -> Settlement {
    parked_quietly(Duration::ZERO)
}

pub(super) fn parked_quietly(quiet: Duration) -> Settlement {
    Settlement::Parked { quiet, error: "refused".to_owned() }
}

pub(super) fn returned() -> Settlement {
    Settlement::Returned { quiet: Duration::ZERO }
}

pub(super) async fn counts(port: &dyn SyncLedger) -> SyncCounts {
    ok(port.counts(None).await)
}

pub(super) async fn holds(port: &dyn SyncLedger, customers: u64, waiting: u64, what: &str) {
    let counts = counts(port).await;
    assert_eq!((counts.customers, counts.waiting), (customers, waiting), "rows, waiting: {what}");
}

pub(super) fn ids(claims: &[SyncClaim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.customer.as_str()).collect()
}

//! The ledger of the sync.

mod plans;
mod processes;
mod tenancy;
mod triggers;

use std::time::Duration;

use examples::test_database::TestDatabase;
use sqlx::AssertSqlSafe;
use store_context::chatwoot::{AccountId, ContactId};
use store_context::model::{AccountKey, CustomerId, StoreId};
use store_context::ports::{ClaimRequest, Fingerprint, Link, Settlement, SyncClaim, SyncLedger};
use store_context_adapters::postgres::PostgresSyncLedger;

store_context::sync_ledger_conformance!(
    async { PostgresSyncLedger::new(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

const LEASE: Duration = Duration::from_mins(1);

/// A ledger of its own, and what it is in.
async fn ledger() -> (TestDatabase, PostgresSyncLedger) {
    let database = TestDatabase::new().await.unwrap();
    let ledger = PostgresSyncLedger::new(database.database.clone());
    (database, ledger)
}

/// A ledger of another process, with a pool of its own.
fn another(database: &TestDatabase) -> PostgresSyncLedger {
    PostgresSyncLedger::new(database.another_process(4).unwrap())
}

fn store(id: &str) -> StoreId {
    StoreId::new(id).unwrap()
}

fn customers(ids: &[&str]) -> Vec<CustomerId> {
    ids.iter().map(|id| CustomerId::new(*id).unwrap()).collect()
}

fn request(limit: usize, lease: Duration) -> ClaimRequest<'static> {
    ClaimRequest { limit, share: limit, bulk: limit, lease, except: &[] }
}

async fn take(ledger: &PostgresSyncLedger, limit: usize) -> Vec<SyncClaim> {
    ledger.claim(request(limit, LEASE)).await.unwrap()
}

fn ids(claims: &[SyncClaim]) -> Vec<&str> {
    let mut ids: Vec<&str> = claims.iter().map(|claim| claim.customer.as_str()).collect();
    ids.sort_unstable();
    ids
}

fn confirmed(claim: &SyncClaim) -> (SyncClaim, Settlement) {
    let account =
        AccountKey { base_url: "https://chatwoot.example".to_owned(), account: AccountId(1) };
    let link = Link {
        holds: vec![format!("email/{}", claim.fence)],
        waits_for: vec!["email/taken".to_owned()],
        ..Link::new(account, ContactId(claim.fence), Fingerprint("written".to_owned()))
    };
    let settlement = Settlement::Confirmed { link, quiet: Duration::ZERO, retry_left_out: None };
    (claim.clone(), settlement)
}

/// A statement for the test's schema.
fn sql(database: &TestDatabase, statement: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.replace("store_context.", &format!("{}.", database.schema())))
}

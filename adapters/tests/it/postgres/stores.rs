//! The stores.

use std::sync::Arc;
use std::time::Duration;

use examples::test_database::TestDatabase;
use store_context::conformance::sample_stores;
use store_context::model::StoreId;
use store_context::ports::{Address, AddressToken, AuditTrail, StoreRecord, Stores};
use store_context_adapters::postgres::{
    Database, KeyId, KeyRing, PostgresAuditTrail, PostgresStores, SealingKey,
};

store_context::stores_conformance!(
    async { stores(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

/// The same of a process that keeps no opened credentials.
mod that_keep_nothing {
    use super::*;

    store_context::stores_conformance!(
        async {
            let database = TestDatabase::new().await.unwrap().database.clone();
            stores(database).keeping(0, Duration::ZERO)
        },
        flavor = "multi_thread",
        worker_threads = 2
    );
}

pub(super) fn key(byte: u8) -> SealingKey {
    SealingKey::new(&[byte; 32])
}

pub(super) fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

pub(super) fn stores(database: Database) -> PostgresStores {
    PostgresStores::new(database, Arc::new(KeyRing::new(id("k1"), key(1))), "test")
}

async fn open(stores: &PostgresStores, id: &StoreId) -> StoreRecord {
    stores.open(id).await.unwrap().unwrap()
}

/// A process that keeps opened credentials serves none that another process replaced, and each
/// opening is in the audit trail: once a version.
#[tokio::test]
async fn kept_credentials_are_never_stale() {
    let database = TestDatabase::new().await.unwrap();
    let (one, two) =
        (stores(database.database.clone()), stores(database.another_process(2).unwrap()));
    let [store, _] = sample_stores();
    one.put(&store).await.unwrap();
    let trail = PostgresAuditTrail::new(database.database.clone());
    let opened = async || trail.entries(&store.id, None, 1_000).await.unwrap().len();
    open(&one, &store.id).await;
    assert_eq!(opened().await, 0, "nothing to open");
    for round in 1..=5_usize {
        let mut record = open(&two, &store.id).await;
        record.credentials.webhook_secret = Some(format!("secret {round}").into());
        record.credentials.proof_key = Some("proofs".into());
        two.save(&record).await.unwrap().unwrap();
        for _ in 0..3 {
            let read = open(&one, &store.id).await;
            let secret = read.credentials.webhook_secret.unwrap();
            assert!(secret == *format!("secret {round}"), "the secret of round {round}");
        }
        // `two` opens the record of each round but the first, which has no secrets.
        assert_eq!(opened().await, 2 * round + 2 * (round - 1), "in round {round}");
    }
    let entry = &trail.entries(&store.id, None, 1).await.unwrap()[0].entry;
    assert_eq!((entry.actor.as_str(), entry.action.as_str()), ("test", "open"));
    assert_eq!((entry.subject.kind(), entry.subject.id()), ("secret", "proof_key"));
}

/// A change whose future is dropped at any point is saved as a whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_change_is_whole_or_nothing() {
    let database = TestDatabase::new().await.unwrap();
    let stores = stores(database.database.clone()).keeping(0, Duration::ZERO);
    let [store, _] = sample_stores();
    stores.put(&store).await.unwrap();
    let (mut saved, mut dropped) = (0, 0);
    for round in 0..60_u64 {
        let mut record = open(&stores, &store.id).await;
        let token = AddressToken::random().unwrap();
        record.credentials.webhook_address = Some(token.clone());
        record.credentials.webhook_secret = Some(token.expose().into());
        record.account.website_token = Some(token.expose().to_owned());
        let patience = Duration::from_micros(200 * round);
        let done = tokio::time::timeout(patience, stores.save(&record)).await;
        // The commit may have been sent, so the reads are repeated if it came between them.
        let (after, found) = loop {
            let before = open(&stores, &store.id).await;
            let found = stores.store_at(Address::Webhook, &token).await.unwrap();
            let after = open(&stores, &store.id).await;
            if before.version == after.version {
                break (after, found);
            }
        };
        let is_new = after.account.website_token.as_deref() == Some(token.expose());
        let secret = after.credentials.webhook_secret;
        assert_eq!(secret.is_some_and(|secret| secret == *token.expose()), is_new);
        assert_eq!(after.credentials.webhook_address.as_ref() == Some(&token), is_new);
        assert_eq!(found.is_some(), is_new);
        assert_eq!(after.version != record.version, is_new);
        if done.is_ok() {
            assert!(is_new, "what was acknowledged is there");
            saved += 1;
        } else {
            dropped += 1;
        }
    }
    assert!(saved > 0 && dropped > 0, "{saved} saved, {dropped} dropped");
}

/// A killed connection fails the call, and the next one has another.
#[tokio::test]
async fn a_killed_connection_is_replaced() {
    let database = TestDatabase::new().await.unwrap();
    let stores = stores(database.database.clone());
    let [store, _] = sample_stores();
    stores.put(&store).await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1";
    sqlx::query(kill).bind(database.role()).execute(&mut owner).await.unwrap();
    // The first call may meet the dead connection.
    let _ = stores.open(&store.id).await;
    assert_eq!(open(&stores, &store.id).await.store, store);
}

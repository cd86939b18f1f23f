//! The ledger of the sync.

use examples::test_database::TestDatabase;
use store_context_adapters::postgres::PostgresSyncLedger;

store_context::sync_ledger_conformance!(
    async { PostgresSyncLedger::new(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

//! Runs the conformance tests of the storage ports from another crate, like an adapter's.
//!
//! The cache is left out: without a paused clock its tests would wait.

use store_context::memory::{
    MemoryActivityLog, MemoryStores, MemorySyncLedger, MemoryWebhookLedger,
};

store_context::activity_conformance!(async { MemoryActivityLog::new() });
store_context::stores_conformance!(async { MemoryStores::new() });
store_context::sync_ledger_conformance!(async { MemorySyncLedger::new() });
store_context::webhook_ledger_conformance!(
    async { MemoryWebhookLedger::new() },
    flavor = "multi_thread",
    worker_threads = 2
);
store_context::webhook_rounds_conformance!(async { MemoryWebhookLedger::new() });

//! The receipts of erasures.

use examples::test_database::TestDatabase;
use store_context_adapters::postgres::PostgresErasures;

async fn erasures() -> PostgresErasures {
    PostgresErasures::new(TestDatabase::new().await.unwrap().database)
}

store_context::erasures_conformance!(erasures(), flavor = "multi_thread", worker_threads = 2);

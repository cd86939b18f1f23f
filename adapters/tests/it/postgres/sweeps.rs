//! The schedule of the sweeps.

use examples::test_database::TestDatabase;
use store_context_adapters::postgres::PostgresSweeps;

store_context::sweeps_conformance!(
    async { PostgresSweeps::new(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

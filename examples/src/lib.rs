//! What several examples share.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod local_postgres;
pub mod local_redis;
pub mod own_database;
pub mod platform_story;
pub mod played;
pub mod serve;
pub mod shop;
pub mod tea_shop;
pub mod tenants;
pub mod test_database;

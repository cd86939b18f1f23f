//! Tests on real servers: Postgres and Redis.
//!
//! A binary of their own, so that a change of a statement does not build all other tests again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod postgres;

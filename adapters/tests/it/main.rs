//! The adapters on real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod postgres;

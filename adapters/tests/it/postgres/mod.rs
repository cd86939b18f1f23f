//! The storage in Postgres, on a real server.

mod migrations;
mod webhooks;

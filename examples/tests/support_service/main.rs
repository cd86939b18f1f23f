//! Tests of the service as its processes run: the built program on real servers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a proof stops at its first fault")]

mod environment;
mod processes;
mod redis;
mod secrets;
mod story;
mod verify;
mod world;

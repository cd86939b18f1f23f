//! Tests of the example as a user runs it: the built program, its exit code, its output, its pages.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a proof stops at its first fault"
)]

mod browser;
mod pages;
mod program;
mod real_server;
mod refusals;
mod story;

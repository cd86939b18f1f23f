//! Real servers for tests, started on this machine and removed after them.

pub mod redis;

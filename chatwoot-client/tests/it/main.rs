//! The core of the client against servers that misbehave: one test a behaviour.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panic")]

mod answers;
#[cfg(feature = "fake")]
mod background;
#[cfg(feature = "fake")]
mod budget;
mod deadline;
mod documents;
mod double;
mod errors;
mod features;
mod handles;
mod limits;
mod raw;
mod request;
mod retry;
mod route;
mod secrets;
mod separation;
mod shapes;
mod size;
mod spans;
mod wire;

//! The HTTP layer of the fake: server, routes, authentication, rate limits, faults.

pub(in crate::fake) mod auth;
pub(in crate::fake) mod faults;
#[cfg(feature = "live")]
mod front;
pub(in crate::fake) mod input;
pub(in crate::fake) mod limits;
pub(in crate::fake) mod multipart;
pub(in crate::fake) mod process;
pub(in crate::fake) mod response;
pub(in crate::fake) mod root;
pub(in crate::fake) mod router;
pub(in crate::fake) mod server;

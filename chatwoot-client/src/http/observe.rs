//! Observing calls: what a host's metrics and alerts are told of each call that ended.

use std::time::Duration;

use crate::error::Error;
use crate::http::Op;

/// A call that ended, as a [`CallObserver`] sees it. It holds no token, path, query or body.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallReport<'a> {
    /// The operation, such as `contacts.update`.
    pub operation: &'static str,
    /// The base URL of the server.
    pub base_url: &'a str,
    /// The account in the call's path, if it has one.
    pub account: Option<&'a str>,
    /// How many requests were sent; 0 if the call failed before the first.
    pub attempts: u32,
    /// How long the call took, with its waits.
    pub elapsed: Duration,
    /// Why it failed. A response that cannot be decoded is no failure here.
    pub error: Option<&'a Error>,
}

/// Is told of each call of a client that ended; see
/// [`Client::observed_by`](crate::Client::observed_by).
///
/// It is called where the call is awaited, so it should return at once.
///
/// ```
/// use chatwoot_client::http::{CallObserver, CallReport};
///
/// /// Prints what failed.
/// struct PrintFailures;
///
/// impl CallObserver for PrintFailures {
///     fn call_ended(&self, call: &CallReport<'_>) {
///         if let Some(error) = call.error {
///             eprintln!("{} after {:?}: {error}", call.operation, call.elapsed);
///         }
///     }
/// }
/// ```
pub trait CallObserver: Send + Sync {
    /// Is called when a call has ended.
    fn call_ended(&self, call: &CallReport<'_>);
}

impl<'a> CallReport<'a> {
    pub(crate) fn new(op: &Op, base_url: &'a str, account: Option<&'a str>) -> Self {
        let (attempts, elapsed) = (0, Duration::ZERO);
        Self { operation: op.name, base_url, account, attempts, elapsed, error: None }
    }
}

//! Requests for operations that have no method.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::op::{Op, TokenKind};
use crate::error::Error;

/// A request for an operation that has no method; from
/// [`Account::request`](crate::Account::request), [`Platform::request`](crate::Platform::request)
/// and [`PublicInbox::request`](crate::PublicInbox::request).
///
/// It is sent when it is awaited, with the token, retries, limits, errors and spans of every other
/// call, and decodes into any type. [`RawRequest::into_call`] allows to set its timeout and
/// deadline.
#[must_use = "a request is sent when it is awaited"]
pub struct RawRequest<'a, T> {
    call: Call<'a, T>,
}

impl<'a, T> RawRequest<'a, T> {
    /// Creates a request on a handle of one kind of API.
    pub(crate) fn new(mut call: Call<'a, T>, op: Op, kind: TokenKind) -> Self {
        // Without the slash the path could extend the host name of the base URL.
        if !op.path.starts_with('/') {
            call.refuse("the path of the operation begins with no `/`");
        } else if op.token() != kind {
            call.refuse("the path of the operation is of another API than this handle's");
        }
        Self { call }
    }

    /// Fills a `{parameter}` of the path; the value is percent-encoded.
    pub fn path(mut self, name: &'static str, value: impl ToString) -> Self {
        self.call = self.call.path(name, value);
        self
    }

    /// Adds query parameters; a list repeats its key, whose name ends in `[]`.
    pub fn query(mut self, query: &impl Serialize) -> Self {
        self.call = self.call.query(query);
        self
    }

    /// Sets the body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.call = self.call.json(body);
        self
    }

    /// Converts it into a [`Call`], which has a timeout, a deadline and the response's metadata.
    pub fn into_call(self) -> Call<'a, T> {
        self.call
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> IntoFuture for RawRequest<'a, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        self.call.into_future()
    }
}

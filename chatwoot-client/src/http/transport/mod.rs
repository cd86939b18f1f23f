//! The transport: a small trait over `http` types, so that a test or a host can provide its own.

use crate::error::ErrorKind;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::http::Body;

#[cfg(feature = "reqwest-rustls")]
mod reqwest;
#[cfg(feature = "reqwest-rustls")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder};

/// Sends one request and reads the whole response.
///
/// A body may be a [form](Body::Form) with files on disk: a transport that does not stream sends
/// [`Body::to_bytes`]. The [`ResponseLimit`](crate::http::ResponseLimit) among the request's
/// extensions is the number of bytes of the response to read: a transport that reads in chunks
/// stops there. A transport neither retries nor follows redirects: it reports the result of one
/// request.
///
/// ```
/// use bytes::Bytes;
/// use chatwoot_client::{Client, Transport};
/// use chatwoot_client::http::Body;
/// use chatwoot_client::http::transport::TransportError;
///
/// #[derive(Debug)]
/// struct Offline;
///
/// #[async_trait::async_trait]
/// impl Transport for Offline {
///     async fn send(
///         &self,
///         _: http::Request<Body>,
///         _: std::time::Duration,
///     ) -> Result<http::Response<Bytes>, TransportError> {
///         Err(TransportError::connect("no network here"))
///     }
/// }
///
/// let client = Client::builder("https://chatwoot.example.com").transport(Offline).build().unwrap();
/// # drop(client);
/// ```
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends `request` and returns the response within `timeout`, or an error with its kind.
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// The kind of a failed request: it decides whether sending it again is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was established: the server did not receive the request.
    Connect,
    /// No response in time: the server may have processed the request.
    Timeout,
    /// The connection broke while sending or reading: the server may have processed the request.
    Interrupted,
    /// The response is larger than the limit.
    TooLarge,
    /// The request could not be built.
    Request,
}

impl From<TransportErrorKind> for ErrorKind {
    fn from(kind: TransportErrorKind) -> Self {
        match kind {
            TransportErrorKind::Connect => Self::Connect,
            TransportErrorKind::Timeout => Self::Timeout,
            TransportErrorKind::Interrupted => Self::Interrupted,
            TransportErrorKind::TooLarge => Self::Decode,
            TransportErrorKind::Request => Self::Request,
        }
    }
}

/// The error of a request that got no response.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// Creates an error of `kind`; `message` must not contain a token or a query.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Creates an error of the kind [`Connect`](TransportErrorKind::Connect).
    pub fn connect(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Connect, message)
    }

    /// Creates an error of the kind [`Timeout`](TransportErrorKind::Timeout).
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Timeout, message)
    }

    /// Creates an error of the kind [`Interrupted`](TransportErrorKind::Interrupted).
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Interrupted, message)
    }

    /// Adds the source of the error.
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the kind of the error.
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

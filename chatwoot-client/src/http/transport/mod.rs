//! How requests leave: one small trait over `http` types, so that a test or a host can bring its own.

use crate::error::ErrorKind;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::http::Body;

#[cfg(feature = "reqwest-rustls")]
mod reqwest;
#[cfg(feature = "reqwest-rustls")]
#[cfg(feature = "reqwest-rustls")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder};

/// Sends one request and reads the whole answer.
///
/// A body may be a [form](Body::Form) with files on disk: a transport that has no use for
/// streaming sends [`Body::to_bytes`].
/// The [`ResponseLimit`](crate::http::ResponseLimit) among the request's extensions says how much of the
/// answer to read: a transport that reads piece by piece stops there.
/// It neither retries nor follows redirects: what it reports is what happened once.
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
    /// Sends `request` and answers within `timeout`, or says what went wrong and when.
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// When a request failed on its way: it decides whether sending again is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was made: the server saw nothing.
    Connect,
    /// No answer in time: the server may have done it.
    Timeout,
    /// The connection broke while sending or reading: the server may have done it.
    Interrupted,
    /// The answer is larger than the transport reads.
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

/// A request that got no answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// An error of `kind`; `message` must name no token and no query.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// No connection was made.
    pub fn connect(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Connect, message)
    }

    /// No answer in time.
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Timeout, message)
    }

    /// The connection broke.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Interrupted, message)
    }

    /// Adds what caused it.
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// When it failed.
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

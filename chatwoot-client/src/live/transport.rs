//! The transport of live feeds: a small trait, so that a test or a host can provide its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

/// Opens connections to the live feed of a server.
///
/// A transport neither subscribes nor reconnects: it opens one WebSocket and passes text frames on
/// unchanged.
///
/// ```
/// use chatwoot_client::Client;
/// use chatwoot_client::live::{
///     LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
/// };
///
/// #[derive(Debug)]
/// struct Offline;
///
/// #[async_trait::async_trait]
/// impl LiveTransport for Offline {
///     async fn connect(
///         &self,
///         request: LiveRequest,
///     ) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
///         assert_eq!(request.url.as_str(), "wss://chatwoot.example.com/cable");
///         Err(LiveTransportError::new(LiveTransportErrorKind::Connect, "no network here"))
///     }
/// }
///
/// let builder = Client::builder("https://chatwoot.example.com").live_transport(Offline);
/// # drop(builder);
/// ```
#[async_trait]
pub trait LiveTransport: Send + Sync + fmt::Debug {
    /// Opens a WebSocket to `request.url` within `request.timeout`.
    ///
    /// It sends `request.origin` as `Origin`, asks for the subprotocol [`SUBPROTOCOL`], and limits
    /// frames to `request.max_frame_bytes`.
    async fn connect(
        &self,
        request: LiveRequest,
    ) -> Result<Box<dyn LiveConnection>, LiveTransportError>;
}

/// An open WebSocket to a server's live feed.
#[async_trait]
pub trait LiveConnection: Send + fmt::Debug {
    /// Sends a text frame.
    async fn send(&mut self, text: String) -> Result<(), LiveTransportError>;

    /// Returns the next text frame, or `None` once the server has closed the connection.
    ///
    /// A connection reads no more than it is asked for, so that a consumer that reads slowly slows
    /// the server down and nothing is dropped. The future can be dropped at any point without
    /// losing a frame.
    async fn receive(&mut self) -> Result<Option<String>, LiveTransportError>;

    /// Closes the connection; the result does not matter.
    async fn close(&mut self);
}

/// The subprotocol that a live feed speaks: the JSON coder of Rails' Action Cable.
pub const SUBPROTOCOL: &str = "actioncable-v1-json";

/// A connection to open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveRequest {
    /// The address of the live feed: `ws` or `wss`, with the path `/cable`. It contains no secret.
    pub url: Url,
    /// The value of the header `Origin`: scheme and host of the server's own address, without
    /// which it refuses the connection.
    pub origin: String,
    /// The maximum size of a received message, in bytes: a larger one ends the connection with
    /// [`TooLarge`](LiveTransportErrorKind::TooLarge).
    pub max_frame_bytes: usize,
    /// How long opening the connection may take.
    pub timeout: Duration,
}

impl LiveRequest {
    /// Creates a request.
    pub fn new(
        url: Url,
        origin: impl Into<String>,
        max_frame_bytes: usize,
        timeout: Duration,
    ) -> Self {
        Self { url, origin: origin.into(), max_frame_bytes, timeout }
    }
}

/// The kind of a failed connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LiveTransportErrorKind {
    /// No connection was established, or the server refused to upgrade it to a WebSocket.
    Connect,
    /// The connection was not established in time.
    Timeout,
    /// The connection broke.
    Interrupted,
    /// A frame is larger than the limit.
    TooLarge,
    /// The server violated the WebSocket protocol.
    Protocol,
}

/// The error of a connection that could not be opened, or that broke.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct LiveTransportError {
    kind: LiveTransportErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LiveTransportError {
    /// Creates an error of `kind`; `message` must not contain a token or a frame's content.
    pub fn new(kind: LiveTransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
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
    pub const fn kind(&self) -> LiveTransportErrorKind {
        self.kind
    }
}

/// The transport of a client's live feeds.
#[derive(Clone, Debug)]
pub(crate) struct Opener(Arc<dyn LiveTransport>);

impl Opener {
    pub(crate) fn new(transport: impl LiveTransport + 'static) -> Self {
        Self(Arc::new(transport))
    }

    pub(super) fn transport(&self) -> &Arc<dyn LiveTransport> {
        &self.0
    }
}

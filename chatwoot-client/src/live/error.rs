//! The error that ends a connection to a live feed.

use std::fmt;

use crate::live::{LiveTransportError, LiveTransportErrorKind};

/// The kind of a [`LiveError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LiveErrorKind {
    /// The token of the subscription could not be read from the API.
    Token,
    /// The server did not confirm the subscription: the token is not taken.
    NotTaken,
    /// No connection was established.
    Connect,
    /// The connection was not established in time.
    Timeout,
    /// The connection broke.
    Interrupted,
    /// The server closed the connection.
    Closed,
    /// The server sent nothing, not even a ping, for longer than the ping timeout.
    Silent,
    /// A frame is larger than the limit.
    TooLarge,
    /// The server violated the protocol.
    Protocol,
}

/// The reason why a live feed is not connected. It contains no token and nothing of a frame.
///
/// ```
/// use chatwoot_client::live::{LiveError, LiveErrorKind};
///
/// fn is_misconfigured(error: &LiveError) -> bool {
///     matches!(error.kind(), LiveErrorKind::Token | LiveErrorKind::NotTaken)
/// }
/// assert!(!is_misconfigured(&LiveError::new(LiveErrorKind::Silent, "no ping")));
/// ```
#[derive(Debug)]
pub struct LiveError {
    kind: LiveErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LiveError {
    /// Creates an error of `kind`; `message` must not contain a token or a frame's content.
    pub fn new(kind: LiveErrorKind, message: impl Into<String>) -> Self {
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
    pub const fn kind(&self) -> LiveErrorKind {
        self.kind
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<LiveTransportError> for LiveError {
    fn from(error: LiveTransportError) -> Self {
        let kind = match error.kind() {
            LiveTransportErrorKind::Connect => LiveErrorKind::Connect,
            LiveTransportErrorKind::Timeout => LiveErrorKind::Timeout,
            LiveTransportErrorKind::Interrupted => LiveErrorKind::Interrupted,
            LiveTransportErrorKind::TooLarge => LiveErrorKind::TooLarge,
            LiveTransportErrorKind::Protocol => LiveErrorKind::Protocol,
        };
        let message = error.to_string();
        Self::new(kind, message).with_source(error)
    }
}

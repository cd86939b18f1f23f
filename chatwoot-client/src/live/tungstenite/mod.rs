//! The transport of live feeds on tokio-tungstenite with rustls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::{Host, Url};

use self::tls::Tls;
use crate::live::{
    LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
    SUBPROTOCOL,
};

mod tls;

/// Opens connections with tokio-tungstenite: rustls with the platform's certificate roots, no proxy,
/// no compression.
///
/// It has the TLS settings of [`ReqwestTransport`](crate::ReqwestTransport), except for the
/// environment's proxy, which it does not use. TLS is set up at the first connection to a `wss`
/// address and shared by all further ones.
///
/// ```
/// use chatwoot_client::Client;
/// use chatwoot_client::live::TungsteniteTransport;
///
/// # fn example(pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let transport = TungsteniteTransport::with_root_certificates(pem)?;
/// let client = Client::builder("https://chatwoot.example.com").live_transport(transport).build()?;
/// # drop(client);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct TungsteniteTransport {
    tls: Arc<Tls>,
}

impl fmt::Debug for TungsteniteTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TungsteniteTransport").finish_non_exhaustive()
    }
}

impl TungsteniteTransport {
    /// Creates a transport that trusts the platform's certificate roots.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a transport that trusts the certificates in this PEM text in addition to the
    /// platform's, for a company's own certificate authority.
    ///
    /// # Errors
    /// The text contains no certificate in PEM form, or an invalid one.
    pub fn with_root_certificates(pem: &[u8]) -> Result<Self, LiveTransportError> {
        Ok(Self { tls: Arc::new(Tls::trusting(pem)?) })
    }

    async fn open(
        &self,
        request: &LiveRequest,
    ) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
        let (host, port) = address(&request.url)?;
        let connecting = TcpStream::connect((host.as_str(), port));
        let tcp = connecting.await.map_err(|error| unreachable(error, "could not connect"))?;
        // A subscription is one small frame; without this it may wait for a full segment.
        let _slower = tcp.set_nodelay(true);
        if request.url.scheme() != "wss" {
            return upgrade(request, tcp).await;
        }
        let name = ServerName::try_from(host).map_err(|error| {
            let message = "the host's name cannot be in a certificate";
            LiveTransportError::new(LiveTransportErrorKind::Connect, message).with_source(error)
        })?;
        let handshake = TlsConnector::from(self.tls.config()?).connect(name, tcp);
        let tls = handshake.await.map_err(|error| unreachable(error, "TLS failed"))?;
        upgrade(request, tls).await
    }
}

#[async_trait]
impl LiveTransport for TungsteniteTransport {
    async fn connect(
        &self,
        request: LiveRequest,
    ) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
        let opened = tokio::time::timeout(request.timeout, self.open(&request)).await;
        opened.unwrap_or_else(|_| {
            let message = "no connection in time";
            Err(LiveTransportError::new(LiveTransportErrorKind::Timeout, message))
        })
    }
}

/// Returns the host as the resolver and TLS take it, and the port.
fn address(url: &Url) -> Result<(String, u16), LiveTransportError> {
    let host = match url.host() {
        Some(Host::Domain(name)) => Some(name.to_owned()),
        Some(Host::Ipv4(address)) => Some(address.to_string()),
        // Without the brackets of a URL.
        Some(Host::Ipv6(address)) => Some(address.to_string()),
        None => None,
    };
    let default = if url.scheme() == "wss" { 443 } else { 80 };
    let port = url.port().unwrap_or(default);
    host.map(|host| (host, port)).ok_or_else(|| {
        LiveTransportError::new(LiveTransportErrorKind::Connect, "the address has no host")
    })
}

fn unreachable(error: std::io::Error, message: &str) -> LiveTransportError {
    LiveTransportError::new(LiveTransportErrorKind::Connect, message).with_source(error)
}

/// Upgrades an open connection to a WebSocket.
async fn upgrade<S>(
    request: &LiveRequest,
    stream: S,
) -> Result<Box<dyn LiveConnection>, LiveTransportError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let handshake = handshake(request).map_err(|error| failed(error, true))?;
    let config = WebSocketConfig::default()
        // Lines are many and mostly idle, and a buffer of this size is allocated for each.
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(request.max_frame_bytes))
        .max_frame_size(Some(request.max_frame_bytes));
    let (socket, _) = client_async_with_config(handshake, stream, Some(config))
        .await
        .map_err(|error| failed(error, true))?;
    Ok(Box::new(Connection(socket)))
}

/// The initial size of a connection's read buffer, which grows to the size of a frame.
const READ_BUFFER: usize = 4 * 1024;

fn handshake(request: &LiveRequest) -> Result<Request, Error> {
    let mut handshake = request.url.as_str().into_client_request()?;
    let headers = handshake.headers_mut();
    headers.insert(ORIGIN, HeaderValue::try_from(&request.origin)?);
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(handshake)
}

struct Connection<S>(WebSocketStream<S>);

impl<S> fmt::Debug for Connection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// How long closing a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

#[async_trait]
impl<S: AsyncRead + AsyncWrite + Send + Unpin> LiveConnection for Connection<S> {
    async fn send(&mut self, text: String) -> Result<(), LiveTransportError> {
        self.0.send(Message::text(text)).await.map_err(|error| failed(error, false))
    }

    async fn receive(&mut self) -> Result<Option<String>, LiveTransportError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Some(text.as_str().to_owned())),
                // Control frames are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                None
                | Some(
                    Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed),
                ) => return Ok(None),
                Some(Ok(Message::Binary(_))) => {
                    let message = "the server sent a binary frame";
                    let kind = LiveTransportErrorKind::Protocol;
                    return Err(LiveTransportError::new(kind, message));
                }
                Some(Err(error)) => return Err(failed(error, false)),
            }
        }
    }

    async fn close(&mut self) {
        // If the other side is gone, dropping the connection is all that is left to do.
        let _gone = tokio::time::timeout(CLOSE_TIMEOUT, self.0.close(None)).await;
    }
}

/// Converts an error of the library. What it carries of the server's answer stays out: a refusal
/// may have a page with cookies.
fn failed(error: Error, connecting: bool) -> LiveTransportError {
    use LiveTransportErrorKind as Kind;
    let broken = if connecting { Kind::Connect } else { Kind::Interrupted };
    match error {
        Error::Http(response) => {
            let status = response.status().as_u16();
            let message = format!("the server refused the WebSocket with status {status}");
            LiveTransportError::new(Kind::Connect, message)
        }
        Error::Io(error) => {
            LiveTransportError::new(broken, "the connection broke").with_source(error)
        }
        Error::Capacity(error) => {
            let message = "a frame is larger than the limit";
            LiveTransportError::new(Kind::TooLarge, message).with_source(error)
        }
        Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake
            | ProtocolError::HandshakeIncomplete
            | ProtocolError::ReceivedAfterClosing
            | ProtocolError::SendAfterClosing,
        )
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::WriteBufferFull(_) => LiveTransportError::new(broken, "the connection broke"),
        Error::Protocol(error) => {
            let message = "the server violated the WebSocket protocol";
            LiveTransportError::new(Kind::Protocol, message).with_source(error)
        }
        _ => LiveTransportError::new(Kind::Protocol, "the server violated the WebSocket protocol"),
    }
}

#[cfg(test)]
mod tests;

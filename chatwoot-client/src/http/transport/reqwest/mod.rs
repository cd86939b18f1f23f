//! The transport on reqwest with rustls.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HeaderValue};

pub use self::builder::ReqwestTransportBuilder;
use crate::http::Body;
use crate::http::ResponseLimit;
use crate::http::loopback::is_loopback;
use crate::http::transport::{Transport, TransportError, TransportErrorKind};

mod builder;
mod stream;

/// Sends requests with reqwest: pooled connections, rustls, gzip, no redirects.
///
/// Requests to this machine itself (`localhost`, a name below it, or an address of the loopback
/// interface) never use a proxy. For any other host reqwest uses the environment's proxy. Over
/// `https` a proxy sees only the host name; over plain `http` it sees the whole request with its
/// token.
///
/// It uses HTTP/1.1, and HTTP/2 if the host application enables the `http2` feature of its own
/// reqwest (0.13): that adds a tenth to the build time, and no call to Chatwoot is faster with it.
///
/// ```
/// use chatwoot_client::ReqwestTransport;
///
/// let transport = ReqwestTransport::new().unwrap();
/// # drop(transport);
/// ```
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    // Without a proxy, for this machine itself; `None` if the host application configured the
    // client.
    direct: Option<reqwest::Client>,
}

impl fmt::Debug for ReqwestTransport {
    /// Omits the client: a proxy's URL or a default header may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

impl ReqwestTransport {
    /// Creates a transport with the platform's certificate roots and the environment's proxy.
    ///
    /// # Errors
    /// The TLS backend could not start.
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// Returns a builder for a transport with a proxy or certificates of your own.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::new()
    }

    /// Creates a transport from a reqwest client builder with settings that
    /// [`ReqwestTransport::builder`] does not have: resolver, client certificate, pool.
    ///
    /// It takes the builder, not the client: a client that follows redirects would send the token
    /// to their targets, so redirects and reqwest's own retries are turned off here.
    ///
    /// The builder's proxies also apply to this machine itself: unless it has `no_proxy`, or its
    /// proxies have a `reqwest::NoProxy`, the environment's proxy is used for all requests.
    ///
    /// # Errors
    /// The settings contradict each other, or the TLS backend could not start.
    pub fn from_builder(client: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        Ok(Self { client: built(client)?, direct: None })
    }

    /// Uses the second client, which has no proxy, for requests to this machine itself.
    pub(super) fn from_builders(
        client: reqwest::ClientBuilder,
        direct: reqwest::ClientBuilder,
    ) -> Result<Self, TransportError> {
        Ok(Self { client: built(client)?, direct: Some(built(direct.no_proxy())?) })
    }
}

fn built(client: reqwest::ClientBuilder) -> Result<reqwest::Client, TransportError> {
    client
        .redirect(reqwest::redirect::Policy::none())
        // Only this crate decides about retries.
        .retry(reqwest::retry::never())
        .build()
        .map_err(|error| refused(error, TransportErrorKind::Request))
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        mut request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if let Body::Form(_) = request.body() {
            // The length is known: a server need not support chunked encoding.
            let length = HeaderValue::from(request.body().len());
            request.headers_mut().insert(CONTENT_LENGTH, length);
        }
        let (head, body) = request.into_parts();
        let limit = head.extensions.get::<ResponseLimit>().copied().unwrap_or_default();
        let body = match body {
            Body::Bytes(bytes) => bytes.into(),
            Body::Form(form) => {
                stream::check(&form).await?;
                reqwest::Body::wrap_stream(stream::chunks(&form))
            }
        };
        let request = http::Request::from_parts(head, body);
        let mut request = reqwest::Request::try_from(request)
            .map_err(|error| refused(error, TransportErrorKind::Request))?;
        *request.timeout_mut() = Some(timeout);
        let client = match &self.direct {
            Some(direct) if is_loopback(request.url()) => direct,
            _ => &self.client,
        };
        let mut answer = client.execute(request).await.map_err(failed)?;
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = read(answer, limit).await?;
        Ok(response)
    }
}

/// Reads the body while it is decompressed, and stops at the limit: a small gzip can contain a
/// large body.
async fn read(
    mut answer: reqwest::Response,
    limit: ResponseLimit,
) -> Result<Bytes, TransportError> {
    let success = answer.status().is_success();
    let most = limit.of(answer.status());
    let announced = answer.content_length().unwrap_or(0);
    if success && announced > most as u64 {
        return Err(limit.exceeded());
    }
    let mut body = Bytes::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        let left = most - body.len();
        if success && chunk.len() > left {
            return Err(limit.exceeded());
        }
        if success && body.is_empty() {
            // Most bodies are one chunk, which is not copied. A refusal is: its error may be kept
            // for long, and the read buffer with it.
            body = chunk;
            continue;
        }
        let mut both = BytesMut::from(body);
        both.extend_from_slice(chunk.get(..left).unwrap_or(&chunk));
        body = both.freeze();
        if chunk.len() > left {
            break;
        }
    }
    Ok(body)
}

fn failed(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_builder() {
        TransportErrorKind::Request
    } else {
        TransportErrorKind::Interrupted
    };
    refused(error, kind)
}

pub(super) fn refused(error: reqwest::Error, kind: TransportErrorKind) -> TransportError {
    let message = match kind {
        TransportErrorKind::Connect => "could not connect",
        TransportErrorKind::Timeout => "no response in time",
        TransportErrorKind::Interrupted => "the connection broke before the response was complete",
        _ => "the request could not be sent",
    };
    // Without its URL: a query may contain personal data.
    TransportError::new(kind, message).with_source(error.without_url())
}

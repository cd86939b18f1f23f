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
/// interface) go through no proxy, whatever the environment names. For any other host reqwest
/// takes the environment's proxy. Over `https` a proxy sees the host's name alone; over plain
/// `http` it sees the whole request with its token.
///
/// It speaks HTTP/1.1, and HTTP/2 where the host enables the `http2` feature of its own reqwest
/// (0.13): a tenth of a build, for which no call to a Chatwoot is faster.
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
    // Without a proxy, for this machine itself; `None` where the host configured the client.
    direct: Option<reqwest::Client>,
}

impl fmt::Debug for ReqwestTransport {
    /// Without the client inside: a proxy's address or a default header may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

impl ReqwestTransport {
    /// A transport with the platform's certificate roots and the environment's proxy.
    ///
    /// # Errors
    /// The TLS backend could not start.
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// A transport with a proxy or certificates of your own.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::new()
    }

    /// Uses a reqwest client that the host configured further than
    /// [`ReqwestTransport::builder`] can: resolver, client certificate, pool.
    ///
    /// It takes the builder, not the client: a client that follows redirects would carry the token
    /// to wherever they point, so redirects and reqwest's own retries are turned off here.
    ///
    /// Proxies are as the builder says, also for this machine itself: unless it says `no_proxy`,
    /// or names its proxies with a `reqwest::NoProxy`, the environment's proxy is used for all.
    ///
    /// # Errors
    /// The settings contradict each other, or the TLS backend could not start.
    pub fn from_builder(client: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        Ok(Self { client: built(client)?, direct: None })
    }

    /// Uses the second client, which has no proxy, for this machine itself.
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
        // A retry is decided by this crate alone.
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
            // The length is known: a server need not take chunks.
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

/// Reads the body as it inflates, and stops at the limit: a small gzip can hide a large one.
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
    let mut body = BytesMut::new();
    while let Some(mut chunk) = answer.chunk().await.map_err(failed)? {
        let left = most - body.len();
        if chunk.len() > left {
            if success {
                return Err(limit.exceeded());
            }
            chunk.truncate(left);
            body.extend_from_slice(&chunk);
            break;
        }
        if body.is_empty() {
            body = BytesMut::from(chunk);
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body.freeze())
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
        TransportErrorKind::Timeout => "no answer in time",
        TransportErrorKind::Interrupted => "the connection broke before the whole answer came",
        _ => "the request could not be sent",
    };
    // Without its URL: a query may hold personal data.
    TransportError::new(kind, message).with_source(error.without_url())
}

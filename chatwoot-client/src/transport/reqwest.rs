//! The transport on reqwest with rustls.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HeaderValue};

use super::reqwest_builder::ReqwestTransportBuilder;
use super::{Transport, TransportError, TransportErrorKind};
use crate::body::Body;

mod stream;

/// The largest answer read, in bytes: no answer of Chatwoot comes near it.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Sends requests with reqwest: pooled connections, rustls, gzip, no redirects.
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
pub struct ReqwestTransport(reqwest::Client);

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
    /// # Errors
    /// The settings contradict each other, or the TLS backend could not start.
    pub fn from_builder(client: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        client
            .redirect(reqwest::redirect::Policy::none())
            // A retry is decided by this crate alone.
            .retry(reqwest::retry::never())
            .build()
            .map(Self)
            .map_err(|error| refused(error, TransportErrorKind::Request))
    }
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
        let mut answer = self.0.execute(request).await.map_err(failed)?;
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = read(answer).await?;
        Ok(response)
    }
}

/// Reads the body as it inflates, and stops at [`MAX_ANSWER`]: a small gzip can hide a large one.
async fn read(mut answer: reqwest::Response) -> Result<Bytes, TransportError> {
    let announced = answer.content_length().unwrap_or(0);
    if announced > MAX_ANSWER as u64 {
        return Err(too_large());
    }
    let Some(first) = answer.chunk().await.map_err(failed)? else {
        return Ok(Bytes::new());
    };
    let mut body = BytesMut::from(first);
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large() -> TransportError {
    let megabytes = MAX_ANSWER / (1024 * 1024);
    let message = format!("the answer is larger than {megabytes} MiB and is not read");
    TransportError::new(TransportErrorKind::TooLarge, message)
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

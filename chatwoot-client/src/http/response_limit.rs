//! The maximum size of a response body.

use bytes::Bytes;
use http::StatusCode;

use crate::http::transport::{TransportError, TransportErrorKind};

const MEBIBYTE: usize = 1024 * 1024;

/// How many bytes of a response body are read, counted after decompression.
///
/// The client puts it into the [extensions](http::Request::extensions) of each request. A
/// [`Transport`](crate::http::transport::Transport) that reads in chunks stops at the limit; if a
/// transport returns a complete body, the client itself rejects or truncates a larger one.
///
/// ```
/// use chatwoot_client::http::ResponseLimit;
///
/// let limit = ResponseLimit::default();
/// assert_eq!(limit.of(http::StatusCode::OK), 16 * 1024 * 1024);
/// assert_eq!(limit.of(http::StatusCode::UNPROCESSABLE_ENTITY), 64 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseLimit {
    /// For a successful response: a larger one is an error.
    pub success: usize,
    /// For any other status: a larger body is truncated.
    pub refusal: usize,
}

impl Default for ResponseLimit {
    fn default() -> Self {
        Self { success: 16 * MEBIBYTE, refusal: 64 * 1024 }
    }
}

impl ResponseLimit {
    /// Returns how much of a response with this status is read.
    pub fn of(&self, status: StatusCode) -> usize {
        if status.is_success() { self.success } else { self.refusal }
    }

    /// Returns the error for a successful response that is larger, for a transport to report.
    pub fn exceeded(&self) -> TransportError {
        let size = match self.success {
            bytes if bytes >= MEBIBYTE && bytes % MEBIBYTE == 0 => {
                format!("{} MiB", bytes / MEBIBYTE)
            }
            bytes => format!("{bytes} bytes"),
        };
        let message = format!(
            "the response is larger than {size} and is not read: ask for less at once, such as a \
             shorter period, or raise ClientBuilder::response_limit"
        );
        TransportError::new(TransportErrorKind::TooLarge, message)
    }

    /// Applies the limit to a body that was returned complete.
    pub(crate) fn hold(
        &self,
        answer: http::Response<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let limit = self.of(answer.status());
        if answer.body().len() <= limit {
            Ok(answer)
        } else if answer.status().is_success() {
            Err(self.exceeded())
        } else {
            // Copied, so that the rest is not kept in memory.
            Ok(answer.map(|body| Bytes::copy_from_slice(body.get(..limit).unwrap_or(&body))))
        }
    }
}

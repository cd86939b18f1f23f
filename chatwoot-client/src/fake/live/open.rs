//! The opening of lines: who is let in, in process and over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{sleep, timeout};

use crate::fake::FakeChatwoot;
use crate::fake::http::faults::FaultKind;
use crate::fake::http::input::Input;
use crate::fake::live::line::Line;
use crate::live::{
    LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
};

/// The path of the feed.
const PATH: &str = "/cable";

/// A request for a line.
#[derive(Debug)]
pub(in crate::fake) struct Handshake<'a> {
    /// Path and query.
    pub(in crate::fake) target: &'a str,
    /// The header `Origin`.
    pub(in crate::fake) origin: &'a str,
    /// The server's own address.
    pub(in crate::fake) own_origin: &'a str,
}

/// Why there is no line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Refusal {
    /// A response with this status instead.
    Status(u16, Bytes),
    /// There is no connection.
    NoConnection,
    /// The connection breaks.
    Reset,
    /// There is no response.
    NoResponse,
}

impl FakeChatwoot {
    /// Opens a line, or says why not, and how long that takes. The faults of requests apply, the
    /// rate limits too.
    pub(in crate::fake) fn open_line(
        &self,
        asked: &Handshake<'_>,
        max_bytes: usize,
    ) -> (Duration, Result<Line, Refusal>) {
        let mut request = ::http::Request::new(Bytes::new());
        if let Ok(uri) = asked.target.parse() {
            *request.uri_mut() = uri;
        }
        let input = Input::read(&request);
        let mut delay = Duration::ZERO;
        let mut refusal = None;
        for fault in self.strike(&request, &input) {
            let refused = match fault {
                FaultKind::Delay(by) | FaultKind::LateBy(by) => {
                    delay += by;
                    continue;
                }
                FaultKind::Respond { status, body } => Refusal::Status(status, body),
                FaultKind::ErrorBefore | FaultKind::ErrorAfter => {
                    Refusal::Status(500, Bytes::new())
                }
                FaultKind::RateLimited => too_many(),
                FaultKind::NoConnection => Refusal::NoConnection,
                FaultKind::ResetBefore | FaultKind::ResetBeforeResponse => Refusal::Reset,
                FaultKind::TimeoutBefore | FaultKind::TimeoutAfter => Refusal::NoResponse,
            };
            refusal.get_or_insert(refused);
        }
        let refusal = self.working(|state| {
            let now = state.now();
            let refusal = refusal.or_else(|| {
                if !state.windows.admit(&input, now.as_second()) {
                    return Some(too_many());
                }
                // As Rails refuses whoever is on another page.
                let right = input.path == PATH && asked.origin == asked.own_origin;
                (!right).then(|| Refusal::Status(404, Bytes::from_static(b"Page not found")))
            });
            let status = match &refusal {
                None => Some(101),
                Some(Refusal::Status(status, _)) => Some(*status),
                Some(Refusal::NoConnection | Refusal::Reset | Refusal::NoResponse) => None,
            };
            state.journal.record(&input, status, now);
            refusal
        });
        let line = refusal.map_or_else(|| Ok(Line::open(self, max_bytes)), Err);
        (delay, line)
    }
}

fn too_many() -> Refusal {
    Refusal::Status(429, Bytes::from_static(b"Retry later\n"))
}

/// Returns the origin of the pages of a WebSocket's server.
fn page_origin(request: &LiveRequest) -> String {
    let mut url = request.url.clone();
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    match url.set_scheme(scheme) {
        Ok(()) => url.origin().ascii_serialization(),
        Err(()) => String::new(),
    }
}

#[async_trait]
impl LiveTransport for FakeChatwoot {
    async fn connect(
        &self,
        request: LiveRequest,
    ) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
        let own_origin = page_origin(&request);
        let asked = Handshake {
            target: request.url.path(),
            origin: &request.origin,
            own_origin: &own_origin,
        };
        let (delay, opened) = self.open_line(&asked, request.max_frame_bytes);
        let opened = timeout(request.timeout, async {
            if !delay.is_zero() {
                sleep(delay).await;
            }
            if opened.as_ref().is_err_and(|refusal| *refusal == Refusal::NoResponse) {
                std::future::pending::<()>().await;
            }
            opened
        });
        match opened.await {
            Ok(Ok(line)) => Ok(Box::new(line)),
            Ok(Err(Refusal::Status(status, _))) => Err(LiveTransportError::new(
                LiveTransportErrorKind::Connect,
                format!("the server refused the WebSocket with status {status}"),
            )),
            Ok(Err(_)) => {
                Err(LiveTransportError::new(LiveTransportErrorKind::Connect, "no connection"))
            }
            Err(_) => {
                let message = "no connection in time";
                Err(LiveTransportError::new(LiveTransportErrorKind::Timeout, message))
            }
        }
    }
}

//! A line: the client's end of an open connection to the feed.

use std::fmt;
use std::sync::Weak;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::fake::live::channel;
use crate::fake::live::feed::{Ends, Frame, Queued};
use crate::fake::{FakeChatwoot, Inner};
use crate::live::{LiveConnection, LiveTransportError, LiveTransportErrorKind};

/// An open line; dropping it closes it.
pub(in crate::fake) struct Line {
    id: u64,
    /// The server closes its lines when it is dropped.
    server: Weak<Inner>,
    queue: mpsc::Receiver<Queued>,
    open: watch::Receiver<()>,
    /// The frame that is sent next, when it is due.
    next: Option<Queued>,
    ping: Duration,
    next_ping: Instant,
    /// Whether a frame was received; no ping comes before the first.
    begun: bool,
    max_bytes: usize,
    closed: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Line {
    /// Opens a line whose frames are at most this large.
    pub(in crate::fake) fn open(fake: &FakeChatwoot, max_bytes: usize) -> Self {
        let Ends { id, queue, open, ping } = fake.lock().feed.open();
        Self {
            id,
            server: fake.downgrade(),
            queue,
            open,
            next: None,
            ping,
            next_ping: Instant::now() + ping,
            begun: false,
            max_bytes,
            closed: false,
        }
    }

    /// Returns a handle that resolves when the line is cut.
    pub(in crate::fake) fn cut(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut open = self.open.clone();
        async move { while open.changed().await.is_ok() {} }
    }

    fn server(&self) -> Option<FakeChatwoot> {
        self.server.upgrade().map(|inner| FakeChatwoot { inner })
    }

    fn is_cut(&self) -> bool {
        self.open.has_changed().is_err()
    }

    fn leave(&mut self) {
        self.closed = true;
        if let Some(server) = self.server() {
            server.lock().feed.remove(self.id);
        }
    }

    /// Returns the ping that is due, and does the work that is due by now.
    fn ping(&mut self) -> Option<String> {
        self.next_ping = Instant::now() + self.ping;
        let server = self.server()?;
        server.working(|state| {
            let ping = json!({ "type": "ping", "message": state.now().as_second() });
            (!state.feed.faults.withhold_pings).then(|| ping.to_string())
        })
    }

    fn checked(&mut self, text: String) -> Result<Option<String>, LiveTransportError> {
        if text.len() <= self.max_bytes {
            return Ok(Some(text));
        }
        self.leave();
        let message = "a frame is larger than the limit";
        Err(LiveTransportError::new(LiveTransportErrorKind::TooLarge, message))
    }
}

fn broken() -> LiveTransportError {
    LiveTransportError::new(LiveTransportErrorKind::Interrupted, "the connection broke")
}

#[async_trait]
impl LiveConnection for Line {
    async fn send(&mut self, text: String) -> Result<(), LiveTransportError> {
        let server = self.server().filter(|_| !self.closed).ok_or_else(broken)?;
        server.working(|state| {
            if !state.feed.is_open(self.id) {
                return Err(broken());
            }
            channel::command(state, self.id, &text);
            Ok(())
        })
    }

    async fn receive(&mut self) -> Result<Option<String>, LiveTransportError> {
        while !self.closed {
            // However many frames there are, pings are in time.
            if self.begun
                && self.next_ping <= Instant::now()
                && !self.is_cut()
                && let Some(text) = self.ping()
            {
                return Ok(Some(text));
            }
            let due = self.next.as_ref().map(|next| next.due.unwrap_or_else(Instant::now));
            tokio::select! {
                biased;
                Err(_) = self.open.changed() => {
                    self.leave();
                    return Err(broken());
                }
                () = at(due) => {
                    let Some(next) = self.next.take() else { continue };
                    let text = match next.frame {
                        Frame::Whole(text) => text,
                        Frame::Message { identifier, message } => {
                            format!(r#"{{"identifier":{identifier},"message":{message}}}"#)
                        }
                        Frame::Close => break,
                    };
                    self.begun = true;
                    return self.checked(text);
                }
                next = self.queue.recv(), if self.next.is_none() => self.next = next,
                () = sleep_until(self.next_ping) => {
                    if let Some(text) = self.ping() {
                        return Ok(Some(text));
                    }
                }
            }
        }
        self.leave();
        Ok(None)
    }

    async fn close(&mut self) {
        self.leave();
    }
}

/// Waits until this time, or forever.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) if due <= Instant::now() => {}
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.leave();
    }
}

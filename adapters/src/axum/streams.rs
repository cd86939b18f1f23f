//! The event streams of open panels: how many there may be, what they send, and how they end.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::axum::response::sse::{Event, Sse};
use ::axum::response::{IntoResponse, Response};
use futures_util::stream::poll_fn;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use store_context::context::{PanelChange, PanelChanges, PanelService};
use store_context::model::StoreId;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::reply;

/// The number of events that wait for a reader.
const WAITING: usize = 4;

/// The limits of a process's event streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// The maximum number of streams of one store. The default is 200.
    pub per_store: usize,
    /// The maximum number of streams of the process. The default is 1,000.
    pub per_process: usize,
    /// The maximum duration of a stream; it also ends with the token of its page. The default is
    /// five minutes.
    pub lifetime: Duration,
    /// The time between two comments that keep the connection open. The default is 15 seconds.
    pub keep_alive: Duration,
    /// The time after which a reader that takes nothing is cut. The default is 10 seconds.
    pub send_timeout: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            per_store: 200,
            per_process: 1_000,
            lifetime: PanelService::TOKEN_LIFETIME,
            keep_alive: Duration::from_secs(15),
            send_timeout: Duration::from_secs(10),
        }
    }
}

/// The event streams of the panels that are open in this process. Clones share them.
///
/// A server that stops waits for its requests, and a stream is one: close the streams first.
///
/// ```no_run
/// use store_context_adapters::axum::{Panel, panel};
/// use tokio::net::TcpListener;
///
/// async fn serve(listener: TcpListener, panels: Panel) -> std::io::Result<()> {
///     let streams = panels.streams.clone();
///     let stop = async move {
///         tokio::signal::ctrl_c().await.unwrap_or_default();
///         streams.close();
///     };
///     axum::serve(listener, panel::router(panels)).with_graceful_shutdown(stop).await
/// }
/// ```
#[derive(Clone)]
pub struct PanelStreams(Arc<Shared>);

struct Shared {
    limits: StreamLimits,
    open: Mutex<HashMap<StoreId, usize>>,
    closed: watch::Sender<bool>,
}

impl fmt::Debug for PanelStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { limits, .. } = &*self.0;
        f.debug_struct("PanelStreams").field("limits", limits).field("open", &self.open()).finish()
    }
}

impl Default for PanelStreams {
    fn default() -> Self {
        Self::new(StreamLimits::default())
    }
}

impl PanelStreams {
    /// Creates streams with these limits.
    ///
    /// ```
    /// use store_context_adapters::axum::{PanelStreams, StreamLimits};
    ///
    /// let streams = PanelStreams::new(StreamLimits { per_store: 20, ..StreamLimits::default() });
    /// assert_eq!(streams.open(), 0);
    /// ```
    pub fn new(limits: StreamLimits) -> Self {
        let closed = watch::Sender::new(false);
        Self(Arc::new(Shared { limits, open: Mutex::default(), closed }))
    }

    /// Returns the number of open streams.
    pub fn open(&self) -> usize {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Ends all streams, and opens no more: their pages open again, in another process or in the
    /// next one.
    ///
    /// ```
    /// # use store_context_adapters::axum::PanelStreams;
    /// let streams = PanelStreams::default();
    /// streams.close();
    /// ```
    pub fn close(&self) {
        self.0.closed.send_replace(true);
    }

    /// Returns the response with the changes of an open panel, or the refusal if there are too many
    /// streams.
    pub(super) fn respond(&self, store: &StoreId, changes: PanelChanges) -> Response {
        let Some(slot) = self.slot(store) else {
            tracing::warn!(%store, "too many event streams of panels");
            let text = "Too many panels are open. This one is not updated by itself.";
            return reply::error_for(StatusCode::TOO_MANY_REQUESTS, text, self.0.limits.lifetime);
        };
        let (to, mut events) = mpsc::channel(WAITING);
        // A task, because a connection whose reader is slow does not poll its body.
        tokio::spawn(Stream { to, changes, slot }.run());
        let body = Sse::new(poll_fn(move |context| {
            events.poll_recv(context).map(|it| it.map(Ok::<_, Infallible>))
        }));
        // nginx would collect the events otherwise.
        let unbuffered = HeaderName::from_static("x-accel-buffering");
        ([(unbuffered, HeaderValue::from_static("no"))], body).into_response()
    }

    fn slot(&self, store: &StoreId) -> Option<Slot> {
        let Shared { limits, open, .. } = &*self.0;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_store = open.get(store).copied().unwrap_or_default();
        if of_store >= limits.per_store || open.values().sum::<usize>() >= limits.per_process {
            return None;
        }
        open.insert(store.clone(), of_store + 1);
        Some(Slot { streams: self.clone(), store: store.clone() })
    }
}

/// One stream's place among those of its store; dropping it makes room.
struct Slot {
    streams: PanelStreams,
    store: StoreId,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.streams.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.store) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.store);
            }
        }
    }
}

struct Stream {
    to: mpsc::Sender<Event>,
    changes: PanelChanges,
    slot: Slot,
}

/// The reason why a stream ends.
#[derive(Clone, Copy)]
enum End {
    /// The contact or a conversation of it changed.
    Changed,
    /// The token is to be asked for again.
    Expired,
    /// The server stops.
    Closed,
}

impl End {
    fn event(self) -> Event {
        let reason = match self {
            Self::Changed => "changed",
            Self::Expired => "expired",
            Self::Closed => "closed",
        };
        Event::default().event("end").data(json!({ "reason": reason }).to_string())
    }
}

impl Stream {
    /// Sends events until the stream ends, the reader is gone, or takes nothing for too long.
    async fn run(self) {
        let Self { to, mut changes, slot } = self;
        let Shared { limits, closed, .. } = &*slot.streams.0;
        let StreamLimits { lifetime, keep_alive, send_timeout, .. } = *limits;
        let mut closed = closed.subscribe();
        let until = Instant::now() + lifetime.min(changes.lifetime());
        let send = async |event| matches!(timeout(send_timeout, to.send(event)).await, Ok(Ok(())));
        let mut quiet_until = Instant::now();
        loop {
            let event = tokio::select! {
                biased;
                () = to.closed() => return,
                _ = closed.wait_for(|closed| *closed) => Err(End::Closed),
                () = sleep_until(until) => Err(End::Expired),
                change = changes.next() => match change {
                    PanelChange::Snapshot(changed) => {
                        let data = json!({ "changed": changed }).to_string();
                        Ok(Event::default().event("snapshot").data(data))
                    }
                    _ => Err(End::Changed),
                },
                () = sleep_until(quiet_until) => Ok(Event::default().comment("")),
            };
            match event {
                Ok(event) => {
                    if !send(event).await {
                        tracing::debug!("a reader of a panel's events was cut");
                        return;
                    }
                    quiet_until = Instant::now() + keep_alive;
                }
                Err(end) => {
                    send(end.event()).await;
                    return;
                }
            }
        }
    }
}

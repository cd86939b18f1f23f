//! The stream of a live feed: connecting, subscribing, watching the line, connecting again.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::http::RetryPolicy;
use crate::live::builder::Settings;
use crate::live::source::Source;
use crate::live::{
    ClientCommand, LiveConnection, LiveError, LiveErrorKind, LiveItem, LiveRequest, LiveTransport,
    ServerFrame, Subscription,
};
use crate::types::Secret;

/// A stream of a live feed; from [`Live::connect`](crate::live::Live::connect).
///
/// It connects again after each failure, until it is dropped or the server refuses for good: then
/// it ends after a [`LiveItem::Disconnected`] without another attempt. It spawns no task: it makes
/// progress while it is polled.
///
/// A call to `next` can be dropped, as `select!` does, without losing an item.
pub struct LiveStream(BoxStream<'static, LiveItem>);

impl LiveStream {
    pub(super) fn new(line: Line) -> Self {
        let items = stream::unfold(line, async |mut line| {
            let item = line.next().await?;
            Some((item, line))
        });
        Self(items.fuse().boxed())
    }
}

impl fmt::Debug for LiveStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveStream").finish_non_exhaustive()
    }
}

impl Stream for LiveStream {
    type Item = LiveItem;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<LiveItem>> {
        self.0.as_mut().poll_next(context)
    }
}

/// How many frames are read ahead at once at most, in lengths of the queue.
const READ_AHEAD: usize = 2;

/// A line to the server, and what is known of it.
pub(super) struct Line {
    /// `None` only if the client was built without a transport.
    transport: Option<Arc<dyn LiveTransport>>,
    request: Option<LiveRequest>,
    source: Source,
    settings: Settings,
    state: State,
    /// Whether it was connected before.
    connected_before: bool,
    /// The token that the server did not take last.
    refused: Option<Secret>,
    waits: Waits,
}

type Waits = Box<dyn Iterator<Item = Duration> + Send>;

enum State {
    /// Connect after this wait, and close the last connection meanwhile.
    Waiting(Duration, Option<Box<dyn LiveConnection>>),
    Open(Open),
    Ended,
}

/// An open connection with a confirmed subscription.
struct Open {
    connection: Box<dyn LiveConnection>,
    since: Instant,
    /// Frames that were read ahead.
    queue: VecDeque<String>,
    /// What ended the connection, once the queue is empty.
    end: Option<LiveError>,
}

/// Why a line is not connected.
pub(super) struct Failure {
    pub(super) error: LiveError,
    /// Whether another attempt makes no sense.
    pub(super) terminal: bool,
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        Self { error, terminal: false }
    }
}

impl Line {
    pub(super) fn new(
        transport: Option<Arc<dyn LiveTransport>>,
        request: Option<LiveRequest>,
        source: Source,
        settings: Settings,
    ) -> Self {
        Self {
            transport,
            request,
            source,
            settings,
            state: State::Waiting(Duration::ZERO, None),
            connected_before: false,
            refused: None,
            waits: waits(&settings),
        }
    }

    /// Returns the next item, or `None` at the end. If the future is dropped, the line must not be
    /// used any more.
    async fn next(&mut self) -> Option<LiveItem> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Ended => None,
            State::Waiting(wait, last) => {
                let until = Instant::now() + wait;
                if let Some(mut last) = last {
                    // A connection that does not close in this time is dropped.
                    let _late = timeout_at(until, last.close()).await;
                }
                sleep_until(until).await;
                Some(match self.connect().await {
                    Ok((connection, subscription)) => {
                        self.subscribed(connection, subscription).await
                    }
                    Err(failure) => self.disconnected(failure, None),
                })
            }
            State::Open(mut open) => Some(match self.hear(&mut open).await {
                Ok(item) => {
                    self.state = State::Open(open);
                    item
                }
                Err(failure) => {
                    // A line that worked for a while is no reason to wait longer and longer.
                    if open.since.elapsed() > self.settings.ping_timeout {
                        self.waits = waits(&self.settings);
                    }
                    self.disconnected(failure, Some(open.connection))
                }
            }),
        }
    }

    fn disconnected(
        &mut self,
        Failure { error, terminal }: Failure,
        last: Option<Box<dyn LiveConnection>>,
    ) -> LiveItem {
        let retry_in = if terminal { None } else { self.waits.next() };
        self.state = retry_in.map_or(State::Ended, |wait| State::Waiting(wait, last));
        tracing::debug!(source = ?self.source, %error, ?retry_in, "live feed disconnected");
        LiveItem::Disconnected { reason: error, retry_in }
    }

    /// Reads the token and connects.
    async fn connect(&mut self) -> Result<(Box<dyn LiveConnection>, Subscription), Failure> {
        let (Some(transport), Some(request)) = (&self.transport, &self.request) else {
            let error = LiveError::new(LiveErrorKind::Connect, "the client has no live transport");
            return Err(Failure { error, terminal: true });
        };
        let subscription = self.source.subscription(self.refused.as_ref()).await?;
        let opening = timeout(self.settings.connect_timeout, transport.connect(request.clone()));
        let late = || LiveError::new(LiveErrorKind::Timeout, "no connection in time");
        let connection = opening.await.map_err(|_| late())?.map_err(LiveError::from)?;
        Ok((connection, subscription))
    }

    /// Subscribes, and returns the item that tells of the result.
    async fn subscribed(
        &mut self,
        mut connection: Box<dyn LiveConnection>,
        subscription: Subscription,
    ) -> LiveItem {
        match subscribe(connection.as_mut(), &subscription, &self.settings).await {
            Ok(()) => {
                let gap = std::mem::replace(&mut self.connected_before, true);
                self.refused = None;
                tracing::debug!(source = ?self.source, gap, "live feed connected");
                let (since, queue) = (Instant::now(), VecDeque::new());
                self.state = State::Open(Open { connection, since, queue, end: None });
                LiveItem::Connected { gap, user_id: subscription.user_id }
            }
            Err(mut failure) => {
                if failure.error.kind() == LiveErrorKind::NotTaken {
                    // Once more with a token that is read again: this one may just have changed.
                    let token = subscription.pubsub_token;
                    failure.terminal |= self.refused.as_ref() == Some(&token);
                    self.refused = Some(token);
                }
                self.disconnected(failure, Some(connection))
            }
        }
    }

    /// Waits for the next item of an open line.
    async fn hear(&mut self, open: &mut Open) -> Result<LiveItem, Failure> {
        if let Some(size) = self.settings.queue {
            let dropped = open.read_ahead(size);
            if dropped > 0 {
                return Ok(LiveItem::Lagged { dropped });
            }
        }
        loop {
            let text = match open.queue.pop_front() {
                Some(text) => text,
                None => match open.end.take() {
                    Some(error) => return Err(error.into()),
                    None => open.receive(self.settings.ping_timeout).await?,
                },
            };
            if let Some(item) = self.read(&text)? {
                return Ok(item);
            }
        }
    }

    /// Returns the item of a frame; `None` for a ping, and for what belongs to another account.
    fn read(&self, text: &str) -> Result<Option<LiveItem>, Failure> {
        Ok(match decode(text)? {
            ServerFrame::Message { event, .. } => {
                // The server sends a user the events of all their accounts on each line.
                let other = self.source.account_id().zip(event.account_id);
                let other = other.is_some_and(|(wanted, of)| wanted != of);
                (!other).then_some(LiveItem::Event(event))
            }
            ServerFrame::Disconnect { reason, reconnect, .. } => {
                return Err(sent_away(reason.as_deref(), reconnect));
            }
            ServerFrame::RejectSubscription { .. } => {
                let message = "the server ended the subscription";
                return Err(LiveError::new(LiveErrorKind::Closed, message).into());
            }
            ServerFrame::Other(fields) => Some(LiveItem::Unknown(fields)),
            _ => None,
        })
    }
}

impl Open {
    /// Returns the next frame.
    async fn receive(&mut self, silence: Duration) -> Result<String, LiveError> {
        let received = timeout(silence, self.connection.receive()).await;
        let Ok(received) = received else {
            let message = format!("the server has sent nothing for {silence:?}");
            return Err(LiveError::new(LiveErrorKind::Silent, message));
        };
        frame(received)
    }

    /// Reads the frames that have arrived, and returns how many did not fit.
    fn read_ahead(&mut self, size: usize) -> u64 {
        let mut dropped = 0;
        for _ in 0..size.saturating_mul(READ_AHEAD) {
            if self.end.is_some() {
                break;
            }
            match self.connection.receive().now_or_never().map(frame) {
                None => break,
                Some(Err(error)) => self.end = Some(error),
                // Pings are no events: they take no place.
                Some(Ok(text)) if is_ping(&text) => {}
                Some(Ok(text)) => {
                    self.queue.push_back(text);
                    if self.queue.len() > size {
                        self.queue.pop_front();
                        dropped += 1;
                    }
                }
            }
        }
        dropped
    }
}

/// Whether a frame is a ping, as Rails writes it.
fn is_ping(text: &str) -> bool {
    text.starts_with(r#"{"type":"ping""#)
}

type Received = Result<Option<String>, crate::live::LiveTransportError>;

fn frame(received: Received) -> Result<String, LiveError> {
    let closed = || LiveError::new(LiveErrorKind::Closed, "the server closed the connection");
    received.map_err(LiveError::from)?.ok_or_else(closed)
}

fn decode(text: &str) -> Result<ServerFrame, LiveError> {
    ServerFrame::decode(text).map_err(|error| {
        let message = "the server sent a frame that is no JSON object";
        LiveError::new(LiveErrorKind::Protocol, message).with_source(error)
    })
}

/// Subscribes once the server is ready, and waits for the confirmation.
async fn subscribe(
    connection: &mut dyn LiveConnection,
    subscription: &Subscription,
    settings: &Settings,
) -> Result<(), Failure> {
    let deadline = Instant::now() + settings.confirmation_timeout;
    let mut heard = Instant::now();
    let mut subscribed = false;
    loop {
        let silent = heard + settings.ping_timeout;
        let received = timeout_at(deadline.min(silent), connection.receive()).await;
        let Ok(received) = received else {
            return Err(unconfirmed(subscribed, silent < deadline).into());
        };
        heard = Instant::now();
        match decode(&frame(received)?)? {
            ServerFrame::Welcome { .. } if !subscribed => {
                let command = ClientCommand::Subscribe { identifier: subscription.identifier() };
                let sent = timeout_at(deadline, connection.send(command.encode())).await;
                let late = || LiveError::new(LiveErrorKind::Timeout, "could not send in time");
                sent.map_err(|_| late())?.map_err(LiveError::from)?;
                subscribed = true;
            }
            ServerFrame::ConfirmSubscription { .. } if subscribed => return Ok(()),
            ServerFrame::RejectSubscription { .. } => {
                let message = "the server rejected the subscription";
                return Err(LiveError::new(LiveErrorKind::NotTaken, message).into());
            }
            ServerFrame::Disconnect { reason, reconnect, .. } => {
                return Err(sent_away(reason.as_deref(), reconnect));
            }
            // Pings, and whatever else comes before the confirmation.
            _ => {}
        }
    }
}

fn unconfirmed(subscribed: bool, silent: bool) -> LiveError {
    if silent {
        let message = "the server stopped sending before it confirmed the subscription";
        return LiveError::new(LiveErrorKind::Silent, message);
    }
    if !subscribed {
        return LiveError::new(LiveErrorKind::Timeout, "the server sent no welcome in time");
    }
    let message = "the server did not confirm the subscription: it does not take the token";
    LiveError::new(LiveErrorKind::NotTaken, message)
}

/// The end of a line by a `disconnect` frame.
fn sent_away(reason: Option<&str>, reconnect: Option<bool>) -> Failure {
    // The server's own words are not shown, whoever may have written them.
    let why = match reason {
        Some("unauthorized") => ": unauthorized",
        Some("invalid_request") => ": invalid request, such as a wrong origin",
        Some("server_restart") => ": it restarts",
        Some("remote") => ": the user was disconnected",
        _ => "",
    };
    let message = format!("the server asked to disconnect{why}");
    let terminal = reconnect == Some(false);
    Failure { error: LiveError::new(LiveErrorKind::Closed, message), terminal }
}

/// Returns the waits between attempts, with full jitter.
fn waits(settings: &Settings) -> Waits {
    let policy = RetryPolicy {
        min_delay: settings.min_delay,
        max_delay: settings.max_delay,
        ..RetryPolicy::default()
    };
    Box::new(policy.waits())
}

#[cfg(test)]
mod tests;

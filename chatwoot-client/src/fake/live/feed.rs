//! The open lines, what they listen to, and the sending of frames to them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::fake::live::controls::{LiveLine, LiveSubscription};
use crate::fake::live::faults::LiveFaults;
use crate::fake::live::presence::Presence;

/// The number of frames that wait for a line that does not read, before it is cut.
const QUEUE: usize = 1_024;
/// The number of entries that the journal keeps.
const KEPT: usize = 100_000;
/// The server's interval between pings.
const PING: Duration = Duration::from_secs(3);

/// What frames are sent to, and subscriptions listen to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Channel {
    /// All users of an account.
    Account(i64),
    /// Whoever has subscribed with this token.
    Token(String),
}

/// A frame on its way to a line.
pub(super) struct Queued {
    /// When it is sent, if not at once.
    pub(super) due: Option<Instant>,
    pub(super) frame: Frame,
}

pub(super) enum Frame {
    /// The complete text.
    Whole(String),
    /// A message of a subscription, shared by all that get it.
    Message { identifier: Arc<str>, message: Arc<str> },
    /// The server closes the line.
    Close,
}

/// An open line as the server knows it. Dropping it cuts the line.
struct Open {
    queue: mpsc::Sender<Queued>,
    _cut: watch::Sender<()>,
    /// What each subscription listens to, by identifier; nothing if it was refused.
    subscriptions: HashMap<String, Vec<Channel>>,
    about: LiveLine,
    /// When the last frame is sent.
    due: Option<Instant>,
}

/// A line's receiving ends.
pub(super) struct Ends {
    pub(super) id: u64,
    pub(super) queue: mpsc::Receiver<Queued>,
    /// Open until the line is cut.
    pub(super) open: watch::Receiver<()>,
    pub(super) ping: Duration,
}

/// The live feed's state.
pub(in crate::fake) struct Feed {
    lines: BTreeMap<u64, Open>,
    last: u64,
    /// The lines that listen to a channel, with the subscription's identifier as JSON.
    listeners: HashMap<Channel, Vec<(u64, Arc<str>)>>,
    pub(in crate::fake) presence: Presence,
    pub(in crate::fake) faults: LiveFaults,
    pub(super) ping: Duration,
    pub(in crate::fake) journal: VecDeque<LiveSubscription>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            lines: BTreeMap::new(),
            last: 0,
            listeners: HashMap::new(),
            presence: Presence::default(),
            faults: LiveFaults::default(),
            ping: PING,
            journal: VecDeque::new(),
        }
    }
}

impl fmt::Debug for Feed {
    /// Shows no token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("lines", &self.lines.len()).finish_non_exhaustive()
    }
}

impl Feed {
    /// Opens a line.
    pub(super) fn open(&mut self) -> Ends {
        self.last += 1;
        let id = self.last;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (cut, open) = watch::channel(());
        let line = Open {
            queue,
            _cut: cut,
            subscriptions: HashMap::new(),
            about: LiveLine { id, account: None, user: None, contact: None },
            due: None,
        };
        self.lines.insert(id, line);
        if !self.faults.withhold_welcome {
            self.send(id, Frame::Whole(r#"{"type":"welcome"}"#.to_owned()));
        }
        Ends { id, queue: waiting, open, ping: self.ping }
    }

    /// Cuts a line, or forgets one that was closed.
    pub(super) fn remove(&mut self, line: u64) {
        let Some(removed) = self.lines.remove(&line) else { return };
        for channel in removed.subscriptions.into_values().flatten() {
            self.unlisten(line, &channel, None);
        }
    }

    /// Returns the open lines, in the order in which they were opened.
    pub(super) fn lines(&self) -> impl Iterator<Item = &LiveLine> {
        self.lines.values().map(|line| &line.about)
    }

    pub(super) fn is_open(&self, line: u64) -> bool {
        self.lines.contains_key(&line)
    }

    /// Whether the line has used this identifier.
    pub(super) fn is_used(&self, line: u64, identifier: &str) -> bool {
        self.lines.get(&line).is_some_and(|line| line.subscriptions.contains_key(identifier))
    }

    /// Has a line listen to these channels.
    pub(super) fn listen(&mut self, line: u64, identifier: &str, channels: Vec<Channel>) {
        let Some(open) = self.lines.get_mut(&line) else { return };
        let json: Arc<str> = Value::from(identifier).to_string().into();
        for channel in &channels {
            let listeners = self.listeners.entry(channel.clone()).or_default();
            listeners.push((line, Arc::clone(&json)));
        }
        open.subscriptions.insert(identifier.to_owned(), channels);
    }

    /// Ends a subscription.
    pub(super) fn leave(&mut self, line: u64, identifier: &str) {
        let Some(open) = self.lines.get_mut(&line) else { return };
        let channels = open.subscriptions.remove(identifier).unwrap_or_default();
        let json = Value::from(identifier).to_string();
        for channel in channels {
            self.unlisten(line, &channel, Some(&json));
        }
    }

    /// Returns what a subscription listens to; nothing if it was refused.
    pub(super) fn channels(&self, line: u64, identifier: &str) -> &[Channel] {
        let open = self.lines.get(&line);
        let channels = open.and_then(|line| line.subscriptions.get(identifier));
        channels.map_or(&[], Vec::as_slice)
    }

    fn unlisten(&mut self, line: u64, channel: &Channel, identifier: Option<&str>) {
        let Some(listeners) = self.listeners.get_mut(channel) else { return };
        listeners.retain(|(other, json)| {
            *other != line || identifier.is_some_and(|identifier| **json != *identifier)
        });
        if listeners.is_empty() {
            self.listeners.remove(channel);
        }
    }

    /// Notes whom a line belongs to.
    pub(super) fn belongs(&mut self, line: u64, about: impl FnOnce(&mut LiveLine)) {
        if let Some(open) = self.lines.get_mut(&line) {
            about(&mut open.about);
        }
    }

    pub(super) fn record(&mut self, subscription: LiveSubscription) {
        if self.journal.len() == KEPT {
            self.journal.pop_front();
        }
        self.journal.push_back(subscription);
    }

    /// Whether nobody listens to anything.
    pub(super) fn is_silent(&self) -> bool {
        self.listeners.is_empty()
    }

    pub(super) fn is_heard(&self, channel: &Channel) -> bool {
        self.listeners.contains_key(channel)
    }

    /// Sends a message to whoever listens to one of these channels; faults apply.
    pub(super) fn broadcast(&mut self, channels: &[Channel], message: &Arc<str>) {
        let listeners: Vec<(u64, Arc<str>)> = channels
            .iter()
            .filter_map(|channel| self.listeners.get(channel))
            .flatten()
            .cloned()
            .collect();
        for (line, identifier) in listeners {
            for _ in 0..self.faults.copies() {
                let (identifier, message) = (Arc::clone(&identifier), Arc::clone(message));
                self.send(line, Frame::Message { identifier, message });
            }
        }
    }

    /// Sends a frame to a line; one that does not read is cut.
    pub(super) fn send(&mut self, line: u64, frame: Frame) {
        let delay = self.faults.delay;
        let Some(open) = self.lines.get_mut(&line) else { return };
        if matches!(frame, Frame::Message { .. }) && !delay.is_zero() {
            open.due = open.due.max(Some(Instant::now() + delay));
        }
        // A frame never overtakes another.
        if open.queue.try_send(Queued { due: open.due, frame }).is_err() {
            self.remove(line);
        }
    }
}

//! The items of a live stream.

use std::time::Duration;

use crate::live::{LiveError, LiveEvent};
use crate::types::{Extra, UserId};

/// An item of a [`LiveStream`](crate::live::LiveStream): an event, or what became of the
/// connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum LiveItem {
    /// The server confirmed the subscription: from now on its events are heard.
    Connected {
        /// Whether events may have been missed since the last item: `true` after each connection
        /// but the first.
        gap: bool,
        /// The user who subscribed, to tell their own writes with
        /// [`LiveEvent::is_by`]; `None` for a contact.
        user_id: Option<UserId>,
    },
    /// An event.
    Event(Box<LiveEvent>),
    /// A frame that this version of the client does not know.
    Unknown(Extra),
    /// The consumer is slower than the events arrive, and of the waiting ones the oldest were
    /// dropped. Only with [`Live::queue`](crate::live::Live::queue).
    Lagged {
        /// How many.
        dropped: u64,
    },
    /// The connection ended, or could not be made. Events may be missed until the next
    /// `Connected`.
    Disconnected {
        /// The reason.
        reason: LiveError,
        /// The time until the next attempt; `None` if there is none: the stream ends.
        retry_in: Option<Duration>,
    },
}

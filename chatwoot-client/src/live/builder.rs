//! The settings of a live feed, and the handles that it is opened from.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::application::Account;
use crate::http::Http;
use crate::live::source::Source;
use crate::live::stream::Line;
use crate::live::{LiveRequest, LiveStream, Opener};
use crate::public::widget::{WebWidget, WidgetConfigContact};
use crate::public::{PublicContact, PublicInbox};

/// The settings of a live feed; from [`Account::live`], [`PublicInbox::live`] and
/// [`WebWidget::live`].
///
/// ```
/// # async fn example(account: chatwoot_client::Account) {
/// use std::time::Duration;
/// use chatwoot_client::live::LiveItem;
/// use futures_util::StreamExt;
///
/// let mut feed = account
///     .live()
///     .max_frame_bytes(1024 * 1024)
///     .connect_timeout(Duration::from_secs(5))
///     .confirmation_timeout(Duration::from_secs(5))
///     .ping_timeout(Duration::from_secs(10))
///     .backoff(Duration::from_millis(500), Duration::from_secs(30))
///     .connect();
/// while let Some(item) = feed.next().await {
///     match item {
///         LiveItem::Event(event) => println!("{}", event.name),
///         LiveItem::Connected { gap: true, .. } => println!("something may have been missed"),
///         LiveItem::Disconnected { reason, .. } => println!("{reason}"),
///         _ => {}
///     }
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Live {
    http: Http,
    source: Source,
    settings: Settings,
}

/// What can be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) max_frame_bytes: usize,
    pub(super) connect_timeout: Duration,
    pub(super) confirmation_timeout: Duration,
    pub(super) ping_timeout: Duration,
    pub(super) min_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) queue: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_frame_bytes: 4 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            confirmation_timeout: Duration::from_secs(10),
            ping_timeout: Duration::from_secs(10),
            min_delay: Duration::from_secs(1),
            max_delay: Duration::from_mins(1),
            queue: None,
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("source", &self.source)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Live {
    fn new(http: Http, source: Source) -> Self {
        Self { http, source, settings: Settings::default() }
    }

    /// Sets the maximum size of a frame in bytes; 4 MiB by default. A larger frame ends the
    /// connection with [`TooLarge`](crate::live::LiveErrorKind::TooLarge).
    pub fn max_frame_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_frame_bytes = bytes;
        self
    }

    /// Sets how long opening a connection may take; 10 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Sets how long to wait for the confirmation of the subscription, from the moment the
    /// connection is open; 10 s by default.
    ///
    /// The server answers a wrong token with nothing at all, so this is how long it takes to find
    /// out.
    pub fn confirmation_timeout(mut self, timeout: Duration) -> Self {
        self.settings.confirmation_timeout = timeout;
        self
    }

    /// Sets after how much silence a connection is taken for dead; 10 s by default. The server
    /// sends a ping every 3 s.
    ///
    /// The time counts while the stream is polled: a consumer that is busy for longer loses no
    /// connection.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.settings.ping_timeout = timeout;
        self
    }

    /// Sets the waits between attempts to connect; 1 s and 60 s by default.
    ///
    /// Each wait is random, from zero to an upper bound that is `min` first and doubles up to
    /// `max`. It is `min` again after a connection that lasted longer than the ping timeout.
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.settings.min_delay = min;
        self.settings.max_delay = max;
        self
    }

    /// Reads ahead, and keeps at most this number of frames: of more that wait, the oldest are
    /// dropped and counted in a [`LiveItem::Lagged`](crate::live::LiveItem::Lagged).
    ///
    /// For a consumer that prefers new events to all events. By default nothing is read ahead and
    /// nothing is dropped: a slow consumer slows the connection down, and the server keeps what it
    /// cannot send.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) {
    /// use chatwoot_client::live::LiveItem;
    /// use futures_util::StreamExt;
    ///
    /// let mut feed = account.live().queue(100).connect();
    /// while let Some(item) = feed.next().await {
    ///     if let LiveItem::Lagged { dropped } = item {
    ///         println!("{dropped} events were not seen: query the API");
    ///     }
    /// }
    /// # }
    /// ```
    pub fn queue(mut self, frames: usize) -> Self {
        self.settings.queue = Some(frames.max(1));
        self
    }

    /// Returns the stream of events. It connects when it is first polled, and drops the connection
    /// when it is dropped.
    ///
    /// Errors are items: see [`LiveItem::Disconnected`](crate::live::LiveItem::Disconnected).
    pub fn connect(self) -> LiveStream {
        let base = self.http.base_url();
        let opener = self.http.extension::<Opener>().map(|opener| opener.transport().clone());
        let request = request(base, &self.settings);
        LiveStream::new(Line::new(opener, request, self.source, self.settings))
    }
}

/// Returns the request for the live feed of the server with this base URL.
fn request(base: &str, settings: &Settings) -> Option<LiveRequest> {
    let mut url = Url::parse(base).ok()?;
    let origin = url.origin().ascii_serialization();
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().push("cable");
    Some(LiveRequest::new(url, origin, settings.max_frame_bytes, settings.connect_timeout))
}

impl Account {
    /// Returns the live feed of the account, as the token's user hears it; sends no request.
    ///
    /// An administrator hears of the whole account, an agent of the contacts of the account and of
    /// the conversations in their inboxes. See [`crate::live`] for what a live feed is and is not.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) {
    /// use chatwoot_client::live::{LiveEventName, LiveItem};
    /// use futures_util::StreamExt;
    ///
    /// let mut feed = account.live().connect();
    /// while let Some(item) = feed.next().await {
    ///     let LiveItem::Event(event) = item else { continue };
    ///     if event.name == LiveEventName::ContactDeleted {
    ///         println!("contact {:?} is gone", event.contact_id());
    ///     }
    /// }
    /// # }
    /// ```
    pub fn live(&self) -> Live {
        Live::new(self.http().clone(), Source::account(self.clone()))
    }
}

impl PublicInbox {
    /// Returns the live feed of a contact of this inbox: what happens in its own conversations;
    /// sends no request.
    ///
    /// A contact does not hear of private notes and activity messages.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::live::LiveItem;
    /// use futures_util::StreamExt;
    ///
    /// let contact = inbox.contacts().get("the-source-id").await?;
    /// let mut feed = inbox.live(&contact).connect();
    /// while let Some(LiveItem::Event(event)) = feed.next().await {
    ///     println!("{:?}", event.message().and_then(|message| message.content.as_deref()));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn live(&self, contact: &PublicContact) -> Live {
        let token = contact.pubsub_token.clone();
        let source = Source::inbox(self.clone(), contact.source_id.clone(), token);
        Live::new(self.http().clone(), source)
    }
}

impl WebWidget {
    /// Returns the live feed of a visitor of this website: what happens in their own conversations;
    /// sends no request.
    ///
    /// ```
    /// # async fn example(website: chatwoot_client::public::widget::WebWidget) -> Result<(), chatwoot_client::Error> {
    /// let config = website.visitor("visitor-token").config().await?;
    /// let feed = website.live(&config.contact).connect();
    /// # drop(feed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn live(&self, contact: &WidgetConfigContact) -> Live {
        Live::new(self.http().clone(), Source::visitor(contact.pubsub_token.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_server_with_its_origin() {
        for (base, url, origin) in [
            ("https://desk.example", "wss://desk.example/cable", "https://desk.example"),
            (
                "https://desk.example:8443/",
                "wss://desk.example:8443/cable",
                "https://desk.example:8443",
            ),
            ("http://localhost:3000", "ws://localhost:3000/cable", "http://localhost:3000"),
            ("http://[::1]:3000/chat", "ws://[::1]:3000/chat/cable", "http://[::1]:3000"),
        ] {
            let request = request(base, &Settings::default()).unwrap();
            assert_eq!((request.url.as_str(), request.origin.as_str()), (url, origin));
        }
    }
}

//! The live feed: events as they happen, over the WebSocket (`/cable`) that Chatwoot's own dashboard
//! and widget use. Feature `live`.
//!
//! [`Account::live`](crate::Account::live) is the feed of a user,
//! [`PublicInbox::live`](crate::PublicInbox::live) and
//! [`WebWidget::live`](crate::public::widget::WebWidget::live) are those of a contact. Each is a
//! [`Live`] with settings, and [`Live::connect`] returns the [`LiveStream`], a stream of
//! [`LiveItem`]s.
//!
//! ```
//! # async fn example(account: chatwoot_client::Account) {
//! use chatwoot_client::live::{LiveEventName, LiveItem};
//! use futures_util::StreamExt;
//!
//! let mut feed = account.live().connect();
//! let mut me = None;
//! while let Some(item) = feed.next().await {
//!     match item {
//!         LiveItem::Connected { gap, user_id } => {
//!             me = user_id;
//!             if gap {
//!                 println!("query the API for what happened meanwhile");
//!             }
//!         }
//!         LiveItem::Event(event) if me.is_some_and(|me| event.is_by(me)) => {}
//!         LiveItem::Event(event) => match event.name {
//!             LiveEventName::ContactMerged | LiveEventName::ContactDeleted => {
//!                 println!("{}: contact {:?}", event.name, event.contact_id());
//!             }
//!             _ => println!("{} in conversation {:?}", event.name, event.conversation_id()),
//!         },
//!         LiveItem::Lagged { dropped } => println!("{dropped} events were dropped"),
//!         LiveItem::Disconnected { reason, retry_in } => println!("{reason}: {retry_in:?}"),
//!         _ => {}
//!     }
//! }
//! # }
//! ```
//!
//! # What a feed is, and what it is not
//!
//! - **A hint.** The server keeps nothing for who is not connected and sends nothing again, in no
//!   guaranteed order. After each [`LiveItem::Connected`] with `gap`, and each
//!   [`LiveItem::Lagged`], query the API; what must not be lost does not depend on a feed.
//! - It tells what webhooks do not: contacts that were merged (`contact.merged` names the one that
//!   remains) and deleted (`contact.deleted`, also for the one that was merged into another), reads,
//!   presence, notifications. It needs no address that the server can reach.
//! - A user hears what their dashboard hears: an administrator the whole account, an agent the
//!   conversations of their inboxes. The server sends a user the events of all their accounts; the
//!   stream leaves those of other accounts out.
//! - A contact hears of its own conversations, without private notes and activity messages.
//! - **Subscribing counts the user as present for 20 s**: visitors see an agent who is online.
//!   Nothing here renews that, so it passes, and comes again with each reconnect. Use the token of a
//!   user who is there for this purpose.
//! - **Frames carry secrets**: the `pubsub_token` and the `source_id` of contacts, which give access
//!   to their conversations. They are [`Secret`](crate::Secret)s or in an
//!   [`Extra`](crate::types::Extra), so `Debug` does not show them; serializing does.
//!
//! # Connections
//!
//! At each connect the user's `pubsub_token` is read from `GET /profile`: it changes with the
//! password. The server answers a wrong token with nothing at all, so the confirmation is awaited
//! with [a limit](Live::confirmation_timeout); a token that is not taken twice ends the stream. So
//! does an access token that is refused, and a server that asks not to come back. Every other
//! failure is followed by another attempt after [a random wait](Live::backoff). A consumer for whom
//! the feed must go on opens a new stream after the end, at its own pace.
//!
//! The server sends a ping every 3 s; a line that is silent for [10 s](Live::ping_timeout) is dead.
//! A frame is limited [in size](Live::max_frame_bytes).
//!
//! A stream spawns no task and reads nothing ahead: a consumer that is slow slows the connection
//! down, by the window of TCP, and loses nothing. One that prefers fresh events sets
//! [`Live::queue`], and is told how many were dropped.
//!
//! # Other transports
//!
//! [`LiveTransport`] opens the WebSocket, as [`Transport`](crate::Transport) sends a request; the
//! default is [`TungsteniteTransport`]. It is set with
//! [`ClientBuilder::live_transport`](crate::ClientBuilder::live_transport).

mod builder;
mod data;
mod error;
mod event;
mod frame;
mod item;
mod performer;
mod source;
mod stream;
mod transport;
mod tungstenite;

pub use self::builder::Live;
pub use self::data::{
    LiveCacheKeys, LiveNotification, LiveNotificationDeleted, LiveTyping, NotificationRef,
    Presence, RawData,
};
pub use self::error::{LiveError, LiveErrorKind};
pub use self::event::{LiveEvent, LiveEventData, LiveEventName};
pub use self::frame::{ClientCommand, FrameError, Identifier, ServerFrame, Subscription};
pub use self::item::LiveItem;
pub use self::performer::Performer;
pub use self::stream::LiveStream;
pub(crate) use self::transport::Opener;
pub use self::transport::{
    LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
    SUBPROTOCOL,
};
pub use self::tungstenite::TungsteniteTransport;

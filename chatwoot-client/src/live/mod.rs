//! The live feed: events as they happen, over the WebSocket that Chatwoot's own dashboard uses.

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
    CacheKeys, LiveNotification, LiveNotificationDeleted, LiveTyping, NotificationRef, Presence,
    RawData,
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

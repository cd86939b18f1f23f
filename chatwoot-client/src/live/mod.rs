//! The live feed: events as they happen, over the WebSocket that Chatwoot's own dashboard uses.

mod error;
mod event;
mod item;
mod performer;
mod transport;

pub(crate) use self::transport::Opener;

pub use self::error::{LiveError, LiveErrorKind};
pub use self::event::{LiveEvent, LiveEventData, LiveEventName};
pub use self::item::LiveItem;
pub use self::performer::Performer;
pub use self::transport::{
    LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
    SUBPROTOCOL,
};

//! The live feed: Action Cable at `/cable`, with one channel.

mod channel;
mod controls;
mod faults;
mod feed;
pub(in crate::fake) mod frames;
mod line;
mod open;
mod presence;

pub use self::controls::{LiveLine, LiveSubscription};
pub use self::faults::LiveFaults;
pub(in crate::fake) use self::feed::Feed;
pub(in crate::fake) use self::line::Line;
pub(in crate::fake) use self::open::{Handshake, Refusal};

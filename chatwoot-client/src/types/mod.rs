//! Types that all APIs and webhooks share: ids, times, secrets, open enums, and wrappers that keep
//! values as the server wrote them.

mod agent_bot;
mod enums;
mod extra;
mod ids;
mod message;
mod null_as_empty;
pub(crate) mod open_enum;
mod open_map;
mod patch;
pub(crate) mod secret;
mod sender;
pub(crate) mod shown;
mod time;
mod user;

pub use self::agent_bot::*;
pub use self::enums::*;
pub use self::extra::Extra;
pub use self::ids::*;
pub use self::message::*;
pub use self::null_as_empty::*;
pub(crate) use self::open_enum::open_enum;
pub use self::open_map::*;
pub use self::patch::Patch;
pub use self::secret::{PlatformToken, Secret, UserToken};
pub use self::sender::*;
pub use self::time::Time;
pub use self::user::*;

/// Custom or additional attributes: keys to JSON values.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

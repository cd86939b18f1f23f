//! Webhooks: verifying and decoding the deliveries of a Chatwoot server.
//!
//! A server from 4.11.2 signs the webhooks of an account, from 4.13 those of inboxes and bots, too.
//! The server sends an account's webhook once and never again, in no guaranteed order, and not for
//! deletions and merges: verify it, store it, respond with 200, and query the API for what was
//! missed.
//!
//! ```
//! use chatwoot_client::webhook::{Event, Verifier};
//!
//! # fn endpoint(
//! #     verifier: &Verifier, headers: &http::HeaderMap, body: &[u8],
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let delivery = verifier.verify(headers, body, jiff::Timestamp::now())?;
//! match delivery.event()? {
//!     Event::MessageCreated(message) if !message.private => {
//!         println!("{:?}: {:?}", message.message_type, message.content);
//!     }
//!     other => println!("{} in account {:?}", other.name(), other.account_id()),
//! }
//! # Ok(())
//! # }
//! ```

mod change;
mod contact;
mod conversation;
mod event;
mod inbox;
mod live;
mod message;
mod party;
mod verify;

pub use self::change::Change;
pub use self::contact::Contact;
pub use self::conversation::{ContactInbox, Conversation, ConversationMeta};
pub use self::event::{Event, ParseError};
pub use self::inbox::{Channel, Inbox, WorkingHours};
pub use self::live::{Typing, WidgetTriggered};
pub use self::message::{
    Attachment, LastMessage, LastMessageContactInbox, LastMessageConversation, Message, MessageType,
};
pub use self::party::{AccountRef, InboxRef, Party, PartyKind, TeamRef};
pub use self::verify::{
    DELIVERY_HEADER, Delivery, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, VerifierError,
    VerifyError, sign,
};

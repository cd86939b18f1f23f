//! Customers to contacts, level-triggered: a trigger only says that something changed, and a worker
//! writes what is true now.

mod contact;
mod recognise;
mod worker;
mod write;

pub use self::contact::WantedContact;
pub use self::recognise::RecogniseError;
pub use self::worker::{Outcome, Sync, SyncConfig, Synced};
pub use self::write::WriteError;

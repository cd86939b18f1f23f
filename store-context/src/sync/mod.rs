//! Customers to contacts, level-triggered: a trigger only says that something changed, and a worker
//! writes what is true now.

mod adoption;
mod contact;
mod drift;
mod merge_guest;
mod state;
mod verify;
mod worker;
mod write;

pub use self::adoption::Adoption;
pub use self::contact::WantedContact;
pub use self::drift::Drift;
pub use self::merge_guest::MergeGuestError;
pub use self::verify::{Drifted, VerifyError, VerifyReport};
pub use self::worker::{ContactSync, Outcome, SyncConfig, Synced};
pub use self::write::{LeftOut, LeftOutReason, WriteError};

pub(crate) use self::drift::look_again;
pub(crate) use self::state::ContactState;

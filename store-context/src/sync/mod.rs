//! The level-triggered sync of customers to contacts: a trigger only records that something
//! changed, and a worker writes the current state.

mod adoption;
mod config;
mod contact;
mod customer;
mod drift;
mod erase;
mod error;
mod failure;
mod gone;
mod lost;
mod merge;
mod merge_guest;
mod report;
mod state;
mod sweep;
mod sweep_schedule;
mod withhold;
mod worker;
mod write;

pub use self::adoption::Adoption;
pub use self::config::{GonePolicy, SyncConfig};
pub use self::contact::WantedContact;
pub use self::drift::Drift;
pub use self::erase::Erased;
pub use self::merge_guest::MergeGuestError;
pub use self::report::{Outcome, Synced};
pub use self::sweep::{Drifted, SweepCursor, SweepStep, VerifyError, VerifyReport};
pub use self::worker::ContactSync;
pub use self::write::{LeftOut, LeftOutReason, WriteError};

pub(crate) use self::state::{ContactState, canonical};

//! Why a sync failed, and whether the customer or the store is the cause.

use std::time::Duration;

use chatwoot_client::{Error, ErrorKind};

use super::write::WriteError;
use crate::accounts::StoreAccountError;
use crate::ports::PortError;

/// The reason why a customer was not synced.
#[derive(Debug, thiserror::Error)]
pub(super) enum SyncError {
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("it took too long: the claim would end before the contact is written")]
    Late,
    #[error("a port panicked")]
    Panicked,
}

impl From<PortError> for SyncError {
    fn from(error: PortError) -> Self {
        Self::Write(error.into())
    }
}

impl From<Error> for SyncError {
    fn from(error: Error) -> Self {
        Self::Write(error.into())
    }
}

/// The cause of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// The customer: the sync is retried, and parked after a number of failures.
    Customer,
    /// Possibly the store's Chatwoot; it is, if other customers of the store fail in the same way.
    Perhaps,
    /// The store's account or its Chatwoot: every customer of the store would fail.
    Store,
    /// A concurrent worker: it holds a row that this sync needs, or the claim was lost.
    Nobody,
}

/// The server aborts a request after 15 seconds: until then a request whose response was lost may
/// still be processed.
pub(super) const SERVER_TIME: Duration = Duration::from_secs(15);

impl SyncError {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Account(StoreAccountError::Port(_)) | Self::Late => Blame::Perhaps,
            Self::Account(_) => Blame::Store,
            Self::Write(WriteError::Chatwoot(error)) => blame_for(error),
            Self::Write(WriteError::Busy | WriteError::Lost) => Blame::Nobody,
            Self::Write(WriteError::Port(_) | WriteError::Unsteady | WriteError::NoContactYet)
            | Self::Panicked => Blame::Customer,
        }
    }

    /// Returns whether the store is suspended or leaving, which is no failure.
    pub(super) const fn is_inactive(&self) -> bool {
        matches!(self, Self::Account(error) if error.is_inactive())
    }

    /// Returns whether one of the host's ports failed.
    pub(super) fn is_of_a_port(&self) -> bool {
        matches!(self, Self::Write(WriteError::Port(_)))
    }

    /// Whether the client itself had no room for the call in the server's limit, and sent nothing.
    pub(super) fn was_held_back(&self) -> bool {
        matches!(self, Self::Write(WriteError::Chatwoot(error))
            if error.kind() == ErrorKind::RateLimited && error.attempts() == 0)
    }

    /// How long what was sent may still be worked on.
    pub(super) fn settles_in(&self) -> Duration {
        match self {
            Self::Late => SERVER_TIME,
            Self::Write(error) => error.settles_in(),
            Self::Account(_) | Self::Panicked => Duration::ZERO,
        }
    }
}

impl WriteError {
    /// How long what was sent may still be worked on.
    pub(super) fn settles_in(&self) -> Duration {
        match self {
            Self::Chatwoot(error) if error.is_unknown_outcome() && error.status() != Some(500) => {
                SERVER_TIME
            }
            _ => Duration::ZERO,
        }
    }
}

fn blame_for(error: &Error) -> Blame {
    match error.kind() {
        // Suspended, removed from the account, a replaced token, an unreachable server, and the
        // server's rate limit, which applies to all customers.
        ErrorKind::Unauthorized
        | ErrorKind::PaymentRequired
        | ErrorKind::Forbidden
        | ErrorKind::Connect
        | ErrorKind::RateLimited => Blame::Store,
        // A creation with a 404: the account or its inbox was deleted.
        ErrorKind::NotFound if error.operation() == "contacts.create" => Blame::Store,
        ErrorKind::Server | ErrorKind::Timeout | ErrorKind::Interrupted => Blame::Perhaps,
        _ => Blame::Customer,
    }
}

//! Why a customer was not synced, and who is to blame.

use std::time::Duration;

use chatwoot_client::{Error, ErrorKind};

use super::write::WriteError;
use crate::accounts::StoreAccountError;
use crate::ports::PortError;

/// Why a customer was not synced.
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

/// Who is to blame for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// The customer: it is tried again, and parked after a while.
    Customer,
    /// Perhaps the store's Chatwoot: if others of the store fail this way too, it is.
    Perhaps,
    /// The store's account or its Chatwoot: none of the store's customers would fare better.
    Store,
    /// Nobody: another worker has a row that this one needs, or the claim was lost.
    Nobody,
}

/// The server gives a request up after 15 seconds: until then one whose answer was lost may still
/// be worked on.
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
        // Suspended, removed from the account, a token that was replaced, a server that is away;
        // and the server's limit, which is everybody's.
        ErrorKind::Unauthorized
        | ErrorKind::PaymentRequired
        | ErrorKind::Forbidden
        | ErrorKind::Connect
        | ErrorKind::RateLimited => Blame::Store,
        // A creation that finds nothing: the account or its inbox was deleted.
        ErrorKind::NotFound if error.operation() == "contacts.create" => Blame::Store,
        ErrorKind::Server | ErrorKind::Timeout | ErrorKind::Interrupted => Blame::Perhaps,
        _ => Blame::Customer,
    }
}

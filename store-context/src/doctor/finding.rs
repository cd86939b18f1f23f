//! What a check found, before it is part of a report.

use super::report::CheckStatus;
use crate::ports::PortFailure;

/// What a check found. An `Err` of it ends a check early.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) status: CheckStatus,
    pub(super) text: String,
    pub(super) advice: Option<String>,
}

/// The result of a check; both variants are findings.
pub(super) type Checked = Result<Found, Found>;

impl Found {
    pub(super) fn passed(text: impl Into<String>) -> Self {
        Self { status: CheckStatus::Passed, text: text.into(), advice: None }
    }

    pub(super) fn warned(text: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { status: CheckStatus::Warned, text: text.into(), advice }
    }

    pub(super) fn failed(text: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { status: CheckStatus::Failed, text: text.into(), advice }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { status: CheckStatus::Skipped, text: why.into(), advice: None }
    }
}

/// A call to Chatwoot that failed: what to do follows from how it failed.
impl From<chatwoot_client::Error> for Found {
    fn from(error: chatwoot_client::Error) -> Self {
        use chatwoot_client::ErrorKind;

        let advice = match error.kind() {
            ErrorKind::RateLimited => "the server's limit is used up: check again in a minute",
            ErrorKind::Unauthorized => {
                "the token may not do this: give the store the token of an administrator"
            }
            ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted => {
                "see whether the server is up and reached from this host, and check again"
            }
            ErrorKind::Server => "see the server's log, and check again",
            _ => "see whether a proxy answers in the server's place",
        };
        Self::failed(error.to_string(), advice)
    }
}

/// A port of the host that failed; its source is not shown.
impl From<PortFailure> for Found {
    fn from(failure: PortFailure) -> Self {
        Self::failed(failure.to_string(), "see the host's storage and its log")
    }
}

impl From<crate::ports::PortError> for Found {
    fn from(error: crate::ports::PortError) -> Self {
        Self::failed(error.to_string(), "see the host's storage and its log")
    }
}

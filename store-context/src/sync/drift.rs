//! A linked contact that is not as it was last written.

use std::fmt;

use chatwoot_client::application::contacts::Contact;

use super::contact::WantedContact;
use super::state::ContactState;
use crate::ports::Fingerprint;

/// What was found wrong with a linked contact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Drift {
    /// It is not there: deleted, or merged away into another.
    Vanished,
    /// It carries an identifier that is not its customer's: another's, one of the store's policy
    /// before, or one that somebody made up.
    Moved,
    /// Somebody changed it.
    Altered {
        /// The fields that are not as they were written, by Chatwoot's names. Where the shop has
        /// changed since the write, also those that are due.
        fields: Vec<&'static str>,
    },
}

impl Drift {
    /// Compares what is shown with what was last written, and names the fields by what is wanted.
    pub(super) fn of(
        shown: &Contact,
        written: &Fingerprint,
        identifier: &str,
        wanted: &WantedContact,
    ) -> Option<Self> {
        if is_moved(shown, identifier) {
            return Some(Self::Moved);
        }
        let shown = ContactState::of_contact(shown);
        if shown.fingerprint() == *written {
            return None;
        }
        let fields = wanted.as_written(written).differs_in(&shown);
        (!fields.is_empty()).then_some(Self::Altered { fields })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vanished => f.write_str("deleted or merged away"),
            Self::Moved => f.write_str("carries an identifier that is not its customer's"),
            Self::Altered { fields } => write!(f, "altered: {}", fields.join(", ")),
        }
    }
}

/// Whether the contact carries an identifier other than this one.
pub(super) fn is_moved(shown: &Contact, identifier: &str) -> bool {
    let carried = shown.identifier.as_deref().unwrap_or_default();
    !carried.is_empty() && carried != identifier
}

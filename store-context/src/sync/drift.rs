//! Linked contacts that differ from what was last written.

use std::fmt;

use chatwoot_client::application::contacts::Contact;

use super::contact::WantedContact;
use super::state::ContactState;
use crate::attributes::AttributeSet;
use crate::ports::Fingerprint;

/// The way a linked contact differs from what was last written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Drift {
    /// The contact does not exist: it was deleted, or merged into another.
    Vanished,
    /// The contact carries an identifier that is not its customer's: another customer's, one of the
    /// store's previous identity policy, or an invented one.
    Moved,
    /// The contact was changed outside the sync.
    Altered {
        /// The fields that differ from what was written, by Chatwoot's names. If the shop changed
        /// since the write, also the fields that are to be written.
        fields: Vec<String>,
    },
}

impl Drift {
    /// Compares the contact with what was last written, and names the differing fields relative to
    /// the wanted state.
    pub(super) fn of(
        shown: &Contact,
        written: &Fingerprint,
        identifier: &str,
        wanted: &WantedContact,
        attributes: &AttributeSet,
    ) -> Option<Self> {
        if is_moved(shown, identifier) {
            return Some(Self::Moved);
        }
        let shown = ContactState::of_contact(shown, attributes);
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

/// Returns whether the contact carries an identifier other than this one.
pub(super) fn is_moved(shown: &Contact, identifier: &str) -> bool {
    let carried = shown.identifier.as_deref().unwrap_or_default();
    !carried.is_empty() && carried != identifier
}

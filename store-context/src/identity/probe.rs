//! The mark of a contact that exists for a moment, to see whether its webhook arrives.

use std::fmt;

use jiff::Timestamp;

use super::StoreIdentity;

/// The identifier of a probe contact: `store-context-probe-{unix seconds}-{random digits}-{MAC}`.
///
/// It is signed with the store's key, so that neither a visitor nor an agent can make a contact that
/// is taken for a probe.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProbeMark {
    identifier: String,
    until: Timestamp,
}

impl ProbeMark {
    /// The start of each mark.
    pub(crate) const PREFIX: &str = "store-context-probe-";

    /// Returns whether a body may contain a mark, so that no other needs to be parsed.
    pub(crate) fn may_be_in(body: &[u8]) -> bool {
        body.windows(Self::PREFIX.len()).any(|part| part == Self::PREFIX.as_bytes())
    }

    /// Creates the mark of a contact that is to be removed until a time.
    pub(crate) fn new(of: &StoreIdentity, until: Timestamp) -> Self {
        let mut random = [0; 16];
        if getrandom::fill(&mut random).is_err() {
            // It is signed, and a unique text is sufficient.
            fastrand::fill(&mut random);
        }
        let text = format!("{}-{}", until.as_second(), hex::encode(random));
        let mac = of.sign_probe(&text);
        Self { identifier: format!("{}{text}-{mac}", Self::PREFIX), until }
    }

    /// Returns the mark in a contact's identifier if the store made it.
    pub(crate) fn read(of: &StoreIdentity, identifier: &str, now: Timestamp) -> Option<Self> {
        let (text, mac) = identifier.strip_prefix(Self::PREFIX)?.rsplit_once('-')?;
        let (until, _) = text.split_once('-')?;
        let until = Timestamp::from_second(until.parse().ok()?).ok()?;
        let signed = of.signed_probe(text, mac, now);
        signed.then(|| Self { identifier: identifier.to_owned(), until })
    }

    /// Returns the identifier of the contact.
    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Returns whether the contact should have been removed.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now > self.until
    }

    /// Returns the key under which the webhook ledger knows that the contact's webhook was accepted.
    pub(crate) fn received_key(&self) -> String {
        format!("probe/{}/received", self.identifier)
    }

    /// Returns the key under which the webhook ledger knows that the contact's webhook arrived with
    /// a signature that is not the store's.
    pub(crate) fn refused_key(&self) -> String {
        format!("probe/{}/refused", self.identifier)
    }
}

impl fmt::Debug for ProbeMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProbeMark").field("until", &self.until).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Store, StoreId};
    use crate::ports::StoreCredentials;

    fn identity(store: &str, key: &str) -> StoreIdentity {
        let store = Store::new(
            StoreId::new(store).unwrap(),
            store,
            "https://shop.example".parse().unwrap(),
            "help@shop.example",
            crate::Currency::EUR,
        );
        let credentials = StoreCredentials {
            identifier_key: Some("one key".into()),
            proof_key: Some(key.into()),
            ..StoreCredentials::default()
        };
        StoreIdentity::new(&store, &credentials).unwrap()
    }

    #[test]
    fn a_mark_is_its_stores_and_cannot_be_altered() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let until = now + std::time::Duration::from_mins(1);
        let north = identity("north", "key");
        let mark = ProbeMark::new(&north, until);
        assert!(mark.identifier().len() <= 255, "{}", mark.identifier());
        let read = |of: &StoreIdentity, text: &str| ProbeMark::read(of, text, now);
        assert_eq!(read(&north, mark.identifier()), Some(mark.clone()));
        assert_eq!(read(&identity("south", "key"), mark.identifier()), None);
        assert_eq!(read(&identity("north", "another"), mark.identifier()), None);
        let later = mark.identifier().replace(&until.as_second().to_string(), "1");
        for altered in [&later, "", ProbeMark::PREFIX, "store-context-probe-1-2-3", "c-1"] {
            assert_eq!(read(&north, altered), None, "{altered}");
        }
        assert!(!mark.is_over(until));
        assert!(mark.is_over(until + std::time::Duration::from_secs(1)));
        assert_ne!(ProbeMark::new(&north, until), mark, "each is another");
    }
}

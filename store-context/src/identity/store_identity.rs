//! The identifiers and proofs of one store's customers in Chatwoot.

use std::fmt;
use std::time::Duration;

use chatwoot_client::Secret;
use jiff::Timestamp;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::IdentityError;
use crate::mac::mac_digits;
use crate::model::{
    ContactIdentifiers, CustomerId, IdentityPolicy, NotProven, Proof, Store, StoreId,
};
use crate::ports::{AuditSubject, Expiring, StoreCredentials};

/// The tolerated difference between the clocks of two hosts.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// The version in a proof, whose form is `1.{unix seconds}.{MAC}.{customer id}`.
const VERSION: &str = "1";

/// The separator of the signed parts: ids have no control characters.
const SEPARATOR: &[u8] = b"\x1f";

/// The identifiers and proofs of one store's customers in Chatwoot. `Debug` shows no key.
///
/// ```
/// use store_context::identity::{Evidence, StoreIdentity};
/// use store_context::model::{CustomerId, Proof, Store};
/// use store_context::ports::StoreCredentials;
/// use store_context::Timestamp;
///
/// # fn example(store: &Store, credentials: &StoreCredentials) -> Result<(), Box<dyn std::error::Error>> {
/// let identity = StoreIdentity::new(store, credentials)?;
/// let ada = CustomerId::new("c-1")?;
/// let now = Timestamp::now();
/// let proof = identity.prove(&ada, now).into();
/// let evidence = Evidence {
///     identifier: Some(&identity.identifier(&ada)),
///     hmac_verified: Some(true),
///     proof: Some(&proof),
///     written_at: now,
/// };
/// assert_eq!(identity.check(evidence, now), Proof::Proven(ada));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StoreIdentity {
    store: StoreId,
    policy: IdentityPolicy,
    identifier_key: Secret,
    proof_key: Secret,
    previous_proof_key: Option<Expiring<Secret>>,
}

/// The properties of a conversation in Chatwoot from which the writer is verified.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The identifier of the conversation's contact.
    pub identifier: Option<&'a str>,
    /// Whether Chatwoot verified the visitor: `hmac_verified` of the conversation.
    pub hmac_verified: Option<bool>,
    /// The value of the conversation's [`PROOF_ATTRIBUTE`](super::PROOF_ATTRIBUTE).
    pub proof: Option<&'a Value>,
    /// When the customer wrote the message in question.
    pub written_at: Timestamp,
}

impl StoreIdentity {
    /// Creates the identity of a store from its credentials.
    ///
    /// # Errors
    /// Returns an error if the store has no keys because it is not provisioned.
    pub fn new(store: &Store, credentials: &StoreCredentials) -> Result<Self, IdentityError> {
        let StoreCredentials { identifier_key, proof_key, previous_proof_key, .. } = credentials;
        let (Some(identifier_key), Some(proof_key)) = (identifier_key, proof_key) else {
            return Err(IdentityError::NotProvisioned(store.id.clone()));
        };
        Ok(Self {
            store: store.id.clone(),
            policy: store.identity,
            identifier_key: identifier_key.clone(),
            proof_key: proof_key.clone(),
            previous_proof_key: previous_proof_key.clone(),
        })
    }

    /// Returns the identifier of the customer's contact.
    pub fn identifier(&self, customer: &CustomerId) -> String {
        match self.policy.identifiers {
            ContactIdentifiers::Plain => customer.to_string(),
            ContactIdentifiers::Pseudonym => self.pseudonym(customer),
        }
    }

    /// Returns the customer's pseudonym, whatever the policy; it cannot be guessed.
    pub(crate) fn pseudonym(&self, customer: &CustomerId) -> String {
        digits(&self.identifier_key, &[b"contact", customer.as_str().as_bytes()])
    }

    /// Returns the customer as the audit trail names one: a keyed digest of the id, because entries
    /// cannot be removed and are to say nothing of an erased customer. Whoever has the store's key
    /// and the id finds a customer's entries.
    ///
    /// ```
    /// use store_context::identity::StoreIdentity;
    /// use store_context::model::{CustomerId, StoreId};
    /// use store_context::ports::{AuditAction, AuditEntry};
    ///
    /// # fn example(identity: &StoreIdentity, store: &StoreId, ada: &CustomerId) {
    /// let action = AuditAction::Other("refund".to_owned());
    /// let entry = AuditEntry::new(store, "backoffice", action, identity.audit_subject(ada));
    /// assert_ne!(entry.subject.id(), ada.as_str());
    /// # }
    /// ```
    pub fn audit_subject(&self, customer: &CustomerId) -> AuditSubject {
        let parts = [&b"audit"[..], customer.as_str().as_bytes()];
        AuditSubject::Customer(digits(&self.identifier_key, &parts))
    }

    /// Returns a keyed digest of a value that must be unique in an account. It detects two
    /// customers with the same value without storing the value itself.
    pub(crate) fn unique(&self, field: &str, value: &str) -> String {
        let value = if field == "email" { value.to_ascii_lowercase() } else { value.to_owned() };
        let parts = [&b"unique"[..], field.as_bytes(), value.as_bytes()];
        format!("{field}/{}", digits(&self.identifier_key, &parts))
    }

    /// Returns 32 unguessable hexadecimal digits for the address of the store's administrator.
    pub(crate) fn administrator(&self) -> String {
        digits(&self.identifier_key, &[b"administrator", self.store.as_str().as_bytes()])
    }

    /// Returns a proof that a page served now belongs to the customer: a short text for the
    /// conversation's [`PROOF_ATTRIBUTE`](super::PROOF_ATTRIBUTE). Create it only for the customer of the host's own
    /// session.
    pub fn prove(&self, customer: &CustomerId, now: Timestamp) -> String {
        let at = now.as_second();
        let mac = self.proof_mac(&self.proof_key, customer, at);
        format!("{VERSION}.{at}.{mac}.{customer}")
    }

    /// Verifies who writes in a conversation. `now` decides whether a replaced key is still
    /// accepted.
    pub fn check(&self, evidence: Evidence<'_>, now: Timestamp) -> Proof {
        self.proven_customer(evidence, now).map_or_else(Proof::NotProven, Proof::Proven)
    }

    fn proven_customer(
        &self,
        Evidence { identifier, hmac_verified, proof, written_at }: Evidence<'_>,
        now: Timestamp,
    ) -> Result<CustomerId, NotProven> {
        let identifier = identifier.filter(|text| !text.is_empty()).ok_or(NotProven::Guest)?;
        if hmac_verified != Some(true) {
            return Err(NotProven::NotVerified);
        }
        let proof = proof.filter(|value| !value.is_null()).ok_or(NotProven::Missing)?;
        let (at, mac, customer) = proof.as_str().and_then(parts).ok_or(NotProven::Malformed)?;
        let mut keys = self.proof_keys(now);
        if !keys.any(|key| same(&self.proof_mac(key, &customer, at.as_second()), mac)) {
            return Err(NotProven::Forged);
        }
        if self.identifier(&customer) != identifier {
            return Err(NotProven::OtherCustomer);
        }
        // A page renews the proof on each load, so a proof that is newer than the message is
        // common.
        let expired = written_at.duration_since(at) > signed_duration(self.policy.proof_lifetime);
        let ahead = at.duration_since(now) > signed_duration(CLOCK_SKEW);
        if expired || ahead { Err(NotProven::Expired) } else { Ok(customer) }
    }

    /// Signs the text of a probe contact's identifier.
    pub(super) fn sign_probe(&self, text: &str) -> String {
        self.probe_mac(&self.proof_key, text)
    }

    /// Returns whether one of the accepted keys signed the text of a probe contact's identifier.
    pub(super) fn signed_probe(&self, text: &str, mac: &str, now: Timestamp) -> bool {
        self.proof_keys(now).any(|key| same(&self.probe_mac(key, text), mac))
    }

    fn probe_mac(&self, key: &Secret, text: &str) -> String {
        digits(key, &[b"probe", self.store.as_str().as_bytes(), text.as_bytes()])
    }

    /// Signs the claims of a panel's token.
    pub(crate) fn sign_panel(&self, claims: &[u8]) -> String {
        self.panel_mac(&self.proof_key, claims)
    }

    /// Returns whether one of the accepted keys signed the claims of a panel's token.
    pub(crate) fn signed_panel(&self, claims: &[u8], mac: &str, now: Timestamp) -> bool {
        self.proof_keys(now).any(|key| same(&self.panel_mac(key, claims), mac))
    }

    fn panel_mac(&self, key: &Secret, claims: &[u8]) -> String {
        digits(key, &[b"panel", self.store.as_str().as_bytes(), claims])
    }

    /// Returns the present key of the proofs, then the previous one while it is accepted.
    fn proof_keys(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let previous = self.previous_proof_key.as_ref().and_then(|key| key.at(now));
        std::iter::once(&self.proof_key).chain(previous)
    }

    fn proof_mac(&self, key: &Secret, customer: &CustomerId, at: i64) -> String {
        let (store, customer) = (self.store.as_str().as_bytes(), customer.as_str().as_bytes());
        digits(key, &[b"proof", store, customer, at.to_string().as_bytes()])
    }
}

impl fmt::Debug for StoreIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreIdentity")
            .field("store", &self.store)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Shows no proof, since a proof authenticates the customer until it expires.
impl fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("hmac_verified", &self.hmac_verified)
            .field("written_at", &self.written_at)
            .finish_non_exhaustive()
    }
}

/// Parses a proof into the time of its creation, its MAC and its customer.
fn parts(proof: &str) -> Option<(Timestamp, &str, CustomerId)> {
    let mut parts = proof.splitn(4, '.');
    if parts.next()? != VERSION {
        return None;
    }
    let at = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
    Some((at, parts.next()?, CustomerId::new(parts.next()?).ok()?))
}

/// Returns the first 128 bits of the MAC of these parts, as 32 hexadecimal digits.
fn digits(key: &Secret, parts: &[&[u8]]) -> String {
    let mut digits = mac_digits(key, parts.iter().flat_map(|part| [*part, SEPARATOR]));
    digits.truncate(32);
    digits
}

/// Compares in constant time.
fn same(right: &str, given: &str) -> bool {
    right.as_bytes().ct_eq(given.as_bytes()).into()
}

fn signed_duration(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn identity(store: &str) -> StoreIdentity {
        StoreIdentity {
            store: StoreId::new(store).unwrap(),
            policy: IdentityPolicy::default(),
            identifier_key: "identifiers".into(),
            proof_key: "proofs".into(),
            previous_proof_key: None,
        }
    }

    fn ada() -> CustomerId {
        CustomerId::new("ada.1").unwrap()
    }

    /// Verifies a text on the conversation of a customer's contact, at a time.
    fn judged(by: &StoreIdentity, of: &CustomerId, proof: &Value, at: Timestamp) -> Proof {
        let identifier = by.identifier(of);
        let evidence = Evidence {
            identifier: Some(&identifier),
            hmac_verified: Some(true),
            proof: Some(proof),
            written_at: at,
        };
        by.check(evidence, at)
    }

    #[test]
    fn a_proof_is_of_one_store_customer_and_time() {
        let north = identity("north");
        let proof = json!(north.prove(&ada(), NOW));
        let lifetime = IdentityPolicy::default().proof_lifetime;
        let not = |why| Proof::NotProven(why);

        assert_eq!(judged(&north, &ada(), &proof, NOW), Proof::Proven(ada()));
        assert_eq!(judged(&north, &ada(), &proof, NOW + lifetime), Proof::Proven(ada()));
        let late = NOW + lifetime + Duration::from_secs(1);
        assert_eq!(judged(&north, &ada(), &proof, late), not(NotProven::Expired));
        let early = NOW - CLOCK_SKEW - Duration::from_secs(1);
        assert_eq!(judged(&north, &ada(), &proof, early), not(NotProven::Expired));

        let bob = CustomerId::new("bob").unwrap();
        assert_eq!(judged(&north, &bob, &proof, NOW), not(NotProven::OtherCustomer));
        assert_eq!(judged(&identity("south"), &ada(), &proof, NOW), not(NotProven::Forged));
    }

    #[test]
    fn a_proof_that_was_altered_proves_nothing() {
        let north = identity("north");
        let proof = north.prove(&ada(), NOW);
        for place in 0..proof.len() {
            let mut altered = proof.clone().into_bytes();
            altered[place] = if altered[place] == b'7' { b'8' } else { b'7' };
            let altered = json!(String::from_utf8(altered).unwrap());
            assert!(!judged(&north, &ada(), &altered, NOW).is_proven(), "{altered}");
        }
        for odd in [json!(7), json!([proof]), json!(""), json!("1.2.3"), json!("1.x.y.z")] {
            let malformed = Proof::NotProven(NotProven::Malformed);
            assert_eq!(judged(&north, &ada(), &odd, NOW), malformed, "{odd}");
        }
        assert_eq!(judged(&north, &ada(), &Value::Null, NOW), Proof::NotProven(NotProven::Missing));
    }

    #[test]
    fn a_proof_needs_chatwoots_own_verification_and_an_identifier() {
        let north = identity("north");
        let (identifier, proof) = (north.identifier(&ada()), json!(north.prove(&ada(), NOW)));
        let right = Evidence {
            identifier: Some(&identifier),
            hmac_verified: Some(true),
            proof: Some(&proof),
            written_at: NOW,
        };
        assert!(north.check(right, NOW).is_proven());
        for hmac_verified in [None, Some(false)] {
            let evidence = Evidence { hmac_verified, ..right };
            assert_eq!(north.check(evidence, NOW), Proof::NotProven(NotProven::NotVerified));
        }
        for identifier in [None, Some("")] {
            let evidence = Evidence { identifier, ..right };
            assert_eq!(north.check(evidence, NOW), Proof::NotProven(NotProven::Guest));
        }
    }

    #[test]
    fn a_replaced_key_is_taken_until_its_time_is_over() {
        let old = identity("north");
        let proof = json!(old.prove(&ada(), NOW));
        let until = NOW + Duration::from_hours(1);
        let new = StoreIdentity {
            proof_key: "new proofs".into(),
            previous_proof_key: Some(Expiring { value: old.proof_key.clone(), until }),
            ..old
        };
        assert!(judged(&new, &ada(), &proof, until - Duration::from_secs(1)).is_proven());
        assert_eq!(judged(&new, &ada(), &proof, until), Proof::NotProven(NotProven::Forged));
        assert!(judged(&new, &ada(), &json!(new.prove(&ada(), until)), until).is_proven());
    }

    #[test]
    fn a_pseudonym_is_the_keys_and_the_customers() {
        let north = identity("north");
        let named = north.identifier(&ada());
        assert_eq!(named.len(), 32);
        assert_ne!(named, north.identifier(&CustomerId::new("ada.2").unwrap()));
        let other = StoreIdentity { identifier_key: "others".into(), ..north.clone() };
        assert_ne!(named, other.identifier(&ada()));
        let policy = IdentityPolicy { identifiers: ContactIdentifiers::Plain, ..north.policy };
        assert_eq!(StoreIdentity { policy, ..north }.identifier(&ada()), "ada.1");
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", identity("north"));
        assert!(text.contains("north") && !text.contains("proofs"), "{text}");
    }
}

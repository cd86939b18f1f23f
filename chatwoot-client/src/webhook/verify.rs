//! Verification of the signatures of deliveries.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use super::event::Event;
use crate::mac::{mac, mac_digits};
use crate::types::Secret;
use crate::webhook::ParseError;

/// The header that carries the signature, `sha256=` and 64 hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "x-chatwoot-signature";
/// The header that carries the time of sending in epoch seconds; the signature covers it.
pub const TIMESTAMP_HEADER: &str = "x-chatwoot-timestamp";
/// The header that carries the delivery's id; the signature does not cover it.
pub const DELIVERY_HEADER: &str = "x-chatwoot-delivery";

const SCHEME: &str = "sha256=";

/// Verifies deliveries with one webhook's secret, or with two while the secret is being rotated.
///
/// ```
/// use chatwoot_client::Secret;
/// use chatwoot_client::webhook;
/// use chatwoot_client::webhook::{Verifier, VerifyError};
///
/// let secret = Secret::new("made-by-the-server");
/// let verifier = Verifier::new(secret.clone())?;
///
/// let now = "2026-11-21T00:34:43Z".parse().unwrap();
/// let body = br#"{"event":"contact_created","id":1,"account":{"id":7}}"#;
/// let mut headers = http::HeaderMap::new();
/// headers.insert("X-Chatwoot-Timestamp", "1795221283".parse().unwrap());
/// headers.insert("X-Chatwoot-Signature", webhook::sign(&secret, now, body).parse().unwrap());
///
/// let delivery = verifier.verify(&headers, body, now).unwrap();
/// assert_eq!(delivery.event().unwrap().name(), "contact_created");
///
/// let forged = verifier.verify(&headers, b"{}", now);
/// assert_eq!(forged.unwrap_err(), VerifyError::WrongSignature);
/// # Ok::<(), chatwoot_client::webhook::VerifierError>(())
/// ```
#[derive(Clone)]
pub struct Verifier {
    current: Secret,
    previous: Option<Secret>,
    tolerance: SignedDuration,
}

/// The reason why a [`Verifier`] could not be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The secret is empty: anyone could sign with it.
    #[error(
        "the webhook's secret is empty: read it from the response that created or lists the webhook"
    )]
    EmptySecret,
}

impl Verifier {
    /// The default tolerance between a delivery's time and the current time.
    pub const TOLERANCE: Duration = Duration::from_mins(5);

    /// Creates a verifier with the webhook's secret. An empty secret is an error.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, VerifierError> {
        Ok(Self {
            current: key(secret.into())?,
            previous: None,
            tolerance: signed(Self::TOLERANCE),
        })
    }

    /// Also accepts the previous secret, while the secret is being rotated.
    pub fn or_previous(mut self, secret: impl Into<Secret>) -> Result<Self, VerifierError> {
        self.previous = Some(key(secret.into())?);
        Ok(self)
    }

    /// Sets how far a delivery's time may be from the current time, before or after it.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = signed(tolerance);
        self
    }

    /// Verifies one delivery: its headers, and its body exactly as received.
    ///
    /// The signature is checked before the time, so [`VerifyError::TooOld`] and
    /// [`VerifyError::TooNew`] are only returned for authentic deliveries.
    pub fn verify<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &'a [u8],
        now: Timestamp,
    ) -> Result<Delivery<'a>, VerifyError> {
        let Claims { timestamp, sent_at, tags } = claims(headers)?;
        let signs = |secret: &Secret| {
            let mac = mac(secret, &[timestamp, b".", body]);
            tags.iter().any(|tag| bool::from(tag.ct_eq(&mac)))
        };
        let by_previous = if signs(&self.current) {
            false
        } else if self.previous.as_ref().is_some_and(signs) {
            true
        } else {
            return Err(VerifyError::WrongSignature);
        };

        self.check_age(sent_at, now)?;
        let id = headers.get(DELIVERY_HEADER).and_then(|id| id.to_str().ok());
        Ok(Delivery { id, sent_at, by_previous, body })
    }

    /// Checks the headers alone: signature and time are present and well-formed, and the time is
    /// within the tolerance. This proves nothing; it shows whether the body is worth reading.
    ///
    /// ```
    /// use chatwoot_client::webhook::{Verifier, VerifyError};
    ///
    /// let verifier = Verifier::new("made-by-the-server")?;
    /// let unsigned = http::HeaderMap::new();
    /// let now = "2026-11-21T00:34:43Z".parse().unwrap();
    /// assert_eq!(verifier.verify_headers(&unsigned, now), Err(VerifyError::Unsigned));
    /// # Ok::<(), chatwoot_client::webhook::VerifierError>(())
    /// ```
    pub fn verify_headers(&self, headers: &HeaderMap, now: Timestamp) -> Result<(), VerifyError> {
        self.check_age(claims(headers)?.sent_at, now)
    }

    fn check_age(&self, sent_at: Timestamp, now: Timestamp) -> Result<(), VerifyError> {
        let age = now.duration_since(sent_at);
        if age > self.tolerance {
            return Err(VerifyError::TooOld { seconds: age.as_secs() });
        }
        if age < -self.tolerance {
            return Err(VerifyError::TooNew { seconds: -age.as_secs() });
        }
        Ok(())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("previous", &self.previous.is_some())
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

/// A delivery with a valid signature and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery<'a> {
    /// Its id, unique per webhook and delivery. The signature does not cover it: use it to look up
    /// a delivery, not as proof that it differs from another one.
    pub id: Option<&'a str>,
    /// When the server sent it.
    pub sent_at: Timestamp,
    /// Whether it was signed with the previous secret: the rotation is not complete.
    pub by_previous: bool,
    /// The body as received.
    pub body: &'a [u8],
}

impl Delivery<'_> {
    /// Decodes the body.
    #[inline]
    pub fn event(&self) -> Result<Event, ParseError> {
        Event::parse(self.body)
    }
}

/// The reason why a delivery was rejected. It contains neither the secret nor a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no signature. A server before 4.11.2 signs nothing; inboxes and bots sign from
    /// 4.13.
    #[error(
        "unsigned: the header X-Chatwoot-Signature is missing; a Chatwoot before 4.11.2 does not \
         sign, and a proxy may have dropped it"
    )]
    Unsigned,
    /// There is a signature but no time.
    #[error("the header X-Chatwoot-Timestamp is missing: a proxy may have dropped it")]
    MissingTimestamp,
    /// The signature is not `sha256=` and 64 hexadecimal digits.
    #[error("the header X-Chatwoot-Signature is malformed: it is not sha256= and 64 hex digits")]
    MalformedSignature,
    /// The time is not a number of seconds.
    #[error("the header X-Chatwoot-Timestamp is malformed: it is not a number of epoch seconds")]
    MalformedTimestamp,
    /// None of the accepted secrets results in this signature.
    #[error(
        "wrong signature: verify the body's bytes as received, not parsed and written again; what \
         is signed is the timestamp, a dot and the body, not the body alone; and each webhook, \
         inbox and bot has a secret of its own"
    )]
    WrongSignature,
    /// Correctly signed, but too old: a replay, or a clock is wrong.
    #[error(
        "too old: sent {seconds} s ago; a replay, or this machine's or the server's clock is wrong"
    )]
    TooOld {
        /// The age in seconds.
        seconds: i64,
    },
    /// Correctly signed, but in the future: a clock is wrong.
    #[error(
        "too new: sent {seconds} s ahead of now; this machine's or the server's clock is wrong"
    )]
    TooNew {
        /// The difference in seconds.
        seconds: i64,
    },
}

/// Returns the value of `X-Chatwoot-Signature` for a body sent at this time, for tests.
///
/// ```
/// let sent_at = "2026-11-21T00:34:43Z".parse().unwrap();
/// let signature = chatwoot_client::webhook::sign(&"key".into(), sent_at, b"{}");
/// assert!(signature.starts_with("sha256="));
/// ```
pub fn sign(secret: &Secret, sent_at: Timestamp, body: &[u8]) -> String {
    let timestamp = sent_at.as_second().to_string();
    format!("{SCHEME}{}", mac_digits(secret, &[timestamp.as_bytes(), b".", body]))
}

/// The values of a delivery's headers.
struct Claims<'a> {
    timestamp: &'a [u8],
    sent_at: Timestamp,
    tags: Vec<[u8; 32]>,
}

fn claims(headers: &HeaderMap) -> Result<Claims<'_>, VerifyError> {
    let mut signatures = headers.get_all(SIGNATURE_HEADER).iter().peekable();
    signatures.peek().ok_or(VerifyError::Unsigned)?;
    let timestamp = headers.get(TIMESTAMP_HEADER).ok_or(VerifyError::MissingTimestamp)?.as_bytes();
    let sent_at = seconds(timestamp).ok_or(VerifyError::MalformedTimestamp)?;
    let tags: Vec<[u8; 32]> = signatures.filter_map(|value| tag(value.as_bytes())).collect();
    if tags.is_empty() {
        Err(VerifyError::MalformedSignature)
    } else {
        Ok(Claims { timestamp, sent_at, tags })
    }
}

fn key(secret: Secret) -> Result<Secret, VerifierError> {
    if secret.expose().trim().is_empty() {
        return Err(VerifierError::EmptySecret);
    }
    Ok(secret)
}

fn signed(tolerance: Duration) -> SignedDuration {
    SignedDuration::try_from(tolerance).unwrap_or(SignedDuration::MAX)
}

/// Parses digits only: with a sign or a space another text would have the same value.
fn seconds(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Timestamp::from_second(text.parse().ok()?).ok()
}

fn tag(value: &[u8]) -> Option<[u8; 32]> {
    let digits = value.strip_prefix(SCHEME.as_bytes())?;
    let mut tag = [0; 32];
    hex::decode_to_slice(digits, &mut tag).ok()?;
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"event":"contact_created","id":1,"account":{"id":7}}"#;
    const SECRET: &str = "a-secret-of-a-test";

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_221_283).unwrap()
    }

    #[test]
    fn the_headers_alone_tell_what_is_not_worth_reading() {
        let verifier = Verifier::new(SECRET).unwrap();
        let sent = |at: Timestamp| {
            headers(&sign(&"another".into(), at, BODY), &at.as_second().to_string())
        };
        let checked = |headers: &HeaderMap| verifier.verify_headers(headers, now());
        assert_eq!(checked(&sent(now())), Ok(()), "who signed it is not seen from the headers");
        let minute = Duration::from_mins(1);
        let old = sent(now() - 6 * minute);
        assert_eq!(checked(&old), Err(VerifyError::TooOld { seconds: 360 }));
        let new = sent(now() + 6 * minute);
        assert_eq!(checked(&new), Err(VerifyError::TooNew { seconds: 360 }));
        let malformed = headers("sha256=hello", "1795221283");
        assert_eq!(checked(&malformed), Err(VerifyError::MalformedSignature));
        let malformed = headers(&sign(&SECRET.into(), now(), BODY), "soon");
        assert_eq!(checked(&malformed), Err(VerifyError::MalformedTimestamp));
        assert_eq!(checked(&HeaderMap::new()), Err(VerifyError::Unsigned));
    }

    fn headers(signature: &str, timestamp: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE_HEADER, signature.parse().unwrap());
        headers.insert(TIMESTAMP_HEADER, timestamp.parse().unwrap());
        headers
    }

    fn good() -> HeaderMap {
        headers(&sign(&SECRET.into(), now(), BODY), "1795221283")
    }

    fn verifier() -> Verifier {
        Verifier::new(SECRET).unwrap()
    }

    #[test]
    fn a_good_delivery_is_told_whole() {
        let mut headers = good();
        headers.insert("X-CHATWOOT-Delivery", "an-id".parse().unwrap());
        let delivery = verifier().verify(&headers, BODY, now()).unwrap();
        assert_eq!(delivery.id, Some("an-id"));
        assert_eq!(delivery.sent_at, now());
        assert!(!delivery.by_previous);
        assert_eq!(delivery.event().unwrap().name(), "contact_created");
    }

    /// The headers as Chatwoot names them, and the MAC as computed by Python's `hmac`.
    #[test]
    fn the_headers_and_the_signature_are_the_servers() {
        let mut headers = HeaderMap::new();
        let signature = "sha256=158f228e5c92101b03974e7c93bce1cf9d498c2e2773d742e330529100b759b6";
        headers.insert("X-Chatwoot-Signature", signature.parse().unwrap());
        headers.insert("X-Chatwoot-Timestamp", "1795221283".parse().unwrap());
        assert!(verifier().verify(&headers, BODY, now()).is_ok());
        assert_eq!(sign(&SECRET.into(), now(), BODY), signature);
    }

    #[test]
    fn both_secrets_are_accepted_while_they_change() {
        let verifier = Verifier::new("the next secret").unwrap();
        assert_eq!(verifier.verify(&good(), BODY, now()), Err(VerifyError::WrongSignature));
        let verifier = verifier.or_previous(SECRET).unwrap();
        assert!(verifier.verify(&good(), BODY, now()).unwrap().by_previous);
        assert_eq!(
            verifier.verify(&good(), b"{}", now()),
            Err(VerifyError::WrongSignature),
            "neither secret signed this"
        );
    }

    #[test]
    fn a_signature_that_differs_in_one_digit_is_wrong() {
        let signature = sign(&SECRET.into(), now(), BODY);
        for at in SCHEME.len()..signature.len() {
            let digit = if &signature[at..=at] == "0" { "1" } else { "0" };
            let mut other = signature.clone();
            other.replace_range(at..=at, digit);
            let headers = headers(&other, "1795221283");
            let refused = verifier().verify(&headers, BODY, now());
            assert_eq!(refused, Err(VerifyError::WrongSignature), "digit {at}");
        }
    }

    #[test]
    fn each_fault_has_its_reason() {
        let signature = sign(&SECRET.into(), now(), BODY);
        let check = |headers: &HeaderMap| verifier().verify(headers, BODY, now()).unwrap_err();

        assert_eq!(check(&HeaderMap::new()), VerifyError::Unsigned);
        let mut alone = good();
        alone.remove(TIMESTAMP_HEADER);
        assert_eq!(check(&alone), VerifyError::MissingTimestamp);
        let mut alone = good();
        alone.remove(SIGNATURE_HEADER);
        assert_eq!(check(&alone), VerifyError::Unsigned);

        for text in ["", "soon", "+1795221283", "-1", "1795221283.5", "99999999999999999999"] {
            assert_eq!(
                check(&headers(&signature, text)),
                VerifyError::MalformedTimestamp,
                "{text}"
            );
        }
        let bare = signature.strip_prefix(SCHEME).unwrap();
        for text in ["", "sha256=", "sha256=00", "sha256=zz", bare, &format!("{signature}0")] {
            assert_eq!(
                check(&headers(text, "1795221283")),
                VerifyError::MalformedSignature,
                "{text}"
            );
        }
        assert_eq!(check(&headers(&signature, "1795221284")), VerifyError::WrongSignature);
        let body_alone = mac_digits(&SECRET.into(), &[BODY]);
        assert_eq!(
            check(&headers(&format!("{SCHEME}{body_alone}"), "1795221283")),
            VerifyError::WrongSignature
        );
    }

    #[test]
    fn one_right_signature_among_several_is_enough() {
        let mut malformed = good();
        malformed.append(SIGNATURE_HEADER, "sha256=00".parse().unwrap());
        assert!(verifier().verify(&malformed, BODY, now()).is_ok());
        let other = sign(&"another secret".into(), now(), BODY);
        for right_first in [true, false] {
            let right = sign(&SECRET.into(), now(), BODY);
            let (first, second) = if right_first { (&right, &other) } else { (&other, &right) };
            let mut both = headers(first, "1795221283");
            both.append(SIGNATURE_HEADER, second.parse().unwrap());
            assert!(verifier().verify(&both, BODY, now()).is_ok(), "right first: {right_first}");
        }
    }

    #[test]
    fn the_time_may_be_off_by_the_tolerance_both_ways_and_no_more() {
        let at = |seconds: i64| Timestamp::from_second(1_795_221_283 + seconds).unwrap();
        let headers = good();
        for seconds in [-300, 0, 300] {
            assert!(verifier().verify(&headers, BODY, at(seconds)).is_ok(), "{seconds}");
        }
        assert_eq!(
            verifier().verify(&headers, BODY, at(301)),
            Err(VerifyError::TooOld { seconds: 301 })
        );
        assert_eq!(
            verifier().verify(&headers, BODY, at(-301)),
            Err(VerifyError::TooNew { seconds: 301 })
        );
        let strict = verifier().tolerance(Duration::ZERO);
        assert!(strict.verify(&headers, BODY, at(0)).is_ok());
        assert!(strict.verify(&headers, BODY, at(1)).is_err());
        let endless = verifier().tolerance(Duration::MAX);
        assert!(endless.verify(&headers, BODY, at(1_000_000_000)).is_ok());
    }

    #[test]
    fn an_empty_secret_is_refused() {
        for secret in ["", " ", "\n"] {
            assert_eq!(Verifier::new(secret).unwrap_err(), VerifierError::EmptySecret);
            assert_eq!(verifier().or_previous(secret).unwrap_err(), VerifierError::EmptySecret);
        }
    }

    #[test]
    fn nothing_shows_the_secret_or_a_signature() {
        let verifier = verifier().or_previous("another-secret").unwrap();
        let delivery = format!("{:?}", verifier.verify(&good(), BODY, now()).unwrap());
        let text = format!("{verifier:?}{delivery}");
        assert!(!text.contains(SECRET) && !text.contains("another-secret"), "{text}");
        assert!(text.contains("previous: true") && text.contains("tolerance: 5m"), "{text}");
        let text = format!("{:?}", Verifier::new(SECRET).unwrap());
        assert!(text.contains("Verifier") && text.contains("previous: false"), "{text}");
    }
}

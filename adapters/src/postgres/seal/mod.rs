//! Sealing of secrets with XChaCha20-Poly1305.
//!
//! A sealed value is: the version of the format (one byte, `1`), the length of the key's id (one
//! byte), the key's id, the nonce (24 random bytes), the ciphertext with its tag of 16 bytes. The
//! associated data is everything before the nonce and the place that the value is for: table,
//! store, column, base URL, and expiry if it has one. So a value that is moved does not open.

mod error;
mod keys;
mod ring;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;
use store_context::Timestamp;
use store_context::chatwoot::Secret;
use store_context::model::StoreId;
use store_context::ports::{Address, AddressToken, PortError, PortResult, StoreAccount};

pub use self::error::{SealError, SealProblem};
pub use self::keys::{InvalidKeyId, KeyId, SealingKey, SealingKeys};
pub use self::ring::{KeyRing, KeyRingError};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Where a sealed value is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) table: &'static str,
    pub(super) store: &'a StoreId,
    pub(super) column: &'static str,
    /// The base URL of the Chatwoot server that the secret belongs to; empty if there is none yet.
    pub(super) base_url: &'a str,
    /// The time from which a replaced secret is no longer accepted.
    pub(super) until: Option<Timestamp>,
}

impl Place<'_> {
    /// Returns the associated data of a value with this header: each part after its length, so that
    /// no two places have the same.
    fn associated_data(&self, header: &[u8]) -> Vec<u8> {
        let until = self.until.map(|until| until.as_microsecond().to_string()).unwrap_or_default();
        let parts: [&[u8]; 6] = [
            header,
            self.table.as_bytes(),
            self.store.as_str().as_bytes(),
            self.column.as_bytes(),
            self.base_url.as_bytes(),
            until.as_bytes(),
        ];
        let mut data = b"store-context sealed value".to_vec();
        for part in parts {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part);
        }
        data
    }
}

/// Seals a secret for a place.
pub(super) fn seal(
    (id, key): (&KeyId, &SealingKey),
    place: &Place<'_>,
    secret: &str,
) -> PortResult<Vec<u8>> {
    let mut sealed = vec![VERSION, id.len()];
    sealed.extend_from_slice(id.as_str().as_bytes());
    let associated = place.associated_data(&sealed);
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)?;
    sealed.extend_from_slice(&nonce);
    // With room for the tag: a buffer that grows leaves a copy of the secret behind.
    let mut text = Zeroizing::new(Vec::with_capacity(secret.len() + TAG));
    text.extend_from_slice(secret.as_bytes());
    cipher(key)
        .encrypt_in_place(&XNonce::from(nonce), &associated, &mut *text)
        .map_err(|_| PortError::new("stores", "a secret is too long to be sealed"))?;
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Returns the id of the key that a value is sealed with. It is not authenticated yet.
pub(super) fn key_id(sealed: &[u8]) -> Result<KeyId, SealProblem> {
    let (header, _) = split(sealed)?;
    let id = header.get(2..).and_then(|id| std::str::from_utf8(id).ok());
    id.and_then(|id| KeyId::new(id).ok()).ok_or(SealProblem::NotAuthentic)
}

/// Opens a sealed value. Whoever calls this writes it to the audit trail.
pub(super) fn open(
    key: &SealingKey,
    place: &Place<'_>,
    sealed: &[u8],
) -> Result<Secret, SealProblem> {
    let (header, rest) = split(sealed)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or(SealProblem::Truncated)?;
    if text.len() < TAG {
        return Err(SealProblem::Truncated);
    }
    let mut text = Zeroizing::new(text.to_vec());
    cipher(key)
        .decrypt_in_place(&XNonce::from(*nonce), &place.associated_data(header), &mut *text)
        .map_err(|_| SealProblem::NotAuthentic)?;
    let text = std::str::from_utf8(&text).map_err(|_| SealProblem::NotAuthentic)?;
    Ok(Secret::new(text))
}

/// Splits a sealed value into its header and the rest.
fn split(sealed: &[u8]) -> Result<(&[u8], &[u8]), SealProblem> {
    match sealed {
        [VERSION, length, ..] => {
            sealed.split_at_checked(2 + usize::from(*length)).ok_or(SealProblem::Truncated)
        }
        [] | [VERSION] => Err(SealProblem::Truncated),
        [version, ..] => Err(SealProblem::UnknownVersion(*version)),
    }
}

fn cipher(key: &SealingKey) -> XChaCha20Poly1305 {
    let key = key.derive("seal");
    XChaCha20Poly1305::new((&*key).into())
}

/// Returns the keyed hash by which the store of a URL is found.
pub(super) fn address_hash(key: &SealingKey, address: Address, token: &AddressToken) -> Vec<u8> {
    let key = key.derive("address");
    let mut mac = keyed(&key);
    mac.update(address_name(address).as_bytes());
    mac.update(&[0]);
    mac.update(token.expose().as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Returns the stored name of a kind of URL.
pub(super) const fn address_name(address: Address) -> &'static str {
    match address {
        Address::Webhook => "webhook",
        Address::Panel => "panel",
    }
}

/// Creates an HMAC-SHA256 with a key of 32 bytes.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // The infallible constructor takes a whole block; zeros pad a short key (RFC 2104).
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::new((&*block).into())
}

/// Returns the base URL that the secrets of an account belong to.
pub(super) fn base_url(account: &StoreAccount) -> &str {
    account.base_url.as_ref().map_or("", |url| url.as_str())
}

#[cfg(test)]
mod tests;

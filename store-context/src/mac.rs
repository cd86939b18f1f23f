//! HMAC-SHA256 and SHA-256 as hexadecimal digits.

use chatwoot_client::Secret;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Returns the MAC of the concatenated parts, keyed with the secret's bytes.
pub(crate) fn mac_digits<'a>(secret: &Secret, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut mac = keyed(secret.expose().as_bytes());
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

/// Returns the hash of the concatenated parts.
pub(crate) fn hash_digits(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// Creates an HMAC-SHA256 with a key of any length.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // The infallible constructor takes a whole block: zeros pad a short key, and a long one is
    // replaced by its hash (RFC 2104).
    let mut block = Key::<Hmac<Sha256>>::default();
    let hashed;
    let key = if key.len() > block.len() {
        hashed = Sha256::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::new(&block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_length_give_the_standard_mac() {
        // RFC 4231, case 2; the others were computed with Python's hmac.
        let short = mac_digits(&Secret::new("Jefe"), [&b"what do ya want "[..], b"for nothing?"]);
        assert_eq!(short, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let block = mac_digits(&Secret::new("k".repeat(64)), [&b"text"[..]]);
        assert_eq!(block, "0414bb1d8c0c4556cdb2028727b16610ae377b1a194b6db1f853d4297f2329bc");
        let long = mac_digits(&Secret::new("k".repeat(65)), [&b"text"[..]]);
        assert_eq!(long, "5b69580123e3d7e788b7e8352ac37a3247b911c5ec0837147b74109a6382d3f5");
    }

    #[test]
    fn a_hash_is_of_its_parts_together() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_digits(&[b"abc"]), abc);
        assert_eq!(hash_digits(&[b"a", b"", b"bc"]), abc);
    }
}

//! HMAC-SHA256 keyed with a secret: it signs webhooks and proves the identity of a widget's user.

use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::types::Secret;

/// Returns the MAC of the concatenated parts, keyed with the secret's bytes.
pub(crate) fn mac(secret: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(secret.expose().as_bytes());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Returns an HMAC-SHA256 for a key of any length.
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

/// Returns the MAC in hexadecimal digits, as Chatwoot writes it.
pub(crate) fn mac_digits(secret: &Secret, parts: &[&[u8]]) -> String {
    hex::encode(mac(secret, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_length_give_the_standard_mac() {
        // RFC 4231, case 2.
        let short = mac_digits(&Secret::new("Jefe"), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(short, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        for (length, digits) in LONG {
            assert_eq!(&mac_digits(&Secret::new("k".repeat(*length)), &[b"text"]), digits);
        }
    }

    /// The length of a key of `k`s, and the MAC of `text` under it, computed with Python's `hmac`.
    const LONG: &[(usize, &str)] = &[
        (0, "0611b704abab473f956257a09cc2fc2c867211d077bdffc5a91bd8a5047826ff"),
        (63, "c90d83e78c64ee16fe2eefa3e8a834d79d1d3d0ea483f8d9908323b714c7f134"),
        (64, "0414bb1d8c0c4556cdb2028727b16610ae377b1a194b6db1f853d4297f2329bc"),
        (65, "5b69580123e3d7e788b7e8352ac37a3247b911c5ec0837147b74109a6382d3f5"),
        (200, "0213fa56a4d26fac09aee9ef2a6faf1f38dfce0d3c4238d63981b8af5d6228ba"),
    ];
}

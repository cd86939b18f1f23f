//! HMAC-SHA256 keyed with a secret: what signs webhooks and proves a widget's user.

use hmac::{Hmac, KeyInit};
use sha2::digest::Key;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// The MAC of this crate.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// The MAC keyed with the secret's bytes.
pub(crate) fn keyed(secret: &Secret) -> HmacSha256 {
    // A key of exactly one block cannot be refused, so there is no error to invent: shorter keys
    // are padded with zeros and longer ones hashed, as the standard says.
    let mut block = Key::<HmacSha256>::default();
    let bytes = secret.expose().as_bytes();
    if bytes.len() > block.len() {
        let hashed = Sha256::digest(bytes);
        block.iter_mut().zip(hashed.iter()).for_each(|(to, from)| *to = *from);
    } else {
        block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    HmacSha256::new(&block)
}

#[cfg(test)]
mod tests {
    use hmac::Mac;

    use super::*;

    #[test]
    fn keys_of_every_length_give_the_standard_mac() {
        for length in [0, 1, 63, 64, 65, 200] {
            let key = "k".repeat(length);
            let ours = keyed(&Secret::new(key.clone())).chain_update(b"text").finalize();
            let theirs = HmacSha256::new_from_slice(key.as_bytes()).unwrap();
            assert_eq!(ours, theirs.chain_update(b"text").finalize(), "{length}");
        }
    }

    #[test]
    fn a_published_vector_holds() {
        let mac = keyed(&Secret::new("Jefe")).chain_update(b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac.finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}

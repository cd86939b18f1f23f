//! The tests of sealing.

use super::*;

fn north() -> StoreId {
    StoreId::new("north").unwrap()
}

fn place(store: &StoreId) -> Place<'_> {
    let base_url = "https://chatwoot.example.com/";
    Place { table: "stores", store, column: "webhook_secret", base_url, until: None }
}

fn key(byte: u8) -> SealingKey {
    SealingKey::new(&[byte; 32])
}

fn sealed(place: &Place<'_>, secret: &str) -> Vec<u8> {
    seal((&KeyId::new("k-1").unwrap(), &key(1)), place, secret).unwrap()
}

#[test]
fn a_value_opens_where_it_was_sealed() {
    let store = north();
    for secret in ["", "s", "sécret ☕", &"long".repeat(10_000)] {
        let sealed = sealed(&place(&store), secret);
        assert_eq!(key_id(&sealed).unwrap().as_str(), "k-1");
        assert!(open(&key(1), &place(&store), &sealed).unwrap() == *secret);
        assert_eq!(sealed.len(), 2 + 3 + NONCE + secret.len() + TAG);
    }
}

#[test]
fn two_of_the_same_are_sealed_differently() {
    let store = north();
    assert_ne!(sealed(&place(&store), "secret"), sealed(&place(&store), "secret"));
}

#[test]
fn a_moved_value_does_not_open() {
    let (store, other) = (north(), StoreId::new("south").unwrap());
    let here = Place { until: Some(Timestamp::UNIX_EPOCH), ..place(&store) };
    let elsewhere = [
        Place { table: "others", ..here },
        Place { store: &other, ..here },
        Place { column: "proof_key", ..here },
        Place { base_url: "https://chatwoot.example.com", ..here },
        Place { base_url: "", ..here },
        Place { until: None, ..here },
        Place { until: Timestamp::from_second(1).ok(), ..here },
        // A part that grows by what the next one loses.
        Place { column: "webhook_secrethttps", base_url: "://chatwoot.example.com/", ..here },
    ];
    let sealed = sealed(&here, "secret");
    for place in elsewhere {
        let opened = open(&key(1), &place, &sealed);
        assert!(matches!(opened, Err(SealProblem::NotAuthentic)), "{place:?}");
    }
    assert!(open(&key(1), &here, &sealed).unwrap() == "secret");
}

#[test]
fn a_truncated_value_does_not_open() {
    let store = north();
    let sealed = sealed(&place(&store), "secret");
    for length in 0..sealed.len() {
        let opened = open(&key(1), &place(&store), &sealed[..length]).unwrap_err();
        // What has room for all but the text may be complete, for all that it tells.
        let told = 2 + 3 + NONCE + TAG;
        let expected =
            if length < told { SealProblem::Truncated } else { SealProblem::NotAuthentic };
        assert_eq!(opened, expected, "of length {length}");
    }
}

#[test]
fn an_altered_value_does_not_open() {
    let store = north();
    let sealed = sealed(&place(&store), "secret");
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        // By the key that its header names, as far as there is one; here each name has the same.
        assert!(open(&key(1), &place(&store), &altered).is_err(), "bit {bit}");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert!(open(&key(1), &place(&store), &longer).is_err(), "a byte more");
}

#[test]
fn another_key_does_not_open() {
    let store = north();
    let sealed = sealed(&place(&store), "secret");
    let opened = open(&key(2), &place(&store), &sealed);
    assert_eq!(opened.unwrap_err(), SealProblem::NotAuthentic);
    assert_eq!(key_id(&[2, 1, b'k']).unwrap_err(), SealProblem::UnknownVersion(2));
    assert_eq!(key_id(&[1, 1, b'\n']).unwrap_err(), SealProblem::NotAuthentic);
}

#[test]
fn hashes_are_told_apart_by_key_and_kind() {
    let token = AddressToken::new("0123");
    let hash = address_hash(&key(1), Address::Webhook, &token);
    assert_eq!(hash, address_hash(&key(1), Address::Webhook, &token));
    assert_ne!(hash, address_hash(&key(1), Address::Panel, &token));
    assert_ne!(hash, address_hash(&key(2), Address::Webhook, &token));
    assert_ne!(hash, address_hash(&key(1), Address::Webhook, &AddressToken::new("0124")));
    assert_eq!(hash.len(), 32);
}

#[test]
fn no_key_is_shown() {
    let digits = "ab".repeat(32);
    let ring = KeyRing::parse(&format!("one:{digits} two:{}\n", "0C".repeat(32))).unwrap();
    let shown = format!("{ring:?} {:?}", SealingKey::random().unwrap());
    assert!(shown.contains("one") && !shown.contains("ab") && !shown.contains("171"), "{shown}");
    for (text, expected) in [
        (String::new(), KeyRingError::Empty),
        (" ,\n".to_owned(), KeyRingError::Empty),
        (digits.clone(), KeyRingError::Malformed { entry: 1 }),
        (format!("one:{digits},{digits}"), KeyRingError::Malformed { entry: 2 }),
        (format!("ONE:{digits}"), KeyRingError::InvalidId { entry: 1 }),
        (format!("one:{digits}0"), KeyRingError::InvalidKey { entry: 1 }),
        (format!("one:{}", "xy".repeat(32)), KeyRingError::InvalidKey { entry: 1 }),
        (format!("one:{digits},one:{digits}"), KeyRingError::Duplicate { entry: 2 }),
    ] {
        let error = KeyRing::parse(&text).unwrap_err();
        assert_eq!(error, expected);
        assert!(!format!("{error} {error:?}").contains(&digits));
    }
    let missing = KeyRing::from_env("STORE_CONTEXT_NO_SUCH_KEYS").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the environment variable STORE_CONTEXT_NO_SUCH_KEYS is not set"
    );
}

//! The conformance tests of a cache.

use std::time::Duration;

use bytes::Bytes;

use super::ok;
use crate::ports::Cache;

/// Generates one test per requirement of [`Cache`](crate::ports::Cache); see [`conformance`].
///
/// Two of the tests sleep for a second of tokio's time; a cache in memory can pause its clock with
/// the option `start_paused = true`.
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! cache_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            cache_conformance of cache,
            [
                an_unknown_key_is_none,
                any_bytes_come_back,
                keys_are_told_apart_by_case,
                a_value_is_replaced,
                a_removed_key_is_gone,
                a_value_ends_with_its_time,
                a_replaced_value_has_the_new_time,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

const MINUTE: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);
const LONGER_THAN_SHORT: Duration = Duration::from_millis(900);

/// A key that was never put has no value.
pub async fn an_unknown_key_is_none(port: &dyn Cache) {
    has(port, "a", None, "nothing was put").await;
    ok(port.put("a", Bytes::from_static(b"one"), MINUTE).await);
    has(port, "b", None, "another key was put").await;
}

/// Keys are any text and values any bytes, including none.
pub async fn any_bytes_come_back(port: &dyn Cache) {
    ok(port.put("a", Bytes::from_static(b"\0\xff one"), MINUTE).await);
    ok(port.put("a\u{1f}b", Bytes::new(), MINUTE).await);
    has(port, "a", Some(b"\0\xff one"), "bytes that are no text").await;
    has(port, "a\u{1f}b", Some(b""), "no bytes are a value").await;
}

/// Keys are case-sensitive.
pub async fn keys_are_told_apart_by_case(port: &dyn Cache) {
    ok(port.put("a", Bytes::from_static(b"small"), MINUTE).await);
    has(port, "A", None, "only the small letter was put").await;
    ok(port.put("A", Bytes::from_static(b"capital"), MINUTE).await);
    has(port, "a", Some(b"small"), "the capital was put after it").await;
}

/// Putting a key again replaces its value, and no other key's.
pub async fn a_value_is_replaced(port: &dyn Cache) {
    ok(port.put("a", Bytes::from_static(b"one"), MINUTE).await);
    ok(port.put("b", Bytes::from_static(b"other"), MINUTE).await);
    ok(port.put("a", Bytes::from_static(b"two"), MINUTE).await);
    has(port, "a", Some(b"two"), "the later value").await;
    has(port, "b", Some(b"other"), "the other key").await;
}

/// A key can be removed, also twice, without affecting others.
pub async fn a_removed_key_is_gone(port: &dyn Cache) {
    ok(port.put("a", Bytes::from_static(b"one"), MINUTE).await);
    ok(port.put("a\u{1f}b", Bytes::from_static(b"other"), MINUTE).await);
    ok(port.remove("a").await);
    ok(port.remove("a").await);
    has(port, "a", None, "the removed key").await;
    has(port, "a\u{1f}b", Some(b"other"), "a key that begins like it").await;
}

/// A value exists until it expires.
pub async fn a_value_ends_with_its_time(port: &dyn Cache) {
    ok(port.put("short", Bytes::from_static(b"1"), SHORT).await);
    ok(port.put("long", Bytes::from_static(b"1"), MINUTE).await);
    tokio::time::sleep(LONGER_THAN_SHORT).await;
    has(port, "short", None, "its time is over").await;
    has(port, "long", Some(b"1"), "its time is not over").await;
}

/// Replacing a value replaces its lifetime too.
pub async fn a_replaced_value_has_the_new_time(port: &dyn Cache) {
    ok(port.put("longer", Bytes::from_static(b"1"), SHORT).await);
    ok(port.put("longer", Bytes::from_static(b"2"), MINUTE).await);
    ok(port.put("shorter", Bytes::from_static(b"1"), MINUTE).await);
    ok(port.put("shorter", Bytes::from_static(b"2"), SHORT).await);
    tokio::time::sleep(LONGER_THAN_SHORT).await;
    has(port, "longer", Some(b"2"), "the later value has a minute").await;
    has(port, "shorter", None, "the later value's time is over").await;
}

async fn has(port: &dyn Cache, key: &str, value: Option<&[u8]>, what: &str) {
    assert_eq!(ok(port.get(key).await).as_deref(), value, "{key:?}: {what}");
    if let Some(peeked) = port.peek(key) {
        assert_eq!(Some(&*peeked), value, "{key:?} without waiting: {what}");
    }
}

//! What a cache must do.

use std::time::Duration;

use bytes::Bytes;

use super::ok;
use crate::ports::Cache;

const MINUTE: Duration = Duration::from_mins(1);

/// Checks an empty [`Cache`]. It waits for about a second.
///
/// # Panics
/// It does not do what the port says.
pub async fn cache(port: &dyn Cache) {
    has(port, "a", None, "an unknown key is none").await;
    ok(port.put("a", Bytes::from_static(b"\0\xff one"), MINUTE).await);
    ok(port.put("a\u{1f}b", Bytes::new(), MINUTE).await);
    has(port, "a", Some(b"\0\xff one"), "any bytes come back").await;
    has(port, "a\u{1f}b", Some(b""), "no bytes are a value").await;
    has(port, "A", None, "keys are told apart by case").await;

    ok(port.put("a", Bytes::from_static(b"two"), MINUTE).await);
    has(port, "a", Some(b"two"), "a value is put in place").await;
    ok(port.remove("a").await);
    ok(port.remove("a").await);
    has(port, "a", None, "a removed key is gone").await;
    has(port, "a\u{1f}b", Some(b""), "removing is for one key").await;

    ok(port.put("short", Bytes::from_static(b"1"), Duration::from_millis(300)).await);
    ok(port.put("longer", Bytes::from_static(b"1"), Duration::from_millis(300)).await);
    ok(port.put("longer", Bytes::from_static(b"2"), MINUTE).await);
    tokio::time::sleep(Duration::from_millis(900)).await;
    has(port, "short", None, "a value ends with its time").await;
    has(port, "longer", Some(b"2"), "the time of the latest value holds").await;
}

async fn has(port: &dyn Cache, key: &str, value: Option<&[u8]>, what: &str) {
    assert_eq!(ok(port.get(key).await).as_deref(), value, "{what}");
}

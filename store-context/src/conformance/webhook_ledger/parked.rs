//! Parked entries.

use super::samples::{claim, entry_of, handle, keys, load, park, take};
use crate::conformance::{north, ok, only, south};
use crate::ports::{Taken, WebhookLedger};

/// After an entry was parked the later ones are due; it is listed with its error, and not claimed.
pub async fn a_parked_entry_lets_its_queue_go_on(port: &dyn WebhookLedger) {
    let parked = park(port, &["first", "second"]).await;
    let held = only(claim(port, 10).await, "the queue goes on");
    assert_eq!(keys(&load(port, &held).await), ["second"]);
    handle(port, held).await;
    assert_eq!(claim(port, 10).await, [], "it is not claimed");
    let listed = only(ok(port.parked(&north(), None, 10).await), "one was set aside");
    assert_eq!((listed.entry.key.as_str(), listed.error.as_str()), ("first", "no"));
    assert_eq!((listed.entry.id, listed.entry.tries), (parked, 1), "as it was");
    assert!(listed.parked_at >= listed.entry.received_at, "when it was set aside");
    assert_eq!(ok(port.parked(&north(), Some(parked), 10).await), [], "after it");
    assert_eq!(ok(port.parked(&north(), None, 0).await), [], "a limit of 0");
    assert_eq!(ok(port.parked(&south(), None, 10).await), [], "another store");
    assert_eq!(take(port, &entry_of(8, "first", 1)).await, Taken::Known, "its key is known");
}

/// A replayed entry is due again, at the end of its queue and with no attempts.
pub async fn a_replayed_entry_comes_last_and_untried(port: &dyn WebhookLedger) {
    let parked = park(port, &["first", "second"]).await;
    assert_eq!(ok(port.replay(&south(), None, 10).await), 0, "another store");
    assert_eq!(ok(port.replay(&north(), Some(parked + 1000), 10).await), 0, "another entry");
    assert_eq!(ok(port.replay(&north(), Some(parked), 10).await), 1, "one");
    assert_eq!(ok(port.replay(&north(), None, 10).await), 0, "none is left");
    let held = only(claim(port, 10).await, "one queue");
    let loaded = load(port, &held).await;
    assert_eq!(keys(&loaded), ["second", "first"], "it comes last");
    assert_eq!(loaded[1].tries, 0, "untried");
    handle(port, held).await;
    assert_eq!(ok(port.counts(Some(&north())).await).handled, 2, "both");
    assert_eq!(ok(port.parked(&north(), None, 10).await), [], "nothing is set aside");
}

/// Parked entries are replayed no more at once than asked for, the first ones first, until none is
/// left.
pub async fn parked_entries_are_replayed_in_batches(port: &dyn WebhookLedger) {
    for key in ["a", "b", "c"] {
        park(port, &[key]).await;
    }
    assert_eq!(ok(port.replay(&north(), None, 2).await), 2, "no more than the limit");
    let held = only(claim(port, 10).await, "one queue");
    assert_eq!(keys(&load(port, &held).await), ["a", "b"], "in ascending order");
    assert_eq!(ok(port.replay(&north(), None, 2).await), 1, "what is left");
    assert_eq!(keys(&load(port, &held).await), ["a", "b", "c"], "at the end");
    assert_eq!(ok(port.replay(&north(), None, 2).await), 0, "none is left");
}

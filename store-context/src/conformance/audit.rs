//! The conformance tests of an audit trail.

use super::{north, ok, south};
use crate::model::StoreId;
use crate::ports::{AuditAction, AuditEntry, AuditRecord, AuditSubject, AuditTrail};

/// Generates one test per requirement of [`AuditTrail`](crate::ports::AuditTrail); see
/// [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! audit_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            audit_conformance of audit,
            [
                it_starts_empty,
                an_entry_comes_back_whole,
                entries_come_newest_first_and_in_pages,
                stores_have_trails_of_their_own,
                ids_and_times_never_decrease,
                no_entries_are_nothing,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// A store has no entries at first.
pub async fn it_starts_empty(port: &dyn AuditTrail) {
    assert_eq!(ok(port.entries(&north(), None, 10).await), []);
}

/// Every action and subject is read back as it was appended.
pub async fn an_entry_comes_back_whole(port: &dyn AuditTrail) {
    let text = || "Nørth'\"\\ ☕".to_owned();
    let entries: Vec<AuditEntry> = [
        (AuditAction::Open, AuditSubject::Secret("webhook_secret".to_owned())),
        (AuditAction::Reseal, AuditSubject::Secret(text())),
        (AuditAction::Provision, AuditSubject::Store),
        (AuditAction::Rotate, AuditSubject::Secret("panel_address".to_owned())),
        (AuditAction::Erase, AuditSubject::Customer(text())),
        (AuditAction::Merge, AuditSubject::Customer("c-1".to_owned())),
        (AuditAction::Send, AuditSubject::Message("7".to_owned())),
        (AuditAction::Other(text()), AuditSubject::Other { kind: text(), id: String::new() }),
    ]
    .into_iter()
    .map(|(action, subject)| AuditEntry { store: north(), actor: text(), action, subject })
    .collect();
    ok(port.append(&entries).await);
    let mut read: Vec<AuditEntry> = read(port, &north()).await;
    read.reverse();
    assert_eq!(read, entries);
}

/// Entries are listed newest first, those of one call in their order, in pages.
pub async fn entries_come_newest_first_and_in_pages(port: &dyn AuditTrail) {
    ok(port.append(&[entry(&north(), 1), entry(&north(), 2)]).await);
    ok(port.append(&[entry(&south(), 9)]).await);
    ok(port.append(&[entry(&north(), 3)]).await);
    assert_eq!(read(port, &north()).await, [3, 2, 1].map(|n| entry(&north(), n)), "all of them");
    assert_eq!(ok(port.entries(&north(), None, 0).await), [], "a page of none");
    let mut before = None;
    for expected in [3, 2, 1] {
        let page = ok(port.entries(&north(), before, 1).await);
        let found: Vec<_> = page.iter().map(|record| record.entry.clone()).collect();
        assert_eq!(found, [entry(&north(), expected)], "a page of one");
        before = page.last().map(|record| record.id);
    }
    assert_eq!(ok(port.entries(&north(), before, 1).await), [], "after the oldest");
}

/// The entries of one call may be of several stores, and each store has its own.
pub async fn stores_have_trails_of_their_own(port: &dyn AuditTrail) {
    ok(port.append(&[entry(&south(), 1), entry(&north(), 2), entry(&south(), 3)]).await);
    assert_eq!(read(port, &north()).await, [entry(&north(), 2)], "the one store");
    assert_eq!(read(port, &south()).await, [3, 1].map(|n| entry(&south(), n)), "the other");
}

/// An entry has a greater id than those before it, and a time that is not before theirs.
pub async fn ids_and_times_never_decrease(port: &dyn AuditTrail) {
    for n in 0..3 {
        ok(port.append(&[entry(&north(), n), entry(&north(), n)]).await);
    }
    let records: Vec<AuditRecord> = ok(port.entries(&north(), None, 10).await);
    assert_eq!(records.len(), 6, "every entry, also two that are equal");
    let follows = |pair: &[AuditRecord]| match pair {
        [newer, older] => newer.id > older.id && newer.at >= older.at,
        _ => false,
    };
    assert!(records.windows(2).all(follows), "{records:#?}");
}

/// No entries are appended as nothing.
pub async fn no_entries_are_nothing(port: &dyn AuditTrail) {
    ok(port.append(&[]).await);
    assert_eq!(ok(port.entries(&north(), None, 10).await), []);
}

async fn read(port: &dyn AuditTrail, store: &StoreId) -> Vec<AuditEntry> {
    let records = ok(port.entries(store, None, 100).await);
    records.into_iter().map(|record| record.entry).collect()
}

fn entry(store: &StoreId, number: u32) -> AuditEntry {
    AuditEntry {
        store: store.clone(),
        actor: "conformance".to_owned(),
        action: AuditAction::Erase,
        subject: AuditSubject::Customer(number.to_string()),
    }
}

//! The conformance tests of an activity log.

use std::time::Duration;

use jiff::Timestamp;

use super::{customer, good, north, ok, south};
use crate::model::{Activity, ActivityKind, CustomerId, StoreId};
use crate::ports::{ActivityLog, ActivityRecord, NewActivity};

/// Generates one test per requirement of [`ActivityLog`](crate::ports::ActivityLog); see
/// [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! activity_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            activity_conformance of activity,
            [
                it_starts_empty,
                no_activities_are_nothing,
                an_activity_comes_back_whole,
                activities_come_newest_first_and_in_pages,
                activities_of_the_same_time_come_in_pages,
                customers_have_activities_of_their_own,
                an_activity_of_the_future_is_done_now,
                a_purge_removes_what_is_old_in_batches,
                a_forgotten_customer_has_no_activity,
                a_forgotten_store_has_no_activity,
                a_forgotten_store_may_record_again,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

const HOUR: i64 = 3_600;

/// Returns a time so many seconds ago, in whole seconds.
fn ago(seconds: i64) -> Timestamp {
    good(Timestamp::from_second(Timestamp::now().as_second() - seconds))
}

fn viewed(store: StoreId, id: &str, at: Timestamp, title: &str) -> NewActivity {
    let activity = Activity::new(at, ActivityKind::PageViewed, title);
    NewActivity { store, customer: customer(id), activity }
}

async fn all(port: &dyn ActivityLog, store: &StoreId, id: &CustomerId) -> Vec<ActivityRecord> {
    ok(port.activities(store, id, None, 1_000).await)
}

async fn titles(port: &dyn ActivityLog, store: &StoreId, id: &str) -> Vec<String> {
    let records = all(port, store, &customer(id)).await;
    records.into_iter().map(|record| record.activity.title().to_owned()).collect()
}

/// Reads all activities of a customer in pages of this size.
async fn paged(port: &dyn ActivityLog, store: &StoreId, id: &str, size: usize) -> Vec<String> {
    let (mut read, mut last) = (Vec::new(), None::<ActivityRecord>);
    loop {
        let page = ok(port.activities(store, &customer(id), last.as_ref(), size).await);
        assert!(page.len() <= size, "a page of {size} has {}", page.len());
        read.extend(page.iter().map(|record| record.activity.title().to_owned()));
        assert!(read.len() < 1_000, "the pages never end");
        let Some(record) = page.into_iter().next_back() else { return read };
        last = Some(record);
    }
}

/// A customer has no activity at first.
pub async fn it_starts_empty(port: &dyn ActivityLog) {
    assert_eq!(all(port, &north(), &customer("ada")).await, []);
    assert_eq!(ok(port.purge(Duration::ZERO, 10).await), 0, "a purge");
    assert_eq!(ok(port.forget(&north(), &customer("ada")).await), 0, "a customer");
    assert_eq!(ok(port.forget_store(&north(), 10).await), 0, "a store");
}

/// No activities are recorded as nothing.
pub async fn no_activities_are_nothing(port: &dyn ActivityLog) {
    ok(port.record(&[]).await);
    assert_eq!(all(port, &north(), &customer("ada")).await, []);
}

/// Every kind is read back as it was recorded, with its texts and its time to the microsecond.
pub async fn an_activity_comes_back_whole(port: &dyn ActivityLog) {
    let at = good(Timestamp::from_microsecond(ago(HOUR).as_microsecond() + 123_456));
    let url = good("https://shop.example/th%C3%A9?id=1".parse::<url::Url>());
    let made = [
        Activity::new(at, ActivityKind::PageViewed, ""),
        Activity::new(at, ActivityKind::ProductViewed, "Thé \"vert\" 'x' \\ ☕")
            .with_exact_url(url),
        Activity::new(at, ActivityKind::CartChanged, "é".repeat(Activity::TITLE)),
        Activity::new(at, ActivityKind::OrderPlaced, "1001"),
        Activity::new(at, ActivityKind::from("Wünsche, geändert"), "Liste"),
    ];
    let ada = customer("Nørth'\"\\ ☕");
    let new = made.clone().map(|activity| NewActivity {
        store: north(),
        customer: ada.clone(),
        activity,
    });
    ok(port.record(&new).await);
    let mut read: Vec<_> =
        all(port, &north(), &ada).await.into_iter().map(|record| record.activity).collect();
    read.reverse();
    assert_eq!(read, made);
}

/// Activities are listed newest first, whenever they were recorded, and in pages.
pub async fn activities_come_newest_first_and_in_pages(port: &dyn ActivityLog) {
    // Once: the clock's second may end between two of them.
    let at = ago(HOUR).as_second();
    let at = |second| good(Timestamp::from_second(at + second));
    let new = |second, title: &str| viewed(north(), "ada", at(second), title);
    ok(port.record(&[new(2, "second"), new(4, "fourth")]).await);
    ok(port.record(&[new(3, "third"), new(1, "first")]).await);
    let expected = ["fourth", "third", "second", "first"];
    assert_eq!(titles(port, &north(), "ada").await, expected, "all of them");
    for size in [1, 3, 4] {
        assert_eq!(paged(port, &north(), "ada", size).await, expected, "pages of {size}");
    }
    assert_eq!(
        ok(port.activities(&north(), &customer("ada"), None, 0).await),
        [],
        "a page of none"
    );
}

/// Of activities of the same time, those recorded later come first, and none is lost between pages.
pub async fn activities_of_the_same_time_come_in_pages(port: &dyn ActivityLog) {
    let at = ago(HOUR);
    let new = |title: &str| viewed(north(), "ada", at, title);
    ok(port.record(&[new("1"), new("2"), new("2")]).await);
    ok(port.record(&[new("3")]).await);
    for size in [1, 2, 10] {
        assert_eq!(paged(port, &north(), "ada", size).await, ["3", "2", "2", "1"], "{size}");
    }
}

/// The activities of one call may be of several customers and stores, and each has its own.
pub async fn customers_have_activities_of_their_own(port: &dyn ActivityLog) {
    let at = ago(HOUR);
    let new = [
        viewed(south(), "ada", at, "south"),
        viewed(north(), "bob", at, "bob"),
        viewed(north(), "ada", at, "north"),
    ];
    ok(port.record(&new).await);
    assert_eq!(titles(port, &north(), "ada").await, ["north"]);
    assert_eq!(titles(port, &north(), "bob").await, ["bob"]);
    assert_eq!(titles(port, &south(), "ada").await, ["south"]);
    assert_eq!(titles(port, &south(), "bob").await, [""; 0]);
}

/// An activity whose time is in the future is recorded as done now, so that it grows old.
pub async fn an_activity_of_the_future_is_done_now(port: &dyn ActivityLog) {
    ok(port.record(&[viewed(north(), "ada", Timestamp::MAX, "later")]).await);
    let records = all(port, &north(), &customer("ada")).await;
    assert_eq!(records.len(), 1);
    assert!(records.iter().all(|record| record.activity.at() < ago(-HOUR)), "{records:?}");
}

/// A purge removes what is older than an age, of every store, in batches, and nothing else.
pub async fn a_purge_removes_what_is_old_in_batches(port: &dyn ActivityLog) {
    let mut new = Vec::new();
    for store in [north(), south()] {
        for number in 0..3 {
            new.push(viewed(store.clone(), "ada", ago(3 * HOUR + number), "old"));
        }
        new.push(viewed(store.clone(), "ada", ago(HOUR), "new"));
    }
    ok(port.record(&new).await);
    let age = Duration::from_hours(2);
    assert_eq!(ok(port.purge(Duration::MAX, 10).await), 0, "nothing is as old as that");
    assert_eq!(ok(port.purge(age, 0).await), 0, "a batch of none");
    assert_eq!(ok(port.purge(age, 4).await), 4, "a batch");
    assert_eq!(ok(port.purge(age, 4).await), 2, "the rest");
    assert_eq!(ok(port.purge(age, 4).await), 0, "no more");
    for store in [north(), south()] {
        assert_eq!(titles(port, &store, "ada").await, ["new"], "{store}");
    }
}

/// A forgotten customer has no activity, and others keep theirs.
pub async fn a_forgotten_customer_has_no_activity(port: &dyn ActivityLog) {
    let at = ago(HOUR);
    let new = [
        viewed(north(), "ada", at, "1"),
        viewed(north(), "ada", at, "2"),
        viewed(north(), "bob", at, "bob"),
        viewed(south(), "ada", at, "south"),
    ];
    ok(port.record(&new).await);
    assert_eq!(ok(port.forget(&north(), &customer("ada")).await), 2);
    assert_eq!(ok(port.forget(&north(), &customer("ada")).await), 0, "again");
    assert_eq!(titles(port, &north(), "ada").await, [""; 0]);
    assert_eq!(titles(port, &north(), "bob").await, ["bob"]);
    assert_eq!(titles(port, &south(), "ada").await, ["south"]);
}

/// A forgotten store has no activity, and others keep theirs.
pub async fn a_forgotten_store_has_no_activity(port: &dyn ActivityLog) {
    let new = ["a", "b", "c"].map(|id| viewed(north(), id, ago(HOUR), id));
    ok(port.record(&new).await);
    ok(port.record(&[viewed(south(), "a", ago(HOUR), "south")]).await);
    assert_eq!(ok(port.forget_store(&north(), 2).await), 2, "a batch");
    assert_eq!(ok(port.forget_whole_store(&north()).await), 1, "the rest");
    for id in ["a", "b", "c"] {
        assert_eq!(titles(port, &north(), id).await, [""; 0], "{id}");
    }
    assert_eq!(titles(port, &south(), "a").await, ["south"]);
}

/// A store that was forgotten may come back.
pub async fn a_forgotten_store_may_record_again(port: &dyn ActivityLog) {
    for title in ["before", "after"] {
        ok(port.record(&[viewed(north(), "ada", ago(HOUR), title)]).await);
        assert_eq!(titles(port, &north(), "ada").await, [title]);
        assert_eq!(ok(port.forget_whole_store(&north()).await), 1);
    }
}

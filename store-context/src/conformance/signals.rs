//! The conformance tests of signals.

use std::time::Duration;

use chatwoot_client::ContactId;

use super::{north, ok, south};
use crate::model::StoreId;
use crate::ports::{Change, Signal, SignalEvent, SignalSubject, Signals, Subscription};

/// Generates one test per requirement of [`Signals`](crate::ports::Signals); see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! signals_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            signals_conformance of signals,
            [
                a_change_is_received_by_each_subscriber,
                changes_come_in_order,
                other_customers_are_not_received,
                a_contact_is_no_customer,
                every_change_is_received_as_it_is,
                earlier_changes_are_not_received,
                a_slow_subscriber_misses_some_and_is_told,
                a_dropped_wait_loses_nothing,
                a_dropped_subscription_stops_nobody,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// The maximum time that a signal takes.
const SOON: Duration = Duration::from_secs(5);
/// How long to wait for what must not come.
const QUIET: Duration = Duration::from_millis(200);

/// Each subscriber of a customer receives a change.
pub async fn a_change_is_received_by_each_subscriber(port: &dyn Signals) {
    let mut first = ok(port.subscribe(&north(), &customer("c")).await);
    let mut second = ok(port.subscribe(&north(), &customer("c")).await);
    publish(port, north(), customer("c"), Change::Cart).await;
    receives(first.as_mut(), Change::Cart).await;
    receives(second.as_mut(), Change::Cart).await;
}

/// The changes that one publisher publishes one after the other are received in that order.
pub async fn changes_come_in_order(port: &dyn Signals) {
    let mut open = ok(port.subscribe(&north(), &customer("c")).await);
    let changes = [Change::Cart, Change::Orders, Change::Customer, Change::Cart];
    for change in changes {
        publish(port, north(), customer("c"), change).await;
    }
    for change in changes {
        receives(open.as_mut(), change).await;
    }
}

/// Changes of other customers, and of a customer of the same id in another store, are not received.
pub async fn other_customers_are_not_received(port: &dyn Signals) {
    let mut open = ok(port.subscribe(&north(), &customer("c")).await);
    publish(port, north(), customer("C"), Change::Cart).await;
    publish(port, north(), customer("d"), Change::Cart).await;
    publish(port, south(), customer("c"), Change::Cart).await;
    receives_nothing(open.as_mut()).await;
    publish(port, north(), customer("c"), Change::Orders).await;
    receives(open.as_mut(), Change::Orders).await;
}

/// A contact has changes of its own, which the customer of the same id does not receive.
pub async fn a_contact_is_no_customer(port: &dyn Signals) {
    let contact = SignalSubject::from(ContactId(7));
    let mut guest = ok(port.subscribe(&north(), &contact).await);
    let mut named = ok(port.subscribe(&north(), &customer("7")).await);
    publish(port, north(), customer("7"), Change::Cart).await;
    publish(port, north(), ContactId(8).into(), Change::Contact).await;
    publish(port, south(), contact.clone(), Change::Contact).await;
    receives(named.as_mut(), Change::Cart).await;
    receives_nothing(guest.as_mut()).await;
    publish(port, north(), contact, Change::Conversation).await;
    receives(guest.as_mut(), Change::Conversation).await;
    receives_nothing(named.as_mut()).await;
}

/// Each kind of change is received as what it was published.
pub async fn every_change_is_received_as_it_is(port: &dyn Signals) {
    let mut open = ok(port.subscribe(&north(), &customer("c")).await);
    let host = [Change::Customer, Change::Orders, Change::Cart, Change::Activity];
    for change in host.into_iter().chain([Change::Contact, Change::Conversation]) {
        publish(port, north(), customer("c"), change).await;
        receives(open.as_mut(), change).await;
    }
}

/// What was published before the subscription is not received.
pub async fn earlier_changes_are_not_received(port: &dyn Signals) {
    publish(port, north(), customer("c"), Change::Cart).await;
    tokio::time::sleep(QUIET).await;
    let mut open = ok(port.subscribe(&north(), &customer("c")).await);
    receives_nothing(open.as_mut()).await;
}

/// A subscriber that does not receive blocks no publisher, takes a bounded number of events, and
/// learns that it missed some.
pub async fn a_slow_subscriber_misses_some_and_is_told(port: &dyn Signals) {
    const PUBLISHED: usize = 3_000;
    let mut slow = ok(port.subscribe(&north(), &customer("c")).await);
    for _ in 0..PUBLISHED {
        publish(port, north(), customer("c"), Change::Cart).await;
    }
    let (mut received, mut missed) = (0, 0);
    while let Ok(event) = tokio::time::timeout(QUIET, slow.next()).await {
        match event {
            SignalEvent::Changed(_) => received += 1,
            SignalEvent::Missed => missed += 1,
        }
    }
    assert!(missed > 0, "it was not told that it missed any");
    assert!(received < PUBLISHED / 2, "{received} events waited: that is no bound");
}

/// Dropping the future that waits for an event loses no event.
pub async fn a_dropped_wait_loses_nothing(port: &dyn Signals) {
    let mut open = ok(port.subscribe(&north(), &customer("c")).await);
    receives_nothing(open.as_mut()).await;
    publish(port, north(), customer("c"), Change::Cart).await;
    receives(open.as_mut(), Change::Cart).await;
}

/// The others go on when a subscription is dropped.
pub async fn a_dropped_subscription_stops_nobody(port: &dyn Signals) {
    let dropped = ok(port.subscribe(&north(), &customer("c")).await);
    let mut open = ok(port.subscribe(&north(), &customer("c")).await);
    drop(dropped);
    publish(port, north(), customer("c"), Change::Orders).await;
    receives(open.as_mut(), Change::Orders).await;
    drop(open);
    publish(port, north(), customer("c"), Change::Orders).await;
    let mut again = ok(port.subscribe(&north(), &customer("c")).await);
    publish(port, north(), customer("c"), Change::Customer).await;
    receives(again.as_mut(), Change::Customer).await;
}

fn customer(id: &str) -> SignalSubject {
    super::customer(id).into()
}

async fn publish(port: &dyn Signals, store: StoreId, subject: SignalSubject, change: Change) {
    ok(port.publish(&Signal::new(store, subject, change)).await);
}

async fn receives(open: &mut dyn Subscription, change: Change) {
    let received = tokio::time::timeout(SOON, open.next()).await;
    assert_eq!(received.ok(), Some(SignalEvent::Changed(change)), "within {SOON:?}");
}

async fn receives_nothing(open: &mut dyn Subscription) {
    let event = tokio::time::timeout(QUIET, open.next()).await;
    assert!(event.is_err(), "received {event:?}");
}

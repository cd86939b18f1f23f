use iso_currency::Currency;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn eur(cents: i64) -> Money {
    Money::new(rust_decimal::Decimal::new(cents, 2), Currency::EUR)
}

fn order(status: OrderStatus, cents: i64, refunds: &[i64]) -> Order {
    let at = Timestamp::UNIX_EPOCH;
    let refunds =
        refunds.iter().map(|cents| Refund { amount: eur(*cents), at, reason: None }).collect();
    let (id, ada) = (OrderId::new("1").unwrap(), CustomerId::new("ada").unwrap());
    Order { refunds, ..Order::new(id, ada, at, status, eur(cents)) }
}

#[test]
fn a_word_of_the_hosts_own_is_kept() {
    for (status, word) in [
        (OrderStatus::Delivered, "delivered"),
        (OrderStatus::Other("on_hold".to_owned()), "on_hold"),
        (OrderStatus::Other(String::new()), ""),
    ] {
        assert_eq!(serde_json::to_value(&status).unwrap(), json!(word));
        assert_eq!(serde_json::from_value::<OrderStatus>(json!(word)).unwrap(), status);
        assert!(status.counts() == (word == "delivered"));
    }
    assert!(serde_json::from_value::<OrderStatus>(json!(1)).is_err());
}

#[test]
fn an_order_in_full_comes_back_from_json() {
    let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let items = vec![OrderItem { title: "Tea".to_owned(), quantity: 2 }];
    let full = Order {
        items: items.clone(),
        payment: Some(PaymentStatus::PartiallyRefunded),
        fulfillment: Some(FulfillmentStatus::Other("at the depot".to_owned())),
        tracking: vec![Tracking {
            carrier: Some("PostNL".to_owned()),
            number: Some("3S1".to_owned()),
            url: Some("https://postnl.example/3S1".parse().unwrap()),
        }],
        admin_url: Some("https://shop.example/admin/orders/1".parse().unwrap()),
        returns: vec![Return {
            amount: Some(eur(150)),
            reason: Some("broken".to_owned()),
            items,
            ..Return::new(at, ReturnStatus::Received)
        }],
        ..order(OrderStatus::Other("on_hold".to_owned()), 500, &[150])
    };
    let json = serde_json::to_value(&full).unwrap();
    assert_eq!(
        json,
        json!({
            "id": "1", "customer": "ada", "placed_at": "1970-01-01T00:00:00Z", "status": "on_hold",
            "total": { "amount": "5.00", "currency": "EUR" },
            "items": [{ "title": "Tea", "quantity": 2 }],
            "payment": "partially_refunded", "fulfillment": "at the depot",
            "tracking": [{
                "carrier": "PostNL", "number": "3S1", "url": "https://postnl.example/3S1",
            }],
            "admin_url": "https://shop.example/admin/orders/1",
            "returns": [{
                "at": "2026-11-21T12:00:00Z", "status": "received", "reason": "broken",
                "amount": { "amount": "1.50", "currency": "EUR" },
                "items": [{ "title": "Tea", "quantity": 2 }],
            }],
            "refunds": [{
                "amount": { "amount": "1.50", "currency": "EUR" },
                "at": "1970-01-01T00:00:00Z", "reason": null,
            }],
        })
    );
    assert_eq!(serde_json::from_value::<Order>(json).unwrap(), full);
}

#[test]
fn an_order_of_an_older_version_is_read_and_written_as_it_was() {
    let json = json!({
        "id": "1", "customer": "ada", "placed_at": "1970-01-01T00:00:00Z", "status": "paid",
        "total": { "amount": "5.00", "currency": "EUR" }, "items": [],
    });
    let read: Order = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read, order(OrderStatus::Paid, 500, &[]));
    assert_eq!(serde_json::to_value(read).unwrap(), json);
}

#[test]
fn an_order_that_is_refunded_in_full_does_not_count() {
    let counts = |status, cents, refunds: &[i64]| order(status, cents, refunds).counts().unwrap();
    assert!(counts(OrderStatus::Paid, 500, &[]));
    assert!(counts(OrderStatus::Paid, 500, &[200, 299]));
    assert!(!counts(OrderStatus::Paid, 500, &[200, 300]));
    assert!(!counts(OrderStatus::Paid, 500, &[600]), "more than it cost");
    assert!(counts(OrderStatus::Paid, 0, &[]), "a gift");
    assert!(counts(OrderStatus::Paid, 0, &[0]), "nothing was paid back");
    assert!(!counts(OrderStatus::Pending, 500, &[]));
    assert_eq!(order(OrderStatus::Paid, 500, &[600]).net_total().unwrap(), eur(-100));
}

#[test]
fn a_refund_in_another_currency_is_an_error() {
    let mut odd = order(OrderStatus::Paid, 500, &[100]);
    odd.refunds[0].amount.currency = Currency::USD;
    assert!(odd.refunded().is_err() && odd.net_total().is_err() && odd.counts().is_err());
    odd.status = OrderStatus::Pending;
    assert_eq!(odd.counts(), Ok(false), "an order that does not count anyway");
}

proptest! {
    #[test]
    fn a_refund_never_raises_what_an_order_brings(
        cents in 0_i64..100_000,
        refunds in prop::collection::vec(0_i64..60_000, 0..5),
    ) {
        let order = order(OrderStatus::Paid, cents, &refunds);
        let paid_back: i64 = refunds.iter().sum();
        prop_assert_eq!(order.net_total().unwrap(), eur(cents - paid_back));
        prop_assert_eq!(order.net_total().unwrap().amount.is_sign_negative(), paid_back > cents);
        prop_assert_eq!(order.counts().unwrap(), paid_back == 0 || paid_back < cents);
    }

    #[test]
    fn any_word_of_a_status_comes_back(word in ".*") {
        let status = OrderStatus::from(&*word);
        prop_assert_eq!(status.as_str(), &*word);
        let json = serde_json::to_string(&status).unwrap();
        prop_assert_eq!(serde_json::from_str::<OrderStatus>(&json).unwrap(), status);
    }
}

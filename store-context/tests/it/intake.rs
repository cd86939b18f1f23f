//! Tests of deliveries: verified, stored once, and none lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chatwoot_client::Secret;
use chatwoot_client::fake::Delivery;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::webhook::{Event, VerifyError, sign};
use http::{HeaderMap, HeaderValue};
use store_context::intake::{Intake, Receipt, ReceiveError};
use store_context::model::{Store, StoreId};
use store_context::ports::{
    Address, AddressToken, Clock, Expiring, PortResult, Ports, ProvisionLock, StoreRecord, Stores,
};
use store_context::{Timestamp, async_trait};

use crate::support::{Bench, Seen, customer, holds_none, whole};

/// Returns a bench and the deliveries of one conversation that began with one message.
async fn told() -> (Bench, Vec<Delivery>) {
    let bench = Bench::provisioned().await;
    bench.talk(&customer("ada")).await.say("Hello").await;
    let mut deliveries = bench.fake.take_deliveries();
    // A changed contact is only a hint; see `drift.rs`.
    deliveries.retain(|delivery| !delivery.event.starts_with("contact_"));
    assert!(deliveries.len() >= 2, "{deliveries:?}");
    (bench, deliveries)
}

fn headers(secret: &Secret, at: Timestamp, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = |text: String| HeaderValue::from_str(&text).unwrap();
    headers.insert("x-chatwoot-timestamp", value(at.as_second().to_string()));
    headers.insert("x-chatwoot-signature", value(sign(secret, at, body)));
    headers.insert("x-chatwoot-delivery", value("delivery-1".to_owned()));
    headers
}

async fn secret(bench: &Bench) -> Secret {
    bench.record(bench.north()).await.credentials.webhook_secret.unwrap()
}

#[tokio::test]
async fn a_delivery_is_new_once() {
    let (bench, deliveries) = told().await;
    for delivery in &deliveries {
        assert_eq!(bench.receive(delivery).await.unwrap(), Receipt::New, "{}", delivery.event);
        assert_eq!(bench.receive(delivery).await.unwrap(), Receipt::Known, "{}", delivery.event);
    }
    let counts = bench.ports.webhooks.counts(Some(bench.north())).await.unwrap();
    assert_eq!(counts.webhooks, deliveries.len() as u64);
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    for delivery in &deliveries {
        assert_eq!(bench.receive(delivery).await.unwrap(), Receipt::Known, "handled by now");
    }
    bench.dispatched(&seen).await;
    assert_eq!(seen.all().len(), deliveries.len());
    assert_eq!(seen.named("message_created").len(), 1);
}

#[tokio::test]
async fn what_is_not_proven_is_refused_and_not_kept() {
    let (bench, deliveries) = told().await;
    let delivery = &deliveries[0];
    let (key, now, body) = (secret(&bench).await, Timestamp::now(), &delivery.body);
    let good = headers(&key, now, body);

    let mut unsigned = good.clone();
    unsigned.remove("x-chatwoot-signature");
    let mut changed = body.to_vec();
    changed[10] ^= 1;
    let mut moved = good.clone();
    moved.insert("x-chatwoot-timestamp", (now.as_second() + 1).into());
    let signature = good["x-chatwoot-signature"].to_str().unwrap().to_owned();
    let mut resigned = good.clone();
    let last = if signature.ends_with('0') { '1' } else { '0' };
    let other = format!("{}{last}", &signature[..signature.len() - 1]);
    resigned.insert("x-chatwoot-signature", HeaderValue::from_str(&other).unwrap());
    let wrong = headers(&Secret::new("wrong"), now, body);
    let old = headers(&key, now - Duration::from_hours(1), body);

    for (name, headers, body) in [
        ("unsigned", &unsigned, body.as_ref()),
        ("one byte of the body", &good, changed.as_slice()),
        ("one second of the time", &moved, body.as_ref()),
        ("one digit of the signature", &resigned, body.as_ref()),
        ("another secret", &wrong, body.as_ref()),
        ("too old", &old, body.as_ref()),
    ] {
        let error = bench.receive_as(headers, body).await.unwrap_err();
        let ReceiveError::Unproven(reason) = &error else { panic!("{name}: {error:?}") };
        match name {
            "unsigned" => assert_eq!(*reason, VerifyError::Unsigned),
            "too old" => assert!(matches!(reason, VerifyError::TooOld { .. }), "{reason:?}"),
            _ => assert_eq!(*reason, VerifyError::WrongSignature, "{name}"),
        }
        let hex = signature.trim_start_matches("sha256=").to_owned();
        holds_none(&whole(&error), &[vec![hex], bench.secrets().await].concat());
    }
    let counts = bench.ports.webhooks.counts(Some(bench.north())).await.unwrap();
    assert_eq!(counts.webhooks, 0);
    assert_eq!(bench.receive_as(&good, body).await.unwrap(), Receipt::New);
}

#[tokio::test]
async fn the_secret_before_verifies_until_its_time_is_over() {
    let (bench, deliveries) = told().await;
    let mut held = bench.record(bench.north()).await.credentials;
    let value = held.webhook_secret.replace(Secret::new("the-next-one")).unwrap();
    held.previous_webhook_secret = Some(Expiring { value, until: Timestamp::MAX });
    bench.keep(bench.north(), &held).await;
    assert_eq!(bench.receive(&deliveries[0]).await.unwrap(), Receipt::New);
    if let Some(previous) = &mut held.previous_webhook_secret {
        previous.until = Timestamp::now();
    }
    bench.keep(bench.north(), &held).await;
    let error = bench.receive(&deliveries[1]).await.unwrap_err();
    assert!(matches!(error, ReceiveError::Unproven(VerifyError::WrongSignature)), "{error:?}");
}

#[tokio::test]
async fn what_is_signed_and_senseless_is_malformed() {
    let (bench, _) = told().await;
    let key = secret(&bench).await;
    for body in ["", "{", "[]", "{}", r#"{"event":7}"#, r#"{"event":"message_created","id":"x"}"#] {
        let headers = headers(&key, Timestamp::now(), body.as_bytes());
        let error = bench.receive_as(&headers, body.as_bytes()).await.unwrap_err();
        assert!(matches!(error, ReceiveError::Malformed(_)), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn an_unknown_event_is_kept_and_counted() {
    let (bench, _) = told().await;
    let body = br#"{"event":"new_thing","deep":{"n":[1.5,null]}}"#;
    let headers = headers(&secret(&bench).await, Timestamp::now(), body);
    assert_eq!(bench.receive_as(&headers, body).await.unwrap(), Receipt::New);
    assert_eq!(bench.receive_as(&headers, body).await.unwrap(), Receipt::Known);
    let counts = bench.ports.webhooks.counts(Some(bench.north())).await.unwrap();
    assert_eq!((counts.unknown, counts.waiting), (1, 1));
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let kept = serde_json::to_string(&seen.named("new_thing")[0].event).unwrap();
    assert!(kept.contains(r#""n":[1.5,null]"#), "{kept}");
}

#[tokio::test]
async fn an_address_is_of_one_store_and_one_account() {
    let (bench, deliveries) = told().await;
    let intake = Intake::new(&bench.ports);
    let request = deliveries[0].request(Timestamp::now());
    let unknown = AddressToken::new("0123456789abcdef0123456789abcdef");
    let error = intake.receive(&unknown, request.headers(), request.body()).await.unwrap_err();
    assert!(matches!(error, ReceiveError::UnknownAddress), "{error:?}");

    let south = bench.record(&bench.stores[1].id).await.credentials;
    let (address, key) = (south.webhook_address.unwrap(), south.webhook_secret.unwrap());
    let error = intake.receive(&address, request.headers(), request.body()).await.unwrap_err();
    assert!(matches!(error, ReceiveError::Unproven(_)), "{error:?}");
    let resigned = headers(&key, Timestamp::now(), request.body());
    let error = intake.receive(&address, &resigned, request.body()).await.unwrap_err();
    assert!(matches!(error, ReceiveError::WrongAccount), "{error:?}");
}

#[tokio::test]
async fn a_store_without_a_secret_is_not_trusted() {
    let (bench, deliveries) = told().await;
    let mut held = bench.record(bench.north()).await.credentials;
    held.webhook_secret = None;
    bench.keep(bench.north(), &held).await;
    let error = bench.receive(&deliveries[0]).await.unwrap_err();
    assert!(matches!(error, ReceiveError::NotProvisioned), "{error:?}");
}

/// Chatwoot sends once: a delivery that the ledger failed to store is found through the API.
#[tokio::test]
async fn a_failing_ledger_loses_nothing() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Hello").await;
    bench.set_status(&talk, ConversationStatus::Resolved).await;
    bench.webhooks.fail("take");
    for delivery in bench.fake.take_deliveries() {
        let received = bench.receive(&delivery).await;
        if delivery.event.starts_with("contact_") {
            assert_eq!(received.unwrap(), Receipt::Hint);
        } else {
            assert!(matches!(received, Err(ReceiveError::Port(_))), "{received:?}");
        }
    }
    bench.webhooks.mend();
    bench.reconciler().run_once(bench.north()).await.unwrap();
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    assert_eq!(seen.named("conversation_created").len(), 1);
    assert_eq!(seen.named("message_created").len(), 1);
    assert_eq!(seen.status(talk.id), ConversationStatus::Resolved);
}

/// The delivery id is not signed: an attacker can replay a captured delivery with any id.
#[tokio::test]
async fn one_captured_delivery_is_new_once_whatever_its_id() {
    let (bench, _) = told().await;
    let (key, at) = (secret(&bench).await, Timestamp::now());
    for body in [
        br#"{"event":"new_thing","n":1}"#.as_slice(),
        br#"{"event":"webwidget_opened","id":5,"account":{"id":1}}"#,
    ] {
        let mut headers = headers(&key, at, body);
        let mut new = 0;
        for number in 0..20 {
            headers.insert("x-chatwoot-delivery", number.into());
            new += u32::from(bench.receive_as(&headers, body).await.unwrap() == Receipt::New);
        }
        headers.remove("x-chatwoot-delivery");
        new += u32::from(bench.receive_as(&headers, body).await.unwrap() == Receipt::New);
        assert_eq!(new, 1);
        // The same content sent again later is another event.
        let later = self::headers(&key, at + Duration::from_secs(1), body);
        assert_eq!(bench.receive_as(&later, body).await.unwrap(), Receipt::New);
    }
}

/// A fact that names itself is known whatever its delivery says; of a change of state, whose payload
/// may be another change's, one more is taken under another delivery id, within ten seconds of the
/// first.
#[tokio::test(start_paused = true)]
async fn a_captured_change_of_state_is_new_twice_at_the_most() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Hello").await;
    bench.set_status(&talk, ConversationStatus::Resolved).await;
    let key = secret(&bench).await;
    let mut deliveries = bench.fake.take_deliveries();
    deliveries.retain(|delivery| !delivery.event.starts_with("contact_"));
    for (round, wait) in [0, 9, 12, 200].into_iter().enumerate() {
        for delivery in &deliveries {
            let mut headers = headers(&key, bench.clock.now(), &delivery.body);
            let mut new = 0;
            for number in 0..20 {
                headers.insert("x-chatwoot-delivery", number.into());
                let receipt = bench.receive_as(&headers, &delivery.body).await.unwrap();
                new += u32::from(receipt == Receipt::New);
                if number == 0 {
                    tokio::time::advance(Duration::from_secs(wait)).await;
                }
            }
            let expected = match delivery.event.as_str() {
                "conversation_created" | "message_created" => u32::from(round == 0),
                _ => 1 + u32::from(wait <= 10),
            };
            assert_eq!(new, expected, "{} after {wait} s", delivery.event);
        }
    }
}

/// An event may have any name, and its delivery any id: neither makes a fact look known.
#[tokio::test]
async fn no_events_name_takes_the_place_of_a_fact() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Hello").await;
    bench.set_status(&talk, ConversationStatus::Resolved).await;
    let mut deliveries = bench.fake.take_deliveries();
    // A changed contact is a hint, and not stored.
    deliveries.retain(|delivery| !delivery.event.starts_with("contact_"));
    assert!(deliveries.iter().any(|it| it.event == "conversation_status_changed"));
    let told = deliveries.iter().map(|delivery| {
        let event = Event::parse(&delivery.body).unwrap();
        let conversation = event.conversation().unwrap();
        match &event {
            Event::MessageCreated(message) => format!("message_created/{}", message.id),
            Event::ConversationCreated(_) => format!("conversation_created/{}", conversation.id),
            other => {
                let (id, status) = (conversation.id, &conversation.status);
                let at = conversation.updated_at.unwrap();
                format!("{}/{id}/{status}/{at}", other.name())
            }
        }
    });
    let key = secret(&bench).await;
    for fact in told {
        for (name, id) in [
            (fact.as_str(), ""),
            (fact.rsplit_once('/').unwrap().0, fact.rsplit_once('/').unwrap().1),
        ] {
            let body = serde_json::json!({ "event": name }).to_string().into_bytes();
            let mut headers = headers(&key, Timestamp::now(), &body);
            headers.insert("x-chatwoot-delivery", HeaderValue::from_str(id).unwrap());
            // A name that belongs to a known event makes it malformed, and it is not stored either.
            let _ = bench.receive_as(&headers, &body).await;
        }
    }
    for delivery in &deliveries {
        assert_eq!(bench.receive(delivery).await.unwrap(), Receipt::New, "{}", delivery.event);
    }
}

/// Receives a delivery with one value of its conversation replaced, signed for the present time.
async fn altered(bench: &Bench, delivery: &Delivery, key: &str, value: serde_json::Value) {
    let mut body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
    body[key] = value;
    let body = body.to_string().into_bytes();
    let headers = headers(&secret(bench).await, Timestamp::now(), &body);
    assert_eq!(bench.receive_as(&headers, &body).await.unwrap(), Receipt::New);
    assert_eq!(bench.receive_as(&headers, &body).await.unwrap(), Receipt::Known);
}

#[tokio::test]
async fn a_time_that_is_yet_to_come_makes_nothing_stale() {
    let future = [4_102_444_800_i64, i64::MAX];
    for at in future.map(serde_json::Value::from).into_iter().chain([serde_json::Value::Null]) {
        let bench = Bench::provisioned().await;
        let talk = bench.talk(&customer("ada")).await;
        bench.fake.take_deliveries();
        bench.set_status(&talk, ConversationStatus::Snoozed).await;
        let changed = bench.fake.take_deliveries();
        let changed = changed.iter().find(|it| it.event == "conversation_status_changed");
        altered(&bench, changed.unwrap(), "updated_at", at).await;
        let known = bench.known(talk.id).await.unwrap().state;
        assert!(known.updated_at.at() <= Some(Timestamp::now()), "{known:?}");

        // The substituted time is in whole seconds.
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.set_status(&talk, ConversationStatus::Resolved).await;
        for delivery in bench.fake.take_deliveries() {
            bench.receive(&delivery).await.unwrap();
        }
        let seen = Arc::new(Seen::default());
        bench.dispatched(&seen).await;
        assert_eq!(seen.status(talk.id), ConversationStatus::Resolved);
    }
}

#[tokio::test]
async fn a_message_is_not_written_before_it_is_sent() {
    let (bench, deliveries) = told().await;
    let message = deliveries.iter().find(|it| it.event == "message_created").unwrap();
    altered(&bench, message, "created_at", "2100-01-01T00:00:00Z".into()).await;
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let all = seen.all();
    let fact = all[0].event.message().unwrap();
    assert!(fact.created_at.at() <= Some(Timestamp::now()), "{fact:?}");
}

/// With kept records a new secret is known at once, a wrong signature costs at most a read a second,
/// and a removed store is unknown when the time is over.
#[tokio::test]
async fn a_kept_record_is_read_again_before_a_delivery_is_refused() {
    let (bench, deliveries) = told().await;
    let stores =
        Arc::new(Counted { stores: bench.ports.stores.clone(), opened: AtomicU32::new(0) });
    let ports = Ports { stores: stores.clone(), ..bench.ports.clone() };
    let keep = Duration::from_millis(1500);
    let intake = Intake::new(&ports).with_record_cache(keep);
    let record = bench.record(bench.north()).await;
    let address = record.credentials.webhook_address.clone().unwrap();
    let opened = || stores.opened.load(Ordering::Relaxed);

    let body = deliveries[0].request(Timestamp::now()).body().clone();
    let receive = async |key: &Secret| {
        let headers = headers(key, Timestamp::now(), &body);
        intake.receive(&address, &headers, &body).await
    };
    let key = secret(&bench).await;
    assert_eq!(receive(&key).await.unwrap(), Receipt::New);
    for _ in 0..20 {
        assert_eq!(receive(&key).await.unwrap(), Receipt::Known);
    }
    assert_eq!(opened(), 1, "a burst reads the record once");

    let mut held = record.credentials;
    let next = Secret::new("the-next-one");
    held.webhook_secret = Some(next.clone());
    bench.keep(bench.north(), &held).await;
    receive(&next).await.expect("the new secret is read");
    assert_eq!(opened(), 2, "the kept secret did not match");
    for _ in 0..20 {
        let refused = receive(&Secret::new("nobody's")).await.unwrap_err();
        assert!(matches!(refused, ReceiveError::Unproven(VerifyError::WrongSignature)));
    }
    assert_eq!(opened(), 2, "no more than one read a second");

    bench.ports.stores.remove(bench.north()).await.unwrap();
    tokio::time::sleep(keep + Duration::from_millis(100)).await;
    let error = receive(&next).await.unwrap_err();
    assert!(matches!(error, ReceiveError::UnknownAddress), "{error:?}");
}

/// Addresses can be invented: look-ups of unknown ones are limited, those of known ones go on.
#[tokio::test]
async fn look_ups_of_invented_addresses_are_limited() {
    let (bench, deliveries) = told().await;
    let intake = Intake::new(&bench.ports).with_record_cache(Duration::from_mins(1));
    let record = bench.record(bench.north()).await;
    let address = record.credentials.webhook_address.unwrap();
    let request = deliveries[0].request(Timestamp::now());
    let receive = async |address: &AddressToken| {
        intake.receive(address, request.headers(), request.body()).await
    };
    assert_eq!(receive(&address).await.unwrap(), Receipt::New);
    let mut limited = 0;
    for n in 0..3000 {
        match receive(&AddressToken::new(format!("{n:032x}"))).await.unwrap_err() {
            ReceiveError::UnknownAddress => {}
            ReceiveError::TooManyLookUps => limited += 1,
            error => panic!("{error:?}"),
        }
    }
    assert!(limited > 0, "3000 look-ups took more than a second");
    assert_eq!(receive(&address).await.unwrap(), Receipt::Known);
}

/// Counts the records that are read.
struct Counted {
    stores: Arc<dyn Stores>,
    opened: AtomicU32,
}

#[async_trait]
impl Stores for Counted {
    async fn put(&self, store: &Store) -> PortResult<()> {
        self.stores.put(store).await
    }

    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.stores.open(id).await
    }

    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>> {
        self.stores.ids(after, limit).await
    }

    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>> {
        self.stores.save(record).await
    }

    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        self.stores.store_at(address, token).await
    }

    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>> {
        self.stores.lock(id, lease).await
    }

    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool> {
        self.stores.extend(lock, lease).await
    }

    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()> {
        self.stores.unlock(lock).await
    }

    async fn remove(&self, id: &StoreId) -> PortResult<()> {
        self.stores.remove(id).await
    }
}

//! The code of the fuzzers: two functions over arbitrary bytes, shared by the targets of `fuzz/`
//! and by the short run in `it/fuzz.rs`.

mod mutate;
mod seeds;

use std::fmt::Debug;
use std::time::Duration;

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::conversations::ConversationsQuery;
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::application::messages::{MessagesQuery, NewMessage};
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::webhook::{
    Event, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, VerifyError, sign,
};
use chatwoot_client::{Account, Call, Client, RetryPolicy, Secret, Time};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

pub use self::mutate::Mutator;
pub use self::seeds::{Seeds, seeds};
use crate::replay::Replay;

const SECRET: &str = "a-secret-for-the-fuzzer";

/// Parses a delivery with any body and any headers: it must not panic, and a decoded event must be
/// equal after it is encoded and decoded again.
///
/// # Panics
/// Panics if that is violated.
#[expect(clippy::expect_used, reason = "a finding is a panic")]
pub fn webhook(body: &[u8]) {
    let verifier = Verifier::new(SECRET).expect("there is a secret");
    let now = Timestamp::from_second(1_795_221_283).expect("a time");
    let headers = |signature: Option<HeaderValue>, timestamp: Option<HeaderValue>| {
        let named = [(SIGNATURE_HEADER, signature), (TIMESTAMP_HEADER, timestamp)];
        let given = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.map(|(name, value)| (name.parse().expect("a name"), value)).collect::<HeaderMap>()
    };
    let (first, second) = body.split_at(body.len() / 2);
    let any = |bytes: &[u8]| HeaderValue::from_bytes(bytes).ok();
    let strange = headers(any(first), any(second));
    assert!(verifier.verify(&strange, body, now).is_err(), "nobody signed this");

    let text = |text: String| HeaderValue::try_from(text).ok();
    let signature = sign(&Secret::new(SECRET), now, body);
    let genuine = headers(text(signature), text(now.as_second().to_string()));
    let delivery = verifier.verify(&genuine, body, now).expect("it is signed");
    let longer = [body, b" "].concat();
    let forged = verifier.verify(&genuine, &longer, now);
    assert_eq!(forged.err(), Some(VerifyError::WrongSignature));

    match delivery.event() {
        Ok(event) => same_event(&event),
        Err(error) => drop(format!("{error} {error:?}")),
    }
}

#[expect(clippy::expect_used, clippy::panic, reason = "a finding is a panic")]
fn same_event(event: &Event) {
    drop(format!("{event:?}"));
    let _parts = (event.account_id(), event.contact_id(), event.conversation_id());
    let _more = (event.message_id(), event.inbox_id(), event.changed_attributes().len());
    let written = serde_json::to_vec(event).expect("an event can be written");
    let again = Event::parse(&written)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&written)));
    assert_eq!(event.name(), again.name());
    assert_eq!(
        String::from_utf8_lossy(&written),
        String::from_utf8_lossy(&serde_json::to_vec(&again).expect("an event can be written"))
    );
}

/// The statuses that the first byte of an input chooses from.
const STATUSES: [u16; 12] = [200, 200, 200, 201, 302, 400, 401, 404, 422, 429, 500, 503];

type Check = fn(&Client);

/// The operations that the second byte of an input chooses from.
const ANSWERS: [(&str, Check); 16] = [
    ("contacts.list", |client| check(account(client).contacts().list(&ContactsQuery::default()))),
    ("contacts.get", |client| check(account(client).contacts().get(1.into()))),
    ("contacts.filter", |client| {
        let filter = Filter::new(FilterCondition::equal_to("email", ["a@b.example"]));
        check(account(client).contacts().filter(&filter, &ContactsQuery::default()));
    }),
    ("conversations.list", |client| {
        check(account(client).conversations().list(&ConversationsQuery::default()));
    }),
    ("conversations.get", |client| check(account(client).conversations().get(1.into()))),
    ("inboxes.list", |client| check(account(client).inboxes().list())),
    ("messages.create", |client| {
        check(account(client).conversation(1).messages().create(&NewMessage::text("hello")));
    }),
    ("messages.list", |client| {
        check(account(client).conversation(1).messages().list(&MessagesQuery::default()));
    }),
    ("labels.create", |client| check(account(client).labels().create(&NewLabel::new("vip")))),
    ("webhooks.list", |client| check(account(client).webhooks().list())),
    ("teams.list", |client| check(account(client).teams().list())),
    ("attribute_definitions.list", |client| {
        check(account(client).attribute_definitions().list(None));
    }),
    ("account.get", |client| check(account(client).details().get())),
    ("profile.get", |client| check(client.profile("t").get())),
    ("platform_users.get", |client| check(client.platform("t").users().get(1.into()))),
    ("public_conversations.list", |client| {
        check(client.public_inbox("i").conversations("s").list());
    }),
];

/// Decodes any status and body as the response of an operation: it must not panic, and a decoded
/// value must be equal after it is encoded and decoded again. The first two bytes choose status and
/// operation.
///
/// # Panics
/// Panics if that is violated.
pub fn answers(input: &[u8]) {
    let [status, operation, body @ ..] = input else { return };
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let (_, check) = ANSWERS[usize::from(*operation) % ANSWERS.len()];
    // Sent once; a refusal by a rate limit would be waited out for up to a minute.
    let deadline = Duration::from_secs(1);
    let once = RetryPolicy { max_attempts: 1, deadline, ..RetryPolicy::default() };
    check(&Replay::answering(status, body.to_vec()).client_with(once));
    if let Ok(time) = serde_json::from_slice::<Time>(body) {
        let _parts = (time.at(), time.seconds(), format!("{time}"));
        same(&time);
    }
}

/// Returns the input for which [`answers`] decodes this response of this operation.
fn answer_input(operation: &str, status: u16, body: &[u8]) -> Vec<u8> {
    let at = |found: Option<usize>| u8::try_from(found.unwrap_or_default()).unwrap_or_default();
    let status = at(STATUSES.iter().position(|known| *known == status));
    let operation = at(ANSWERS.iter().position(|(name, _)| *name == operation));
    [&[status, operation], body].concat()
}

fn account(client: &Client) -> Account {
    client.account(1, "t")
}

#[expect(clippy::expect_used, reason = "a finding is a panic")]
fn check<T: Serialize + DeserializeOwned + Debug>(call: Call<'_, T>) {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    match RUNTIME.with(|runtime| runtime.block_on(call.with_meta())) {
        Ok(answer) => same(&answer.value),
        Err(error) => {
            drop(format!("{error} {error:?} {:?}", std::error::Error::source(&error)));
            let _said = (error.server_message(), error.invalid_fields(), error.decode_path());
            assert!(error.status().is_some(), "there was an answer: {error}");
        }
    }
}

#[expect(clippy::expect_used, clippy::panic, reason = "a finding is a panic")]
fn same<T: Serialize + DeserializeOwned + Debug>(value: &T) {
    drop(format!("{value:?}"));
    let again = |written: &str| {
        let again: T =
            serde_json::from_str(written).unwrap_or_else(|error| panic!("{error}: {written}"));
        serde_json::to_string(&again).expect("an answer can be written")
    };
    let first = serde_json::to_string(value).expect("an answer can be written");
    // A value that has no known shape because of a duplicate key has one after it is encoded once;
    // its fields are then in another order, and absent ones are null.
    let second = again(&first);
    let [one, two]: [Value; 2] =
        [&first, &second].map(|text| serde_json::from_str(text).expect("what was written is JSON"));
    assert!(within(&one, &two), "{first} and then {second}");
    assert_eq!(second, again(&second));
}

/// Returns whether one value contains all of the other.
fn within(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.iter().all(|(key, value)| within(value, other.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| within(one, other))
        }
        _ => one == other,
    }
}

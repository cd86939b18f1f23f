//! Each kind of failure, met by an idempotent and by another operation: how often it is sent.

use std::time::Duration;

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::labels::{LabelPatch, NewLabel};
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::{Account, Error, ErrorKind, Patch, RetryPolicy};

use crate::double::{self, Double};
use crate::wire::{Then, Wire, hasty, patient};

const LABEL: &str = r#"{"id": 1, "title": "vip"}"#;

async fn list(account: &Account) -> Result<(), Error> {
    account.labels().list().await.map(drop)
}

async fn filter(account: &Account) -> Result<(), Error> {
    let ada = Filter::new(FilterCondition::equal_to("email", ["ada@shop.example"]));
    account.contacts().filter(&ada, &ContactsQuery::default()).await.map(drop)
}

async fn update(account: &Account) -> Result<(), Error> {
    let to = LabelPatch { title: Patch::Set("vip".into()), ..LabelPatch::default() };
    account.labels().update(1.into(), &to).await.map(drop)
}

async fn create(account: &Account) -> Result<(), Error> {
    account.labels().create(&NewLabel::new("vip")).await.map(drop)
}

/// Fails once, then answers well: an idempotent operation is sent twice, and succeeds; another is
/// sent once, and its error says what is unknown.
async fn sent_again_only_if_idempotent(failure: Then, kind: ErrorKind, policy: RetryPolicy) {
    for idempotent in ["list", "filter", "update"] {
        let page = r#"{"meta": {}, "payload": []}"#;
        let well = Then::json(if idempotent == "update" { LABEL } else { page });
        let server = Wire::serve([failure.clone(), well]).await;
        let account = server.account(policy);
        let done = match idempotent {
            "list" => list(&account).await,
            "filter" => filter(&account).await,
            _ => update(&account).await,
        };
        assert!(done.is_ok(), "{idempotent} after {kind:?}: {done:?}");
        assert_eq!(server.requests(), 2, "{idempotent} after {kind:?}");
    }
    let server = Wire::serve([failure, Then::json(LABEL)]).await;
    let error = create(&server.account(policy)).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert_eq!((server.requests(), error.attempts()), (1, 1), "a body was sent twice: {error:?}");
    assert!(error.is_unknown_outcome(), "{error:?}");
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn no_answer_in_time() {
    sent_again_only_if_idempotent(Then::Silence, ErrorKind::Timeout, hasty()).await;
}

#[tokio::test]
async fn the_connection_closes_after_the_request_was_read() {
    sent_again_only_if_idempotent(Then::close(), ErrorKind::Interrupted, patient()).await;
}

#[tokio::test]
async fn the_answer_is_cut_short() {
    sent_again_only_if_idempotent(Then::cut_short(), ErrorKind::Interrupted, patient()).await;
}

#[tokio::test]
async fn a_chunked_answer_is_cut_short() {
    let cut = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{\"id\": 1".to_vec();
    let cut = Then::WriteAndClose(cut);
    sent_again_only_if_idempotent(cut, ErrorKind::Interrupted, patient()).await;
}

#[tokio::test]
async fn the_server_fails() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"] {
        let failure = Then::answer(status, "", b"{}");
        sent_again_only_if_idempotent(failure, ErrorKind::Server, patient()).await;
    }
}

/// An HTTP library may send again by itself when a pooled connection turns out to be closed.
#[tokio::test]
async fn a_pooled_connection_that_closes_does_not_send_a_body_twice() {
    let server = Wire::serve([Then::json(LABEL), Then::close(), Then::json(LABEL)]).await;
    let account = server.account(patient());
    create(&account).await.unwrap();
    let error = create(&account).await.unwrap_err();
    assert_eq!((error.kind(), server.requests()), (ErrorKind::Interrupted, 2));
}

#[tokio::test]
async fn what_never_reached_the_server_is_sent_again_whatever_it_is() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let client = chatwoot_client::Client::builder(url).retry(patient()).build().unwrap();
    let account = client.account(1, "token");
    for error in [list(&account).await.unwrap_err(), create(&account).await.unwrap_err()] {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3), "{error:?}");
        assert!(!error.is_unknown_outcome());
        assert!(error.to_string().contains("3 attempts"), "{error}");
    }
}

#[tokio::test]
async fn the_number_of_attempts_is_kept() {
    let server = Wire::serve([Then::answer("500 Internal Server Error", "", b"")]).await;
    let error = list(&server.account(patient())).await.unwrap_err();
    assert_eq!((server.requests(), error.attempts()), (3, 3));
    for at_most in [0, 1] {
        let server = Wire::serve([Then::answer("500 Internal Server Error", "", b"")]).await;
        let policy = RetryPolicy { max_attempts: at_most, ..patient() };
        list(&server.account(policy)).await.unwrap_err();
        assert_eq!(server.requests(), 1, "at most {at_most}");
    }
}

#[tokio::test]
async fn a_refusal_is_not_sent_again() {
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::Invalid),
        ("401 Unauthorized", ErrorKind::Unauthorized),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("404 Not Found", ErrorKind::NotFound),
        ("409 Conflict", ErrorKind::Conflict),
        ("422 Unprocessable Entity", ErrorKind::Invalid),
        ("418 I'm a teapot", ErrorKind::Unexpected),
    ] {
        let server = Wire::serve([Then::answer(status, "", b"{}")]).await;
        let account = server.account(patient());
        for error in [list(&account).await.unwrap_err(), create(&account).await.unwrap_err()] {
            assert_eq!((error.kind(), error.attempts()), (kind, 1), "{status}");
            assert!(!error.is_unknown_outcome() && !error.is_transient(), "{status}");
        }
        assert_eq!(server.requests(), 2, "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_decode_is_not_asked_for_again() {
    let server = Wire::serve([Then::json("[]")]).await;
    let error = create(&server.account(patient())).await.unwrap_err();
    assert_eq!((error.kind(), server.requests()), (ErrorKind::Decode, 1));
}

/// 60 calls of at most 5 tries could be 300 requests: 100 retries are all there are.
#[tokio::test(start_paused = true)]
async fn all_calls_of_a_client_share_one_budget_of_retries() {
    let policy = RetryPolicy { max_attempts: 5, ..hasty() };
    let server = Double::new([double::Then::Answer(500, "")]);
    let account = server.account(policy);
    for _ in 0..60 {
        list(&account).await.unwrap_err();
    }
    assert_eq!(server.requests(), 60 + 100);
    let error = list(&account).await.unwrap_err();
    assert_eq!(error.attempts(), 1, "the budget is spent");
    assert_eq!(account.stats().retries, 100);
}

#[tokio::test(start_paused = true)]
async fn success_earns_the_budget_back() {
    let failures = std::iter::repeat_n(double::Then::Answer(500, ""), 101);
    let successes = std::iter::repeat_n(double::Then::Answer(200, r#"{"payload": []}"#), 10);
    let script = failures.chain(successes).chain([double::Then::Answer(500, "")]);
    let server = Double::new(script);
    let policy = RetryPolicy { max_attempts: u32::MAX, ..hasty() };
    let account = server.account(policy);
    assert_eq!(list(&account).await.unwrap_err().attempts(), 101);
    for _ in 0..10 {
        list(&account).await.unwrap();
    }
    assert_eq!(list(&account).await.unwrap_err().attempts(), 2, "ten successes earn one retry");
}

/// A retry that the deadline forbids is not sent, so it must not cost the others theirs.
#[tokio::test(start_paused = true)]
async fn a_retry_that_is_not_sent_costs_nothing() {
    let server = Double::new([double::Then::AnswerWith(503, "", "3600")]);
    let account = server.account(hasty());
    for _ in 0..200 {
        assert_eq!(list(&account).await.unwrap_err().attempts(), 1);
    }
    let quick = Double::new([double::Then::Break]);
    assert_eq!(list(&quick.account(hasty())).await.unwrap_err().attempts(), 3);
    assert_eq!(account.stats().retries, 0);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_says_when_is_believed() {
    let script = [
        double::Then::AnswerWith(503, "", "7"),
        double::Then::AnswerWith(429, "Retry later", "11"),
        double::Then::Answer(200, r#"{"payload": []}"#),
    ];
    let server = Double::new(script);
    list(&server.account(hasty())).await.unwrap();
    let at = server.sent_at();
    let waits: Vec<Duration> = at.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    assert!(waits[0] >= Duration::from_secs(7) && waits[0] < Duration::from_secs(8), "{waits:?}");
    assert!(waits[1] >= Duration::from_secs(11) && waits[1] < Duration::from_secs(12), "{waits:?}");
}

//! The time of one try, and the time of the whole call.

use std::time::Duration;

use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::{ErrorKind, RetryPolicy};
use tokio::time::Instant;

use crate::double::{Double, Then};

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_over_all_tries() {
    let server = Double::new([Then::Hang]);
    let policy = RetryPolicy {
        timeout: Duration::from_secs(4),
        deadline: Duration::from_secs(10),
        ..RetryPolicy::default()
    };
    let error = server.account(policy).labels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.elapsed() <= Duration::from_millis(10_010), "{error:?}");
    assert!((2..=3).contains(&error.attempts()), "{error:?}");
}

/// A host's own transport may forget its time.
#[tokio::test(start_paused = true)]
async fn a_transport_that_hangs_does_not_hold_the_call() {
    let server = Double::new([Then::Hang]);
    let started = Instant::now();
    let call = server
        .account(RetryPolicy::default())
        .labels()
        .create(&NewLabel::new("vip"))
        .timeout(Duration::from_secs(3))
        .await;
    let error = call.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(error.is_unknown_outcome());
}

#[tokio::test(start_paused = true)]
async fn a_call_may_have_its_own_deadline() {
    let server = Double::new([Then::Answer(500, "")]);
    let patient = RetryPolicy { max_attempts: 1_000, ..RetryPolicy::default() };
    let account = server.account(patient);
    let error = account.labels().list().deadline(Duration::from_secs(2)).await.unwrap_err();
    assert!(error.elapsed() < Duration::from_secs(2), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn no_time_at_all_sends_nothing() {
    let server = Double::new([Then::Hang]);
    let account = server.account(RetryPolicy::default());
    let error = account.labels().create(&NewLabel::new("x")).deadline(Duration::ZERO).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.requests()), (ErrorKind::Timeout, 0, 0));
    assert!(!error.is_unknown_outcome(), "the server saw nothing: {error:?}");
    assert!(error.to_string().contains("before the request was sent"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn endless_times_do_not_overflow() {
    let endless = RetryPolicy {
        timeout: Duration::MAX,
        deadline: Duration::MAX,
        max_attempts: u32::MAX,
        min_delay: Duration::from_secs(1),
        max_delay: Duration::MAX,
    };
    let server = Double::new([Then::Refuse, Then::Break, Then::Answer(200, r#"{"payload": []}"#)]);
    server.account(endless).labels().list().await.unwrap();
    assert_eq!(server.requests(), 3);
    let never = Double::new([
        Then::AnswerWith(429, "", "18446744073709551615"),
        Then::Answer(200, r#"{"payload": []}"#),
    ]);
    let policy = RetryPolicy::default();
    let error = never.account(policy).labels().list().await.unwrap_err();
    assert_eq!((error.kind(), never.requests()), (ErrorKind::RateLimited, 1));
}

/// A call that is dropped half-way leaves the client usable, and its place is simply gone.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_harms_no_other() {
    let server = Double::new([Then::Hang, Then::Answer(200, r#"{"payload": []}"#)]);
    let account = server.account(RetryPolicy::default());
    let dropped = tokio::time::timeout(Duration::from_secs(1), account.labels().list()).await;
    assert!(dropped.is_err());
    account.labels().list().await.unwrap();
}

//! The server's limits: kept before, and waited out after a refusal.

use std::time::Duration;

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::{ErrorKind, Limits, RetryPolicy};

use crate::double::{Double, Then, early_in_a_minute, minute};

const REFUSED: Then = Then::Answer(429, "Retry later\n");
const LABEL: Then = Then::Answer(200, r#"{"id": 1, "title": "vip"}"#);
const PAGE: Then = Then::Answer(200, r#"{"meta": {}, "payload": []}"#);

fn within(seconds: u64) -> RetryPolicy {
    RetryPolicy { deadline: Duration::from_secs(seconds), ..RetryPolicy::default() }
}

/// A 429 was refused before the application saw it: even a creation is sent again.
#[tokio::test(start_paused = true)]
async fn a_429_without_retry_after_waits_to_the_end_of_the_window() {
    let server = Double::new([REFUSED, LABEL]);
    let account = server.account(RetryPolicy::default());
    let answer = account.labels().create(&NewLabel::new("vip")).with_meta().await.unwrap();
    assert_eq!(answer.attempts, 2);
    let at = server.sent_at();
    let ((first, _), (second, into)) = (minute(at[0]), minute(at[1]));
    assert_eq!(second, first + 1, "the next window");
    assert!(into < 1.3, "{into} s into the window");
    assert_eq!(account.stats().rate_limited, 1);
}

#[tokio::test(start_paused = true)]
async fn a_second_429_waits_for_the_window_after() {
    let server = Double::new([REFUSED, REFUSED, REFUSED, LABEL]);
    let once = RetryPolicy { max_attempts: 1, ..within(300) };
    let answer = server.account(once).labels().create(&NewLabel::new("vip")).with_meta().await;
    assert_eq!(answer.unwrap().attempts, 4, "refusals are not counted as tries");
    let minutes: Vec<(u64, f64)> = server.sent_at().into_iter().map(minute).collect();
    for pair in minutes.windows(2) {
        assert_eq!(pair[1].0, pair[0].0 + 1, "{minutes:?}");
        assert!(pair[1].1 < 1.3, "{minutes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_waiting() {
    let server = Double::new([REFUSED]);
    let error = server.account(within(130)).labels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
    assert!((3..=4).contains(&error.attempts()), "{error:?}");
    assert_eq!(error.attempts() as usize, server.requests());
    assert!(error.elapsed() > Duration::from_mins(1) && error.elapsed() < Duration::from_secs(130));
    assert!(error.is_transient() && !error.is_unknown_outcome());
    assert!(error.to_string().contains("limit"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_101st_search_of_a_minute_waits_for_the_next() {
    early_in_a_minute();
    let server = Double::new([PAGE]);
    let account = server.limited(RetryPolicy::default(), Limits::server()).account(1, "token");
    for _ in 0..101 {
        account.contacts().search("ada", &ContactsQuery::default()).await.unwrap();
    }
    let at = server.sent_at();
    assert_eq!(at[99], at[0], "the first hundred do not wait");
    assert_eq!(minute(at[100]).0, minute(at[0]).0 + 1);
    assert!(minute(at[100]).1 < 0.5, "no later than needed");
    assert_eq!(account.stats().held_back, 1);
    account.labels().list().await.unwrap();
    assert_eq!(account.stats().held_back, 1, "other operations do not wait");
}

#[tokio::test(start_paused = true)]
async fn the_101st_search_of_another_account_does_not_wait() {
    early_in_a_minute();
    let server = Double::new([PAGE]);
    let client = server.limited(RetryPolicy::default(), Limits::server());
    for account in 1..=2 {
        let account = client.account(account, "token");
        for _ in 0..100 {
            account.contacts().search("ada", &ContactsQuery::default()).await.unwrap();
        }
    }
    assert_eq!(client.stats().held_back, 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_deadline_does_not_allow_is_refused_unsent() {
    early_in_a_minute();
    let server = Double::new([PAGE]);
    let account = server.limited(within(2), Limits::server()).account(1, "token");
    for _ in 0..100 {
        account.contacts().search("ada", &ContactsQuery::default()).await.unwrap();
    }
    let error = account.contacts().search("ada", &ContactsQuery::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 0));
    assert_eq!((server.requests(), error.status()), (100, None));
    assert!(error.to_string().contains("deadline"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_limits_nothing_waits() {
    let server = Double::new([PAGE]);
    let account = server.account(RetryPolicy::default());
    for _ in 0..150 {
        account.contacts().search("ada", &ContactsQuery::default()).await.unwrap();
    }
    assert_eq!(server.now(), server.sent_at()[0]);
}

//! Tests of the webhook endpoint on raw sockets: its responses before a body was sent.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a proof stops at its first fault")]

use std::time::Duration;

use ::axum::Router;
use chatwoot_client::webhook;
use futures_util::future::join_all;
use store_context::Timestamp;
use store_context_adapters::axum::AxumConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::host::{Host, NL, NL_WEBHOOK, ports};

/// Far more than a response takes, and less than
/// [`Webhooks::DEADLINE`](store_context_adapters::axum::Webhooks).
const AT_ONCE: Duration = Duration::from_secs(3);

#[tokio::test]
async fn an_unknown_address_is_answered_before_its_body() {
    let host = serve(|_| ()).await;
    let announce = ["content-length: 1048576".to_owned()];
    let ask = || answered(&host, "00000000000000000000000000000000", &announce);
    let answers = join_all((0..600).map(|_| ask())).await;
    assert!(answers.iter().all(|status| *status == 404), "{answers:?}");
}

#[tokio::test]
async fn what_is_not_to_be_read_is_refused_before_its_body() {
    let host = serve(|_| ()).await;
    let (fits, now) = ("content-length: 1048576", Timestamp::now());
    let (good, old) = (signed(now), signed(now - Duration::from_hours(1)));
    let with = |headers: &[String], more: &[&str]| {
        let mut all = headers.to_vec();
        all.extend(more.iter().map(ToString::to_string));
        all
    };
    let malformed = vec!["x-chatwoot-signature: sha256=hello".to_owned(), good[1].clone()];
    for (what, wanted, headers) in [
        ("no length", 411, with(&good, &[])),
        ("chunks", 411, with(&good, &["transfer-encoding: chunked"])),
        ("a byte too long", 413, with(&good, &["content-length: 1048577"])),
        ("ten gigabytes", 413, with(&good, &["content-length: 10000000000"])),
        ("no number", 400, with(&good, &["content-length: 99999999999999999999"])),
        ("unsigned", 401, with(&[], &[fits])),
        ("no time", 401, with(&good[..1], &[fits])),
        ("no signature", 401, with(&malformed, &[fits])),
        ("too old", 401, with(&old, &[fits])),
    ] {
        assert_eq!(answered(&host, NL_WEBHOOK, &headers).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn so_many_are_read_at_once_for_one_address() {
    let host = serve(|config| config.webhooks.at_once_per_address = 2).await;
    let mut head = signed(Timestamp::now());
    head.push("content-length: 1048576".to_owned());
    let first = asked(&host, NL_WEBHOOK, &head).await;
    let _second = asked(&host, NL_WEBHOOK, &head).await;
    // A place is known to be taken when another request is refused.
    let busy = until(&host, &head, 503).await;
    assert!(busy.contains("\r\nretry-after: 1\r\n"), "{busy}");
    assert_eq!(answered(&host, NL, &head).await, 404, "others are answered");

    // A sender that disconnects frees its place: the next head is waited for, and not refused.
    drop(first);
    loop {
        let mut next = asked(&host, NL_WEBHOOK, &head).await;
        let mut byte = [0; 1];
        if timeout(Duration::from_millis(200), next.read_exact(&mut byte)).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn so_many_are_under_way_at_once_in_all() {
    let host = serve(|config| config.webhooks.at_once = 1).await;
    let mut head = signed(Timestamp::now());
    head.push("content-length: 1048576".to_owned());
    let _first = asked(&host, NL_WEBHOOK, &head).await;
    until(&host, &head, 503).await;
    assert_eq!(answered(&host, "unknown", &head).await, 503);
}

#[tokio::test]
async fn a_sender_that_trickles_is_given_up() {
    let host = serve(|config| config.webhooks.deadline = Duration::from_millis(300)).await;
    let mut head = signed(Timestamp::now());
    head.push("content-length: 1048576".to_owned());
    let mut socket = asked(&host, NL_WEBHOOK, &head).await;
    let mut answer = Vec::new();
    let trickle = async {
        let (mut reads, mut writes) = socket.split();
        let write = async {
            while writes.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let read = async {
            // The end of the connection may be a reset, since bytes are still being sent.
            drop(reads.read_to_end(&mut answer).await);
        };
        tokio::select! { () = write => {}, () = read => {} }
    };
    assert!(timeout(AT_ONCE, trickle).await.is_ok(), "the connection is held");
    assert!(answer.starts_with(b"HTTP/1.1 503 "), "{}", String::from_utf8_lossy(&answer));
}

async fn serve(change: impl FnOnce(&mut AxumConfig)) -> Host {
    Host::serve_with(ports().await, Router::new(), change).await
}

/// Returns the headers of a delivery that is signed at a time, and not with the store's secret.
fn signed(at: Timestamp) -> Vec<String> {
    let signature = webhook::sign(&"nobody's".into(), at, b"");
    vec![
        format!("x-chatwoot-signature: {signature}"),
        format!("x-chatwoot-timestamp: {}", at.as_second()),
    ]
}

/// Sends the head of a delivery and no byte of its body.
async fn asked(host: &Host, address: &str, headers: &[String]) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", host.port)).await.unwrap();
    let headers = headers.join("\r\n");
    let start = format!("POST /webhooks/chatwoot/{address} HTTP/1.1\r\nhost: chatwoot\r\n");
    socket.write_all(format!("{start}{headers}\r\n\r\n").as_bytes()).await.unwrap();
    socket
}

/// Returns the status of the response.
async fn answered(host: &Host, address: &str, headers: &[String]) -> u16 {
    let mut socket = asked(host, address, headers).await;
    let mut start = [0; 12];
    let read = timeout(AT_ONCE, socket.read_exact(&mut start)).await;
    assert!(read.is_ok(), "no answer before the body");
    let text = str::from_utf8(&start).unwrap();
    text.strip_prefix("HTTP/1.1 ").unwrap().parse().unwrap()
}

/// Repeats the request until the status is returned at once, and returns the complete response.
async fn until(host: &Host, head: &[String], status: u16) -> String {
    let start = format!("HTTP/1.1 {status} ");
    for _ in 0..100 {
        let mut socket = asked(host, NL_WEBHOOK, head).await;
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        if timeout(Duration::from_millis(200), read).await.is_ok() {
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with(&start), "{answer}");
            return answer;
        }
    }
    panic!("{status} never comes");
}

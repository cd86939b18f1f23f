//! The live feed over HTTP, on the base URL of everything else.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::application::contacts::NewContact;
use crate::client::Client;
use crate::fake::http::server::FakeServer;
use crate::fake::{FakeChatwoot, Fault, FaultKind};
use crate::live::{
    LiveConnection, LiveEventName, LiveItem, LiveRequest, LiveTransport, LiveTransportError,
    LiveTransportErrorKind, TungsteniteTransport,
};

const SOON: Duration = Duration::from_secs(10);

async fn serve() -> (FakeServer, u64, String) {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let (account, token) = server.fake().add_account("Tea shop");
    (server, account, token)
}

fn address(server: &FakeServer) -> String {
    server.uri().trim_start_matches("http://").to_owned()
}

async fn connect_from(
    server: &FakeServer,
    origin: &str,
) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
    let url = format!("ws://{}/cable", address(server)).parse().unwrap();
    TungsteniteTransport::new().connect(LiveRequest::new(url, origin, 1 << 20, SOON)).await
}

/// Sends raw bytes in pieces, and returns the response up to the end of the connection.
async fn raw(server: &FakeServer, pieces: &[&str]) -> String {
    let mut stream = TcpStream::connect(address(server)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        stream.write_all(piece.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(20)).await;
    }
    let mut answer = String::new();
    timeout(SOON, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn requests_and_a_feed_share_a_base_url() {
    let (server, account, token) = serve().await;
    let client = Client::builder(server.uri()).build().unwrap();
    let account = client.account(account, token);
    let me = account.profile().get().await.unwrap().id;
    let backoff = Duration::from_millis(5);
    let mut feed = account.live().backoff(backoff, backoff * 4).connect();
    let mut next = async || timeout(SOON, feed.next()).await.unwrap().unwrap();
    assert!(matches!(next().await, LiveItem::Connected { .. }));
    for round in 0..3 {
        let name = format!("Ada {round}");
        let created = account
            .contacts()
            .create(&NewContact { name: Some(name.clone()), ..NewContact::default() })
            .await
            .unwrap();
        let event = loop {
            match next().await {
                LiveItem::Event(event) if event.name == LiveEventName::ContactCreated => {
                    break event;
                }
                LiveItem::Event(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert!(event.is_by(me), "{event:?}");
        assert!(format!("{:?}", event.data).contains(&name));
        account.contacts().delete(created.contact.id).await.unwrap();
        assert_eq!(server.fake().cut_live_lines(|_| true), 1);
        loop {
            match next().await {
                LiveItem::Connected { .. } => break,
                LiveItem::Disconnected { .. } | LiveItem::Event(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    drop(feed);
    for _ in 0..1_000 {
        if server.fake().live_lines().is_empty() {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("a line stays open without its client");
}

#[tokio::test]
async fn what_is_no_feed_is_passed_on_unchanged() {
    let (server, account, token) = serve().await;
    let path = format!("/api/v1/accounts/{account}");
    let head = |verb: &str, path: &str, more: &str| {
        format!("{verb} {path} HTTP/1.1\r\nhost: fake\r\napi_access_token: {token}\r\n{more}\r\n")
    };
    // Two requests on one connection, the first in pieces.
    let first = head("GET", &format!("{path}/labels"), "");
    let (start, rest) = first.split_at(7);
    let last = head("GET", &format!("{path}/teams"), "connection: close\r\n");
    let said = raw(&server, &[start, rest, &last]).await;
    assert_eq!(said.matches("HTTP/1.1 200").count(), 2, "{said}");
    assert!(said.contains(r#"{"payload":[]}"#), "{said}");

    // A large body in, and out again.
    let large = "x".repeat(300_000);
    let body = json!({ "name": "Ada", "custom_attributes": { "large": large } }).to_string();
    let more = format!(
        "content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    let said = raw(&server, &[&head("POST", &format!("{path}/contacts"), &more), &body]).await;
    assert!(said.contains(&large), "{} bytes", said.len());

    // Many at once.
    let client = Client::builder(server.uri()).build().unwrap();
    let labels = join_all((0..200).map(|_| async {
        client.account(account, token.clone()).labels().list().await.unwrap().len()
    }));
    assert!(labels.await.iter().all(|count| *count == 0));

    // The feed's path without a WebSocket, and other paths that begin like it.
    for path in ["/cable", "/cables", "/cabl"] {
        let said = raw(&server, &[&head("GET", path, "connection: close\r\n")]).await;
        assert!(said.starts_with("HTTP/1.1 404"), "{path}: {said}");
    }
}

#[tokio::test]
async fn a_feed_is_refused_as_rails_does() {
    let (server, ..) = serve().await;
    let error = connect_from(&server, "https://shop.example").await.err().unwrap();
    assert_eq!(error.kind(), LiveTransportErrorKind::Connect);
    let head = format!(
        "GET /cable HTTP/1.1\r\nHost: {}\r\nOrigin: https://shop.example\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        address(&server)
    );
    let (start, rest) = head.split_at(40);
    let said = raw(&server, &[start, rest]).await;
    assert!(said.starts_with("HTTP/1.1 404 Not Found\r\n"), "{said}");
    assert!(said.ends_with("\r\n\r\nPage not found"), "{said}");
    for (fault, kind) in [
        (FaultKind::ErrorBefore, LiveTransportErrorKind::Connect),
        (FaultKind::NoConnection, LiveTransportErrorKind::Connect),
    ] {
        server.fake().fault(Fault::new(fault).path("/cable").times(1));
        assert_eq!(connect_from(&server, &server.uri()).await.err().unwrap().kind(), kind);
    }
    assert!(connect_from(&server, &server.uri()).await.is_ok());
}

#[tokio::test]
async fn lines_over_http_end_in_order_or_not() {
    let (server, ..) = serve().await;
    server.fake().set_live_ping_interval(Duration::from_millis(20));
    let open = async || {
        let mut line = connect_from(&server, &server.uri()).await.unwrap();
        assert_eq!(line.receive().await.unwrap().unwrap(), r#"{"type":"welcome"}"#);
        line
    };
    let (mut cut, mut closed, mut left) = (open().await, open().await, open().await);
    assert!(cut.receive().await.unwrap().unwrap().contains("ping"));
    let lines = server.fake().live_lines();
    server.fake().cut_live_lines(|line| *line == lines[0]);
    while cut.receive().await.is_ok_and(|frame| frame.is_some()) {}
    server.fake().close_live_lines(|line| *line == lines[1]);
    let mut last = String::new();
    while let Some(frame) = closed.receive().await.unwrap() {
        last = frame;
    }
    assert!(last.contains("server_restart"), "{last}");
    let address = address(&server);
    drop(server);
    while left.receive().await.is_ok_and(|frame| frame.is_some()) {}
    assert!(TcpStream::connect(address).await.is_err(), "it no longer listens");
}

#[tokio::test]
async fn a_line_over_http_that_does_not_read_is_cut() {
    let (server, account, token) = serve().await;
    let client = Client::builder(server.uri()).build().unwrap();
    let profile = client.account(account, token.clone()).profile().get().await.unwrap();
    let mut line = connect_from(&server, &server.uri()).await.unwrap();
    let identifier = json!({
        "channel": "RoomChannel",
        "pubsub_token": profile.pubsub_token.unwrap().expose(),
        "account_id": account,
        "user_id": profile.id,
    });
    let subscribe = json!({ "command": "subscribe", "identifier": identifier.to_string() });
    line.send(subscribe.to_string()).await.unwrap();
    while !line.receive().await.unwrap().unwrap().contains("presence.update") {}
    let large = "x".repeat(30_000);
    let body = json!({ "name": "Ada", "custom_attributes": { "large": large } }).to_string();
    for _ in 0..3_000 {
        let request = http::Request::post(format!("/api/v1/accounts/{account}/contacts"))
            .header("api-access-token", &token)
            .header("content-type", "application/json")
            .body(Bytes::from(body.clone()));
        server.fake().handle(&request.unwrap());
        tokio::task::yield_now().await;
        if server.fake().live_lines().is_empty() {
            return;
        }
    }
    panic!("the line is still open");
}

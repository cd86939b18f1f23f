//! Tests over real connections of the loopback interface.

#![expect(clippy::result_large_err, reason = "the type is the library's")]

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::client::Client;
use crate::live::{Live, LiveErrorKind, LiveItem};
use crate::public::PublicContact;

/// What a server does with its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// It confirms, sends two events and closes.
    Talk,
    /// It confirms, sends a WebSocket ping, and waits for the pong.
    Ping,
    /// It confirms and sends an event of 100,000 bytes.
    Flood,
    /// It confirms, and then neither sends nor reads nor closes.
    Hang,
    /// It sends pings only.
    Ignore,
    /// It confirms and sends bytes.
    SendBytes,
    /// It confirms and cuts the connection.
    Cut,
    /// It does not know the subprotocol.
    SpeakAnother,
    /// It refuses with 404 and a page.
    Refuse,
    /// It accepts the connection and never answers.
    StaySilent,
    /// It answers with something that is no HTTP.
    Babble,
}

type Socket<S> = WebSocketStream<S>;

async fn say<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut Socket<S>, frame: serde_json::Value) {
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

fn contact_event(id: u64, name: &str) -> serde_json::Value {
    json!({"identifier": "{}", "message": {
        "event": "contact.updated", "data": {"id": id, "name": name, "account_id": 1},
    }})
}

fn greet(does: Does, request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    assert_eq!(request.uri().path(), "/cable");
    let origin = request.headers()[ORIGIN].to_str().unwrap();
    assert!(origin.starts_with("http://127.0.0.1:") || origin.starts_with("https://localhost:"));
    assert_eq!(request.headers()[SEC_WEBSOCKET_PROTOCOL], SUBPROTOCOL);
    if does == Does::Refuse {
        let mut page = ErrorResponse::new(Some("<p>s3cr3t</p>".to_owned()));
        *page.status_mut() = http::StatusCode::NOT_FOUND;
        return Err(page);
    }
    let word = if does == Does::SpeakAnother { "chat" } else { SUBPROTOCOL };
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(word));
    Ok(response)
}

/// Plays one connection to its end.
async fn play<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, does: Does) {
    use tokio::io::AsyncWriteExt;
    if does == Does::StaySilent {
        return std::future::pending().await;
    }
    if does == Does::Babble {
        return stream.write_all(b"hello, who is there?\r\n\r\n").await.unwrap();
    }
    let greet = |request: &Request, response| greet(does, request, response);
    let Ok(mut socket) = accept_hdr_async(stream, greet).await else { return };
    say(&mut socket, json!({"type": "welcome"})).await;
    let asked = socket.next().await.unwrap().unwrap();
    let asked: serde_json::Value = serde_json::from_str(asked.to_text().unwrap()).unwrap();
    assert_eq!(asked["command"], "subscribe");
    if does == Does::Ignore {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let ping = Message::text(r#"{"type":"ping","message":1}"#);
            if socket.send(ping).await.is_err() {
                return;
            }
        }
    }
    let confirmed = json!({"identifier": asked["identifier"], "type": "confirm_subscription"});
    say(&mut socket, confirmed).await;
    match does {
        Does::Talk => {
            say(&mut socket, contact_event(1, "Ada")).await;
            say(&mut socket, contact_event(2, "Ben")).await;
            socket.close(None).await.unwrap();
            // Until the other side has closed, too.
            while socket.next().await.is_some_and(|frame| frame.is_ok()) {}
        }
        Does::Ping => {
            socket.send(Message::Ping("x".into())).await.unwrap();
            let pong = socket.next().await.unwrap().unwrap();
            assert!(pong.is_pong(), "{pong:?}");
            say(&mut socket, contact_event(3, "Cy")).await;
            let _ = socket.next().await;
        }
        Does::Flood => {
            let large = contact_event(4, &"x".repeat(100_000));
            let _refused = socket.send(Message::text(large.to_string())).await;
            let _ = socket.next().await;
        }
        Does::SendBytes => {
            socket.send(Message::binary(vec![0, 159])).await.unwrap();
            let _ = socket.next().await;
        }
        Does::Hang => std::future::pending().await,
        _ => {}
    }
}

/// Serves each connection so, and returns the address.
async fn serve(does: Does) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream, does));
        }
    });
    format!("http://{address}")
}

/// A server with a certificate of its own; its address and the certificate as PEM.
async fn serve_tls() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            tokio::spawn(play(stream, Does::Talk));
        }
    });
    (format!("https://localhost:{port}"), made.cert.pem())
}

/// A contact's feed: it needs no call of the API.
fn live(url: &str, transport: TungsteniteTransport) -> Live {
    let client = Client::builder(url).live_transport(transport).build().unwrap();
    let contact: PublicContact = serde_json::from_value(json!({
        "id": 1, "source_id": "a", "pubsub_token": "s3cr3t",
    }))
    .unwrap();
    let quick = Duration::from_millis(400);
    client
        .public_inbox("inbox")
        .live(&contact)
        .connect_timeout(quick)
        .confirmation_timeout(quick)
        .ping_timeout(quick)
        .max_frame_bytes(50_000)
}

/// Returns the first items, up to the end of the connection.
async fn items(live: Live) -> Vec<LiveItem> {
    let mut feed = live.connect();
    let mut items = Vec::new();
    while let Some(item) = feed.next().await {
        let end = matches!(item, LiveItem::Disconnected { .. });
        items.push(item);
        if end {
            break;
        }
    }
    let shown = format!("{items:?}");
    assert!(!shown.contains("s3cr3t"), "{shown}");
    items
}

/// Returns whether it was connected, and how that ended.
async fn end(does: Does) -> (bool, LiveErrorKind) {
    let items = items(live(&serve(does).await, TungsteniteTransport::new())).await;
    let connected = matches!(items[0], LiveItem::Connected { gap: false, .. });
    match items.last() {
        Some(LiveItem::Disconnected { reason, retry_in: Some(_) }) => (connected, reason.kind()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn events_arrive_and_the_end_is_told() {
    let items = items(live(&serve(Does::Talk).await, TungsteniteTransport::new())).await;
    let [LiveItem::Connected { .. }, LiveItem::Event(one), LiveItem::Event(two), last] = &items[..]
    else {
        panic!("{items:?}");
    };
    assert_eq!((one.contact_id().unwrap().0, two.contact_id().unwrap().0), (1, 2));
    let LiveItem::Disconnected { reason, .. } = last else { panic!("{last:?}") };
    assert_eq!(reason.kind(), LiveErrorKind::Closed);
}

#[tokio::test]
async fn a_ping_of_the_protocol_is_answered() {
    let mut feed = live(&serve(Does::Ping).await, TungsteniteTransport::new()).connect();
    assert!(matches!(feed.next().await, Some(LiveItem::Connected { .. })));
    let item = feed.next().await;
    assert!(matches!(&item, Some(LiveItem::Event(it)) if it.contact_id() == Some(3.into())));
}

#[tokio::test]
async fn each_way_to_fail_has_its_kind() {
    for (does, expected) in [
        (Does::Flood, (true, LiveErrorKind::TooLarge)),
        (Does::Hang, (true, LiveErrorKind::Silent)),
        (Does::Cut, (true, LiveErrorKind::Interrupted)),
        (Does::SendBytes, (true, LiveErrorKind::Protocol)),
        (Does::Ignore, (false, LiveErrorKind::NotTaken)),
        (Does::SpeakAnother, (false, LiveErrorKind::Protocol)),
        (Does::Refuse, (false, LiveErrorKind::Connect)),
        (Does::StaySilent, (false, LiveErrorKind::Timeout)),
        (Does::Babble, (false, LiveErrorKind::Protocol)),
    ] {
        assert_eq!(end(does).await, expected, "{does:?}");
    }
    let nobody = items(live("http://127.0.0.1:1", TungsteniteTransport::new())).await;
    let [LiveItem::Disconnected { reason, .. }] = &nobody[..] else { panic!("{nobody:?}") };
    assert_eq!(reason.kind(), LiveErrorKind::Connect);
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_only_when_named() {
    let (url, pem) = serve_tls().await;
    let refused = items(live(&url, TungsteniteTransport::new())).await;
    let [LiveItem::Disconnected { reason, .. }] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!(reason.kind(), LiveErrorKind::Connect);

    let trusting = TungsteniteTransport::with_root_certificates(pem.as_bytes()).unwrap();
    let heard = items(live(&url, trusting)).await;
    assert!(matches!(heard[0], LiveItem::Connected { .. }), "{heard:?}");
    assert_eq!(heard.len(), 4, "{heard:?}");

    let none = TungsteniteTransport::with_root_certificates(b"no certificate").unwrap_err();
    assert_eq!(none.kind(), LiveTransportErrorKind::Connect);
}

#[tokio::test]
async fn a_slow_consumer_slows_the_server_down() {
    const FRAMES: u64 = 2_000;
    let (ours, theirs) = tokio::io::duplex(8 * 1024);
    let server = tokio::spawn(async move {
        let mut socket = Socket::from_raw_socket(theirs, Role::Server, None).await;
        for id in 0..FRAMES {
            say(&mut socket, contact_event(id, &"x".repeat(1_000))).await;
        }
        socket
    });
    let socket = Socket::from_raw_socket(ours, Role::Client, None).await;
    let mut connection = Connection(socket);
    for id in 0..FRAMES {
        if id == 100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(!server.is_finished(), "the server waits until it is read");
        }
        let frame = connection.receive().await.unwrap().unwrap();
        assert!(frame.contains(&format!("\"id\":{id},")), "{id}");
    }
    drop(server.await.unwrap());
}

//! What goes out: headers, addresses, and what cannot be smuggled into them.

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::{Client, ErrorKind};

use crate::wire::{Then, Wire, patient};

const LABEL: &str = r#"{"id": 1, "title": "vip"}"#;

/// The hyphenated name passes proxies that drop headers with underscores.
#[tokio::test]
async fn the_token_goes_in_the_hyphenated_header() {
    let server = Wire::serve([Then::json(LABEL)]).await;
    server.account(patient()).labels().create(&NewLabel::new("vip")).await.unwrap();
    let seen = server.seen().remove(0).to_lowercase();
    assert!(seen.contains("\r\napi-access-token: token\r\n"), "{seen}");
    assert!(!seen.contains("api_access_token") && !seen.contains("authorization"), "{seen}");
    assert!(seen.contains("\r\ncontent-type: application/json\r\n"), "{seen}");
    assert!(seen.contains("\r\naccept: application/json\r\n"), "{seen}");
}

#[tokio::test]
async fn the_public_api_gets_no_token() {
    let server = Wire::serve([Then::json("{}")]).await;
    let client = Client::builder(server.url()).retry(patient()).build().unwrap();
    client.server().version().await.unwrap_err();
    assert!(!server.seen()[0].to_lowercase().contains("token"), "{:?}", server.seen());
}

#[tokio::test]
async fn a_token_cannot_add_a_header() {
    let server = Wire::serve([Then::json(LABEL)]).await;
    let client = Client::builder(server.url()).build().unwrap();
    for token in ["tok\r\nx-evil: 1", "tok\nx", "tok\0", "tok\u{7f}"] {
        let error = client.account(1, token).labels().list().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0), "{token:?}");
        assert!(!format!("{error} {error:?}").contains("tok\\"), "{error:?}");
        assert!(error.to_string().contains("token"), "{error}");
    }
    assert_eq!(server.requests(), 0);
}

/// An identifier comes from a shop's database: it stays one segment of the path.
#[tokio::test]
async fn a_path_parameter_stays_in_its_place() {
    let server = Wire::serve([Then::json("{}")]).await;
    let client = Client::builder(server.url()).retry(patient()).build().unwrap();
    for (identifier, segment) in [
        ("../../platform/api", "..%2F..%2Fplatform%2Fapi"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("x HTTP/1.1\r\nhost: evil", "x%20HTTP%2F1.1%0D%0Ahost%3A%20evil"),
        ("%2e%2e", "%252e%252e"),
        ("a\\b", "a%5Cb"),
    ] {
        let _ = client.public_inbox(identifier).details().await;
        let seen = server.seen().pop().unwrap();
        let line = seen.lines().next().unwrap();
        let wanted = format!("GET /public/api/v1/inboxes/{segment} HTTP/1.1");
        assert_eq!(line, wanted, "{identifier:?}");
    }
    for nothing in ["", ".", ".."] {
        let error = client.public_inbox(nothing).details().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0), "{nothing:?}");
    }
}

#[tokio::test]
async fn a_query_too_long_for_an_address_is_refused_without_being_shown() {
    let server = Wire::serve([Then::json("{}")]).await;
    let account = server.account(patient());
    let text = "ada@shop.example ".repeat(10_000);
    let error = account.contacts().search(&text, &ContactsQuery::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(!format!("{error} {error:?}").contains("ada"), "the query is shown");
}

//! What an error and an answer tell: ids, attempts, the server's sentence, the fields.

use std::error::Error as _;

use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::{Account, Client, Error, ErrorKind};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::wire::patient;

async fn server(answer: ResponseTemplate) -> (MockServer, Account) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = Client::builder(server.uri()).retry(patient()).build().unwrap();
    (server, client.account(1, "token"))
}

async fn refused(status: u16, body: &str) -> Error {
    let answer = ResponseTemplate::new(status).insert_header("x-request-id", "req-1");
    let (_server, account) = server(answer.set_body_string(body)).await;
    account.labels().create(&NewLabel::new("vip")).await.unwrap_err()
}

#[tokio::test]
async fn each_form_of_a_refusal_gives_the_server_s_sentence() {
    let taken = r#"{"message": "Title has already been taken", "attributes": ["title"]}"#;
    for (status, kind, body, message, attributes) in [
        (422, ErrorKind::Conflict, taken, Some("Title has already been taken"), &["title"][..]),
        (
            401,
            ErrorKind::Unauthorized,
            r#"{"errors": ["Invalid login"]}"#,
            Some("Invalid login"),
            &[],
        ),
        (404, ErrorKind::NotFound, r#"{"error": "Not here"}"#, Some("Not here"), &[]),
        (
            404,
            ErrorKind::NotFound,
            r#"{"status": 404, "error": "Not Found"}"#,
            Some("Not Found"),
            &[],
        ),
        (422, ErrorKind::Invalid, r#"{"message": ["First", "Second"]}"#, Some("First"), &[]),
        (422, ErrorKind::Invalid, r#"{"error": {"base": 1}, "errors": "Odd"}"#, Some("Odd"), &[]),
        (
            422,
            ErrorKind::Invalid,
            r#"{"message": "Bad", "errors": {"x": 1}, "attributes": ["a", 3, "b"]}"#,
            Some("Bad"),
            &["a", "b"],
        ),
        (422, ErrorKind::Invalid, r#"{"message": "Bad", "attributes": null}"#, Some("Bad"), &[]),
        (403, ErrorKind::Forbidden, "no", Some("no"), &[]),
        (402, ErrorKind::PaymentRequired, r#"{"error": "Upgrade"}"#, Some("Upgrade"), &[]),
        (400, ErrorKind::Invalid, "", None, &[]),
    ] {
        let error = refused(status, body).await;
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{body}");
        assert_eq!(error.server_message(), message, "{body}");
        assert_eq!(error.invalid_fields(), attributes, "{body}");
        assert_eq!(error.request_id(), Some("req-1"), "{body}");
        assert_eq!((error.attempts(), error.operation()), (1, "labels.create"), "{body}");
        assert_eq!(error.body(), Some(body.as_bytes()), "{body}");
        for attribute in attributes {
            assert!(error.to_string().contains(attribute), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_tells_of_its_exchange() {
    let answer = ResponseTemplate::new(201).insert_header("x-request-id", "req-7");
    let (_server, account) = server(answer.set_body_string(r#"{"id": 3, "title": "vip"}"#)).await;
    let answer = account.labels().create(&NewLabel::new("vip")).with_meta().await.unwrap();
    assert_eq!((answer.status, answer.attempts, answer.value.title.as_str()), (201, 1, "vip"));
    assert_eq!(answer.request_id.as_deref(), Some("req-7"));
    assert!(answer.elapsed.as_secs() < 15);
}

#[tokio::test]
async fn an_answer_counts_its_tries() {
    let server = MockServer::start().await;
    let failure = Mock::given(any()).respond_with(ResponseTemplate::new(503));
    failure.up_to_n_times(2).expect(2).mount(&server).await;
    let success = ResponseTemplate::new(200).set_body_string(r#"{"payload": []}"#);
    Mock::given(any()).respond_with(success).expect(1).mount(&server).await;
    let client = Client::builder(server.uri()).retry(patient()).build().unwrap();
    let answer = client.account(1, "token").labels().list().with_meta().await.unwrap();
    assert_eq!(answer.attempts, 3);
    let statistics = client.stats();
    assert_eq!((statistics.requests, statistics.retries), (3, 2));
}

/// serde's own sentence quotes the value that does not fit; it may be a token or a person's data.
#[tokio::test]
async fn a_decode_error_names_the_place_and_not_the_value() {
    for (body, path, sentence) in [
        (r#"{"payload": [{"id": "s3cret`", "title": "vip"}]}"#, "payload[0].id", "found string"),
        (r#"{"payload": [{"id": 1, "title": 77001}]}"#, "payload[0].title", "found integer"),
        (r#"{"payload": "s3cret, expected s3cret"}"#, "payload", "found string"),
        (r#"{"payload": [{"id": 1, "title": {"s3cret": 1}}]}"#, "payload[0].title", "found map"),
        (r#"{"payload": [{"id": 1}]}"#, "payload[0]", "missing field `title`"),
        (r#"{"payload": [{"id": 1, "title": "s3cret"#, ".", "EOF"),
    ] {
        let (_server, account) = server(ResponseTemplate::new(200).set_body_string(body)).await;
        let error = account.labels().list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.decode_path(), Some(path), "{body}");
        let source = error.source().unwrap().to_string();
        assert!(source.contains(sentence) && source.contains("line 1"), "{body}: {source}");
        let shown = format!("{error} {error:?} {source}");
        assert!(!shown.contains("s3cret") && !shown.contains("77001"), "{shown}");
    }
}

/// The names of fields are the server's, or a proxy's: they go into a log line.
#[tokio::test]
async fn what_the_server_names_is_shown_escaped_and_bounded() {
    let names: Vec<String> = std::iter::once("a\nb\u{1b}[31m\u{202e}\u{9b}c".to_owned())
        .chain(std::iter::repeat_n("n".repeat(5000), 12))
        .collect();
    let body = json!({"message": "No\n\u{1b}", "attributes": names}).to_string();
    let error = refused(422, &body).await;
    assert_eq!(error.invalid_fields(), names, "they are kept as they came");
    for shown in [error.to_string(), format!("{error:?}")] {
        let odd = |letter: char| letter.is_control() || letter == '\u{202e}';
        assert!(!shown.contains(odd), "{shown:?}");
        assert!(shown.contains("a\\nb\\u{1b}[31m"), "{shown:?}");
        assert!(shown.len() < 2000, "{} bytes", shown.len());
    }
}

//! Answers that are not what an operation answers: redirects, pages, gzip, emptiness.

use std::io::Write;

use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::{Client, ErrorKind, ReqwestTransport};
use flate2::Compression;
use flate2::write::GzEncoder;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::wire::{Then, Wire, patient};

const PAGE: &str = "<!DOCTYPE html><html><body>Sign in to the guest network</body></html>";

async fn answering(answer: ResponseTemplate) -> (MockServer, chatwoot_client::Account) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = Client::builder(server.uri()).retry(patient()).build().unwrap();
    (server, client.account(1, "t0ken-of-the-server"))
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_token_leaves() {
    for status in [301, 302, 303, 307, 308] {
        let (other, _) = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
        let to = format!("{}/login?next=secret-query", other.uri());
        let redirect = ResponseTemplate::new(status).insert_header("location", &to);
        let (server, account) = answering(redirect).await;
        let read = account.labels().list().await.unwrap_err();
        let written = account.labels().create(&NewLabel::new("vip")).await.unwrap_err();
        for error in [read, written] {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Unexpected, Some(status)));
            assert!(error.to_string().contains("redirect, which is not followed"), "{error}");
            assert!(!format!("{error:?}").contains("secret-query"), "{error:?}");
        }
        assert_eq!((requests(&server).await, requests(&other).await), (2, 0), "{status}");
    }
}

#[tokio::test]
async fn a_host_s_own_client_follows_no_redirect_either() {
    let (other, _) = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
    let redirect = ResponseTemplate::new(302).insert_header("location", other.uri());
    let (server, _) = answering(redirect).await;
    let following = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let transport = ReqwestTransport::from_builder(following).unwrap();
    let client = Client::builder(server.uri()).transport(transport).build().unwrap();
    let error = client.account(1, "token").labels().list().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert_eq!(requests(&other).await, 0);
}

#[tokio::test]
async fn a_page_with_status_200_is_no_success() {
    let html = ResponseTemplate::new(200).set_body_raw(PAGE, "text/html; charset=utf-8");
    let (_server, account) = answering(html).await;
    let read = account.labels().list().await.unwrap_err();
    // The body of a deletion says nothing, but a page says that Chatwoot was not reached.
    let deleted = account.labels().delete(1.into()).await.unwrap_err();
    for error in [read, deleted] {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)), "{error:?}");
        assert!(
            error.to_string().contains("HTML") && error.to_string().contains("proxy"),
            "{error}"
        );
        assert_eq!(error.body(), Some(PAGE.as_bytes()));
    }
}

#[tokio::test]
async fn a_page_is_known_without_its_type() {
    for body in [format!("\u{feff}\n {PAGE}"), PAGE.to_owned()] {
        let (_server, account) = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        let error = account.labels().delete(1.into()).await.unwrap_err();
        assert!(error.to_string().contains("HTML"), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_s_502_says_that_it_is_a_page() {
    let html = ResponseTemplate::new(502).set_body_raw(PAGE, "text/html");
    let (server, account) = answering(html).await;
    let error = account.labels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(502)));
    assert!(error.to_string().contains("HTML") && error.to_string().contains("proxy"), "{error}");
    assert_eq!(error.server_message(), None);
    assert_eq!(requests(&server).await, 3, "a read is tried again");
}

#[tokio::test]
async fn an_empty_answer_says_so() {
    let (_server, account) = answering(ResponseTemplate::new(200)).await;
    let error = account.labels().list().await.unwrap_err();
    assert!(error.to_string().contains("empty"), "{error}");
    account.labels().delete(1.into()).await.unwrap();
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_asked_for_and_inflated() {
    let labels = gzip(r#"{"payload": [{"id": 1, "title": "vip"}]}"#);
    let headers = "content-encoding: gzip\r\ncontent-type: application/json\r\n";
    let server = Wire::serve([Then::answer("200 OK", headers, &labels)]).await;
    let labels = server.account(patient()).labels().list().await.unwrap();
    assert_eq!(labels[0].title, "vip");
    assert!(server.seen()[0].contains("accept-encoding: gzip"), "{:?}", server.seen());
}

#[tokio::test]
async fn gzip_that_is_cut_or_broken_is_an_error() {
    let whole = gzip(r#"{"payload": [{"id": 1, "title": "vip"}]}"#);
    for part in [&whole[..whole.len() - 12], &whole[..3], b"no gzip at all"] {
        let answer = Then::answer("200 OK", "content-encoding: gzip\r\n", part);
        let server = Wire::serve([answer]).await;
        let error = server.account(patient()).labels().create(&NewLabel::new("x")).await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), server.requests()), (ErrorKind::Interrupted, 1), "{error:?}");
    }
}

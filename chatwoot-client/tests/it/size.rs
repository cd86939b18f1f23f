//! Answers larger than the limit are refused while they come, and refusals are cut.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Client, ClientBuilder, Error, ErrorKind, Transport};
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};

use crate::wire::{Then, Wire, patient};

const MEBIBYTE: usize = 1024 * 1024;

/// How much of a refusal is read.
const REFUSAL: usize = 64 * 1024;

fn assert_too_large(error: &Error) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error:?}");
    assert!(error.to_string().contains("larger than 16 MiB"), "{error}");
    assert!(error.to_string().contains("ClientBuilder::response_limit"), "{error}");
}

#[tokio::test]
async fn an_answer_that_announces_too_much_is_not_read() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 65 * MEBIBYTE);
    let server = Wire::serve([Then::WriteForEver(head.into_bytes(), vec![b' '; MEBIBYTE])]).await;
    assert_too_large(&server.account(patient()).labels().list().await.unwrap_err());
    assert!(server.written() < 20 * MEBIBYTE, "{} bytes were taken", server.written());
    assert_eq!(server.requests(), 1, "it is not asked for again");
}

#[tokio::test]
async fn an_answer_without_end_is_left() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
    let server = Wire::serve([Then::WriteForEver(head, vec![b' '; MEBIBYTE])]).await;
    let call = server.account(patient()).labels().create(&NewLabel::new("x")).await;
    assert_too_large(&call.unwrap_err());
    // What the sockets hold comes on top.
    assert!(server.written() < 40 * MEBIBYTE, "{} bytes were taken", server.written());
}

/// A small gzip that inflates to 80 MiB of spaces: one block, written 80 times.
fn bomb() -> Vec<u8> {
    let mut block = Vec::with_capacity(MEBIBYTE);
    let mut deflate = Compress::new(Compression::default(), false);
    deflate.compress_vec(&vec![b' '; MEBIBYTE], &mut block, FlushCompress::Full).unwrap();
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend(block.repeat(80));
    gzip
}

#[tokio::test]
async fn a_small_gzip_that_inflates_beyond_it_is_left() {
    let bomb = bomb();
    assert!(bomb.len() < MEBIBYTE);
    let server = Wire::serve([Then::answer("200 OK", "content-encoding: gzip\r\n", &bomb)]).await;
    assert_too_large(&server.account(patient()).labels().list().await.unwrap_err());
}

/// Large, and within the limit.
#[tokio::test]
async fn an_answer_of_some_megabytes_is_read() {
    let body = format!(r#"{{"payload": [{}]}}"#, " ".repeat(3 * MEBIBYTE));
    let server = Wire::serve([Then::json(&body)]).await;
    assert!(server.account(patient()).labels().list().await.unwrap().is_empty());
}

/// A small gzip that inflates to a list of `mebibytes` of zeros, each of which takes 32 bytes once
/// it is parsed.
fn list_of_zeros(mebibytes: usize) -> Vec<u8> {
    let mut gzip = GzEncoder::new(b"".to_vec(), Compression::best());
    gzip.write_all(b"{\"message\":\"No\",\"attributes\":[0").unwrap();
    let block = b",0".repeat(MEBIBYTE / 2);
    for _ in 0..mebibytes {
        gzip.write_all(&block).unwrap();
    }
    gzip.write_all(b"]}").unwrap();
    gzip.finish().unwrap()
}

#[tokio::test]
async fn a_refusal_that_inflates_is_read_to_its_first_64_kib() {
    let bomb = list_of_zeros(32);
    assert!(bomb.len() < 128 * 1024, "{} bytes", bomb.len());
    let headers = "content-encoding: gzip\r\ncontent-type: application/json\r\n";
    let server = Wire::serve([Then::answer("422 Unprocessable Entity", headers, &bomb)]).await;
    let error = server.account(patient()).labels().create(&NewLabel::new("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Invalid, Some(422)), "{error:?}");
    assert_eq!(error.body().map(<[u8]>::len), Some(REFUSAL));
    assert_eq!(error.server_message(), None, "what is cut is no JSON");
}

#[tokio::test]
async fn a_refusal_without_end_is_left() {
    for length in [String::new(), format!("content-length: {}\r\n", 65 * MEBIBYTE)] {
        let head = format!("HTTP/1.1 403 Forbidden\r\n{length}\r\n").into_bytes();
        let server = Wire::serve([Then::WriteForEver(head, vec![b'x'; MEBIBYTE])]).await;
        let error = server.account(patient()).labels().list().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Forbidden, Some(403)), "{error:?}");
        assert_eq!(error.body().map(<[u8]>::len), Some(REFUSAL));
        // What the sockets hold comes on top.
        assert!(server.written() < 20 * MEBIBYTE, "{} bytes were taken", server.written());
    }
}

/// A host's own transport, which heeds no limit.
#[derive(Clone, Debug)]
struct Whole(u16, usize);

#[async_trait::async_trait]
impl Transport for Whole {
    async fn send(
        &self,
        _: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let answer = http::Response::builder().status(self.0);
        Ok(answer.body(vec![b' '; self.1].into()).unwrap())
    }
}

fn through(transport: Whole) -> ClientBuilder {
    Client::builder("https://chatwoot.example.com").retry(patient()).transport(transport)
}

#[tokio::test]
async fn the_limits_hold_for_a_host_s_own_transport() {
    let client = through(Whole(422, MEBIBYTE)).build().unwrap();
    let error = client.account(1, "token").labels().list().await.unwrap_err();
    assert_eq!(error.body().map(<[u8]>::len), Some(REFUSAL));

    let client = through(Whole(200, 16 * MEBIBYTE + 1)).build().unwrap();
    assert_too_large(&client.account(1, "token").labels().list().await.unwrap_err());
}

#[tokio::test]
async fn the_limit_of_an_answer_can_be_set() {
    for (size, limit) in [(1001, 1000), (17 * MEBIBYTE, 16 * MEBIBYTE)] {
        let body = format!(r#"{{"payload": [{}]}}"#, " ".repeat(size - 15));
        assert_eq!(body.len(), size);
        let server = Wire::serve([Then::json(&body)]).await;
        for (limit, whole) in [(limit, false), (size - 1, false), (size, true)] {
            let builder = Client::builder(server.url()).retry(patient()).response_limit(limit);
            let listed = builder.build().unwrap().account(1, "token").labels().list().await;
            assert_eq!(listed.is_ok(), whole, "{size} bytes under a limit of {limit}");

            let own = through(Whole(200, size)).response_limit(limit).build().unwrap();
            let read = own.account(1, "token").labels().delete(1.into()).await;
            assert_eq!(read.is_ok(), whole, "{size} bytes under a limit of {limit}");
        }
    }
    let few = through(Whole(200, 1001)).response_limit(1000).build().unwrap();
    let error = few.account(1, "token").labels().list().await.unwrap_err();
    assert!(error.to_string().contains("larger than 1000 bytes"), "{error}");
}

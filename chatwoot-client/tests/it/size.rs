//! Answers larger than 64 MiB are refused while they come.

use chatwoot_client::{Error, ErrorKind, NewLabel};
use flate2::{Compress, Compression, FlushCompress};

use crate::wire::{Then, Wire, patient};

const MEBIBYTE: usize = 1024 * 1024;

fn assert_too_large(error: &Error) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error:?}");
    assert!(error.to_string().contains("larger than 64 MiB"), "{error}");
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
    assert!(server.written() < 100 * MEBIBYTE, "{} bytes were taken", server.written());
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

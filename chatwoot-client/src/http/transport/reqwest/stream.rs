//! A form as a stream: its files are read in chunks, never as a whole.

use std::io;
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::http::body::{Chunk, in_file, too_short};
use crate::http::transport::{TransportError, TransportErrorKind};
use crate::http::{Form, PartSource};

/// The size of the chunks in which a file is read.
const PIECE: usize = 64 * 1024;

/// Checks that each file can be opened and has its size: later the server would have received half
/// of it.
pub(super) async fn check(form: &Form) -> Result<(), TransportError> {
    for part in form.parts() {
        let PartSource::File { path, length } = part.source() else { continue };
        let facts = async { File::open(path).await?.metadata().await };
        let problem = match facts.await {
            Ok(facts) if facts.len() == *length => continue,
            Ok(_) => "changed its size since the call was made".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        let message = format!("{} {problem}", path.display());
        return Err(TransportError::new(TransportErrorKind::Request, message));
    }
    Ok(())
}

/// Returns the encoded form as a stream.
pub(super) fn chunks(form: &Form) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + use<> {
    let chunks: Vec<Chunk> = form.chunks().collect();
    stream::iter(chunks).flat_map(|chunk| match chunk {
        Chunk::Bytes(bytes) => stream::once(async { Ok(bytes) }).left_stream(),
        Chunk::File { path, length } => file(path, length).right_stream(),
    })
}

struct Reading {
    path: PathBuf,
    file: Option<File>,
    left: u64,
}

fn file(path: PathBuf, length: u64) -> impl Stream<Item = Result<Bytes, io::Error>> + Send {
    let reading = Reading { path, file: None, left: length };
    stream::try_unfold(reading, |mut reading| async move {
        if reading.left == 0 {
            return Ok(None);
        }
        let piece = reading.piece().await.map_err(|error| in_file(&reading.path, &error))?;
        if piece.is_empty() {
            return Err(too_short(&reading.path));
        }
        reading.left = reading.left.saturating_sub(piece.len() as u64);
        Ok(Some((piece, reading)))
    })
}

impl Reading {
    async fn piece(&mut self) -> io::Result<Bytes> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path).await?),
        };
        let mut piece = BytesMut::with_capacity(PIECE);
        file.take(self.left).read_buf(&mut piece).await?;
        Ok(piece.freeze())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use serde_json::json;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::client::Client;
    use crate::error::ErrorKind;
    use crate::http::Part;
    use crate::http::transport::Transport;
    use crate::http::{Body, RetryPolicy, Upload};

    /// A file that is deleted at the end of the test.
    struct TempFile(PathBuf);

    impl TempFile {
        fn new(content: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("upload-{:016x}.bin", fastrand::u64(..)));
            std::fs::write(&path, content).unwrap();
            Self(path)
        }

        fn form(&self, length: u64) -> Form {
            let source = PartSource::File { path: self.0.clone(), length };
            Form::new(vec![Part::file("f", "f.bin".into(), "a/b".into(), source)])
        }
    }

    impl Drop for TempFile {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// Returns 64 MiB in which no two chunks are equal.
    fn large() -> Vec<u8> {
        let mut content = vec![0; 64 << 20];
        fastrand::Rng::with_seed(7).fill(&mut content);
        content
    }

    #[tokio::test]
    async fn a_large_file_is_sent_whole() {
        let content = large();
        let file = TempFile::new(&content);
        let server = MockServer::start().await;
        let stored = json!({"file_url": "http://chatwoot.test/a", "blob_id": "b"});
        Mock::given(method("POST"))
            .and(path("/api/v1/accounts/7/upload"))
            .respond_with(ResponseTemplate::new(200).set_body_json(stored))
            .expect(1)
            .mount(&server)
            .await;
        let client = Client::builder(server.uri()).build().unwrap();
        let upload = Upload::file(&file.0).with_name("film \"1\".mov").max_size(100 << 20);
        client.account(7, "t").uploads().create(&upload).await.unwrap();

        let asked = &server.received_requests().await.unwrap()[0];
        let said: usize = asked.headers["content-length"].to_str().unwrap().parse().unwrap();
        assert_eq!(said, asked.body.len());
        assert!(asked.headers.get("transfer-encoding").is_none());
        let kind = asked.headers["content-type"].to_str().unwrap();
        let mark = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let head = format!(
            "--{mark}\r\nContent-Disposition: form-data; name=\"attachment\"; \
             filename=\"film %221%22.mov\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        let rest = asked.body.strip_prefix(head.as_bytes()).unwrap();
        let sent = rest.strip_suffix(format!("\r\n--{mark}--\r\n").as_bytes()).unwrap();
        assert_eq!(sent.len(), content.len());
        // Not `assert_eq`, which would print the contents.
        assert!(sent == content, "the content is another");
    }

    #[tokio::test]
    async fn a_file_is_read_in_small_pieces() {
        let file = TempFile::new(&vec![7; 3 * PIECE + 1]);
        let length = 3 * PIECE as u64 + 1;
        let pieces: Vec<Bytes> = chunks(&file.form(length)).try_collect().await.unwrap();
        assert!(pieces.len() >= 6 && pieces.iter().all(|piece| piece.len() <= PIECE));
        let whole = Body::Form(file.form(length)).len();
        assert_eq!(pieces.iter().map(|piece| piece.len() as u64).sum::<u64>(), whole);
        let shrunk: Result<Vec<Bytes>, _> = chunks(&file.form(length + 1)).try_collect().await;
        assert_eq!(shrunk.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn a_file_that_changed_is_not_sent() {
        let file = TempFile::new(b"abc");
        let server = MockServer::start().await;
        let send = async |form: Form| {
            let request = http::Request::post(server.uri()).body(Body::Form(form)).unwrap();
            let transport = crate::http::transport::ReqwestTransport::new().unwrap();
            transport.send(request, std::time::Duration::from_secs(5)).await
        };
        let error = send(file.form(2)).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request);
        assert!(error.to_string().contains("changed its size"), "{error}");
        assert!(server.received_requests().await.unwrap().is_empty());
        assert!(send(file.form(3)).await.is_ok());
    }

    #[tokio::test]
    async fn a_form_that_may_be_sent_again_is_the_same() {
        let server = MockServer::start().await;
        Mock::given(method("PUT")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
        let file = TempFile::new(b"picture");
        let policy = RetryPolicy { max_attempts: 2, ..RetryPolicy::default() };
        let client = Client::builder(server.uri()).retry(policy).build().unwrap();
        let account = client.account(7, "t");
        let picture = Upload::file(&file.0);
        let error = account.contact(3).set_avatar(&picture).await.unwrap_err();
        assert_eq!(error.attempts(), 2);
        let asked = server.received_requests().await.unwrap();
        assert_eq!(asked[0].body, asked[1].body);
        assert!(asked[0].body.windows(7).any(|at| at == b"picture"));
    }

    #[tokio::test]
    async fn an_unknown_outcome_of_a_form_is_not_sent_again() {
        let server = MockServer::start().await;
        let broken = ResponseTemplate::new(500);
        Mock::given(method("POST")).respond_with(broken).expect(1).mount(&server).await;
        let file = TempFile::new(b"abc");
        let client = Client::builder(server.uri()).build().unwrap();
        let account = client.account(7, "t");
        let error = account.uploads().create(&Upload::file(&file.0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
    }
}

//! A server on a bare socket: for what an HTTP library would not do.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatwoot_client::{Account, Client, RetryPolicy};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does after it has read a whole request.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// Writes these bytes and keeps the connection.
    Write(Vec<u8>),
    /// Writes these bytes and closes.
    WriteAndClose(Vec<u8>),
    /// Writes the first bytes, then the second again and again until nobody reads.
    WriteForEver(Vec<u8>, Vec<u8>),
    /// Keeps silent.
    Silence,
}

impl Then {
    /// An answer with this status, headers and body.
    pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Self {
        let length = body.len();
        let mut all =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n").into_bytes();
        all.extend_from_slice(body);
        Self::Write(all)
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::answer("200 OK", "content-type: application/json\r\n", body.as_bytes())
    }

    /// Closes without a word.
    pub(crate) fn close() -> Self {
        Self::WriteAndClose(Vec::new())
    }

    /// An answer that ends before its announced length.
    pub(crate) fn cut_short() -> Self {
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"payload\": [";
        Self::WriteAndClose(half.to_vec())
    }
}

/// The server: what it has read, request by request.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    written: Arc<AtomicUsize>,
}

impl Wire {
    /// Serves the script; its last line is repeated.
    pub(crate) async fn serve(script: impl IntoIterator<Item = Then>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            written: Arc::default(),
        };
        let script: Arc<[Then]> = script.into_iter().collect();
        let server = wire.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().talk(stream, script.clone()));
            }
        });
        wire
    }

    async fn talk(self, mut stream: TcpStream, script: Arc<[Then]>) {
        while let Some(request) = read_request(&mut stream).await {
            let number = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(request);
                seen.len()
            };
            match &script[(number - 1).min(script.len() - 1)] {
                Then::Write(bytes) => stream.write_all(bytes).await.unwrap(),
                Then::WriteAndClose(bytes) => {
                    stream.write_all(bytes).await.unwrap();
                    stream.shutdown().await.unwrap();
                    return;
                }
                Then::WriteForEver(first, again) => {
                    stream.write_all(first).await.unwrap();
                    while stream.write_all(again).await.is_ok() {
                        self.written.fetch_add(again.len(), Ordering::Relaxed);
                    }
                    return;
                }
                Then::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn account(&self, policy: RetryPolicy) -> Account {
        Client::builder(self.url()).retry(policy).build().unwrap().account(1, "token")
    }

    /// The requests, head and body, as text.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Bytes that were written for ever.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }
}

/// One request with its body, or `None` when there is no further one.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let mut some = [0; 4096];
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => read.extend_from_slice(&some[..count]),
        }
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text);
        }
    }
}

/// Tries often, waits little.
pub(crate) fn hasty() -> RetryPolicy {
    RetryPolicy {
        timeout: Duration::from_millis(300),
        deadline: Duration::from_secs(20),
        max_attempts: 3,
        min_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(5),
    }
}

/// As [`hasty`], with time for a busy machine to answer.
pub(crate) fn patient() -> RetryPolicy {
    RetryPolicy { timeout: Duration::from_secs(15), ..hasty() }
}

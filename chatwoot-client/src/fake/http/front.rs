//! The listener in front of wiremock, which cannot upgrade a connection to a WebSocket: it serves
//! the live feed itself, and passes every other connection on, byte for byte.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::fake::FakeChatwoot;
use crate::fake::live::{Handshake, Line, Refusal};
use crate::live::{LiveConnection, SUBPROTOCOL};

/// The start of a request for the live feed, up to its query.
const FEED: &[u8] = b"GET /cable";
/// The largest head of such a request, and the time in which it must be complete.
const HEAD: usize = 16 * 1_024;
const HEAD_TIME: Duration = Duration::from_secs(10);
/// The largest command of a client.
const COMMAND: usize = 64 * 1_024;

/// A running listener. It has a thread of its own, as wiremock has, so that it serves whatever the
/// caller's runtime does; it stops when it is dropped.
pub(in crate::fake) struct Front {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    /// Serves the feed of `fake` on `listener`, and passes the rest on to `back`.
    pub(in crate::fake) fn start(
        fake: FakeChatwoot,
        listener: StdListener,
        back: SocketAddr,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _guard = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("fake-chatwoot".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(&fake, &listener, back) => {}
                    _ = stopped => {}
                }
            });
            // Dropping the runtime closes all connections.
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    pub(in crate::fake) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only fails if the thread panicked, which the caller cannot help.
            let _ = thread.join();
        }
    }
}

async fn accept(fake: &FakeChatwoot, listener: &TcpListener, back: SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let fake = fake.clone();
                // A connection that breaks is its client's business.
                tokio::spawn(async move { serve(stream, fake, back).await.ok() });
            }
            // Too many open files, for example.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(mut stream: TcpStream, fake: FakeChatwoot, back: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(head) = timeout(HEAD_TIME, feed_head(&stream)).await?? else {
        let mut back = TcpStream::connect(back).await?;
        back.set_nodelay(true)?;
        copy_bidirectional(&mut stream, &mut back).await?;
        return Ok(());
    };
    let own_origin = format!("http://{}", header(&head, "host"));
    let asked = Handshake {
        target: head.split(' ').nth(1).unwrap_or_default(),
        origin: header(&head, "origin"),
        own_origin: &own_origin,
    };
    let (delay, opened) = fake.open_line(&asked, usize::MAX);
    if !delay.is_zero() {
        sleep(delay).await;
    }
    match opened {
        Ok(line) => upgrade(stream, line).await,
        Err(Refusal::Status(status, body)) => {
            // What was not read would turn the end of the connection into a reset.
            stream.read_exact(&mut vec![0; head.len()]).await?;
            let status = http::StatusCode::from_u16(status).map_err(io::Error::other)?;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n\
                 content-length: {length}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await?;
            stream.write_all(&body).await?;
            stream.shutdown().await
        }
        Err(Refusal::NoConnection | Refusal::Reset) => Ok(()),
        Err(Refusal::NoResponse) => {
            // Until the client gives up.
            while stream.read(&mut [0; 1_024]).await? > 0 {}
            Ok(())
        }
    }
}

/// Returns the head of a request for a WebSocket of the feed, without consuming it; `None` for any
/// other request, as soon as that is certain.
async fn feed_head(stream: &TcpStream) -> io::Result<Option<String>> {
    let mut buffer = vec![0; HEAD];
    loop {
        let read = stream.peek(&mut buffer).await?;
        let seen = buffer.get(..read).unwrap_or_default();
        let start = seen.get(..FEED.len()).unwrap_or(seen);
        let is_feed =
            FEED.starts_with(start) && seen.get(FEED.len()).is_none_or(|next| b" ?".contains(next));
        if read == 0 || read == HEAD || !is_feed {
            return Ok(None);
        }
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = seen.get(..end + 4).unwrap_or_default();
            let head = String::from_utf8_lossy(head).into_owned();
            return Ok(header(&head, "upgrade").eq_ignore_ascii_case("websocket").then_some(head));
        }
        // What was peeked at stays, so readiness does not tell of more.
        sleep(Duration::from_millis(1)).await;
    }
}

/// Returns a header of a request's head; nothing if it is not there.
fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
}

async fn upgrade(stream: TcpStream, line: Line) -> io::Result<()> {
    let config =
        WebSocketConfig::default().max_message_size(Some(COMMAND)).max_frame_size(Some(COMMAND));
    let accepted = tokio_tungstenite::accept_hdr_async_with_config(stream, protocol, Some(config));
    let socket = accepted.await.map_err(io::Error::other)?;
    let cut = line.cut();
    tokio::select! {
        biased;
        // Not even a frame that is being written is completed.
        () = cut => Ok(()),
        done = pump(socket, line) => done,
    }
}

/// Agrees to the subprotocol, if the client asked for it.
#[expect(clippy::result_large_err, clippy::unnecessary_wraps, reason = "tungstenite's callback")]
fn protocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    const NAME: &str = "sec-websocket-protocol";
    let asked = request.headers().get(NAME).and_then(|value| value.to_str().ok());
    if asked.is_some_and(|asked| asked.split(',').any(|one| one.trim() == SUBPROTOCOL)) {
        response.headers_mut().insert(NAME, http::HeaderValue::from_static(SUBPROTOCOL));
    }
    Ok(response)
}

async fn pump(mut socket: WebSocketStream<TcpStream>, mut line: Line) -> io::Result<()> {
    loop {
        tokio::select! {
            frame = line.receive() => match frame.map_err(io::Error::other)? {
                Some(text) => socket.send(Message::text(text)).await.map_err(io::Error::other)?,
                None => return socket.close(None).await.map_err(io::Error::other),
            },
            message = socket.next() => match message.transpose().map_err(io::Error::other)? {
                Some(Message::Text(text)) => {
                    line.send(text.as_str().to_owned()).await.map_err(io::Error::other)?;
                }
                Some(Message::Close(_)) | None => return Ok(()),
                Some(_) => {}
            },
        }
    }
}

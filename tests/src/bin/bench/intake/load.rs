//! Sends signed deliveries over connections that are kept open.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chatwoot_client::webhook::{DELIVERY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::Hook;
use crate::webhook::deliveries;

/// The connections, as many as a busy Chatwoot's workers have.
const CONNECTIONS: usize = 64;

/// The most deliveries that are prepared for a second.
const PER_SECOND: usize = 16_000;

/// A conversation is created with each so many deliveries; the others are messages in it.
const MESSAGES: u64 = 5;

/// What was sent and answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) number: u64,
    pub(super) elapsed: Duration,
    pub(super) p99: Duration,
}

/// Makes deliveries, each another one.
pub(super) struct Load {
    stores: Vec<Hook>,
    message: Value,
    conversation: Value,
    next: u64,
    sent: HashMap<SocketAddr, u64>,
}

impl Load {
    pub(super) fn new(stores: Vec<Hook>) -> anyhow::Result<Self> {
        let (_, deliveries) = deliveries(&["message_created", "conversation_created"])?;
        let bodies = deliveries.iter().map(|delivery| serde_json::from_slice(&delivery.body));
        let bodies = bodies.collect::<Result<Vec<Value>, _>>()?;
        let of = |name: &str| {
            bodies.iter().find(|body| body["event"] == *name).cloned().context("a delivery")
        };
        let (message, conversation) = (of("message_created")?, of("conversation_created")?);
        Ok(Self { stores, message, conversation, next: 1, sent: HashMap::new() })
    }

    /// Returns how many deliveries a server has acknowledged.
    pub(super) fn sent_to(&self, server: SocketAddr) -> u64 {
        self.sent.get(&server).copied().unwrap_or_default()
    }

    /// Sends as fast as the server answers.
    pub(super) async fn closed(
        &mut self,
        server: SocketAddr,
        time: Duration,
    ) -> anyhow::Result<Measured> {
        self.run(server, time, None).await
    }

    /// Sends so many a second, whether or not the server keeps up: a delay counts from when a
    /// delivery was due.
    pub(super) async fn paced(
        &mut self,
        server: SocketAddr,
        time: Duration,
        per_second: f64,
    ) -> anyhow::Result<Measured> {
        #[expect(clippy::cast_precision_loss, reason = "a few connections")]
        let every = Duration::from_secs_f64(CONNECTIONS as f64 / per_second);
        self.run(server, time, Some(every)).await
    }

    async fn run(
        &mut self,
        server: SocketAddr,
        time: Duration,
        every: Option<Duration>,
    ) -> anyhow::Result<Measured> {
        let prepared = PER_SECOND * usize::try_from(time.as_secs())?;
        let mut requests: Vec<Vec<Vec<u8>>> = vec![Vec::new(); CONNECTIONS];
        for index in 0..prepared {
            let request = self.request()?;
            requests[index % CONNECTIONS].push(request);
        }
        let start = Arc::new(tokio::sync::Barrier::new(CONNECTIONS));
        let mut running = Vec::new();
        for (index, requests) in requests.into_iter().enumerate() {
            let connection = TcpStream::connect(server).await?;
            connection.set_nodelay(true)?;
            let offset = every.map(|every| every * u32::try_from(index).unwrap_or(0) / 64);
            let pace = every.zip(offset);
            running.push(tokio::spawn(send(connection, requests, start.clone(), time, pace)));
        }
        let mut delays: Vec<Duration> = Vec::new();
        let mut elapsed = Duration::ZERO;
        for running in running {
            let (of_connection, took) = running.await??;
            delays.extend(of_connection);
            elapsed = elapsed.max(took);
        }
        let number = u64::try_from(delays.len())?;
        *self.sent.entry(server).or_default() += number;
        delays.sort_unstable();
        let p99 = delays.get(delays.len() * 99 / 100).copied().unwrap_or_default();
        Ok(Measured { number, elapsed, p99 })
    }

    /// Returns the next delivery as the bytes of a request.
    fn request(&mut self) -> anyhow::Result<Vec<u8>> {
        let number = self.next;
        self.next += 1;
        let conversation = number / MESSAGES;
        // The numbers of a conversation's deliveries are in one store.
        let store = usize::try_from(conversation)? % self.stores.len();
        let hook = &self.stores[store];
        let body = if number.is_multiple_of(MESSAGES) {
            self.conversation["id"] = conversation.into();
            serde_json::to_vec(&self.conversation)?
        } else {
            self.message["id"] = number.into();
            self.message["conversation"]["id"] = conversation.into();
            serde_json::to_vec(&self.message)?
        };
        let now = Timestamp::now();
        let mut request = format!(
            "POST /webhooks/chatwoot/{} HTTP/1.1\r\nhost: shop.example.com\r\n\
             content-type: application/json\r\naccept: application/json\r\n\
             {TIMESTAMP_HEADER}: {}\r\n{SIGNATURE_HEADER}: {}\r\n{DELIVERY_HEADER}: {number:032x}\r\n\
             content-length: {}\r\n\r\n",
            hook.address,
            now.as_second(),
            sign(&hook.secret, now, &body),
            body.len(),
        )
        .into_bytes();
        request.extend(body);
        Ok(request)
    }
}

/// Sends requests one after another until the time is over, and returns the delay of each.
async fn send(
    mut connection: TcpStream,
    requests: Vec<Vec<u8>>,
    start: Arc<tokio::sync::Barrier>,
    time: Duration,
    pace: Option<(Duration, Duration)>,
) -> anyhow::Result<(Vec<Duration>, Duration)> {
    start.wait().await;
    let began = Instant::now();
    let mut due = began + pace.map_or(Duration::ZERO, |(_, offset)| offset);
    let mut delays = Vec::with_capacity(requests.len());
    for request in requests {
        if let Some((every, _)) = pace {
            tokio::time::sleep_until(due.into()).await;
            if due - began >= time {
                break;
            }
            connection.write_all(&request).await?;
            answered(&mut connection).await?;
            delays.push(due.elapsed());
            due += every;
        } else {
            if began.elapsed() >= time {
                break;
            }
            let sent = Instant::now();
            connection.write_all(&request).await?;
            answered(&mut connection).await?;
            delays.push(sent.elapsed());
        }
    }
    Ok((delays, began.elapsed()))
}

/// Reads a response, which must be a success.
async fn answered(connection: &mut TcpStream) -> anyhow::Result<()> {
    let (mut buffer, mut filled) = ([0; 2048], 0);
    loop {
        let read = connection.read(&mut buffer[filled..]).await?;
        ensure!(read > 0, "the server closed the connection");
        filled += read;
        let text = str::from_utf8(&buffer[..filled])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if !head.starts_with("HTTP/1.1 200") {
            bail!("{text}");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.context("a length")?.parse::<usize>()? {
            return Ok(());
        }
    }
}

//! A process with lines, which measures itself.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chatwoot_client::live::{ClientCommand, LiveItem, SUBPROTOCOL, Subscription};
use chatwoot_client::{Client, Limits, Secret};
use cpu_time::ProcessTime;
use futures_util::{SinkExt, StreamExt};
use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::{Measured, Member, Stage, answer, told};
use crate::sync::resident;

/// How long the lines hear only pings, of which there is one in 3 seconds.
const IDLE: Duration = Duration::from_secs(15);
/// How long no event comes until all have been heard.
const QUIET: Duration = Duration::from_secs(2);
/// How many lines are opened at once.
const AT_ONCE: usize = 16;
const CONNECT_WITHIN: Duration = Duration::from_mins(1);
/// As the client's own: a bare connection with the library's 128 KiB would be no measure.
const BUFFER: usize = 4 * 1_024;

/// What the lines have in common: the events they heard, and who is connected.
#[derive(Clone)]
struct Heard {
    events: Arc<AtomicUsize>,
    connected: UnboundedSender<()>,
}

/// Opens the lines of a stage, and measures them.
pub(crate) fn run(kind: &str) -> Result<()> {
    let stage: Stage = told()?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let (connected, mut connections) = unbounded_channel();
        let heard = Heard { events: Arc::default(), connected };
        let client = Client::builder(&stage.base).limits(Limits::off()).build()?;
        let count = stage.members.len();
        let open = |member: &Member| {
            let heard = heard.clone();
            match kind {
                "ours" => drop(tokio::spawn(ours(
                    client.account(member.account, member.token.clone()),
                    heard,
                ))),
                _ => drop(tokio::spawn(reading(
                    bare(&stage.base, member)?,
                    stage.base.clone(),
                    heard,
                ))),
            }
            anyhow::Ok(())
        };
        // The first one pays for what all share.
        let (mut before, mut opened, mut ready) = (0, 0, 0);
        while ready < count {
            let at_once = if ready == 0 { 1 } else { AT_ONCE };
            while opened < count && opened - ready < at_once {
                open(&stage.members[opened])?;
                opened += 1;
            }
            let next = timeout(CONNECT_WITHIN, connections.recv()).await;
            next.with_context(|| format!("only {ready} of {count} lines were connected"))?;
            ready += 1;
            if ready == 1 {
                before = resident()?;
            }
        }
        sleep(QUIET).await;
        let per_line = |bytes: u64| {
            let lines = u32::try_from(count - 1).map(f64::from);
            let more = u32::try_from(bytes.saturating_sub(before) / 1_024).map(f64::from);
            anyhow::Ok(more? * 1_024.0 / lines?)
        };
        let lines = f64::from(u32::try_from(count)?);

        let (began, used) = (Instant::now(), ProcessTime::now());
        sleep(IDLE).await;
        let idle = used.elapsed().as_secs_f64() / began.elapsed().as_secs_f64();
        let idle_memory = per_line(resident()?)?;
        let first = heard.events.load(Ordering::Relaxed);
        let (began, used) = (Instant::now(), ProcessTime::now());
        answer(&count)?;

        let sent = tokio::task::spawn_blocking(told::<usize>);
        let sent = sent.await??;
        let mut events = 0;
        loop {
            let now = heard.events.load(Ordering::Relaxed) - first;
            if now == events && now >= sent {
                break;
            }
            if now == events && began.elapsed() > CONNECT_WITHIN * 5 {
                bail!("only {now} events were heard of {sent} messages");
            }
            events = now;
            sleep(QUIET).await;
        }
        let busy = used.elapsed().as_secs_f64() - idle * began.elapsed().as_secs_f64();
        let event_time = busy * 1e6 / f64::from(u32::try_from(events)?);
        let (busy_memory, idle_time) = (per_line(resident()?)?, idle * 1e6 / lines);
        answer(&Measured { idle_memory, busy_memory, idle_time, event_time, events })
    })
}

/// A line of the client.
async fn ours(account: chatwoot_client::Account, heard: Heard) {
    let mut feed = account.live().connect();
    while let Some(item) = feed.next().await {
        match item {
            LiveItem::Connected { .. } => heard.connected.send(()).unwrap_or_default(),
            LiveItem::Event(event) => {
                // The first event after a confirmation says who is online.
                black_box(event);
                heard.events.fetch_add(1, Ordering::Relaxed);
            }
            item => eprintln!("bench: {item:?}"),
        }
    }
}

/// Returns the subscription of a member, as text.
fn bare(base: &str, member: &Member) -> Result<String> {
    let token = Secret::new(member.pubsub_token.clone());
    let subscription = Subscription::user(token, member.account.into(), member.user.into());
    let command = ClientCommand::Subscribe { identifier: subscription.identifier() };
    serde_json::to_string(&command).with_context(|| format!("a subscription to {base}"))
}

/// A bare WebSocket that subscribes and then only reads.
async fn reading(subscribe: String, base: String, heard: Heard) -> Result<()> {
    let url = format!("{}/cable", base.replacen("http", "ws", 1));
    let mut request = url.into_client_request()?;
    request.headers_mut().insert(ORIGIN, base.parse()?);
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL.parse()?);
    let address = base.trim_start_matches("http://").to_owned();
    let stream = tokio::net::TcpStream::connect(address).await?;
    let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    socket.send(Message::text(subscribe)).await?;
    while let Some(frame) = socket.next().await {
        let Message::Text(text) = frame? else { continue };
        if text.contains(r#""type":"confirm_subscription""#) {
            heard.connected.send(()).unwrap_or_default();
        } else if text.contains(r#""message":{"#) {
            heard.events.fetch_add(1, Ordering::Relaxed);
        }
        black_box(text);
    }
    bail!("a line was cut")
}

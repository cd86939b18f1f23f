//! The lines of a process to the Chatwoots' live feeds: cut, late, doubled and lost.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::live::{
    LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
};
use tokio::time::{Instant, sleep_until};

use super::act::{Feed, Trouble};
use super::sim::Sim;

/// A process's way to the live feed of one server.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) sim: Sim,
    pub(super) server: usize,
    pub(super) fake: FakeChatwoot,
}

#[derive(Debug)]
struct Line {
    sim: Sim,
    server: usize,
    inner: Box<dyn LiveConnection>,
    /// Frames that are on their way, and when they arrive.
    coming: VecDeque<(Instant, String)>,
}

fn strike(sim: &Sim, server: usize) -> Option<Feed> {
    sim.strike(|trouble| match trouble {
        Trouble::Feed(at, kind) if *at == server => Some(*kind),
        _ => None,
    })
}

#[async_trait]
impl LiveTransport for Lines {
    async fn connect(
        &self,
        request: LiveRequest,
    ) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
        let (sim, server) = (self.sim.clone(), self.server);
        sim.latency(0..=25).await;
        if strike(&sim, server) == Some(Feed::Down) {
            let down = LiveTransportErrorKind::Connect;
            return Err(LiveTransportError::new(down, "told to be down"));
        }
        let inner = LiveTransport::connect(&self.fake, request).await?;
        sim.note(|| format!("a line to server {server} is open"));
        Ok(Box::new(Line { sim, server, inner, coming: VecDeque::new() }))
    }
}

#[async_trait]
impl LiveConnection for Line {
    async fn send(&mut self, text: String) -> Result<(), LiveTransportError> {
        self.check(&text);
        self.inner.send(text).await
    }

    async fn receive(&mut self) -> Result<Option<String>, LiveTransportError> {
        loop {
            if let Some((at, _)) = self.coming.front() {
                sleep_until(*at).await;
                return Ok(self.coming.pop_front().map(|(_, text)| text));
            }
            let Some(text) = self.inner.receive().await? else { return Ok(None) };
            let fate = strike(&self.sim, self.server);
            let (server, name) = (self.server, name_of(&text));
            self.sim.note(|| format!("feed {server} {name:?} {fate:?}"));
            let mut wait = Duration::from_millis(self.sim.pick(0..=20));
            match fate {
                Some(Feed::Lost) => continue,
                Some(Feed::Cut) => {
                    let cut = LiveTransportErrorKind::Interrupted;
                    return Err(LiveTransportError::new(cut, "told to be cut"));
                }
                Some(Feed::Late(millis)) => wait += Duration::from_millis(millis),
                Some(Feed::Doubled) => self.coming.push_back((Instant::now(), text.clone())),
                Some(Feed::Down) | None => {}
            }
            self.coming.push_back((Instant::now() + wait, text));
        }
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }
}

impl Line {
    /// A subscription is of an account of the store's own server.
    fn check(&self, command: &str) {
        let command: serde_json::Value = serde_json::from_str(command).unwrap_or_default();
        let identifier = command["identifier"].as_str().unwrap_or_default();
        let identifier: serde_json::Value = serde_json::from_str(identifier).unwrap_or_default();
        let account = identifier["account_id"].as_u64().unwrap_or_default();
        if self.sim.store_of(self.server, account).is_none() {
            self.sim.violate(
                "a token goes to its own server and account only",
                format!("a subscription to account {account} went to server {}", self.server),
            );
        }
    }
}

/// The event of a frame, or its type.
fn name_of(text: &str) -> Option<String> {
    let frame: serde_json::Value = serde_json::from_str(text).ok()?;
    let name = frame.pointer("/message/event").or_else(|| frame.get("type"))?;
    Some(format!("{} {}", name.as_str()?, frame.pointer("/message/data/id").unwrap_or_default()))
}

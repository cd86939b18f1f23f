//! The way of webhooks from the Chatwoots to the host.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::Transport;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use store_context::intake::{Intake, Receipt};
use store_context::ports::AddressToken;

use super::act::{Mail, Trouble};
use super::sim::{Sim, lock};

/// The endpoints of the processes that are up.
pub(super) type Doors = Arc<Mutex<Vec<Option<Intake>>>>;

/// A delivery that the host said it would handle.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) account: u64,
    pub(super) server: usize,
    pub(super) event: String,
    /// The delivery's name.
    pub(super) delivery: String,
    pub(super) body: serde_json::Value,
}

/// Where a server's webhooks go: it is answered at once, and what happens to them then is the
/// simulation's.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) sim: Sim,
    pub(super) server: usize,
    pub(super) doors: Doors,
    pub(super) received: Arc<Mutex<Vec<Received>>>,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("server", &self.server).finish_non_exhaustive()
    }
}

/// How long the server waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

#[async_trait]
impl Transport for Post {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let body = request.body().to_bytes().unwrap_or_default();
        let request = request.map(|_| body);
        let fate = self.sim.strike(|trouble| match trouble {
            Trouble::Mail(mail) => Some(*mail),
            _ => None,
        });
        let delays: &[u64] = match fate {
            Some(Mail::Lost) => &[],
            Some(Mail::Doubled) => &[0, 700],
            Some(Mail::Late(millis)) => &[millis],
            Some(Mail::AtOnce(millis)) => {
                let into = self.sim.elapsed().as_millis() % u128::from(millis);
                let left = millis - u64::try_from(into).unwrap_or_default();
                let wait = Duration::from_millis(left + self.sim.pick(1..=8));
                tokio::spawn(self.clone().deliver(request.clone(), wait));
                &[]
            }
            None => &[0],
        };
        for delay in delays {
            // Some overtake others.
            let longest = if self.sim.pick(0..=3) == 0 { 200 } else { 40 };
            let wait = Duration::from_millis(delay + self.sim.pick(1..=longest));
            tokio::spawn(self.clone().deliver(request.clone(), wait));
        }
        self.sim.note(|| format!("post {} {:?} {fate:?}", self.server, name_of(request.body())));
        Ok(http::Response::new(Bytes::new()))
    }
}

impl Post {
    async fn deliver(self, request: http::Request<Bytes>, wait: Duration) {
        tokio::time::sleep(wait).await;
        let Some(intake) = self.door() else { return };
        let address = request.uri().path().rsplit('/').next().unwrap_or_default();
        let address = AddressToken::new(address);
        let (headers, body) = (request.headers(), request.body());
        let taken = tokio::time::timeout(TIMEOUT, intake.receive(&address, headers, body)).await;
        self.sim.note(|| format!("receive {:?}: {taken:?}", name_of(body)));
        if let Ok(Ok(Receipt::New | Receipt::Known)) = taken
            && let Ok(body) = serde_json::from_slice::<serde_json::Value>(body)
        {
            let delivery = headers.get("x-chatwoot-delivery").and_then(|it| it.to_str().ok());
            lock(&self.received).push(Received {
                account: body["account"]["id"].as_u64().unwrap_or_default(),
                server: self.server,
                event: body["event"].as_str().unwrap_or_default().to_owned(),
                delivery: delivery.unwrap_or_default().to_owned(),
                body,
            });
        }
    }

    /// One of the endpoints that are up.
    fn door(&self) -> Option<Intake> {
        let doors = lock(&self.doors);
        let up: Vec<&Intake> = doors.iter().flatten().collect();
        let last = up.len().checked_sub(1)? as u64;
        let chosen = usize::try_from(self.sim.pick(0..=last)).unwrap_or_default();
        up.get(chosen).map(|intake| (*intake).clone())
    }
}

fn name_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(format!("{} {}", body["event"].as_str()?, body["id"]))
}

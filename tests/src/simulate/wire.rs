//! The way of a process's requests to a Chatwoot: each is checked for what it must not carry.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::Transport;
use chatwoot_client::fake::{FakeChatwoot, FaultKind};
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;

use super::act::{Network, Trouble};
use super::people;
use super::sim::{Sent, Sim};

/// Marks requests that no trouble strikes: those of agents, guests and the oracle.
const OUTSIDE: &str = "x-outside";

/// A process's way to one server.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) sim: Sim,
    /// The process that sends.
    pub(super) process: usize,
    pub(super) server: usize,
    pub(super) fake: FakeChatwoot,
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let (verb, path) = (request.method().to_string(), request.uri().path().to_owned());
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = request.body().to_bytes().unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        // The server takes both spellings.
        let token =
            ["api-access-token", "api_access_token"].map(|name| request.headers().get(name));
        let token = token.into_iter().flatten().find_map(|it| it.to_str().ok());
        let store = self.check(token, &path, &body);
        self.sim.note(|| format!("server {} < {verb} {path}?{query} {body}", self.server));
        let at = self.sim.elapsed();
        let named = people::markers(&body).into_iter().find(|it| it.is_name);
        let writes = store.filter(|_| verb != "GET");
        let on_its_way = writes.map(|store| {
            let customer = named.map(|marker| marker.customer);
            self.sim.on_its_way(self.process, store, customer)
        });
        self.sim.latency(0..=25).await;
        let answer = self.fake.send(request, timeout).await;
        drop(on_its_way);
        self.sim.latency(0..=25).await;
        if let Ok(answer) = &answer {
            self.wrote(&verb, &path, answer.body());
        }
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        self.sim.note(|| format!("server {} > {verb} {path} {status:?}", self.server));
        self.sim.sent(Sent { at, store, verb, path, status, named });
        answer
    }
}

/// The account that a path names.
fn account_of(path: &str) -> Option<u64> {
    path.strip_prefix("/api/v1/accounts/")?.split('/').next()?.parse().ok()
}

impl Wire {
    /// Remembers which contacts the engine wrote.
    fn wrote(&self, verb: &str, path: &str, body: &[u8]) {
        let Some(account) = account_of(path) else { return };
        let id = match verb {
            "PUT" => path.rsplit_once("/contacts/").and_then(|(_, id)| id.parse().ok()),
            "POST" if path.ends_with("/contacts") => {
                let body = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
                body.pointer("/payload/contact/id").and_then(serde_json::Value::as_u64)
            }
            _ => None,
        };
        if let Some(id) = id {
            self.sim.wrote(self.server, account, id);
        }
    }

    /// A token goes to its own server and account only, and so does what customers are called.
    fn check(&self, token: Option<&str>, path: &str, body: &str) -> Option<usize> {
        let account = account_of(path);
        if let Some(token) = token {
            let owner = self.sim.owner_of(token);
            let to = (Some(self.server), account.or(owner.map(|it| it.1)));
            if owner.map(|(server, account, _)| (Some(server), Some(account))) != Some(to) {
                self.sim.violate(
                    "a token goes to its own server and account only",
                    format!("the token of {owner:?} went to server {} {path}", self.server),
                );
            }
        }
        let store = account.and_then(|account| self.sim.store_of(self.server, account));
        for marker in people::markers(body) {
            if store != Some(marker.store) {
                self.sim.violate(
                    "a customer's data goes to the store's own account only",
                    format!("{marker} went to server {} {path}", self.server),
                );
            }
            if marker.is_name && self.sim.is_erased(&marker.to_string()) {
                self.sim.violate(
                    "an erased customer is never written again",
                    format!("{marker} went to server {} {path}", self.server),
                );
            }
        }
        store
    }
}

/// The way of everybody else's requests: it is quick, and nothing goes wrong.
#[derive(Debug)]
pub(super) struct Outside(pub(super) FakeChatwoot);

#[async_trait]
impl Transport for Outside {
    async fn send(
        &self,
        mut request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        request.headers_mut().insert(OUTSIDE, http::HeaderValue::from_static("1"));
        self.0.send(request, timeout).await
    }
}

/// What strikes a request that reaches a server now.
pub(super) fn faults(
    sim: &Sim,
    server: usize,
    request: &http::Request<Bytes>,
) -> Option<FaultKind> {
    if request.headers().contains_key(OUTSIDE) {
        return None;
    }
    let struck = sim.strike(|trouble| match trouble {
        Trouble::Network(at, kind) if *at == server => Some(*kind),
        _ => None,
    })?;
    Some(match struck {
        Network::ErrorBefore => FaultKind::ErrorBefore,
        Network::ErrorAfter => FaultKind::ErrorAfter,
        Network::TimeoutBefore => FaultKind::TimeoutBefore,
        Network::TimeoutAfter => FaultKind::TimeoutAfter,
        Network::ResetBefore => FaultKind::ResetBefore,
        Network::ResetAfter => FaultKind::ResetBeforeResponse,
        Network::Down => FaultKind::NoConnection,
        Network::RateLimited => FaultKind::RateLimited,
        Network::Slow(millis) => FaultKind::Delay(Duration::from_millis(millis)),
        Network::Late(millis) => FaultKind::LateBy(Duration::from_millis(millis)),
    })
}

//! The way of the webhooks: each is sent once, to one of the workers that are up.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use chatwoot_client::fake::{Delivery, FakeChatwoot};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::fleet::Addresses;
use super::judge::{Acknowledged, Place};
use super::lock;

/// How long Chatwoot waits for a response.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many deliveries are under way at once: those of a conversation are sent one after another.
const LANES: u64 = 48;

/// Takes the fake's deliveries and sends them.
pub(super) struct Balancer {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    addresses: Addresses,
    client: reqwest::Client,
    /// How many were taken and are not finished.
    under_way: AtomicUsize,
    sent: AtomicU64,
    acknowledged: Mutex<Vec<Acknowledged>>,
    /// Those of other events than new messages.
    others: AtomicU64,
    refused: AtomicU64,
}

/// How many deliveries were sent, and which messages were acknowledged.
pub(super) struct Sent {
    pub(super) deliveries: u64,
    pub(super) refused: u64,
    pub(super) acknowledged_others: u64,
    pub(super) acknowledged: Vec<Acknowledged>,
}

impl Balancer {
    /// Sends what the fake has to deliver from now on.
    pub(super) fn start(fake: FakeChatwoot, addresses: Addresses) -> Result<Self> {
        let shared = Arc::new(Shared {
            addresses,
            client: reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?,
            under_way: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            acknowledged: Mutex::default(),
            others: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        let mut lanes = Vec::new();
        for _ in 0..LANES {
            let (lane, deliveries) = unbounded_channel();
            lanes.push(lane);
            tasks.spawn(send_all(shared.clone(), deliveries));
        }
        tasks.spawn(take_all(shared.clone(), fake, lanes));
        Ok(Self { shared, tasks })
    }

    /// Returns how many deliveries were taken from the fake and have no response yet.
    pub(super) fn under_way(&self) -> usize {
        self.shared.under_way.load(Ordering::SeqCst)
    }

    /// Ends, and returns what was sent.
    pub(super) async fn end(mut self) -> Sent {
        self.tasks.shutdown().await;
        Sent {
            deliveries: self.shared.sent.load(Ordering::SeqCst),
            refused: self.shared.refused.load(Ordering::SeqCst),
            acknowledged_others: self.shared.others.load(Ordering::SeqCst),
            acknowledged: std::mem::take(&mut lock(&self.shared.acknowledged)),
        }
    }
}

async fn take_all(shared: Arc<Shared>, fake: FakeChatwoot, lanes: Vec<UnboundedSender<Delivery>>) {
    loop {
        let deliveries = fake.take_deliveries();
        let idle = deliveries.is_empty();
        for delivery in deliveries {
            let mut hasher = DefaultHasher::new();
            (delivery.account, delivery.fact.conversation).hash(&mut hasher);
            let lane = usize::try_from(hasher.finish() % LANES).unwrap_or_default();
            shared.under_way.fetch_add(1, Ordering::SeqCst);
            // A lane ends only with this task.
            let _sent = lanes[lane].send(delivery);
        }
        if idle {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn send_all(shared: Arc<Shared>, mut deliveries: UnboundedReceiver<Delivery>) {
    while let Some(delivery) = deliveries.recv().await {
        let receipt = shared.send(&delivery).await;
        shared.sent.fetch_add(1, Ordering::SeqCst);
        match receipt {
            Some(receipt) => shared.note(&delivery, receipt == "new"),
            None => drop(shared.refused.fetch_add(1, Ordering::SeqCst)),
        }
        shared.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shared {
    /// Sends a delivery once. Returns what the response says if it is a 200.
    async fn send(&self, delivery: &Delivery) -> Option<String> {
        let address = self.addresses.pick()?;
        let (parts, body) = delivery.request(Timestamp::now()).into_parts();
        let url = format!("http://{address}{}", parts.uri.path());
        let request = self.client.post(url).headers(parts.headers).body(body);
        let response = request.send().await.ok()?;
        if response.status() != http::StatusCode::OK {
            return None;
        }
        // The worker may be killed after the head of the response: it is a 200 all the same.
        let body: Value = response.json().await.unwrap_or_default();
        Some(body["status"].as_str().unwrap_or_default().to_owned())
    }

    fn note(&self, delivery: &Delivery, new: bool) {
        let fact = delivery.fact;
        let (Some(conversation), Some(message)) = (fact.conversation, fact.message) else {
            self.others.fetch_add(1, Ordering::SeqCst);
            return;
        };
        if delivery.event != "message_created" {
            self.others.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let body: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
        let incoming = body["message_type"] == "incoming";
        let place = Place { account: delivery.account, conversation };
        lock(&self.acknowledged).push(Acknowledged { place, message, incoming, new });
    }
}

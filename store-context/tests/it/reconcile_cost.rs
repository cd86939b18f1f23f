//! Tests of the cost of reconciliation, and of the delay until lost events are found, with many
//! stores on paused time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Client, Limits, Secret, Transport};
use serde_json::{Value, json};
use store_context::Timestamp;
use store_context::accounts::{Accounts, Clients};
use store_context::intake::{ReconcileConfig, Reconciler};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Store, StoreId};
use store_context::ports::{BoundToken, Clock, Ports, StoreRecord, TokioClock};

use crate::support::{BASE_URL, Bench, customer, stores};

/// The scale: one in this many of 10,000 stores, which would take a minute.
const SCALE: u64 = 10;
const STORES: u64 = 10_000 / SCALE;
const BUSY: u64 = 100 / SCALE;
/// Chatwoot's limit of calls per minute.
const LIMIT: u64 = 3_000 / SCALE;

/// A Chatwoot server of many accounts, each with one conversation with activity every minute or
/// when the test triggers it.
#[derive(Clone, Debug)]
struct World {
    clock: Arc<TokioClock>,
    state: Arc<Mutex<State>>,
    list: Arc<Value>,
    messages: Arc<Value>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    /// The last activity of an idle store's conversation.
    touched: HashMap<u64, Timestamp>,
}

impl World {
    /// Creates a world with the response shapes of a complete Chatwoot.
    async fn new(clock: Arc<TokioClock>) -> Self {
        let bench = Bench::provisioned().await;
        let talk = bench.talk(&customer("ada")).await;
        talk.say("Hello").await;
        let list = get(&bench, "conversations?status=all&updated_within=60").await;
        let path = format!("conversations/{}/messages", talk.id);
        let messages = get(&bench, &path).await;
        Self { clock, state: Arc::default(), list: Arc::new(list), messages: Arc::new(messages) }
    }

    /// Returns the last activity of the account's conversation.
    fn touched(&self, account: u64) -> Option<Timestamp> {
        if account <= BUSY {
            let minute = self.clock.now().as_second() / 60 * 60;
            return Timestamp::from_second(minute).ok();
        }
        self.state.lock().unwrap().touched.get(&account).copied()
    }

    fn answer(&self, account: u64, path: &str, query: &str) -> Value {
        let touched = self.touched(account);
        let at = touched.map(Timestamp::as_second);
        if path.ends_with("/messages") {
            let mut page = (*self.messages).clone();
            let message = page["payload"].as_array().unwrap().last().unwrap().clone();
            page["payload"] = json!([message]);
            // A new message for each activity.
            page["payload"][0]["id"] = json!(at);
            page["payload"][0]["created_at"] = json!(at);
            return page;
        }
        let window = query.split('&').find_map(|part| part.strip_prefix("updated_within="));
        let window: i64 = window.unwrap().parse().unwrap();
        let mut list = (*self.list).clone();
        let payload = &mut list["data"]["payload"];
        match at.filter(|at| *at > self.clock.now().as_second() - window) {
            Some(at) => {
                for name in ["updated_at", "last_activity_at", "timestamp"] {
                    payload[0][name] = json!(at);
                }
            }
            None => *payload = json!([]),
        }
        list
    }
}

async fn get(bench: &Bench, path: &str) -> Value {
    let record = bench.record(bench.north()).await;
    let account = record.account.account.unwrap();
    let token = record.credentials.user_token.unwrap().token;
    let request = http::Request::get(format!("{BASE_URL}/api/v1/accounts/{account}/{path}"))
        .header("api_access_token", token.secret().expose())
        .body(Body::from(Bytes::new()))
        .unwrap();
    let answer = bench.fake.send(request, Duration::from_secs(5)).await.unwrap();
    serde_json::from_slice(answer.body()).unwrap()
}

#[async_trait]
impl Transport for World {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.state.lock().unwrap().calls += 1;
        // The response time of a server.
        tokio::time::sleep(Duration::from_millis(80)).await;
        let uri = request.uri().clone();
        let account = uri.path().split('/').nth(4).unwrap().parse().unwrap();
        let body = self.answer(account, uri.path(), uri.query().unwrap_or_default());
        let answer = http::Response::builder().header("content-type", "application/json");
        Ok(answer.body(Bytes::from(body.to_string())).unwrap())
    }
}

async fn host(world: &World) -> (Ports, Accounts) {
    let shop = Arc::new(MemoryShop::new());
    let ports = memory::ports_with(world.clock.clone(), shop.clone(), shop.clone(), Some(shop));
    let client = Client::builder(BASE_URL).transport(world.clone()).limits(Limits::off());
    let accounts = Accounts::new(&ports, Clients::single(client.build().unwrap()));
    let [template, _] = stores();
    for number in 1..=STORES {
        let store = Store { id: id(number), ..template.clone() };
        ports.stores.put(&store).await.unwrap();
        let provisioned = |record: &mut StoreRecord| {
            let base_url = BASE_URL.parse().unwrap();
            record.account.base_url = Some(BASE_URL.parse().unwrap());
            record.account.account = Some(number.into());
            record.credentials.user_token = Some(BoundToken { base_url, token: "token".into() });
            record.credentials.identifier_key = Some(Secret::new("identifier-key"));
            record.credentials.proof_key = Some(Secret::new("proof-key"));
        };
        accounts.update(&store.id, provisioned).await.unwrap();
    }
    (ports, accounts)
}

fn id(number: u64) -> StoreId {
    StoreId::new(format!("store-{number:05}")).unwrap()
}

async fn reconciled(ports: &Ports, number: u64) -> u64 {
    ports.webhooks.counts(Some(&id(number))).await.unwrap().reconciled
}

/// 10,000 stores, of which 100 are busy: at most a fifth of the 3,000 calls per minute that
/// Chatwoot allows, and lost events are found within 2 minutes in a busy store and 30 in an idle
/// one.
#[tokio::test(start_paused = true)]
async fn point_10_ten_thousand_stores_fit_in_a_fifth_of_the_limit() {
    let start = "2026-11-21T12:00:00Z".parse().unwrap();
    let world = World::new(Arc::new(TokioClock::starting_at(start))).await;
    let (ports, accounts) = host(&world).await;
    let reconciler = Reconciler::new(accounts, ports.clone(), ReconcileConfig::default());
    let test = async {
        // Until the delays of idle stores have reached their maximum.
        tokio::time::sleep(Duration::from_mins(90)).await;
        let calls = || world.state.lock().unwrap().calls;
        let before = calls();
        for _ in 0..50 {
            let busiest = calls();
            tokio::time::sleep(Duration::from_mins(1)).await;
            let calls = calls() - busiest;
            assert!(calls <= LIMIT * 2 / 5, "{calls} calls in one minute");
        }
        let a_minute = (calls() - before) / 50;
        assert!(a_minute <= LIMIT / 5, "{a_minute} calls a minute");
        assert!(a_minute >= (STORES - BUSY) / 28, "{a_minute} calls a minute");

        // One idle store in twenty has an event without a webhook.
        let lost: Vec<u64> = (BUSY + 1..=STORES).step_by(20).collect();
        for store in &lost {
            world.state.lock().unwrap().touched.insert(*store, world.clock.now());
        }
        let mut busy = BTreeMap::new();
        for store in 1..=BUSY {
            busy.insert(store, reconciled(&ports, store).await);
        }
        tokio::time::sleep(Duration::from_mins(2)).await;
        for (store, before) in busy {
            assert!(reconciled(&ports, store).await > before, "busy store {store}");
        }
        tokio::time::sleep(Duration::from_mins(28)).await;
        for store in &lost {
            assert!(reconciled(&ports, *store).await > 0, "idle store {store}");
        }
        println!("{a_minute} calls a minute");
    };
    tokio::select! { biased; () = reconciler.run() => {}, () = test => {} }
}

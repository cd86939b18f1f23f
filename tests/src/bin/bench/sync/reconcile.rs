//! What reconciling 10,000 stores takes of the server's limit, and how soon it finds what was lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::fake::{FakeChatwoot, FakeOutcome};
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Secret, Transport};
use serde_json::{Value, json};
use store_context::Timestamp;
use store_context::accounts::{Accounts, Clients};
use store_context::intake::{ReconcileConfig, Reconciler};
use store_context::memory::{self, MemoryShop};
use store_context::model::StoreId;
use store_context::ports::{BoundToken, Clock, Observer, Ports, StoreRecord, TokioClock};
use tokio::time::{Instant, sleep};

use super::host::{BASE_URL, SERVER_TAKES, START, client, store};
use super::{Bound, Row, ok, simulated};

const STORES: u64 = 10_000;
/// These have a new message every minute.
const BUSY: u64 = 100;
/// How long until the waits of idle stores are as long as they get.
const FIRST_ROUNDS: Duration = Duration::from_mins(90);
const MEASURED: Duration = Duration::from_hours(2);
const MINUTE: i64 = 60;

pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    simulated()?.block_on(async {
        let world = World::new(Arc::new(TokioClock::starting_at(START.parse()?)))?;
        let reconciler = host(&world).await?;
        tokio::select! {
            biased;
            rows = measured(&world) => rows,
            () = reconciler.run() => anyhow::bail!("the reconciler ended"),
        }
    })
}

async fn measured(world: &World) -> anyhow::Result<Vec<Row>> {
    sleep(FIRST_ROUNDS).await;
    world.state().busy_found = Duration::ZERO;
    let (began, first) = (Instant::now(), world.state().calls);
    let (mut busiest, mut before, mut lost) = (0, first, 0_u32);
    while began.elapsed() < MEASURED {
        // One idle store in twenty has an event that no webhook tells, in the first 45 minutes.
        for _ in 0..12 {
            sleep(Duration::from_secs(5)).await;
            let store = BUSY + 1 + u64::from(lost) * 20;
            if store <= STORES {
                world.state().lost.insert(store, (world.clock.now(), None));
                lost += 1;
            }
        }
        let calls = world.state().calls;
        busiest = busiest.max(calls - before);
        before = calls;
    }
    let state = world.state();
    let minutes = MEASURED.as_secs_f64() / 60.0;
    let calls = f64::from(u32::try_from(state.calls - first)?) / minutes;
    ensure!(calls >= 350.0, "{calls} calls a minute: the idle stores were not asked");
    let found: Vec<Duration> = state.lost.values().filter_map(|(_, found)| *found).collect();
    let not_found = lost - u32::try_from(found.len())?;
    let longest = found.into_iter().max().context("something was found")?;
    let row = |key, what: String, value, unit, bound| Row { key, what, value, unit, bound };
    let stores = format!("{STORES} stores, of which {BUSY} busy");
    Ok(vec![
        row(
            "reconcile_calls",
            format!("reconciling {stores}: calls a minute"),
            calls,
            "/min",
            Bound::AtMost(600.0),
        ),
        row(
            "reconcile_busiest",
            "the same in the busiest minute".to_owned(),
            f64::from(u32::try_from(busiest)?),
            "/min",
            Bound::None,
        ),
        row(
            "found_busy",
            "a lost event of a busy store is found after, at the longest".to_owned(),
            state.busy_found.as_secs_f64() / 60.0,
            "min",
            Bound::AtMost(2.0),
        ),
        row(
            "found_idle",
            format!("one of an idle store, at the longest of {lost}"),
            longest.as_secs_f64() / 60.0,
            "min",
            Bound::AtMost(30.0),
        ),
        row(
            "not_found",
            "of these, not found".to_owned(),
            f64::from(not_found),
            "",
            Bound::AtMost(0.0),
        ),
    ])
}

/// A Chatwoot of many accounts with one conversation each, which has a message every minute or when
/// one is lost.
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
    /// What no webhook told of an idle store: since when, and how long until it was found.
    lost: BTreeMap<u64, (Timestamp, Option<Duration>)>,
    /// When each busy store was asked for what was touched: the last time and the one before.
    asked: BTreeMap<u64, [Timestamp; 2]>,
    /// The longest that an event of a busy store was not found.
    busy_found: Duration,
}

impl World {
    /// With the shapes of the fake's answers.
    fn new(clock: Arc<TokioClock>) -> anyhow::Result<Self> {
        let fake = FakeChatwoot::new();
        fake.set_time(clock.now() - Duration::from_hours(24));
        let (account, token) = fake.add_account("Bench");
        let ask = |method: &str, path: &str, body: Value| -> anyhow::Result<Value> {
            let body = if method == "GET" { Bytes::new() } else { body.to_string().into() };
            let request = http::Request::builder()
                .method(method)
                .uri(format!("/api/v1/accounts/{account}/{path}"))
                .header("api_access_token", &token)
                .header("content-type", "application/json")
                .body(body)?;
            let FakeOutcome::Response(answer) = fake.handle(&request).outcome else {
                anyhow::bail!("the fake broke off");
            };
            ensure!(answer.status().is_success(), "{path}: {}", answer.status());
            Ok(serde_json::from_slice(answer.body())?)
        };
        let inbox = ask("POST", "inboxes", json!({"name": "API", "channel": {"type": "api"}}))?;
        let contact = json!({"name": "Ada", "identifier": "ada", "inbox_id": inbox["id"]});
        let contact = ask("POST", "contacts", contact)?;
        let conversation = json!({
            "inbox_id": inbox["id"],
            "contact_id": contact["payload"]["contact"]["id"],
            "message": {"content": "Where is my parcel? It should have come yesterday."},
        });
        let conversation = ask("POST", "conversations", conversation)?;
        let list = ask("GET", "conversations?status=all", Value::Null)?;
        let path = format!("conversations/{}/messages", conversation["id"]);
        let messages = ask("GET", &path, Value::Null)?;
        Ok(Self { clock, state: Arc::default(), list: list.into(), messages: messages.into() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the account's conversation was last touched, in seconds of the epoch.
    fn touched(&self, account: u64) -> Option<i64> {
        if account <= BUSY {
            return Some(self.clock.now().as_second() / MINUTE * MINUTE);
        }
        self.state().lost.get(&account).map(|(at, _)| at.as_second())
    }

    fn answer(&self, account: u64, path: &str, query: &str) -> Option<Value> {
        let touched = self.touched(account);
        if path.ends_with("/messages") {
            let mut page = (*self.messages).clone();
            let mut message = page["payload"].as_array()?.last()?.clone();
            // A new one each time it was touched.
            message["id"] = json!(touched);
            message["created_at"] = json!(touched);
            page["payload"] = json!([message]);
            return Some(page);
        }
        let now = self.clock.now();
        if account <= BUSY {
            let mut state = self.state();
            let asked = state.asked.entry(account).or_insert([now; 2]);
            *asked = [now, asked[0]];
        }
        let window = query.split('&').find_map(|part| part.strip_prefix("updated_within="))?;
        let window: i64 = window.parse().ok()?;
        let mut list = (*self.list).clone();
        let payload = &mut list["data"]["payload"];
        match touched.filter(|at| *at > now.as_second() - window) {
            Some(at) => {
                for name in ["updated_at", "last_activity_at", "timestamp"] {
                    payload[0][name] = json!(at);
                }
            }
            None => *payload = json!([]),
        }
        Some(list)
    }
}

#[async_trait]
impl Transport for World {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.state().calls += 1;
        sleep(SERVER_TAKES).await;
        let uri = request.uri();
        let account = uri.path().split('/').nth(4).and_then(|account| account.parse().ok());
        let answer = account
            .and_then(|account| self.answer(account, uri.path(), uri.query().unwrap_or_default()));
        let Some(answer) = answer else {
            return Err(TransportError::connect("no such thing here"));
        };
        let response = http::Response::builder().header("content-type", "application/json");
        response
            .body(Bytes::from(answer.to_string()))
            .map_err(|_| TransportError::connect("no such thing here"))
    }
}

impl Observer for World {
    fn store_reconciled(&self, store: &StoreId, result: Result<u64, &str>) {
        let number = store.as_str().trim_start_matches("store-").parse().unwrap_or_default();
        if result.is_ok_and(|found| found == 0) || result.is_err() {
            return;
        }
        let now = self.clock.now();
        let mut state = self.state();
        if let Some((at, found @ None)) = state.lost.get_mut(&number) {
            *found = Some(now.duration_since(*at).unsigned_abs());
        }
        if let Some([_, before]) = state.asked.get(&number) {
            // The first message after the round before.
            let first = (before.as_second() / MINUTE + 1) * MINUTE;
            let waited = Duration::from_secs(u64::try_from(now.as_second() - first).unwrap_or(0));
            state.busy_found = state.busy_found.max(waited);
        }
    }
}

async fn host(world: &World) -> anyhow::Result<Reconciler> {
    let shop = Arc::new(MemoryShop::new());
    let ports = memory::ports_with(world.clock.clone(), shop.clone(), shop, None);
    let ports = Ports { observer: Arc::new(world.clone()), ..ports };
    let client = client(world.clock.clone()).transport(world.clone()).build()?;
    let accounts = Accounts::new(&ports, Clients::single(client));
    let token = BoundToken { base_url: BASE_URL.parse()?, token: "token".into() };
    for number in 1..=STORES {
        let id = StoreId::new(format!("store-{number:05}"))?;
        ok(ports.stores.put(&store(&id)?)).await?;
        let provisioned = |record: &mut StoreRecord| {
            record.account.base_url = Some(token.base_url.clone());
            record.account.account = Some(number.into());
            record.credentials.user_token = Some(token.clone());
            record.credentials.identifier_key = Some(Secret::new("identifier-key"));
            record.credentials.proof_key = Some(Secret::new("proof-key"));
        };
        accounts.update(&id, provisioned).await?;
    }
    Ok(Reconciler::new(accounts, ports, ReconcileConfig::default()))
}

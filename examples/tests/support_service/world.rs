//! The servers around the service, and its processes.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chatwoot_client::fake::{DeliveryOutcome, FakeChatwoot, FakeServer};
use chatwoot_client::{Client, ConversationId, ReqwestTransport};
use examples::local_redis::RedisServer;
use examples::own_database::OwnDatabase;
use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use store_context::model::StoreId;
use store_context::ports::{StoreRecord, Stores};
use store_context_adapters::postgres::{Database, KeyRing, PostgresStores};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// Far more than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A Chatwoot over HTTP, a database with its two roles, and a Redis.
pub(crate) struct World {
    pub(crate) chatwoot: FakeServer,
    pub(crate) database: OwnDatabase,
    pub(crate) redis: Option<RedisServer>,
    /// The port at which Chatwoot reaches the service.
    port: u16,
    pub(crate) keys: String,
    pub(crate) service_token: String,
}

/// The result of a command.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// Prepares everything but the tables.
    pub(crate) async fn new(redis: Option<RedisServer>) -> Self {
        let chatwoot = FakeServer::start(FakeChatwoot::new()).await;
        chatwoot.fake().deliver_through(Arc::new(ReqwestTransport::new().unwrap()));
        Self {
            chatwoot,
            database: OwnDatabase::new().await.unwrap(),
            redis,
            port: free_port(),
            keys: format!("first:{}", random_key()),
            service_token: random_key(),
        }
    }

    /// Returns the complete environment of a process.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("DATABASE_URL", self.database.runtime_url()),
            ("DATABASE_OWNER_URL", self.database.owner_url()),
            ("DATABASE_CONNECTIONS", "8".to_owned()),
            ("STORE_CONTEXT_KEYS", self.keys.clone()),
            ("CHATWOOT_URL", self.chatwoot.uri()),
            ("CHATWOOT_PLATFORM_TOKEN", self.chatwoot.fake().platform_token()),
            ("ADMINISTRATOR_DOMAIN", "support.example.com".to_owned()),
            ("PUBLIC_URL", format!("http://127.0.0.1:{}", self.port)),
            ("LIVE_LINES", "4".to_owned()),
            ("SERVICE_TOKEN", self.service_token.clone()),
            ("LISTEN", format!("127.0.0.1:{}", self.port)),
        ];
        environment.push(("NO_COLOR", "1".to_owned()));
        if let Some(redis) = &self.redis {
            environment.push(("REDIS_URL", redis.url()));
        }
        environment
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Ended {
        run(args, self.environment()).await
    }

    /// Creates the tables.
    pub(crate) async fn migrate(&self) {
        let done = self.run(&["migrate"]).await;
        assert_eq!(done.code, Some(0), "{}", done.err);
    }

    /// Starts a process at the port at which Chatwoot reaches it.
    pub(crate) async fn serve(&self) -> Service {
        self.serve_with("info", self.port).await
    }

    /// Starts another process.
    pub(crate) async fn serve_another(&self) -> Service {
        self.serve_with("info", free_port()).await
    }

    pub(crate) async fn serve_logging(&self, filter: &str) -> Service {
        self.serve_with(filter, self.port).await
    }

    async fn serve_with(&self, filter: &str, port: u16) -> Service {
        let mut environment = self.environment();
        environment.push(("RUST_LOG", filter.to_owned()));
        environment.push(("LISTEN", format!("127.0.0.1:{port}")));
        let service = Service::start(command(&[], environment), port, &self.service_token);
        eventually("the service is healthy", async || {
            service.get("/health").await.is_some_and(|(status, _)| status == 200)
        })
        .await;
        service
    }

    /// Returns a pool of the administrator, who sees every row.
    pub(crate) fn administrator(&self) -> PgPool {
        PgPool::connect_lazy(&self.database.administrator_url()).unwrap()
    }

    /// Returns a count that a statement selects.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.administrator()).await.unwrap()
    }

    /// Returns the record of a store with its opened credentials, which only who has the keys can
    /// read.
    pub(crate) async fn record(&self, store: &str) -> StoreRecord {
        let pool = PgPool::connect_lazy(&self.database.runtime_url()).unwrap();
        let keys = Arc::new(KeyRing::parse(&self.keys).unwrap());
        let stores = PostgresStores::new(Database::new(pool), keys, "test");
        stores.open(&StoreId::new(store).unwrap()).await.unwrap().unwrap()
    }

    /// Returns a client of the account of a store.
    pub(crate) async fn account(&self, store: &str) -> chatwoot_client::Account {
        let record = self.record(store).await;
        let token = record.credentials.user_token.unwrap().token;
        let client = Client::builder(self.chatwoot.uri()).build().unwrap();
        client.account(record.account.account.unwrap(), token)
    }

    /// Makes a customer's contact write messages in a new conversation.
    pub(crate) async fn write(&self, store: &str, contact: u64, messages: usize) -> ConversationId {
        let record = self.record(store).await;
        let account = record.account.account.unwrap();
        let token = record.credentials.user_token.unwrap().token;
        let ask = |path: String, body: Value| {
            let request = http::Request::post(format!("/api/v1/accounts/{account}/{path}"));
            let request = request
                .header("api_access_token", token.secret().expose())
                .header("content-type", "application/json")
                .body(bytes::Bytes::from(body.to_string()));
            let outcome = self.chatwoot.fake().handle(&request.unwrap()).outcome;
            let chatwoot_client::fake::FakeOutcome::Response(answer) = outcome else {
                unreachable!("no fault was asked for");
            };
            assert!(answer.status().is_success(), "{path}: {answer:?}");
            serde_json::from_slice::<Value>(answer.body()).unwrap()
        };
        let inbox = record.account.api_inbox.unwrap();
        let begun = json!({ "inbox_id": inbox, "contact_id": contact });
        let talk = ask("conversations".to_owned(), begun);
        for number in 0..messages {
            let message = json!({ "content": format!("{number}"), "message_type": "incoming" });
            ask(format!("conversations/{}/messages", talk["id"]), message);
        }
        ConversationId(talk["id"].as_u64().unwrap())
    }

    /// Opens the panel of a conversation as an agent's browser does, and returns its events.
    pub(crate) async fn panel_events(
        &self,
        service: &Service,
        store: &str,
        talk: ConversationId,
    ) -> PanelEvents {
        let address = self.record(store).await.credentials.panel_address.unwrap();
        let panel = format!("{}/panel/{}", service.url, address.expose());
        let read = self.account(store).await.conversations().get(talk).await.unwrap();
        let (contact, uuid) = (read.meta.sender.id, read.uuid);
        let subject = json!({ "conversation": talk, "contact": contact, "key": { "uuid": uuid } });
        let opened = service.http.post(format!("{panel}/open")).json(&subject).send().await;
        let opened: Value = opened.unwrap().error_for_status().unwrap().json().await.unwrap();
        // The writer is not proven: the agent asks for the customer anyway.
        let events = service.http.get(format!("{panel}/events?anyway=true"));
        let events = events.bearer_auth(opened["token"].as_str().unwrap()).send().await.unwrap();
        PanelEvents(events.error_for_status().unwrap())
    }

    /// Returns the messages of the webhooks that the service has acknowledged.
    pub(crate) fn acknowledged(&self) -> BTreeSet<u64> {
        let all = self.chatwoot.fake().deliveries();
        let taken = all.iter().filter(|it| it.outcome == DeliveryOutcome::Delivered(200));
        let told = taken.filter(|it| it.event == "message_created");
        told.map(|it| it.fact.message.unwrap()).collect()
    }
}

/// The server-sent events of an open panel.
pub(crate) struct PanelEvents(reqwest::Response);

impl PanelEvents {
    /// Waits until a part of them was sent.
    pub(crate) async fn until(&mut self, part: &str) {
        let mut said = String::new();
        while !said.contains(part) {
            let chunk = tokio::time::timeout(PATIENCE, self.0.chunk()).await;
            let chunk = chunk.expect("the panel is told nothing").unwrap();
            said.push_str(str::from_utf8(&chunk.expect(part)).unwrap());
        }
    }
}

/// Returns the messages that a process's handler has logged.
pub(crate) fn handled(log: &str) -> BTreeSet<u64> {
    let lines = log.lines().filter(|line| line.contains("handled"));
    let messages = lines.filter_map(|line| {
        let (_, rest) = line.split_once("message_id=")?;
        rest.split_whitespace().next()?.parse().ok()
    });
    messages.collect()
}

/// A process of the service, which is killed when the value is dropped.
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
    log: Arc<Mutex<String>>,
    logged: JoinHandle<()>,
    token: String,
    http: reqwest::Client,
}

impl Service {
    fn start(mut command: Command, port: u16, token: &str) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log: Arc<Mutex<String>> = Arc::default();
        let of_task = log.clone();
        let logged = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut log = of_task.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
            }
        });
        let url = format!("http://127.0.0.1:{port}");
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { child, url, log, logged, token: token.to_owned(), http }
    }

    /// Returns what the process has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request with the service token; returns nothing if there is no response.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<(u16, String)> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.ok()?;
        Some((response.status().as_u16(), response.text().await.ok()?))
    }

    pub(crate) async fn get(&self, path: &str) -> Option<(u16, String)> {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, String) {
        self.ask(Method::PUT, path, Some(body)).await.unwrap()
    }

    /// Saves and provisions a store.
    pub(crate) async fn put_store(&self, id: &str) {
        let (status, said) = self.put(&format!("/shop/stores/{id}"), store(id)).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Saves a customer; returns whether that was acknowledged.
    pub(crate) async fn put_customer(&self, store: &str, id: &str) -> bool {
        let path = format!("/shop/stores/{store}/customers/{id}");
        let done = self.ask(Method::PUT, &path, Some(customer(id))).await;
        done.is_some_and(|(status, _)| status == 204)
    }

    /// Requests a customer's context with a session's token.
    pub(crate) async fn context(&self, session: &str) -> (u16, Value) {
        let url = format!("{}/api/support/context", self.url);
        let response = self.http.get(url).bearer_auth(session).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Begins a session; returns its token.
    pub(crate) async fn session(&self, store: &str, customer: &str) -> String {
        let path = format!("/shop/stores/{store}/customers/{customer}/session");
        let (status, said) = self.ask(Method::POST, &path, None).await.unwrap();
        assert_eq!(status, 200, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        said["token"].as_str().unwrap().to_owned()
    }

    /// Tells the process to stop; returns its exit code, how long that took, and its whole log.
    pub(crate) async fn terminate(mut self) -> (Option<i32>, Duration, String) {
        let id = self.child.id().unwrap().to_string();
        let began = Instant::now();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let ended = ended.expect("the service does not end").unwrap();
        let took = began.elapsed();
        self.logged.await.unwrap();
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (ended.code(), took, log)
    }

    /// Kills the process; returns its log.
    pub(crate) async fn kill(mut self) -> String {
        self.child.kill().await.unwrap();
        self.logged.await.unwrap();
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(crate) fn store(id: &str) -> Value {
    json!({
        "id": id,
        "name": "Tea & Co",
        "locale": "en",
        "currency": "EUR",
        "time_zone": "Europe/Amsterdam",
        "website": "https://tea.example.com/",
        "support_email": "help@tea.example.com",
    })
}

pub(crate) fn customer(id: &str) -> Value {
    json!({
        "id": id,
        "name": format!("Customer {id}"),
        "email": format!("{id}@customers.example.com"),
        "email_verified": true,
    })
}

pub(crate) fn order(id: &str, customer: &str, amount: &str) -> Value {
    json!({
        "id": id,
        "customer": customer,
        "placed_at": "2026-11-01T12:00:00Z",
        "status": "paid",
        "total": { "amount": amount, "currency": "EUR" },
        "items": [{ "title": "Darjeeling", "quantity": 2 }],
    })
}

/// Returns the program with exactly this environment.
pub(crate) fn command(args: &[&str], environment: Vec<(&'static str, String)>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_support_service"));
    command.args(args).env_clear().envs(environment);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

pub(crate) async fn run(args: &[&str], environment: Vec<(&'static str, String)>) -> Ended {
    let output = tokio::time::timeout(PATIENCE, command(args, environment).output()).await;
    let output = output.expect("the program does not end").unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "it never came true: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Returns 64 random hexadecimal digits.
pub(crate) fn random_key() -> String {
    format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

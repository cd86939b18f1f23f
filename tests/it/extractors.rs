//! Tests of the extractors for a host's own handlers, and of the doctor's endpoint, over HTTP.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::sync::Arc;
use std::time::Duration;

use ::axum::Router;
use ::axum::extract::FromRef;
use ::axum::response::{IntoResponse, Redirect};
use ::axum::routing::{get, post};
use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::webhook::{
    DELIVERY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, sign,
};
use chatwoot_client::widget::identifier_hash;
use chatwoot_client::{Client, Transport};
use http::request::Parts;
use serde_json::Value;
use store_context::accounts::{Accounts, Clients};
use store_context::doctor::{Check, Doctor, DoctorConfig, Report};
use store_context::identity::PROOF_ATTRIBUTE;
use store_context::memory::{self, MemoryShop};
use store_context::model::{Customer, CustomerId, Store, StoreId};
use store_context::ports::{PortError, PortResult, Ports, StoreRecord};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::{Currency, Timestamp};
use store_context_adapters::axum::delivery::Verifiers;
use store_context_adapters::axum::doctor::{self, Operators};
use store_context_adapters::axum::widget::Storefronts;
use store_context_adapters::axum::{
    CurrentCustomer, Deliveries, Doctors, PageWidget, Sessions, SignedDelivery, WidgetPages,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "secret-of-the-bot";
const BODY: &str = r#"{"event":"bot_nudged","account":{"id":1,"name":"Shop"}}"#;
const BASE: &str = "https://chatwoot.test";

/// Serves a router on a port of its own; returns its base URL.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { ::axum::serve(listener, router).await });
    url
}

fn signed(to: &str, secret: &str, at: Timestamp, body: &str) -> reqwest::RequestBuilder {
    let signature = sign(&secret.into(), at, body.as_bytes());
    reqwest::Client::new()
        .post(to)
        .header(SIGNATURE_HEADER, signature)
        .header(TIMESTAMP_HEADER, at.as_second().to_string())
        .header(DELIVERY_HEADER, "d-1")
        .body(body.to_owned())
}

async fn bot(delivery: SignedDelivery) -> String {
    let event = delivery.event().map_or("malformed".to_owned(), |event| event.name().to_owned());
    format!("{event} {} {}", delivery.id.unwrap_or_default(), delivery.by_previous)
}

fn bots(deliveries: Deliveries) -> Router {
    Router::new().route("/bot", post(bot)).with_state(deliveries)
}

#[tokio::test]
async fn a_signed_delivery_is_one_with_the_right_signature() {
    let verifier = Verifier::new(SECRET).unwrap().or_previous("the old secret").unwrap();
    let url = serve(bots(Deliveries::new(Arc::new(verifier)))).await + "/bot";
    let now = Timestamp::now();
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    let right = signed(&url, SECRET, now, BODY).send().await.unwrap();
    assert_eq!(right.status(), 200);
    assert_eq!(right.text().await.unwrap(), "bot_nudged d-1 false");
    let previous = signed(&url, "the old secret", now, "{}").send().await.unwrap();
    assert_eq!(previous.text().await.unwrap(), "malformed d-1 true");

    assert_eq!(status(signed(&url, "another secret", now, BODY)).await, 401);
    assert_eq!(status(signed(&url, SECRET, now, "{}").body(BODY)).await, 401);
    assert_eq!(status(reqwest::Client::new().post(&url).body(BODY)).await, 401);
    let old = now - Duration::from_mins(6);
    assert_eq!(status(signed(&url, SECRET, old, BODY)).await, 401);
    let wrong = signed(&url, "another secret", now, BODY).send().await.unwrap();
    let text = wrong.text().await.unwrap();
    assert_eq!(text, r#"{"error":"unsigned, or the signature was refused"}"#);
}

#[tokio::test]
async fn a_delivery_beyond_the_limit_is_not_read() {
    let deliveries = Deliveries::signed_with(SECRET).unwrap().body_limit(BODY.len());
    let url = serve(bots(deliveries)).await;
    let bot = format!("{url}/bot");
    let now = Timestamp::now();
    assert_eq!(signed(&bot, SECRET, now, BODY).send().await.unwrap().status(), 200);
    let longer = format!("{BODY} ");
    assert_eq!(signed(&bot, SECRET, now, &longer).send().await.unwrap().status(), 413);
    // Without a length, and without an end.
    let address = url.strip_prefix("http://").unwrap();
    for ending in ["0\r\n\r\n", ""] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /bot HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             {SIGNATURE_HEADER}: {}\r\n{TIMESTAMP_HEADER}: {}\r\ntransfer-encoding: chunked\r\n\r\n",
            sign(&SECRET.into(), now, longer.as_bytes()),
            now.as_second(),
        );
        let body = format!("{:x}\r\n{longer}\r\n{ending}", longer.len());
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
    }
    // A body that never comes.
    let slow = Deliveries::signed_with(SECRET).unwrap();
    let slow = serve(bots(slow.deadline(Duration::from_millis(50)))).await;
    let address = slow.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /bot HTTP/1.1\r\nhost: {address}\r\n{SIGNATURE_HEADER}: {}\r\n\
         {TIMESTAMP_HEADER}: {}\r\ncontent-length: 10\r\n\r\n",
        sign(&SECRET.into(), now, b""),
        now.as_second(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408");
}

/// Each bot has a secret of its own.
struct ByPath;

#[async_trait]
impl Verifiers for ByPath {
    async fn verifier(&self, parts: &Parts) -> PortResult<Option<Verifier>> {
        match parts.uri.path() {
            "/bots/1" => Ok(Some(Verifier::new(SECRET)?)),
            "/bots/2" => Err(PortError::new("bots", "password=hunter2")),
            _ => Ok(None),
        }
    }
}

#[tokio::test]
async fn the_host_chooses_the_secret_by_the_request() {
    let router = Router::new().route("/bots/{bot}", post(bot));
    let url = serve(router.with_state(Deliveries::new(Arc::new(ByPath)))).await;
    let to = async |path: &str| {
        let request = signed(&format!("{url}{path}"), SECRET, Timestamp::now(), BODY);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(to("/bots/1").await.0, 200);
    let (status, text) = to("/bots/2").await;
    assert!(status == 503 && !text.contains("hunter2"), "{text}");
    assert_eq!(to("/bots/3").await.0, 404);
}

/// The header `x-session: STORE CUSTOMER` stands for a real host's session cookie, and `x-store` for
/// its host name.
#[derive(Clone, Debug)]
struct Headers;

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name)?.to_str().ok()
}

#[async_trait]
impl Sessions for Headers {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        let (store, customer) = header(parts, "x-session")?.split_once(' ')?;
        Some((StoreId::new(store).ok()?, CustomerId::new(customer).ok()?))
    }
}

#[async_trait]
impl Storefronts for Headers {
    async fn store(&self, parts: &Parts) -> Option<StoreId> {
        StoreId::new(header(parts, "x-store").unwrap_or("north")).ok()
    }
}

#[async_trait]
impl Operators for Headers {
    async fn may_check(&self, parts: &Parts, store: Option<&StoreId>) -> bool {
        header(parts, "x-operator") == Some(store.map_or("all", |store| store.as_str()))
    }
}

/// A host's own state, of which the extractors' are parts.
#[derive(Clone)]
struct App {
    sessions: Arc<dyn Sessions>,
    widget: WidgetPages,
}

impl FromRef<App> for Arc<dyn Sessions> {
    fn from_ref(app: &App) -> Self {
        app.sessions.clone()
    }
}

impl FromRef<App> for WidgetPages {
    fn from_ref(app: &App) -> Self {
        app.widget.clone()
    }
}

/// A host with a provisioned store, and one without an account.
struct Shop {
    ports: Ports,
    accounts: Accounts,
    record: StoreRecord,
    url: String,
}

impl Shop {
    async fn open() -> Self {
        let shop = Arc::new(MemoryShop::new());
        let ports = memory::ports(shop.clone(), shop.clone(), Some(shop.clone()));
        let fake = FakeChatwoot::new();
        let client = Client::builder(BASE).transport(fake.clone()).build().unwrap();
        let accounts = Accounts::new(&ports, Clients::single(client));
        let store = |id: &str| {
            let (id, website) =
                (StoreId::new(id).unwrap(), "https://shop.example".parse().unwrap());
            Store::new(id, "Shop", website, "help@shop.example", Currency::EUR)
        };
        let (north, bare) = (store("north"), store("bare"));
        let public_url = "https://host.example".parse().unwrap();
        let config = ProvisionConfig::new(public_url, "shop.example".parse().unwrap());
        let server = BASE.parse().unwrap();
        let token = fake.platform_token();
        let provisioner =
            Provisioner::new(&accounts, server, token, ports.clone(), config).unwrap();
        provisioner.provision(&north).await.unwrap();
        ports.stores.put(&bare).await.unwrap();
        shop.open(&north.id, north.currency);
        let ada = Customer::new(CustomerId::new("ada").unwrap(), "Ada Lovelace");
        shop.put_customer(&north.id, ada).unwrap();

        let record = accounts.record(&north.id).await.unwrap();
        let widget = WidgetPages::new(&ports, Arc::new(Headers), Arc::new(Headers));
        let app = App { sessions: Arc::new(Headers), widget };
        let router = Router::new()
            .route("/me", get(async |me: CurrentCustomer| format!("{} {}", me.store, me.customer)))
            .route("/", get(async |me: Option<CurrentCustomer>| me.is_some().to_string()))
            .route(
                "/page",
                get(async |widget: PageWidget| {
                    let policy = widget.allowed_in("default-src 'self'");
                    ([("content-security-policy", policy)], widget.snippet().to_html().unwrap())
                }),
            )
            .route("/widget", get(async |widget: PageWidget| widget.into_identity()))
            .route(
                "/sign-out",
                post(async |widget: PageWidget| {
                    (widget.reset().base_domain(".shop.example"), Redirect::to("/")).into_response()
                }),
            )
            .with_state(app);
        let url = serve(router).await;
        Self { ports, accounts, record, url }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = reqwest::Client::new().get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

#[tokio::test]
async fn a_page_of_a_customer_needs_a_session() {
    let shop = Shop::open().await;
    let ada = [("x-session", "north ada")];
    let none = shop.get("/me", &[]).await;
    assert_eq!(none.status(), 401);
    assert_eq!(none.text().await.unwrap(), r#"{"error":"sign in first"}"#);
    assert_eq!(shop.get("/me", &[("x-session", "nonsense")]).await.status(), 401);
    assert_eq!(shop.get("/me", &ada).await.text().await.unwrap(), "north ada");
    assert_eq!(shop.get("/", &[]).await.text().await.unwrap(), "false");
    assert_eq!(shop.get("/", &ada).await.text().await.unwrap(), "true");
}

#[tokio::test]
async fn the_widget_of_a_page_is_that_of_its_store_and_customer() {
    let shop = Shop::open().await;
    let guest = shop.get("/page", &[]).await;
    assert_eq!(
        guest.headers()["content-security-policy"],
        "default-src 'self'; script-src 'self' https://chatwoot.test; frame-src 'self' \
         https://chatwoot.test; style-src 'self' 'unsafe-inline'; connect-src 'self' \
         https://chatwoot.test"
    );
    let guest = guest.text().await.unwrap();
    let token = shop.record.account.website_token.clone().unwrap();
    assert!(guest.contains(&token) && !guest.contains("identifier_hash"), "{guest}");
    let ada = [("x-session", "north ada")];
    let page = shop.get("/page", &ada).await.text().await.unwrap();
    assert!(page.contains("identifier_hash") && page.contains("Ada Lovelace"), "{page}");

    let widget = shop.get("/widget", &ada).await;
    assert_eq!(widget.headers()["cache-control"], "private, no-store");
    let widget: Value = widget.json().await.unwrap();
    assert_eq!(widget["base_url"], BASE);
    assert_eq!(widget["website_token"], token.as_str());
    let identifier = widget["identifier"].as_str().unwrap();
    let key = shop.record.credentials.website_hmac.clone().unwrap();
    assert_eq!(widget["user"]["identifier_hash"], identifier_hash(&key, identifier));
    assert!(widget["conversation_attributes"][PROOF_ATTRIBUTE].is_string(), "{widget}");
    assert_eq!(widget["user"]["email"], Value::Null, "the widget is told no address");

    // Nobody, somebody unknown, and a customer of another store are guests here.
    for session in ["none", "north unknown", "bare ada"] {
        let widget: Value =
            shop.get("/widget", &[("x-session", session)]).await.json().await.unwrap();
        assert_eq!(widget["user"], Value::Null, "{session}");
        assert_eq!(widget["conversation_attributes"], Value::Null, "{session}");
    }
    assert_eq!(shop.get("/widget", &[("x-store", "nowhere")]).await.status(), 404);
    assert_eq!(shop.get("/widget", &[("x-store", "bare")]).await.status(), 503);
}

#[tokio::test]
async fn a_sign_out_removes_the_widgets_cookies() {
    let shop = Shop::open().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let sign_out = client.build().unwrap().post(format!("{}/sign-out", shop.url));
    let answer = sign_out.send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let cookies: Vec<&str> =
        answer.headers().get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    let token = shop.record.account.website_token.unwrap();
    let names =
        ["cw_conversation".to_owned(), format!("cw_user_{token}"), format!("cw_customer_{token}")];
    let wanted: Vec<String> = names
        .iter()
        .flat_map(|name| {
            let gone = format!("{name}=; Path=/; SameSite=Lax; Max-Age=0");
            [gone.clone(), format!("{gone}; Domain=.shop.example")]
        })
        .collect();
    assert_eq!(cookies, wanted);
}

#[tokio::test]
async fn the_doctor_answers_operators_only() {
    let shop = Shop::open().await;
    let doctor = |left_out: &[Check]| {
        let left_out = left_out.iter().copied().collect();
        let config = DoctorConfig { left_out, ..DoctorConfig::default() };
        Doctor::new(shop.accounts.clone(), shop.ports.clone(), config)
    };
    let well = [Check::RoundTrip];
    let url = serve(doctor::router(Doctors::new(doctor(&well), Arc::new(Headers)))).await;
    let client = reqwest::Client::new();
    let ask = |path: &str, operator: &str| {
        let path = format!("{url}{}{path}", doctor::PATH);
        client.get(path).header("x-operator", operator).send()
    };
    assert_eq!(ask("/north", "").await.unwrap().status(), 403);
    assert_eq!(ask("/north", "bare").await.unwrap().status(), 403);
    assert_eq!(ask("", "north").await.unwrap().status(), 403, "not all of them");
    assert_eq!(ask("/nowhere", "nowhere").await.unwrap().status(), 404);
    let right = ask("/north", "north").await.unwrap();
    assert_eq!(right.headers()["cache-control"], "no-store");
    assert_eq!(right.status(), 200);
    let report: Report = right.json().await.unwrap();
    assert!(report.is_healthy(), "{report}");
    // The other store has no account.
    let all = ask("", "all").await.unwrap();
    assert_eq!(all.status(), 503);
    let report: Report = all.json().await.unwrap();
    assert_eq!(report.stores.len(), 2);
    let text = client.get(format!("{url}{}/north", doctor::PATH)).header("x-operator", "north");
    let text = text.header("accept", "text/plain").send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("north\n  passed   store") && text.ends_with(" skipped\n"), "{text}");

    // A read makes no round trip, and a write does: nothing receives the webhook here.
    let trip = DoctorConfig { round_trip: Duration::ZERO, ..DoctorConfig::default() };
    let trip = Doctor::new(shop.accounts.clone(), shop.ports.clone(), trip);
    let url = serve(doctor::router(Doctors::new(trip, Arc::new(Headers)))).await;
    let at = format!("{url}{}/north", doctor::PATH);
    let read: Report =
        client.get(&at).header("x-operator", "north").send().await.unwrap().json().await.unwrap();
    assert_eq!(read.stores[0].result(Check::RoundTrip), None);
    let written = client.post(&at).header("x-operator", "north").send().await.unwrap();
    assert_eq!(written.status(), 503);
    let written: Report = written.json().await.unwrap();
    assert!(written.stores[0].result(Check::RoundTrip).is_some());

    let busy = Doctors { at_once: 0, ..Doctors::new(doctor(&well), Arc::new(Headers)) };
    let url = serve(doctor::router(busy)).await;
    let busy = client.get(format!("{url}{}/north", doctor::PATH)).header("x-operator", "north");
    let busy = busy.send().await.unwrap();
    assert_eq!(busy.status(), 429);
    assert_eq!(busy.headers()["retry-after"], "5");
    let hanging = doctor(&well).with_pages(Arc::new(Hanging));
    let deadline = Duration::from_millis(50);
    let slow = Doctors { deadline, ..Doctors::new(hanging, Arc::new(Headers)) };
    let url = serve(doctor::router(slow)).await;
    let slow = client.get(format!("{url}{}/north", doctor::PATH)).header("x-operator", "north");
    let slow = slow.send().await.unwrap();
    assert_eq!(slow.status(), 503);
    assert_eq!(slow.text().await.unwrap(), r#"{"error":"the checks took too long"}"#);
}

/// A website that never answers.
#[derive(Debug)]
struct Hanging;

#[async_trait]
impl Transport for Hanging {
    async fn send(
        &self,
        _: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        std::future::pending().await
    }
}

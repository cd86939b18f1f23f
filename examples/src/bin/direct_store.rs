//! A shop with an account of its own in Chatwoot: its website, with sign-in and the widget, and its
//! support desk, in one service. Copy this file, and replace what is marked as the shop's.
//!
//! `direct_store --once` plays the story against a fake Chatwoot in this process, and exits with 0
//! if all it claims is true. Without arguments it serves until Ctrl-C, with this environment:
//!
//! | variable | content |
//! |---|---|
//! | `CHATWOOT_URL` | the base URL of Chatwoot |
//! | `CHATWOOT_ACCOUNT` | the id of the account, which is in the address of its dashboard |
//! | `CHATWOOT_TOKEN` | the access token of one of its administrators (Profile settings) |
//! | `PUBLIC_URL` | the URL at which browsers and Chatwoot reach this service |
//! | `SHOP_PASSWORD` | the password with which the shop's customers sign in |
//! | `LISTEN` | optional: the address to listen on; `127.0.0.1:8080` if it is not set |
//! | `DATABASE_URL`, `STORE_CONTEXT_KEYS` | optional: the storage in Postgres; see `docs/postgres.md` |
//!
//! Without a database the store's keys and addresses end with the process, and the next one makes
//! others. That suits a first look only.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::extract::{Extension, Form};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect};
use axum::routing::{get, post};
use examples::played::{self, Browser, proved};
use examples::tea_shop::{self, CookieSessions, SignIn, tea_shop};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, SET_COOKIE};
use http::{HeaderMap, StatusCode, request::Parts};
use store_context::attributes::{Attribute, AttributeSet, ValueType};
use store_context::chatwoot::{AccountId, Client, ReqwestTransport};
use store_context::context::{ContextConfig, ContextService, ConversationContext, PanelService};
use store_context::doctor::{Check, CheckStatus, Doctor, DoctorConfig};
use store_context::intake::{Handler, HandlerContext, HandlerError, Intake};
use store_context::model::{CustomerId, Direction, Store, StoreId};
use store_context::ports::{AddressToken, Entry, Ports};
use store_context::provision::{OwnAccount, ProvisionConfig, Provisioner};
use store_context::{Currency, Url, accounts, async_trait, engine::Engine, memory, sync};
use store_context_adapters::axum::{self as endpoints, PageWidget, widget::WidgetRejection};
use store_context_adapters::postgres::{self, Database, KeyRing};
use tokio::{net::TcpListener, task::JoinHandle};

/// The ports: the shop's data, what agents see of it, and the storage.
async fn ports(store: &Store, database: Option<String>) -> Result<Ports> {
    let shop = Arc::new(tea_shop(store)?);
    let ports = if let Some(url) = database {
        let keys = Arc::new(KeyRing::from_env("STORE_CONTEXT_KEYS")?);
        let pool = sqlx::PgPool::connect(&url).await.context("connect with DATABASE_URL")?;
        let database = Database::new(pool);
        postgres::ports(&database, keys, "direct_store", shop.clone(), shop.clone(), Some(shop))
    } else {
        memory::ports(shop.clone(), shop.clone(), Some(shop))
    };
    let attributes = AttributeSet::standard()
        .with(Attribute::own("loyalty_points", "Loyalty points", ValueType::Number))?
        .with(Attribute::checkbox("vip", "VIP", |of| Some(of.insights.totals.count >= 10)))?;
    Ok(Ports { attributes: Arc::new(attributes), ..ports })
}

/// The shop's own sessions say who is signed in.
struct Sessions(StoreId, CookieSessions);

#[async_trait]
impl endpoints::Sessions for Sessions {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        Some((self.0.clone(), self.1.customer(&parts.headers)?))
    }
}

async fn sign_in(
    Extension(sessions): Extension<Arc<Sessions>>,
    Form(given): Form<SignIn>,
) -> Result<impl IntoResponse, StatusCode> {
    let cookie = sessions.1.begin(given).ok_or(StatusCode::FORBIDDEN)?;
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")))
}

/// Ends the session, and the widget's in the same browser: who comes next continues no chat.
async fn sign_out(
    Extension(sessions): Extension<Arc<Sessions>>,
    headers: HeaderMap,
    widget: Result<PageWidget, WidgetRejection>,
) -> impl IntoResponse {
    let ended = AppendHeaders([(SET_COOKIE, sessions.1.end(&headers))]);
    (ended, widget.ok().map(|widget| widget.reset()), Redirect::to("/"))
}

/// The storefront: the shop's own policy with what the widget needs, and the widget with the
/// identity of whoever is signed in. No cache stores such a page.
async fn storefront(widget: PageWidget) -> Result<impl IntoResponse, StatusCode> {
    let nonce = AddressToken::random().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let snippet = widget.snippet().nonce(nonce.expose()).to_html();
    let snippet = snippet.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let own = format!("default-src 'self'; script-src 'self' 'nonce-{}'", nonce.expose());
    let policy = (CONTENT_SECURITY_POLICY, widget.allowed_in(&own));
    let headers = [policy, (CACHE_CONTROL, "private, no-store".to_owned())];
    Ok((headers, Html(tea_shop::page(widget.user.is_some(), &snippet))))
}

/// Answers each message of a customer with the state of the last order.
struct LastOrder;

#[async_trait]
impl Handler for LastOrder {
    async fn handle(&self, of: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        let Some(_) = entry.event.message().filter(|it| it.direction == Direction::Incoming) else {
            return Ok(());
        };
        let reply = match of.customer().await? {
            Some(ConversationContext::Proven(customer)) => match customer.recent_orders.first() {
                Some(order) => format!("Your order {} is {}.", order.id, order.status.as_str()),
                None => "We answer soon.".to_owned(),
            },
            // Whoever writes may be anybody: here are no orders that could be told.
            _ => "Please sign in, and write from the website.".to_owned(),
        };
        of.reply(reply).await?;
        Ok(())
    }
}

/// The services of the store that the program calls.
struct Service {
    store: Store,
    provisioner: Provisioner,
    sync: sync::ContactSync,
    doctor: Doctor,
    workers: JoinHandle<()>,
}

/// Composes the parts, starts endpoints and workers, and brings the account in line.
async fn start(
    own: &OwnAccount,
    website: Url,
    password: String,
    database: Option<String>,
    listener: TcpListener,
) -> Result<Service> {
    let (id, email) = (StoreId::new("shop")?, "help@shop.example");
    let store = Store::new(id.clone(), "Tea shop", website.clone(), email, Currency::EUR);
    let ports = ports(&store, database).await?;
    let clients = accounts::Clients::new(|base_url| Client::builder(base_url.as_str()).build());
    let accounts = accounts::Accounts::new(&ports, clients);
    let context = ContextService::new(ports.clone(), ContextConfig::default());
    let panels = PanelService::new(accounts.clone(), ports.clone(), context.clone());
    let sessions = Arc::new(Sessions(id.clone(), CookieSessions::new(password)));
    let pages = axum::Router::new()
        .route("/", get(storefront))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .layer(Extension(sessions.clone()))
        .with_state(endpoints::WidgetPages::new(&ports, sessions.clone(), Arc::new(id)));
    let support = endpoints::router(endpoints::AxumConfig {
        webhooks: endpoints::Webhooks::new(Intake::new(&ports)),
        support_context: endpoints::SupportContext { context: context.clone(), sessions },
        panel: endpoints::Panel::new(panels, endpoints::ChatwootOrigin::new(&own.base_url)?),
        health: endpoints::Health::new(),
    });
    tokio::spawn(async move { axum::serve(listener, pages.merge(support)).await });
    let engine = Engine::builder(accounts.clone(), ports.clone()).handler(Arc::new(LastOrder));
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    let workers = tokio::spawn(async move { engine.build().run_until(stop).await });

    let config = ProvisionConfig::for_own_accounts(website.clone());
    let provisioner = Provisioner::for_own_accounts(&accounts, ports.clone(), config);
    Box::pin(provisioner.adopt(&store, own)).await?;
    println!("{}", Box::pin(provisioner.plan(&store)).await?);
    println!("{}", Box::pin(provisioner.provision(&store)).await?);
    let sync = sync::ContactSync::new(accounts.clone(), ports.clone(), sync::SyncConfig::default());
    sync.want_all(&store.id).await?;
    let config = DoctorConfig { public_url: Some(website), ..DoctorConfig::default() };
    let pages = Arc::new(ReqwestTransport::new()?);
    // The account is the store's own: there is no platform app.
    let doctor =
        Doctor::new(accounts, ports, config).with_pages(pages).without(Check::PlatformToken);
    Ok(Service { store, provisioner, sync: sync.refreshing(context), doctor, workers })
}

fn variable(name: &str) -> Result<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.with_context(|| format!("set {name}; the head of direct_store.rs lists the variables"))
}

async fn serve() -> Result<()> {
    let url = |name| Url::parse(&variable(name)?).with_context(|| format!("{name} is not a URL"));
    let account = variable("CHATWOOT_ACCOUNT")?.parse().context("CHATWOOT_ACCOUNT is not an id")?;
    let (chatwoot, token) = (url("CHATWOOT_URL")?, variable("CHATWOOT_TOKEN")?);
    let (website, password) = (url("PUBLIC_URL")?, variable("SHOP_PASSWORD")?);
    let own = OwnAccount::new(chatwoot, AccountId(account), token);
    let listen = variable("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(listen).await.context("LISTEN cannot be listened on")?;
    let service = start(&own, website, password, variable("DATABASE_URL").ok(), listener).await?;
    println!("{}", service.doctor.check(&service.store.id).await);
    // What is under way is finished, and nothing is left claimed.
    Ok(service.workers.await?)
}

/// Plays the story against a fake Chatwoot.
async fn play() -> Result<()> {
    let (_chatwoot, own) = played::chatwoot("Tea shop").await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let website: Url = format!("http://{}", listener.local_addr()?).parse()?;
    let shop = start(&own, website.clone(), "tea".to_owned(), None, listener).await?;
    let left = Box::pin(shop.provisioner.plan(&shop.store)).await?;
    proved("the account is adopted, and nothing of the plan is left to do", left.is_up_to_date())?;

    shop.sync.want(&shop.store.id, &CustomerId::new("ada")?).await?;
    let ada = played::contact(&own, "Ada Lovelace").await?;
    let of = |key: &str| ada.custom_attributes.get(key).cloned().unwrap_or_default();
    let all = of("order_count") == 1 && of("loyalty_points") == 120 && of("vip") == false;
    proved("the contact has the standard attributes, and the shop's own", all)?;

    let mut browser = Browser::new(&website)?;
    let nobody = browser.get("/").await?.widget()?["identifier"].is_null();
    proved("a guest's page has the widget, and names nobody", nobody)?;
    let refused = browser.get("/api/support/context").await?.status;
    proved("without a session the context is 401", refused == StatusCode::UNAUTHORIZED)?;
    let reply = browser.chat("Where is my order?").await?;
    proved("a guest's message arrives, and is asked to sign in", reply.contains("sign in"))?;

    browser.post("/sign-in", "customer=ada&password=tea").await?;
    let page = browser.get("/").await?.widget()?;
    let named = ada.identifier.is_some_and(|identifier| page["identifier"] == identifier);
    proved("the page carries the identity of the contact", named)?;
    let own_context = browser.get("/api/support/context").await?.body;
    proved("the customer's browser gets the own orders", own_context.contains("T-1001"))?;
    let reply = browser.chat("Where is my order?").await?;
    proved("the customer's message is answered with the order", reply.contains("T-1001"))?;
    let out = browser.post("/sign-out", "").await?;
    let nobody = browser.get("/").await?.widget()?["identifier"].is_null();
    proved("after signing out the page names nobody", nobody)?;
    let removed =
        out.headers.get_all(SET_COOKIE).iter().any(|it| it.as_bytes().starts_with(b"cw_"));
    proved("signing out removes the widget's cookies too", removed)?;

    let report = shop.doctor.check(&shop.store.id).await;
    println!("{report}");
    let mut all = report.stores.iter().flat_map(|store| &store.checks);
    proved("every check passes", all.all(|it| it.status == CheckStatus::Passed))
}

#[tokio::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("--once") => play().await,
        None => serve().await,
        _ => bail!("direct_store [--once]; the head of direct_store.rs lists the variables"),
    }
}

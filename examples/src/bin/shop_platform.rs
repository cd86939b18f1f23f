//! A platform of many shops on one Chatwoot, in one file to copy: each shop gets an account of its
//! own, its customers become contacts there, agents see orders beside a conversation, and a handler
//! notes the answer to a question about an order.
//!
//! ```text
//! shop_platform --once   plays a story of three shops against a fake Chatwoot in this process,
//!                        and exits with 0 only if every statement that it prints is true
//! shop_platform          serves until SIGTERM or Ctrl-C, with these environment variables:
//!   CHATWOOT_URL             the base URL of Chatwoot
//!   CHATWOOT_PLATFORM_TOKEN  the token of a platform app there, which creates the accounts
//!   PUBLIC_URL               the URL at which Chatwoot and agents' browsers reach this service
//!   ADMINISTRATOR_DOMAIN     a mail domain of your own, for the accounts' administrators
//!   LISTEN                   the address to listen on, such as 0.0.0.0:8080
//!   SHOPS                    a file with the shops: a JSON array of `Store`
//! ```
//!
//! `MemoryShop` stands for your own services, and what the engine keeps is in memory too:
//! `docs/shop-platform.md` has the ports on Postgres, which several processes need.

use std::{env, fs, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use axum::Router;
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::{Client, Limits, ReqwestTransport, Secret};
use examples::{becomes, platform_story as story};
use futures_util::FutureExt;
use serde_json::json;
use store_context::accounts::{Accounts, Clients};
use store_context::context::{ContextConfig, ContextService, ConversationContext, PanelService};
use store_context::doctor::{Check, Doctor, DoctorConfig};
use store_context::export::{ExportConfig, Exporter};
use store_context::intake::{Handler, HandlerContext, HandlerError, Intake};
use store_context::memory::{self, MemoryActivityLog, MemoryShop};
use store_context::model::{Activity, ActivityKind, Customer, CustomerId, Direction};
use store_context::model::{ErasureReceipt, Order, Source, Store, StoreId, SupportEvent};
use store_context::ports::{Address, Entry, NewActivity, OffboardPolicy, PortFailure, Ports};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};
use store_context::{Timestamp, Url, async_trait, engine::Engine, erasure::ErasureService};
use store_context::{identity::Identity, lifecycle::Lifecycle};
use store_context_adapters::axum::{ChatwootOrigin, Health, Panel, Webhooks};
use store_context_adapters::axum::{health, panel, webhooks};
use tokio::{net::TcpListener, signal};

struct Platform {
    shop: Arc<MemoryShop>,
    ports: Ports,
    accounts: Accounts,
    provisioner: Provisioner,
    sync: ContactSync,
    erasures: ErasureService,
    engine: Engine,
    doctor: Doctor,
    router: Router,
}

impl Platform {
    /// Composes the parts. `client` is that of the one Chatwoot that all shops are on.
    fn compose(client: &Client, setting: impl Fn(&str) -> Result<String>) -> Result<Self> {
        let base_url: Url = setting("CHATWOOT_URL")?.parse().context("CHATWOOT_URL")?;
        let public_url: Url = setting("PUBLIC_URL")?.parse().context("PUBLIC_URL")?;
        let domain = setting("ADMINISTRATOR_DOMAIN")?.parse().context("ADMINISTRATOR_DOMAIN")?;
        let token = Secret::new(setting("CHATWOOT_PLATFORM_TOKEN")?);
        let shop = Arc::new(MemoryShop::new());
        let mut ports = memory::ports(shop.clone(), shop.clone(), Some(shop.clone()));
        ports.activity = Some(Arc::new(MemoryActivityLog::new()));
        let accounts = Accounts::new(&ports, Clients::single(client.clone()));
        let context = ContextService::new(ports.clone(), ContextConfig::default());
        let panels = PanelService::new(accounts.clone(), ports.clone(), context.clone());
        let sync = ContactSync::new(accounts.clone(), ports.clone(), SyncConfig::default())
            .refreshing(context);
        let handler = Arc::new(OrderQuestions(accounts.clone()));
        let engine = Engine::builder(accounts.clone(), ports.clone()).handler(handler).build();
        let config = ProvisionConfig::new(public_url.clone(), domain);
        let checks = DoctorConfig { public_url: Some(public_url), ..DoctorConfig::default() };
        Ok(Self {
            router: webhooks::router(Webhooks::new(Intake::new(&ports)))
                .merge(panel::router(Panel::new(panels, ChatwootOrigin::new(&base_url)?)))
                .merge(health::router(Health::new().engine(&engine))),
            // A shop chooses the URL of its website: requesting it would let the shop reach into
            // the platform's network.
            doctor: Doctor::new(accounts.clone(), ports.clone(), checks)
                .with_pages(Arc::new(ReqwestTransport::new()?))
                .with_platform_token(base_url.clone(), token.clone())
                .without(Check::WidgetCsp),
            provisioner: Provisioner::new(&accounts, base_url, token, ports.clone(), config)?,
            erasures: ErasureService::new(sync.clone(), ports.clone()),
            sync,
            shop,
            ports,
            accounts,
            engine,
        })
    }

    /// Opens a shop, or applies its changed settings: safe to repeat. Returns what changed.
    async fn open(&self, store: &Store) -> Result<usize> {
        self.shop.open(&store.id, store.currency);
        Ok(self.provisioner.provision(store).await?.changed())
    }

    async fn save_customer(&self, store: &StoreId, customer: Customer) -> Result<()> {
        let id = customer.id.clone();
        self.shop.put_customer(store, customer)?;
        // A trigger says only that something changed: the worker reads what is true then.
        Ok(self.sync.want(store, &id).await?)
    }

    async fn save_order(&self, store: &StoreId, order: Order) -> Result<()> {
        let id = order.customer.clone();
        self.shop.put_order(store, order)?;
        Ok(self.sync.want(store, &id).await?)
    }

    /// Records what a customer did; nothing of one who was erased.
    async fn record(&self, new: NewActivity) -> Result<()> {
        let known = self.ports.customers.customer(&new.store, &new.customer).await;
        let (Some(_), Some(log)) = (known.map_err(PortFailure::from)?, &self.ports.activity) else {
            return Ok(());
        };
        Ok(log.record(&[new]).await.map_err(PortFailure::from)?)
    }

    /// Erases a customer. What is left when it returns, the workers go on with.
    async fn erase(&self, store: &StoreId, id: &CustomerId) -> Result<ErasureReceipt> {
        self.shop.remove_customer(store, id);
        Ok(self.erasures.erase(store, id).await?)
    }

    /// Serves and works until `stop`. What is under way ends then, and nothing stays claimed.
    async fn run(&self, on: TcpListener, stop: impl Future + Send + 'static) -> Result<()> {
        let stop = stop.map(drop).shared();
        let server = axum::serve(on, self.router.clone()).with_graceful_shutdown(stop.clone());
        let requests = tokio::spawn(server.into_future());
        self.engine.run_until(stop).await;
        // A request that takes longer is dropped.
        Ok(tokio::time::timeout(Duration::from_secs(8), requests).await???)
    }
}

/// Routes questions about orders to the support team, and notes the answer for the agent.
struct OrderQuestions(Accounts);

#[async_trait]
impl Handler for OrderQuestions {
    async fn handle(&self, of: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        let SupportEvent::MessageCreated(message) = &entry.event else { return Ok(()) };
        let text = message.content.as_deref().unwrap_or_default().to_lowercase();
        if message.direction != Direction::Incoming || !text.contains("order") {
            return Ok(());
        }
        let conversation = of.account().await?.conversation(message.conversation);
        conversation.labels().add(&["order"]).await?;
        if let Some(team) = self.0.record(&entry.store).await?.account.team {
            conversation.assign_team(team).await?;
        }
        let note = match of.customer().await? {
            // This variant has nothing personal that could slip into a text.
            Some(ConversationContext::NotProven { why, store }) => {
                format!("Not proven, {why}: ask the writer to sign in at {}.", store.name)
            }
            Some(ConversationContext::Proven(customer)) => match customer.recent_orders.first() {
                Some(order) => format!("Order {} is {}.", order.id, order.status.as_str()),
                // Unknown is not none. After an error the handler runs again.
                None if customer.unavailable.contains(&Source::Orders) => Err("no orders read")?,
                None => "The customer has no orders.".to_owned(),
            },
            None => return Ok(()),
        };
        of.note(note).await?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if env::args().nth(1).as_deref() == Some("--once") {
        return Box::pin(play()).await;
    }
    tracing_subscriber::fmt().with_env_filter("info").with_writer(std::io::stderr).init();
    let setting = |name: &str| env::var(name).with_context(|| format!("set {name}"));
    let client = Client::builder(setting("CHATWOOT_URL")?).limits(Limits::server()).build()?;
    let platform = Platform::compose(&client, setting)?;
    let shops: Vec<Store> = serde_json::from_slice(&fs::read(setting("SHOPS")?)?)?;
    let on = TcpListener::bind(setting("LISTEN")?).await.context("LISTEN")?;
    let mut terminated = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    let stop = async move {
        tokio::select! { _ = terminated.recv() => {}, _ = signal::ctrl_c() => {} }
    };
    let opened = async {
        for store in &shops {
            if let Err(error) = platform.open(store).await {
                tracing::error!(store = %store.id, "not opened, the others are: {error:#}");
            }
        }
        platform.doctor.check_all().await.map(|report| println!("{report}"))
    };
    tokio::select! { ended = platform.run(on, stop) => ended, Err(error) = opened => Err(error)? }
}

/// The story. Each statement is printed when it was found to be true.
async fn play() -> Result<()> {
    let (world, on) = story::World::start().await?;
    let host = Arc::new(Platform::compose(&world.client, |name| world.setting(name))?);
    let (accounts, ports) = (&host.accounts, &host.ports);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let of = host.clone();
    let running = tokio::spawn(async move { of.run(on, stopped).await });

    let stores = story::stores()?;
    let [tea, bikes, vinyl] = &stores;
    let ada = story::ada(tea)?.id;
    for store in &stores {
        ensure!(host.open(store).await? > 0 && host.open(store).await? == 0, "opened twice");
        host.save_customer(&store.id, story::ada(store)?).await?;
        host.save_order(&store.id, story::order(&ada, "1001")?).await?;
    }
    let contact = async |of: &Store| story::contact(accounts, ports, of, &ada).await;
    let orders = async |of: &Store, count: u64| contact(of).await.is_ok_and(|it| it.0 == count);
    becomes!(
        "three shops have an account each, with their customer and order",
        orders(tea, 1).await && orders(bikes, 1).await && orders(vinyl, 1).await
    );
    becomes!(
        "the third shop's policy keeps addresses out of Chatwoot",
        contact(tea).await?.1.is_some() && contact(vinyl).await?.1.is_none()
    );

    let open = accounts.open(&tea.id).await?;
    let (fails, down) = (open.key.account, accounts.open(&bikes.id).await?.key.account);
    let fault = |kind, of| Fault::new(kind).path(format!("/accounts/{of}/"));
    world.fake().fault(fault(FaultKind::ErrorBefore, down));
    world.fake().fault(fault(FaultKind::ErrorAfter, fails).verb("PUT").times(1));
    for store in &stores {
        host.save_order(&store.id, story::order(&ada, "1002")?).await?;
    }
    becomes!("one shop's Chatwoot is down, another's fails at a write: the others go on", {
        let counts = ports.sync.counts(Some(&bikes.id)).await.map_err(PortFailure::from)?;
        let failed = world.has_failed(down) && world.has_failed(fails) && counts.waiting == 1;
        failed && orders(tea, 2).await && orders(vinyl, 2).await
    });
    world.fake().clear_faults();
    becomes!("the shop that was down recovers by itself", orders(bikes, 2).await);

    let activity = Activity::new(Timestamp::now(), ActivityKind::ProductViewed, "Darjeeling");
    host.record(NewActivity { store: tea.id.clone(), customer: ada.clone(), activity }).await?;
    let identity = Identity::new(ports.clone());
    let address = open.record.credentials.panel_address.context("tea has a panel")?;
    let panel = Address::Panel.url(&world.url, &address);
    let told = async |talk, note: &str, order: Option<&str>, seen: Option<&str>| {
        let view = story::AgentView::read(&open.account, talk, &panel).await?;
        let is_routed = view.labels == ["order"] && view.team.as_deref() == Some("support");
        let (orders, did) = (&view.snapshot["recent_orders"], &view.snapshot["recent_activity"]);
        let is_shown = orders[0]["id"] == json!(order) && did[0]["title"] == json!(seen);
        anyhow::Ok(is_routed && is_shown && view.notes == [note])
    };
    let talk = world.ask(&identity.public(&tea.id, &story::ada(tea)?).await?).await?;
    becomes!(
        "a signed-in customer's order is in a note, and with activity in the panel",
        told(talk, "Order 1002 is shipped.", Some("1002"), Some("Darjeeling")).await?
    );
    let talk = world.ask(&identity.public_guest(&tea.id).await?).await?;
    let note = "Not proven, the contact is a guest: ask the writer to sign in at tea.";
    becomes!("a guest's question has no order in either", told(talk, note, None, None).await?);

    let exporter = Exporter::new(accounts.clone(), ports.clone(), ExportConfig::default());
    let lines = exporter.export(&tea.id, &ada).into_json_lines().await?;
    let held = ["ada@tea.example", "1002", "Darjeeling", story::QUESTION];
    becomes!(
        "an export has what the shop, the activity log and Chatwoot hold of a customer",
        held.iter().all(|part| lines.contains(part))
    );
    host.erase(&tea.id, &ada).await?;
    becomes!("an erasure's receipt is complete, and a late trigger brings nothing back", {
        host.sync.want(&tea.id, &ada).await?;
        let receipt = host.erasures.receipt(&tea.id, &ada).await?.context("no receipt")?;
        receipt.is_complete() && !world.fake().stored_text().contains("ada@tea.example")
    });

    let report = host.doctor.check_all().await?;
    ensure!(report.summary() == "54 of 54", "{report}");
    println!("the doctor passes the three shops: {}", report.summary());
    let platform = world.client.platform(world.fake().platform_token());
    let lifecycle = Lifecycle::new(accounts.clone(), ports.clone());
    let left = lifecycle.offboard(&vinyl.id, OffboardPolicy::Delete, Some(&platform)).await?;
    let gone = left.account.context("it had an account")?.account;
    becomes!("a shop that leaves takes its account with it, and no other's", {
        let is_deleted = platform.accounts().get(gone).await.is_err_and(|it| it.is_not_found());
        is_deleted && accounts.record(&vinyl.id).await.is_err() && orders(bikes, 2).await
    });
    becomes!("it is healthy", reqwest::get(world.url.join("health")?).await?.status() == 200);
    drop(stop);
    tokio::time::timeout(Duration::from_secs(10), running).await???;
    let claimed = ports.sync.counts(None).await.map_err(PortFailure::from)?.claimed;
    let gone = claimed == 0 && reqwest::get(world.url.join("health")?).await.is_err();
    becomes!("it stopped within ten seconds, with nothing claimed", gone);
    Ok(())
}

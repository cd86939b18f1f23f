//! A `SaaS` to copy whose tenants bring their own Chatwoot: each has its own base URL, account and
//! token, and none sees anything of another.
//!
//! ```text
//! saas_tenants         serves until Ctrl-C; `support_service migrate` creates the tables for it
//! saas_tenants --once  plays its story against two fake Chatwoots in this process, and exits with
//!                      0 only if each line that it prints is true
//! ```
//!
//! It serves with these environment variables:
//!
//! ```text
//! PUBLIC_URL          where Chatwoots and browsers reach it: https://support.example.com
//! OPERATOR_TOKEN      the bearer token of your back office: `openssl rand -hex 32`
//! LISTEN              the address to listen on; 127.0.0.1:8080 if it is not set
//! DATABASE_URL        Postgres, with a plain role; everything is in memory if it is not set
//! STORE_CONTEXT_KEYS  with DATABASE_URL, the keys that seal secrets: `docs/postgres.md`
//! ```
//!
//! Chatwoot reaches `/webhooks/chatwoot/...` and `/panel/...`. Your own back office, which knows
//! which user may act for which tenant, sends a [`Command`] as JSON to `POST /commands`.

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, ensure};
use axum::{Json, Router, extract::State, routing::post};
use chatwoot_client::{AccountId, Client, Limits, Secret};
use examples::tenants::{BackOffice, Port, TenantShops, story};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use store_context::accounts::{Accounts, Clients};
use store_context::context::{ContextConfig, ContextService, PanelService};
use store_context::intake::{Handler, HandlerContext, HandlerError, Intake};
use store_context::lifecycle::{Lifecycle, RepointConfig};
use store_context::model::{Customer, Direction, Store, StoreId};
use store_context::ports::{Entry, PortFailure, Ports};
use store_context::provision::{OwnAccount, ProvisionConfig, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};
use store_context::{Url, async_trait, engine::Engine};
use store_context_adapters::axum::{Panel, Webhooks, panel, webhooks};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;

/// How long the webhook's replaced URL and secret are still taken.
const OVERLAP: Duration = Duration::from_mins(15);

/// What the back office asks for, for example `{"suspend": {"tenant": "tea"}}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    /// Signs a tenant up. Once more, it takes another token.
    SignUp {
        store: Box<Store>,
        base_url: Url,
        account: AccountId,
        token: Secret,
    },
    PutCustomer {
        tenant: StoreId,
        customer: Customer,
    },
    Suspend {
        tenant: StoreId,
    },
    Resume {
        tenant: StoreId,
    },
    /// Replaces URL and secret of the tenant's webhook.
    RotateWebhook {
        tenant: StoreId,
    },
    RotateToken {
        tenant: StoreId,
    },
    /// Says what `MoveAll` would change.
    PlanMove {
        to: Url,
    },
    /// Moves all webhooks and panels to another public URL of this service, and verifies them.
    /// Without a URL it leads back.
    MoveAll {
        to: Option<Url>,
    },
    Audit {
        tenant: StoreId,
    },
}

impl Command {
    async fn run(self, saas: &Saas) -> anyhow::Result<String> {
        let (accounts, ports) = (saas.accounts.clone(), saas.ports.clone());
        let lifecycle = Lifecycle::new(accounts.clone(), ports.clone());
        match self {
            Self::SignUp { store, base_url, account, token } => {
                // The URL is a stranger's: on a laptop only, a token travels in plain text.
                let is_safe = base_url.scheme() == "https" || saas.public_url.scheme() == "http";
                ensure!(is_safe, "the URL of your Chatwoot must begin with https://");
                let config = ProvisionConfig::for_own_accounts(saas.public_url.clone());
                let provisioner = Provisioner::for_own_accounts(&accounts, ports, config);
                provisioner.adopt(&store, &OwnAccount::new(base_url, account, token)).await?;
                saas.shops.put_store(&store).await?;
                return Ok(provisioner.provision(&store).await?.to_string());
            }
            Self::PutCustomer { tenant, customer } => {
                saas.shops.put_customer(&tenant, &customer).await?;
                let sync = ContactSync::new(accounts, ports, SyncConfig::default());
                sync.want(&tenant, &customer.id).await?;
            }
            Self::Suspend { tenant } => lifecycle.suspend(&tenant, "by the operator").await?,
            Self::Resume { tenant } => lifecycle.resume(&tenant).await?,
            Self::RotateWebhook { tenant } => {
                lifecycle.rotate_webhook_secret(&tenant, OVERLAP).await?;
            }
            Self::RotateToken { tenant } => drop(lifecycle.rotate_user_token(&tenant, None).await?),
            Self::PlanMove { to } => return Ok(lifecycle.plan_repoint_all(&to).await?.to_string()),
            Self::MoveAll { to } => {
                let config = RepointConfig::default();
                let report = match to {
                    Some(to) => lifecycle.repoint_all(&to, config).await?,
                    None => lifecycle.undo_repoint_all(config).await?,
                };
                ensure!(report.is_complete(), "{report}");
                return Ok(report.to_string());
            }
            Self::Audit { tenant } => {
                let newest = ports.audit.entries(&tenant, None, 100).await;
                let newest = newest.map_err(PortFailure::from)?;
                let lines: Vec<String> = newest.iter().rev().map(ToString::to_string).collect();
                return Ok(lines.join("\n"));
            }
        }
        Ok("done".to_owned())
    }
}

/// Notes what it reads. Your own rules for the tenants' messages take its place.
struct Read;

#[async_trait]
impl Handler for Read {
    async fn handle(&self, chat: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        let message = entry.event.message().filter(|it| it.direction == Direction::Incoming);
        let Some(message) = message else { return Ok(()) };
        // It goes to the entry's own account: another tenant's cannot be reached from here.
        let said = message.content.as_deref().unwrap_or_default();
        chat.note(format!("{} has read: {said}", entry.store)).await?;
        Ok(())
    }
}

struct Saas {
    public_url: Url,
    operator: Secret,
    shops: TenantShops,
    ports: Ports,
    accounts: Accounts,
}

impl Saas {
    async fn new(public_url: Url, operator: Secret) -> anyhow::Result<Arc<Self>> {
        // With DATABASE_URL: rows that only their tenant's transactions see, and sealed secrets.
        let (shops, ports) = TenantShops::open().await?;
        // One client for each Chatwoot, with that server's limits.
        let build = |url: &Url| Client::builder(url.as_str()).limits(Limits::server()).build();
        let accounts = Accounts::new(&ports, Clients::new(build));
        Ok(Arc::new(Self { public_url, operator, shops, ports, accounts }))
    }

    fn router(self: &Arc<Self>) -> Router {
        let context = ContextService::new(self.ports.clone(), ContextConfig::default());
        let panels = PanelService::new(self.accounts.clone(), self.ports.clone(), context);
        let commands = Router::new().route("/commands", post(command)).with_state(self.clone());
        let commands = commands.merge(panel::router(Panel::for_own_accounts(panels)));
        commands.merge(webhooks::router(Webhooks::new(Intake::new(&self.ports))))
    }

    async fn work(self: Arc<Self>, stop: impl Future<Output = ()> + Send + 'static) {
        let engine = Engine::builder(self.accounts.clone(), self.ports.clone());
        engine.handler(Arc::new(Read)).build().run_until(stop).await;
    }
}

/// Runs a command of the back office. The SDK's errors say what to do and show no secret.
async fn command(
    State(saas): State<Arc<Saas>>,
    headers: HeaderMap,
    Json(command): Json<Command>,
) -> Result<String, (StatusCode, String)> {
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let wanted = format!("Bearer {}", saas.operator.expose());
    if !bool::from(given.ct_eq(wanted.as_bytes())) {
        return Err((StatusCode::UNAUTHORIZED, "give the operator's token".to_owned()));
    }
    let done = Box::pin(command.run(&saas)).await;
    done.map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
}

fn variable(name: &str) -> anyhow::Result<String> {
    env::var(name)
        .ok()
        .filter(|it| !it.is_empty())
        .with_context(|| format!("set {name}: this file's head has the variables"))
}

async fn serve() -> anyhow::Result<()> {
    let public_url = variable("PUBLIC_URL")?.parse().context("PUBLIC_URL is no URL")?;
    let saas = Saas::new(public_url, variable("OPERATOR_TOKEN")?.into()).await?;
    let address = variable("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address).await.context(address)?;
    let stop = tokio::signal::ctrl_c().map(drop).shared();
    let server = axum::serve(listener, saas.router()).with_graceful_shutdown(stop.clone());
    let (ended, ()) = tokio::join!(server.into_future(), saas.work(stop));
    Ok(ended?)
}

#[tokio::main]
async fn main() -> ExitCode {
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN);
    log.with_writer(std::io::stderr).init();
    let done = match env::args().nth(1).as_deref() {
        None => serve().await,
        Some("--once") => Box::pin(once()).await,
        Some(_) => Err(anyhow!("only --once is known: this file's head says more")),
    };
    done.inspect_err(|error| eprintln!("saas_tenants: {error}"))
        .map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Plays the story of two tenants, over HTTP as a back office and two Chatwoots would.
async fn once() -> anyhow::Result<()> {
    let (old, new) = (Port::bind().await?, Port::bind().await?);
    let saas = Saas::new(old.url.clone(), "operator".into()).await?;
    let known = saas.ports.stores.ids(None, 1).await.map_err(PortFailure::from)?;
    ensure!(known.is_empty(), "--once moves every tenant: give it an empty database");
    tokio::spawn(saas.clone().work(std::future::pending()));
    let [old, new] = [old, new].map(|port| port.serve(saas.router()));
    story::play(&BackOffice::new(old.clone(), "operator"), &old, &new).await
}

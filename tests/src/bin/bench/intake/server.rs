//! The two endpoints: ours, and the naive one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chatwoot_client::Secret;
use chatwoot_client::webhook::{Event, Verifier};
use examples::local_postgres::LocalPostgres;
use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use store_context::Currency;
use store_context::intake::Intake;
use store_context::memory::{self, MemoryShop};
use store_context::model::{Store, StoreId};
use store_context::ports::{AddressToken, Ports, WebhookLedger};
use store_context_adapters::axum::webhooks::{self, Webhooks};
use store_context_adapters::postgres::{Database, Migrations, PostgresWebhookLedger};
use tokio::net::TcpListener;

/// The stores among which the deliveries are spread.
const STORES: usize = 10;

/// A store as Chatwoot knows it.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) address: String,
    pub(super) secret: Secret,
}

pub(super) struct Servers {
    pub(super) ours: SocketAddr,
    pub(super) naive: SocketAddr,
    pub(super) stores: Vec<Hook>,
    ledger: Arc<dyn WebhookLedger>,
}

impl Servers {
    pub(super) async fn start(postgres: &LocalPostgres) -> anyhow::Result<Self> {
        let mut owner = PgConnection::connect(&postgres.url("postgres")).await?;
        let tables = "CREATE ROLE runtime LOGIN; \
            CREATE TABLE bench_rows (id bigserial PRIMARY KEY, body text NOT NULL); \
            CREATE TABLE naive (store text, key text, event jsonb NOT NULL, \
                received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (store, key)); \
            GRANT ALL ON naive TO runtime";
        sqlx::raw_sql(tables).execute(&mut owner).await?;
        Migrations::for_role("runtime")?.run(&mut owner).await?;
        let url = postgres.url("postgres").replace("postgres@", "runtime@");
        let pool = PgPoolOptions::new().max_connections(16).connect(&url).await?;
        let ledger: Arc<dyn WebhookLedger> =
            Arc::new(PostgresWebhookLedger::new(Database::new(pool.clone())));
        let shop = Arc::new(MemoryShop::new());
        let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
        let ports = Ports { webhooks: ledger.clone(), ..ports };
        let mut stores = Vec::new();
        for number in 0..STORES {
            stores.push(open(&ports, number).await?);
        }
        let intake = Intake::new(&ports).with_record_cache(Duration::from_secs(2));
        let mut ours = Webhooks::new(intake);
        ours.at_once_per_address = ours.at_once;
        Ok(Self {
            ours: serve(webhooks::router(ours)).await?,
            naive: serve(naive(pool, &stores)?).await?,
            stores,
            ledger,
        })
    }

    /// Checks that everything that was acknowledged was kept.
    pub(super) async fn check(&self, acknowledged: u64) -> anyhow::Result<()> {
        let counts = self.ledger.counts(None).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        ensure!(counts.waiting == acknowledged, "{} of {acknowledged} kept", counts.waiting);
        Ok(())
    }
}

async fn open(ports: &Ports, number: usize) -> anyhow::Result<Hook> {
    let id = StoreId::new(format!("store-{number}"))?;
    let store = Store {
        time_zone: "Europe/Amsterdam".to_owned(),
        ..Store::new(
            id.clone(),
            "Bench",
            "https://shop.example.com/".parse()?,
            "help@shop.example.com",
            Currency::EUR,
        )
    };
    let failed = |error: store_context::ports::PortError| anyhow::anyhow!("{error}");
    ports.stores.put(&store).await.map_err(failed)?;
    let mut record = ports.stores.open(&id).await.map_err(failed)?.context("the store")?;
    let address = format!("{number:032x}");
    let secret = Secret::new(format!("secret of store {number}"));
    record.account.base_url = Some("https://chatwoot.example.com/".parse()?);
    record.account.account = Some(1.into());
    record.credentials.webhook_address = Some(AddressToken::new(address.clone()));
    record.credentials.webhook_secret = Some(secret.clone());
    record.credentials.identifier_key = Some(Secret::new("i".repeat(64)));
    record.credentials.proof_key = Some(Secret::new("p".repeat(64)));
    ports.stores.save(&record).await.map_err(failed)?.context("saved")?;
    Ok(Hook { address, secret })
}

async fn serve(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

struct Naive {
    pool: PgPool,
    verifiers: HashMap<String, Verifier>,
}

/// The handler that one would write first: the same checks, and a transaction for each delivery.
fn naive(pool: PgPool, stores: &[Hook]) -> anyhow::Result<Router> {
    let mut verifiers = HashMap::new();
    for Hook { address, secret } in stores {
        verifiers.insert(address.clone(), Verifier::new(secret.clone())?);
    }
    let naive = Arc::new(Naive { pool, verifiers });
    Ok(Router::new().route("/webhooks/chatwoot/{address}", post(take)).with_state(naive))
}

async fn take(
    State(naive): State<Arc<Naive>>,
    Path(address): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(verifier) = naive.verifiers.get(&address) else { return StatusCode::NOT_FOUND };
    let Ok(delivery) = verifier.verify(&headers, &body, Timestamp::now()) else {
        return StatusCode::UNAUTHORIZED;
    };
    let key = match delivery.event() {
        Ok(Event::MessageCreated(message)) => format!("message/{}", message.id),
        Ok(Event::ConversationCreated(conversation)) => format!("created/{}", conversation.id),
        _ => return StatusCode::BAD_REQUEST,
    };
    let Ok(text) = str::from_utf8(&body) else { return StatusCode::BAD_REQUEST };
    match insert(&naive.pool, &address, &key, text).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn insert(pool: &PgPool, store: &str, key: &str, event: &str) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query(
        "INSERT INTO naive (store, key, event) VALUES ($1, $2, $3::jsonb) ON CONFLICT DO NOTHING",
    )
    .bind(store)
    .bind(key)
    .bind(event)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

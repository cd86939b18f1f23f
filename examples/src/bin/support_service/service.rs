//! The parts of the service, composed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use chatwoot_client::{Client, Limits};
use examples::serve::serve_until;
use examples::shop::Shop;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use store_context::accounts::{Accounts, Clients};
use store_context::context::{ContextConfig, ContextService, PanelService};
use store_context::engine::Engine;
use store_context::intake::Intake;
use store_context::memory::MemoryCache;
use store_context::ports::{Cache, Ports, SystemClock};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};
use store_context_adapters::axum::{
    AxumConfig, ChatwootOrigin, Health, Panel, SupportContext, Webhooks,
};
use store_context_adapters::postgres::{
    Database, PostgresStores, PostgresSweeps, PostgresSyncLedger, PostgresWebhookLedger,
};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api::{self, Api};
use crate::config::Config;
use crate::handler::LogEvents;
use crate::metrics::{self, Metrics};
use crate::sessions::DatabaseSessions;

/// Serves until the process is told to stop; then requests and workers end, and it returns.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let metrics = metrics::install()?;
    let pool = pool(&config).await?;
    let database = Database::new(pool.clone());
    let sync_ledger = PostgresSyncLedger::new(database.clone());
    let stores = Arc::new(PostgresStores::new(database.clone(), config.keys.clone()));
    let shop = Shop::new(pool.clone(), stores.clone(), sync_ledger.clone());
    let sessions = DatabaseSessions::new(pool.clone());
    let ports = Ports {
        customers: Arc::new(shop.clone()),
        orders: Arc::new(shop.clone()),
        carts: None,
        stores,
        sweeps: Arc::new(PostgresSweeps::new(database.clone())),
        sync: Arc::new(sync_ledger),
        webhooks: Arc::new(PostgresWebhookLedger::new(database)),
        cache: cache(&config).await?,
        clock: Arc::new(SystemClock),
        observer: Arc::new(Metrics),
    };

    let client = Client::builder(config.chatwoot.as_str()).limits(Limits::server()).build()?;
    let accounts = Accounts::new(&ports, Clients::single(client));
    let context = ContextService::new(ports.clone(), ContextConfig::default());
    let sync = ContactSync::new(accounts.clone(), ports.clone(), SyncConfig::default())
        .refreshing(context.clone());
    let engine =
        Engine::builder(accounts.clone(), ports.clone()).handler(Arc::new(LogEvents)).build();
    let panels = PanelService::new(accounts.clone(), ports.clone(), context.clone());
    let router = store_context_adapters::axum::router(AxumConfig {
        webhooks: Webhooks::new(Intake::new(&ports)),
        support_context: SupportContext { context, sessions: Arc::new(sessions.clone()) },
        panel: Panel::new(panels, ChatwootOrigin::new(&config.chatwoot)?),
        health: health(pool.clone(), engine.clone()),
    });
    let provisioner = Provisioner::new(
        &accounts,
        config.chatwoot.clone(),
        config.platform_token.clone(),
        ports,
        ProvisionConfig::new(config.public_url.clone(), config.domain.clone()),
    )?;
    let token = config.service_token.clone();
    let engine_of_api = engine.clone();
    let router = router.merge(api::router(Api {
        token,
        shop,
        sessions,
        sync,
        provisioner,
        engine: engine_of_api,
        metrics,
    }));
    run(&config, router, engine, pool).await
}

/// Runs endpoints and workers until a signal comes.
async fn run(config: &Config, router: Router, engine: Engine, pool: PgPool) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listen on {} (LISTEN)", config.listen))?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        // An error means that the sender is gone, which is a stop too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let workers = tokio::spawn({
        let stopped = until(stopped.clone());
        async move { engine.run_until(stopped).await }
    });
    let endpoints = tokio::spawn(serve_until(listener, router, until(stopped)));
    signal().await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    endpoints.await?;
    workers.await?;
    pool.close().await;
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
async fn signal() -> anyhow::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    Ok(())
}

async fn pool(config: &Config) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions =
        config.database.expose().parse().context("DATABASE_URL is not valid")?;
    PgPoolOptions::new()
        .max_connections(config.connections)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options.application_name("support_service"))
        .await
        .context("connect with DATABASE_URL")
}

/// Seals all credentials with the current key, beside processes that serve.
pub(crate) async fn reseal() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    let stores = PostgresStores::new(Database::new(pool(&config).await?), config.keys.clone());
    let progress = stores.reseal().await?;
    eprintln!("support_service: {progress}");
    Ok(())
}

fn health(pool: PgPool, engine: Engine) -> Health {
    Health::new()
        .check("database", move || {
            let pool = pool.clone();
            async move { sqlx::query("SELECT 1").execute(&pool).await.map(drop) }
        })
        .check("workers", move || {
            let engine = engine.clone();
            async move {
                match engine.health().await {
                    Ok(health) if health.is_alive() => Ok(()),
                    Ok(_) => Err("a worker does not run".to_owned()),
                    Err(error) => Err(error.to_string()),
                }
            }
        })
}

async fn cache(config: &Config) -> anyhow::Result<Arc<dyn Cache>> {
    match &config.redis {
        None => Ok(Arc::new(MemoryCache::default())),
        Some(_url) => todo!(),
    }
}

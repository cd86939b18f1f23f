//! The parts of the service, composed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use chatwoot_client::{Client, Limits};
use examples::serve::serve_until;
use examples::shop::Shop;
use sqlx::postgres::{PgPool, PgPoolOptions};
use store_context::accounts::{Accounts, Clients};
use store_context::context::{ContextConfig, ContextService, PanelService};
use store_context::engine::Engine;
use store_context::intake::Intake;
use store_context::live::LiveConfig;
use store_context::memory::MemorySignals;
use store_context::ports::{PortFailure, Ports, Signals};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};
use store_context_adapters::axum::{
    AxumConfig, ChatwootOrigin, Health, Panel, PanelStreams, SupportContext, Webhooks,
};
use store_context_adapters::postgres::{
    self, Breach, Database, PostgresStores, PostgresSyncLedger, RlsAudit, Rule,
};
use store_context_adapters::redis::{CacheConfig, Redis, RedisBudgetConfig, RedisConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api::{self, Api};
use crate::config::Config;
use crate::handler::LogEvents;
use crate::metrics::{self, Metrics};
use crate::sessions::DatabaseSessions;

/// How long a store's record is kept for verifying its webhooks: each delivery would be a read of the
/// database otherwise.
const RECORDS_FOR: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop; then requests and workers end, and it returns.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let metrics = metrics::install()?;
    let pool = pool(&config).await?;
    check_tables(&pool, config.database.get_username()).await?;
    let database = Database::new(pool.clone());
    let sync_ledger = PostgresSyncLedger::new(database.clone());
    let redis = redis(config.redis.as_ref())?;
    let shop = Shop::new(pool.clone(), sync_ledger.clone());
    let sessions = DatabaseSessions::new(pool.clone());
    let ports = postgres::ports(
        &database,
        Arc::new(config.keys.clone()),
        "support_service",
        Arc::new(shop.clone()),
        Arc::new(shop.clone()),
        None,
    );
    let ports = Ports {
        // The shop's own, so that a change in a request wakes the workers of this process at once.
        sync: Arc::new(sync_ledger),
        cache: match &redis {
            Some(redis) => Arc::new(redis.cache(CacheConfig::default())),
            None => ports.cache,
        },
        observer: Arc::new(Metrics),
        ..ports
    };

    let mut client = Client::builder(config.chatwoot.as_str()).limits(Limits::server());
    if let Some(redis) = &redis {
        // All processes together stay within the server's limits.
        client = client.budget(Arc::new(redis.budget(RedisBudgetConfig::default())));
    }
    let client = client.build()?;
    let accounts = Accounts::new(&ports, Clients::single(client));
    let context = ContextService::new(ports.clone(), ContextConfig::default());
    let sync = ContactSync::new(accounts.clone(), ports.clone(), SyncConfig::default())
        .refreshing(context.clone());
    // Open panels are told of changes in all processes by Redis, and without it in this one.
    let signals: Arc<dyn Signals> = match &redis {
        Some(redis) => Arc::new(redis.signals()),
        None => Arc::new(MemorySignals::new()),
    };
    let live = config.live_lines.map(|lines| LiveConfig {
        lines,
        signals: Some(signals.clone()),
        ..LiveConfig::default()
    });
    let engine = Engine::builder(accounts.clone(), ports.clone())
        .handler(Arc::new(LogEvents))
        .live(live)
        .build();
    let panels = PanelService::new(accounts.clone(), ports.clone(), context.clone())
        .with_signals(signals.clone());
    let panel = Panel::new(panels, ChatwootOrigin::new(&config.chatwoot)?);
    let streams = panel.streams.clone();
    let router = store_context_adapters::axum::router(AxumConfig {
        webhooks: Webhooks::new(Intake::new(&ports).with_record_cache(RECORDS_FOR)),
        support_context: SupportContext {
            context: context.clone(),
            sessions: Arc::new(sessions.clone()),
        },
        panel,
        health: health(pool.clone(), engine.clone(), redis),
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
        context,
        signals,
        provisioner,
        engine: engine_of_api,
        metrics,
    }));
    run(&config, router, streams, engine, pool).await
}

/// Runs endpoints and workers until a signal comes.
async fn run(
    config: &Config,
    router: Router,
    streams: PanelStreams,
    engine: Engine,
    pool: PgPool,
) -> anyhow::Result<()> {
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
    // They would count as requests that are under way.
    streams.close();
    endpoints.await?;
    workers.await?;
    // Requests that took too long may still have connections.
    let _closed = tokio::time::timeout(Duration::from_millis(500), pool.close()).await;
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
    PgPoolOptions::new()
        .max_connections(config.connections)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(config.database.clone().application_name("support_service"))
        .await
        .context("connect with DATABASE_URL")
}

/// Refuses to serve without the tables, or with a role to which row-level security does not apply.
/// Other differences are only logged: they may be of a next version, whose migrations ran.
async fn check_tables(pool: &PgPool, role: &str) -> anyhow::Result<()> {
    let breaches = RlsAudit::of_role(role).run(&mut *pool.acquire().await?).await?;
    let is_grave = |breach: &&Breach| {
        matches!(breach.rule, Rule::Exists | Rule::OwnsNothing | Rule::PlainRole)
    };
    for breach in &breaches {
        tracing::warn!("{breach}");
    }
    match breaches.iter().find(is_grave) {
        None => Ok(()),
        Some(breach) if breach.rule == Rule::Exists => {
            bail!("run `support_service migrate` first: {breach}")
        }
        Some(breach) => bail!("the role of DATABASE_URL must be a plain one: {breach}"),
    }
}

/// Seals all credentials with the current key, beside processes that serve.
pub(crate) async fn reseal() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    let database = Database::new(pool(&config).await?);
    let stores = PostgresStores::new(database, Arc::new(config.keys), "support_service reseal");
    let mut after = None;
    loop {
        let step = stores.reseal(after.as_ref(), 100).await.map_err(PortFailure::from)?;
        for (store, error) in &step.failed {
            eprintln!("support_service: {store} keeps its key: {error}");
        }
        eprintln!("support_service: {} of {} stores", step.done, step.total);
        after = step.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Prepares the connection with Redis, if the service has one.
fn redis(client: Option<&redis::Client>) -> anyhow::Result<Option<Redis>> {
    let Some(client) = client.cloned() else { return Ok(None) };
    // Of a Redis that does not answer at the start it waits for nothing: the service works without.
    let manager = redis::aio::ConnectionManager::new_lazy_with_config(
        client.clone(),
        redis::aio::ConnectionManagerConfig::new(),
    )
    .context("prepare the connection with REDIS_URL")?;
    Ok(Some(Redis::new(manager, client, RedisConfig::new("support_service"))))
}

fn health(pool: PgPool, engine: Engine, redis: Option<Redis>) -> Health {
    let health = Health::new()
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
        });
    match redis {
        None => health,
        // Without Redis the service is slower, and not unhealthy.
        Some(redis) => health.optional_check("redis", move || {
            let checked = redis.check();
            async move { checked }
        }),
    }
}

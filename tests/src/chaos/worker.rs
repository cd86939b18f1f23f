//! A worker: a process with a webhook endpoint and an engine.

use std::io::{BufRead, Read, Write, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use chatwoot_client::{Client, Limits};
use examples::serve::{HEADERS_WITHIN, serve};
use sqlx::postgres::PgPool;
use store_context::accounts::{Accounts, Clients};
use store_context::engine::Engine;
use store_context::intake::{
    DispatchConfig, Handler, HandlerContext, HandlerError, Intake, ReconcileConfig,
};
use store_context::model::Direction;
use store_context::ports::{Entry, EntrySource, Ports};
use store_context::sync::SyncConfig;
use store_context_adapters::axum::{Webhooks, webhooks};
use store_context_adapters::redis::RedisBudgetConfig;
use tokio::net::TcpListener;

use super::servers::Servers;

/// What the note on a message begins with; the number of the message follows.
pub(super) const NOTE: &str = "note on message ";

/// How long a killed worker's work waits. It is longer than a request to the fake may be under way.
const LEASE: Duration = Duration::from_secs(5);

/// Works until it is killed or its standard input ends. The input's first line says where the
/// servers are, and the output's first line is the port of the endpoint.
///
/// # Errors
/// Returns an error if it could not start.
pub async fn work() -> Result<()> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    let servers: Servers = serde_json::from_str(&line).context("the servers' addresses")?;
    std::thread::spawn(|| {
        // The driver is gone.
        let _ended = stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });

    let redis = servers.redis()?;
    let storage = servers.storage(12, "worker")?.with_cache(&redis);
    let ports = storage.ports;
    // More than is ever asked for: the budget is used and holds nobody up.
    let limits = Limits { per_minute: Some(1_000_000), narrow: false };
    let budget = redis.budget(RedisBudgetConfig { processes: 3, ..RedisBudgetConfig::default() });
    let client = servers.client().limits(limits).budget(Arc::new(budget)).build()?;
    let engine = engine(&ports, client, storage.pool);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let router = webhooks::router(Webhooks::new(Intake::new(&ports)));
    let endpoint = serve(listener, router, HEADERS_WITHIN);
    writeln!(stdout(), "{port}")?;
    tokio::join!(endpoint, engine.run());
    Ok(())
}

/// Returns an engine whose leases are short, so that what was claimed by a killed worker does not
/// wait for long.
pub(super) fn engine(ports: &Ports, client: Client, pool: PgPool) -> Engine {
    let accounts = Accounts::new(ports, Clients::single(client));
    Engine::builder(accounts, ports.clone())
        .handler(Arc::new(Notes { pool }))
        .dispatch(DispatchConfig {
            lease: LEASE,
            time_limit: Duration::from_secs(20),
            max_tries: 50,
            idle: Duration::from_millis(200),
            ..DispatchConfig::default()
        })
        .sync(SyncConfig {
            lease: LEASE * 2,
            tries: 50,
            port_timeout: Duration::from_secs(5),
            quiet: Duration::from_millis(300),
            ..SyncConfig::default()
        })
        .reconcile(ReconcileConfig {
            lease: LEASE,
            busy: Duration::from_secs(20),
            poll: Duration::from_secs(1),
            ..ReconcileConfig::default()
        })
        // It would find what a lost trigger left undone.
        .sweep_every(None)
        .build()
}

/// Records each message, and writes a note on each of a visitor.
struct Notes {
    pool: PgPool,
}

#[async_trait]
impl Handler for Notes {
    async fn handle(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
    ) -> Result<(), HandlerError> {
        let Some(message) =
            entry.event.message().filter(|_| entry.event.name() == "message_created")
        else {
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO chaos.effects (account, conversation, message, reconciled)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(entry.account.account.0.cast_signed())
        .bind(message.conversation.0.cast_signed())
        .bind(message.message.0.cast_signed())
        .bind(entry.source == EntrySource::Reconciler)
        .execute(&self.pool)
        .await?;
        if message.direction == Direction::Incoming {
            context.note(format!("{NOTE}{}", message.message)).await?;
        }
        Ok(())
    }
}

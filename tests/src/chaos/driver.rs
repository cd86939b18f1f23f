//! The driver: it starts everything, waits until the workers have finished, and judges.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use examples::local_postgres::LocalPostgres;
use examples::local_redis::RedisServer;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use super::Options;
use super::balancer::Balancer;
use super::changes::People;
use super::fleet::Fleet;
use super::judge::{Fault, Report, Rule, Seen};
use super::trouble::Troubles;
use super::visitors::{visitors, write};
use super::world::World;

/// The number of worker processes.
const WORKERS: usize = 3;

/// Runs it all. The workers' log is written to a file. `tell` gets a line about the progress now and
/// then.
///
/// # Errors
/// Returns an error if something could not be started or done; what did not hold is in the report.
pub async fn run(options: &Options, log: &Path, tell: &mut dyn FnMut(&str)) -> Result<Report> {
    let began = Instant::now();
    // Postgres with its own durable settings: what it acknowledged must survive its crashes.
    let postgres = spawn_blocking(|| LocalPostgres::start(&[])).await??;
    let redis = spawn_blocking(RedisServer::start).await??;
    let world = World::new(&postgres, redis.url(), options.stores).await?;
    let customers = (options.changes / 10 / options.stores).clamp(4, 250);
    let mut people = People::register(&world.storage.shop, options.stores, customers).await?;
    let conversations = (options.deliveries / 20).clamp(options.stores * 2, 800);
    let ports = &world.storage.ports;
    let visitors = visitors(ports, &world.client, options.stores, conversations, customers).await?;

    let mut fleet = Fleet::new(WORKERS, world.servers.clone(), options.worker_argument, log)?;
    for worker in 0..WORKERS {
        fleet.start(worker).await?;
    }
    let fake = world.chatwoot.fake().clone();
    let balancer = Balancer::start(fake.clone(), fleet.addresses.clone())?;
    tell(&format!(
        "{} stores, {customers} customers each, {conversations} conversations, {WORKERS} workers",
        options.stores
    ));

    let troubles = Troubles::default();
    let lasting = options.lasting;
    let load = async {
        tokio::try_join!(
            write(&visitors, &fake, options.deliveries, lasting),
            people.change(&world.storage.shop, options.changes, lasting),
            troubles.kill_workers(&mut fleet, options),
            troubles.crash_postgres(postgres, options),
            troubles.kill_redis(redis, options),
        )
    };
    // They may be late, and not by much.
    let limit = lasting * 2 + Duration::from_mins(2);
    let (.., _postgres, _redis) = timeout(limit, load).await.context("too slow")??;
    tell(&format!("all is sent and done after {} s", began.elapsed().as_secs()));

    let mut report = Report::default();
    let left = settle(&world, &balancer, options.settle_within, tell).await;
    report.add(left.into_iter().collect());
    fleet.end().await?;
    let sent = balancer.end().await;
    report.deliveries = sent.deliveries;
    report.unacknowledged = sent.refused;
    report.acknowledged = sent.acknowledged.len() as u64 + sent.acknowledged_others;
    let seen = Seen {
        acknowledged: sent.acknowledged,
        effects: world.effects().await?,
        notes: world.written().await?.notes,
    };
    report.add(seen.judge());
    (report.handled, report.repeated, report.reconciled) = seen.handled();
    report.add(world.diverged(customers).await?);
    report.customers = u64::from(options.stores * customers);
    report.changes = options.changes.into();
    report.kills = troubles.kills.load(Ordering::SeqCst).into();
    report.postgres_crashes = troubles.postgres_crashes.load(Ordering::SeqCst).into();
    report.redis_kills = troubles.redis_kills.load(Ordering::SeqCst).into();
    report.seconds = began.elapsed().as_secs();
    Ok(report)
}

/// Waits until nothing is under way and the ledgers are empty. Returns what is left after the limit.
async fn settle(
    world: &World,
    balancer: &Balancer,
    within: Duration,
    tell: &mut dyn FnMut(&str),
) -> Option<Fault> {
    let began = Instant::now();
    let mut quiet = 0;
    let mut told = Instant::now();
    loop {
        let under_way = balancer.under_way();
        let left = world.left().await;
        let left = left.or_else(|| (under_way > 0).then(String::new));
        let left = left.map(|left| format!("{under_way} deliveries under way, {left}"));
        quiet = if left.is_none() { quiet + 1 } else { 0 };
        // Several times in a row: between two of them a delivery may be on its way.
        if quiet == 5 {
            return None;
        }
        if let Some(left) = left {
            if began.elapsed() > within {
                return Some(Fault { rule: Rule::Unsettled, text: left });
            }
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                tell(&left);
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
}

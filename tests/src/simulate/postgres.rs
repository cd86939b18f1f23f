//! The storage of a run in a real Postgres, on the run's own time.
//!
//! Each run has a schema of its own, each process a pool. `ledger_now()` reads the run's time from a
//! table of one row, which is written with the next connection that is taken after the time has
//! changed. The clock of a run moves on as soon as nothing but time is awaited, and tokio does not
//! know of a statement that the server works on; so it is held for as long as a connection is in
//! use. It follows that no statement takes any of the run's time.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use examples::test_database::TestDatabase;
use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use store_context::ports::{Clock, Ports, TokioClock};
use store_context_adapters::postgres::{self, Database, KeyId, KeyRing, Schema, SealingKey};

use super::shop::Shop;
use super::sim::{Sim, lock};
use super::world::beginning;

/// The connections of a process.
const CONNECTIONS: u32 = 5;

/// How long a connection may be in use before a run goes on without waiting for it. Nothing in a run
/// takes the server a second.
const LONGEST: Duration = Duration::from_mins(1);

/// Keeps the server that runs share. Without one, each run that is alone starts its own.
#[derive(Debug)]
pub struct Server(#[expect(dead_code, reason = "it is kept, not read")] TestDatabase);

impl Server {
    /// Returns the server that `DATABASE_URL` names, or starts the one that is installed.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub fn start() -> anyhow::Result<Self> {
        Ok(Self(setting_up()?.block_on(TestDatabase::empty())?))
    }
}

/// A schema of a run's own.
#[derive(Clone)]
pub(super) struct Postgres {
    database: TestDatabase,
    connections: Arc<Connections>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("schema", &self.database.schema()).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Creates the schema. It draws on the thread's chance, so a run does it before it seeds that.
    pub(super) fn create() -> anyhow::Result<Self> {
        let database = setting_up()?.block_on(async {
            let database = TestDatabase::new().await?;
            let simulated = include_str!("simulated_time.sql");
            let simulated = simulated.replace("store_context.", &format!("{}.", database.schema()));
            let simulated = simulated.replace("runtime_role", database.role());
            let mut owner = database.owner().await?;
            sqlx::raw_sql(AssertSqlSafe(simulated)).execute(&mut owner).await?;
            anyhow::Ok(database)
        });
        Ok(Self { database: database?, connections: Arc::default() })
    }

    /// Returns the run's connections.
    pub(super) fn connections(&self) -> Arc<Connections> {
        Arc::clone(&self.connections)
    }

    /// Returns the ports of a process, with a pool of its own.
    pub(super) fn ports(&self, sim: &Sim, shop: &Shop) -> anyhow::Result<Ports> {
        let pool = self.pool(sim);
        lock(&self.connections.pools).push(pool.clone());
        let database = Database::new(pool).with_schema(Schema::new(self.database.schema())?);
        let keys = Arc::new(KeyRing::new(KeyId::new("run")?, SealingKey::new(&[7; 32])));
        let host = Arc::new(shop.clone());
        let ports =
            postgres::ports(&database, keys, "simulation", host.clone(), host.clone(), Some(host));
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(beginning()));
        Ok(Ports { clock, ..ports })
    }

    fn pool(&self, sim: &Sim) -> PgPool {
        let schema = self.database.schema();
        let runtime = self.database.owner_options().clone();
        let runtime = runtime.username(self.database.role()).password(schema);
        let connecting = Arc::new(Time {
            sim: sim.clone(),
            set: format!(
                "UPDATE {schema}.simulated_time SET now = greatest(now, $1::timestamptz) WHERE id"
            ),
            written: Arc::clone(&self.connections.time),
        });
        let taking = Arc::clone(&connecting);
        // What a pool does now and then by itself, it does in the run's time: an hour is nothing.
        let options = PgPoolOptions::new().max_connections(CONNECTIONS);
        let options = options.idle_timeout(None).max_lifetime(None).test_before_acquire(false);
        let options = options.after_connect(move |connection, _| {
            let time = Arc::clone(&connecting);
            Box::pin(async move { time.write(connection).await })
        });
        let options = options.before_acquire(move |connection, _| {
            let time = Arc::clone(&taking);
            Box::pin(async move { time.write(connection).await.map(|()| true) })
        });
        options.connect_lazy_with(runtime)
    }
}

/// What the database has as the time.
struct Time {
    sim: Sim,
    set: String,
    /// What of the run had gone when the time was last written.
    written: Arc<tokio::sync::Mutex<Option<Duration>>>,
}

impl Time {
    /// Writes the time if it has changed. Nobody uses a connection before that is done.
    async fn write(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let mut written = self.written.lock().await;
        let elapsed = self.sim.elapsed();
        if *written == Some(elapsed) {
            return Ok(());
        }
        let now: Timestamp = beginning().saturating_add(elapsed).unwrap_or(Timestamp::MAX);
        let set: SqlStr = AssertSqlSafe(self.set.clone()).into_sql_str();
        sqlx::query(set).bind(now.to_string()).execute(connection).await?;
        *written = Some(elapsed);
        Ok(())
    }
}

/// The pools of a run, and what holds its clock while a connection is in use.
#[derive(Default)]
pub(super) struct Connections {
    pools: Mutex<Vec<PgPool>>,
    time: Arc<tokio::sync::Mutex<Option<Duration>>>,
    /// The end of what holds the clock.
    hold: Mutex<Option<mpsc::Sender<()>>>,
    /// Whether a connection was in use for ever.
    stuck: Arc<Mutex<bool>>,
}

impl Connections {
    /// Returns whether a statement or a transaction is under way.
    pub(super) fn are_used(&self) -> bool {
        // A pool counts a connection from the time when it begins to connect.
        lock(&self.pools).iter().any(|pool| pool.size() as usize > pool.num_idle())
    }

    /// Holds the clock, or lets it go. Called before the runtime's thread waits: only then does the
    /// clock move.
    pub(super) fn hold_clock(&self) {
        let used = self.are_used();
        let mut hold = lock(&self.hold);
        if !used {
            *hold = None;
        } else if hold.is_none() {
            let (end, ended) = mpsc::channel();
            let stuck = Arc::clone(&self.stuck);
            // The clock does not move while a blocking task runs.
            tokio::task::spawn_blocking(move || {
                if ended.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
                    *lock(&stuck) = true;
                }
            });
            *hold = Some(end);
        }
    }

    /// Tells the run's rules what went wrong.
    pub(super) fn judge(&self, sim: &Sim) {
        if *lock(&self.stuck) {
            let what = format!("a connection was in use for {LONGEST:?}");
            sim.violate("no connection is held for ever", what);
        }
    }

    /// Lets the clock go at the end of a run, whose runtime waits for blocking tasks.
    pub(super) fn let_go(&self) {
        *lock(&self.hold) = None;
    }
}

fn setting_up() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("a runtime")
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Poll;

    use store_context::model::{CustomerId, StoreId};
    use store_context::ports::{ClaimRequest, Priority};
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::simulate::run::runtime;

    /// A call is dropped after each number of polls until it ends by itself. Whenever that is, what it
    /// did is done or not, its locks are free, and no time has gone.
    #[test]
    fn a_dropped_call_lets_its_connection_and_the_clock_go() {
        let postgres = Postgres::create().unwrap();
        let (runtime, _clock) = runtime(Some(&postgres)).unwrap();
        runtime.block_on(async {
            let sim = Sim::new(1, false);
            let shop = Shop::new(sim.clone());
            let connections = postgres.connections();
            let ports = postgres.ports(&sim, &shop).unwrap();
            let others = postgres.ports(&sim, &shop).unwrap();
            let store = StoreId::new("tea").unwrap();
            let customer = CustomerId::new("ada").unwrap();
            let (mut outcomes, mut most) = ([0, 0], 0);
            for polls in 1.. {
                let customers = std::slice::from_ref(&customer);
                ports.sync.want(&store, customers, Priority::Live).await.unwrap();
                let began = Instant::now();
                let lease = Duration::from_mins(1);
                let request = ClaimRequest { limit: 1, share: 1, bulk: 1, lease, except: &[] };
                let mut claim = Some(Box::pin(ports.sync.claim(request)));
                let mut left = polls;
                let claimed = std::future::poll_fn(|context| {
                    let Some(future) = claim.as_mut().filter(|_| left > 0) else {
                        return Poll::Ready(None);
                    };
                    left -= 1;
                    future.as_mut().poll(context).map(Some)
                });
                let claimed = pin!(claimed).await;
                most = most.max(lock(&connections.pools).iter().map(PgPool::size).sum());
                drop(claim.take());
                assert_eq!(began.elapsed(), Duration::ZERO);
                // As another process sees it.
                let counts = others.sync.counts(Some(&store)).await.unwrap();
                assert_eq!(began.elapsed(), Duration::ZERO);
                assert_eq!(counts.waiting, 1, "after {polls} polls: {counts:?}");
                if claimed.is_none() {
                    // The server may have been told to commit.
                    outcomes[usize::from(counts.claimed == 1)] += 1;
                }
                sleep(Duration::from_mins(2)).await;
                assert_eq!(began.elapsed(), Duration::from_mins(2));
                assert!(!connections.are_used(), "after {polls} polls");
                if let Some(claimed) = claimed {
                    assert_eq!(claimed.unwrap().len(), 1);
                    break;
                }
            }
            assert!(outcomes[0] >= 5, "dropped with nothing done and with all: {outcomes:?}");
            assert!(most <= 2 * CONNECTIONS, "{most}");
            connections.judge(&sim);
            assert_eq!(sim.found(), []);
        });
    }
}

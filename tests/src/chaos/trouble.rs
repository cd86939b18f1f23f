//! What goes wrong: workers and Redis are killed, Postgres crashes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use examples::local_postgres::LocalPostgres;
use examples::local_redis::RedisServer;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

use super::Options;
use super::fleet::Fleet;

/// How long Redis is away.
const REDIS_AWAY: Duration = Duration::from_millis(1_500);

/// How often each thing went wrong.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    pub(super) kills: AtomicU32,
    pub(super) postgres_crashes: AtomicU32,
    pub(super) redis_kills: AtomicU32,
}

impl Troubles {
    /// Kills workers, one at a time, and starts each again.
    pub(super) async fn kill_workers(&self, fleet: &mut Fleet, options: &Options) -> Result<()> {
        let mut times = Times::new(options.kills, options.lasting);
        while times.next().await {
            let number = fastrand::usize(..fleet.len());
            fleet.kill(number).await?;
            self.kills.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(fastrand::u64(0..300))).await;
            fleet.start(number).await?;
        }
        Ok(())
    }

    /// Has Postgres crash, and starts it again on what is on its disk.
    pub(super) async fn crash_postgres(
        &self,
        mut postgres: LocalPostgres,
        options: &Options,
    ) -> Result<LocalPostgres> {
        let mut times = Times::new(options.postgres_crashes, options.lasting);
        while times.next().await {
            let crash = spawn_blocking(move || {
                let restarted = postgres.crash_and_restart();
                restarted.map(|()| postgres)
            });
            postgres = crash.await?.context("Postgres does not start again")?;
            self.postgres_crashes.fetch_add(1, Ordering::SeqCst);
        }
        Ok(postgres)
    }

    /// Kills Redis, and starts it again, empty.
    pub(super) async fn kill_redis(
        &self,
        mut redis: RedisServer,
        options: &Options,
    ) -> Result<RedisServer> {
        let mut times = Times::new(options.redis_kills, options.lasting);
        while times.next().await {
            redis.kill()?;
            self.redis_kills.fetch_add(1, Ordering::SeqCst);
            sleep(REDIS_AWAY).await;
            let restart = spawn_blocking(move || {
                let restarted = redis.restart();
                restarted.map(|()| redis)
            });
            redis = restart.await?.context("Redis does not start again")?;
        }
        Ok(redis)
    }
}

/// So many times in a while: the while has as many equal parts, and each of them one time at random.
struct Times {
    began: Instant,
    part: Duration,
    done: u32,
    count: u32,
}

impl Times {
    fn new(count: u32, lasting: Duration) -> Self {
        Self { began: Instant::now(), part: lasting / count.max(1), done: 0, count }
    }

    /// Waits for the next time; `false` if there is none.
    async fn next(&mut self) -> bool {
        if self.done == self.count {
            return false;
        }
        sleep_until(self.began + self.part * self.done + self.part.mul_f64(fastrand::f64())).await;
        self.done += 1;
        true
    }
}

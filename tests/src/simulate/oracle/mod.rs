//! What must be true once everything is quiet.

mod calls;
mod confirmed;
mod contacts;
mod events;

use std::time::Duration;
use store_context::ports::PortFailure;

use super::sim::lock;
use super::world::World;

/// How long the engine has to put everything right.
const QUIET: Duration = Duration::from_mins(80);
/// How long it is then watched doing nothing.
const IDLE: Duration = Duration::from_hours(1);

impl World {
    /// Ends all trouble, waits, and holds the world against every rule.
    pub(super) async fn judge(&mut self) -> anyhow::Result<()> {
        self.sim.note(|| "quiet".to_owned());
        self.sim.end_troubles();
        self.activate_all();
        self.suspended_until.clear();
        self.start_all();
        // What was set aside is an operator's to replay; once more for what failed until now.
        for wait in [Duration::ZERO, Duration::from_mins(10)] {
            tokio::time::sleep(wait).await;
            self.replay().await?;
            for store in 0..self.stores.len() {
                self.audit(store).await?;
            }
        }
        self.sim.becomes_quiet();
        tokio::time::sleep(QUIET).await;
        self.settles().await?;
        self.sim.note(|| "judged".to_owned());
        self.judge_ledgers().await?;
        let without = self.judge_contacts().await?;
        self.judge_events().await?;
        let since = self.sim.elapsed();
        tokio::time::sleep(IDLE).await;
        self.judge_idle(since, &without);
        self.judge_calls();
        if self.up() != self.processes.len() {
            self.sim.violate("all processes run", format!("{} do", self.up()));
        }
        for process in &self.processes {
            process.judge_workers().await?;
        }
        Ok(())
    }

    fn activate_all(&self) {
        for store in &self.stores {
            for (server, account) in &store.accounts {
                self.servers[*server].fake.set_suspended(*account, false);
            }
        }
    }

    async fn replay(&self) -> anyhow::Result<()> {
        for store in 0..self.stores.len() {
            let store = super::shop::store_id(store);
            let rows =
                self.ports.sync.replay_whole_store(&store).await.map_err(PortFailure::from)?;
            let entries =
                self.ports.webhooks.replay_whole_store(&store).await.map_err(PortFailure::from)?;
            self.sim.note(|| format!("replay {store}: {rows} rows, {entries} entries"));
        }
        Ok(())
    }

    /// Nothing is left leased, in doubt, set aside or waiting.
    async fn judge_ledgers(&self) -> anyhow::Result<()> {
        let sync = self.ports.sync.counts(None).await.map_err(PortFailure::from)?;
        for (rule, left) in [
            ("no customer is left waiting", sync.waiting),
            ("no customer is left claimed", sync.claimed),
            ("no customer is left parked", sync.parked),
            ("no customer is left in doubt", sync.in_doubt),
        ] {
            if left > 0 {
                self.sim.violate(rule, format!("{sync:?}"));
            }
        }
        let mut paused = self.ports.sync.paused(None, 100).await.map_err(PortFailure::from)?;
        // One whose time is over is probed with what comes next.
        paused.retain(|paused| paused.until > self.ports.clock.now());
        if !paused.is_empty() {
            self.sim.violate("no store is left paused", format!("{paused:?}"));
        }
        let events = self.ports.webhooks.counts(None).await.map_err(PortFailure::from)?;
        if events.claimed > 0 {
            self.sim.violate("no conversation is left claimed", format!("{events:?}"));
        }
        if (events.waiting, events.parked) != (0, 0) {
            let mut first = Vec::new();
            for store in 0..self.stores.len() {
                let store = super::shop::store_id(store);
                first.extend(
                    self.ports.webhooks.parked(&store, None, 3).await.map_err(PortFailure::from)?,
                );
            }
            let first: Vec<_> = first.iter().map(|it| (&it.entry.key, &it.error)).collect();
            self.sim.violate("no event is left", format!("{events:?} {first:?}"));
        }
        let received = lock(&self.received).len();
        self.sim.note(|| format!("{received} deliveries were received"));
        Ok(())
    }
}

//! The host's processes: each with its own clients and engine on the shared database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::{Client, Limits};
use store_context::accounts::{Accounts, Clients};
use store_context::engine::Engine;
use store_context::intake::{DispatchConfig, Intake};
use store_context::live::{LiveConfig, LiveStores};
use store_context::ports::{PortFailure, Ports};
use store_context::sync::{ContactSync, GonePolicy, SyncConfig};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::feed::Lines;
use super::post::Doors;
use super::process::{Ended, Fuse, Killable};
use super::sim::{Sim, lock};
use super::wire::Wire;
use super::world::{World, wall_clock};

/// A process of the host.
pub(super) struct Process {
    number: usize,
    sim: Sim,
    /// What the host's own code calls.
    pub(super) sync: ContactSync,
    intake: Intake,
    engine: Engine,
    fuse: Fuse,
    shutdown: watch::Sender<bool>,
    running: Option<JoinHandle<()>>,
}

/// How often each store is swept.
const SWEEP_EVERY: Duration = Duration::from_mins(20);

impl Process {
    pub(super) fn new(world: &World, number: usize) -> Self {
        let ports = world.process_ports(number);
        let accounts = accounts(world, number, &ports);
        let config = SyncConfig {
            gone: if world.plan.anonymize { GonePolicy::Anonymize } else { GonePolicy::Delete },
            idle: Duration::from_secs(5),
            lease: Duration::from_mins(1),
            ..SyncConfig::default()
        };
        let sync = ContactSync::new(accounts.clone(), ports.clone(), config);
        let dispatch = DispatchConfig { idle: Duration::from_secs(5), ..DispatchConfig::default() };
        let intake = Intake::new(&ports);
        let engine = Engine::builder(accounts, ports)
            .sync(config)
            .sweep_every(SWEEP_EVERY)
            .handler(Arc::new(world.told.of_process(number)))
            .dispatch(dispatch)
            .live(world.plan.live.then(live))
            .build();
        lock(&world.doors).push(None);
        let sim = world.sim.clone();
        let fuse = Fuse::default();
        let shutdown = watch::Sender::new(false);
        Self { number, sim, sync, intake, engine, fuse, shutdown, running: None }
    }

    /// Starts it, unless it runs.
    pub(super) fn start(&mut self, world: &Doors) {
        if self.running.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        self.fuse.light(0);
        self.fuse.stall(Duration::ZERO);
        let (sim, number) = (self.sim.clone(), self.number);
        sim.note(|| format!("process {number} starts"));
        let doors = Arc::clone(world);
        if let Some(door) = lock(&doors).get_mut(number) {
            *door = Some(self.intake.clone());
        }
        self.shutdown.send_replace(false);
        let mut shutdown = self.shutdown.subscribe();
        let stopped = shutdown.clone();
        let engine = self.engine.clone();
        let run = async move {
            let stop = async move { drop(shutdown.wait_for(|stop| *stop).await) };
            engine.run_until(stop).await;
        };
        let run = Killable::new(run, self.fuse.clone());
        self.running = Some(tokio::spawn(async move {
            let ended = run.await;
            if let Some(door) = lock(&doors).get_mut(number) {
                *door = None;
            }
            sim.note(|| format!("process {number} ended: {ended:?}"));
            let told_to = ended == Ended::Returned && *stopped.borrow();
            if ended != Ended::Killed && !told_to {
                sim.violate("no worker ends by itself", format!("process {number}: {ended:?}"));
            }
        }));
    }

    /// Has it killed after so many polls.
    pub(super) fn kill_after(&self, polls: u32) {
        self.fuse.light(polls);
    }

    /// Tells it to stop. `false`: it did not within ten seconds, when the engine drops its workers.
    pub(super) async fn stop(&mut self) -> bool {
        self.shutdown.send_replace(true);
        let until = Instant::now() + Duration::from_millis(9_990);
        match &mut self.running {
            Some(running) => tokio::time::timeout_at(until, running).await.is_ok(),
            None => true,
        }
    }

    /// Whatever its ports and handlers did, no worker panicked.
    pub(super) async fn judge_workers(&self) -> anyhow::Result<()> {
        for worker in self.engine.health().await.map_err(PortFailure::from)?.workers {
            if !worker.running || worker.restarts > 0 {
                let text = format!("process {}: {worker:?}", self.number);
                self.sim.violate("no worker ends by itself", text);
            }
        }
        Ok(())
    }

    /// Whether it stands still.
    pub(super) fn is_still(&self) -> bool {
        self.fuse.still_until().is_some()
    }

    /// Lets it stand still for a while, its endpoint too.
    pub(super) fn stall(&self, lasting: Duration, doors: &Doors) {
        self.fuse.stall(lasting);
        let Some(door) = lock(doors).get_mut(self.number).and_then(Option::take) else { return };
        let (doors, number) = (Arc::clone(doors), self.number);
        tokio::spawn(async move {
            tokio::time::sleep(lasting).await;
            if let Some(place) = lock(&doors).get_mut(number) {
                place.get_or_insert(door);
            }
        });
    }

    /// Kills it now if it still runs.
    pub(super) async fn end(&mut self, doors: &Doors) {
        if let Some(running) = self.running.take()
            && !running.is_finished()
        {
            running.abort();
            let _ = running.await;
            self.sim.note(|| format!("process {} is killed", self.number));
        }
        if let Some(door) = lock(doors).get_mut(self.number) {
            *door = None;
        }
    }
}

/// Two lines at most, so that processes share those of three stores.
fn live() -> LiveConfig {
    LiveConfig {
        stores: LiveStores::All,
        lines: 2,
        sweep_within: Some(Duration::from_mins(5)),
        ..LiveConfig::default()
    }
}

/// Opens stores by the process's own clients.
fn accounts(world: &World, process: usize, ports: &Ports) -> Accounts {
    let servers: BTreeMap<String, usize> =
        world.servers.iter().enumerate().map(|(at, it)| (it.url.to_string(), at)).collect();
    let (sim, all) = (world.sim.clone(), Arc::clone(&world.servers));
    let clients = Clients::new(move |url| {
        let at = servers.get(url.as_str()).copied().unwrap_or_default();
        let fake = all[at].fake.clone();
        Client::builder(url.as_str())
            .live_transport(Lines { sim: sim.clone(), server: at, fake: fake.clone() })
            .transport(Wire { sim: sim.clone(), process, server: at, fake })
            .limits(Limits::off())
            .wall_clock(wall_clock())
            .build()
    });
    Accounts::new(ports, clients)
}

//! Playing a plan, and making it small.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Once};

use super::act::Step;
use super::plan::{Plan, Storage};
use super::plant::Plant;
use super::postgres::{Connections, Postgres};
use super::sim::{Sim, Violation};
use super::world::World;

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Everything that must not be.
    pub violations: Vec<Violation>,
    /// A digest of all that happened.
    pub digest: u64,
    /// All that happened, a line each, if it was to be kept.
    pub trace: Vec<String>,
}

thread_local! {
    /// Whether this thread is a run's, in which panics are part of the play.
    static PLAYS: Cell<bool> = const { Cell::new(false) };
}

/// Silences the panics that runs make on purpose.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !PLAYS.get() || std::env::var_os("SIMULATE_PANICS").is_some() {
                before(info);
            }
        }));
    });
}

/// Plays a plan in a thread of its own, since the seed is the thread's.
pub fn play(plan: &Plan, plant: Option<Plant>, keep_trace: bool) -> Outcome {
    silence();
    let plan = plan.clone();
    let thread = std::thread::spawn(move || {
        PLAYS.set(true);
        let played = std::panic::catch_unwind(AssertUnwindSafe(|| here(&plan, plant, keep_trace)));
        played.unwrap_or_else(|panic| broken(message(&panic)))
    });
    thread.join().unwrap_or_else(|_| broken("the run panicked".to_owned()))
}

fn message(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "the run panicked".to_owned())
}

/// A run that did not come to its end.
fn broken(what: String) -> Outcome {
    let violations = vec![Violation { rule: "the simulation itself runs", what }];
    Outcome { violations, ..Outcome::default() }
}

/// Lets the clock go at the end of a run.
pub(super) struct LetGo(Arc<Connections>);

impl Drop for LetGo {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

/// Builds the runtime of a run. Its time stands still but when nothing else is awaited. What is
/// returned with it is dropped first, also by a panic: the runtime waits for what holds its clock.
pub(super) fn runtime(
    postgres: Option<&Postgres>,
) -> std::io::Result<(tokio::runtime::Runtime, Option<LetGo>)> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true);
    if let Some(postgres) = postgres {
        let connections = postgres.connections();
        // What the server answered is looked at only when there is nothing else to do, so that it
        // does not depend on the server's speed what goes before it.
        runtime.enable_io().event_interval(u32::MAX);
        runtime.on_thread_park(move || connections.hold_clock());
    }
    let runtime = runtime.build()?;
    Ok((runtime, postgres.map(|postgres| LetGo(postgres.connections()))))
}

fn here(plan: &Plan, plant: Option<Plant>, keep_trace: bool) -> Outcome {
    let postgres = match plan.storage {
        Storage::Memory => None,
        Storage::Postgres => match Postgres::create() {
            Ok(postgres) => Some(postgres),
            Err(error) => return broken(format!("{error:#}")),
        },
    };
    fastrand::seed(plan.seed);
    let (runtime, _clock) = match runtime(postgres.as_ref()) {
        Ok(runtime) => runtime,
        Err(error) => return broken(error.to_string()),
    };
    runtime.block_on(async {
        let sim = Sim::new(plan.seed, keep_trace);
        tokio::select! {
            biased;
            () = sim.exhausted() => {
                sim.violate("the engine rests when it has nothing to do", "too many calls of the database");
            }
            done = whole(plan, &sim, plant, postgres.as_ref()) => if let Err(error) = done {
                sim.violate("the simulation itself runs", format!("{error:#}"));
            }
        }
        if let Some(postgres) = &postgres {
            postgres.connections().judge(&sim);
        }
        let (digest, trace) = sim.trace();
        Outcome { violations: sim.found(), digest, trace }
    })
}

async fn whole(
    plan: &Plan,
    sim: &Sim,
    plant: Option<Plant>,
    postgres: Option<&Postgres>,
) -> anyhow::Result<()> {
    let mut world = World::new(plan, sim, plant, postgres).await?;
    world.start_all();
    for step in &plan.steps {
        world.step(step).await?;
    }
    world.judge().await
}

/// Leaves out steps for as long as the same rule is still broken.
pub fn shrink(plan: &Plan, plant: Option<Plant>, rule: &str) -> Plan {
    let fails = |steps: &[Step]| {
        let plan = Plan { steps: steps.to_vec(), ..plan.clone() };
        play(&plan, plant, false).violations.iter().any(|it| it.rule == rule)
    };
    let mut steps = plan.steps.clone();
    let mut size = steps.len().div_ceil(2);
    while size > 0 {
        let (mut at, mut smaller) = (0, false);
        while at < steps.len() {
            let mut without = steps.clone();
            without.drain(at..(at + size).min(steps.len()));
            if fails(&without) {
                (steps, smaller) = (without, true);
            } else {
                at += size;
            }
        }
        if !smaller || size > 1 {
            size /= 2;
        }
    }
    Plan { steps, ..plan.clone() }
}

//! Plays the engine against shops, Chatwoots and networks that misbehave:
//! `cargo run --release -p tests --bin simulate -- --seeds N [--seed S] [--plant FAULT|all] [--postgres]`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::{Parser, ValueEnum};
use tests::simulate::{Plan, Plant, Server, Storage, Violation, play, shrink};

/// Plays seeds. Ends with 1 if a rule was broken; with --plant, if a fault was not caught.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// How many seeds are played.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A fault of the storage that the seeds must catch, or `all` for one after another.
    #[arg(long, value_parser = plants)]
    plant: Option<Plants>,
    /// How many seeds are played at the same time; as many as there are cores unless set.
    #[arg(long)]
    jobs: Option<usize>,
    /// Plays on the Postgres that `DATABASE_URL` names, or else on the installed one.
    #[arg(long)]
    postgres: bool,
    /// Prints all that happens.
    #[arg(long)]
    trace: bool,
    /// Leaves the steps of a seed that broke a rule as they are.
    #[arg(long)]
    whole: bool,
    /// How many seeds may break a rule before it ends.
    #[arg(long, default_value_t = 5)]
    most: usize,
}

/// The faults to plant.
#[derive(Clone, Debug)]
struct Plants(Vec<Plant>);

fn plants(name: &str) -> Result<Plants, String> {
    if name == "all" {
        return Ok(Plants(Plant::value_variants().to_vec()));
    }
    let names = || {
        let names = Plant::value_variants().iter().map(|plant| name_of(*plant));
        names.collect::<Vec<_>>().join(", ")
    };
    let plant = Plant::from_str(name, false);
    plant.map(|plant| Plants(vec![plant])).map_err(|_| format!("it is `all` or one of {}", names()))
}

fn name_of(plant: Plant) -> String {
    plant.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// What the seeds came to so far.
#[derive(Default)]
struct Sum {
    seeds: AtomicU64,
    steps: AtomicUsize,
    violations: AtomicUsize,
    broken: AtomicUsize,
    done: AtomicBool,
    /// The first seed that broke a rule, and which.
    first: Mutex<Option<(u64, Violation)>>,
}

impl Sum {
    fn first(&self) -> Option<(u64, Violation)> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let _server = match arguments.postgres.then(Server::start).transpose() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let began = Instant::now();
    let well = if let Some(Plants(plants)) = &arguments.plant {
        println!("{:<22} {:>6}  rule: what was seen", "plant", "seed");
        // Each is tried, whatever comes of the one before.
        let missed = plants.iter().filter(|plant| !is_caught(&arguments, **plant)).count();
        println!("{} of {} plants were caught", plants.len() - missed, plants.len());
        missed == 0
    } else {
        let sum = play_all(&arguments, None);
        println!("{} in {:.0?}", summary(&sum), began.elapsed());
        sum.violations.into_inner() == 0
    };
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plants a fault, and prints which seed catches it.
fn is_caught(arguments: &Arguments, plant: Plant) -> bool {
    let sum = play_all(arguments, Some(plant));
    let name = name_of(plant);
    match sum.first() {
        Some((seed, Violation { rule, what })) => println!("{name:<22} {seed:>6}  {rule}: {what}"),
        None => println!("{name:<22} {:>6}  not caught: {}", "-", summary(&sum)),
    }
    sum.first().is_some()
}

fn summary(sum: &Sum) -> String {
    let count = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    let seeds = sum.seeds.load(Ordering::SeqCst);
    format!("{seeds} seeds, {} steps, {} violations", count(&sum.steps), count(&sum.violations))
}

fn play_all(arguments: &Arguments, plant: Option<Plant>) -> Sum {
    let jobs = arguments.jobs.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let (next, sum) = (AtomicU64::new(arguments.seed), Sum::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(1).max(1) {
            scope.spawn(|| work(arguments, plant, &next, &sum));
        }
    });
    sum
}

/// Plays one seed after another.
fn work(arguments: &Arguments, plant: Option<Plant>, next: &AtomicU64, sum: &Sum) {
    loop {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        if seed >= arguments.seed + arguments.seeds || sum.done.load(Ordering::SeqCst) {
            return;
        }
        let storage = if arguments.postgres { Storage::Postgres } else { Storage::Memory };
        let plan = Plan::new(seed).on(storage);
        let mut outcome = play(&plan, plant, arguments.trace);
        if let Some(plant) = plant {
            outcome.violations.retain(|it| plant.breaks(it.rule));
        }
        if plant.is_some() && !outcome.violations.is_empty() {
            // What is broken without the fault does not count.
            let before = play(&plan, None, false).violations;
            outcome.violations.retain(|it| before.iter().all(|before| before.rule != it.rule));
        }
        for line in &outcome.trace {
            println!("{line}");
        }
        sum.seeds.fetch_add(1, Ordering::SeqCst);
        sum.steps.fetch_add(plan.steps.len(), Ordering::SeqCst);
        sum.violations.fetch_add(outcome.violations.len(), Ordering::SeqCst);
        let Some(found) = outcome.violations.first() else { continue };
        let mut first = sum.first.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(before, _)| seed < *before) {
            *first = Some((seed, found.clone()));
        }
        drop(first);
        let broken = sum.broken.fetch_add(1, Ordering::SeqCst) + 1;
        if plant.is_some() || broken >= arguments.most {
            sum.done.store(true, Ordering::SeqCst);
        }
        if plant.is_none() {
            tell(arguments, &plan, &outcome.violations);
        }
    }
}

/// Prints what a seed found, with no more steps than it needs.
fn tell(arguments: &Arguments, plan: &Plan, found: &[Violation]) {
    let small = match found.first() {
        Some(first) if !arguments.whole => shrink(plan, None, first.rule),
        _ => plan.clone(),
    };
    let head = format!("seed {}: {} violations", plan.seed, found.len());
    let rules = found.iter().map(|Violation { rule, what }| format!("  {rule}: {what}"));
    let Plan { servers, renders, stores, processes, anonymize, .. } = &small;
    let world = format!(
        "  servers {servers:?} s off that render after {renders:?} ms, stores on {stores:?}, \
         {processes} processes, anonymize: {anonymize}"
    );
    let steps = small.steps.iter().map(|step| format!("  after {:?}: {:?}", step.after, step.act));
    let lines: Vec<String> = [head].into_iter().chain(rules).chain([world]).chain(steps).collect();
    // In one piece, since others print too.
    println!("{}", lines.join("\n"));
}

//! Plays the engine against shops, Chatwoots and networks that misbehave:
//! `cargo run --release -p tests --bin simulate -- --seeds N [--seed S] [--plant FAULT]`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use tests::simulate::{Plan, Plant, Violation, play, shrink};

/// Plays seeds. Ends with 1 if a rule was broken; with --plant, if no seed caught the fault.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// How many seeds are played.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A fault of the storage that the seeds must catch.
    #[arg(long)]
    plant: Option<Plant>,
    /// How many seeds are played at the same time; as many as there are cores unless set.
    #[arg(long)]
    jobs: Option<usize>,
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

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let jobs = arguments.jobs.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let (next, sum) = (AtomicU64::new(arguments.seed), Sum::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(1).max(1) {
            scope.spawn(|| work(&arguments, &next, &sum));
        }
    });
    let first = sum.first.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Sum { seeds, steps, violations, .. } = sum;
    let (seeds, violations) = (seeds.into_inner(), violations.into_inner());
    if let Some(plant) = arguments.plant {
        let caught = first.is_some();
        match first {
            Some((seed, found)) => {
                println!("{plant:?}: caught by seed {seed}: {}: {}", found.rule, found.what);
            }
            None => println!("{plant:?}: not caught"),
        }
        println!("{seeds} seeds, {} steps, {violations} violations", steps.into_inner());
        return if caught { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    println!("{seeds} seeds, {} steps, {violations} violations", steps.into_inner());
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one seed after another.
fn work(arguments: &Arguments, next: &AtomicU64, sum: &Sum) {
    loop {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        if seed >= arguments.seed + arguments.seeds || sum.done.load(Ordering::SeqCst) {
            return;
        }
        let plan = Plan::new(seed);
        let mut outcome = play(&plan, arguments.plant, arguments.trace);
        if let Some(plant) = arguments.plant {
            outcome.violations.retain(|it| plant.breaks(it.rule));
        }
        if arguments.plant.is_some() && !outcome.violations.is_empty() {
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
        if arguments.plant.is_some() || broken >= arguments.most {
            sum.done.store(true, Ordering::SeqCst);
        }
        if arguments.plant.is_none() {
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
    let Plan { servers, stores, processes, anonymize, .. } = &small;
    let world = format!(
        "  servers {servers:?} s off, stores on {stores:?}, {processes} processes, anonymize: {anonymize}"
    );
    let steps = small.steps.iter().map(|step| format!("  after {:?}: {:?}", step.after, step.act));
    let lines: Vec<String> = [head].into_iter().chain(rules).chain([world]).chain(steps).collect();
    // In one piece, since others print too.
    println!("{}", lines.join("\n"));
}

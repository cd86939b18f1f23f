//! Kills workers, Postgres and Redis while webhooks and changes come, and checks that nothing is
//! lost: `cargo run --release -p tests --bin chaos -- --deliveries 20000 --changes 20000 --kills 200`.
//!
//! The last line is a JSON object of the counts. Exits with 0 if everything held, 1 if something was
//! lost, doubled, out of order or diverged, 2 if it could not run.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tests::chaos::{Options, run, work};
use tracing_subscriber::EnvFilter;

/// Kills workers, Postgres and Redis while webhooks and changes come, and checks that nothing is
/// lost.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many messages visitors write. Each is delivered, and so is the note on it.
    #[arg(long, default_value_t = 20_000)]
    deliveries: u32,
    /// How many changes customers make.
    #[arg(long, default_value_t = 20_000)]
    changes: u32,
    /// How often a worker is killed.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// How often Postgres crashes.
    #[arg(long, default_value_t = 5)]
    postgres_crashes: u32,
    /// How often Redis is killed.
    #[arg(long, default_value_t = 3)]
    redis_kills: u32,
    /// How many stores there are.
    #[arg(long, default_value_t = 8)]
    stores: u32,
    /// In how many seconds all this happens; unless set, a worker is killed every 1.3 seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// How many seconds the workers may take afterwards.
    #[arg(long, default_value_t = 180)]
    settle: u64,
    /// The file of the workers' log; one in the temporary folder unless set.
    #[arg(long)]
    log: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Is a worker; only the driver calls it.
    #[command(hide = true)]
    Worker,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.command.is_some() {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        return match work().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("chaos worker: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let evenly = Duration::from_millis(1_300) * arguments.kills;
    let options = Options {
        deliveries: arguments.deliveries,
        changes: arguments.changes,
        kills: arguments.kills,
        postgres_crashes: arguments.postgres_crashes,
        redis_kills: arguments.redis_kills,
        stores: arguments.stores.clamp(1, 99),
        lasting: arguments.seconds.map_or(evenly, Duration::from_secs),
        settle_within: Duration::from_secs(arguments.settle),
        worker_argument: "worker",
    };
    let log = arguments.log.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("chaos-workers-{}.log", std::process::id()))
    });
    match run(&options, &log, &mut |line| println!("{line}")).await {
        Err(error) => {
            eprintln!("chaos: {error:#}; the workers' log is {}", log.display());
            ExitCode::from(2)
        }
        Ok(report) => {
            report.faults.iter().take(100).for_each(|fault| println!("{fault}"));
            if report.passed() {
                // A log that nobody needs.
                let _removed = std::fs::remove_file(&log);
            } else {
                println!("{} faults; the workers' log is {}", report.faults.len(), log.display());
            }
            let counts = serde_json::to_string(&report).unwrap_or_default();
            println!("{counts}");
            if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

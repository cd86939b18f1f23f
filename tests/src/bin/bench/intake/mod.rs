//! The webhook endpoint with the Postgres ledger over HTTP: against a naive handler, and against
//! what pgbench does on the same server.

mod load;
mod server;

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use examples::local_postgres::LocalPostgres;
use serde_json::json;

use self::load::{Load, Measured};
use self::server::Servers;
use crate::median;

/// How long each is measured in a round.
const TIME: Duration = Duration::from_secs(4);

/// The rounds, of which the medians count.
const ROUNDS: usize = 5;

/// Measures everything, prints the table and the line of JSON, and returns whether every bound is
/// held.
pub(crate) fn report() -> anyhow::Result<bool> {
    // Normal durability: a commit is on the disk. Statistics and plans as installed.
    let postgres = LocalPostgres::start(&["shared_buffers=256MB", "max_wal_size=8GB"])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let servers = runtime.block_on(Servers::start(&postgres))?;
    let mut load = Load::new(servers.stores.clone())?;
    let (mut ours, mut naive, mut bench) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let pgbench = measured(&postgres, || pgbench(&postgres))?;
        let of_naive = measured(&postgres, || runtime.block_on(load.closed(servers.naive, TIME)))?;
        let of_ours = measured(&postgres, || runtime.block_on(load.closed(servers.ours, TIME)))?;
        // The first round warms up.
        if round > 0 {
            bench.push(pgbench);
            naive.push(of_naive);
            ours.push(of_ours);
        }
        eprintln!(
            "round {round}: pgbench {:.0}/s, naive {:.0}/s, ours {:.0}/s",
            pgbench.per_second, of_naive.per_second, of_ours.per_second
        );
    }
    let of = |runs: &[Run], get: fn(&Run) -> f64| median(runs.iter().map(get).collect());
    let per_second = of(&ours, |run| run.per_second);
    let to_naive = per_second / of(&naive, |run| run.per_second);
    let to_pgbench = per_second / of(&bench, |run| run.per_second);
    let cpu = of(&ours, |run| run.cpu);
    let cpu_to_pgbench = cpu / of(&bench, |run| run.cpu);
    let paced = runtime.block_on(load.paced(servers.ours, TIME, per_second * 0.8))?;
    let p99 = paced.p99.as_secs_f64() * 1e3;
    runtime.block_on(servers.check(load.sent_to(servers.ours)))?;
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["what", "measured", "bound"]);
    let us = |seconds: f64| format!("{:.1} µs", seconds * 1e6);
    table.add_row(["deliveries kept per second", &format!("{per_second:.0}"), ""]);
    table.add_row(["of the naive handler's", &format!("{to_naive:.2}"), "at least 2.0"]);
    table.add_row(["of pgbench's rows", &format!("{to_pgbench:.2}"), "at least 0.5"]);
    table.add_row(["database's processor time each", &us(cpu), ""]);
    table.add_row(["of pgbench's", &format!("{cpu_to_pgbench:.2}"), "at most 0.4"]);
    table.add_row(["p99 at 80 % of that load", &format!("{p99:.1} ms"), ""]);
    println!("{table}");
    let round = |value: f64| (value * 1e3).round() / 1e3;
    println!(
        "{}",
        json!({
            "per_second": per_second.round(), "to_naive": round(to_naive),
            "to_pgbench": round(to_pgbench), "db_cpu_to_pgbench": round(cpu_to_pgbench),
            "p99_ms": round(p99),
        })
    );
    Ok(to_naive >= 2.0 && to_pgbench >= 0.5 && cpu_to_pgbench <= 0.4)
}

/// What one run did.
#[derive(Clone, Copy, Debug)]
struct Run {
    per_second: f64,
    /// The processor time of the database for each, in seconds.
    cpu: f64,
}

fn measured(
    postgres: &LocalPostgres,
    run: impl FnOnce() -> anyhow::Result<Measured>,
) -> anyhow::Result<Run> {
    let before = processor_seconds(postgres)?;
    let measured = run()?;
    let cpu = processor_seconds(postgres)? - before;
    ensure!(measured.number > 0, "nothing was done");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let number = measured.number as f64;
    Ok(Run { per_second: number / measured.elapsed.as_secs_f64(), cpu: cpu / number })
}

/// Runs pgbench: one row in each transaction, 16 at a time, on two threads.
fn pgbench(postgres: &LocalPostgres) -> anyhow::Result<Measured> {
    let script = postgres.folder().join("rows.sql");
    let row = format!("INSERT INTO bench_rows (body) VALUES ('{}');\n", "x".repeat(600));
    std::fs::write(&script, row)?;
    let program = LocalPostgres::program("pgbench")?;
    let port = postgres.port().to_string();
    let seconds = TIME.as_secs().to_string();
    let mut command = Command::new(program);
    command.args(["-n", "-h", "127.0.0.1", "-U", "postgres", "-p", &port, "-c", "16", "-j", "2"]);
    let ran = command.args(["-T", &seconds, "-f"]).arg(script).arg("postgres").output()?;
    let said = String::from_utf8_lossy(&ran.stdout);
    ensure!(ran.status.success(), "pgbench: {}", String::from_utf8_lossy(&ran.stderr));
    let line = said.lines().find_map(|line| line.split_once("actually processed: "));
    let number = line.context("the number of transactions")?.1;
    let number = number.split('/').next().unwrap_or_default().trim().parse()?;
    Ok(Measured { number, elapsed: TIME, p99: Duration::ZERO })
}

/// Returns the processor time of the server and all its processes, also of those that ended.
fn processor_seconds(postgres: &LocalPostgres) -> anyhow::Result<f64> {
    // Linux counts it in hundredths of a second.
    const TICKS: f64 = 100.0;
    // A process that has just ended counts once its parent has noticed.
    std::thread::sleep(Duration::from_millis(200));
    let pid = std::fs::read_to_string(postgres.folder().join("data/postmaster.pid"))?;
    let pid = pid.lines().next().context("the server's process")?.to_owned();
    let mut ticks = 0_u64;
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        // It may have ended.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        // From the third field on: state, parent, ...
        let fields: Vec<&str> = rest.split(' ').collect();
        let is_server = entry.file_name().to_str() == Some(&pid);
        let number = |index: usize| fields.get(index).and_then(|it| it.parse::<u64>().ok());
        if is_server || fields.get(1) == Some(&pid.as_str()) {
            ticks += number(11).unwrap_or(0) + number(12).unwrap_or(0);
        }
        if is_server {
            ticks += number(13).unwrap_or(0) + number(14).unwrap_or(0);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(ticks as f64 / TICKS)
}

//! Measures the client's cost, as ratios against a baseline in the same run, and that of the engine
//! and its ledgers.
//!
//! Each prints a table and ends with one line of JSON. Run it through
//! `scripts/bench`, which builds it in release mode.

mod build;
mod calls;
mod context;
mod decode;
mod intake;
mod ledger;
mod live;
mod sync;
mod webhook;

use std::process::ExitCode;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde_json::{Map, Value};

/// One comparison with a baseline.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    pub(crate) baseline: &'static str,
    /// The unit of both measurements.
    pub(crate) unit: Unit,
    /// The measurement of the client.
    pub(crate) ours: f64,
    /// The measurement of the baseline.
    pub(crate) theirs: f64,
    /// The maximum ratio.
    pub(crate) bound: f64,
}

/// The unit of a measurement.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Microseconds,
    Seconds,
    Crates,
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Microseconds => format!("{value:.1} µs"),
            Self::Seconds => format!("{value:.1} s"),
            Self::Crates => format!("{value}"),
        }
    }
}

impl Row {
    fn ratio(&self) -> f64 {
        self.ours / self.theirs
    }
}

/// The purchases whose customers `bench sync` syncs, from where `scripts/bench` is run.
const ORDERS: &str = "../shared/data/cdnow.txt";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let held = match (arguments.next().as_deref(), arguments.next().as_deref()) {
        (Some("client"), None) => report(true),
        (Some("client"), Some("calls")) => report(false),
        (Some("sync"), orders) => sync::report(orders.unwrap_or(ORDERS).as_ref()),
        (Some("ledger"), None) => ledger::report().map(|()| true),
        (Some("intake"), None) => intake::report(),
        (Some("context"), None) => context::report(),
        (Some("live"), lines) => live::report(lines).map(|()| true),
        // The two processes of the lines.
        (Some("live-server"), Some(accounts)) => live::serve(accounts).map(|()| true),
        (Some("live-lines"), Some(kind)) => live::lines(kind).map(|()| true),
        // The server of the calls, in a process of its own so that only the client's time counts.
        (Some("serve"), None) => calls::serve().map(|()| true),
        _ => {
            eprintln!(
                "usage: bench client [calls]\n       bench sync [FILE OF PURCHASES]\n       \
                 bench ledger\n       bench intake\n       bench context\n       \
                 bench live [LINES]"
            );
            return ExitCode::from(2);
        }
    };
    match held {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Prints the client's rows; the calls alone take three minutes, the builds most of the rest.
fn report(whole: bool) -> anyhow::Result<bool> {
    let mut rows = calls::rows()?;
    if whole {
        rows.push(decode::row()?);
        rows.push(webhook::row()?);
        rows.extend(build::rows()?);
    }
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["what", "against", "ours", "baseline", "ratio", "at most"]);
    let mut json = Map::new();
    for row in &rows {
        table.add_row([
            row.what.to_owned(),
            row.baseline.to_owned(),
            row.unit.write(row.ours),
            row.unit.write(row.theirs),
            format!("{:.2}", row.ratio()),
            format!("{:.2}", row.bound),
        ]);
        json.insert(row.key.to_owned(), Value::from((row.ratio() * 1e3).round() / 1e3));
    }
    println!("{table}");
    println!("{}", Value::Object(json));
    Ok(true)
}

/// Returns the median of some measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

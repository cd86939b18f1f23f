//! Measures the client's cost, as ratios against a baseline in the same run.
//!
//! `bench client`, `bench sync` and `bench context` print a table and end with one line of JSON. Run it through
//! `scripts/bench`, which builds it in release mode.

mod build;
mod calls;
mod context;
mod decode;
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
    let ended = match (arguments.next().as_deref(), arguments.next()) {
        (Some("client"), None) => report(),
        (Some("sync"), orders) => {
            let orders = orders.unwrap_or_else(|| ORDERS.to_owned());
            match sync::report(orders.as_ref()) {
                Ok(true) => Ok(()),
                Ok(false) => return ExitCode::FAILURE,
                Err(error) => Err(error),
            }
        }
        (Some("context"), None) => match context::report() {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        // The server of the calls, in a process of its own so that only the client's time counts.
        (Some("serve"), None) => calls::serve(),
        _ => {
            eprintln!(
                "usage: bench client\n       bench sync [FILE OF PURCHASES]\n       bench context"
            );
            return ExitCode::from(2);
        }
    };
    ended.map_or_else(
        |error| {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        },
        |()| ExitCode::SUCCESS,
    )
}

fn report() -> anyhow::Result<()> {
    let mut rows = calls::rows()?;
    rows.push(decode::row()?);
    rows.push(webhook::row()?);
    rows.extend(build::rows()?);
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
    Ok(())
}

/// Returns the median of some measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

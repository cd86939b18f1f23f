//! What the sync and the reconciler take, against the bounds that the engine holds.
//!
//! Calls of Chatwoot, waits and lags are counted in simulated time, against the fake with the
//! server's limit; memory and the ledger's speed are this machine's.

mod bulk;
mod claims;
mod host;
mod memory;
mod purchases;
mod reconcile;

use std::path::Path;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde_json::{Map, Value};
use store_context::ports::{PortFailure, PortResult};
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::memory::resident;

/// What is measured, and within which bound.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
}

pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// For information.
    None,
}

impl Row {
    fn is_held(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value <= bound,
            Bound::AtLeast(bound) => self.value >= bound,
            Bound::None => true,
        }
    }

    fn write(&self, value: f64) -> String {
        let unit = self.unit;
        let text = if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") };
        if unit.is_empty() { text } else { format!("{text} {unit}") }
    }
}

/// Measures everything, prints the table and the line of JSON, and returns whether every bound is
/// held.
pub(crate) fn report(orders: &Path) -> anyhow::Result<bool> {
    let purchases = purchases::read(orders)?;
    // First, while the process has freed nothing that the allocator could use again.
    let mut rows = memory::rows()?;
    rows.extend(bulk::rows(&purchases)?);
    rows.extend(reconcile::rows()?);
    rows.extend(claims::rows()?);
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["what", "measured", "bound", "held"]);
    let mut json = Map::new();
    let held = rows.iter().all(Row::is_held);
    for row in &rows {
        let bound = match row.bound {
            Bound::AtMost(bound) => format!("at most {}", row.write(bound)),
            Bound::AtLeast(bound) => format!("at least {}", row.write(bound)),
            Bound::None => String::new(),
        };
        let is_held = match (&row.bound, row.is_held()) {
            (Bound::None, _) => "",
            (_, true) => "yes",
            (_, false) => "NO",
        };
        table.add_row([row.what.clone(), row.write(row.value), bound, is_held.to_owned()]);
        json.insert(row.key.to_owned(), Value::from((row.value * 1e3).round() / 1e3));
    }
    json.insert("held".to_owned(), Value::from(held));
    println!("{table}");
    println!("{}", Value::Object(json));
    Ok(held)
}

/// A port's answer.
pub(crate) async fn ok<T>(call: impl Future<Output = PortResult<T>>) -> Result<T, PortFailure> {
    call.await.map_err(PortFailure::from)
}

/// A runtime on paused time: it passes as fast as the work is done, and is the same in each run.
fn simulated() -> std::io::Result<Runtime> {
    fastrand::seed(20_261_121);
    Builder::new_current_thread().enable_time().start_paused(true).build()
}

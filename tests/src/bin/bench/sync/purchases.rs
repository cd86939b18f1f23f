//! A file of purchases: customer id, date, number of items, amount; one a line.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store_context::Decimal;

/// When and for how much each customer bought.
pub(crate) type Purchases = BTreeMap<String, Vec<(Timestamp, Decimal)>>;

pub(crate) fn read(path: &Path) -> anyhow::Result<Purchases> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("nothing was measured: the file of purchases {name} cannot be read; name another")
    })?;
    let mut purchases = Purchases::new();
    for (index, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.first().is_none_or(|first| *first == "customer_id") {
            continue;
        }
        let bought = purchase(&fields).with_context(|| format!("line {} of {name}", index + 1));
        purchases.entry(fields[0].to_owned()).or_default().push(bought?);
    }
    ensure!(!purchases.is_empty(), "the file of purchases {name} holds none");
    Ok(purchases)
}

fn purchase(fields: &[&str]) -> anyhow::Result<(Timestamp, Decimal)> {
    let [_, date, _, amount] = fields else { anyhow::bail!("a purchase has four fields") };
    let date = Date::strptime("%Y%m%d", date).context("the date is not of the form YYYYMMDD")?;
    let at = date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
    Ok((at, amount.parse().map_err(|_| anyhow::anyhow!("`{amount}` is no amount"))?))
}

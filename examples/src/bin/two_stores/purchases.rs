//! A file of purchases with one per line: customer id, date, number of items, amount.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store_context::Decimal;

/// One line of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Purchase {
    pub(crate) customer: String,
    pub(crate) placed_at: Timestamp,
    pub(crate) items: u32,
    pub(crate) amount: Decimal,
}

/// Reads the file; an error contains the number of the invalid line.
pub(crate) fn read(path: &Path, customers: Option<usize>) -> anyhow::Result<Vec<Purchase>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the orders file {} cannot be read", path.display()))?;
    let purchases = parse(&text, customers)
        .with_context(|| format!("the orders file {} is malformed", path.display()))?;
    if purchases.is_empty() {
        bail!("the orders file {} holds no purchase", path.display());
    }
    Ok(purchases)
}

fn parse(text: &str, customers: Option<usize>) -> anyhow::Result<Vec<Purchase>> {
    let most = customers.unwrap_or(usize::MAX);
    let mut known = HashSet::new();
    let mut purchases = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let header = index == 0 && fields.first().is_some_and(|first| *first == "customer_id");
        if header || fields.is_empty() {
            continue;
        }
        let purchase = purchase(&fields).with_context(|| format!("line {}", index + 1))?;
        if !known.contains(&purchase.customer) {
            if known.len() == most {
                continue;
            }
            known.insert(purchase.customer.clone());
        }
        purchases.push(purchase);
    }
    Ok(purchases)
}

fn purchase(fields: &[&str]) -> anyhow::Result<Purchase> {
    let [customer, date, items, amount] = fields else {
        bail!("it has {} fields; a purchase has 4: customer, date, items, amount", fields.len());
    };
    let date = Date::strptime("%Y%m%d", date)
        .map_err(|_| anyhow::anyhow!("`{date}` is no date of the form YYYYMMDD"))?;
    let items = items.parse().map_err(|_| anyhow::anyhow!("`{items}` is no number of items"))?;
    let amount: Decimal =
        amount.parse().map_err(|_| anyhow::anyhow!("`{amount}` is no amount such as 11.77"))?;
    if amount.is_sign_negative() && !amount.is_zero() {
        bail!("`{amount}` is negative; an order costs nothing or more");
    }
    // The file has days only; noon is the same day in most of the world.
    let placed_at = date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
    Ok(Purchase { customer: (*customer).to_owned(), placed_at, items, amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n\r\n 00002 19970112  1   0.00\r\n 00001 19970201  2   5\r\n";

    #[test]
    fn purchases_are_read_line_by_line() {
        let purchases = parse(FILE, None).unwrap();
        assert_eq!(purchases.len(), 3);
        assert_eq!(purchases[0].placed_at.to_string(), "1997-01-01T12:00:00Z");
        assert!(purchases[1].amount.is_zero());
    }

    #[test]
    fn only_so_many_customers_with_all_they_bought() {
        let purchases = parse(FILE, Some(1)).unwrap();
        assert_eq!(purchases.len(), 2);
        assert!(purchases.iter().all(|purchase| purchase.customer == "00001"));
    }

    #[test]
    fn a_bad_line_is_named() {
        for (line, what) in [
            ("1 19970101 1", "line 2: it has 3 fields"),
            ("1 19971301 1 1", "line 2: `19971301` is no date"),
            ("1 19970101 one 1", "line 2: `one` is no number"),
            ("1 19970101 1 $1", "line 2: `$1` is no amount"),
            ("1 19970101 1 -1", "line 2: `-1` is negative"),
        ] {
            let error = parse(&format!("1 19970101 1 1\n{line}\n"), None).unwrap_err();
            let text = format!("{error:#}");
            assert!(text.starts_with(what), "{text}");
        }
    }
}

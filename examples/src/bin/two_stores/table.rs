//! The results as a table for people and as a line of JSON for programs.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::{Value, json};

use crate::story::{Bulk, Outcome};

pub(crate) fn table(outcome: &Outcome) -> Table {
    let Outcome { bulk, day, findings, stats, .. } = outcome;
    let webhooks = &findings.webhooks;
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let mut row = |what: &str, value: String| {
        table.add_row([Cell::new(what), Cell::new(value).set_alignment(CellAlignment::Right)]);
    };
    row("customers", findings.customers.to_string());
    row("contacts", findings.contacts.to_string());
    row("orders", findings.orders.to_string());
    row("contacts that differ from the orders", findings.wrong_contacts.to_string());
    row("changed by the second provisioning", outcome.second_provision.to_string());
    row("API calls per customer, first sync", format!("{:.2}", calls_per_customer(outcome)));
    row("retries", stats.retries.to_string());
    row("429s met", stats.rate_limited.to_string());
    row("syncs that failed and came again", (bulk.tally.failed + day.sync.failed).to_string());
    row("webhooks sent", webhooks.sent.to_string());
    row("  dropped on the way", webhooks.dropped.to_string());
    row("  verified", webhooks.verified.to_string());
    row("  doubled", webhooks.doubled.to_string());
    row("  out of order, seen by the guard", findings.stale.to_string());
    row("found by the reconciler", findings.ledger.reconciled.to_string());
    row("handled", findings.ledger.handled.to_string());
    row("lost", findings.lost.to_string());
    row("customers' messages proven", format!("{} of {}", findings.proven, day.of_customers));
    row("guests' messages not proven", format!("{} of {}", findings.unproven, day.of_guests));
    row("guests recognized", format!("{} of {}", day.recognized, day.guests));
    row("sync lag p50 / max", both(day.sync.lag(500), day.sync.lag(1_000)));
    row("context answer p50 / p99", both(findings.context_p50, findings.context_p99));
    row("first sync", speed(bulk.requests, bulk.took));
    if let (Some(bare), Some(ratio)) = (bulk.bare, ratio(bulk)) {
        row("bare reqwest loop of the same POSTs", speed(created(bulk), bare));
        row("first sync / bare loop", format!("{ratio:.2}"));
    }
    table
}

pub(crate) fn json(outcome: &Outcome) -> Value {
    let Outcome { bulk, day, findings, stats, .. } = outcome;
    let webhooks = &findings.webhooks;
    json!({
        "customers": findings.customers,
        "contacts": findings.contacts,
        "orders": findings.orders,
        "lifetime_value": findings.lifetime_value.to_string(),
        "wrong_contacts": findings.wrong_contacts,
        "second_provision_changes": outcome.second_provision,
        "requests": stats.requests,
        "api_calls_per_customer": calls_per_customer(outcome),
        "retries": stats.retries,
        "rate_limited": stats.rate_limited,
        "failed_syncs": bulk.tally.failed + day.sync.failed,
        "webhooks_sent": webhooks.sent,
        "webhooks_dropped": webhooks.dropped,
        "webhooks_verified": webhooks.verified,
        "webhooks_doubled": webhooks.doubled,
        "webhooks_stale": findings.stale,
        "webhooks_reconciled": findings.ledger.reconciled,
        "webhooks_handled": findings.ledger.handled,
        "unknown_events": findings.ledger.unknown,
        "lost_webhooks": findings.lost,
        "customer_messages": day.of_customers,
        "customer_messages_proven": findings.proven,
        "guest_messages": day.of_guests,
        "guest_messages_unproven": findings.unproven,
        "guests": day.guests,
        "guests_recognised": day.recognized,
        "sync_lag_p50_ms": millis(day.sync.lag(500)),
        "sync_lag_max_ms": millis(day.sync.lag(1_000)),
        "context_p50_ms": millis(findings.context_p50),
        "context_p99_ms": millis(findings.context_p99),
        "first_sync_per_second": rate(bulk.requests, bulk.took),
        "bare_loop_per_second": bulk.bare.map(|bare| rate(created(bulk), bare)),
        "sync_to_bare_ratio": ratio(bulk),
    })
}

/// Returns the requests of the first sync per customer.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn calls_per_customer(outcome: &Outcome) -> f64 {
    let bulk = &outcome.bulk;
    bulk.requests as f64 / (created(bulk).max(1)) as f64
}

fn created(bulk: &Bulk) -> u64 {
    let tally = &bulk.tally;
    tally.created + tally.adopted + tally.updated + tally.unchanged
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn rate(requests: u64, took: Duration) -> f64 {
    requests as f64 / took.as_secs_f64().max(f64::EPSILON)
}

/// Returns the sync's requests per second, relative to those of the bare loop.
fn ratio(bulk: &Bulk) -> Option<f64> {
    Some(rate(bulk.requests, bulk.took) / rate(created(bulk), bulk.bare?))
}

fn speed(requests: u64, took: Duration) -> String {
    format!("{:.0} requests/s", rate(requests, took))
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 1e2
}

fn both(one: Duration, other: Duration) -> String {
    format!("{:.1} ms / {:.1} ms", millis(one), millis(other))
}

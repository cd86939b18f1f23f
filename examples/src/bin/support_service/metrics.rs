//! Metrics for Prometheus: what the engine reports, and the ledgers' counts.

use std::time::Duration;

use chatwoot_client::http::CallReport;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use store_context::engine::EngineHealth;
use store_context::model::StoreId;
use store_context::ports::{Entry, EntryOutcome, Observer, SyncReport};

/// How often samples are moved into the histograms: between two scrapes they take memory.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Installs the recorder of the process.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    let of_task = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP_EVERY).await;
            of_task.run_upkeep();
        }
    });
    Ok(handle)
}

/// Counts what the engine reports. No label is of a store or a customer: there may be many, and
/// metrics are for everybody who operates the service.
#[derive(Debug)]
pub(crate) struct Metrics;

impl Observer for Metrics {
    fn call_ended(&self, call: &CallReport<'_>) {
        let result =
            call.error.map_or_else(|| "Ok".to_owned(), |error| format!("{:?}", error.kind()));
        let operation = call.operation;
        counter!("chatwoot_calls_total", "operation" => operation, "result" => result).increment(1);
        histogram!("chatwoot_call_seconds").record(call.elapsed);
    }

    fn customer_synced(&self, report: &SyncReport<'_>) {
        counter!("customers_synced_total", "outcome" => report.outcome).increment(1);
        if let Some(lag) = report.lag {
            histogram!("customer_sync_lag_seconds").record(lag);
        }
    }

    fn store_paused(&self, _: &StoreId, _: Duration, _: &str) {
        counter!("stores_paused_total").increment(1);
    }

    fn entry_settled(&self, _: &Entry, outcome: &EntryOutcome, elapsed: Duration) {
        let outcome = match outcome {
            EntryOutcome::Handled => "handled",
            EntryOutcome::Retry { .. } => "retry",
            EntryOutcome::Parked { .. } => "parked",
        };
        counter!("events_total", "outcome" => outcome).increment(1);
        histogram!("event_handling_seconds").record(elapsed);
    }

    fn store_reconciled(&self, _: &StoreId, result: Result<u64, &str>) {
        match result {
            Ok(found) => counter!("events_found_total").increment(found),
            Err(_) => counter!("reconciliations_failed_total").increment(1),
        }
    }

    fn worker_restarted(&self, worker: &'static str, _: u32) {
        counter!("worker_restarts_total", "worker" => worker).increment(1);
    }
}

/// Records the ledgers' counts.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
pub(crate) fn record(health: &EngineHealth) {
    gauge!("sync_waiting").set(health.sync.waiting as f64);
    gauge!("sync_parked").set(health.sync.parked as f64);
    gauge!("sync_in_doubt").set(health.sync.in_doubt as f64);
    gauge!("sync_lag_seconds").set(health.sync_lag_seconds as f64);
    gauge!("webhooks_waiting").set(health.webhooks.waiting as f64);
    gauge!("webhooks_parked").set(health.webhooks.parked as f64);
    gauge!("webhook_lag_seconds").set(health.webhook_lag_seconds as f64);
    gauge!("stores_paused").set(health.paused_stores as f64);
    if let Some(live) = &health.live {
        gauge!("live_lines_open").set(live.open as f64);
    }
}

//! Syncs until every row is confirmed, with a progress bar.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use store_context::ports::{PortFailure, SyncLedger};
use store_context::sync::ContactSync;

use crate::tally::SyncTally;

/// Syncs until each wanted version is confirmed, however often Chatwoot refuses.
pub(crate) async fn until_clean(
    sync: &ContactSync,
    ledger: &dyn SyncLedger,
    tally: &mut SyncTally,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    loop {
        let synced = sync.run_once().await?;
        for one in &synced {
            tally.add(one);
        }
        let confirmed = synced.iter().filter(|one| one.lag.is_some()).count();
        bar.inc(u64::try_from(confirmed)?);
        if synced.is_empty() {
            if ledger.counts(None).await.map_err(PortFailure::from)?.waiting == 0 {
                return Ok(());
            }
            // Failed rows are due again a little later.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub(crate) fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "  syncing customers {bar:32} {human_pos}/{human_len} {per_sec} {eta}",
    );
    let bar = ProgressBar::new(length);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

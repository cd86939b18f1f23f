//! Forgets handled events that are old.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::guard;
use crate::ports::WebhookLedger;

/// How often it is looked for old events.
const EVERY: Duration = Duration::from_mins(10);

/// How many are forgotten at once.
const BATCH: usize = 1_000;

/// Purges every ten minutes until `shutdown` is done.
pub(super) async fn run_until(
    ledger: Arc<dyn WebhookLedger>,
    age: Duration,
    shutdown: impl Future<Output = ()> + Send,
) {
    let purge = async {
        loop {
            if let Err(error) = purge(&*ledger, age).await {
                tracing::error!(%error, "old events could not be purged; trying again later");
            }
            sleep(EVERY).await;
        }
    };
    tokio::select! {
        biased;
        () = shutdown => {}
        () = purge => {}
    }
}

async fn purge(ledger: &dyn WebhookLedger, age: Duration) -> crate::ports::PortResult<()> {
    while guard::port("webhooks", ledger.purge(age, BATCH)).await? >= BATCH as u64 {}
    Ok(())
}

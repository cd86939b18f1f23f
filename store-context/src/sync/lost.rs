//! Claims that were lost while something was sent for them.

use std::time::Duration;

use futures_util::future::join_all;

use super::error::SERVER_TIME;
use super::worker::ContactSync;
use super::write::WriteError;
use crate::ports::{PortResult, Priority, Settlement, SyncClaim};

impl ContactSync {
    /// Puts the rows of lost claims in doubt again, so that they are written, or looked for, once
    /// more.
    ///
    /// A process that stood still for longer than its lease may send its request after another
    /// worker has settled the row. What arrives then is known to nobody: a contact of an erased
    /// customer would stay for ever, and one without a link is in no sweep.
    pub(super) async fn doubt_lost(&self, lost: impl IntoIterator<Item = &SyncClaim>) {
        let doubted = lost.into_iter().map(|claim| async move {
            if let Err(error) = self.doubt_again(claim).await {
                let (store, customer) = (&claim.store, &claim.customer);
                tracing::error!(%store, %customer, %error, "a lost claim could not be followed up");
            }
        });
        join_all(doubted).await;
    }

    async fn doubt_again(&self, claim: &SyncClaim) -> PortResult<()> {
        const PATIENCE: Duration = Duration::from_secs(2);
        let held = match self.hold_waiting(&claim.store, &claim.customer, PATIENCE).await {
            Ok(held) => held,
            Err(WriteError::Port(error)) => return Err(error),
            // Somebody writes the row just now. It is written once more after that.
            Err(_) => {
                let customer = std::slice::from_ref(&claim.customer);
                let want = self.ports.sync.want(&claim.store, customer, Priority::Live);
                return self.in_time("sync ledger", want).await;
            }
        };
        self.in_time("sync ledger", self.ports.sync.begin(&held)).await?;
        let returned = [(held, Settlement::Returned { quiet: SERVER_TIME })];
        self.in_time("sync ledger", self.ports.sync.settle(&returned)).await.map(drop)
    }
}

//! New addresses for panels, by schedule.

use std::time::Duration;

use jiff::Timestamp;

use super::{ProvisionError, Provisioner};
use crate::model::StoreId;
use crate::ports::PortFailure;

/// When panels get new addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotateConfig {
    /// How old an address becomes. The default is 30 days.
    pub max_age: Duration,
    /// For how long the address before is taken. The default is 24 hours: agents leave Chatwoot's
    /// page open for a day.
    pub overlap: Duration,
    /// How long to wait between two rounds. The default is an hour.
    pub every: Duration,
}

impl Default for RotateConfig {
    fn default() -> Self {
        Self {
            max_age: Duration::from_hours(30 * 24),
            overlap: Duration::from_hours(24),
            every: Duration::from_hours(1),
        }
    }
}

/// What one round did.
#[derive(Debug, Default)]
pub struct Rotated {
    /// The stores whose panel has a new address.
    pub rotated: Vec<StoreId>,
    /// The stores whose panel keeps its address until the next round, and why.
    pub failed: Vec<(StoreId, ProvisionError)>,
}

/// Gives each store's panel a new address when it is old: whoever once read an address, as an agent
/// who left, does not have it for good.
///
/// ```
/// # use store_context::{ports::Ports, provision::{PanelRotation, Provisioner, RotateConfig}};
/// # async fn example(provisioner: Provisioner) {
/// // For as long as the host runs.
/// PanelRotation::new(provisioner, RotateConfig::default()).run().await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PanelRotation {
    provisioner: Provisioner,
    config: RotateConfig,
}

impl PanelRotation {
    /// Creates the rotation of all stores that a provisioner knows.
    pub const fn new(provisioner: Provisioner, config: RotateConfig) -> Self {
        Self { provisioner, config }
    }

    /// Rotates every address that is older than [`RotateConfig::max_age`] now, or whose age is not
    /// known. Stores without a panel are left alone.
    ///
    /// # Errors
    /// The ids of the stores could not be read.
    pub async fn run_once(&self) -> Result<Rotated, PortFailure> {
        const PAGE: usize = 1_000;
        let mut round = Rotated::default();
        let mut after = None;
        loop {
            let ids = self.provisioner.ports.stores.ids(after.as_ref(), PAGE).await?;
            let Some(last) = ids.last().cloned() else { return Ok(round) };
            for id in ids {
                match self.rotate(&id).await {
                    Ok(true) => round.rotated.push(id),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%error, store = %id, "the panel keeps its address for now");
                        round.failed.push((id, error));
                    }
                }
            }
            after = Some(last);
        }
    }

    /// Rotates round after round for as long as the future is polled: stop it by dropping it.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.run_once().await {
                tracing::error!(%error, "the stores cannot be read");
            }
            tokio::time::sleep(self.config.every).await;
        }
    }

    async fn rotate(&self, id: &StoreId) -> Result<bool, ProvisionError> {
        let ports = &self.provisioner.ports;
        let now = ports.clock.now();
        let Some(record) = ports.stores.open(id).await? else { return Ok(false) };
        let since = record.credentials.panel_address_since;
        let young = |since: Timestamp| {
            let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
            age < self.config.max_age
        };
        let shown = record.account.dashboard_app.is_some();
        if !shown || since.is_some_and(young) {
            return Ok(false);
        }
        // A store that is being provisioned has its turn in the next round.
        self.provisioner.rotate_panel(&record.store, self.config.overlap, Duration::ZERO).await?;
        Ok(true)
    }
}

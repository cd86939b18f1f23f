//! The scheduled rotation of the panels' URLs.

use std::time::Duration;

use jiff::Timestamp;

use super::{ProvisionError, Provisioner};
use crate::model::StoreId;
use crate::ports::PortFailure;
use crate::store_ids::StoreIds;
use crate::time::pause;

/// The configuration of a [`PanelRotation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotateConfig {
    /// The maximum age of a URL. The default is 30 days.
    pub max_age: Duration,
    /// How long the previous URL is accepted. The default is 24 hours, since agents keep Chatwoot's
    /// page open for a day.
    pub overlap: Duration,
    /// The interval between two rounds. The default is an hour.
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

/// The result of one round.
#[derive(Debug, Default)]
pub struct Rotated {
    /// The stores whose panel has a new URL.
    pub rotated: Vec<StoreId>,
    /// The stores whose panel keeps its URL until the next round, with the reason.
    pub failed: Vec<(StoreId, ProvisionError)>,
}

/// Gives each store's panel a new URL when the present one is old, so that a person who once read
/// it, such as a former agent, loses access.
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
    /// Creates the rotation of all stores of a provisioner.
    pub const fn new(provisioner: Provisioner, config: RotateConfig) -> Self {
        Self { provisioner, config }
    }

    /// Rotates every URL that is older than [`RotateConfig::max_age`], or whose age is not known.
    /// Stores without a panel are skipped.
    ///
    /// # Errors
    /// Returns an error if the ids of the stores could not be read.
    pub async fn run_once(&self) -> Result<Rotated, PortFailure> {
        let mut round = Rotated::default();
        let mut stores = StoreIds::new(&*self.provisioner.ports.stores);
        while let Some(ids) = stores.next().await? {
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
        }
        Ok(round)
    }

    /// Rotates at intervals for as long as the future is polled; drop it to stop.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.run_once().await {
                tracing::error!(%error, "the stores cannot be read");
            }
            pause(self.config.every).await;
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
        // A store that is being provisioned is retried in the next round.
        self.provisioner.rotate_panel(&record.store, self.config.overlap, Duration::ZERO).await?;
        Ok(true)
    }
}

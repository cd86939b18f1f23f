//! Holds a store's lock while it is provisioned.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep};

use super::{ProvisionError, Provisioner};
use crate::model::StoreId;
use crate::ports::ProvisionLock;

/// The lease of a lock; it is extended while the work continues.
const LEASE: Duration = Duration::from_secs(30);

/// The maximum wait for another process's lock, longer than the lease of an unextended one.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

impl Provisioner {
    /// Runs work on a store under the store's lock. If the future is dropped, the lock ends with
    /// its lease.
    pub(super) async fn locked<T>(
        &self,
        id: &StoreId,
        patience: Duration,
        work: impl Future<Output = Result<T, ProvisionError>>,
    ) -> Result<T, ProvisionError> {
        let lock = self.lock(id, patience).await?;
        // The lock is checked first: a process that was suspended for longer than its lease must
        // not continue before that.
        let done = match select(pin!(self.extended(&lock)), pin!(work)).await {
            Either::Left((lost, _)) => return Err(lost),
            Either::Right((done, _)) => done,
        };
        if let Err(error) = self.ports.stores.unlock(&lock).await {
            tracing::warn!(%error, store = %id, "the lock is not given back; it ends with its lease");
        }
        done
    }

    /// Takes the lock, and waits while another process holds it.
    async fn lock(
        &self,
        id: &StoreId,
        patience: Duration,
    ) -> Result<ProvisionLock, ProvisionError> {
        const POLL: Duration = Duration::from_secs(1);
        let until = Instant::now() + patience;
        loop {
            if let Some(lock) = self.ports.stores.lock(id, LEASE).await? {
                return Ok(lock);
            }
            if Instant::now() >= until {
                return Err(ProvisionError::Busy(id.clone()));
            }
            sleep(POLL).await;
        }
    }

    /// Extends the lock repeatedly; returns when it is lost. A failing port is retried for as long
    /// as the lease is valid.
    async fn extended(&self, lock: &ProvisionLock) -> ProvisionError {
        const EVERY: Duration = Duration::from_secs(10);
        const AGAIN: Duration = Duration::from_secs(1);
        let (mut stands_until, mut wait) = (Instant::now() + LEASE, EVERY);
        loop {
            sleep(wait).await;
            let asked_at = Instant::now();
            match self.ports.stores.extend(lock, LEASE).await {
                Ok(true) => (stands_until, wait) = (asked_at + LEASE, EVERY),
                Ok(false) => return ProvisionError::Busy(lock.store.clone()),
                Err(error) if Instant::now() >= stands_until => return error.into(),
                Err(error) => {
                    tracing::warn!(%error, store = %lock.store, "the lock is not extended yet");
                    wait = AGAIN;
                }
            }
        }
    }
}

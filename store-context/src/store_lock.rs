//! Holds a store's lock while its account is provisioned, moved, rotated or offboarded.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep};

use crate::model::StoreId;
use crate::ports::{PortError, ProvisionLock, Stores};

/// The lease of a lock; it is extended while the work continues.
const LEASE: Duration = Duration::from_secs(30);

/// The maximum wait for another process's lock, longer than the lease of an unextended one.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The reason why a lock was not taken, or was lost.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process holds it.
    Busy(StoreId),
    Port(PortError),
}

impl From<PortError> for LockError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// Runs work on a store under the store's lock. If the future is dropped, the lock ends with its
/// lease.
pub(crate) async fn locked<T, E: From<LockError>>(
    stores: &dyn Stores,
    id: &StoreId,
    patience: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let lock = take(stores, id, patience).await?;
    // The lock is checked first: a process that was suspended for longer than its lease must not
    // continue before that.
    let done = match select(pin!(extended(stores, &lock)), pin!(work)).await {
        Either::Left((lost, _)) => return Err(lost.into()),
        Either::Right((done, _)) => done,
    };
    if let Err(error) = stores.unlock(&lock).await {
        tracing::warn!(%error, store = %id, "the lock is not given back; it ends with its lease");
    }
    done
}

/// Takes the lock, and waits while another process holds it.
async fn take(
    stores: &dyn Stores,
    id: &StoreId,
    patience: Duration,
) -> Result<ProvisionLock, LockError> {
    const POLL: Duration = Duration::from_secs(1);
    let until = Instant::now() + patience;
    loop {
        if let Some(lock) = stores.lock(id, LEASE).await? {
            return Ok(lock);
        }
        if Instant::now() >= until {
            return Err(LockError::Busy(id.clone()));
        }
        sleep(POLL).await;
    }
}

/// Extends the lock repeatedly; returns when it is lost. A failing port is retried for as long as
/// the lease is valid.
async fn extended(stores: &dyn Stores, lock: &ProvisionLock) -> LockError {
    const EVERY: Duration = Duration::from_secs(10);
    const AGAIN: Duration = Duration::from_secs(1);
    let (mut stands_until, mut wait) = (Instant::now() + LEASE, EVERY);
    loop {
        sleep(wait).await;
        let asked_at = Instant::now();
        match stores.extend(lock, LEASE).await {
            Ok(true) => (stands_until, wait) = (asked_at + LEASE, EVERY),
            Ok(false) => return LockError::Busy(lock.store.clone()),
            Err(error) if Instant::now() >= stands_until => return error.into(),
            Err(error) => {
                tracing::warn!(%error, store = %lock.store, "the lock is not extended yet");
                wait = AGAIN;
            }
        }
    }
}

//! Holds a store's lock while it is provisioned.

use std::future::Future;
use std::time::Duration;

use super::{ProvisionError, Provisioner};
use crate::model::StoreId;
pub(super) use crate::store_lock::PATIENCE;
use crate::store_lock::{LockError, locked};

impl Provisioner {
    /// Runs work on a store under the store's lock. If the future is dropped, the lock ends with
    /// its lease.
    pub(super) async fn locked<T>(
        &self,
        id: &StoreId,
        patience: Duration,
        work: impl Future<Output = Result<T, ProvisionError>>,
    ) -> Result<T, ProvisionError> {
        locked(&*self.ports.stores, id, patience, work).await
    }
}

impl From<LockError> for ProvisionError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy(store) => Self::Busy(store),
            LockError::Port(error) => error.into(),
        }
    }
}

//! The error of provisioning.

use chatwoot_client::{AccountId, Error};

use super::access::AccessError;
use super::plan::{PlanAction, PlanEntry, ProvisionPlan};
use crate::accounts::ClientsError;
use crate::model::StoreId;
use crate::ports::PortError;
use crate::store_lock::LockError;

/// The reason why a store was not fully provisioned; running it again resumes from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Chatwoot refused a request or did not respond.
    #[error("at the step `{step}`: {source}")]
    Chatwoot {
        /// The step that failed.
        step: &'static str,
        /// The error of the call to Chatwoot.
        source: Error,
    },
    /// The saved account does not exist, or does not belong to this platform app. After
    /// [`StoreRecord::forget_account`](crate::ports::StoreRecord::forget_account) the next
    /// provisioning creates another.
    #[error(
        "account {0} of this store cannot be opened with the platform token: it was deleted, or \
         another platform app made it; StoreRecord::forget_account has a new one made"
    )]
    AccountGone(AccountId),
    /// The store has no account in Chatwoot yet, and without a platform app's token none is created.
    #[error(
        "store {0} is not provisioned: run a Provisioner with a platform token for it, or \
         Provisioner::adopt with the store's own account"
    )]
    NotProvisioned(StoreId),
    /// The store is suspended or leaving: Chatwoot is not called for it.
    #[error("store {0} is suspended or being offboarded: resume it first")]
    Inactive(StoreId),
    /// The token cannot provision the store's own account.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Resources are in conflict, and none of the account's resources was changed.
    #[error("nothing was provisioned: {}", reasons(.0))]
    Conflict(Box<ProvisionPlan>),
    /// The configuration names no domain for the administrators of created accounts.
    #[error("accounts cannot be created without ProvisionConfig::administrator_domain")]
    NoAdministratorDomain,
    /// There is no client for the store's Chatwoot server.
    #[error(transparent)]
    Client(#[from] ClientsError),
    /// Another process is provisioning the store.
    #[error("store {0} is being provisioned by another process: try again when that is done")]
    Busy(StoreId),
    /// Another process changed the store's account or removed the store meanwhile.
    #[error("store {0} was given another account meanwhile: provision it again")]
    Interfered(StoreId),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A response lacks a value that the next step needs.
    #[error("at the step `{step}`: the answer has no {what}: is this Chatwoot 4.11.2 or later?")]
    Lacking {
        /// The step that failed.
        step: &'static str,
        /// The missing value.
        what: &'static str,
    },
}

impl From<LockError> for ProvisionError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy(store) => Self::Busy(store),
            LockError::Port(error) => error.into(),
        }
    }
}

/// Adds the step to an error of Chatwoot.
pub(super) trait AtStep<T> {
    fn at(self, step: &'static str) -> Result<T, ProvisionError>;
}

impl<T> AtStep<T> for Result<T, Error> {
    fn at(self, step: &'static str) -> Result<T, ProvisionError> {
        self.map_err(|source| ProvisionError::Chatwoot { step, source })
    }
}

fn reasons(plan: &ProvisionPlan) -> String {
    let reason = |entry: &PlanEntry| match &entry.action {
        PlanAction::Conflict(reason) => format!("{}: {reason}", entry.what),
        _ => entry.what.clone(),
    };
    plan.conflicts().map(reason).collect::<Vec<_>>().join("; ")
}

//! A store's life after it was provisioned: suspend and resume, move to another public URL, rotate
//! tokens, secrets and URLs, offboard.
//!
//! Each action is safe to repeat: one that was cut off at any point, also because its process was
//! killed, is finished by calling it again, in any process. Each is entered into the audit trail.

mod offboard;
mod repoint;
mod repoint_report;
mod rotate;
mod user_token;
mod webhooks;

use chatwoot_client::Error;
use jiff::Timestamp;

pub use self::offboard::OffboardReceipt;
pub use self::repoint::RepointConfig;
pub use self::repoint_report::{
    AddressChange, RepointPlan, RepointPlans, RepointReport, Repointed,
};
pub use self::user_token::UserTokenRotation;
use crate::accounts::{Accounts, StoreAccountError};
use crate::doctor::RoundTripError;
use crate::model::StoreId;
use crate::ports::{
    AuditAction, AuditEntry, AuditSubject, PortError, PortResult, Ports, StoreRecord, Suspension,
};
use crate::store_lock::{self, LockError};

/// The reason why an action was not finished; calling it again continues.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot refused a request or did not respond.
    #[error("at the step `{step}`: {source}")]
    Chatwoot {
        /// The step that failed.
        step: &'static str,
        /// The error of the call to Chatwoot.
        source: Error,
    },
    /// Another process holds the store's lock: it is provisioning, moving or rotating it.
    #[error("another process works on store {0}: try again when that is done")]
    Busy(StoreId),
    /// The store has no webhook in Chatwoot.
    #[error("store {0} has no webhook in Chatwoot: provision it")]
    NoWebhook(StoreId),
    /// The webhook or the panel in Chatwoot has a URL that is not the store's, so it is not known
    /// what it is for; it was not changed.
    #[error("the {what} of store {store} in Chatwoot has a URL that is not its own: provision it")]
    ForeignUrl {
        /// The store.
        store: StoreId,
        /// `webhook` or `panel`.
        what: &'static str,
    },
    /// The store was never moved, so there is no way back.
    #[error("store {0} was not moved: there is nothing to undo")]
    NotMoved(StoreId),
    /// No webhook arrived at the URL that the store was moved to.
    #[error("the new URL is not verified: {0}")]
    Unverified(#[from] RoundTripError),
    /// A response lacks a value that the next step needs.
    #[error("at the step `{step}`: the answer has no {what}: is this Chatwoot 4.11.2 or later?")]
    Lacking {
        /// The step that failed.
        step: &'static str,
        /// The missing value.
        what: &'static str,
    },
    /// The stored token is not accepted any more, and no other way to a new one was given.
    #[error(
        "Chatwoot refuses the token of store {0}: pass the platform app's handle, or store a new \
         token with `Lifecycle::replace_user_token`"
    )]
    TokenRefused(StoreId),
    /// The new token is not that of an administrator of the store's account.
    #[error("the token belongs to no administrator of account {account} of store {store}")]
    NotAdministrator {
        /// The store.
        store: StoreId,
        /// The account.
        account: chatwoot_client::AccountId,
    },
    /// Some contacts cannot be deleted yet because they have the widget open.
    #[error(
        "{left} contacts of store {store} are online and cannot be deleted yet: offboard it again \
         in some minutes"
    )]
    Online {
        /// The store.
        store: StoreId,
        /// The number of contacts.
        left: u64,
    },
    /// The store is being offboarded with another policy.
    #[error("store {0} is being offboarded with another policy: finish that one")]
    OtherPolicy(StoreId),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<LockError> for LifecycleError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy(store) => Self::Busy(store),
            LockError::Port(error) => error.into(),
        }
    }
}

/// Adds the step to an error of Chatwoot.
trait AtStep<T> {
    fn at(self, step: &'static str) -> Result<T, LifecycleError>;
}

impl<T> AtStep<T> for Result<T, Error> {
    fn at(self, step: &'static str) -> Result<T, LifecycleError> {
        self.map_err(|source| LifecycleError::Chatwoot { step, source })
    }
}

/// Suspends, moves, rotates and offboards stores.
///
/// ```
/// # use store_context::accounts::Accounts;
/// # use store_context::model::StoreId;
/// # use store_context::ports::Ports;
/// use store_context::lifecycle::{Lifecycle, LifecycleError};
///
/// # async fn example(accounts: Accounts, ports: Ports, store: StoreId) -> Result<(), LifecycleError> {
/// let lifecycle = Lifecycle::new(accounts, ports);
/// lifecycle.suspend(&store, "unpaid").await?;
/// lifecycle.resume(&store).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Lifecycle {
    accounts: Accounts,
    ports: Ports,
}

impl Lifecycle {
    /// Creates the service of a host.
    pub const fn new(accounts: Accounts, ports: Ports) -> Self {
        Self { accounts, ports }
    }

    /// Suspends a store: from now on its Chatwoot is not called and no handler runs for it, in any
    /// process. Calls and handlers that run already end on their own.
    ///
    /// Nothing is lost: deliveries are still verified and stored, and wanted syncs stay wanted.
    /// [`Accounts::open`] returns [`StoreAccountError::Suspended`]. A store that is suspended
    /// already keeps its reason.
    ///
    /// # Errors
    /// Returns an error if the store is not known or a port failed.
    pub async fn suspend(
        &self,
        store: &StoreId,
        reason: impl Into<String>,
    ) -> Result<(), LifecycleError> {
        let suspension = Suspension { since: self.ports.clock.now(), reason: reason.into() };
        let suspend = |record: &mut StoreRecord| {
            record.lifecycle.suspended.get_or_insert_with(|| suspension.clone());
        };
        self.accounts.update(store, suspend).await?;
        self.audit(store, AuditAction::Suspend, AuditSubject::Store).await?;
        tracing::info!(%store, "the store is suspended");
        Ok(())
    }

    /// Makes a suspended store active again: what waited is worked on, and the store is reconciled
    /// at once. Other processes notice it within half a minute.
    ///
    /// # Errors
    /// Returns an error if the store is not known or a port failed.
    pub async fn resume(&self, store: &StoreId) -> Result<(), LifecycleError> {
        self.accounts.update(store, |record| record.lifecycle.suspended = None).await?;
        self.accounts.note_active(store);
        // A pause of the time before says nothing about now.
        self.ports.sync.resume(store).await?;
        self.ports.webhooks.schedule(std::slice::from_ref(store)).await?;
        self.ports.webhooks.hurry(store).await?;
        self.audit(store, AuditAction::Resume, AuditSubject::Store).await?;
        tracing::info!(%store, "the store is active again");
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Runs work on a known store under the store's lock.
    async fn locked<T>(
        &self,
        store: &StoreId,
        work: impl Future<Output = Result<T, LifecycleError>>,
    ) -> Result<T, LifecycleError> {
        // The lock of an unknown store would be waited for.
        self.accounts.record(store).await?;
        store_lock::locked(&*self.ports.stores, store, store_lock::PATIENCE, work).await
    }

    async fn audit(
        &self,
        store: &StoreId,
        action: AuditAction,
        subject: AuditSubject,
    ) -> PortResult<()> {
        let entry = AuditEntry::new(store, "store-context/lifecycle", action, subject);
        self.ports.audit.append(&[entry]).await
    }

    /// Enters the rotation of a secret.
    async fn rotated(&self, store: &StoreId, secret: &str) -> PortResult<()> {
        self.audit(store, AuditAction::Rotate, AuditSubject::Secret(secret.to_owned())).await
    }
}

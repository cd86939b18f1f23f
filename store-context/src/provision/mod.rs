//! Provisions a store's account in Chatwoot: account, administrator, team, labels, attributes,
//! inboxes, webhook, panel.
//!
//! Provisioning is declarative and changes only what differs, so it can run on every deployment.
//! Each created resource is saved at once: an interrupted run resumes where it stopped.

mod account;
mod administrator;
mod attributes;
mod config;
mod email_domain;
mod inboxes;
mod lock;
mod panel;
mod report;
mod rotation;
mod team;
mod webhook;

use chatwoot_client::types::PlatformToken;
use chatwoot_client::{Account, Client, Error, Platform, UserId};
use jiff::Timestamp;
use url::Url;

pub use self::config::ProvisionConfig;
pub use self::email_domain::{EmailDomain, InvalidEmailDomain};
pub use self::report::{ProvisionReport, Step, StepOutcome};
pub use self::rotation::{PanelRotation, RotateConfig, Rotated};
pub use self::webhook::WEBHOOK_SUBSCRIPTIONS;
use crate::accounts::{Accounts, ClientsError};
use crate::identity::random_key;
use crate::model::{Store, StoreId};
use crate::ports::{
    AddressToken, AuditAction, AuditEntry, AuditSubject, Expiring, PortError, PortFailure,
    PortResult, Ports, StoreCredentials, StoreRecord,
};

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
    /// [`StoreRecord::forget_account`] the next provisioning creates another.
    #[error(
        "account {0} of this store cannot be opened with the platform token: it was deleted, or \
         another platform app made it; StoreRecord::forget_account has a new one made"
    )]
    AccountGone(chatwoot_client::AccountId),
    /// The store has no account in Chatwoot yet.
    #[error("store {0} is not provisioned: run the Provisioner for it first")]
    NotProvisioned(StoreId),
    /// The store is suspended or leaving: Chatwoot is not called for it.
    #[error("store {0} is suspended or being offboarded: resume it first")]
    Inactive(StoreId),
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

/// Adds the step to an error of Chatwoot.
trait AtStep<T> {
    fn at(self, step: &'static str) -> Result<T, ProvisionError>;
}

impl<T> AtStep<T> for Result<T, Error> {
    fn at(self, step: &'static str) -> Result<T, ProvisionError> {
        self.map_err(|source| ProvisionError::Chatwoot { step, source })
    }
}

/// Provisions stores on one Chatwoot server, with a platform app's token.
#[derive(Clone, Debug)]
pub struct Provisioner {
    base_url: Url,
    client: Client,
    platform: Platform,
    ports: Ports,
    config: ProvisionConfig,
}

impl Provisioner {
    /// Creates a provisioner of accounts on the Chatwoot server at `base_url`, with the token of a
    /// platform app there.
    ///
    /// # Errors
    /// Returns an error if there is no client for the base URL.
    pub fn new(
        accounts: &Accounts,
        base_url: Url,
        platform_token: impl Into<PlatformToken>,
        ports: Ports,
        config: ProvisionConfig,
    ) -> Result<Self, ClientsError> {
        let client = accounts.clients().get(&base_url)?;
        let platform = client.platform(platform_token);
        Ok(Self { base_url, client, platform, ports, config })
    }

    /// Creates or updates the store's account and its resources, and returns a report of the steps.
    ///
    /// It holds the store's lock ([`Stores::lock`](crate::ports::Stores::lock)) meanwhile. While
    /// another process holds it, it waits up to a minute, which is longer than the lease of a
    /// process that was killed.
    ///
    /// A store whose account is on another Chatwoot server than this provisioner's gets a new
    /// account on this one, with new keys, secrets and URLs: those of the old account become
    /// invalid.
    ///
    /// # Errors
    /// Returns an error if Chatwoot or a port failed, or the store is busy.
    pub async fn provision(&self, store: &Store) -> Result<ProvisionReport, ProvisionError> {
        self.ports.stores.put(store).await?;
        self.locked(&store.id, lock::PATIENCE, Box::pin(async {
            let mut run = self.start(store).await?;
            run.settle_server().await?;
            run.addresses().await?;
            let account = run.account().await?;
            let administrator = run.administrator(account).await?;
            let account = run.handle(account)?;
            run.team(&account, administrator).await?;
            run.labels(&account).await?;
            run.attributes(&account).await?;
            run.inboxes(&account, administrator).await?;
            run.webhook(&account).await?;
            run.panel(&account).await?;
            // The round may have failed because a resource was missing that exists now.
            self.ports.webhooks.hurry(&store.id).await?;
            if run.report.changed() > 0 {
                self.audit(&store.id, AuditAction::Provision, AuditSubject::Store).await?;
            }
            tracing::info!(store = %store.id, changed = run.report.changed(), "store provisioned");
            Ok(run.report)
        }))
        .await
    }

    /// Writes to the audit trail what was changed.
    async fn audit(
        &self,
        store: &StoreId,
        action: AuditAction,
        subject: AuditSubject,
    ) -> PortResult<()> {
        let entry = AuditEntry::new(store, "store-context/provision", action, subject);
        self.ports.audit.append(&[entry]).await
    }

    /// Reads the store's record.
    async fn start<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let kept = self.ports.stores.open(&store.id).await?;
        let kept = kept.ok_or_else(|| ProvisionError::NotProvisioned(store.id.clone()))?;
        if !kept.lifecycle.is_active() {
            return Err(ProvisionError::Inactive(store.id.clone()));
        }
        let report = ProvisionReport::new(store.id.clone());
        Ok(Run { provisioner: self, store, kept, report })
    }
}

/// One provisioning of one store.
struct Run<'a> {
    provisioner: &'a Provisioner,
    store: &'a Store,
    /// The store's record, as of the last read or change.
    kept: StoreRecord,
    report: ProvisionReport,
}

impl Run<'_> {
    /// Ensures that the record belongs to this provisioner's server: resources on another server
    /// are removed from it.
    async fn settle_server(&mut self) -> Result<(), ProvisionError> {
        let base_url = &self.provisioner.base_url;
        let known = self.kept.account.base_url.as_ref();
        if known.is_some_and(|known| same_server(known, base_url)) {
            return Ok(());
        }
        if known.is_some() {
            tracing::warn!(store = %self.store.id, "the store moves to another Chatwoot");
        }
        self.keep(|kept| {
            kept.forget_account();
            kept.account.base_url = Some(base_url.clone());
        })
        .await
    }

    /// Creates keys and URLs first, and schedules the reconciler: from here on no event is missed.
    /// Replaced secrets that have expired are dropped.
    async fn addresses(&mut self) -> Result<(), ProvisionError> {
        let now = self.provisioner.ports.clock.now();
        if !is_complete(&self.kept.credentials) || has_expired(&self.kept.credentials, now) {
            let (webhook, panel) = (random_address()?, random_address()?);
            let (identifier_key, proof_key) = (random_key()?, random_key()?);
            self.keep(|kept| {
                let kept = &mut kept.credentials;
                kept.webhook_address.get_or_insert_with(|| webhook.clone());
                kept.panel_address.get_or_insert_with(|| panel.clone());
                kept.identifier_key.get_or_insert_with(|| identifier_key.clone());
                kept.proof_key.get_or_insert_with(|| proof_key.clone());
                drop_expired(kept, now);
            })
            .await?;
        }
        let store = std::slice::from_ref(&self.store.id);
        self.provisioner.ports.webhooks.schedule(store).await?;
        Ok(())
    }

    fn handle(&self, id: chatwoot_client::AccountId) -> Result<Account, ProvisionError> {
        let token = self.kept.credentials.user_token.as_ref();
        let token = token.filter(|token| token.is_for(&self.provisioner.base_url));
        let token =
            token.ok_or(ProvisionError::Lacking { step: "administrator", what: "token" })?;
        Ok(self.provisioner.client.account(id, token.token.clone()))
    }

    /// Changes the store's record with a minimal change, so that a concurrent change is preserved.
    async fn keep(
        &mut self,
        mut change: impl FnMut(&mut StoreRecord) + Send,
    ) -> Result<(), ProvisionError> {
        let (base_url, id) = (&self.kept.account.base_url, self.kept.account.account);
        let changed = |record: &mut StoreRecord| {
            let same = record.account.base_url == *base_url && record.account.account == id;
            if same {
                change(record);
            }
            same
        };
        match self.provisioner.ports.stores.update(&self.store.id, changed).await? {
            Some((kept, true)) => self.kept = kept,
            _ => return Err(ProvisionError::Interfered(self.store.id.clone())),
        }
        Ok(())
    }

    fn done(&mut self, what: impl Into<String>, outcome: StepOutcome) {
        self.report.push(what.into(), outcome);
    }
}

fn random_address() -> PortResult<AddressToken> {
    AddressToken::random().map_err(PortFailure::into_error)
}

/// Returns whether no key and no URL is missing.
fn is_complete(kept: &StoreCredentials) -> bool {
    kept.webhook_address.is_some()
        && kept.panel_address.is_some()
        && kept.identifier_key.is_some()
        && kept.proof_key.is_some()
}

fn is_over<T>(replaced: Option<&Expiring<T>>, now: Timestamp) -> bool {
    replaced.is_some_and(|replaced| replaced.at(now).is_none())
}

/// Returns whether a replaced secret has expired. A panel's URL is not dropped: Chatwoot may still
/// use it, and the next rotation continues from it.
fn has_expired(kept: &StoreCredentials, now: Timestamp) -> bool {
    is_over(kept.previous_webhook_secret.as_ref(), now)
        || is_over(kept.previous_webhook_address.as_ref(), now)
        || is_over(kept.previous_proof_key.as_ref(), now)
}

fn drop_expired(kept: &mut StoreCredentials, now: Timestamp) {
    kept.previous_webhook_secret.take_if(|replaced| replaced.at(now).is_none());
    kept.previous_webhook_address.take_if(|replaced| replaced.at(now).is_none());
    kept.previous_proof_key.take_if(|replaced| replaced.at(now).is_none());
}

/// Returns whether two base URLs belong to one Chatwoot server; a trailing slash makes no
/// difference.
fn same_server(one: &Url, other: &Url) -> bool {
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
}

/// Returns whether a user is missing from a list of agents.
fn missing(of: UserId, among: &[chatwoot_client::application::agents::Agent]) -> bool {
    among.iter().all(|agent| agent.id != of)
}

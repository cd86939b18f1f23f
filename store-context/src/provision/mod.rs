//! Gives a store its account: account, administrator, team, labels, attributes, inboxes, webhook, panel.
//!
//! Provisioning says what is wanted and changes only what differs, so it can be run on every
//! deployment. What it made is remembered step by step: cut short, it goes on where it stopped.

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
use crate::accounts::{Accounts, ClientsError};
use crate::identity::random_key;
use crate::model::{Store, StoreId};
use crate::ports::{
    AddressToken, Expiring, PortError, PortFailure, PortResult, Ports, StoreCredentials,
    StoreRecord,
};

/// Why a store was not provisioned to the end; running it again goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Chatwoot refused or did not answer.
    #[error("at the step `{step}`: {source}")]
    Chatwoot {
        /// Which step.
        step: &'static str,
        /// What Chatwoot said.
        source: Error,
    },
    /// The remembered account is not there, or not this platform app's.
    /// [`StoreRecord::forget_account`] has the next provisioning make another.
    #[error(
        "account {0} of this store cannot be opened with the platform token: it was deleted, or \
         another platform app made it; StoreRecord::forget_account has a new one made"
    )]
    AccountGone(chatwoot_client::AccountId),
    /// The store has nothing in Chatwoot yet.
    #[error("store {0} is not provisioned: run the Provisioner for it first")]
    NotProvisioned(StoreId),
    /// Somebody else provisions the store now.
    #[error("store {0} is being provisioned by another process: try again when that is done")]
    Busy(StoreId),
    /// Somebody gave the store another account meanwhile, or removed it.
    #[error("store {0} was given another account meanwhile: provision it again")]
    Interfered(StoreId),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// An answer lacks what the next step needs.
    #[error("at the step `{step}`: the answer has no {what}: is this Chatwoot 4.11.2 or later?")]
    Lacking {
        /// Which step.
        step: &'static str,
        /// What is missing.
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

/// Provisions stores on one Chatwoot, with a platform app's token.
#[derive(Clone, Debug)]
pub struct Provisioner {
    base_url: Url,
    client: Client,
    platform: Platform,
    ports: Ports,
    config: ProvisionConfig,
}

impl Provisioner {
    /// Creates a provisioner of accounts on the Chatwoot at `base_url`, with the token of a platform
    /// app there.
    ///
    /// # Errors
    /// There is no client for the base URL.
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

    /// Makes the store's account what it should be, and says what had to be done for it.
    ///
    /// It holds the store's lock ([`Stores::lock`](crate::ports::Stores::lock)) meanwhile. Where
    /// another process holds it, it waits a minute, which is longer than a process that was killed
    /// holds one.
    ///
    /// A store whose account is on another Chatwoot than this provisioner's gets a new account on
    /// this one, with new keys, secrets and addresses: nothing of the old account counts any more.
    ///
    /// # Errors
    /// Chatwoot or a port failed, or the store is busy.
    pub async fn provision(&self, store: &Store) -> Result<ProvisionReport, ProvisionError> {
        self.ports.stores.put(store).await?;
        self.locked(&store.id, lock::PATIENCE, async {
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
            tracing::info!(store = %store.id, changed = run.report.changed(), "store provisioned");
            Ok(run.report)
        })
        .await
    }

    /// What is remembered of a store.
    async fn start<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let kept = self.ports.stores.open(&store.id).await?;
        let kept = kept.ok_or_else(|| ProvisionError::NotProvisioned(store.id.clone()))?;
        let report = ProvisionReport::new(store.id.clone());
        Ok(Run { provisioner: self, store, kept, report })
    }
}

/// One provisioning of one store.
struct Run<'a> {
    provisioner: &'a Provisioner,
    store: &'a Store,
    /// What is kept of the store, as of the last read or change.
    kept: StoreRecord,
    report: ProvisionReport,
}

impl Run<'_> {
    /// Has the record be one of this provisioner's Chatwoot: what was made on another is forgotten.
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

    /// Keys and addresses first, and the reconciler's cursor: from here on nothing is missed. A
    /// secret that was replaced and is not taken any more is dropped.
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
        let ledger = &self.provisioner.ports.webhooks;
        if ledger.cursor(&self.store.id).await?.is_none() {
            ledger.set_cursor(&self.store.id, now).await?;
        }
        Ok(())
    }

    fn handle(&self, id: chatwoot_client::AccountId) -> Result<Account, ProvisionError> {
        let token = self.kept.credentials.user_token.as_ref();
        let token = token.filter(|token| token.is_for(&self.provisioner.base_url));
        let token =
            token.ok_or(ProvisionError::Lacking { step: "administrator", what: "token" })?;
        Ok(self.provisioner.client.account(id, token.token.clone()))
    }

    /// Changes what is kept of the store: only this, so that a change by somebody else meanwhile is
    /// kept too.
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

/// Whether no key and no address is missing.
fn is_complete(kept: &StoreCredentials) -> bool {
    kept.webhook_address.is_some()
        && kept.panel_address.is_some()
        && kept.identifier_key.is_some()
        && kept.proof_key.is_some()
}

fn is_over<T>(replaced: Option<&Expiring<T>>, now: Timestamp) -> bool {
    replaced.is_some_and(|replaced| replaced.at(now).is_none())
}

/// Whether a secret is kept that was replaced and is not taken any more. A panel's address is not
/// dropped: Chatwoot may still show it, and the next rotation goes on from it.
fn has_expired(kept: &StoreCredentials, now: Timestamp) -> bool {
    is_over(kept.previous_webhook_secret.as_ref(), now)
        || is_over(kept.previous_proof_key.as_ref(), now)
}

fn drop_expired(kept: &mut StoreCredentials, now: Timestamp) {
    kept.previous_webhook_secret.take_if(|replaced| replaced.at(now).is_none());
    kept.previous_proof_key.take_if(|replaced| replaced.at(now).is_none());
}

/// Whether two base URLs are of one Chatwoot; a slash at the end makes no difference.
fn same_server(one: &Url, other: &Url) -> bool {
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
}

/// The users that are missing from a list of agents.
fn missing(of: UserId, among: &[chatwoot_client::application::agents::Agent]) -> bool {
    among.iter().all(|agent| agent.id != of)
}

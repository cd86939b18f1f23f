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
mod panel;
mod report;
mod rotation;
mod team;
mod webhook;

use chatwoot_client::types::PlatformToken;
use chatwoot_client::{Account, Client, Error, Platform, UserId};
use url::Url;

pub use self::config::ProvisionConfig;
pub use self::email_domain::{EmailDomain, InvalidEmailDomain};
pub use self::report::{ProvisionReport, Step, StepOutcome};
pub use self::rotation::{PanelRotation, RotateConfig, Rotated};
use crate::accounts::{Accounts, ClientsError};
use crate::identity::random_key;
use crate::model::{Store, StoreId};
use crate::ports::{AddressToken, PortError, Ports, StoreAccount, StoreCredentials, StoreRecord};

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
    #[error(
        "account {0} of this store cannot be opened with the platform token: it was deleted, or \
         another platform app made it; forget what the store has to make a new account"
    )]
    AccountGone(chatwoot_client::AccountId),
    /// The store has nothing in Chatwoot yet.
    #[error("store {0} is not provisioned: run the Provisioner for it first")]
    NotProvisioned(StoreId),
    /// Somebody else changed what is kept of the store meanwhile.
    #[error("what is kept of store {0} was changed meanwhile: provision it again")]
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
    /// One at a time per store: two at once would both make what is missing.
    pub async fn provision(&self, store: &Store) -> Result<ProvisionReport, ProvisionError> {
        self.ports.stores.put(store).await?;
        let mut run = self.start(store).await?;
        run.addresses().await?;
        let account = run.account().await?;
        let administrator = run.administrator(account).await?;
        let account = run.handle(account)?;
        run.team(&account, administrator).await?;
        run.labels(&account).await?;
        run.attributes(&account).await?;
        run.inboxes(&account, administrator).await?;
        run.webhook(&account).await?;
        run.panel(&account, self.ports.clock.now()).await?;
        tracing::info!(store = %store.id, changed = run.report.changed(), "store provisioned");
        Ok(run.report)
    }

    /// What is remembered of a store.
    async fn start<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let record = self.ports.stores.open(&store.id).await?;
        let mut record = record.ok_or_else(|| ProvisionError::NotProvisioned(store.id.clone()))?;
        let server = record.account.base_url.as_ref();
        if server.is_some_and(|base_url| !same_server(base_url, &self.base_url)) {
            tracing::warn!(store = %store.id, "the store moves to another Chatwoot; it begins anew");
            record.forget_account();
        }
        let StoreRecord { account: store_account, credentials, version, .. } = record;
        Ok(Run {
            provisioner: self,
            store,
            store_account,
            credentials,
            version,
            report: ProvisionReport::new(store.id.clone()),
        })
    }
}

/// One provisioning of one store.
struct Run<'a> {
    provisioner: &'a Provisioner,
    store: &'a Store,
    store_account: StoreAccount,
    credentials: StoreCredentials,
    version: u64,
    report: ProvisionReport,
}

impl Run<'_> {
    /// Keys and addresses first, and the reconciler's cursor: from here on nothing is missed.
    async fn addresses(&mut self) -> Result<(), ProvisionError> {
        let known = &mut self.credentials;
        let complete = known.webhook_address.is_some()
            && known.panel_address.is_some()
            && known.identifier_key.is_some()
            && known.proof_key.is_some();
        if !complete {
            known.webhook_address.get_or_insert(AddressToken::random()?);
            known.panel_address.get_or_insert(AddressToken::random()?);
            known.identifier_key.get_or_insert(random_key()?);
            known.proof_key.get_or_insert(random_key()?);
            self.keep().await?;
        }
        let ledger = &self.provisioner.ports.webhooks;
        if ledger.cursor(&self.store.id).await?.is_none() {
            ledger.set_cursor(&self.store.id, self.provisioner.ports.clock.now()).await?;
        }
        Ok(())
    }

    fn handle(&self, id: chatwoot_client::AccountId) -> Result<Account, ProvisionError> {
        let token = self.credentials.user_token.clone();
        let token =
            token.ok_or(ProvisionError::Lacking { step: "administrator", what: "token" })?;
        if !token.is_for(&self.provisioner.base_url) {
            return Err(ProvisionError::Lacking { step: "administrator", what: "token" });
        }
        Ok(self.provisioner.client.account(id, token.token))
    }

    /// Remembers what was made so far.
    async fn keep(&mut self) -> Result<(), ProvisionError> {
        self.store_account.base_url = Some(self.provisioner.base_url.clone());
        let record = StoreRecord {
            store: self.store.clone(),
            account: self.store_account.clone(),
            credentials: self.credentials.clone(),
            version: self.version,
        };
        let kept = self.provisioner.ports.stores.save(&record).await?;
        self.version = kept.ok_or_else(|| ProvisionError::Interfered(self.store.id.clone()))?;
        Ok(())
    }

    fn done(&mut self, what: impl Into<String>, outcome: StepOutcome) {
        self.report.push(what.into(), outcome);
    }
}

/// Whether two base URLs are of one Chatwoot; a slash at the end makes no difference.
fn same_server(one: &Url, other: &Url) -> bool {
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
}

/// The users that are missing from a list of agents.
fn missing(of: UserId, among: &[chatwoot_client::application::agents::Agent]) -> bool {
    among.iter().all(|agent| agent.id != of)
}

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

use chatwoot_client::{Account, Client, Error, Platform, UserId};
use jiff::Timestamp;

pub use self::config::ProvisionConfig;
pub use self::email_domain::{EmailDomain, InvalidEmailDomain};
pub use self::report::{ProvisionReport, Step, StepOutcome};
pub use self::rotation::{PanelRotation, RotateConfig, Rotated};
use crate::identity::random_key;
use crate::model::{Store, StoreId};
use crate::ports::{AddressToken, PortError, Ports, StoreAccount, StoreCredentials};

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

/// Provisions stores with a platform app's token.
#[derive(Clone, Debug)]
pub struct Provisioner {
    client: Client,
    platform: Platform,
    ports: Ports,
    config: ProvisionConfig,
}

impl Provisioner {
    /// A provisioner between the host's ports and a Chatwoot.
    pub fn new(client: Client, platform: Platform, ports: Ports, config: ProvisionConfig) -> Self {
        Self { client, platform, ports, config }
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
        run.panel(&account, Timestamp::now()).await?;
        tracing::info!(store = %store.id, changed = run.report.changed(), "store provisioned");
        Ok(run.report)
    }

    /// What is remembered of a store.
    async fn start<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        Ok(Run {
            provisioner: self,
            store,
            store_account: self.ports.stores.account(&store.id).await?,
            credentials: self.ports.credentials.get(&store.id).await?,
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
            ledger.set_cursor(&self.store.id, Timestamp::now()).await?;
        }
        Ok(())
    }

    fn handle(&self, id: chatwoot_client::AccountId) -> Result<Account, ProvisionError> {
        let token = self.credentials.user_token.clone();
        let token =
            token.ok_or(ProvisionError::Lacking { step: "administrator", what: "token" })?;
        Ok(self.provisioner.client.account(id, token))
    }

    /// Remembers what was made so far.
    async fn keep(&self) -> Result<(), ProvisionError> {
        let Ports { stores, credentials, .. } = &self.provisioner.ports;
        stores.put_account(&self.store.id, &self.store_account).await?;
        credentials.put(&self.store.id, &self.credentials).await?;
        Ok(())
    }

    fn done(&mut self, what: impl Into<String>, outcome: StepOutcome) {
        self.report.push(what.into(), outcome);
    }
}

/// The users that are missing from a list of agents.
fn missing(of: UserId, among: &[chatwoot_client::application::agents::Agent]) -> bool {
    among.iter().all(|agent| agent.id != of)
}

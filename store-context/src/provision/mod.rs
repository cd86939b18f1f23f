//! Provisions a store's account in Chatwoot: account, administrator, team, labels, attributes,
//! inboxes, webhook, panel.
//!
//! Provisioning is declarative and changes only what differs, so it can run on every deployment.
//! Each created resource is saved at once: an interrupted run resumes where it stopped.
//!
//! There are two kinds of accounts. With the token of a platform app
//! ([`Provisioner::new`]) provisioning creates the account and its administrator. With an
//! administrator's token ([`Provisioner::adopt`]) it uses an account that exists; it changes neither
//! the account's own settings nor its users. Every other step is the same, and a host chooses its
//! [`Steps`].
//!
//! [`Provisioner::plan`] returns what provisioning would do, and sends only reads.
//! [`Provisioner::provision`] computes the same plan and applies it. While an entry of the plan is
//! in conflict, it changes none of the account's resources.
//!
//! # Adoption
//!
//! A resource that exists is used instead of a new one by these rules:
//!
//! | resource | found by | managed |
//! |---|---|---|
//! | team | its name in lower case, else the saved id | the name |
//! | label | its title in lower case | nothing |
//! | attribute | its key | name, description, type, values |
//! | inbox | the saved id, else its kind with the store's name for it, with the website (website inbox) or with the support address (email inbox) | all that the store declares |
//! | inbox of [`InboxStep::Existing`] or [`InboxStep::Named`] | that id or name | what the engine needs |
//! | webhook | its exact URL, else the saved id | the URL and the subscriptions |
//! | dashboard app | the saved id, else its exact URL | the URL and the title |
//!
//! - Several inboxes that fit are a conflict, and so is an inbox with the right name of another
//!   kind. The plan says what to do.
//! - In an adopted account, an inbox that is not found by its saved id and differs from what
//!   provisioning would create is *adopted*: it keeps its name and the agents' settings, except
//!   those that the engine needs. These are `hmac_mandatory` of website and API inboxes, without
//!   which a page could name any customer. An adopted inbox stays adopted.
//! - A webhook or dashboard app with another URL is never touched, unless its id is saved.
//! - An *orphan* is a resource that provisioning created and that is no longer wanted: its id is
//!   saved, it is not adopted, and its step is left out or uses another one; or it is a webhook or
//!   dashboard app with a URL below [`ProvisionConfig::public_url`] that belongs to no other store.
//!   Provisioning never deletes one; [`Provisioner::delete_orphans`] does.

mod access;
mod account;
mod administrator;
mod adopt;
mod attributes;
mod config;
mod email_domain;
mod error;
mod inbox_settings;
mod inboxes;
mod orphans;
mod panel;
mod plan;
mod report;
mod rotation;
mod run;
mod steps;
mod team;
mod webhook;

use std::time::Duration;

use chatwoot_client::types::PlatformToken;
use chatwoot_client::{Client, Platform};
use url::Url;

pub use self::access::{AccessError, TokenAccess};
pub use self::adopt::OwnAccount;
pub use self::config::ProvisionConfig;
pub use self::email_domain::{EmailDomain, InvalidEmailDomain};
use self::error::AtStep;
pub use self::error::ProvisionError;
pub use self::plan::{FieldChange, PlanAction, PlanEntry, ProvisionPlan, ResourceKind};
pub use self::report::{ProvisionReport, Step, StepOutcome};
pub use self::rotation::{PanelRotation, RotateConfig, Rotated};
use self::run::{Desk, Run, member, missing, random_address, read, same_server};
pub use self::steps::{InboxStep, Steps};
pub use self::webhook::{WEBHOOK_EVENTS, WEBHOOK_SUBSCRIPTIONS, WebhookEvent};
use crate::accounts::{Accounts, Clients, ClientsError};
use crate::model::{Store, StoreId};
use crate::ports::{AuditAction, AuditEntry, AuditSubject, PortResult, Ports, StoreRecord};
use crate::store_lock::{PATIENCE, locked};

/// Provisions stores: on one Chatwoot server with a platform app's token, and in accounts of the
/// stores' own with an administrator's token each.
#[derive(Clone, Debug)]
pub struct Provisioner {
    clients: Clients,
    /// The server on which accounts are created.
    server: Option<Server>,
    ports: Ports,
    config: ProvisionConfig,
}

#[derive(Clone, Debug)]
struct Server {
    base_url: Url,
    client: Client,
    platform: Platform,
}

impl Provisioner {
    /// Creates a provisioner of accounts on the Chatwoot server at `base_url`, with the token of a
    /// platform app there. It provisions adopted accounts too.
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
        let server = Some(Server { base_url, client, platform });
        Ok(Self { clients: accounts.clients().clone(), server, ports, config })
    }

    /// Creates a provisioner of accounts that exist, each on the store's own Chatwoot server:
    /// [`Provisioner::adopt`] saves a store's account. It creates no account.
    pub fn for_own_accounts(accounts: &Accounts, ports: Ports, config: ProvisionConfig) -> Self {
        Self { clients: accounts.clients().clone(), server: None, ports, config }
    }

    /// Returns the same provisioner with other steps, for stores that differ from the host's
    /// others.
    #[must_use]
    pub fn with_steps(&self, steps: Steps) -> Self {
        let config = ProvisionConfig { steps, ..self.config.clone() };
        Self { config, ..self.clone() }
    }

    /// Returns what [`Provisioner::provision`] would do now. It sends only reads, and saves
    /// nothing.
    ///
    /// The resources of an account whose administrator lacks a valid token or membership cannot be
    /// read; their entries are [`PlanAction::Unread`].
    ///
    /// # Errors
    /// Returns an error if Chatwoot or a port failed, or the store has no account and none can be
    /// created.
    ///
    /// ```
    /// # use store_context::{model::Store, provision::{ProvisionError, Provisioner}};
    /// # async fn example(provisioner: Provisioner, store: Store) -> Result<(), ProvisionError> {
    /// let plan = provisioner.plan(&store).await?;
    /// for conflict in plan.conflicts() {
    ///     println!("{}: {:?}", conflict.what, conflict.action);
    /// }
    /// if !plan.is_up_to_date() {
    ///     println!("{plan}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plan(&self, store: &Store) -> Result<ProvisionPlan, ProvisionError> {
        let mut run = self.start_dry(store).await?;
        run.plan_all().await?;
        Ok(run.plan)
    }

    /// Creates or updates the store's account and its resources, and returns a report of the steps:
    /// applies what [`Provisioner::plan`] returns.
    ///
    /// It holds the store's lock ([`Stores::lock`](crate::ports::Stores::lock)) meanwhile. While
    /// another process holds it, it waits up to a minute, which is longer than the lease of a
    /// process that was killed.
    ///
    /// A store whose account is on another Chatwoot server than this provisioner's gets a new
    /// account on this one, with new keys, secrets and URLs: those of the old account become
    /// invalid. An adopted account is kept, wherever it is.
    ///
    /// # Errors
    /// Returns an error if a resource is in conflict, Chatwoot or a port failed, or the store is
    /// busy.
    pub async fn provision(&self, store: &Store) -> Result<ProvisionReport, ProvisionError> {
        self.ports.stores.put(store).await?;
        let work = Box::pin(async {
            let mut run = self.start(store).await?;
            let Desk::Open(account, administrator) = run.desk().await? else {
                return Err(ProvisionError::Lacking { step: "administrator", what: "token" });
            };
            let planned = run.plan_resources(Some(&account), Some(administrator)).await?;
            if run.plan.conflicts().next().is_some() {
                return Err(ProvisionError::Conflict(Box::new(run.plan)));
            }
            run.apply(&account, administrator, planned).await?;
            // The round may have failed because a resource was missing that exists now.
            self.ports.webhooks.hurry(&store.id).await?;
            let report = ProvisionReport::new(run.plan);
            if report.changed() > 0 {
                self.audit(&store.id, AuditAction::Provision, AuditSubject::Store).await?;
            }
            tracing::info!(store = %store.id, changed = report.changed(), "store provisioned");
            Ok(report)
        });
        self.locked(&store.id, PATIENCE, work).await
    }

    /// Runs work on a store under the store's lock. If the future is dropped, the lock ends with
    /// its lease.
    async fn locked<T>(
        &self,
        id: &StoreId,
        patience: Duration,
        work: impl Future<Output = Result<T, ProvisionError>>,
    ) -> Result<T, ProvisionError> {
        locked(&*self.ports.stores, id, patience, work).await
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

    /// Reads the store's record, to apply the plan.
    async fn start<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let kept = self.ports.stores.open(&store.id).await?;
        let kept = kept.ok_or_else(|| ProvisionError::NotProvisioned(store.id.clone()))?;
        if !kept.lifecycle.is_active() {
            return Err(ProvisionError::Inactive(store.id.clone()));
        }
        Ok(self.run(store, kept, false))
    }

    /// Reads the store's record, if there is one, to plan only.
    async fn start_dry<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let kept = self.ports.stores.open(&store.id).await?;
        let kept = kept.unwrap_or_else(|| StoreRecord::new(store.clone()));
        Ok(self.run(store, kept, true))
    }

    fn run<'a>(&'a self, store: &'a Store, kept: StoreRecord, is_dry: bool) -> Run<'a> {
        let plan = ProvisionPlan::new(store.id.clone());
        Run { provisioner: self, store, kept, is_dry, plan, orphans: Vec::new() }
    }
}

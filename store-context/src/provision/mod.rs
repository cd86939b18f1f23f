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
mod inboxes;
mod lock;
mod orphans;
mod panel;
mod plan;
mod report;
mod rotation;
mod steps;
mod team;
mod webhook;

use std::future::IntoFuture;

use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::types::PlatformToken;
use chatwoot_client::{Account, AccountId, Client, Error, Platform, UserId, UserToken};
use jiff::Timestamp;
use url::Url;

pub use self::access::{AccessError, TokenAccess};
use self::administrator::Administrator;
pub use self::adopt::OwnAccount;
use self::attributes::PlannedAttribute;
pub use self::config::ProvisionConfig;
pub use self::email_domain::{EmailDomain, InvalidEmailDomain};
use self::inboxes::PlannedInbox;
use self::orphans::Orphan;
use self::panel::PlannedPanel;
pub use self::plan::{FieldChange, PlanAction, PlanEntry, ProvisionPlan, ResourceKind};
pub use self::report::{ProvisionReport, Step, StepOutcome};
pub use self::rotation::{PanelRotation, RotateConfig, Rotated};
pub use self::steps::{InboxStep, Steps};
use self::team::PlannedTeam;
use self::webhook::PlannedWebhook;
pub use self::webhook::{WEBHOOK_EVENTS, WEBHOOK_SUBSCRIPTIONS, WebhookEvent};
use crate::accounts::{Accounts, Clients, ClientsError};
use crate::identity::random_key;
use crate::model::{Store, StoreId};
use crate::ports::{
    AddressToken, AuditAction, AuditEntry, AuditSubject, Expiring, PortError, PortFailure,
    PortResult, Ports, StoreAccount, StoreCredentials, StoreRecord,
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
    AccountGone(AccountId),
    /// The store has no account in Chatwoot yet, and without a platform app's token none is created.
    #[error(
        "store {0} is not provisioned: run a Provisioner with a platform token for it, or \
         Provisioner::adopt with the store's own account"
    )]
    NotProvisioned(StoreId),
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

/// Adds the step to an error of Chatwoot.
trait AtStep<T> {
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
        self.locked(&store.id, lock::PATIENCE, async {
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
        })
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

    /// Reads the store's record, to apply the plan.
    async fn start<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let kept = self.ports.stores.open(&store.id).await?;
        let kept = kept.ok_or_else(|| ProvisionError::NotProvisioned(store.id.clone()))?;
        Ok(self.run(store, kept, false))
    }

    /// Reads the store's record, if there is one, to plan only.
    async fn start_dry<'a>(&'a self, store: &'a Store) -> Result<Run<'a>, ProvisionError> {
        let kept = self.ports.stores.open(&store.id).await?;
        let kept = kept.unwrap_or_else(|| StoreRecord {
            store: store.clone(),
            account: StoreAccount::default(),
            credentials: StoreCredentials::default(),
            version: 0,
        });
        Ok(self.run(store, kept, true))
    }

    fn run<'a>(&'a self, store: &'a Store, kept: StoreRecord, is_dry: bool) -> Run<'a> {
        let plan = ProvisionPlan::new(store.id.clone());
        Run { provisioner: self, store, kept, is_dry, plan, orphans: Vec::new() }
    }
}

/// One provisioning of one store, or the plan of one.
struct Run<'a> {
    provisioner: &'a Provisioner,
    store: &'a Store,
    /// The store's record, as of the last read or change.
    kept: StoreRecord,
    /// Whether nothing is sent but reads, and nothing is saved.
    is_dry: bool,
    plan: ProvisionPlan,
    /// The orphans of the plan, in its order.
    orphans: Vec<Orphan>,
}

/// The access to the store's account.
enum Desk {
    /// The account's creation is only planned.
    New,
    /// The account, with the user whose token it is used with.
    Open(Account, UserId),
    /// The account exists and cannot be read with the saved token.
    Unreadable,
}

/// The resources of an account, as they are to be.
struct PlannedResources {
    team: Option<PlannedTeam>,
    labels: Vec<NewLabel>,
    attributes: Vec<PlannedAttribute>,
    inboxes: Vec<PlannedInbox>,
    webhook: Option<PlannedWebhook>,
    panel: Option<PlannedPanel>,
}

impl Run<'_> {
    /// Plans everything; returns the account with its user if it can be read.
    async fn plan_all(&mut self) -> Result<Option<(Account, UserId)>, ProvisionError> {
        match self.desk().await? {
            Desk::New => {
                self.plan_resources(None, None).await?;
            }
            Desk::Open(account, user) => {
                self.plan_resources(Some(&account), Some(user)).await?;
                return Ok(Some((account, user)));
            }
            Desk::Unreadable => self.plan_unread(),
        }
        Ok(None)
    }

    /// Provisions the access to the account.
    async fn desk(&mut self) -> Result<Desk, ProvisionError> {
        match &self.provisioner.server {
            Some(server) if !self.kept.account.adopted.account => self.platform_desk(server).await,
            _ => self.own_desk().await,
        }
    }

    async fn platform_desk(&mut self, server: &Server) -> Result<Desk, ProvisionError> {
        if self.provisioner.config.administrator_domain.is_none() {
            return Err(ProvisionError::NoAdministratorDomain);
        }
        self.settle_server(server).await?;
        self.addresses().await?;
        let account = self.account(&server.platform).await?;
        let access = (&server.client, &server.platform);
        let Administrator { user, can_read } = self.administrator(access, account).await?;
        match (account, user) {
            (Some(account), Some(user)) if can_read => Ok(Desk::Open(self.handle(account)?, user)),
            (Some(_), _) => Ok(Desk::Unreadable),
            (None, _) => Ok(Desk::New),
        }
    }

    /// Opens the store's own account, if the saved token may provision it.
    async fn own_desk(&mut self) -> Result<Desk, ProvisionError> {
        let not_provisioned = || ProvisionError::NotProvisioned(self.store.id.clone());
        let id = self.kept.account.account.ok_or_else(not_provisioned)?;
        let (client, token) = self.client()?;
        let access = TokenAccess::read(&client, id, token.clone()).await?;
        access.require_administrator()?;
        self.addresses().await?;
        self.entry(ResourceKind::Account, "account", PlanAction::Unchanged);
        Ok(Desk::Open(client.account(id, token), access.user))
    }

    /// Plans the account's resources. Those of an account that does not exist yet are all new.
    async fn plan_resources(
        &mut self,
        account: Option<&Account>,
        user: Option<UserId>,
    ) -> Result<PlannedResources, ProvisionError> {
        Ok(PlannedResources {
            team: self.plan_team(account, user).await?,
            labels: self.plan_labels(account).await?,
            attributes: self.plan_attributes(account).await?,
            inboxes: self.plan_inboxes(account, user).await?,
            webhook: self.plan_webhook(account).await?,
            panel: self.plan_panel(account).await?,
        })
    }

    /// Enters the chosen steps, whose resources cannot be read.
    fn plan_unread(&mut self) {
        let Steps { team, labels, attributes, website, api, email, members: _, webhook, panel } =
            &self.provisioner.config.steps;
        let is_chosen = |inbox: &InboxStep| *inbox != InboxStep::LeftOut;
        let steps = [
            (*team, ResourceKind::Team, "team"),
            (*labels, ResourceKind::Label, "labels"),
            (*attributes, ResourceKind::Attribute, "attributes"),
            (is_chosen(website), ResourceKind::WebsiteInbox, "website inbox"),
            (is_chosen(api), ResourceKind::ApiInbox, "API inbox"),
            (is_chosen(email), ResourceKind::EmailInbox, "e-mail inbox"),
            (*webhook, ResourceKind::Webhook, "webhook"),
            (*panel, ResourceKind::DashboardApp, "dashboard app"),
        ];
        for (_, kind, what) in steps.into_iter().filter(|(is_chosen, ..)| *is_chosen) {
            self.entry(kind, what, PlanAction::Unread);
        }
    }

    async fn apply(
        &mut self,
        account: &Account,
        user: UserId,
        planned: PlannedResources,
    ) -> Result<(), ProvisionError> {
        if let Some(team) = planned.team {
            self.apply_team(account, user, team).await?;
        }
        self.apply_labels(account, planned.labels).await?;
        self.apply_attributes(account, planned.attributes).await?;
        self.apply_inboxes(account, user, planned.inboxes).await?;
        if let Some(webhook) = planned.webhook {
            self.apply_webhook(account, webhook).await?;
        }
        if let Some(panel) = planned.panel {
            self.apply_panel(account, panel).await?;
        }
        Ok(())
    }

    /// Ensures that the record belongs to this provisioner's server: resources on another server
    /// are removed from it.
    async fn settle_server(&mut self, server: &Server) -> Result<(), ProvisionError> {
        let known = self.kept.account.base_url.as_ref();
        if known.is_some_and(|known| same_server(known, &server.base_url)) {
            return Ok(());
        }
        if known.is_some() && !self.is_dry {
            tracing::warn!(store = %self.store.id, "the store moves to another Chatwoot");
        }
        self.keep(|kept| {
            kept.forget_account();
            kept.account.base_url = Some(server.base_url.clone());
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
        if !self.is_dry {
            let store = std::slice::from_ref(&self.store.id);
            self.provisioner.ports.webhooks.schedule(store).await?;
        }
        Ok(())
    }

    /// Returns the client of the store's server, with the saved token if it belongs to that server.
    fn client(&self) -> Result<(Client, UserToken), ProvisionError> {
        let lacking = |what| ProvisionError::Lacking { step: "administrator", what };
        let base_url = self.kept.account.base_url.as_ref().ok_or(lacking("base URL"))?;
        let token = self.kept.credentials.user_token.as_ref();
        let token = token.filter(|token| token.is_for(base_url)).ok_or(lacking("token"))?;
        Ok((self.provisioner.clients.get(base_url)?, token.token.clone()))
    }

    fn handle(&self, id: AccountId) -> Result<Account, ProvisionError> {
        let (client, token) = self.client()?;
        Ok(client.account(id, token))
    }

    /// Changes the store's record with a minimal change, so that a concurrent change is preserved.
    /// A plan changes only its own copy.
    async fn keep(
        &mut self,
        mut change: impl FnMut(&mut StoreRecord) + Send,
    ) -> Result<(), ProvisionError> {
        if self.is_dry {
            change(&mut self.kept);
            return Ok(());
        }
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

    /// Adds an entry to the plan.
    fn entry(&mut self, kind: ResourceKind, what: impl Into<String>, action: PlanAction) {
        self.plan.push(kind, what.into(), action);
    }
}

/// Reads a list of the account's resources; that of an account that does not exist yet is empty.
async fn read<T>(
    list: Option<impl IntoFuture<Output = Result<Vec<T>, Error>>>,
    step: &'static str,
) -> Result<Vec<T>, ProvisionError> {
    match list {
        Some(list) => list.await.at(step),
        None => Ok(Vec::new()),
    }
}

/// Returns the action of a membership.
fn member(is_added: bool) -> PlanAction {
    let members = FieldChange::new("members", None::<String>, Some("administrator"));
    PlanAction::of(if is_added { vec![members] } else { Vec::new() })
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
        || is_over(kept.previous_proof_key.as_ref(), now)
}

fn drop_expired(kept: &mut StoreCredentials, now: Timestamp) {
    kept.previous_webhook_secret.take_if(|replaced| replaced.at(now).is_none());
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

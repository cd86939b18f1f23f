//! One provisioning of one store: what its steps share.

use std::future::IntoFuture;

use chatwoot_client::application::agents::Agent;
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::{Account, AccountId, Client, Error, UserId, UserToken};
use jiff::Timestamp;
use url::Url;

use super::access::TokenAccess;
use super::administrator::Administrator;
use super::attributes::PlannedAttribute;
use super::error::{AtStep, ProvisionError};
use super::inboxes::PlannedInbox;
use super::orphans::Orphan;
use super::panel::PlannedPanel;
use super::plan::{FieldChange, PlanAction, ProvisionPlan, ResourceKind};
use super::steps::{InboxStep, Steps};
use super::team::PlannedTeam;
use super::webhook::PlannedWebhook;
use super::{Provisioner, Server};
use crate::identity::random_key;
use crate::model::Store;
use crate::ports::{
    AddressToken, Expiring, PortFailure, PortResult, StoreCredentials, StoreRecord,
};

/// One provisioning of one store, or the plan of one.
pub(super) struct Run<'a> {
    pub(super) provisioner: &'a Provisioner,
    pub(super) store: &'a Store,
    /// The store's record, as of the last read or change.
    pub(super) kept: StoreRecord,
    /// Whether nothing is sent but reads, and nothing is saved.
    pub(super) is_dry: bool,
    pub(super) plan: ProvisionPlan,
    /// The orphans of the plan, in its order.
    pub(super) orphans: Vec<Orphan>,
}

/// The access to the store's account.
pub(super) enum Desk {
    /// The account's creation is only planned.
    New,
    /// The account, with the user whose token it is used with.
    Open(Account, UserId),
    /// The account exists and cannot be read with the saved token.
    Unreadable,
}

/// The resources of an account, as they are to be.
pub(super) struct PlannedResources {
    pub(super) team: Option<PlannedTeam>,
    pub(super) labels: Vec<NewLabel>,
    pub(super) attributes: Vec<PlannedAttribute>,
    pub(super) inboxes: Vec<PlannedInbox>,
    pub(super) webhook: Option<PlannedWebhook>,
    pub(super) panel: Option<PlannedPanel>,
}

impl Run<'_> {
    /// Plans everything; returns the account with its user if it can be read.
    pub(super) async fn plan_all(&mut self) -> Result<Option<(Account, UserId)>, ProvisionError> {
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
    pub(super) async fn desk(&mut self) -> Result<Desk, ProvisionError> {
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
    pub(super) async fn plan_resources(
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

    pub(super) async fn apply(
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

    pub(super) fn handle(&self, id: AccountId) -> Result<Account, ProvisionError> {
        let (client, token) = self.client()?;
        Ok(client.account(id, token))
    }

    /// Changes the store's record with a minimal change, so that a concurrent change is preserved.
    /// A plan changes only its own copy.
    pub(super) async fn keep(
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
    pub(super) fn entry(
        &mut self,
        kind: ResourceKind,
        what: impl Into<String>,
        action: PlanAction,
    ) {
        self.plan.push(kind, what.into(), action);
    }
}

/// Reads a list of the account's resources; that of an account that does not exist yet is empty.
pub(super) async fn read<T>(
    list: Option<impl IntoFuture<Output = Result<Vec<T>, Error>>>,
    step: &'static str,
) -> Result<Vec<T>, ProvisionError> {
    match list {
        Some(list) => list.await.at(step),
        None => Ok(Vec::new()),
    }
}

/// Returns the action of a membership.
pub(super) fn member(is_added: bool) -> PlanAction {
    let members = FieldChange::new("members", None::<String>, Some("administrator"));
    PlanAction::of(if is_added { vec![members] } else { Vec::new() })
}

pub(super) fn random_address() -> PortResult<AddressToken> {
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
pub(super) fn same_server(one: &Url, other: &Url) -> bool {
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
}

/// Returns whether a user is missing from a list of agents.
pub(super) fn missing(of: UserId, among: &[Agent]) -> bool {
    among.iter().all(|agent| agent.id != of)
}

//! Resources that an earlier provisioning created and that a store no longer wants.

use chatwoot_client::types::{AttributeDefinitionId, DashboardAppId, TeamId, WebhookId};
use chatwoot_client::{Account, InboxId};

use super::plan::{PlanAction, PlanEntry, ResourceKind};
use super::{AtStep, ProvisionError, Provisioner, Run};
use crate::model::Store;
use crate::ports::{Address, AuditAction, AuditSubject, PortResult, StoreRecord};
use crate::store_lock::PATIENCE;

const STEP: &str = "orphans";

/// An orphan, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Orphan {
    Team(TeamId),
    Attribute(AttributeDefinitionId),
    /// An inbox of one of the three kinds.
    Inbox(ResourceKind, InboxId),
    Webhook(WebhookId),
    DashboardApp(DashboardAppId),
}

impl Orphan {
    pub(super) const fn kind(self) -> ResourceKind {
        match self {
            Self::Team(_) => ResourceKind::Team,
            Self::Attribute(_) => ResourceKind::Attribute,
            Self::Inbox(kind, _) => kind,
            Self::Webhook(_) => ResourceKind::Webhook,
            Self::DashboardApp(_) => ResourceKind::DashboardApp,
        }
    }

    /// Deletes the resource in Chatwoot; one that is gone is no error.
    async fn delete(self, account: &Account) -> Result<(), ProvisionError> {
        let deleted = match self {
            Self::Team(id) => account.teams().delete(id).await,
            Self::Attribute(id) => account.attribute_definitions().delete(id).await,
            Self::Inbox(_, id) => account.inboxes().delete(id).await.map(|_| ()),
            Self::Webhook(id) => account.webhooks().delete(id).await,
            Self::DashboardApp(id) => account.dashboard_apps().delete(id).await,
        };
        match deleted {
            Err(error) if error.is_not_found() => Ok(()),
            answer => answer.at(STEP),
        }
    }

    /// Removes the resource from the store's record, with the secrets that belong to it.
    fn forget(self, kept: &mut StoreRecord) {
        let (account, credentials) = (&mut kept.account, &mut kept.credentials);
        match self {
            Self::Team(id) => {
                account.team.take_if(|kept| *kept == id);
            }
            Self::Attribute(_) => {}
            Self::Inbox(_, id) => {
                if account.website_inbox.take_if(|kept| *kept == id).is_some() {
                    (account.website_token, credentials.website_hmac) = (None, None);
                }
                if account.api_inbox.take_if(|kept| *kept == id).is_some() {
                    (account.api_inbox_identifier, credentials.api_hmac) = (None, None);
                }
                account.email_inbox.take_if(|kept| *kept == id);
            }
            Self::Webhook(id) => {
                account.webhook.take_if(|kept| *kept == id);
            }
            Self::DashboardApp(id) => {
                account.dashboard_app.take_if(|kept| *kept == id);
            }
        }
    }
}

impl Provisioner {
    /// Deletes the orphans of the given kinds, and returns their entries: resources that an earlier
    /// provisioning created and that the chosen [steps](super::Steps) no longer include. Nothing
    /// else deletes a resource.
    ///
    /// Chatwoot deletes an inbox with all of its conversations.
    ///
    /// It holds the store's lock meanwhile, as [`Provisioner::provision`] does.
    ///
    /// # Errors
    /// Returns an error if Chatwoot or a port failed, or the store is busy.
    ///
    /// ```
    /// # use store_context::{model::Store, provision::{ProvisionError, Provisioner}};
    /// use store_context::provision::ResourceKind;
    ///
    /// # async fn example(provisioner: Provisioner, store: Store) -> Result<(), ProvisionError> {
    /// let kinds = [ResourceKind::DashboardApp, ResourceKind::Webhook];
    /// for deleted in provisioner.delete_orphans(&store, &kinds).await? {
    ///     println!("deleted: {}", deleted.what);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete_orphans(
        &self,
        store: &Store,
        kinds: &[ResourceKind],
    ) -> Result<Vec<PlanEntry>, ProvisionError> {
        let work = Box::pin(async {
            let mut planned = self.start_dry(store).await?;
            let Some((account, _)) = planned.plan_all().await? else { return Ok(Vec::new()) };
            let orphans = planned.plan.orphans().cloned().zip(planned.orphans);
            let orphans = orphans.filter(|(entry, _)| kinds.contains(&entry.kind));
            let mut run = self.start(store).await?;
            let mut deleted = Vec::new();
            for (entry, orphan) in orphans {
                orphan.delete(&account).await?;
                run.keep(|kept| orphan.forget(kept)).await?;
                deleted.push(entry);
            }
            if !deleted.is_empty() {
                self.audit(&store.id, AuditAction::Provision, AuditSubject::Store).await?;
            }
            Ok(deleted)
        });
        self.locked(&store.id, PATIENCE, work).await
    }
}

impl Run<'_> {
    pub(super) fn orphan(&mut self, what: String, orphan: Orphan) {
        self.entry(orphan.kind(), what, PlanAction::Orphan);
        self.orphans.push(orphan);
    }

    /// Returns whether a URL is one of this host's and belongs to no other store.
    pub(super) async fn is_own(&self, of: Address, url: &str) -> PortResult<bool> {
        let provisioner = self.provisioner;
        let Some(token) = provisioner.config.token_of(of, url) else { return Ok(false) };
        let owner = provisioner.ports.stores.store_at(of, &token).await?;
        Ok(owner.is_none_or(|owner| owner == self.store.id))
    }
}

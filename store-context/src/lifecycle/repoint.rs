//! Moves the webhooks and panels of stores to another public URL of the host, and back.

use std::time::Duration;

use chatwoot_client::Patch;
use chatwoot_client::application::dashboard_apps::{DashboardAppContent, DashboardAppPatch};
use chatwoot_client::application::webhooks::WebhookPatch;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesUnordered};
use url::Url;

use super::webhooks::{InChatwoot, panel_at, webhook_at};
use super::{
    AddressChange, AtStep, Lifecycle, LifecycleError, RepointPlan, RepointPlans, RepointReport,
    Repointed,
};
use crate::accounts::OpenAccount;
use crate::doctor::check_round_trip;
use crate::model::StoreId;
use crate::ports::{
    Address, AddressMove, AddressToken, AuditAction, AuditSubject, PortFailure, PortResult,
    StoreRecord,
};
use crate::store_ids::StoreIds;

/// How stores are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepointConfig {
    /// The maximum number of stores that are moved concurrently. The default is 8. The first store
    /// is moved alone.
    pub parallel: usize,
    /// The time limit for the webhook that verifies a move. The default is 30 seconds.
    pub verify_within: Duration,
    /// The number of failed stores after which no further store is moved, so that a wrong URL stops
    /// few of them. The default is 3.
    pub max_failures: usize,
}

impl Default for RepointConfig {
    fn default() -> Self {
        Self { parallel: 8, verify_within: Duration::from_secs(30), max_failures: 3 }
    }
}

/// How many stores are planned concurrently.
const READ_AT_ONCE: usize = 8;

/// The action for one store. It is boxed, so that a host can await all of them in an endpoint or a
/// task of its own: the future of an async closure is not known to be `Send`.
type Each<'a> = BoxFuture<'a, (StoreId, Result<Repointed, LifecycleError>)>;

/// Where webhook and panel are to be; `None` leaves one as it is.
struct Targets {
    webhook: Option<Url>,
    panel: Option<Url>,
}

impl Lifecycle {
    /// Returns what [`Lifecycle::repoint`] would change, with two calls to Chatwoot that change
    /// nothing.
    ///
    /// # Errors
    /// Returns an error if the store's account cannot be used or Chatwoot did not respond.
    pub async fn plan_repoint(
        &self,
        store: &StoreId,
        public_url: &Url,
    ) -> Result<RepointPlan, LifecycleError> {
        let open = self.accounts.open(store).await?;
        let found = InChatwoot::read(&open).await?;
        Ok(plan(&open, &found, public_url))
    }

    /// Returns what [`Lifecycle::repoint_all`] would change: [`Lifecycle::plan_repoint`] for each
    /// store, several at once.
    ///
    /// # Errors
    /// Returns an error if the stores could not be listed. What failed for one store is in the
    /// result.
    ///
    /// ```
    /// # use store_context::lifecycle::Lifecycle;
    /// # use store_context::ports::PortFailure;
    /// # async fn example(lifecycle: Lifecycle) -> Result<(), PortFailure> {
    /// let to = "https://new.example.com/support".parse().unwrap();
    /// println!("{}", lifecycle.plan_repoint_all(&to).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plan_repoint_all(&self, public_url: &Url) -> Result<RepointPlans, PortFailure> {
        let mut found = RepointPlans::default();
        let mut stores = StoreIds::new(&*self.ports.stores);
        while let Some(ids) = stores.next().await? {
            let page = stream::iter(ids).map(|store| -> BoxFuture<'_, _> {
                Box::pin(async move {
                    let plan = self.plan_repoint(&store, public_url).await;
                    (store, plan)
                })
            });
            let mut page = page.buffered(READ_AT_ONCE);
            while let Some((store, plan)) = page.next().await {
                found.add(store, plan);
            }
        }
        Ok(found)
    }

    /// Moves a store's webhook and panel to another public URL of this host, and waits for a
    /// webhook to arrive there. The webhook keeps its secret, and the secret part of both URLs
    /// stays, so the host serves deliveries at both URLs meanwhile.
    ///
    /// The present URLs are stored first, and [`Lifecycle::undo_repoint`] restores them. A move that
    /// was interrupted is finished by another call. Give the new URL to
    /// [`ProvisionConfig`](crate::provision::ProvisionConfig) of all processes as well: provisioning
    /// uses that one.
    ///
    /// # Errors
    /// Returns `Unverified` if no webhook arrived: the store stays at the new URL, so that the cause
    /// can be found; repeat the call, or undo it.
    ///
    /// ```
    /// # use store_context::lifecycle::{Lifecycle, LifecycleError};
    /// # use store_context::model::StoreId;
    /// use std::time::Duration;
    ///
    /// # async fn example(lifecycle: Lifecycle, store: StoreId) -> Result<(), LifecycleError> {
    /// let to = "https://new.example.com/support".parse().unwrap();
    /// println!("{:?}", lifecycle.plan_repoint(&store, &to).await?);
    /// if lifecycle.repoint(&store, &to, Duration::from_secs(30)).await.is_err() {
    ///     lifecycle.undo_repoint(&store, Duration::from_secs(30)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn repoint(
        &self,
        store: &StoreId,
        public_url: &Url,
        verify_within: Duration,
    ) -> Result<Repointed, LifecycleError> {
        self.locked(
            store,
            Box::pin(async {
                let open = self.accounts.open(store).await?;
                let found = InChatwoot::read(&open).await?;
                let plan = plan(&open, &found, public_url);
                for (change, what) in [(&plan.webhook, "webhook"), (&plan.panel, "panel")] {
                    if *change == AddressChange::Foreign {
                        return Err(LifecycleError::ForeignUrl { store: store.clone(), what });
                    }
                }
                let moved = open.record.lifecycle.moved.as_ref();
                let begun = moved.filter(|moved| same(&moved.to, public_url));
                if plan.is_unchanged() && begun.is_none_or(|begun| begun.verified) {
                    return Ok(Repointed::Unchanged);
                }
                if plan.webhook == AddressChange::Missing {
                    return Err(LifecycleError::NoWebhook(store.clone()));
                }
                if begun.is_none() {
                    self.note_move(store, &plan, public_url).await?;
                }
                let to = || Some(public_url.clone());
                self.point(&open, &found, Targets { webhook: to(), panel: to() }).await?;
                check_round_trip(&self.accounts, &self.ports, store, verify_within).await?;
                let verified = |record: &mut StoreRecord| {
                    if let Some(moved) = &mut record.lifecycle.moved {
                        moved.verified = true;
                    }
                };
                self.accounts.update(store, verified).await?;
                self.audit_move(store).await?;
                Ok(Repointed::Moved)
            }),
        )
        .await
    }

    /// Restores the URLs that a store's webhook and panel had before [`Lifecycle::repoint`], and
    /// waits for a webhook to arrive there.
    ///
    /// # Errors
    /// Returns `NotMoved` if the store was not moved, and `Unverified` if the URLs are restored and
    /// no webhook arrived; then the way back stays open, and another call verifies again.
    pub async fn undo_repoint(
        &self,
        store: &StoreId,
        verify_within: Duration,
    ) -> Result<Repointed, LifecycleError> {
        self.locked(
            store,
            Box::pin(async {
                let open = self.accounts.open(store).await?;
                let Some(moved) = open.record.lifecycle.moved.clone() else {
                    return Err(LifecycleError::NotMoved(store.clone()));
                };
                let found = InChatwoot::read(&open).await?;
                let AddressMove { webhook_from, panel_from, .. } = *moved;
                let targets = Targets { webhook: webhook_from, panel: panel_from };
                self.point(&open, &found, targets).await?;
                check_round_trip(&self.accounts, &self.ports, store, verify_within).await?;
                self.accounts.update(store, |record| record.lifecycle.moved = None).await?;
                self.audit_move(store).await?;
                Ok(Repointed::Moved)
            }),
        )
        .await
    }

    /// Moves all stores: [`Lifecycle::repoint`] for each, the first one alone and then several at
    /// once. Stores that were moved and verified before cost two reads.
    ///
    /// # Errors
    /// Returns an error if the stores could not be listed. What failed for one store is in the
    /// report.
    ///
    /// ```
    /// # use store_context::lifecycle::{Lifecycle, RepointConfig};
    /// # use store_context::ports::PortFailure;
    /// # async fn example(lifecycle: Lifecycle) -> Result<(), PortFailure> {
    /// let to = "https://new.example.com/support".parse().unwrap();
    /// let report = lifecycle.repoint_all(&to, RepointConfig::default()).await?;
    /// println!("{} moved, {} failed", report.moved.len(), report.failed.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn repoint_all(
        &self,
        public_url: &Url,
        config: RepointConfig,
    ) -> Result<RepointReport, PortFailure> {
        let each = |store: StoreId| -> Each<'_> {
            Box::pin(async move {
                let moved = self.repoint(&store, public_url, config.verify_within).await;
                (store, moved)
            })
        };
        Ok(self.each_store(config, each).await?)
    }

    /// Restores the URLs of all stores that were moved: [`Lifecycle::undo_repoint`] for each.
    ///
    /// # Errors
    /// As for [`Lifecycle::repoint_all`].
    pub async fn undo_repoint_all(
        &self,
        config: RepointConfig,
    ) -> Result<RepointReport, PortFailure> {
        let each = |store: StoreId| -> Each<'_> {
            Box::pin(async move {
                let undone = match self.undo_repoint(&store, config.verify_within).await {
                    Err(LifecycleError::NotMoved(_)) => Ok(Repointed::Unchanged),
                    undone => undone,
                };
                (store, undone)
            })
        };
        Ok(self.each_store(config, each).await?)
    }

    /// Runs an action for all stores, the first one alone, until too many have failed.
    async fn each_store<'a>(
        &self,
        config: RepointConfig,
        each: impl Fn(StoreId) -> Each<'a>,
    ) -> PortResult<RepointReport> {
        let mut report = RepointReport::default();
        let mut stores = StoreIds::new(&*self.ports.stores);
        while let Some(ids) = stores.next().await? {
            let mut ids = ids.into_iter();
            let mut running = FuturesUnordered::new();
            loop {
                let proven = !report.moved.is_empty();
                let slots = if proven { config.parallel.max(1) } else { 1 };
                report.stopped = report.failed.len() >= config.max_failures.max(1);
                while running.len() < slots && !report.stopped {
                    let Some(id) = ids.next() else { break };
                    running.push(each(id));
                }
                let Some((id, result)) = running.next().await else { break };
                report.add(id, result);
            }
            if report.stopped {
                break;
            }
        }
        Ok(report)
    }

    /// Stores the way back before anything is changed.
    async fn note_move(
        &self,
        store: &StoreId,
        plan: &RepointPlan,
        to: &Url,
    ) -> Result<(), LifecycleError> {
        let present = |change: &AddressChange| match change {
            AddressChange::Unchanged(at) | AddressChange::Moves { from: at, .. } => {
                Some(at.clone())
            }
            AddressChange::Missing | AddressChange::Foreign => None,
        };
        let (webhook, panel) = (present(&plan.webhook), present(&plan.panel));
        let note = |record: &mut StoreRecord| {
            let mut moved = AddressMove {
                to: to.clone(),
                webhook_from: webhook.clone(),
                panel_from: panel.clone(),
                verified: false,
            };
            // A move that was never verified leads back to where it came from.
            if let Some(unfinished) = record.lifecycle.moved.take().filter(|it| !it.verified) {
                moved.webhook_from = unfinished.webhook_from;
                moved.panel_from = unfinished.panel_from;
            }
            record.lifecycle.moved = Some(Box::new(moved));
        };
        self.accounts.update(store, note).await?;
        Ok(())
    }

    /// Changes the URLs in Chatwoot that differ.
    async fn point(
        &self,
        open: &OpenAccount,
        found: &InChatwoot,
        to: Targets,
    ) -> Result<(), LifecycleError> {
        let credentials = &open.record.credentials;
        // All of the store's: while the webhook is rotated there are two.
        for webhook in &found.webhooks {
            let moves = |to: &&Url| webhook_at(open, webhook).is_some_and(|at| !same(&at, to));
            let Some(to) = to.webhook.as_ref().filter(moves) else { continue };
            let token = webhook.url.expose().rsplit('/').next().unwrap_or_default();
            let url = Address::Webhook.url(to, &AddressToken::new(token));
            let patch = WebhookPatch { url: Patch::Set(url.into()), ..WebhookPatch::default() };
            open.account.webhooks().update(webhook.id, &patch).await.at("webhook")?;
        }
        let panel = found.panel(open).zip(credentials.panel_address.as_ref());
        if let (Some((panel, token)), Some(to)) = (panel, &to.panel)
            && panel_at(open, panel).is_some_and(|at| !same(&at, to))
        {
            let url = Address::Panel.url(to, token);
            let content = vec![DashboardAppContent::frame(url)];
            let patch =
                DashboardAppPatch { content: Patch::Set(content), ..DashboardAppPatch::default() };
            open.account.dashboard_apps().update(panel.id, &patch).await.at("panel")?;
            let now = self.now();
            let note = |record: &mut StoreRecord| {
                record.credentials.panel_address_since.get_or_insert(now);
            };
            self.accounts.update(&open.record.store.id, note).await?;
        }
        Ok(())
    }

    async fn audit_move(&self, store: &StoreId) -> PortResult<()> {
        self.audit(store, AuditAction::Repoint, AuditSubject::Store).await
    }
}

fn plan(open: &OpenAccount, found: &InChatwoot, to: &Url) -> RepointPlan {
    let change = |exists: bool, at: Option<Url>| match at {
        None if exists => AddressChange::Foreign,
        None => AddressChange::Missing,
        Some(at) if same(&at, to) => AddressChange::Unchanged(at),
        Some(from) => AddressChange::Moves { from, to: to.clone() },
    };
    let (webhook, panel) = (found.webhook(open), found.panel(open));
    RepointPlan {
        store: open.record.store.id.clone(),
        webhook: change(webhook.is_some(), webhook.and_then(|it| webhook_at(open, it))),
        panel: change(panel.is_some(), panel.and_then(|it| panel_at(open, it))),
    }
}

/// Returns whether two public URLs are the same; a trailing slash makes no difference.
fn same(one: &Url, other: &Url) -> bool {
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
}

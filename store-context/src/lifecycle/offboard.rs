//! Offboards a store: removes what the host has of it, and what it has in Chatwoot by policy.

use chatwoot_client::application::contacts::ContactPatch;
use chatwoot_client::{Attributes, ContactId, ErrorKind, Patch, Platform};
use jiff::Timestamp;
use serde_json::Value;

use super::webhooks::{InChatwoot, panel_at, webhook_at};
use super::{AtStep, Lifecycle, LifecycleError};
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::context::cache_key;
use crate::model::{AccountKey, CustomerId, StoreId};
use crate::ports::{
    AuditAction, AuditSubject, Link, OffboardPolicy, Offboarding, PortResult, StoreRecord,
};
use crate::store_lock;

/// The number of links that are read at once. The number of contacts is stored after each page.
const PAGE: usize = 100;

/// What an offboarding has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OffboardReceipt {
    /// The store.
    pub store: StoreId,
    /// The policy; `None` if the store was gone already when the call began.
    pub policy: Option<OffboardPolicy>,
    /// The account that the store had.
    pub account: Option<AccountKey>,
    /// The number of contacts that were anonymized or deleted, over all calls.
    pub contacts: u64,
    /// Whether the account itself was deleted.
    pub account_deleted: bool,
    /// The number of rows that the last call removed from the sync's ledger.
    pub sync_rows: u64,
    /// The number of entries and states that the last call removed from the ledger of webhooks.
    pub webhook_entries: u64,
    /// When it was finished.
    pub finished_at: Timestamp,
}

impl Lifecycle {
    /// Offboards a store: removes its webhook and panel from Chatwoot, treats its contacts there as
    /// the policy says, and removes the store with its credentials, ledgers, schedule and cached
    /// snapshots from this host. The audit trail stays; it has no personal data.
    ///
    /// From the beginning on the store is treated as suspended, and nothing but this call calls its
    /// Chatwoot. If it fails or its process is killed, another call with the same policy continues;
    /// for a store that is gone it finishes what may be left. With a `platform` handle and
    /// [`OffboardPolicy::Delete`] the account is deleted as a whole, with its administrator;
    /// without one the contacts of the store's customers are deleted one by one. Contacts that the
    /// host has not written, such as guests', stay unless the account is deleted.
    ///
    /// A store whose account was deleted by somebody else, or refuses its token, is removed from
    /// this host all the same with [`OffboardPolicy::Leave`].
    ///
    /// # Errors
    /// Returns `UnknownStore` for a store that was never offboarded; `Online` if contacts cannot be
    /// deleted yet; `OtherPolicy` if another policy was begun; another error if Chatwoot or a port
    /// failed, or another process works on the store.
    ///
    /// ```
    /// # use store_context::lifecycle::{Lifecycle, LifecycleError};
    /// # use store_context::model::StoreId;
    /// use store_context::ports::OffboardPolicy;
    ///
    /// # async fn example(lifecycle: Lifecycle, store: StoreId) -> Result<(), LifecycleError> {
    /// let receipt = lifecycle.offboard(&store, OffboardPolicy::Anonymize, None).await?;
    /// println!("{} contacts anonymized", receipt.contacts);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn offboard(
        &self,
        store: &StoreId,
        policy: OffboardPolicy,
        platform: Option<&Platform>,
    ) -> Result<OffboardReceipt, LifecycleError> {
        let known = self.ports.stores.open(store).await?;
        if known.is_none() && !self.was_offboarded(store).await? {
            return Err(StoreAccountError::UnknownStore(store.clone()).into());
        }
        let mut receipt = OffboardReceipt {
            store: store.clone(),
            policy: None,
            account: known.as_ref().and_then(StoreRecord::account_key),
            contacts: 0,
            account_deleted: false,
            sync_rows: 0,
            webhook_entries: 0,
            finished_at: self.now(),
        };
        if known.is_some() {
            let work = Box::pin(self.leave_chatwoot(store, policy, platform));
            let stores = &*self.ports.stores;
            let done = store_lock::locked(stores, store, store_lock::PATIENCE, work).await?;
            receipt.policy = Some(done.policy);
            receipt.contacts = done.contacts;
            receipt.account_deleted = done.account_deleted;
            self.forget(store, &mut receipt).await?;
            // Before the record is gone, so that another call knows what it finishes.
            self.audit(store, AuditAction::Offboard, AuditSubject::Store).await?;
            self.ports.stores.remove(store).await?;
        }
        // What a worker or a delivery has written in between.
        self.forget(store, &mut receipt).await?;
        receipt.finished_at = self.now();
        tracing::info!(%store, "the store is offboarded");
        Ok(receipt)
    }

    /// Does what is to be done in Chatwoot.
    async fn leave_chatwoot(
        &self,
        store: &StoreId,
        policy: OffboardPolicy,
        platform: Option<&Platform>,
    ) -> Result<Offboarding, LifecycleError> {
        let (record, mut begun) = self.begin_offboarding(store, policy).await?;
        let (Some(key), administrator) = (record.account_key(), record.account.administrator)
        else {
            return Ok(begun);
        };
        let deletes = platform.filter(|_| policy == OffboardPolicy::Delete);
        let open = match self.accounts.open_record(record) {
            Ok(open) => open,
            // Nothing can be called: only the host's own data is left.
            Err(error) if policy != OffboardPolicy::Leave && deletes.is_none() => {
                return Err(error.into());
            }
            Err(error) => {
                tracing::warn!(%error, %store, "the account is left as it is");
                if let Some(platform) = deletes {
                    self.delete_account(platform, key.account, administrator).await?;
                    begun.account_deleted = true;
                }
                return Ok(begun);
            }
        };
        match self.remove_addresses(&open).await {
            Err(LifecycleError::Chatwoot { source, .. })
                if is_gone(&source) && (policy == OffboardPolicy::Leave || deletes.is_some()) =>
            {
                tracing::warn!(error = %source, %store, "the account refuses its token");
            }
            removed => removed?,
        }
        match (policy, deletes) {
            (OffboardPolicy::Leave, _) => {}
            (OffboardPolicy::Delete, Some(platform)) => {
                self.delete_account(platform, key.account, administrator).await?;
                begun.account_deleted = true;
                self.note(store, &begun).await?;
            }
            (OffboardPolicy::Anonymize | OffboardPolicy::Delete, _) => {
                self.contacts(&open, &mut begun).await?;
            }
        }
        Ok(begun)
    }

    /// Notes durably that the store leaves, so that no worker calls its Chatwoot any more.
    async fn begin_offboarding(
        &self,
        store: &StoreId,
        policy: OffboardPolicy,
    ) -> Result<(StoreRecord, Offboarding), LifecycleError> {
        let since = self.now();
        let mark = |record: &mut StoreRecord| {
            let known = record.lifecycle.offboarding.is_some();
            let new = Offboarding { policy, since, contacts: 0, account_deleted: false };
            (record.lifecycle.offboarding.get_or_insert(new).clone(), known)
        };
        let (record, (begun, known)) = self.accounts.update(store, mark).await?;
        if begun.policy != policy {
            return Err(LifecycleError::OtherPolicy(store.clone()));
        }
        if !known {
            self.audit(store, AuditAction::Offboard, AuditSubject::Store).await?;
        }
        Ok((record, begun))
    }

    async fn note(&self, store: &StoreId, begun: &Offboarding) -> Result<(), LifecycleError> {
        let note = |record: &mut StoreRecord| record.lifecycle.offboarding = Some(begun.clone());
        self.accounts.update(store, note).await?;
        Ok(())
    }

    /// Removes the store's webhooks and its panel.
    async fn remove_addresses(&self, open: &OpenAccount) -> Result<(), LifecycleError> {
        let found = InChatwoot::read(open).await?;
        let account = &open.record.account;
        for webhook in &found.webhooks {
            if Some(webhook.id) == account.webhook || webhook_at(open, webhook).is_some() {
                gone(open.account.webhooks().delete(webhook.id).await).at("webhook")?;
            }
        }
        for app in &found.apps {
            if Some(app.id) == account.dashboard_app || panel_at(open, app).is_some() {
                gone(open.account.dashboard_apps().delete(app.id).await).at("panel")?;
            }
        }
        Ok(())
    }

    async fn delete_account(
        &self,
        platform: &Platform,
        account: chatwoot_client::AccountId,
        administrator: Option<chatwoot_client::UserId>,
    ) -> Result<(), LifecycleError> {
        // A deleted account is 404 or, of a platform app that does not own it any more, 401.
        match platform.accounts().delete(account).await {
            Err(error) if !is_gone(&error) => return Err(error).at("account"),
            _ => {}
        }
        if let Some(user) = administrator {
            match platform.users().delete(user).await {
                Err(error) if !is_gone(&error) => return Err(error).at("administrator"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Anonymizes or deletes the contacts of the store's customers; each one's row is removed when
    /// that is done, so that another call goes on with the others.
    async fn contacts(
        &self,
        open: &OpenAccount,
        begun: &mut Offboarding,
    ) -> Result<(), LifecycleError> {
        let store = &open.record.store.id;
        let (mut after, mut online): (Option<CustomerId>, u64) = (None, 0);
        loop {
            let page = self.ports.sync.links(store, after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (customer, link) in &page {
                let is_here = link.account == open.key;
                let done = !is_here || self.contact(open, link, begun.policy).await?;
                self.uncache(store, customer).await?;
                if !done {
                    online += 1;
                    continue;
                }
                begun.contacts += u64::from(is_here);
                self.ports.sync.forget(store, customer).await?;
            }
            self.note(store, begun).await?;
        }
        if online > 0 {
            return Err(LifecycleError::Online { store: store.clone(), left: online });
        }
        Ok(())
    }

    /// Anonymizes or deletes one contact; returns whether that is done.
    async fn contact(
        &self,
        open: &OpenAccount,
        link: &Link,
        policy: OffboardPolicy,
    ) -> Result<bool, LifecycleError> {
        const STEP: &str = "contacts";
        if policy == OffboardPolicy::Anonymize {
            return anonymize(open, link.contact).await.map(|()| true);
        }
        match open.account.contacts().delete(link.contact).await {
            Err(error) if error.is_not_found() => Ok(true),
            // The widget is open.
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(false),
            deleted => deleted.map(|()| true).at(STEP),
        }
    }

    /// Removes what this host has of the store, except its record.
    async fn forget(
        &self,
        store: &StoreId,
        receipt: &mut OffboardReceipt,
    ) -> Result<(), LifecycleError> {
        let mut after: Option<CustomerId> = None;
        loop {
            let page = self.ports.sync.links(store, after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (customer, _) in &page {
                self.uncache(store, customer).await?;
            }
        }
        receipt.sync_rows += self.ports.sync.forget_whole_store(store).await?;
        receipt.webhook_entries += self.ports.webhooks.forget_whole_store(store).await?;
        self.ports.sweeps.forget_store(store).await?;
        self.ports.live_lines.forget_store(store).await?;
        self.ports.erasures.forget_whole_store(store).await?;
        if let Some(activity) = &self.ports.activity {
            activity.forget_whole_store(store).await?;
        }
        Ok(())
    }

    async fn uncache(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.ports.cache.remove(&cache_key(store, customer)).await
    }

    /// Returns whether the audit trail knows of an offboarding of the store.
    async fn was_offboarded(&self, store: &StoreId) -> PortResult<bool> {
        let last = self.ports.audit.entries(store, None, 10).await?;
        Ok(last.iter().any(|it| it.entry.action == AuditAction::Offboard))
    }
}

/// Clears everything that identifies a person; a contact that is gone is as good.
async fn anonymize(open: &OpenAccount, id: ContactId) -> Result<(), LifecycleError> {
    const STEP: &str = "contacts";
    let account = &open.account;
    let contact = match account.contacts().get(id).await {
        Err(error) if error.is_not_found() => return Ok(()),
        contact => contact.at(STEP)?,
    };
    let keys: Vec<&str> = contact.custom_attributes.keys().map(String::as_str).collect();
    if !keys.is_empty() {
        gone(account.contact(id).remove_custom_attributes(keys).await.map(drop)).at(STEP)?;
    }
    let additional = contact.additional_attributes.keys();
    let cleared: Attributes = additional.map(|key| (key.clone(), Value::Null)).collect();
    let patch = ContactPatch {
        name: Patch::Set(String::new()),
        identifier: Patch::Clear,
        email: Patch::Clear,
        phone_number: Patch::Clear,
        merge_additional_attributes: Some(cleared).filter(|cleared| !cleared.is_empty()),
        ..ContactPatch::default()
    };
    gone(account.contacts().update(id, &patch).await.map(drop)).at(STEP)?;
    if contact.thumbnail.as_deref().is_some_and(|url| !url.is_empty()) {
        gone(account.contact(id).delete_avatar().await.map(drop)).at(STEP)?;
    }
    Ok(())
}

/// Takes "not found" for success.
fn gone(result: Result<(), chatwoot_client::Error>) -> Result<(), chatwoot_client::Error> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

/// Returns whether an account or a user does not exist any more, or is not ours.
fn is_gone(error: &chatwoot_client::Error) -> bool {
    error.is_not_found() || error.is_unauthorized()
}

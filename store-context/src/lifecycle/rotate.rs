//! Rotates the webhook's URL and secret and the key of the proofs, while deliveries arrive.

use std::time::Duration;

use chatwoot_client::application::webhooks::{
    NewWebhook, Webhook, WebhookPatch, WebhookSubscription,
};
use chatwoot_client::{Patch, Secret};
use jiff::Timestamp;

use super::webhooks::{InChatwoot, webhook_at};
use super::{AtStep, Lifecycle, LifecycleError};
use crate::accounts::OpenAccount;
use crate::identity::random_key;
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, Expiring, PortFailure, StoreRecord};
use crate::provision::WEBHOOK_SUBSCRIPTIONS;

const STEP: &str = "webhook";

/// What of the webhook is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replace {
    /// The URL of the same webhook.
    Address,
    /// The webhook, with its URL and its secret.
    Webhook,
}

impl Lifecycle {
    /// Gives a store's webhook another URL. The previous one is served for the overlap, for
    /// deliveries that are on their way. The webhook's secret stays.
    ///
    /// The new URL is stored before Chatwoot learns of it, and the previous one is served until
    /// Chatwoot uses the new one: no delivery is refused, also if the process is killed meanwhile.
    /// The next call of this or of [`Lifecycle::rotate_webhook_secret`] then finishes the rotation.
    ///
    /// Rotate only when every process has this version: one of a version without
    /// [`StoreCredentials::previous_webhook_address`](crate::ports::StoreCredentials) that saves the
    /// store's record meanwhile ends the previous URL.
    ///
    /// # Errors
    /// Returns an error if the store's account cannot be used, Chatwoot or a port failed, the
    /// webhook is missing or has a URL that is not the store's, or another process works on the
    /// store.
    ///
    /// ```
    /// # use store_context::lifecycle::{Lifecycle, LifecycleError};
    /// # use store_context::model::StoreId;
    /// use std::time::Duration;
    ///
    /// # async fn example(lifecycle: Lifecycle, store: StoreId) -> Result<(), LifecycleError> {
    /// lifecycle.rotate_webhook_address(&store, Duration::from_mins(10)).await
    /// # }
    /// ```
    pub async fn rotate_webhook_address(
        &self,
        store: &StoreId,
        overlap: Duration,
    ) -> Result<(), LifecycleError> {
        self.rotate_webhook(store, overlap, Replace::Address).await
    }

    /// Gives a store's webhook another secret, and another URL with it. The previous secret is
    /// accepted and the previous URL is served for the overlap.
    ///
    /// Chatwoot cannot change a webhook's secret: a second webhook is created, which receives
    /// nothing before its secret is stored, and the first one is deleted when the second one
    /// receives everything. Deliveries in between arrive twice; facts are taken once, and a change
    /// of a conversation may be handled twice. As for [`Lifecycle::rotate_webhook_address`], nothing
    /// is refused, and an interrupted rotation is finished by the next call.
    ///
    /// # Errors
    /// As for [`Lifecycle::rotate_webhook_address`].
    pub async fn rotate_webhook_secret(
        &self,
        store: &StoreId,
        overlap: Duration,
    ) -> Result<(), LifecycleError> {
        self.rotate_webhook(store, overlap, Replace::Webhook).await
    }

    /// Replaces the key of the proofs on conversations and of the panel's tokens. The previous key
    /// is accepted for the overlap: use at least the store's
    /// [`proof_lifetime`](crate::model::IdentityPolicy::proof_lifetime), or customers whose page is
    /// older are not proven until they load it again.
    ///
    /// The HMAC tokens of the inboxes cannot be rotated: Chatwoot has no call for it.
    ///
    /// # Errors
    /// Returns an error if the store is not known or not provisioned, or a port failed.
    pub async fn rotate_proof_key(
        &self,
        store: &StoreId,
        overlap: Duration,
    ) -> Result<(), LifecycleError> {
        let (next, until) = (random_key()?, self.until(overlap));
        let replace = |record: &mut StoreRecord| {
            let kept = &mut record.credentials;
            let before = kept.proof_key.take();
            let was = before.is_some();
            if let Some(value) = before {
                kept.proof_key = Some(next.clone());
                kept.previous_proof_key = Some(Expiring { value, until });
            }
            was
        };
        let (_, was) = self.accounts.update(store, replace).await?;
        if !was {
            let store = store.clone();
            return Err(crate::accounts::StoreAccountError::NotProvisioned(store).into());
        }
        self.rotated(store, "proof_key").await?;
        Ok(())
    }

    async fn rotate_webhook(
        &self,
        store: &StoreId,
        overlap: Duration,
        how: Replace,
    ) -> Result<(), LifecycleError> {
        self.locked(
            store,
            Box::pin(async {
                let mut open = self.accounts.open(store).await?;
                if !is_begun(&open.record) {
                    // Checked before anything is stored.
                    self.present(&open).await?;
                    open = self.begin(&open).await?;
                }
                self.finish(open, overlap, how).await?;
                self.rotated(store, "webhook_address").await?;
                if how == Replace::Webhook {
                    self.rotated(store, "webhook_secret").await?;
                }
                tracing::info!(%store, "the webhook is rotated");
                Ok(())
            }),
        )
        .await
    }

    /// Returns the store's webhook in Chatwoot.
    async fn present(&self, open: &OpenAccount) -> Result<Webhook, LifecycleError> {
        let found = InChatwoot {
            webhooks: open.account.webhooks().list().await.at(STEP)?,
            apps: Vec::new(),
        };
        let store = &open.record.store.id;
        let webhook = found.webhook(open);
        let webhook = webhook.ok_or_else(|| LifecycleError::NoWebhook(store.clone()))?;
        if webhook_at(open, webhook).is_none() {
            return Err(LifecycleError::ForeignUrl { store: store.clone(), what: "webhook" });
        }
        Ok(webhook.clone())
    }

    /// Stores a new URL beside the present one, which is served until the rotation is finished.
    async fn begin(&self, open: &OpenAccount) -> Result<OpenAccount, LifecycleError> {
        let next = AddressToken::random().map_err(PortFailure::into_error)?;
        let begin = |record: &mut StoreRecord| {
            let before = record.credentials.webhook_address.replace(next.clone());
            record.credentials.previous_webhook_address =
                before.map(|value| Expiring { value, until: NOT_YET });
        };
        let (record, ()) = self.accounts.update(&open.record.store.id, begin).await?;
        Ok(self.accounts.open_record(record)?)
    }

    /// Brings Chatwoot from whichever state a rotation has left to the new URL, and ends the
    /// previous URL and secret after the overlap.
    async fn finish(
        &self,
        open: OpenAccount,
        overlap: Duration,
        how: Replace,
    ) -> Result<(), LifecycleError> {
        let store = open.record.store.id.clone();
        let webhooks = open.account.webhooks();
        let credentials = &open.record.credentials;
        let (Some(next), Some(before)) =
            (&credentials.webhook_address, &credentials.previous_webhook_address)
        else {
            return Err(LifecycleError::NoWebhook(store));
        };
        let all = webhooks.list().await.at(STEP)?;
        let has = |it: &&Webhook, token: &AddressToken| {
            Address::Webhook.public_url(it.url.expose(), [token]).is_some()
        };
        let mut new = all.iter().find(|it| has(it, next)).cloned();
        let old: Vec<&Webhook> = all.iter().filter(|it| has(it, &before.value)).collect();
        if let (None, Some(old)) = (&new, old.first()) {
            let tokens = [&before.value];
            let base = Address::Webhook.public_url(old.url.expose(), tokens);
            let base = base.ok_or_else(|| LifecycleError::NoWebhook(store.clone()))?;
            let url = Address::Webhook.url(&base, next);
            new = Some(match how {
                Replace::Address => {
                    let to =
                        WebhookPatch { url: Patch::Set(url.into()), ..WebhookPatch::default() };
                    webhooks.update(old.id, &to).await.at(STEP)?
                }
                Replace::Webhook => {
                    // It is subscribed to what a store's webhook does not use, so that nothing is
                    // signed with a secret that is not stored yet.
                    let quiet = NewWebhook::new(url, vec![WebhookSubscription::InboxUpdated]);
                    webhooks.create(&quiet).await.at(STEP)?
                }
            });
        }
        let new = new.ok_or_else(|| LifecycleError::NoWebhook(store.clone()))?;
        let secret = new.secret.clone();
        let secret = secret.ok_or(LifecycleError::Lacking { step: STEP, what: "secret" })?;
        let keep = |record: &mut StoreRecord| {
            record.account.webhook = Some(new.id);
            let kept = &mut record.credentials;
            if kept.webhook_secret.as_ref() != Some(&secret) {
                let before = kept.webhook_secret.replace(Secret::new(secret.expose()));
                kept.previous_webhook_secret =
                    before.map(|value| Expiring { value, until: NOT_YET });
            }
        };
        self.accounts.update(&store, keep).await?;
        if !is_subscribed(&new) {
            let to = WebhookPatch {
                subscriptions: Patch::Set(WEBHOOK_SUBSCRIPTIONS.to_vec()),
                ..WebhookPatch::default()
            };
            webhooks.update(new.id, &to).await.at(STEP)?;
        }
        for old in old.into_iter().filter(|old| old.id != new.id) {
            match webhooks.delete(old.id).await {
                Err(error) if !error.is_not_found() => return Err(error).at(STEP),
                _ => {}
            }
        }
        let until = self.until(overlap);
        let end = |record: &mut StoreRecord| {
            let kept = &mut record.credentials;
            if let Some(previous) = &mut kept.previous_webhook_address {
                previous.until = previous.until.min(until);
            }
            if let Some(previous) = &mut kept.previous_webhook_secret {
                previous.until = previous.until.min(until);
            }
        };
        self.accounts.update(&store, end).await?;
        Ok(())
    }

    fn until(&self, overlap: Duration) -> Timestamp {
        self.now().checked_add(overlap).unwrap_or(NOT_YET).min(NOT_YET)
    }
}

/// The time until which a previous URL or secret is accepted while its rotation is not finished:
/// the year 9000, which every database can store.
const NOT_YET: Timestamp = Timestamp::constant(221_845_392_000, 0);

/// Returns whether a rotation has begun and is not finished.
fn is_begun(record: &StoreRecord) -> bool {
    let previous = record.credentials.previous_webhook_address.as_ref();
    previous.is_some_and(|previous| previous.until == NOT_YET)
}

fn is_subscribed(webhook: &Webhook) -> bool {
    WEBHOOK_SUBSCRIPTIONS.iter().all(|wanted| webhook.subscriptions.contains(wanted))
}

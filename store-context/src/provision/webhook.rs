//! Provisions the account's webhook to this host.

use std::time::Duration;

use chatwoot_client::application::webhooks::{
    NewWebhook, Webhook, WebhookPatch, WebhookSubscription,
};
use chatwoot_client::{Account, Patch, Secret};

use jiff::Timestamp;

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run};
use crate::ports::{Address, Expiring, StoreCredentials};

const STEP: &str = "webhook";

/// The events that a store's webhook is subscribed to: facts that the reconciler can find if a
/// delivery is lost, and new and changed contacts, which only trigger a sync.
pub const WEBHOOK_SUBSCRIPTIONS: [WebhookSubscription; 6] = [
    WebhookSubscription::ContactCreated,
    WebhookSubscription::ContactUpdated,
    WebhookSubscription::ConversationCreated,
    WebhookSubscription::ConversationStatusChanged,
    WebhookSubscription::ConversationUpdated,
    WebhookSubscription::MessageCreated,
];

/// How long the previous secret is accepted: far longer than a delivery takes.
const OVERLAP: Duration = Duration::from_hours(1);

impl Run<'_> {
    pub(super) async fn webhook(&mut self, account: &Account) -> Result<(), ProvisionError> {
        let lacking = |what| ProvisionError::Lacking { step: STEP, what };
        let address = self.kept.credentials.webhook_address.as_ref().ok_or(lacking("address"))?;
        let url = self.provisioner.config.url(Address::Webhook, address);
        let known = account.webhooks().list().await.at(STEP)?;
        // By the URL first: a rotation that was interrupted has made a second webhook.
        let is = known.iter().find(|webhook| webhook.url == url);
        let kept = self.kept.account.webhook;
        let is = is.or_else(|| known.iter().find(|webhook| Some(webhook.id) == kept));
        let (webhook, outcome) = match is {
            None => {
                let wanted = NewWebhook::new(url, WEBHOOK_SUBSCRIPTIONS.to_vec());
                (account.webhooks().create(&wanted).await.at(STEP)?, StepOutcome::Created)
            }
            Some(is) if is.url == url && subscribed(is) => (is.clone(), StepOutcome::Unchanged),
            Some(is) => {
                let to = WebhookPatch {
                    url: url.into(),
                    subscriptions: Patch::Set(WEBHOOK_SUBSCRIPTIONS.to_vec()),
                    ..WebhookPatch::default()
                };
                (account.webhooks().update(is.id, &to).await.at(STEP)?, StepOutcome::Changed)
            }
        };
        let secret = webhook.secret.ok_or(lacking("secret"))?;
        let now = self.provisioner.ports.clock.now();
        self.keep(|kept| {
            kept.account.webhook = Some(webhook.id);
            replace_secret(&mut kept.credentials, &secret, now);
        })
        .await?;
        self.done("webhook", outcome);
        Ok(())
    }
}

/// Saves the webhook's secret. Deliveries that were signed with the previous one during the change
/// are accepted for a while.
fn replace_secret(kept: &mut StoreCredentials, secret: &Secret, now: Timestamp) {
    if kept.webhook_secret.as_ref().is_some_and(|kept| kept.expose() == secret.expose()) {
        return;
    }
    let until = now.checked_add(OVERLAP).unwrap_or(Timestamp::MAX);
    let previous = kept.webhook_secret.replace(secret.clone());
    kept.previous_webhook_secret = previous.map(|value| Expiring { value, until });
}

fn subscribed(webhook: &Webhook) -> bool {
    webhook.subscriptions.len() == WEBHOOK_SUBSCRIPTIONS.len()
        && WEBHOOK_SUBSCRIPTIONS.iter().all(|wanted| webhook.subscriptions.contains(wanted))
}

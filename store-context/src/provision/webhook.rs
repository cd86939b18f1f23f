//! Provisions the account's webhook to this host.

use std::time::Duration;

use chatwoot_client::application::webhooks::{
    NewWebhook, Webhook, WebhookPatch, WebhookSubscription,
};
use chatwoot_client::{Account, Patch, Secret};

use jiff::Timestamp;

use super::orphans::Orphan;
use super::plan::{FieldChange, PlanAction, Planned, ResourceKind};
use super::{AtStep, ProvisionError, Run, read};
use crate::ports::{Address, Expiring, StoreCredentials};

const STEP: &str = "webhook";

/// The events that a store's webhook is subscribed to, each with the reason. The intake needs these
/// and no others; a host that makes the webhook itself subscribes it to them.
///
/// Facts are events that the reconciler finds again if a delivery is lost. Hints only trigger work
/// that reads the present state, so a lost one does no harm.
///
/// ```
/// use store_context::provision::WEBHOOK_EVENTS;
///
/// for event in WEBHOOK_EVENTS {
///     println!("{}: {}", event.subscription.as_str(), event.reason);
/// }
/// ```
pub const WEBHOOK_EVENTS: [WebhookEvent; 6] = [
    WebhookEvent {
        subscription: WebhookSubscription::ContactCreated,
        reason: "a hint: the contact of a customer may be new, which triggers the customer's sync",
    },
    WebhookEvent {
        subscription: WebhookSubscription::ContactUpdated,
        reason: "a hint: someone else changed a contact, which triggers the customer's sync",
    },
    WebhookEvent {
        subscription: WebhookSubscription::ConversationCreated,
        reason: "a fact: a customer opened a conversation",
    },
    WebhookEvent {
        subscription: WebhookSubscription::ConversationStatusChanged,
        reason: "a fact: a conversation was resolved, reopened or snoozed",
    },
    WebhookEvent {
        subscription: WebhookSubscription::ConversationUpdated,
        reason: "a fact: assignee, labels, priority or attributes of a conversation changed",
    },
    WebhookEvent {
        subscription: WebhookSubscription::MessageCreated,
        reason: "a fact: a customer, an agent or a bot wrote a message",
    },
];

/// An event that a store's webhook is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// The subscription.
    pub subscription: WebhookSubscription,
    /// What the intake needs the event for.
    pub reason: &'static str,
}

/// The subscriptions of [`WEBHOOK_EVENTS`].
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

pub(super) type PlannedWebhook = Planned<Webhook, NewWebhook, WebhookPatch>;

impl Run<'_> {
    pub(super) async fn plan_webhook(
        &mut self,
        account: Option<&Account>,
    ) -> Result<Option<PlannedWebhook>, ProvisionError> {
        let remembered = self.kept.account.webhook;
        let config = &self.provisioner.config;
        if !config.steps.webhook && remembered.is_none() {
            return Ok(None);
        }
        let address = self.kept.credentials.webhook_address.as_ref();
        let address = address.ok_or(ProvisionError::Lacking { step: STEP, what: "address" })?;
        let url = config.url(Address::Webhook, address);
        let known = read(account.map(|account| account.webhooks().list()), STEP).await?;
        let is = known.iter().find(|webhook| webhook.url == url);
        let is = is.or_else(|| known.iter().find(|webhook| Some(webhook.id) == remembered));
        let is = is.filter(|_| config.steps.webhook);
        for webhook in known.iter().filter(|webhook| is.map(|is| is.id) != Some(webhook.id)) {
            let is_remembered = Some(webhook.id) == remembered;
            if is_remembered || self.is_own(Address::Webhook, webhook.url.expose()).await? {
                let what = format!("webhook {}", webhook.id);
                self.orphan(what, Orphan::Webhook(webhook.id));
            }
        }
        if !config.steps.webhook {
            return Ok(None);
        }
        let Some(is) = is else {
            self.entry(ResourceKind::Webhook, STEP, PlanAction::Create);
            let new = NewWebhook::new(url, subscriptions());
            return Ok(Some(Planned::Create(new)));
        };
        let mut changes = Vec::new();
        if is.url != url {
            changes.push(FieldChange::address("url", Some(is.url.expose()), &url));
        }
        if !subscribed(is) {
            let from = listed(&is.subscriptions);
            changes.push(FieldChange::new("subscriptions", from, listed(&subscriptions())));
        }
        let action = PlanAction::of(changes);
        let planned = if action == PlanAction::Unchanged {
            Planned::Keep(is.clone())
        } else {
            let to = WebhookPatch {
                url: url.into(),
                subscriptions: Patch::Set(subscriptions()),
                ..WebhookPatch::default()
            };
            Planned::Change(is.clone(), to)
        };
        self.entry(ResourceKind::Webhook, STEP, action);
        Ok(Some(planned))
    }

    pub(super) async fn apply_webhook(
        &mut self,
        account: &Account,
        planned: PlannedWebhook,
    ) -> Result<(), ProvisionError> {
        let webhook = match planned {
            Planned::Create(new) => account.webhooks().create(&new).await.at(STEP)?,
            Planned::Change(is, to) => account.webhooks().update(is.id, &to).await.at(STEP)?,
            Planned::Keep(is) => is,
            Planned::Conflict => return Ok(()),
        };
        let lacking = ProvisionError::Lacking { step: STEP, what: "secret" };
        let secret = webhook.secret.ok_or(lacking)?;
        let now = self.provisioner.ports.clock.now();
        self.keep(|kept| {
            kept.account.webhook = Some(webhook.id);
            replace_secret(&mut kept.credentials, &secret, now);
        })
        .await
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

fn subscriptions() -> Vec<WebhookSubscription> {
    WEBHOOK_SUBSCRIPTIONS.to_vec()
}

fn listed(subscriptions: &[WebhookSubscription]) -> Option<String> {
    let mut names: Vec<&str> = subscriptions.iter().map(WebhookSubscription::as_str).collect();
    names.sort_unstable();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscription_has_its_reason() {
        assert_eq!(WEBHOOK_EVENTS.map(|event| event.subscription), WEBHOOK_SUBSCRIPTIONS);
    }
}

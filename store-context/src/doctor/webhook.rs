//! The checks of the account's webhook.

use chatwoot_client::application::webhooks::WebhookSubscription;
use chatwoot_client::types::WebhookId;
use http::{Method, StatusCode};

use super::finding::{Checked, Found};
use super::pages::is_own;
use super::round_trip::{RoundTrip, check_round_trip};
use super::run::{Doctor, Patient};
use crate::ports::Address;
use crate::provision::WEBHOOK_SUBSCRIPTIONS;

const PROVISION: &str = "provision the store: it puts the webhook right";

impl Patient<'_> {
    pub(super) async fn webhook(&self) -> Checked {
        let record = self.record().await?;
        let kept = &record.credentials;
        let Some(address) = &kept.webhook_address else {
            return Err(Found::skipped("the store has no webhook address"));
        };
        let url = self.own_url(Address::Webhook, address);
        let account = self.account().await?;
        let known = account.webhooks().list().deadline(self.deadline()).await?;
        let own = |it: &&chatwoot_client::application::webhooks::Webhook| {
            is_own(it.url.expose(), url.as_ref(), Address::Webhook, address)
        };
        let remembered = known.iter().find(|it| Some(it.id) == record.account.webhook);
        let Some(webhook) = remembered.or_else(|| known.iter().find(own)) else {
            return Err(Found::failed("the account has no webhook to this host", PROVISION));
        };
        let id = webhook.id;
        if !own(&webhook) {
            let text = format!("webhook {id} is sent to another address than this host's");
            let advice = "provision the store, or correct the public URL if the host has moved";
            return Err(Found::failed(text, advice));
        }
        let lacking = WEBHOOK_SUBSCRIPTIONS.iter().filter(|it| !webhook.subscriptions.contains(it));
        let lacking: Vec<&str> = lacking.map(WebhookSubscription::as_str).collect();
        if !lacking.is_empty() {
            let text = format!("webhook {id} is not sent {}", lacking.join(", "));
            return Err(Found::failed(text, PROVISION));
        }
        let Some(secret) = &kept.webhook_secret else {
            let text = format!("the secret of webhook {id} is not known: deliveries are refused");
            return Err(Found::failed(text, PROVISION));
        };
        if webhook.secret.as_ref().is_some_and(|own| own.expose() != secret.expose()) {
            let text = format!("the secret of webhook {id} is another: deliveries are refused");
            return Err(Found::failed(text, PROVISION));
        }
        let twice = known.iter().filter(own).count() > 1;
        if twice {
            let text = "several webhooks are sent to this host's address";
            return Err(Found::warned(text, "delete all but one in Chatwoot"));
        }
        self.answered(id, url.as_ref()).await
    }

    /// Checks that this host answers at the webhook's address: an unsigned request is refused there.
    async fn answered(&self, id: WebhookId, url: Option<&url::Url>) -> Checked {
        let right = format!("webhook {id} has this host's address, all events and a known secret");
        let (Some(url), true) = (url, self.doctor.pages.is_some()) else {
            let text = format!("{right}; whether the address is answered was not tried");
            return Ok(Found::passed(text));
        };
        let answer = self.request(Method::POST, url).await?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => Ok(Found::passed(format!("{right}, and is answered"))),
            status => Err(Found::failed(
                format!("the webhook's address is answered with {status} and not by this host"),
                "let the public URL and the proxy lead to this host's webhook endpoint",
            )),
        }
    }

    pub(super) async fn round_trip(&self) -> Checked {
        if self.record().await?.account.webhook.is_none() {
            return Err(Found::skipped("the store has no webhook"));
        }
        let Doctor { accounts, ports, config, .. } = self.doctor;
        match check_round_trip(accounts, ports, self.store, config.round_trip).await {
            Ok(RoundTrip { took, left: None }) => {
                Ok(Found::passed(format!("a webhook arrived after {} ms", took.as_millis())))
            }
            Ok(RoundTrip { took, left: Some(contact) }) => Err(Found::warned(
                format!(
                    "a webhook arrived after {} ms, and contact {contact} of the check is left",
                    took.as_millis()
                ),
                "delete the contact in Chatwoot; a later check does too",
            )),
            Err(error) => Err(Found::failed(
                error.to_string(),
                "see what the check `webhook` found, and whether the server's Sidekiq runs and \
                 reaches this host",
            )),
        }
    }
}

//! The checks of the inboxes: their kinds, the widget, the proof of identity.

use chatwoot_client::application::inboxes::Inbox;
use chatwoot_client::types::ChannelType;
use chatwoot_client::{InboxId, Secret};

use super::finding::{Checked, Found};
use super::run::Patient;

impl Patient<'_> {
    pub(super) async fn remembered_inboxes(&self) -> Checked {
        let known = self.inboxes().await?;
        let kept = &self.record().await?.account;
        let wanted = [
            ("website", kept.website_inbox, ChannelType::WebWidget),
            ("API", kept.api_inbox, ChannelType::Api),
            ("e-mail", kept.email_inbox, ChannelType::Email),
        ];
        let mut found = Vec::new();
        for (name, id, kind) in wanted {
            let Some(id) = id else { continue };
            let Some(inbox) = known.iter().find(|inbox| inbox.id == id) else {
                let text = format!("the {name} inbox {id} does not exist");
                return Err(Found::failed(text, "provision the store: it creates another"));
            };
            if inbox.channel_type != kind {
                let text = format!("inbox {id} is no {name} inbox");
                return Err(Found::failed(text, "correct the id that the store has of it"));
            }
            found.push(format!("{name} {id}"));
        }
        if found.is_empty() {
            return Err(Found::skipped("the store has no inboxes"));
        }
        Ok(Found::passed(found.join(", ")))
    }

    pub(super) async fn widget(&self) -> Checked {
        let kept = &self.record().await?.account;
        let Some(inbox) = self.inbox(kept.website_inbox).await? else {
            return Err(Found::skipped("the store has no website inbox"));
        };
        let Some(token) = &kept.website_token else {
            let text = "the store has no website token";
            return Err(Found::failed(text, "provision the store: it reads the inbox's"));
        };
        if inbox.website_token.as_ref() != Some(token) {
            let text = "the website token is not that of the website inbox";
            return Err(Found::failed(text, "provision the store: it reads the inbox's"));
        }
        let website = self.client().await?.web_widget(token.clone());
        let script = website.sdk().deadline(self.deadline()).await.map_err(|error| {
            Found::failed(
                format!("the widget's script does not load: {error}"),
                "install the server with its frontend, and let the proxy serve /packs",
            )
        })?;
        if !script.contains("chatwootSDK") {
            let text = "what loads from /packs/js/sdk.js is not the widget's script";
            return Err(Found::failed(text, "let the proxy serve /packs from Chatwoot"));
        }
        Ok(Found::passed("the website token is the inbox's, and the script loads"))
    }

    pub(super) async fn hmac(&self) -> Checked {
        let record = self.record().await?;
        let (kept, keys) = (&record.account, &record.credentials);
        let inboxes = [
            ("website", kept.website_inbox, &keys.website_hmac),
            ("API", kept.api_inbox, &keys.api_hmac),
        ];
        let mut checked = 0;
        for (name, id, key) in inboxes {
            let Some(inbox) = self.inbox(id).await? else { continue };
            if inbox.hmac_mandatory != Some(true) {
                let text = format!(
                    "the {name} inbox {} requires no proof of identity: a visitor may be anybody",
                    inbox.id
                );
                return Err(Found::failed(text, "provision the store: it sets hmac_mandatory"));
            }
            let same = |key: &Secret| {
                inbox.hmac_token.as_ref().is_none_or(|own| own.expose() == key.expose())
            };
            if !key.as_ref().is_some_and(same) {
                let text = format!("the key of the {name} inbox {} is not the inbox's", inbox.id);
                return Err(Found::failed(text, "provision the store: it reads the inbox's"));
            }
            checked += 1;
        }
        if checked == 0 {
            return Err(Found::skipped("the store has neither a website nor an API inbox"));
        }
        Ok(Found::passed("the inboxes require a proof, and the keys are theirs"))
    }

    async fn inbox(&self, id: Option<InboxId>) -> Result<Option<&Inbox>, Found> {
        let known = self.inboxes().await?;
        Ok(known.iter().find(|inbox| Some(inbox.id) == id))
    }
}

//! Provisions the store's three inboxes: website, API and email.

use chatwoot_client::application::inboxes::{
    ChannelPatch, Inbox, InboxPatch, NewApiChannel, NewEmailChannel, NewInbox, NewWebWidget,
};
use chatwoot_client::types::ChannelType;
use chatwoot_client::{Account, InboxId, Patch, UserId};

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run, missing};
use crate::model::Branding;

const STEP: &str = "inboxes";

impl Run<'_> {
    pub(super) async fn inboxes(
        &mut self,
        account: &Account,
        administrator: UserId,
    ) -> Result<(), ProvisionError> {
        let known = account.inboxes().list().await.at(STEP)?;
        let website = self.website(account, &known).await?;
        let api = self.api(account, &known).await?;
        let email = self.email(account, &known).await?;
        for inbox in [website, api, email] {
            let members = account.inbox_members().list(inbox).await.at(STEP)?;
            let add = missing(administrator, &members);
            if add {
                account.inbox_members().add(inbox, &[administrator]).await.at(STEP)?;
            }
            self.done(format!("member of inbox {inbox}"), StepOutcome::changed_if(add));
        }
        Ok(())
    }

    async fn website(
        &mut self,
        account: &Account,
        known: &[Inbox],
    ) -> Result<InboxId, ProvisionError> {
        let store = self.store;
        let wanted = self.new_website();
        let is =
            find(known, self.kept.account.website_inbox, &ChannelType::WebWidget, &wanted.name);
        let (inbox, outcome) = match is {
            None => (account.inboxes().create(&wanted).await.at(STEP)?, StepOutcome::Created),
            Some(is) if self.website_is_right(is) => (is.clone(), StepOutcome::Unchanged),
            Some(is) => {
                let to = self.website_patch();
                (account.inboxes().update(is.id, &to).await.at(STEP)?, StepOutcome::Changed)
            }
        };
        let lacking = |what| ProvisionError::Lacking { step: STEP, what };
        let hmac = inbox.hmac_token.ok_or(lacking("hmac_token"))?;
        let token = inbox.website_token.ok_or(lacking("website_token"))?;
        self.keep(|kept| {
            kept.account.website_inbox = Some(inbox.id);
            kept.account.website_token = Some(token.clone());
            kept.credentials.website_hmac = Some(hmac.clone());
        })
        .await?;
        self.done(format!("website inbox of {}", store.website), outcome);
        Ok(inbox.id)
    }

    fn new_website(&self) -> NewInbox {
        let store = self.store;
        let branding = store.branding.as_ref();
        let channel = NewWebWidget {
            widget_color: branding.map(|branding| branding.color.clone()),
            welcome_title: branding.map(|branding| branding.welcome_title.clone()),
            welcome_tagline: branding.map(|branding| branding.welcome_tagline.clone()),
            // A page that sets a customer needs the store's hash. That does not prove the writer: a
            // visitor can still become a customer's contact (4.15.1), hence the proof on
            // conversations.
            hmac_mandatory: Some(true),
            ..NewWebWidget::new(store.website.as_str())
        };
        NewInbox {
            greeting_enabled: branding.map(|_| true),
            greeting_message: branding.map(|branding| branding.greeting.clone()),
            timezone: Some(store.time_zone.clone()),
            ..NewInbox::new(&store.name, channel)
        }
    }

    fn website_is_right(&self, is: &Inbox) -> bool {
        let store = self.store;
        let text = |is: &Option<String>, wanted: &str| is.as_deref() == Some(wanted);
        let branded = |branding: &Branding| {
            is.greeting_enabled == Some(true)
                && text(&is.greeting_message, &branding.greeting)
                && text(&is.widget_color, &branding.color)
                && text(&is.welcome_title, &branding.welcome_title)
                && text(&is.welcome_tagline, &branding.welcome_tagline)
        };
        is.name == store.name
            && is.hmac_mandatory == Some(true)
            && text(&is.timezone, &store.time_zone)
            && text(&is.website_url, store.website.as_str())
            && store.branding.as_ref().is_none_or(branded)
    }

    fn website_patch(&self) -> InboxPatch {
        let store = self.store;
        // Without branding, the agents' settings stay.
        let branded = |text: fn(&Branding) -> &String| match &store.branding {
            Some(branding) => Patch::Set(text(branding).clone()),
            None => Patch::Keep,
        };
        InboxPatch {
            name: Patch::Set(store.name.clone()),
            greeting_enabled: if store.branding.is_some() { Patch::Set(true) } else { Patch::Keep },
            greeting_message: branded(|branding| &branding.greeting),
            timezone: Patch::Set(store.time_zone.clone()),
            channel: Some(ChannelPatch {
                website_url: Patch::Set(store.website.to_string()),
                widget_color: branded(|branding| &branding.color),
                welcome_title: branded(|branding| &branding.welcome_title),
                welcome_tagline: branded(|branding| &branding.welcome_tagline),
                hmac_mandatory: Patch::Set(true),
                ..ChannelPatch::default()
            }),
            ..InboxPatch::default()
        }
    }

    async fn api(&mut self, account: &Account, known: &[Inbox]) -> Result<InboxId, ProvisionError> {
        let name = format!("{} app", self.store.name);
        let channel = NewApiChannel { hmac_mandatory: Some(true), ..NewApiChannel::default() };
        let wanted = NewInbox::new(&name, channel);
        let is = find(known, self.kept.account.api_inbox, &ChannelType::Api, &name);
        let right = |is: &Inbox| is.hmac_mandatory == Some(true);
        let to = ChannelPatch { hmac_mandatory: Patch::Set(true), ..ChannelPatch::default() };
        let (inbox, outcome) = changed_or_made(account, is, &wanted, right, to).await?;
        let lacking = |what| ProvisionError::Lacking { step: STEP, what };
        let identifier = inbox.inbox_identifier.ok_or(lacking("inbox_identifier"))?;
        self.keep(|kept| {
            kept.account.api_inbox = Some(inbox.id);
            kept.account.api_inbox_identifier = Some(identifier.clone());
            kept.credentials.api_hmac.clone_from(&inbox.hmac_token);
        })
        .await?;
        self.done(format!("API inbox {name}"), outcome);
        Ok(inbox.id)
    }

    async fn email(
        &mut self,
        account: &Account,
        known: &[Inbox],
    ) -> Result<InboxId, ProvisionError> {
        let name = format!("{} e-mail", self.store.name);
        let address = &self.store.support_email;
        let wanted = NewInbox::new(&name, NewEmailChannel::new(address));
        let is = find(known, self.kept.account.email_inbox, &ChannelType::Email, &name);
        let right = |is: &Inbox| {
            let email = is.email.as_deref();
            email.is_some_and(|email| email.eq_ignore_ascii_case(address))
        };
        let to = ChannelPatch { email: Patch::Set(address.clone()), ..ChannelPatch::default() };
        let (inbox, outcome) = changed_or_made(account, is, &wanted, right, to).await?;
        self.keep(|kept| kept.account.email_inbox = Some(inbox.id)).await?;
        self.done(format!("e-mail inbox {address}"), outcome);
        Ok(inbox.id)
    }
}

/// Returns the saved inbox, or one of the same kind and name that was created before its id was
/// saved.
fn find<'a>(
    known: &'a [Inbox],
    remembered: Option<InboxId>,
    kind: &ChannelType,
    name: &str,
) -> Option<&'a Inbox> {
    let by_id = known.iter().find(|inbox| Some(inbox.id) == remembered);
    by_id.or_else(|| known.iter().find(|inbox| inbox.channel_type == *kind && inbox.name == name))
}

/// Creates or updates an inbox of which the name and one setting of its channel are managed.
async fn changed_or_made(
    account: &Account,
    is: Option<&Inbox>,
    wanted: &NewInbox,
    right: impl Fn(&Inbox) -> bool,
    channel: ChannelPatch,
) -> Result<(Inbox, StepOutcome), ProvisionError> {
    Ok(match is {
        Some(is) if is.name == wanted.name && right(is) => (is.clone(), StepOutcome::Unchanged),
        Some(is) => {
            let name = Patch::Set(wanted.name.clone());
            let to = InboxPatch { name, channel: Some(channel), ..InboxPatch::default() };
            (account.inboxes().update(is.id, &to).await.at(STEP)?, StepOutcome::Changed)
        }
        None => (account.inboxes().create(wanted).await.at(STEP)?, StepOutcome::Created),
    })
}

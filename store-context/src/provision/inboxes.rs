//! Provisions the store's three inboxes: website, API and email.

use chatwoot_client::application::inboxes::{Inbox, InboxPatch, NewInbox};
use chatwoot_client::types::ChannelType;
use chatwoot_client::{Account, InboxId, UserId};

use super::inbox_settings::{differences, differs, needed_settings};
use super::orphans::Orphan;
use super::plan::{PlanAction, Planned, ResourceKind};
use super::steps::InboxStep;
use super::{AtStep, ProvisionError, Run, member, missing, read};

const STEP: &str = "inboxes";

/// One of the store's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Website,
    Api,
    Email,
}

impl Channel {
    const ALL: [Self; 3] = [Self::Website, Self::Api, Self::Email];

    const fn kind(self) -> ChannelType {
        match self {
            Self::Website => ChannelType::WebWidget,
            Self::Api => ChannelType::Api,
            Self::Email => ChannelType::Email,
        }
    }

    const fn resource(self) -> ResourceKind {
        match self {
            Self::Website => ResourceKind::WebsiteInbox,
            Self::Api => ResourceKind::ApiInbox,
            Self::Email => ResourceKind::EmailInbox,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Website => "website inbox",
            Self::Api => "API inbox",
            Self::Email => "e-mail inbox",
        }
    }
}

/// The inbox of a channel, as found among the account's inboxes.
enum Found<'a> {
    None,
    /// All of its settings are managed.
    Managed(&'a Inbox),
    /// Only the settings that the engine needs are managed.
    Adopted(&'a Inbox),
    /// No inbox can be chosen, for this reason.
    Conflict(String),
}

pub(super) struct PlannedInbox {
    channel: Channel,
    inbox: Planned<Inbox, NewInbox, InboxPatch>,
    is_adopted: bool,
    adds_member: bool,
}

impl Run<'_> {
    pub(super) async fn plan_inboxes(
        &mut self,
        account: Option<&Account>,
        administrator: Option<UserId>,
    ) -> Result<Vec<PlannedInbox>, ProvisionError> {
        let is_used = |channel: Channel| {
            *self.choice(channel) != InboxStep::LeftOut || self.remembered(channel).is_some()
        };
        if !Channel::ALL.into_iter().any(is_used) {
            return Ok(Vec::new());
        }
        let known = read(account.map(|account| account.inboxes().list()), STEP).await?;
        let mut planned = Vec::new();
        for channel in Channel::ALL {
            planned.extend(self.plan_inbox(channel, &known));
        }
        if self.provisioner.config.steps.members {
            for it in &mut planned {
                let members = match (account, &it.inbox) {
                    (Some(account), Planned::Keep(inbox) | Planned::Change(inbox, _)) => {
                        account.inbox_members().list(inbox.id).await.at(STEP)?
                    }
                    _ => Vec::new(),
                };
                it.adds_member = administrator.is_none_or(|user| missing(user, &members));
                let what = format!("member of the {}", it.channel.words());
                self.entry(ResourceKind::InboxMember, what, member(it.adds_member));
            }
        }
        Ok(planned)
    }

    fn plan_inbox(&mut self, channel: Channel, known: &[Inbox]) -> Option<PlannedInbox> {
        let found = match self.choice(channel) {
            InboxStep::LeftOut => Found::None,
            InboxStep::Managed => self.find(channel, known),
            InboxStep::Existing(id) => chosen(channel, *id, known),
            InboxStep::Named(name) => named(channel, name, known),
        };
        self.find_orphan(channel, known, &found);
        if *self.choice(channel) == InboxStep::LeftOut {
            return None;
        }
        let is_adopted = matches!(found, Found::Adopted(_));
        let (inbox, what, action) = match found {
            Found::Conflict(reason) => {
                let what = channel.words().to_owned();
                (Planned::Conflict, what, PlanAction::Conflict(reason))
            }
            Found::None => {
                let new = Planned::Create(self.new_inbox(channel));
                (new, self.describe(channel), PlanAction::Create)
            }
            Found::Managed(is) => {
                let to = self.managed_settings(channel);
                let (inbox, action) = change(is, to);
                (inbox, self.describe(channel), action)
            }
            Found::Adopted(is) => {
                let (inbox, action) = change(is, needed_settings(channel));
                (inbox, format!("{} {:?}, adopted", channel.words(), is.name), action)
            }
        };
        self.entry(channel.resource(), what, action);
        Some(PlannedInbox { channel, inbox, is_adopted, adds_member: false })
    }

    /// Enters the inbox that an earlier provisioning created and that the store no longer uses.
    fn find_orphan(&mut self, channel: Channel, known: &[Inbox], found: &Found<'_>) {
        let used = match found {
            Found::Managed(inbox) | Found::Adopted(inbox) => Some(inbox.id),
            Found::Conflict(_) => return,
            Found::None => None,
        };
        let remembered = self.remembered(channel).filter(|id| Some(*id) != used);
        let created = remembered.filter(|id| !self.kept.account.adopted.inboxes.contains(id));
        if let Some(inbox) = known.iter().find(|inbox| Some(inbox.id) == created) {
            let what = format!("{} {:?}", channel.words(), inbox.name);
            self.orphan(what, Orphan::Inbox(channel.resource(), inbox.id));
        }
    }

    /// Finds a managed inbox by the rules of adoption.
    fn find<'a>(&self, channel: Channel, known: &'a [Inbox]) -> Found<'a> {
        let remembered = self.remembered(channel);
        let adopted = &self.kept.account.adopted;
        if let Some(inbox) = known.iter().find(|inbox| Some(inbox.id) == remembered) {
            let is_adopted = adopted.inboxes.contains(&inbox.id);
            return if is_adopted { Found::Adopted(inbox) } else { Found::Managed(inbox) };
        }
        let name = self.name(channel);
        let is_candidate = |inbox: &&Inbox| {
            inbox.channel_type == channel.kind()
                && (inbox.name == name || self.has_address(channel, inbox))
        };
        let candidates: Vec<&Inbox> = known.iter().filter(is_candidate).collect();
        match candidates.as_slice() {
            [] => match known.iter().find(|inbox| inbox.name == name) {
                Some(other) => Found::Conflict(format!(
                    "inbox {} has the name {name:?} and is a {}: rename it, or choose another one \
                     with InboxStep::Existing",
                    other.id,
                    other.channel_type.as_str(),
                )),
                None => Found::None,
            },
            // What has the settings of a created inbox is one whose creation could not be saved.
            [inbox] if !adopted.account || !differs(inbox, &self.created_settings(channel)) => {
                Found::Managed(inbox)
            }
            [inbox] => Found::Adopted(inbox),
            several => ambiguous(several),
        }
    }

    /// Returns whether an inbox has the website or the email address of the store.
    fn has_address(&self, channel: Channel, inbox: &Inbox) -> bool {
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        match channel {
            Channel::Website => {
                let url = inbox.website_url.as_deref().map(plain);
                url == Some(plain(self.store.website.as_str()))
            }
            Channel::Email => {
                let email = inbox.email.as_deref();
                email.is_some_and(|email| email.eq_ignore_ascii_case(&self.store.support_email))
            }
            Channel::Api => false,
        }
    }

    const fn choice(&self, channel: Channel) -> &InboxStep {
        let steps = &self.provisioner.config.steps;
        match channel {
            Channel::Website => &steps.website,
            Channel::Api => &steps.api,
            Channel::Email => &steps.email,
        }
    }

    const fn remembered(&self, channel: Channel) -> Option<InboxId> {
        let account = &self.kept.account;
        match channel {
            Channel::Website => account.website_inbox,
            Channel::Api => account.api_inbox,
            Channel::Email => account.email_inbox,
        }
    }

    fn describe(&self, channel: Channel) -> String {
        match channel {
            Channel::Website => format!("website inbox of {}", self.store.website),
            Channel::Api => format!("API inbox {}", self.name(channel)),
            Channel::Email => format!("e-mail inbox {}", self.store.support_email),
        }
    }

    pub(super) async fn apply_inboxes(
        &mut self,
        account: &Account,
        administrator: UserId,
        planned: Vec<PlannedInbox>,
    ) -> Result<(), ProvisionError> {
        for PlannedInbox { channel, inbox, is_adopted, adds_member } in planned {
            let inbox = match inbox {
                Planned::Create(new) => self.create_inbox(account, channel, &new).await?,
                Planned::Change(is, to) => {
                    let id = is.id;
                    if is_adopted {
                        // Saved before the change, after which it may look like a created one.
                        self.keep_inbox(channel, is, true).await?;
                    }
                    account.inboxes().update(id, &to).await.at(STEP)?
                }
                Planned::Keep(is) => is,
                Planned::Conflict => continue,
            };
            let id = inbox.id;
            self.keep_inbox(channel, inbox, is_adopted).await?;
            if adds_member {
                account.inbox_members().add(id, &[administrator]).await.at(STEP)?;
            }
        }
        Ok(())
    }

    async fn create_inbox(
        &mut self,
        account: &Account,
        channel: Channel,
        new: &NewInbox,
    ) -> Result<Inbox, ProvisionError> {
        let made = account.inboxes().create(new).await.at(STEP)?;
        let to = self.managed_settings(channel);
        if !differs(&made, &to) {
            return Ok(made);
        }
        let id = made.id;
        self.keep_inbox(channel, made, false).await?;
        account.inboxes().update(id, &to).await.at(STEP)
    }

    async fn keep_inbox(
        &mut self,
        channel: Channel,
        inbox: Inbox,
        is_adopted: bool,
    ) -> Result<(), ProvisionError> {
        let lacking = |what| ProvisionError::Lacking { step: STEP, what };
        let Inbox { id, hmac_token: hmac, website_token, inbox_identifier, .. } = inbox;
        match channel {
            Channel::Website => {
                let hmac = hmac.ok_or(lacking("hmac_token"))?;
                let token = website_token.ok_or(lacking("website_token"))?;
                self.keep(|kept| {
                    kept.account.website_inbox = Some(id);
                    kept.account.website_token = Some(token.clone());
                    kept.credentials.website_hmac = Some(hmac.clone());
                    kept.account.adopted.set_inbox(id, is_adopted);
                })
                .await
            }
            Channel::Api => {
                let identifier = inbox_identifier.ok_or(lacking("inbox_identifier"))?;
                self.keep(|kept| {
                    kept.account.api_inbox = Some(id);
                    kept.account.api_inbox_identifier = Some(identifier.clone());
                    kept.credentials.api_hmac.clone_from(&hmac);
                    kept.account.adopted.set_inbox(id, is_adopted);
                })
                .await
            }
            Channel::Email => {
                self.keep(|kept| {
                    kept.account.email_inbox = Some(id);
                    kept.account.adopted.set_inbox(id, is_adopted);
                })
                .await
            }
        }
    }
}

/// Returns the inbox that the host chose by its id.
fn chosen(channel: Channel, id: InboxId, known: &[Inbox]) -> Found<'_> {
    match known.iter().find(|inbox| inbox.id == id) {
        None => Found::Conflict(format!("the account has no inbox {id}: choose another one")),
        Some(inbox) if inbox.channel_type == channel.kind() => Found::Adopted(inbox),
        Some(inbox) => Found::Conflict(other_kind(channel, inbox)),
    }
}

/// Returns the inbox that the host chose by its name.
fn named<'a>(channel: Channel, name: &str, known: &'a [Inbox]) -> Found<'a> {
    let with_name: Vec<&Inbox> = known.iter().filter(|inbox| inbox.name == name).collect();
    let of_kind = with_name.iter().filter(|inbox| inbox.channel_type == channel.kind());
    match (of_kind.copied().collect::<Vec<_>>().as_slice(), with_name.first()) {
        ([inbox], _) => Found::Adopted(inbox),
        ([], Some(other)) => Found::Conflict(other_kind(channel, other)),
        ([], None) => {
            Found::Conflict(format!("the account has no inbox {name:?}: choose another one"))
        }
        (several, _) => ambiguous(several),
    }
}

fn other_kind(channel: Channel, inbox: &Inbox) -> String {
    let (is, wanted) = (inbox.channel_type.as_str().to_owned(), channel.kind());
    let wanted = wanted.as_str();
    format!("inbox {} is a {is} and no {wanted}: choose another one", inbox.id)
}

fn ambiguous<'a>(several: &[&Inbox]) -> Found<'a> {
    let ids: Vec<String> = several.iter().map(|inbox| inbox.id.to_string()).collect();
    let ids = ids.join(", ");
    Found::Conflict(format!(
        "the inboxes {ids} fit equally: choose one of them with InboxStep::Existing"
    ))
}

fn change(is: &Inbox, to: InboxPatch) -> (Planned<Inbox, NewInbox, InboxPatch>, PlanAction) {
    let changes = differences(is, &to);
    let inbox = if changes.is_empty() {
        Planned::Keep(is.clone())
    } else {
        Planned::Change(is.clone(), to)
    };
    (inbox, PlanAction::of(changes))
}

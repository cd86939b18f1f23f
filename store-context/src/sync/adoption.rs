//! Whether an existing contact may become a customer's contact.

use chatwoot_client::application::contacts::{Contact, ContactInbox, InboxSummary};
use chatwoot_client::application::conversations::Conversation;
use chatwoot_client::types::ChannelType;
use chatwoot_client::{Error, Secret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::worker::ContactSync;
use super::write::is_marked_for;
use crate::accounts::OpenAccount;
use crate::model::CustomerId;

/// The policy that decides which existing contacts a new customer is linked to.
///
/// A contact that carries the customer's pseudonym is always theirs, because the pseudonym cannot
/// be guessed. The policy applies to contacts that are found by the customer's proven email address
/// and, where identifiers are [`Plain`](crate::model::ContactIdentifiers::Plain), by the
/// identifier: any visitor can write either on their own contact (Chatwoot 4.15.1, measured) and
/// would then take part in the conversations of the customer who is linked to that contact. A
/// contact of another customer is never adopted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adoption {
    /// Adopts no such contact.
    Never,
    /// Adopts contacts that no visitor can have prepared: each conversation carries the store's
    /// proof of the customer, or there is no conversation and no contact inbox of a website or API
    /// inbox, so that an agent or an import created the contact.
    #[default]
    Unprepared,
    /// Also adopts contacts that only ever wrote by email, from the customer's address: replies go
    /// to that address, whoever wrote.
    UnpreparedOrEmail,
}

impl ContactSync {
    /// Returns whether an unlinked contact may be treated as the customer's: it is marked for the
    /// customer, or no visitor can have prepared it, as strictly as the policy requires.
    pub(super) async fn is_own(
        &self,
        open: &OpenAccount,
        customer: &CustomerId,
        contact: &Contact,
    ) -> Result<bool, Error> {
        if is_marked_for(open, customer, contact) {
            return Ok(true);
        }
        let now = self.ports.clock.now();
        is_unprepared(self.config.adoption, open, customer, contact, now).await
    }
}

/// The maximum number of a contact's conversations that Chatwoot returns; there may be more.
const SHOWN: usize = 20;

/// Returns whether no visitor can have prepared the contact for this customer, as strictly as the
/// policy requires.
///
/// Chatwoot's `hmac_verified` alone is not sufficient: a guest of the public API gets it with the
/// HMAC of the empty identifier, and a signed-in visitor keeps it with another customer's (4.15.1).
async fn is_unprepared(
    policy: Adoption,
    open: &OpenAccount,
    customer: &CustomerId,
    contact: &Contact,
    now: Timestamp,
) -> Result<bool, Error> {
    if policy == Adoption::Never {
        return Ok(false);
    }
    let conversations = open.account.contact(contact.id).conversations().await?;
    if conversations.len() >= SHOWN {
        return Ok(false);
    }
    let proven = |talk: &Conversation| {
        let began = talk.created_at.at().unwrap_or(Timestamp::MIN);
        let proof = open.identity.check_conversation(talk, began, now);
        proof.customer() == Some(customer)
    };
    if !conversations.is_empty() && conversations.iter().all(proven) {
        return Ok(true);
    }
    let presences = match &contact.contact_inboxes {
        Some(presences) => presences.clone(),
        None => open.account.contacts().get(contact.id).await?.contact_inboxes.unwrap_or_default(),
    };
    if conversations.is_empty() {
        return Ok(presences.iter().all(needs_no_visitor));
    }
    let address = contact.email.as_deref().unwrap_or_default();
    Ok(policy == Adoption::UnpreparedOrEmail
        && conversations.iter().all(|talk| talk.meta.channel == Some(ChannelType::Email))
        && presences.iter().all(|presence| is_mail_from(presence, address)))
}

fn channel(presence: &ContactInbox) -> Option<&ChannelType> {
    let InboxSummary { channel_type, .. } = presence.inbox.as_ref()?;
    channel_type.as_ref()
}

/// Returns whether the channel of a contact inbox does not let visitors identify themselves.
fn needs_no_visitor(presence: &ContactInbox) -> bool {
    !matches!(channel(presence), None | Some(ChannelType::WebWidget | ChannelType::Api))
}

fn is_mail_from(presence: &ContactInbox, address: &str) -> bool {
    let from = presence.source_id.as_ref().map(Secret::expose).unwrap_or_default();
    channel(presence) == Some(&ChannelType::Email) && from.eq_ignore_ascii_case(address)
}

//! Writes the declared attributes of a conversation in which the customer is proven.
//!
//! Chatwoot replaces all custom attributes of a conversation, so a writer has to pass on those of
//! others, among them the store's proof. The dispatcher is the one writer here: it holds the
//! conversation's claim, so no two processes write to one conversation.

use std::time::Duration;

use chatwoot_client::{Attributes, ConversationId, Error};
use serde_json::Value;

use super::from_api;
use super::handler_context::{HandlerContext, HandlerContextError};
use crate::accounts::OpenAccount;
use crate::attributes::AppliesTo;
use crate::customer_data::CustomerData;
use crate::guard::{self, Cut};
use crate::model::{CustomerId, Direction, Proof, SupportEvent};
use crate::ports::{Entry, PortError, Ports};
use crate::sync::canonical;

/// The maximum time for one conversation.
const LIMIT: Duration = Duration::from_secs(10);

/// The time limit of one call to a port of the host.
const PORT_LIMIT: Duration = Duration::from_secs(2);

/// The reason why a conversation's attributes were not written.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error(transparent)]
    Account(#[from] HandlerContextError),
    #[error(transparent)]
    Chatwoot(#[from] Error),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("writing them {0}")]
    Cut(#[from] Cut),
}

/// Writes the attributes of conversations.
#[derive(Clone)]
pub(super) struct ConversationAttributes {
    ports: Ports,
}

impl ConversationAttributes {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { ports: ports.clone() }
    }

    /// Writes the attributes of an entry's conversation, if they changed. A failure is logged and
    /// does not fail the entry: the next event of the conversation writes them. The handler waits
    /// for it, so it takes only a part of the handler's time.
    pub(super) async fn write(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
        time_limit: Duration,
    ) {
        let declared = self.ports.attributes.attributes(&entry.store);
        if declared.of(AppliesTo::Conversation).next().is_none() {
            return;
        }
        let Some((conversation, customer)) = proven(entry) else { return };
        let written = self.write_to(context, conversation, customer);
        let written = guard::guarded(LIMIT.min(time_limit / 4), written).await;
        let store = &entry.store;
        match written.unwrap_or_else(|cut| Err(cut.into())) {
            Ok(true) => tracing::debug!(%store, %conversation, "conversation attributes written"),
            Ok(false) => {}
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, %store, %conversation,
                    "a conversation's attributes were not written; its next event tries again");
            }
        }
    }

    /// Returns whether a request was needed and sent.
    async fn write_to(
        &self,
        context: &HandlerContext<'_>,
        id: ConversationId,
        customer: &CustomerId,
    ) -> Result<bool, NotWritten> {
        let OpenAccount { record, account, identity, .. } = context.open().await?;
        let store = &record.store;
        let declared = self.ports.attributes_of(store);
        let count = declared.recent_orders(AppliesTo::Conversation);
        let data = CustomerData::read(&self.ports, PORT_LIMIT, store, customer, count).await?;
        let Some(data) = data else { return Ok(false) };
        let mut wanted = declared.values(AppliesTo::Conversation, &data.input(store));
        store.privacy.contact.attributes.withhold_from(&mut wanted);

        // Read as late as possible: what a page writes between this and the request is replaced.
        let conversation = account.conversations().get(id).await?;
        // The conversation may have been moved to another contact since the event.
        let now = self.ports.clock.now();
        let proof = from_api::conversation(&conversation, identity, now).proof;
        if proof.customer() != Some(customer) {
            return Ok(false);
        }
        let Some(all) = changed(&conversation.custom_attributes, wanted) else { return Ok(false) };
        account.conversation(id).replace_custom_attributes(&all).await?;
        Ok(true)
    }
}

/// Returns the conversation and its proven customer, if the event is one after which the attributes
/// may differ: the conversation is new or has changed, or the customer wrote.
fn proven(entry: &Entry) -> Option<(ConversationId, &CustomerId)> {
    let matters = match &entry.event {
        SupportEvent::ConversationCreated(_)
        | SupportEvent::ConversationStatusChanged(_)
        | SupportEvent::ConversationUpdated(_) => true,
        SupportEvent::MessageCreated(message) => message.direction == Direction::Incoming,
        _ => false,
    };
    if !matters || entry.stale {
        return None;
    }
    let customer = entry.proof().and_then(Proof::customer)?;
    Some((entry.event.conversation_id()?, customer))
}

/// Returns all attributes of the conversation with the wanted values, those of others unchanged;
/// `None` if it has them already.
fn changed(there: &Attributes, wanted: Attributes) -> Option<Attributes> {
    let value = |key: &str| there.get(key).and_then(canonical);
    if wanted.iter().all(|(key, wanted)| value(key) == canonical(wanted)) {
        return None;
    }
    let mut all = there.clone();
    for (key, wanted) in wanted {
        if wanted == Value::Null {
            all.remove(&key);
        } else {
            all.insert(key, wanted);
        }
    }
    Some(all)
}

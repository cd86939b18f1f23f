//! Everything that was said is handled, in order, and answered once.

use std::collections::{BTreeMap, BTreeSet};

use chatwoot_client::ConversationId;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::types::{ConversationStatus, Message, MessageId, MessageType};
use store_context::accounts::OpenAccount;
use store_context::model::SupportEvent;
use store_context::ports::{Entry, EntrySource};

use crate::simulate::handler::{ANSWER, NOTE, PLEASE};
use crate::simulate::sim::lock;
use crate::simulate::world::World;

/// What a transition shows: conversation, status and time.
type Shown = (u64, String, String);

impl World {
    pub(super) async fn judge_events(&self) -> anyhow::Result<()> {
        let handled = self.told.handled();
        self.judge_order(&handled);
        for store in 0..self.stores.len() {
            let open = self.open(store).await?;
            let own: Vec<&Entry> = handled.iter().filter(|it| it.account == open.key).collect();
            let conversations = conversations(&open).await?;
            for (id, status) in &conversations {
                self.judge_status(store, *id, status, &own);
                let messages = messages(&open, *id).await?;
                let stalled = self.told.was_stalled(&(open.key.clone(), id.0));
                self.judge_messages(store, &messages, &own, stalled);
            }
            self.judge_transitions(store, &conversations, &own);
        }
        Ok(())
    }

    /// Within a conversation entries are handled in the order in which they came; those that were
    /// set aside come later.
    fn judge_order(&self, handled: &[Entry]) {
        let mut last: BTreeMap<_, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for entry in handled {
            let Some(conversation) = entry.event.conversation_id() else { continue };
            let place = (entry.account.clone(), conversation.0);
            if self.told.was_stalled(&place) {
                continue;
            }
            let parked = self.sim.was_parked(entry.store.as_str(), entry.id);
            if parked || !seen.insert((entry.store.clone(), entry.id)) {
                continue;
            }
            let before = last.insert(place, entry.id).unwrap_or_default();
            if before > entry.id {
                let text = format!("{} {conversation}: {} after {before}", entry.store, entry.id);
                self.sim.violate("a conversation is handled in order", text);
            }
        }
    }

    /// How a conversation stands was told last, as a beginning or a change of status.
    fn judge_status(
        &self,
        store: usize,
        id: ConversationId,
        status: &ConversationStatus,
        handled: &[&Entry],
    ) {
        let of_it = handled.iter().filter(|entry| entry.event.conversation_id() == Some(id));
        let told = of_it.filter(|entry| !entry.stale).filter_map(|entry| match &entry.event {
            SupportEvent::ConversationCreated(fact)
            | SupportEvent::ConversationStatusChanged(fact) => Some(&fact.status),
            _ => None,
        });
        let last = told.collect::<Vec<_>>().pop();
        // Where nothing was told, the beginning is missing.
        if let Some(last) = last.filter(|last| *last != status) {
            let text = format!("store {store} {id} is {status} and was told as {last}");
            self.sim.violate("the status that stands was told last", text);
        }
        let began = |entry: &&&Entry| matches!(&entry.event, SupportEvent::ConversationCreated(fact) if fact.conversation == id);
        if !handled.iter().any(|entry| began(&entry)) {
            self.sim
                .violate("each conversation's beginning is told", format!("store {store} {id}"));
        }
    }

    fn judge_messages(
        &self,
        store: usize,
        messages: &[Message],
        handled: &[&Entry],
        stalled: bool,
    ) {
        for message in messages {
            let written =
                matches!(message.message_type, MessageType::Incoming | MessageType::Outgoing);
            if !written {
                continue;
            }
            let told = handled.iter().any(|entry| match &entry.event {
                SupportEvent::MessageCreated(fact) => fact.message == message.id,
                _ => false,
            });
            let id = message.id;
            if !told {
                let text = format!("store {store} message {id} {:?}", message.content);
                self.sim.violate("each message is handled", text);
            }
            let asked = message.message_type == MessageType::Incoming
                && message.content.as_deref().is_some_and(|text| text.contains(PLEASE));
            if asked {
                for begins in [ANSWER, NOTE] {
                    let answer = format!("{begins}{id}.");
                    let is = |it: &&Message| it.content.as_deref() == Some(&answer);
                    let count = messages.iter().filter(is).count();
                    if count != 1 && !(stalled && count == 2) {
                        let text = format!("store {store}: {answer:?} is there {count} times");
                        self.sim.violate("each answer is written once", text);
                    }
                }
            }
        }
    }

    /// Each change of status that was delivered is an event of its own, even if two show one state:
    /// of deliveries with one signature the intake takes two. What the reconciler told before may
    /// stand for one.
    fn judge_transitions(
        &self,
        store: usize,
        conversations: &[(ConversationId, ConversationStatus)],
        handled: &[&Entry],
    ) {
        let state = &self.stores[store];
        let mut delivered: BTreeMap<Shown, BTreeSet<String>> = BTreeMap::new();
        for it in lock(&self.received).iter() {
            if it.event != "conversation_status_changed"
                || (it.server, it.account) != (state.server, state.account)
            {
                continue;
            }
            let number = it.body["id"].as_u64().unwrap_or_default();
            let status = it.body["status"].as_str().unwrap_or_default().to_owned();
            let shown = (number, status, it.body["updated_at"].to_string());
            delivered.entry(shown).or_default().insert(it.delivery.clone());
        }
        let mut told: BTreeMap<(u64, String), (BTreeSet<u64>, bool)> = BTreeMap::new();
        for entry in handled {
            if let SupportEvent::ConversationStatusChanged(fact) = &entry.event {
                let place = (fact.conversation.0, fact.status.to_string());
                let (ids, reconciled) = told.entry(place).or_default();
                ids.insert(entry.id);
                *reconciled |= entry.source == EntrySource::Reconciler;
            }
        }
        let mut deliveries: BTreeMap<(u64, String), usize> = BTreeMap::new();
        for ((number, status, _), ids) in delivered {
            *deliveries.entry((number, status)).or_default() += ids.len().min(2);
        }
        for (place, count) in deliveries {
            let there = conversations.iter().any(|(id, _)| id.0 == place.0);
            let (ids, reconciled) = told.get(&place).cloned().unwrap_or_default();
            if there && !reconciled && ids.len() < count {
                let text = format!("store {store} {place:?}: {count} came, {} told", ids.len());
                self.sim.violate("each change of status is an event", text);
            }
        }
    }
}

async fn conversations(
    open: &OpenAccount,
) -> anyhow::Result<Vec<(ConversationId, ConversationStatus)>> {
    let page = open.account.conversations().updated_within(1_000_000).await?;
    Ok(page.payload.iter().map(|it| (it.id, it.status.clone())).collect())
}

async fn messages(open: &OpenAccount, id: ConversationId) -> anyhow::Result<Vec<Message>> {
    let mut all: Vec<Message> = Vec::new();
    loop {
        let after = all.iter().map(|it| it.id).max();
        let query =
            MessagesQuery { after: Some(after.unwrap_or(MessageId(0))), ..Default::default() };
        let page = open.account.conversation(id).messages().list(&query).await?.payload;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

//! What was heard on a line and not acted upon yet.

use std::collections::{BTreeMap, BTreeSet};

use chatwoot_client::ContactId;
use chatwoot_client::live::{LiveEvent, LiveEventName as Name};

use crate::intake::News;
use crate::model::Store;
use crate::ports::{Change, Fingerprint, Ports};
use crate::sync::ContactState;

/// The maximum number of entries of each kind; of more, all is looked at.
const MOST: usize = 500;

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Messages and states of conversations, which the ledger may know.
    pub(super) news: News,
    /// Whether there may be more than that.
    pub(super) round: bool,
    /// Contacts that were changed, with the fingerprint of what they are now; none for one that was
    /// merged or deleted.
    pub(super) contacts: BTreeMap<ContactId, Option<Fingerprint>>,
    /// Whether there may be more than that.
    pub(super) sweep: bool,
    /// The contacts whose open panels are to read again.
    pub(super) panels: BTreeSet<(ContactId, Change)>,
}

impl Heard {
    pub(super) fn is_empty(&self) -> bool {
        let Self { news, round, contacts, sweep, panels } = self;
        !*round && !*sweep && news.is_empty() && contacts.is_empty() && panels.is_empty()
    }

    /// Adds that anything may have been missed.
    pub(super) fn missed(&mut self) {
        (self.round, self.sweep) = (true, true);
    }

    /// Adds an event of somebody else.
    pub(super) fn add(&mut self, event: &LiveEvent, ports: &Ports, store: &Store) {
        let now = ports.clock.now();
        match event.name {
            // One that is new is linked to nobody yet.
            Name::ContactUpdated | Name::ContactMerged | Name::ContactDeleted => {
                self.contact(event, ports, store);
            }
            Name::MessageCreated => self.round |= !self.news.add(event, now),
            Name::ConversationCreated
            | Name::ConversationUpdated
            | Name::ConversationStatusChanged
            | Name::ConversationContactChanged
            | Name::AssigneeChanged
            | Name::TeamChanged => {
                self.round |= !self.news.add(event, now);
                // Moved to another contact, it changes what the panels of that one are about.
                let change = match event.name {
                    Name::ConversationContactChanged => Change::Contact,
                    _ => Change::Conversation,
                };
                self.panel(event.contact_id(), change);
            }
            // The rest a round of the reconciler does not find: changes of a message, who reads or
            // types, who is online.
            _ => {}
        }
        if self.news.len() > MOST {
            (self.news, self.round) = (News::default(), true);
        }
    }

    fn contact(&mut self, event: &LiveEvent, ports: &Ports, store: &Store) {
        let Some(id) = event.contact_id() else {
            self.sweep = true;
            return;
        };
        let shown = event.contact().filter(|_| event.name == Name::ContactUpdated);
        let attributes = ports.attributes_of(store);
        let now = shown.map(|it| ContactState::of_webhook(it, &attributes).fingerprint());
        // One that is gone stays so, whatever comes late.
        let entry = self.contacts.entry(id).or_insert_with(|| now.clone());
        *entry = entry.take().and(now);
        self.panel(Some(id), Change::Contact);
        if self.contacts.len() > MOST {
            self.contacts.clear();
            self.sweep = true;
        }
    }

    fn panel(&mut self, contact: Option<ContactId>, change: Change) {
        if let Some(contact) = contact.filter(|_| self.panels.len() < MOST) {
            self.panels.insert((contact, change));
        }
    }

    /// Adds what another one has.
    pub(super) fn append(&mut self, other: Self) {
        self.news.append(other.news);
        self.round |= other.round;
        for (contact, state) in other.contacts {
            // What was heard later is what the contact is now.
            self.contacts.entry(contact).or_insert(state);
        }
        self.sweep |= other.sweep;
        self.panels.extend(other.panels);
    }
}

//! Conversations and messages as they are stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::fake::application::contacts::inboxes::ContactInbox;

/// The status of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Status {
    Open,
    Resolved,
    Pending,
    Snoozed,
}

impl Status {
    pub(in crate::fake) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
        }
    }

    pub(in crate::fake) fn read(word: &str) -> Option<Self> {
        [Self::Open, Self::Resolved, Self::Pending, Self::Snoozed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

#[derive(Clone, Debug)]
pub(in crate::fake) struct Conversation {
    /// The number within the account, which the API calls `id`.
    pub(in crate::fake) id: i64,
    pub(in crate::fake) account: i64,
    pub(in crate::fake) uuid: String,
    pub(in crate::fake) inbox: i64,
    pub(in crate::fake) contact: i64,
    pub(in crate::fake) contact_inbox: i64,
    pub(in crate::fake) status: Status,
    pub(in crate::fake) priority: Option<String>,
    pub(in crate::fake) snoozed_until: Option<Timestamp>,
    pub(in crate::fake) assignee: Option<i64>,
    pub(in crate::fake) team: Option<i64>,
    pub(in crate::fake) labels: Vec<String>,
    pub(in crate::fake) custom: Map<String, Value>,
    pub(in crate::fake) additional: Map<String, Value>,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
    pub(in crate::fake) last_activity_at: Timestamp,
    pub(in crate::fake) first_reply_created_at: Option<Timestamp>,
    pub(in crate::fake) waiting_since: Option<Timestamp>,
    pub(in crate::fake) agent_last_seen_at: Option<Timestamp>,
    pub(in crate::fake) assignee_last_seen_at: Option<Timestamp>,
    pub(in crate::fake) contact_last_seen_at: Option<Timestamp>,
    /// The ids of its messages, oldest first.
    pub(in crate::fake) messages: Vec<i64>,
}

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Sender {
    User(i64),
    Contact(i64),
}

impl Sender {
    pub(in crate::fake) const fn id(self) -> i64 {
        match self {
            Self::User(id) | Self::Contact(id) => id,
        }
    }
}

/// The type of a message, numbered as in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum MessageType {
    Incoming,
    Outgoing,
    Activity,
    Template,
}

impl MessageType {
    pub(in crate::fake) const fn number(self) -> i64 {
        match self {
            Self::Incoming => 0,
            Self::Outgoing => 1,
            Self::Activity => 2,
            Self::Template => 3,
        }
    }

    pub(in crate::fake) const fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            Self::Activity => "activity",
            Self::Template => "template",
        }
    }

    pub(in crate::fake) fn read(word: &str) -> Option<Self> {
        [Self::Incoming, Self::Outgoing, Self::Activity, Self::Template]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

#[derive(Clone, Debug)]
pub(in crate::fake) struct Message {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) account: i64,
    pub(in crate::fake) conversation: i64,
    pub(in crate::fake) inbox: i64,
    pub(in crate::fake) content: Option<String>,
    pub(in crate::fake) kind: MessageType,
    pub(in crate::fake) content_type: String,
    pub(in crate::fake) status: String,
    pub(in crate::fake) private: bool,
    pub(in crate::fake) source_id: Option<String>,
    pub(in crate::fake) content_attributes: Map<String, Value>,
    pub(in crate::fake) additional: Map<String, Value>,
    pub(in crate::fake) sender: Option<Sender>,
    pub(in crate::fake) attachments: Vec<Value>,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
}

impl Message {
    /// Whether it is a message between customer and agents, neither a note nor an activity message.
    pub(in crate::fake) fn is_chat(&self) -> bool {
        self.kind != MessageType::Activity && !self.private
    }
}

/// Conversations and messages.
#[derive(Debug, Default)]
pub(in crate::fake) struct ConversationStore {
    /// By account and display id.
    rows: BTreeMap<(i64, i64), Conversation>,
    last: HashMap<i64, i64>,
    by_contact: HashMap<(i64, i64), BTreeSet<i64>>,
    /// By account and id.
    messages: BTreeMap<(i64, i64), Message>,
    last_message: i64,
    last_attachment: i64,
    /// Activity messages that a background job writes after the request.
    pub(in crate::fake) activities: Vec<(i64, i64, String)>,
    /// Conversations whose contact was deleted, until a background job removes them.
    orphans: BTreeSet<(i64, i64)>,
}

impl ConversationStore {
    pub(in crate::fake) fn get(&self, account: i64, id: i64) -> Option<&Conversation> {
        self.rows.get(&(account, id))
    }

    pub(in crate::fake) fn get_mut(&mut self, account: i64, id: i64) -> Option<&mut Conversation> {
        self.rows.get_mut(&(account, id))
    }

    /// Returns the conversations of an account, oldest first.
    pub(in crate::fake) fn of(
        &self,
        account: i64,
    ) -> impl DoubleEndedIterator<Item = &Conversation> {
        self.rows.range((account, i64::MIN)..=(account, i64::MAX)).map(|(_, row)| row)
    }

    /// Returns the conversations of a contact, oldest first.
    pub(in crate::fake) fn of_contact(
        &self,
        account: i64,
        contact: i64,
    ) -> impl DoubleEndedIterator<Item = &Conversation> {
        let ids = self.by_contact.get(&(account, contact)).into_iter().flatten();
        ids.filter_map(move |id| self.get(account, *id))
    }

    /// Returns the conversations of a contact inbox, oldest first.
    pub(in crate::fake) fn of_link(
        &self,
        account: i64,
        link: &ContactInbox,
    ) -> impl DoubleEndedIterator<Item = &Conversation> {
        let id = link.id;
        self.of_contact(account, link.contact)
            .filter(move |conversation| conversation.contact_inbox == id)
    }

    /// Stores a new conversation under the account's next number.
    pub(in crate::fake) fn open(&mut self, mut row: Conversation) -> i64 {
        let last = self.last.entry(row.account).or_default();
        *last += 1;
        row.id = *last;
        let (account, id) = (row.account, row.id);
        self.by_contact.entry((account, row.contact)).or_default().insert(id);
        self.rows.insert((account, id), row);
        id
    }

    pub(in crate::fake) fn remove(&mut self, account: i64, id: i64) -> Option<Conversation> {
        let removed = self.rows.remove(&(account, id))?;
        if let Some(ids) = self.by_contact.get_mut(&(account, removed.contact)) {
            ids.remove(&id);
        }
        for message in &removed.messages {
            self.messages.remove(&(account, *message));
        }
        Some(removed)
    }

    /// Removes all rows of an account.
    pub(in crate::fake) fn remove_account(&mut self, account: i64) {
        let ids: Vec<i64> = self.of(account).map(|conversation| conversation.id).collect();
        for id in ids {
            self.remove(account, id);
        }
    }

    /// Removes the conversations of a deleted inbox.
    pub(in crate::fake) fn remove_inbox(&mut self, account: i64, inbox: i64) {
        let ids: Vec<i64> = self
            .of(account)
            .filter(|conversation| conversation.inbox == inbox)
            .map(|conversation| conversation.id)
            .collect();
        for id in ids {
            self.remove(account, id);
        }
    }

    /// Moves the conversations and messages of one contact to another. Returns the conversations,
    /// and the messages as they were.
    pub(in crate::fake) fn move_contact(
        &mut self,
        account: i64,
        from: i64,
        to: i64,
        now: Timestamp,
    ) -> (BTreeSet<i64>, Vec<Message>) {
        let mut moved = Vec::new();
        let ids = self.by_contact.remove(&(account, from)).unwrap_or_default();
        for id in &ids {
            let Some(conversation) = self.rows.get_mut(&(account, *id)) else { continue };
            conversation.contact = to;
            conversation.updated_at = now;
            for message in &conversation.messages {
                if let Some(message) = self.messages.get_mut(&(account, *message))
                    && message.sender == Some(Sender::Contact(from))
                {
                    moved.push(message.clone());
                    message.sender = Some(Sender::Contact(to));
                    message.updated_at = now;
                }
            }
        }
        self.by_contact.entry((account, to)).or_default().extend(&ids);
        (ids, moved)
    }

    /// Marks the conversations of a deleted contact, and returns them.
    pub(in crate::fake) fn orphan(&mut self, account: i64, contact: i64) -> Vec<i64> {
        let ids = self.by_contact.remove(&(account, contact)).unwrap_or_default();
        self.orphans.extend(ids.iter().map(|id| (account, *id)));
        ids.into_iter().collect()
    }

    /// Whether the contact of a conversation is deleted and the background job is still to come.
    pub(in crate::fake) fn is_orphan(&self, account: i64, id: i64) -> bool {
        self.orphans.contains(&(account, id))
    }

    /// Removes conversations of a deleted contact.
    pub(in crate::fake) fn clear_orphans(&mut self, account: i64, ids: &[i64]) {
        for id in ids {
            if self.orphans.remove(&(account, *id)) {
                self.remove(account, *id);
            }
        }
    }

    pub(in crate::fake) fn message(&self, account: i64, id: i64) -> Option<&Message> {
        self.messages.get(&(account, id))
    }

    pub(in crate::fake) fn message_mut(&mut self, account: i64, id: i64) -> Option<&mut Message> {
        self.messages.get_mut(&(account, id))
    }

    /// Returns the messages of a conversation, oldest first.
    pub(in crate::fake) fn messages<'a>(
        &'a self,
        conversation: &'a Conversation,
    ) -> impl DoubleEndedIterator<Item = &'a Message> {
        conversation.messages.iter().filter_map(|id| self.message(conversation.account, *id))
    }

    /// Stores a message in its conversation.
    pub(in crate::fake) fn add_message(&mut self, mut message: Message) -> i64 {
        self.last_message += 1;
        message.id = self.last_message;
        let (account, id) = (message.account, message.id);
        for attachment in &mut message.attachments {
            self.last_attachment += 1;
            if let Value::Object(map) = attachment {
                map.insert("id".to_owned(), Value::from(self.last_attachment));
                map.insert("message_id".to_owned(), Value::from(id));
            }
        }
        if let Some(conversation) = self.rows.get_mut(&(account, message.conversation)) {
            conversation.messages.push(id);
        }
        self.messages.insert((account, id), message);
        id
    }

    /// Returns the number of the customer's messages that no agent has seen; the server counts up
    /// to ten.
    pub(in crate::fake) fn unread(&self, conversation: &Conversation) -> usize {
        self.messages(conversation)
            .rev()
            .filter(|message| message.kind == MessageType::Incoming)
            .take_while(|message| {
                conversation.agent_last_seen_at.is_none_or(|seen| message.created_at > seen)
            })
            .take(10)
            .count()
    }

    pub(in crate::fake) fn last_incoming<'a>(
        &'a self,
        conversation: &'a Conversation,
    ) -> Option<&'a Message> {
        self.messages(conversation).rev().find(|message| message.kind == MessageType::Incoming)
    }
}

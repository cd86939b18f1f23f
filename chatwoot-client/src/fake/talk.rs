//! Conversations and messages as they are stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::background::CLEARED_AFTER;
use super::contact_inboxes::ContactInbox;

/// How a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Open,
    Resolved,
    Pending,
    Snoozed,
}

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        [Self::Open, Self::Resolved, Self::Pending, Self::Snoozed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Conversation {
    /// Counted per account: what the API calls its id.
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) uuid: String,
    pub(super) inbox: i64,
    pub(super) contact: i64,
    pub(super) contact_inbox: i64,
    pub(super) status: Status,
    pub(super) priority: Option<String>,
    pub(super) snoozed_until: Option<Timestamp>,
    pub(super) assignee: Option<i64>,
    pub(super) team: Option<i64>,
    pub(super) labels: Vec<String>,
    pub(super) custom: Map<String, Value>,
    pub(super) additional: Map<String, Value>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) last_activity_at: Timestamp,
    pub(super) first_reply_created_at: Option<Timestamp>,
    pub(super) waiting_since: Option<Timestamp>,
    pub(super) agent_last_seen_at: Option<Timestamp>,
    pub(super) assignee_last_seen_at: Option<Timestamp>,
    pub(super) contact_last_seen_at: Option<Timestamp>,
    /// Oldest first.
    pub(super) messages: Vec<i64>,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    User(i64),
    Contact(i64),
}

/// The number that the API gives a kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageType {
    Incoming,
    Outgoing,
    Activity,
    Template,
}

impl MessageType {
    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Incoming => 0,
            Self::Outgoing => 1,
            Self::Activity => 2,
            Self::Template => 3,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            Self::Activity => "activity",
            Self::Template => "template",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        [Self::Incoming, Self::Outgoing, Self::Activity, Self::Template]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) conversation: i64,
    pub(super) inbox: i64,
    pub(super) content: Option<String>,
    pub(super) kind: MessageType,
    pub(super) content_type: String,
    pub(super) status: String,
    pub(super) private: bool,
    pub(super) source_id: Option<String>,
    pub(super) content_attributes: Map<String, Value>,
    pub(super) additional: Map<String, Value>,
    pub(super) sender: Option<Sender>,
    pub(super) attachments: Vec<Value>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Message {
    /// What people said to each other, notes and activities left out.
    pub(super) fn is_chat(&self) -> bool {
        self.kind != MessageType::Activity && !self.private
    }
}

/// Conversations and messages.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// By account and display id.
    rows: BTreeMap<(i64, i64), Conversation>,
    last: HashMap<i64, i64>,
    by_contact: HashMap<(i64, i64), BTreeSet<i64>>,
    /// By account and id.
    messages: BTreeMap<(i64, i64), Message>,
    last_message: i64,
    last_attachment: i64,
    /// Activity messages that a background job writes when the request is done.
    pub(super) activities: Vec<(i64, i64, String)>,
    /// Conversations whose contact is gone, until a background job removes them.
    orphans: BTreeSet<(i64, i64)>,
    clearing: Option<Instant>,
}

impl Talk {
    pub(super) fn get(&self, account: i64, id: i64) -> Option<&Conversation> {
        self.rows.get(&(account, id))
    }

    pub(super) fn get_mut(&mut self, account: i64, id: i64) -> Option<&mut Conversation> {
        self.rows.get_mut(&(account, id))
    }

    /// The conversations of an account, oldest first.
    pub(super) fn of(&self, account: i64) -> impl DoubleEndedIterator<Item = &Conversation> {
        self.rows.range((account, i64::MIN)..=(account, i64::MAX)).map(|(_, row)| row)
    }

    /// The conversations of a contact, oldest first.
    pub(super) fn of_contact(
        &self,
        account: i64,
        contact: i64,
    ) -> impl DoubleEndedIterator<Item = &Conversation> {
        let ids = self.by_contact.get(&(account, contact)).into_iter().flatten();
        ids.filter_map(move |id| self.get(account, *id))
    }

    /// The conversations of a contact inbox, oldest first.
    pub(super) fn of_link(
        &self,
        account: i64,
        link: &ContactInbox,
    ) -> impl DoubleEndedIterator<Item = &Conversation> {
        let id = link.id;
        self.of_contact(account, link.contact).filter(move |talk| talk.contact_inbox == id)
    }

    /// Stores a new conversation under the account's next id.
    pub(super) fn open(&mut self, mut row: Conversation) -> i64 {
        let last = self.last.entry(row.account).or_default();
        *last += 1;
        row.id = *last;
        let (account, id) = (row.account, row.id);
        self.by_contact.entry((account, row.contact)).or_default().insert(id);
        self.rows.insert((account, id), row);
        id
    }

    pub(super) fn remove(&mut self, account: i64, id: i64) -> Option<Conversation> {
        let gone = self.rows.remove(&(account, id))?;
        if let Some(ids) = self.by_contact.get_mut(&(account, gone.contact)) {
            ids.remove(&id);
        }
        for message in &gone.messages {
            self.messages.remove(&(account, *message));
        }
        Some(gone)
    }

    /// Forgets what an account had.
    pub(super) fn forget(&mut self, account: i64) {
        let ids: Vec<i64> = self.of(account).map(|talk| talk.id).collect();
        for id in ids {
            self.remove(account, id);
        }
    }

    /// Removes the conversations of an inbox that is gone.
    pub(super) fn forget_inbox(&mut self, account: i64, inbox: i64) {
        let ids: Vec<i64> =
            self.of(account).filter(|talk| talk.inbox == inbox).map(|talk| talk.id).collect();
        for id in ids {
            self.remove(account, id);
        }
    }

    /// Gives the conversations and messages of one contact to another.
    pub(super) fn move_contact(&mut self, account: i64, from: i64, to: i64) {
        let ids = self.by_contact.remove(&(account, from)).unwrap_or_default();
        for id in &ids {
            let Some(talk) = self.rows.get_mut(&(account, *id)) else { continue };
            talk.contact = to;
            for message in &talk.messages {
                if let Some(message) = self.messages.get_mut(&(account, *message))
                    && message.sender == Some(Sender::Contact(from))
                {
                    message.sender = Some(Sender::Contact(to));
                }
            }
        }
        self.by_contact.entry((account, to)).or_default().extend(ids);
    }

    /// Marks the conversations of a contact that is gone.
    pub(super) fn orphan(&mut self, account: i64, contact: i64) {
        let ids = self.by_contact.remove(&(account, contact)).unwrap_or_default();
        self.orphans.extend(ids.into_iter().map(|id| (account, id)));
        self.clearing.get_or_insert_with(|| Instant::now() + CLEARED_AFTER);
    }

    /// Whether the contact of a conversation is gone, and the background job is still to come.
    pub(super) fn is_orphan(&self, account: i64, id: i64) -> bool {
        self.orphans.contains(&(account, id))
    }

    pub(super) fn is_clearing_due(&self, now: Instant) -> bool {
        self.clearing.is_some_and(|due| due <= now)
    }

    /// The background job after the deletion of a contact.
    pub(super) fn clear_orphans(&mut self) {
        self.clearing = None;
        for (account, id) in std::mem::take(&mut self.orphans) {
            self.remove(account, id);
        }
    }

    pub(super) fn message(&self, account: i64, id: i64) -> Option<&Message> {
        self.messages.get(&(account, id))
    }

    pub(super) fn message_mut(&mut self, account: i64, id: i64) -> Option<&mut Message> {
        self.messages.get_mut(&(account, id))
    }

    /// The messages of a conversation, oldest first.
    pub(super) fn messages<'a>(
        &'a self,
        talk: &'a Conversation,
    ) -> impl DoubleEndedIterator<Item = &'a Message> {
        talk.messages.iter().filter_map(|id| self.message(talk.account, *id))
    }

    /// Stores a message in its conversation.
    pub(super) fn say(&mut self, mut message: Message) -> i64 {
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
        if let Some(talk) = self.rows.get_mut(&(account, message.conversation)) {
            talk.messages.push(id);
        }
        self.messages.insert((account, id), message);
        id
    }

    /// The customer's messages that no agent has seen; the server counts up to ten.
    pub(super) fn unread(&self, talk: &Conversation) -> usize {
        self.messages(talk)
            .rev()
            .filter(|message| message.kind == MessageType::Incoming)
            .take_while(|message| {
                talk.agent_last_seen_at.is_none_or(|seen| message.created_at > seen)
            })
            .take(10)
            .count()
    }

    pub(super) fn last_incoming<'a>(&'a self, talk: &'a Conversation) -> Option<&'a Message> {
        self.messages(talk).rev().find(|message| message.kind == MessageType::Incoming)
    }
}

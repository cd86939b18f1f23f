//! Saving a message, with its effects on the conversation.

use jiff::Timestamp;
use serde_json::Map;

use crate::fake::application::contacts::save as contact_save;
use crate::fake::application::conversations::save::{Actor, save};
use crate::fake::application::conversations::store::{Message, MessageType, Sender, Status};
use crate::fake::application::messages::templates as message_templates;
use crate::fake::event::{self, Changes, EventName};
use crate::fake::state::State;

impl Message {
    /// Creates a plain text message without a sender; the caller sets the other fields.
    pub(in crate::fake) fn new(account: i64, conversation: i64, inbox: i64, at: Timestamp) -> Self {
        Self {
            id: 0,
            account,
            conversation,
            inbox,
            content: None,
            kind: MessageType::Outgoing,
            content_type: "text".to_owned(),
            status: "sent".to_owned(),
            private: false,
            source_id: None,
            content_attributes: Map::new(),
            additional: Map::new(),
            sender: None,
            attachments: Vec::new(),
            created_at: at,
            updated_at: at,
        }
    }

    /// Whether it is an agent's reply, as opposed to a message from an automation or a campaign.
    fn is_agent_reply(&self) -> bool {
        self.kind == MessageType::Outgoing
            && matches!(self.sender, Some(Sender::User(_)))
            && !self.content_attributes.contains_key("automation_rule_id")
            && !self.additional.contains_key("campaign_id")
    }
}

/// Stores a message and applies its effects. `user` is the caller, if it is a user.
pub(in crate::fake) fn post(state: &mut State, message: Message, user: Option<i64>) -> i64 {
    let (account, conversation) = (message.account, message.conversation);
    let id = state.conversations.add_message(message);
    apply_effects(state, account, conversation, id, user);
    id
}

/// Applies the effects of a stored message: the conversation is reopened, the waiting time starts
/// or ends, and the events are emitted.
pub(in crate::fake) fn apply_effects(
    state: &mut State,
    account: i64,
    conversation: i64,
    id: i64,
    user: Option<i64>,
) {
    let Some(message) = state.conversations.message(account, id).cloned() else { return };
    if message.kind == MessageType::Incoming {
        reopen(state, account, conversation, user);
    }
    touch(state, account, conversation, message.created_at);
    event::message(state, account, id, EventName::MessageCreated, Changes::Untold);
    update_waiting(state, &message);
    // A message of the server itself has no further effects.
    if message.kind != MessageType::Template {
        message_templates::write(state, account, conversation);
    }
    if let Some(Sender::Contact(contact)) = message.sender
        && let Some(contact) = state.contacts.get(account, contact)
    {
        let mut draft = contact.clone();
        draft.last_activity_at = Some(state.now());
        // No validated field has changed.
        let _ = contact_save::update(state, draft);
    }
}

/// Reopens a resolved or snoozed conversation after a customer's message, unless the contact is
/// blocked.
fn reopen(state: &mut State, account: i64, conversation: i64, user: Option<i64>) {
    let Some(row) = state.conversations.get(account, conversation) else { return };
    if state.contacts.get(account, row.contact).is_some_and(|contact| contact.blocked) {
        return;
    }
    let by = match row.status {
        Status::Snoozed => user.map_or(Actor::Server, Actor::User),
        Status::Resolved => Actor::Message,
        Status::Open | Status::Pending => return,
    };
    let mut draft = row.clone();
    draft.status = Status::Open;
    save(state, draft, by);
}

/// Sets the time of the conversation's last activity, without an event.
fn touch(state: &mut State, account: i64, conversation: i64, at: Timestamp) {
    let now = state.now();
    if let Some(row) = state.conversations.get_mut(account, conversation) {
        row.last_activity_at = at;
        row.updated_at = now;
    }
}

/// Records the first reply; a reply ends the waiting time, a customer's message starts it.
fn update_waiting(state: &mut State, message: &Message) {
    let Some(row) = state.conversations.get(message.account, message.conversation) else { return };
    let mut draft = row.clone();
    let reply = message.is_agent_reply() && !message.private;
    if reply && draft.first_reply_created_at.is_none() {
        let name = EventName::FirstReplyCreated;
        event::message(state, message.account, message.id, name, Changes::Untold);
        draft.first_reply_created_at = Some(message.created_at);
        draft.waiting_since = None;
    } else if reply {
        draft.waiting_since = None;
    } else if message.kind == MessageType::Incoming && draft.waiting_since.is_none() {
        draft.waiting_since = Some(message.created_at);
    }
    save(state, draft, Actor::Server);
}

/// Writes the activity messages that are due. The server does it in a background job, which
/// usually, but not always, runs before the response; here it always does.
pub(in crate::fake) fn write_activities(state: &mut State) {
    let performer = state.performer.take();
    for (account, conversation, text) in std::mem::take(&mut state.conversations.activities) {
        let Some(row) = state.conversations.get(account, conversation) else { continue };
        let now = state.now();
        let mut message = Message::new(account, conversation, row.inbox, now);
        message.kind = MessageType::Activity;
        message.content = Some(text);
        let id = state.conversations.add_message(message);
        touch(state, account, conversation, now);
        event::message(state, account, id, EventName::MessageCreated, Changes::Untold);
    }
    state.performer = performer;
}

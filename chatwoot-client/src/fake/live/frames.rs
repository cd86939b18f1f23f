//! The frames of events: whom they are due to, and their data.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::fake::application::account::cache_keys;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::conversations::store::{Conversation, MessageType, Sender};
use crate::fake::event::{Event, EventName, Subject};
use crate::fake::live::feed::Channel;
use crate::fake::shapes::{Viewer, contact_push, conversation_push, message_push, user_push};
use crate::fake::state::{Role, State};

/// Sends the frames of an event to whoever listens. Those of a conversation tell of it as it is
/// when they are sent, not of who changed it.
pub(in crate::fake) fn tell(state: &mut State, event: &Event) {
    if state.feed.is_silent() {
        return;
    }
    let mut channels = due_to(state, event).unwrap_or_default();
    channels.retain(|channel| state.feed.is_heard(channel));
    if channels.is_empty() {
        return;
    }
    let performer = state.performer.filter(|_| !is_reread(event.name));
    let viewer = Viewer { availability: performer.is_some(), companies: false };
    let Some(Value::Object(mut data)) = data(state, event, viewer) else { return };
    data.insert("account_id".to_owned(), event.account.into());
    if let Some(user) = performer {
        let shown = user_push(state, event.account, user, viewer);
        data.insert("performer".to_owned(), shown);
    }
    let message = message(event.name.in_feed(), &Value::Object(data));
    state.feed.broadcast(&channels, &message);
}

/// Returns a subscription's message of an event.
pub(super) fn message(event: &str, data: &Value) -> Arc<str> {
    format!(r#"{{"event":"{event}","data":{data}}}"#).into()
}

/// Whether the server reads the conversation again, in a background job, before it sends the frame.
const fn is_reread(name: EventName) -> bool {
    matches!(
        name,
        EventName::ConversationUpdated
            | EventName::ConversationStatusChanged
            | EventName::ConversationRead
            | EventName::AssigneeChanged
            | EventName::TeamChanged
    )
}

/// Returns the channels that an event is sent to.
fn due_to(state: &State, event: &Event) -> Option<Vec<Channel>> {
    let account = event.account;
    let conversation = |id: i64| state.conversations.get(account, id);
    Some(match event.subject {
        Subject::Contact(_) => vec![Channel::Account(account)],
        Subject::Account => {
            let users = state.memberships.range((account, i64::MIN)..=(account, i64::MAX));
            user_channels(state, &users.map(|((_, user), _)| *user).collect())
        }
        Subject::Conversation(id) => {
            let row = conversation(id)?;
            let mut channels = agents(state, row);
            if matches!(
                event.name,
                EventName::ConversationCreated
                    | EventName::ConversationUpdated
                    | EventName::ConversationStatusChanged
            ) {
                channels.extend(customer(state, row));
            }
            channels
        }
        Subject::Message(id) => {
            let message = state.conversations.message(account, id)?;
            let row = conversation(message.conversation)?;
            let mut channels = agents(state, row);
            let public = !message.private && message.kind != MessageType::Activity;
            if public && event.name != EventName::FirstReplyCreated {
                channels.extend(customer(state, row));
            }
            channels
        }
        Subject::Typing { conversation: id, who, .. } => {
            let row = conversation(id)?;
            let link = state.contacts.inboxes.get(account, row.contact_inbox)?;
            let customer = Channel::Token(link.pubsub_token.clone());
            let mut channels = agents(state, row);
            // Not to the one who is typing.
            match who {
                Sender::Contact(_) => {}
                Sender::User(user) => {
                    let own = user_channels(state, &BTreeSet::from([user]));
                    channels.retain(|channel| !own.contains(channel));
                    channels.push(customer);
                }
            }
            channels
        }
    })
}

/// Returns the channels of the administrators, and of the agents of a conversation's inbox.
fn agents(state: &State, conversation: &Conversation) -> Vec<Channel> {
    let account = conversation.account;
    let inbox = state.inboxes.get(account, conversation.inbox);
    let members = inbox.into_iter().flat_map(|inbox| &inbox.members).copied();
    let administrators = state
        .memberships
        .range((account, i64::MIN)..=(account, i64::MAX))
        .filter(|(_, member)| member.role == Role::Administrator)
        .map(|((_, user), _)| *user);
    user_channels(state, &members.chain(administrators).collect())
}

fn user_channels(state: &State, users: &BTreeSet<i64>) -> Vec<Channel> {
    let users = users.iter().filter_map(|user| state.users.get(user));
    users.map(|user| Channel::Token(user.pubsub_token.clone())).collect()
}

/// Returns the channels of a conversation's customer: that of its contact inbox, or if that is
/// verified, those of all verified ones of the contact.
fn customer(state: &State, conversation: &Conversation) -> Vec<Channel> {
    let account = conversation.account;
    let Some(link) = state.contacts.inboxes.get(account, conversation.contact_inbox) else {
        return Vec::new();
    };
    let channel = |link: &ContactInbox| Channel::Token(link.pubsub_token.clone());
    if !link.hmac_verified {
        return vec![channel(link)];
    }
    let links = state.contacts.links(account, link.contact);
    links.filter(|link| link.hmac_verified).map(channel).collect()
}

/// Returns the data of an event's frame, without account and performer; nothing where its row is
/// gone.
fn data(state: &State, event: &Event, viewer: Viewer) -> Option<Value> {
    let account = event.account;
    let conversation = |id: i64| {
        let row = state.conversations.get(account, id)?;
        state.contacts.get(account, row.contact)?;
        Some(conversation_push(state, row, viewer))
    };
    match event.subject {
        Subject::Account => {
            Some(json!({ "cache_keys": cache_keys(state.accounts.get(&account)?) }))
        }
        Subject::Contact(id) => Some(contact_push(state.contacts.get(account, id)?, viewer)),
        Subject::Conversation(id) => conversation(id),
        Subject::Message(id) => {
            let message = state.conversations.message(account, id)?;
            let mut shown = message_push(state, message, viewer);
            if let Value::Object(map) = &mut shown
                && let Some(changes) = event.changes.in_feed()
            {
                map.insert("previous_changes".to_owned(), changes);
            }
            Some(shown)
        }
        Subject::Typing { conversation: id, who, private } => Some(json!({
            "conversation": conversation(id)?,
            "user": match who {
                Sender::User(user) => user_push(state, account, user, viewer),
                Sender::Contact(contact) => {
                    contact_push(state.contacts.get(account, contact)?, viewer)
                }
            },
            "is_private": private,
        })),
    }
}

//! The messages that the server itself sends to a customer: the greeting, and the input for an
//! e-mail address. The notice outside the opening hours is not implemented.

use serde_json::Value;

use crate::fake::application::conversations::store::{Message, MessageType};
use crate::fake::application::messages::save as message_save;
use crate::fake::state::State;

const REACH: &str = "Give the team a way to reach you.";
const NOTIFY: &str = "Get notified by email";

/// Writes the template messages that are due after a message of the customer.
pub(in crate::fake) fn write(state: &mut State, account: i64, conversation: i64) {
    for (content, content_type) in due(state, account, conversation).unwrap_or_default() {
        let Some(row) = state.conversations.get(account, conversation) else { return };
        let mut message = Message::new(account, conversation, row.inbox, state.now());
        message.kind = MessageType::Template;
        message.content = Some(content);
        content_type.clone_into(&mut message.content_type);
        message_save::post(state, message, None);
    }
}

fn due(state: &State, account: i64, conversation: i64) -> Option<Vec<(String, &'static str)>> {
    let conversation = state.conversations.get(account, conversation)?;
    let inbox = state.inboxes.get(account, conversation.inbox)?;
    state.conversations.last_incoming(conversation)?;
    let replies = [MessageType::Outgoing, MessageType::Template];
    let is_first =
        !state.conversations.messages(conversation).any(|message| replies.contains(&message.kind));
    let mut due = Vec::new();
    let greeting = inbox.settings.get("greeting_message").and_then(Value::as_str);
    if let Some(greeting) = greeting.filter(|text| !text.trim().is_empty())
        && is_first
        && inbox.is_on("greeting_enabled")
    {
        due.push((greeting.to_owned(), "text"));
    }
    let is_email_input = |message: &Message| message.content_type == "input_email";
    if inbox.channel_type() == "Channel::WebWidget"
        && inbox.is_on("enable_email_collect")
        && state.contacts.get(account, conversation.contact)?.email.is_none()
        && !state.conversations.messages(conversation).any(is_email_input)
    {
        due.push((REACH.to_owned(), "text"));
        due.push((NOTIFY.to_owned(), "input_email"));
    }
    Some(due)
}

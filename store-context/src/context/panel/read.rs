//! Reads a conversation for its panel.

use chatwoot_client::application::conversations::Conversation;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::types::{Message, MessageType};
use chatwoot_client::{Account, Error, InboxId, Secret};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::{ConversationKey, PanelError, PanelSubject};

/// A conversation that the page has proven to know.
pub(super) struct Read {
    pub(super) conversation: Conversation,
    /// When the customer last wrote.
    pub(super) written_at: Timestamp,
}

/// Reads a conversation and its newest messages concurrently.
pub(super) async fn conversation(
    account: &Account,
    subject: &PanelSubject,
) -> Result<Read, PanelError> {
    let said = MessagesQuery { filter_internal_messages: Some(true), ..MessagesQuery::default() };
    let (conversation, messages, inboxes) = tokio::join!(
        account.conversations().get(subject.conversation),
        account.conversation(subject.conversation).messages().list(&said),
        inboxes_of_key(account, subject),
    );
    let conversation = conversation.map_err(failed)?;
    let messages = messages.map_err(failed)?.payload;
    let opens = match &subject.key {
        ConversationKey::Uuid(key) => same(conversation.uuid.as_deref(), key),
        ConversationKey::SourceId(_) => inboxes?.contains(&conversation.inbox_id),
    };
    if !opens || conversation.meta.sender.id != subject.contact {
        return Err(PanelError::Unknown);
    }
    let written_at = written_at(&messages, &conversation);
    Ok(Read { conversation, written_at })
}

/// Returns the inboxes in which the contact has the page's source id; none for a UUID key.
async fn inboxes_of_key(
    account: &Account,
    subject: &PanelSubject,
) -> Result<Vec<InboxId>, PanelError> {
    let ConversationKey::SourceId(key) = &subject.key else { return Ok(Vec::new()) };
    // The source ids of an email inbox are addresses, which can be guessed.
    if !is_uuid(key) {
        return Err(PanelError::Unknown);
    }
    let contact = account.contacts().get(subject.contact).await.map_err(failed)?;
    let known = contact.contact_inboxes.unwrap_or_default();
    let opened =
        known.into_iter().filter(|known| same(known.source_id.as_ref().map(Secret::expose), key));
    Ok(opened.filter_map(|known| Some(known.inbox?.id)).collect())
}

/// Returns when the customer last wrote. If that is before the oldest of the messages, returns that
/// message's time, the latest possible.
fn written_at(messages: &[Message], conversation: &Conversation) -> Timestamp {
    let incoming = |message: &&Message| message.message_type == MessageType::Incoming;
    let last = messages.iter().rev().find(incoming).or(messages.first());
    let at = last.map_or(conversation.created_at, |message| message.created_at);
    at.at().unwrap_or(Timestamp::UNIX_EPOCH)
}

fn same(known: Option<&str>, given: &str) -> bool {
    known.is_some_and(|known| !known.is_empty() && known.as_bytes().ct_eq(given.as_bytes()).into())
}

fn is_uuid(text: &str) -> bool {
    let hyphen = |place| matches!(place, 8 | 13 | 18 | 23);
    let fits = |(place, byte): (usize, u8)| {
        if hyphen(place) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

fn failed(error: Error) -> PanelError {
    if error.is_not_found() { PanelError::Unknown } else { PanelError::Chatwoot(error) }
}

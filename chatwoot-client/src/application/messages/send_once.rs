//! Message send once: sending that is safe to repeat, since the API has no idempotency keys.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::application::messages::Messages;
use crate::application::messages::{MessagesQuery, NewMessage};
use crate::error::Error;
use crate::types::Message;
use crate::types::MessageId;

/// The server kills a request after 15 s: a message that does not exist after this time will not be
/// created.
const SETTLED: Duration = Duration::from_secs(17);

/// How many times a message is sent before its unknown outcome is returned to the caller.
const SENDS: u32 = 3;

/// How many ids before the newest message a repeated search begins: a message may appear after one
/// with a higher id.
const OVERLAP: u64 = 500;

/// The result of sending once: the message, and whether it was sent or found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SentOnce {
    /// The message, as the server returned it.
    pub message: Message,
    /// Whether the message was sent or found.
    pub outcome: SendOutcome,
}

/// Whether a message was sent or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendOutcome {
    /// The message was sent, and the server confirmed it.
    Sent,
    /// The message existed: from an earlier call, or from an attempt whose response was lost.
    Found,
}

/// Why a message was not sent once.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendOnceError {
    /// A call failed. Whether the message exists may be unknown; it is safe to call again.
    #[error(transparent)]
    Call(#[from] Error),
    /// The message has no `source_id` to find it by.
    #[error("the message has no source_id: give it one that is its own in the conversation")]
    NoSourceId,
}

impl SendOnceError {
    /// Returns the failed call's error, if a call failed.
    pub fn call(&self) -> Option<&Error> {
        if let Self::Call(error) = self { Some(error) } else { None }
    }
}

impl Messages<'_> {
    /// Sends a message unless the conversation has one with its `source_id`.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages`. It searches
    /// with [`Messages::list`] and sends with [`Messages::create`].
    ///
    /// It searches before it sends, so it finds a message that an earlier process sent. After an
    /// unknown outcome it searches again. A message that does not exist once the server must have
    /// given up (17 s after the send began) is sent again, up to three times in all. So a call may
    /// take a minute.
    ///
    /// Only one sender may use a `source_id` at a time: two that search at the same time both send.
    ///
    /// # Errors
    /// `NoSourceId` if the message has none: nothing was sent. `Call` if a call failed, for the
    /// reasons of [`Messages::list`] and [`Messages::create`]: it is safe to call again.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::application::messages::SendOnceError> {
    /// use chatwoot_client::application::messages::NewMessage;
    ///
    /// let shipped = NewMessage {
    ///     source_id: Some("order-1001-shipped".into()),
    ///     ..NewMessage::text("Your order **1001** ships today")
    /// };
    /// let sent = account.conversation(12).messages().send_once(&shipped).await?;
    /// println!("message {} was {:?}", sent.message.id, sent.outcome);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn send_once(self, message: &NewMessage) -> Result<SentOnce, SendOnceError> {
        let name = message.source_id.as_deref().filter(|name| !name.is_empty());
        let name = name.ok_or(SendOnceError::NoSourceId)?;
        let mut newest = match self.look_through(name).await? {
            Look::Found(message) => return Ok(found(*message)),
            Look::Newest(newest) => newest,
        };
        let mut sends = 1;
        loop {
            let settled = Instant::now() + SETTLED;
            let error = match self.create(message).await {
                Ok(message) => return Ok(SentOnce { message, outcome: SendOutcome::Sent }),
                Err(error) if error.is_unknown_outcome() => error,
                Err(error) => return Err(error.into()),
            };
            match self.look_after(name, newest).await? {
                Look::Found(message) => return Ok(found(*message)),
                Look::Newest(_) => {}
            }
            // The server may still be processing the request.
            sleep_until(settled).await;
            match self.look_after(name, newest).await? {
                Look::Found(message) => return Ok(found(*message)),
                Look::Newest(later) => newest = later,
            }
            if sends == SENDS {
                return Err(error.into());
            }
            sends += 1;
        }
    }

    /// Searches the whole conversation: the newest messages first, then the others from the oldest
    /// on.
    async fn look_through(self, name: &str) -> Result<Look, Error> {
        let latest = self.list(&MessagesQuery::default()).await?.payload;
        let ids = || latest.iter().map(|message| message.id);
        let (oldest, newest) = (ids().min(), ids().max());
        if let Some(message) = named(latest.iter(), name) {
            return Ok(Look::Found(Box::new(message.clone())));
        }
        let mut from = 0;
        while let Some(before) = oldest {
            let after = Some(MessageId(from));
            let query = MessagesQuery { before: Some(before), after, ..MessagesQuery::default() };
            let older = self.list(&query).await?.payload;
            if let Some(message) = named(older.iter(), name) {
                return Ok(Look::Found(Box::new(message.clone())));
            }
            // The server includes the message with the id given as `after`.
            match older.iter().map(|message| message.id.0).max() {
                Some(last) if last >= from => from = last + 1,
                _ => break,
            }
        }
        Ok(Look::Newest(newest))
    }

    /// Searches the messages after `newest`, and some before it.
    async fn look_after(self, name: &str, newest: Option<MessageId>) -> Result<Look, Error> {
        let known = newest.map_or(0, |newest| newest.0);
        let mut after = known.saturating_sub(OVERLAP);
        loop {
            let query = MessagesQuery { after: Some(MessageId(after)), ..MessagesQuery::default() };
            let newer = self.list(&query).await?.payload;
            if let Some(message) = named(newer.iter(), name) {
                return Ok(Look::Found(Box::new(message.clone())));
            }
            match newer.iter().map(|message| message.id.0).max() {
                Some(last) if last > after => after = last,
                _ => break,
            }
        }
        let last = after.max(known);
        Ok(Look::Newest((last > 0).then_some(MessageId(last))))
    }
}

enum Look {
    Found(Box<Message>),
    Newest(Option<MessageId>),
}

fn named<'m>(mut messages: impl Iterator<Item = &'m Message>, name: &str) -> Option<&'m Message> {
    messages.find(|message| message.source_id.as_deref() == Some(name))
}

fn found(message: Message) -> SentOnce {
    SentOnce { message, outcome: SendOutcome::Found }
}

#[cfg(test)]
mod tests;

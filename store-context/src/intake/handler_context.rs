//! What a handler is given besides the entry.

use std::sync::atomic::{AtomicU32, Ordering};

use chatwoot_client::Account;
use chatwoot_client::ConversationId;
use chatwoot_client::application::messages::{NewMessage, SendOnceError, SentOnce};
use tokio::sync::OnceCell;

use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::mac::hash_digits;
use crate::ports::Entry;

/// What the `source_id` of every message begins with that a handler wrote.
const PREFIX: &str = "store-context/";

/// Whether a message that Chatwoot shows was written by a handler.
pub(super) fn is_ours(source_id: Option<&str>) -> bool {
    source_id.is_some_and(|source_id| source_id.starts_with(PREFIX))
}

/// Why a handler could not use the store's account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerContextError {
    /// The store's account cannot be opened.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// The entry is of an account that the store does not have any more.
    #[error("the entry is of an account that store {0} does not have any more")]
    AnotherAccount(crate::model::StoreId),
    /// The entry is of no conversation, so there is nowhere to write.
    #[error("the entry is of no conversation")]
    NoConversation,
    /// Chatwoot did not take the message; whether it is there may be unknown. The next try finds it.
    #[error(transparent)]
    Send(#[from] SendOnceError),
}

/// What a handler is given besides the entry: the store's account, and messages that are written
/// once however often the entry comes.
#[derive(Debug)]
pub struct HandlerContext<'a> {
    accounts: &'a Accounts,
    entry: &'a Entry,
    is_last_try: bool,
    opened: OnceCell<OpenAccount>,
    written: AtomicU32,
    // Writes that were begun and not confirmed.
    under_way: AtomicU32,
}

impl<'a> HandlerContext<'a> {
    pub(super) fn new(accounts: &'a Accounts, entry: &'a Entry, is_last_try: bool) -> Self {
        Self {
            accounts,
            entry,
            is_last_try,
            opened: OnceCell::new(),
            written: AtomicU32::new(0),
            under_way: AtomicU32::new(0),
        }
    }

    /// Returns how often a handler was begun with the entry before.
    pub const fn tries(&self) -> u32 {
        self.entry.tries
    }

    /// Returns whether the entry is set aside if this try fails.
    pub const fn is_last_try(&self) -> bool {
        self.is_last_try
    }

    /// Returns whether whoever writes in the entry's conversation is proven to be the customer.
    pub fn is_proven(&self) -> bool {
        self.entry.is_proven()
    }

    /// Returns the store's account in Chatwoot, which is opened when it is first asked for.
    ///
    /// # Errors
    /// The account cannot be opened, or the entry is of another account than the store has now.
    pub async fn account(&self) -> Result<&Account, HandlerContextError> {
        let opened = self.opened.get_or_try_init(|| async {
            let opened = self.accounts.open(&self.entry.store).await?;
            if opened.key != self.entry.account {
                return Err(HandlerContextError::AnotherAccount(self.entry.store.clone()));
            }
            Ok(opened)
        });
        Ok(&opened.await?.account)
    }

    /// Writes a message to the customer in the entry's conversation, once: the first call in every
    /// try of the entry writes the same message, so does the second, and so on. What a try before has
    /// written is found and not written again, whatever its text was.
    ///
    /// A handler that does not write the same messages in the same order each time names them:
    /// [`HandlerContext::reply_as`].
    ///
    /// # Errors
    /// The entry is of no conversation, the account cannot be opened, or Chatwoot did not take it.
    pub async fn reply(
        &self,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        let name = self.next_name();
        self.send(&name, NewMessage::text(text)).await
    }

    /// Writes a message to the customer in the entry's conversation, once by this name: of what has
    /// the same name in one entry only the first is written.
    ///
    /// # Errors
    /// As [`HandlerContext::reply`].
    pub async fn reply_as(
        &self,
        name: &str,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        self.send(&format!("as/{name}"), NewMessage::text(text)).await
    }

    /// Writes a note in the entry's conversation that only agents see, once as
    /// [`HandlerContext::reply`] does.
    ///
    /// # Errors
    /// As [`HandlerContext::reply`].
    pub async fn note(
        &self,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        let name = self.next_name();
        self.send(&name, NewMessage::note(text)).await
    }

    /// Writes a note in the entry's conversation that only agents see, once by this name.
    ///
    /// # Errors
    /// As [`HandlerContext::reply`].
    pub async fn note_as(
        &self,
        name: &str,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        self.send(&format!("as/{name}"), NewMessage::note(text)).await
    }

    /// Whether the outcome of a write is unknown: it was cut off, or failed.
    pub(super) fn is_writing(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }

    fn next_name(&self) -> String {
        self.written.fetch_add(1, Ordering::Relaxed).to_string()
    }

    async fn send(&self, name: &str, message: NewMessage) -> Result<SentOnce, HandlerContextError> {
        let conversation = self.entry.event.conversation_id();
        let conversation = conversation.ok_or(HandlerContextError::NoConversation)?;
        let source_id = Some(source_id(self.entry, conversation, name));
        let account = self.account().await?;
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let message = NewMessage { source_id, ..message };
        let sent = account.conversation(conversation).messages().send_once(&message).await;
        // After a failure too the message may still come: that of a search after it was sent does not
        // tell.
        if sent.is_ok() {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(sent?)
    }
}

/// Names a message by the entry it answers. 32 digits of a hash: a key may be long.
fn source_id(entry: &Entry, conversation: ConversationId, name: &str) -> String {
    let account = entry.account.to_string();
    let conversation = conversation.to_string();
    let parts = [account.as_str(), &conversation, &entry.key, name];
    let hash = hash_digits(&[parts.join("\0").as_bytes()]);
    format!("{PREFIX}{}", hash.get(..32).unwrap_or_default())
}

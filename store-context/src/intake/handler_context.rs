//! The context of a handler.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use chatwoot_client::Account;
use chatwoot_client::ConversationId;
use chatwoot_client::application::messages::{NewMessage, SendOnceError, SentOnce};
use tokio::sync::OnceCell;

use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::context::{ContextService, ConversationContext};
use crate::mac::hash_digits;
use crate::model::Proof;
use crate::ports::{AuditAction, AuditEntry, AuditSubject, AuditTrail, Entry, PortFailure};

/// The prefix of the `source_id` of every message that a handler wrote.
const PREFIX: &str = "store-context/";

/// Returns whether a message in Chatwoot was written by a handler.
pub(super) fn is_ours(source_id: Option<&str>) -> bool {
    source_id.is_some_and(|source_id| source_id.starts_with(PREFIX))
}

/// The reason why a handler could not use the store's account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerContextError {
    /// The store's account cannot be opened.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// The entry belongs to an account that the store no longer has.
    #[error("the entry is of an account that store {0} does not have any more")]
    AnotherAccount(crate::model::StoreId),
    /// The entry belongs to no conversation, so no message can be written.
    #[error("the entry is of no conversation")]
    NoConversation,
    /// Chatwoot did not accept the message, or it is unknown whether it did. The next attempt finds
    /// out.
    #[error(transparent)]
    Send(#[from] SendOnceError),
}

/// The context of a handler: the store's account, and methods that write a message once however
/// often the entry is retried.
pub struct HandlerContext<'a> {
    accounts: &'a Accounts,
    audit: &'a dyn AuditTrail,
    customers: &'a ContextService,
    entry: &'a Entry,
    is_last_try: bool,
    opened: OnceCell<OpenAccount>,
    written: AtomicU32,
    // Writes whose outcome is not known.
    under_way: AtomicU32,
}

impl<'a> HandlerContext<'a> {
    pub(super) fn new(
        accounts: &'a Accounts,
        audit: &'a dyn AuditTrail,
        customers: &'a ContextService,
        entry: &'a Entry,
        is_last_try: bool,
    ) -> Self {
        Self {
            accounts,
            audit,
            customers,
            entry,
            is_last_try,
            opened: OnceCell::new(),
            written: AtomicU32::new(0),
            under_way: AtomicU32::new(0),
        }
    }

    /// Returns the number of previous attempts to handle the entry.
    pub const fn tries(&self) -> u32 {
        self.entry.tries
    }

    /// Returns whether the entry is parked if this attempt fails.
    pub const fn is_last_try(&self) -> bool {
        self.is_last_try
    }

    /// Returns whether the writer in the entry's conversation is proven to be the customer.
    pub fn is_proven(&self) -> bool {
        self.entry.is_proven()
    }

    /// Returns the customer's data as far as it may be used in the entry's conversation: nothing
    /// personal unless the writer is proven to be the customer. Returns `None` if the proven
    /// customer is not known.
    ///
    /// # Errors
    /// Returns an error if the store or the customer could not be read in time.
    ///
    /// ```
    /// use store_context::context::ConversationContext;
    /// use store_context::intake::{HandlerContext, HandlerError};
    ///
    /// # async fn example(context: &HandlerContext<'_>) -> Result<(), HandlerError> {
    /// let reply = match context.customer().await? {
    ///     Some(ConversationContext::Proven(customer)) => match customer.recent_orders.first() {
    ///         Some(order) => format!("Your order {} is {}.", order.id, order.status.as_str()),
    ///         None => "You have no orders yet.".to_owned(),
    ///     },
    ///     Some(ConversationContext::NotProven { store, .. }) => {
    ///         format!("Please sign in at {} and write from there.", store.name)
    ///     }
    ///     None => return Ok(()),
    /// };
    /// context.reply(reply).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn customer(&self) -> Result<Option<ConversationContext>, PortFailure> {
        let nobody = Proof::default();
        let proof = self.entry.proof().unwrap_or(&nobody);
        self.customers.for_conversation(&self.entry.store, proof).await
    }

    /// Returns the store's account in Chatwoot, which is opened on first use.
    ///
    /// # Errors
    /// Returns an error if the account cannot be opened, or the entry belongs to another account
    /// than the store's present one.
    pub async fn account(&self) -> Result<&Account, HandlerContextError> {
        Ok(&self.open().await?.account)
    }

    /// Opens the store's account.
    pub(super) async fn open(&self) -> Result<&OpenAccount, HandlerContextError> {
        let opened = self.opened.get_or_try_init(|| async {
            let opened = self.accounts.open(&self.entry.store).await?;
            if opened.key != self.entry.account {
                return Err(HandlerContextError::AnotherAccount(self.entry.store.clone()));
            }
            Ok(opened)
        });
        opened.await
    }

    /// Sends a message to the customer in the entry's conversation, once: the first call in every
    /// attempt of the entry sends the same message, so does the second, and so on. A message that
    /// an earlier attempt sent is found and not sent again, whatever its text was.
    ///
    /// A handler that does not send the same messages in the same order in each attempt gives them
    /// names: [`HandlerContext::reply_as`].
    ///
    /// # Errors
    /// Returns an error if the entry belongs to no conversation, the account cannot be opened, or
    /// Chatwoot did not accept the message.
    pub async fn reply(
        &self,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        let name = self.next_name();
        self.send(&name, NewMessage::text(text)).await
    }

    /// Sends a message to the customer in the entry's conversation, once per name: of several
    /// messages with the same name in one entry only the first is sent.
    ///
    /// # Errors
    /// As for [`HandlerContext::reply`].
    pub async fn reply_as(
        &self,
        name: &str,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        self.send(&format!("as/{name}"), NewMessage::text(text)).await
    }

    /// Writes a private note in the entry's conversation, which only agents see, once as
    /// [`HandlerContext::reply`] does.
    ///
    /// # Errors
    /// As for [`HandlerContext::reply`].
    pub async fn note(
        &self,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        let name = self.next_name();
        self.send(&name, NewMessage::note(text)).await
    }

    /// Writes a private note in the entry's conversation, which only agents see, once per name.
    ///
    /// # Errors
    /// As for [`HandlerContext::reply`].
    pub async fn note_as(
        &self,
        name: &str,
        text: impl Into<String> + Send,
    ) -> Result<SentOnce, HandlerContextError> {
        self.send(&format!("as/{name}"), NewMessage::note(text)).await
    }

    /// Returns whether a write was interrupted, so that its outcome is unknown.
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
        let sent = sent?;
        // A message that is found was perhaps sent by an attempt that ended before its entry.
        let store = &self.entry.store;
        let message = AuditSubject::Message(sent.message.id.to_string());
        let entry = AuditEntry::new(store, "store-context/intake", AuditAction::Send, message);
        // It is sent, and a failure here would have the handler run again.
        if let Err(error) = self.audit.append(&[entry]).await {
            tracing::error!(error = %*error, %store, "a sent message is not in the audit trail");
        }
        Ok(sent)
    }
}

impl fmt::Debug for HandlerContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HandlerContext");
        shown.field("entry", &self.entry).field("is_last_try", &self.is_last_try);
        shown.finish_non_exhaustive()
    }
}

/// Returns the `source_id` of a message, derived from its entry. It has 32 digits of a hash,
/// because a key may be long.
fn source_id(entry: &Entry, conversation: ConversationId, name: &str) -> String {
    let account = entry.account.to_string();
    let conversation = conversation.to_string();
    let parts = [account.as_str(), &conversation, &entry.key, name];
    let hash = hash_digits(&[parts.join("\0").as_bytes()]);
    format!("{PREFIX}{}", hash.get(..32).unwrap_or_default())
}

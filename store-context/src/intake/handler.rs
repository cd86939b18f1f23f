//! The interface of a host's event handlers.

use async_trait::async_trait;

use super::HandlerContext;
use crate::ports::Entry;

/// The error of a handler: any error that tells an operator what to fix.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Handles entries of the ledger, each at least once.
///
/// Entries of one conversation are handled one after another, in the order in which they were
/// received: while one fails, the later ones of its conversation wait. An entry is retried after an
/// error, a panic, a crash, or when the handler exceeded
/// [`DispatchConfig::time_limit`](super::DispatchConfig::time_limit); after
/// [`DispatchConfig::max_tries`](super::DispatchConfig::max_tries) attempts it is parked, and its
/// conversation continues. So a handler must be idempotent: [`HandlerContext::reply`] and
/// [`HandlerContext::note`] write each message once.
///
/// [`Entry::proof`] returns whether the writer is proven to be a customer. Without a proof the
/// writer may be anyone, whatever contact the conversation has: a reply must contain no personal
/// data. [`Entry::stale`] is set if a newer state of its conversation is already known.
///
/// A handler that replies to messages checks [`MessageFact::ours`](crate::model::MessageFact::ours)
/// and the direction, so that it does not reply to itself.
///
/// ```
/// use store_context::intake::{Handler, HandlerContext, HandlerError};
/// use store_context::model::Direction;
/// use store_context::ports::Entry;
///
/// /// Asks visitors who are not signed in to sign in.
/// struct AskToSignIn;
///
/// #[store_context::async_trait]
/// impl Handler for AskToSignIn {
///     async fn handle(&self, context: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
///         let Some(message) = entry.event.message() else { return Ok(()) };
///         if message.direction == Direction::Incoming && !entry.is_proven() {
///             context.reply("Please sign in, so that we know who you are.").await?;
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles one entry; after an error it is retried later.
    async fn handle(&self, context: &HandlerContext<'_>, entry: &Entry)
    -> Result<(), HandlerError>;
}

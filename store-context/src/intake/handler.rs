//! What a host does with what happened.

use async_trait::async_trait;

use super::HandlerContext;
use crate::ports::Entry;

/// What a handler may answer instead of success: anything that tells an operator what to mend.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Handles entries of the ledger, each at least once.
///
/// Entries of one conversation come one after another, in the order in which they came in: while
/// one fails, the later ones of its conversation wait. An entry comes again after an error, a panic,
/// a crash, or when the handler took longer than
/// [`DispatchConfig::time_limit`](super::DispatchConfig::time_limit); after
/// [`DispatchConfig::max_tries`](super::DispatchConfig::max_tries) it is set aside, and its
/// conversation goes on. So handling one twice must do no harm: what
/// [`HandlerContext::reply`] and [`HandlerContext::note`] write is written once.
///
/// [`Entry::proof`] says whether a customer is proven to be the one who writes. Without a proof it
/// may be anybody, whatever contact the conversation has: nothing personal may be answered.
/// [`Entry::stale`] says that a newer state of its conversation is known already.
///
/// A handler that answers messages looks at [`MessageFact::ours`](crate::model::MessageFact::ours)
/// and at the direction, so that it does not answer itself.
///
/// ```
/// use store_context::intake::{Handler, HandlerContext, HandlerError};
/// use store_context::model::Direction;
/// use store_context::ports::Entry;
///
/// /// Tells whoever is not signed in to sign in.
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
    /// Handles one entry; after an error it comes again later.
    async fn handle(&self, context: &HandlerContext<'_>, entry: &Entry)
    -> Result<(), HandlerError>;
}

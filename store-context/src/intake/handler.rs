//! What a host does with what happened.

use async_trait::async_trait;

use crate::ports::Entry;

/// What a handler may answer instead of success: anything that tells an operator what to mend.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Handles entries of the ledger, each at least once.
///
/// Entries of one conversation come one after another, in the order in which they came in: while
/// one fails, the later ones of its conversation wait. An entry may come again after a crash or an error, so handling one twice must do no harm, and
/// [`Entry::stale`] says that a newer state of its conversation is known already.
///
/// [`Entry::proof`] says whether a customer is proven to be the one who writes. Without a proof it
/// may be anybody, whatever contact the conversation has: nothing personal may be answered.
///
/// ```
/// use store_context::intake::{Handler, HandlerError};
/// use store_context::ports::Entry;
///
/// struct Print;
///
/// #[async_trait::async_trait]
/// impl Handler for Print {
///     async fn handle(&self, entry: &Entry) -> Result<(), HandlerError> {
///         println!("{}: {}", entry.store, entry.event.name());
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles one entry; after an error it comes again later.
    async fn handle(&self, entry: &Entry) -> Result<(), HandlerError>;
}

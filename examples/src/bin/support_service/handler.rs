//! What the shop does with events. Replace it.

use async_trait::async_trait;
use store_context::intake::{Handler, HandlerContext, HandlerError};
use store_context::ports::Entry;

/// Logs each event.
pub(crate) struct LogEvents;

#[async_trait]
impl Handler for LogEvents {
    async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        let (event, proven) = (entry.event.name(), entry.is_proven());
        let message_id = entry.event.message().map(|message| message.message.0);
        tracing::info!(store = %entry.store, event, message_id, proven, "handled");
        Ok(())
    }
}

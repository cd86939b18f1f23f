//! The export of all that is held of a customer, as JSON.

mod read;
mod scrub;

use std::collections::VecDeque;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use self::read::Stage;
use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::model::{CustomerId, StoreId};
use crate::ports::{Link, PortError, Ports};

/// The bounds of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportConfig {
    /// The maximum number of orders. The default is 1,000.
    pub orders: usize,
    /// The maximum number of entries of the audit trail that are looked through. The default is
    /// 100,000.
    pub audit_entries: usize,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self { orders: 1_000, audit_entries: 100_000 }
    }
}

/// One part of an export: a line of JSON, `{"part": "order", "data": {..}}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExportItem {
    /// What it is.
    pub part: ExportPart,
    /// The data, without secrets.
    pub data: Value,
}

/// The parts of an export, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExportPart {
    /// The customer, from the host.
    Customer,
    /// The totals of the orders, from the host.
    OrderTotals,
    /// An order, from the host.
    Order,
    /// The cart, from the host.
    Cart,
    /// What the customer did in the shop, if the host records it.
    Activity,
    /// The link to the contact, from the ledger of the sync.
    Link,
    /// The receipt of an erasure.
    Erasure,
    /// An entry of the audit trail.
    AuditEntry,
    /// The contact in Chatwoot.
    Contact,
    /// A note of an agent on the contact.
    Note,
    /// A conversation in Chatwoot.
    Conversation,
    /// A message of the conversation before it.
    Message,
    /// An event that waits for a handler or is parked.
    Event,
    /// The known state of a conversation.
    ConversationState,
    /// A bound was reached: `{"part": "order", "limit": 1000}`. There may be more.
    Truncated,
}

/// The reason why an export ended before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store is not known, or has no account, or no keys.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot refused a request or did not respond.
    #[error(transparent)]
    Chatwoot(#[from] chatwoot_client::Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A part is no JSON.
    #[error("a part could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Exports customers: the host's data, what the engine keeps, and the contact with its
/// conversations in Chatwoot.
///
/// ```
/// use store_context::export::{ExportConfig, ExportError, Exporter};
/// # use store_context::accounts::Accounts;
/// # use store_context::model::{CustomerId, StoreId};
/// # use store_context::ports::Ports;
///
/// # async fn example(accounts: Accounts, ports: Ports, store: StoreId, ada: CustomerId) -> Result<(), ExportError> {
/// let exporter = Exporter::new(accounts, ports, ExportConfig::default());
/// let mut export = exporter.export(&store, &ada);
/// while let Some(item) = export.next().await? {
///     println!("{}", serde_json::to_string(&item)?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Exporter {
    accounts: Accounts,
    ports: Ports,
    config: ExportConfig,
}

impl Exporter {
    /// Creates a service from the stores' accounts and the host's ports.
    pub const fn new(accounts: Accounts, ports: Ports, config: ExportConfig) -> Self {
        Self { accounts, ports, config }
    }

    /// Begins the export of a customer. Nothing is read before [`Export::next`] is called.
    pub fn export(&self, store: &StoreId, customer: &CustomerId) -> Export {
        Export {
            of: self.clone(),
            store: store.clone(),
            customer: customer.clone(),
            open: None,
            link: None,
            stage: Stage::Shop,
            ready: VecDeque::new(),
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("config", &self.config).finish_non_exhaustive()
    }
}

/// An export that is under way. It holds at most one page of what it reads.
pub struct Export {
    of: Exporter,
    store: StoreId,
    customer: CustomerId,
    open: Option<OpenAccount>,
    link: Option<Link>,
    stage: Stage,
    ready: VecDeque<ExportItem>,
}

impl Export {
    /// Returns the next part; `None` at the end. After an error the same page is read again.
    ///
    /// # Errors
    /// Returns an error if the store's account cannot be opened, or if Chatwoot or a port failed.
    pub async fn next(&mut self) -> Result<Option<ExportItem>, ExportError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if matches!(self.stage, Stage::End) {
                return Ok(None);
            }
            let (page, next) = self.read().await?;
            self.ready = page.into();
            self.stage = next;
        }
    }

    /// Writes the rest of the export as lines of JSON. Everything is in memory then.
    ///
    /// # Errors
    /// As for [`Export::next`].
    pub async fn into_json_lines(mut self) -> Result<String, ExportError> {
        let mut text = String::new();
        while let Some(item) = self.next().await? {
            text.push_str(&serde_json::to_string(&item)?);
            text.push('\n');
        }
        Ok(text)
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").field("store", &self.store).finish_non_exhaustive()
    }
}

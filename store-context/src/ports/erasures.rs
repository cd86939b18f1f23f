//! The receipts of customers' erasures.

use async_trait::async_trait;

use super::{PortResult, batches};
use crate::model::{CustomerId, ErasureReceipt, StoreId};

/// Stores how far the erasures of customers are, durably, one receipt a customer.
///
/// Who is to be erased, and who works on it, is in the ledger of the sync: whoever holds the
/// customer's row there writes the receipt, with the fence of the claim.
///
/// ```
/// use store_context::Timestamp;
/// use store_context::memory::MemoryErasures;
/// use store_context::model::{CustomerId, ErasedConversations, ErasureReceipt, StoreId};
/// use store_context::ports::{Erasures, PortResult};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> PortResult<()> {
/// let (store, ada) = (StoreId::new("north")?, CustomerId::new("c-1")?);
/// let by = ErasedConversations::LeaveToChatwoot;
/// let receipt = ErasureReceipt::new(store.clone(), ada.clone(), Timestamp::now(), by);
/// let erasures = MemoryErasures::new();
/// erasures.start(&receipt).await?;
/// assert_eq!(erasures.pending(&store, None, 10).await?, [receipt]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Erasures: Send + Sync {
    /// Stores a new receipt, unless the customer has one. Returns the one that is stored.
    async fn start(&self, receipt: &ErasureReceipt) -> PortResult<ErasureReceipt>;

    /// Returns a customer's receipt.
    async fn receipt(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Option<ErasureReceipt>>;

    /// Replaces a customer's receipt, for a claim with this fence. Returns `false` if there is none,
    /// or if one of a later fence was stored; then nothing changed.
    async fn update(&self, receipt: &ErasureReceipt, fence: u64) -> PortResult<bool>;

    /// Returns up to `limit` receipts of erasures that are not complete, of customers after
    /// `after`, in ascending order.
    async fn pending(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ErasureReceipt>>;

    /// Removes a customer's receipt.
    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()>;

    /// Removes up to `limit` receipts of a store. Returns their number; fewer than `limit` if none
    /// is left.
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64>;
}

/// The number of receipts that one call of the methods for a whole store removes.
const BATCH: usize = 1_000;

impl dyn Erasures {
    /// Removes all receipts of a store: [`Erasures::forget_store`] in batches. Returns their number.
    ///
    /// # Errors
    /// Returns an error if the port failed; the receipts removed until then stay removed.
    pub async fn forget_whole_store(&self, store: &StoreId) -> PortResult<u64> {
        batches(BATCH, || self.forget_store(store, BATCH)).await
    }
}

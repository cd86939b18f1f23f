//! The data that may be used in a conversation: everything if the customer is proven, otherwise
//! nothing personal.

use chatwoot_client::ContactId;
use serde::Serialize;

use super::ContextService;
use crate::model::{ContextSnapshot, NotProven, Proof, StoreId, StoreSummary};
use crate::ports::PortFailure;

/// The data that a bot or a handler may use in a conversation.
///
/// A customer's orders, addresses and amounts are in the proven variant only: code that replies in
/// an unproven conversation has no access to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationContext {
    /// The writer is proven to be this customer.
    Proven(Box<ContextSnapshot>),
    /// The writer may be anyone.
    NotProven {
        /// The reason why no customer is proven.
        why: NotProven,
        /// The public data of the store.
        store: StoreSummary,
    },
}

impl ContextService {
    /// Returns the data that may be used in a conversation with this proof; `None` if the store or
    /// the proven customer is not known.
    ///
    /// # Errors
    /// As for [`ContextService::snapshot`].
    ///
    /// ```
    /// # use store_context::{context::{ContextService, ConversationContext}, model::{Proof, StoreId}, ports::PortFailure};
    /// # async fn example(context: ContextService, store: StoreId, proof: Proof) -> Result<(), PortFailure> {
    /// match context.for_conversation(&store, &proof).await? {
    ///     Some(ConversationContext::Proven(snapshot)) => {
    ///         println!("your last order is {:?}", snapshot.recent_orders.first());
    ///     }
    ///     Some(ConversationContext::NotProven { store, .. }) => {
    ///         println!("sign in at {} and write from there", store.name);
    ///     }
    ///     None => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn for_conversation(
        &self,
        store: &StoreId,
        proof: &Proof,
    ) -> Result<Option<ConversationContext>, PortFailure> {
        match proof {
            Proof::Proven(customer) => {
                let snapshot = self.snapshot(store, customer).await?;
                Ok(snapshot.map(|snapshot| ConversationContext::Proven(Box::new(snapshot))))
            }
            Proof::NotProven(why) => {
                let store = self.store(store).await?;
                let not_proven = |store| ConversationContext::NotProven { why: *why, store };
                Ok(store.as_ref().map(StoreSummary::from).map(not_proven))
            }
        }
    }

    /// Returns the snapshot of the proven customer, or else of the customer to whom the contact is
    /// linked. Only for agents who were told that the conversation is not proven.
    pub(super) async fn for_proof_or_contact(
        &self,
        store: &StoreId,
        proof: &Proof,
        contact: ContactId,
    ) -> Result<Option<ContextSnapshot>, PortFailure> {
        match proof {
            Proof::Proven(customer) => self.snapshot(store, customer).await,
            Proof::NotProven(_) => self.for_contact(store, contact).await,
        }
    }
}

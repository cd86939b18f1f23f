//! The shop's data: stores, customers, orders, carts, and figures derived from them.

mod account_key;
mod cart;
mod context;
mod customer;
mod erasure;
mod event;
mod insights;
mod money;
mod order;
mod privacy;
mod proof;
mod store;
mod text;
mod tier;

pub use self::account_key::AccountKey;
pub use self::cart::{Cart, CartItem};
pub use self::context::{ContextSnapshot, Source, StoreSummary};
pub use self::customer::{Customer, CustomerId};
pub use self::erasure::{
    ErasedContact, ErasedConversation, ErasurePending, ErasurePlace, ErasureReceipt, ErasureStep,
};
pub use self::event::{AttributeChange, ConversationFact, Direction, MessageFact, SupportEvent};
pub use self::insights::{Insights, OrderTotals};
pub use self::money::{CurrencyMismatch, Money};
pub use self::order::{Order, OrderId, OrderItem, OrderStatus};
pub use self::privacy::{
    ErasedConversations, OwnView, PrivacyPolicy, SharedAttributes, SharedData, UnprovenView,
};
pub use self::proof::{NotProven, Proof};
pub use self::store::{Branding, ContactIdentifiers, IdentityPolicy, Store, StoreId};
pub use self::text::InvalidId;
pub use self::tier::{Tier, TierPolicy, TierPolicyError};

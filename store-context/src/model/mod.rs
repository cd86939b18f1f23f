//! The shop's data: stores, customers, orders, carts, activity, and figures derived from them.

mod account_key;
mod activity;
mod business_hours;
mod cart;
mod context;
mod customer;
mod erasure;
mod event;
mod insights;
mod money;
mod order;
mod organization;
mod privacy;
mod proof;
mod store;
mod text;
mod tier;

pub use self::account_key::AccountKey;
pub(crate) use self::activity::is_web;
pub use self::activity::{Activity, ActivityKind};
pub use self::business_hours::{
    BusinessHours, BusinessHoursError, OpenHours, TimeOfDay, UnknownTimeZone,
};
pub use self::cart::{Cart, CartItem};
pub use self::context::{ContextSnapshot, Source, StoreSummary};
pub use self::customer::{Customer, CustomerId};
pub use self::erasure::{
    ErasedContact, ErasedConversation, ErasurePending, ErasurePlace, ErasureReceipt, ErasureStep,
};
pub use self::event::{AttributeChange, ConversationFact, Direction, MessageFact, SupportEvent};
#[cfg(feature = "live")]
pub(crate) use self::event::{conversation_key, message_key};
pub use self::insights::{Insights, OrderTotals};
pub use self::money::{CurrencyMismatch, Money};
pub use self::order::{
    FulfillmentStatus, Order, OrderId, OrderItem, OrderStatus, PaymentStatus, Refund, Return,
    ReturnStatus, Tracking,
};
pub use self::organization::OrganizationId;
pub use self::privacy::{
    ErasedConversations, OwnView, PrivacyPolicy, SharedAttributes, SharedData, UnprovenView,
};
pub use self::proof::{NotProven, Proof};
pub use self::store::{Branding, ContactIdentifiers, IdentityPolicy, Store, StoreId};
pub use self::text::InvalidId;
pub use self::tier::{Tier, TierPolicy, TierPolicyError};

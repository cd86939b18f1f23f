//! The snapshot of a customer that agents and bots see: read from the host, cached, and disclosed
//! only as far as the conversation is proven.

mod conversation;
mod own;
mod panel;
mod service;
mod single_flight;

pub use self::conversation::ConversationContext;
pub use self::own::{OwnContext, OwnCustomer, OwnOrder, OwnTotals};
pub use self::panel::{
    ConversationKey, OpenedPanel, PanelChange, PanelChanges, PanelError, PanelService,
    PanelSubject, PanelView,
};
pub(crate) use self::service::key as cache_key;
pub use self::service::{ContextConfig, ContextService};

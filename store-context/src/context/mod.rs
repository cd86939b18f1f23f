//! The snapshot that agents and bots see of a customer: read from the host, kept for a while, and
//! given out as far as the conversation is proven.

mod conversation;
mod panel;
mod service;
mod single_flight;

pub use self::conversation::ConversationContext;
pub use self::panel::{
    ConversationKey, OpenedPanel, PanelError, PanelService, PanelSubject, PanelView,
};
pub use self::service::{ContextConfig, ContextService};

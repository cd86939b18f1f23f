//! The intake of webhooks: verifies and stores deliveries, handles them from the ledger, and
//! reconciles events that were never delivered.

mod admit;
mod contact_hint;
mod conversation_attributes;
mod credible;
mod dispatch;
mod from_api;
mod from_webhook;
mod handler;
mod handler_context;
#[cfg(feature = "live")]
mod news;
mod purge;
mod receive;
mod reconcile;
mod record_cache;

pub use self::admit::Admission;
pub use self::dispatch::{DispatchConfig, Dispatched, Dispatcher};
pub use self::handler::{Handler, HandlerError};
pub use self::handler_context::{HandlerContext, HandlerContextError};
#[cfg(feature = "live")]
pub(crate) use self::news::News;
pub use self::purge::{PurgeConfig, WebhookPurge};
pub use self::receive::{Intake, Receipt, ReceiveError};
pub use self::reconcile::{ReconcileConfig, ReconcileError, Reconciled, Reconciler};

//! Webhooks in: verify, remember, answer; handle from the ledger; reconcile what never came.

mod admit;
mod contact_hint;
mod dispatch;
mod from_api;
mod from_webhook;
mod handler;
mod receive;
mod reconcile;
mod record;

pub use self::admit::Admission;
pub use self::dispatch::{DispatchConfig, Dispatched, Dispatcher};

pub use self::handler::{Handler, HandlerError};
pub use self::receive::{Intake, Receipt, ReceiveError};
pub use self::reconcile::{ReconcileConfig, ReconcileError, Reconciled, Reconciler};

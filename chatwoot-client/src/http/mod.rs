//! The parts of a call: operations as data, requests, retries, rate limits, transports.

pub(crate) mod body;
pub(crate) mod budget;
pub(crate) mod call;
pub(crate) mod envelope;
pub(crate) mod limit;
pub(crate) mod loopback;
pub(crate) mod observe;
pub(crate) mod op;
pub(crate) mod pace;
pub(crate) mod page;
pub(crate) mod prepared;
pub(crate) mod raw;
pub(crate) mod response_limit;
pub(crate) mod retry;
pub(crate) mod send;
pub(crate) mod shared;
pub(crate) mod stats;
pub mod transport;
pub(crate) mod upload;

pub use self::body::{Body, Form, Part, PartSource};
pub use self::budget::{BudgetAnswer, BudgetRequest, BudgetWindow, RequestBudget};
pub use self::call::{Call, Response};
pub use self::limit::Limits;
pub use self::observe::{CallObserver, CallReport};
pub use self::op::{Limit, Op, TokenKind, Verb};
pub use self::page::{Page, PageMeta};
pub use self::raw::RawRequest;
pub use self::response_limit::ResponseLimit;
pub use self::retry::RetryPolicy;
pub(crate) use self::shared::Http;
pub use self::stats::Stats;
pub use self::upload::Upload;

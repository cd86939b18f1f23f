//! What a host has decided about a store: suspended, offboarding, moved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// The state of a store's life. All processes see it, because it is a part of the store's record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreLifecycle {
    /// The suspension; `None` if the store is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// The offboarding that has begun; `None` if none has. The store is not active then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offboarding: Option<Offboarding>,
    /// The last move of the store's webhook and panel to another public URL, until it is undone. Boxed:
    /// it is large, and most stores have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Box<AddressMove>>,
}

impl StoreLifecycle {
    /// Returns whether Chatwoot may be called and handlers may run for the store.
    ///
    /// ```
    /// use store_context::ports::StoreLifecycle;
    ///
    /// assert!(StoreLifecycle::default().is_active());
    /// ```
    pub const fn is_active(&self) -> bool {
        self.suspended.is_none() && self.offboarding.is_none()
    }
}

/// A suspension of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// When the store was suspended.
    pub since: Timestamp,
    /// The reason, for operators; no personal data.
    pub reason: String,
}

/// What becomes of the store's data in Chatwoot when the store leaves the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffboardPolicy {
    /// Chatwoot keeps everything except the webhook and the panel.
    Leave,
    /// The contacts of the store's customers lose everything that identifies a person; their
    /// conversations stay.
    Anonymize,
    /// The contacts of the store's customers are deleted with their conversations; with a platform
    /// app's token the whole account is.
    Delete,
}

/// The progress of an offboarding, so that any process can continue it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offboarding {
    /// The policy with which it began.
    pub policy: OffboardPolicy,
    /// When it began.
    pub since: Timestamp,
    /// The number of contacts that were anonymized or deleted.
    pub contacts: u64,
    /// Whether the account itself was deleted.
    pub account_deleted: bool,
}

/// A move of a store's webhook and panel to another public URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressMove {
    /// The public URL that they are moved to.
    pub to: Url,
    /// The public URL that the webhook had before; `None` if there was no webhook.
    pub webhook_from: Option<Url>,
    /// The public URL that the panel had before; `None` if there was no panel.
    pub panel_from: Option<Url>,
    /// Whether a webhook has arrived at the new URL.
    pub verified: bool,
}

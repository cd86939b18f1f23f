//! HTTP endpoints for axum. Each endpoint is one file with a state and a `router`; a host mounts
//! them individually, or all of them with [`router`]. [`doctor`] is mounted where operators reach it.
//!
//! For a host's own handlers there are extractors: [`CurrentCustomer`], [`PageWidget`] and
//! [`SignedDelivery`].
//!
//! The URLs in the paths of [`webhooks`] and [`panel`] contain secrets: a host that logs requests
//! must log the route and not the path.
//!
//! ```
//! use std::sync::Arc;
//!
//! use store_context_adapters::axum::{AxumConfig, ChatwootOrigin, Health, Panel, Sessions, SupportContext, Webhooks};
//! use store_context::context::{ContextService, PanelService};
//! use store_context::intake::Intake;
//! use store_context::ports::Ports;
//!
//! fn support(
//!     ports: &Ports,
//!     intake: Intake,
//!     context: ContextService,
//!     panels: PanelService,
//!     sessions: Arc<dyn Sessions>,
//!     chatwoot: ChatwootOrigin,
//! ) -> axum::Router {
//!     let stores = Arc::clone(&ports.stores);
//!     store_context_adapters::axum::router(AxumConfig {
//!         webhooks: Webhooks::new(intake),
//!         support_context: SupportContext { context, sessions },
//!         panel: Panel::new(panels, chatwoot),
//!         health: Health::new().check("stores", move || {
//!             let stores = Arc::clone(&stores);
//!             async move { stores.ids(None, 1).await.map(drop) }
//!         }),
//!     })
//! }
//! ```

mod at_once;
pub mod delivery;
pub mod doctor;
pub mod health;
mod look_ups;
mod origin;
pub mod panel;
mod reply;
pub mod session;
mod streams;
pub mod support_context;
pub mod webhooks;
pub mod widget;

use ::axum::Router;

pub use self::delivery::{Deliveries, SignedDelivery};
pub use self::doctor::Doctors;
pub use self::health::Health;
pub use self::panel::{ChatwootOrigin, NoOrigin, Panel, PanelLimits};
pub use self::session::{CurrentCustomer, Sessions};
pub use self::streams::{PanelStreams, StreamLimits};
pub use self::support_context::SupportContext;
pub use self::webhooks::Webhooks;
pub use self::widget::{PageWidget, WidgetPages, WidgetReset};

/// The configuration of all endpoints.
#[derive(Clone, Debug)]
pub struct AxumConfig {
    /// The endpoint to which Chatwoot sends webhooks.
    pub webhooks: Webhooks,
    /// The endpoint for a signed-in customer's own browser or app.
    pub support_context: SupportContext,
    /// The panel that agents see beside a conversation.
    pub panel: Panel,
    /// The health checks.
    pub health: Health,
}

/// Returns a router with all endpoints.
pub fn router(config: AxumConfig) -> Router {
    webhooks::router(config.webhooks)
        .merge(support_context::router(config.support_context))
        .merge(panel::router(config.panel))
        .merge(health::router(config.health))
}

//! The steps of a provisioning that a host chooses.

use chatwoot_client::InboxId;

/// The steps of a provisioning. A step that is left out changes nothing and deletes nothing; what
/// an earlier provisioning created by it is an [orphan](super::PlanAction::Orphan) of the plan.
///
/// ```
/// use store_context::provision::{InboxStep, Steps};
///
/// // A store that has a website inbox, and wants neither panel nor email inbox.
/// let steps = Steps {
///     website: InboxStep::Named("Web chat".to_owned()),
///     email: InboxStep::LeftOut,
///     panel: false,
///     ..Steps::default()
/// };
/// assert!(steps.webhook);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a step that is chosen by itself")]
pub struct Steps {
    /// The team.
    pub team: bool,
    /// The labels.
    pub labels: bool,
    /// The definitions of the attributes.
    pub attributes: bool,
    /// The website inbox, which the widget uses.
    pub website: InboxStep,
    /// The API inbox, which the store's app uses.
    pub api: InboxStep,
    /// The inbox of the support email address.
    pub email: InboxStep,
    /// The membership of the token's user in the team and the inboxes. An administrator can use an
    /// inbox without it.
    pub members: bool,
    /// The webhook, without which only the reconciler sees what happens in Chatwoot.
    pub webhook: bool,
    /// The dashboard app that shows the panel beside a conversation.
    pub panel: bool,
}

impl Default for Steps {
    /// Returns all steps, with inboxes that provisioning finds or creates.
    fn default() -> Self {
        Self {
            team: true,
            labels: true,
            attributes: true,
            website: InboxStep::Managed,
            api: InboxStep::Managed,
            email: InboxStep::Managed,
            members: true,
            webhook: true,
            panel: true,
        }
    }
}

/// Which inbox a store uses for one of its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum InboxStep {
    /// The inbox that is found by the [rules of adoption](super#adoption), or else is created.
    #[default]
    Managed,
    /// The existing inbox with this id. It is adopted.
    Existing(InboxId),
    /// The existing inbox with this name. It is adopted.
    Named(String),
    /// None.
    LeftOut,
}

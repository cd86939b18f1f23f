//! The Application API of the fake, one module per resource.

pub(in crate::fake) mod account;
pub(in crate::fake) mod agents;
pub(in crate::fake) mod attachments;
pub(in crate::fake) mod attribute_definitions;
pub(in crate::fake) mod contacts;
pub(in crate::fake) mod conversations;
pub(in crate::fake) mod dashboard_apps;
pub(in crate::fake) mod filter;
pub(in crate::fake) mod inboxes;
pub(in crate::fake) mod labels;
pub(in crate::fake) mod messages;
pub(in crate::fake) mod profile;
pub(in crate::fake) mod teams;
pub(in crate::fake) mod webhooks;

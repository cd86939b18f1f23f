//! The Application API: one account, as one user. Each resource has a module; all of them are
//! reached from an [`Account`].
//!
//! A resource has a *collection*, such as [`Account::contacts`], to list, search, create, get,
//! update and delete. Contacts and conversations also have a *handle*, [`Account::contact`] and
//! [`Account::conversation`], with what belongs to one of them: its labels, notes or messages.
//! Creating a collection or a handle sends no request; both are `Copy`.
//!
//! Arguments follow these rules:
//!
//! - Methods that return a handle take its id as `impl Into<ContactId>`, so a number will do. All
//!   other methods take the typed id by value: `3.into()` or `NoteId(3)`.
//! - Enums are taken by value.
//! - A list that comes in pages takes a query, and returns a [`Page`](crate::Page) where the server
//!   says anything of the list beside its rows.
//! - Request bodies and queries, such as [`NewContact`](contacts::NewContact), are taken by
//!   reference. A method that returns a stream keeps its query, and takes it by value.
//!
//! ```
//! # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
//! use chatwoot_client::types::Priority;
//!
//! account.contact(7).notes().create("Prefers to be called in the morning").await?;
//! account.conversation(12).set_priority(Some(Priority::High)).await?;
//! # Ok(())
//! # }
//! ```

/// Declares the handle of one kind of record of an account, which a method of [`Account`] returns.
/// The module imports `Account`.
macro_rules! account_handle {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> {
            account: &'a Account,
        }

        impl<'a> $name<'a> {
            pub(crate) const fn new(account: &'a Account) -> Self {
                Self { account }
            }
        }
    };
}

pub mod account;
pub mod agent_bots;
pub mod agents;
pub mod assignment_policies;
pub mod attribute_definitions;
pub mod audit_logs;
pub mod automation_rules;
pub mod bulk_actions;
pub mod campaigns;
pub mod canned_responses;
pub mod companies;
pub mod contacts;
pub mod conversations;
pub mod csat;
pub mod custom_filters;
pub mod custom_roles;
pub mod dashboard_apps;
pub mod help_center;
pub mod inboxes;
pub mod integrations;
pub mod labels;
pub mod macros;
pub mod messages;
pub mod notifications;
pub mod profile;
pub mod reports;
pub mod search;
pub mod sla_policies;
pub mod teams;
pub mod uploads;
pub mod webhooks;

pub(crate) mod filter;
mod handle;

pub use self::filter::*;
pub use self::handle::Account;
use crate::http::Op;

/// Every operation of the Application API.
pub(crate) const OPERATIONS: &[&[Op]] = &[
    account::OPERATIONS,
    profile::OPERATIONS,
    agents::OPERATIONS,
    teams::OPERATIONS,
    teams::members::OPERATIONS,
    inboxes::OPERATIONS,
    inboxes::members::OPERATIONS,
    attribute_definitions::OPERATIONS,
    webhooks::OPERATIONS,
    dashboard_apps::OPERATIONS,
    agent_bots::OPERATIONS,
    assignment_policies::OPERATIONS,
    audit_logs::OPERATIONS,
    automation_rules::OPERATIONS,
    bulk_actions::OPERATIONS,
    campaigns::OPERATIONS,
    canned_responses::OPERATIONS,
    companies::OPERATIONS,
    custom_filters::OPERATIONS,
    custom_roles::OPERATIONS,
    integrations::OPERATIONS,
    macros::OPERATIONS,
    notifications::settings::OPERATIONS,
    notifications::OPERATIONS,
    sla_policies::OPERATIONS,
    labels::OPERATIONS,
    contacts::OPERATIONS,
    contacts::labels::OPERATIONS,
    contacts::notes::OPERATIONS,
    contacts::inboxes::OPERATIONS,
    conversations::OPERATIONS,
    conversations::labels::OPERATIONS,
    conversations::assignments::OPERATIONS,
    messages::OPERATIONS,
    conversations::participants::OPERATIONS,
    conversations::search::OPERATIONS,
    conversations::attachments::OPERATIONS,
    csat::OPERATIONS,
    help_center::OPERATIONS,
    help_center::categories::OPERATIONS,
    help_center::articles::OPERATIONS,
    search::OPERATIONS,
    reports::events::OPERATIONS,
    uploads::OPERATIONS,
    reports::OPERATIONS,
    reports::summary::OPERATIONS,
    reports::live::OPERATIONS,
    reports::csv::OPERATIONS,
];

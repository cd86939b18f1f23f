//! Stores, and what was made for each of them in Chatwoot.

use async_trait::async_trait;
use chatwoot_client::types::{DashboardAppId, TeamId, WebhookId};
use chatwoot_client::{AccountId, InboxId, UserId};
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::{Store, StoreId};

/// What a store has in Chatwoot. Each part is remembered as soon as it is made, so that a
/// provisioning that was cut short goes on where it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreAccount {
    /// Its account.
    pub account: Option<AccountId>,
    /// Its administrator: the user that this engine acts as.
    pub administrator: Option<UserId>,
    /// Its team.
    pub team: Option<TeamId>,
    /// The inbox of the widget.
    pub website_inbox: Option<InboxId>,
    /// The widget's public token.
    pub website_token: Option<String>,
    /// The inbox of the public API.
    pub api_inbox: Option<InboxId>,
    /// The public API's identifier of that inbox.
    pub api_inbox_identifier: Option<String>,
    /// The inbox of the support address.
    pub email_inbox: Option<InboxId>,
    /// The account's webhook to this host.
    pub webhook: Option<WebhookId>,
    /// The panel beside a conversation.
    pub dashboard_app: Option<DashboardAppId>,
}

/// Keeps stores and what they have in Chatwoot.
#[async_trait]
pub trait Stores: Send + Sync {
    /// The store, if it is known.
    async fn get(&self, id: &StoreId) -> PortResult<Option<Store>>;

    /// Keeps a store, in place of the one with the same id.
    async fn put(&self, store: &Store) -> PortResult<()>;

    /// The ids of all stores, in rising order.
    async fn ids(&self) -> PortResult<Vec<StoreId>>;

    /// What the store has in Chatwoot; empty if nothing yet.
    async fn account(&self, id: &StoreId) -> PortResult<StoreAccount>;

    /// Keeps what the store has in Chatwoot.
    async fn put_account(&self, id: &StoreId, store_account: &StoreAccount) -> PortResult<()>;
}

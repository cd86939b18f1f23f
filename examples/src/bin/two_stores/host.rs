//! The host: the shop's service, with this SDK's parts composed into it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::types::MessageId;
use chatwoot_client::{Client, ConversationId, Time};
use examples::serve::{HEADERS_WITHIN, serve};
use sqlx::postgres::PgConnectOptions;
use store_context::accounts::{Accounts, Clients};
use store_context::context::{ContextConfig, ContextService, PanelService};
use store_context::identity::Identity;
use store_context::intake::{
    DispatchConfig, Dispatcher, Handler, HandlerContext, HandlerError, Intake, ReconcileConfig,
    Reconciler,
};
use store_context::memory::{self, MemoryShop};
use store_context::model::Direction;
use store_context::model::StoreId;
use store_context::ports::{Entry, Ports};
use store_context_adapters::axum::{
    AxumConfig, ChatwootOrigin, Health, Panel, SupportContext, Webhooks,
};
use tokio::net::TcpListener;
use url::Url;

use crate::chatwoot::Chatwoot;
use crate::database::on_postgres;
use crate::pages;
use crate::sessions::CookieSessions;

pub(crate) struct Host {
    pub(crate) url: Url,
    pub(crate) shop: Arc<MemoryShop>,
    pub(crate) ports: Ports,
    pub(crate) accounts: Accounts,
    pub(crate) context: ContextService,
    pub(crate) identity: Identity,
    pub(crate) sessions: Arc<CookieSessions>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) reconciler: Reconciler,
}

impl Host {
    /// Composes the parts and serves them on a free loopback port. What the engine keeps is in
    /// memory, or in the database if there is one.
    pub(crate) async fn start(
        chatwoot: &Chatwoot,
        client: &Client,
        database: Option<&PgConnectOptions>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let shop = Arc::new(MemoryShop::new());
        let mut ports = memory::ports(shop.clone(), shop.clone(), Some(shop.clone()));
        if let Some(database) = database {
            ports = on_postgres(database, ports).await?;
        }
        let accounts = Accounts::new(&ports, Clients::single(client.clone()));
        let context = ContextService::new(ports.clone(), ContextConfig::default());
        let sessions = Arc::new(CookieSessions::default());
        let seen = Arc::new(Seen::default());
        let dispatcher =
            Dispatcher::new(accounts.clone(), &ports, seen.clone(), DispatchConfig::default());
        let host = Self {
            url,
            identity: Identity::new(ports.clone()),
            reconciler: Reconciler::new(
                accounts.clone(),
                ports.clone(),
                ReconcileConfig::default(),
            ),
            shop,
            ports,
            accounts,
            context,
            sessions,
            seen,
            dispatcher,
        };
        let router =
            host.endpoints(chatwoot)?.merge(pages::router(pages::Pages::new(&host, chatwoot)));
        tokio::spawn(serve(listener, router, HEADERS_WITHIN));
        let dispatcher = host.dispatcher.clone();
        tokio::spawn(async move { dispatcher.run().await });
        Ok(host)
    }

    fn endpoints(&self, chatwoot: &Chatwoot) -> anyhow::Result<axum::Router> {
        let stores = self.ports.stores.clone();
        let panels =
            PanelService::new(self.accounts.clone(), self.ports.clone(), self.context.clone());
        Ok(store_context_adapters::axum::router(AxumConfig {
            webhooks: Webhooks::new(Intake::new(&self.ports)),
            support_context: SupportContext {
                context: self.context.clone(),
                sessions: self.sessions.clone(),
            },
            panel: Panel::new(panels, ChatwootOrigin::new(&chatwoot.base().parse()?)?),
            health: Health::new().check("stores", move || {
                let stores = stores.clone();
                async move { stores.ids(None, 1).await.map(drop) }
            }),
        }))
    }
}

/// The host's handler: it records the received entries, which the example checks at the end.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<StoreId, SeenStore>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct SeenStore {
    pub(crate) messages: HashSet<MessageId>,
    /// Of these, messages of proven customers, and the others.
    pub(crate) proven: HashSet<MessageId>,
    pub(crate) unproven: HashSet<MessageId>,
    pub(crate) began: HashSet<ConversationId>,
    pub(crate) states: HashMap<ConversationId, (Time, ConversationStatus)>,
    pub(crate) calls: u64,
    pub(crate) stale: u64,
}

impl Seen {
    pub(crate) fn of(&self, store: &StoreId) -> SeenStore {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(store).cloned().unwrap_or_default()
    }
}

#[async_trait]
impl Handler for Seen {
    async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.entry(entry.store.clone()).or_default();
        seen.calls += 1;
        seen.stale += u64::from(entry.stale);
        if let Some(message) = entry.event.message() {
            seen.messages.insert(message.message);
            if message.direction == Direction::Incoming {
                let of_customer = message.proof.is_proven();
                let seen = if of_customer { &mut seen.proven } else { &mut seen.unproven };
                seen.insert(message.message);
            }
        }
        if let Some(state) = entry.event.conversation() {
            seen.began.insert(state.conversation);
            let known = seen.states.get(&state.conversation);
            // Of two states the later is valid, in whatever order they arrive.
            if known.is_none_or(|(at, _)| *at <= state.updated_at) {
                let now = (state.updated_at, state.status.clone());
                seen.states.insert(state.conversation, now);
            }
        }
        Ok(())
    }
}

//! The panel beside a conversation: how a page opens it, and the data that it shows.

mod changes;
mod read;
mod token;

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::{ContactId, ConversationId, Error, Secret};
use futures_util::future::{Either, select};
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

pub use self::changes::{PanelChange, PanelChanges};
use self::token::Claims;
use super::ContextService;
use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::attributes::{Attribute, AttributeInput, CartState, ShownAttribute};
use crate::guard;
use crate::model::{ContextSnapshot, Proof, Source, Store, StoreId, UnprovenView};
use crate::ports::{Address, AddressToken, PortError, PortFailure, Ports, Signals};

/// The conversation for which a page was opened, from Chatwoot's `appContext` message. The message
/// is unsigned: it is trusted only as far as Chatwoot's API confirms it.
#[derive(Clone, Debug, Deserialize)]
pub struct PanelSubject {
    /// The conversation.
    pub conversation: ConversationId,
    /// The contact of the conversation.
    pub contact: ContactId,
    /// A value that only those know who can see the conversation.
    pub key: ConversationKey,
}

/// A value that only those know who can see a conversation in Chatwoot. `Debug` does not show it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKey {
    /// The conversation's UUID.
    Uuid(String),
    /// The contact's source id in the conversation's inbox, if it is a UUID. A conversation that
    /// reached an agent's page as a live event has no UUID of its own there (4.9.1 and 4.15.1).
    SourceId(String),
}

impl fmt::Debug for ConversationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uuid(_) => "Uuid(***)",
            Self::SourceId(_) => "SourceId(***)",
        })
    }
}

/// The data that a panel shows for a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanelView {
    /// Whether the customer is proven in the conversation.
    pub proof: Proof,
    /// Whether the contact belongs to no customer of the store.
    pub guest: bool,
    /// The customer's snapshot. `None` for a guest, and if the customer is not proven and the agent
    /// did not request it, or the store's policy shows agents nothing then.
    pub snapshot: Option<ContextSnapshot>,
    /// The values of the store's attributes with their declared names. Empty without a snapshot, and
    /// if the orders could not be read; without those that need what else could not be read.
    pub attributes: Vec<ShownAttribute>,
    /// Whether an agent may request the snapshot although the customer is not proven; see
    /// [`UnprovenView`].
    pub on_request: bool,
}

/// An opened panel.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenedPanel {
    /// The token of the page's later requests; it is valid for this store, conversation and
    /// contact.
    pub token: Secret,
    /// The data that the page shows.
    pub view: PanelView,
}

/// The reason why a panel shows nothing. No message of it contains a URL, a key or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// The account has no such conversation, or its key or contact is different: respond with 404,
    /// the same for each case, so that guessing reveals nothing.
    #[error("no such conversation, or not with this key and contact")]
    Unknown,
    /// The token has expired: respond with 401, and the page opens again.
    #[error("the panel's token is expired")]
    Expired,
    /// The token was altered, or belongs to another store: respond with 401.
    #[error("the panel's token was altered, or is another store's")]
    Forged,
    /// The store has no account, or no keys: respond with 503.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot did not respond: respond with 503.
    #[error(transparent)]
    Chatwoot(Error),
    /// A port failed: respond with 503.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Opens panels: verifies with Chatwoot's API the conversation that a page names, and issues a
/// token for its later requests.
///
/// ```
/// use store_context::context::{PanelError, PanelService, PanelSubject};
/// use store_context::model::StoreId;
///
/// # async fn example(panels: PanelService, store: StoreId, subject: PanelSubject) -> Result<(), PanelError> {
/// let opened = panels.open(&store, &subject).await?;
/// if !opened.view.proof.is_proven() {
///     // The agent was told, and requests the orders anyway.
///     let anyway = true;
///     let view = panels.view(&store, &opened.token, anyway).await?;
///     println!("{:?}", view.snapshot);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PanelService {
    accounts: Accounts,
    ports: Ports,
    context: ContextService,
    token_lifetime: Duration,
    signals: Option<Arc<dyn Signals>>,
}

impl fmt::Debug for PanelService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { context, token_lifetime, .. } = self;
        f.debug_struct("PanelService")
            .field("context", context)
            .field("token_lifetime", token_lifetime)
            .field("is_live", &self.is_live())
            .finish_non_exhaustive()
    }
}

impl PanelService {
    /// The default lifetime of a token.
    pub const TOKEN_LIFETIME: Duration = Duration::from_mins(5);

    /// Creates a service from the stores' accounts, the host's ports and the snapshots.
    pub fn new(accounts: Accounts, ports: Ports, context: ContextService) -> Self {
        let token_lifetime = Self::TOKEN_LIFETIME;
        Self { accounts, ports, context, token_lifetime, signals: None }
    }

    /// Also tells open panels what changed: see [`PanelService::changes`].
    #[must_use]
    pub fn with_signals(self, signals: Arc<dyn Signals>) -> Self {
        Self { signals: Some(signals), ..self }
    }

    /// Returns whether open panels can be told what changed.
    pub const fn is_live(&self) -> bool {
        self.signals.is_some()
    }

    /// Sets the lifetime of a token: for that time a page may repeat its request even if its
    /// conversation was moved to another contact.
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Returns the store whose panel is at a URL; `None` if no store's is.
    ///
    /// # Errors
    /// Returns an error if the stores could not be read.
    pub async fn store_at(&self, address: &AddressToken) -> Result<Option<StoreId>, PortFailure> {
        Ok(self.ports.stores.store_at(Address::Panel, address).await?)
    }

    /// Returns the base URL of a store's Chatwoot server, which embeds its panel.
    ///
    /// # Errors
    /// Returns an error if the store is not known or has no account, or the stores could not be
    /// read.
    pub async fn base_url(&self, store: &StoreId) -> Result<Url, StoreAccountError> {
        let record = self.accounts.record(store).await?;
        let base_url = record.account.base_url;
        base_url.ok_or_else(|| StoreAccountError::NotProvisioned(store.clone()))
    }

    /// Opens the panel of a conversation: two calls to Chatwoot, concurrent with the snapshot.
    ///
    /// The result contains the snapshot only if the customer is proven.
    ///
    /// # Errors
    /// Returns any [`PanelError`] except those of a token.
    pub async fn open(
        &self,
        store: &StoreId,
        subject: &PanelSubject,
    ) -> Result<OpenedPanel, PanelError> {
        let now = self.ports.clock.now();
        let OpenAccount { record, account, identity, .. } = self.accounts.open(store).await?;
        let on_request = record.store.privacy.unproven == UnprovenView::OnRequest;
        let read = pin!(Box::pin(read::conversation(&account, subject)));
        let early = pin!(Box::pin(self.context.for_contact(store, subject.contact)));
        // A request that does not know the conversation is refused without waiting for the host, so
        // that the response time reveals nothing about the contact either.
        let (read, early) = match select(read, early).await {
            Either::Left((read, early)) => (read?, early.await),
            Either::Right((early, read)) => (read.await?, early),
        };
        let proof = identity.check_conversation(&read.conversation, read.written_at, now);
        let view = match &proof {
            Proof::NotProven(_) => {
                let guest = matches!(early, Ok(None));
                PanelView { guest, ..PanelView::new(proof.clone(), None, on_request) }
            }
            Proof::Proven(customer) => {
                let snapshot = match early.map_err(PortFailure::into_error)? {
                    Some(snapshot) if snapshot.customer.id == *customer => Some(snapshot),
                    // The contact is not linked to the customer yet.
                    _ => {
                        let read = self.context.snapshot(store, customer).await;
                        read.map_err(PortFailure::into_error)?
                    }
                };
                let view = PanelView::new(proof.clone(), snapshot, on_request);
                Box::pin(self.with_attributes(&record.store, view)).await
            }
        };
        let until = now.checked_add(self.token_lifetime).unwrap_or(Timestamp::MAX);
        let PanelSubject { conversation, contact, .. } = *subject;
        let claims = Claims { conversation, contact, proof, until: until.as_second() };
        let token = claims.sign(&identity)?;
        Ok(OpenedPanel { token, view })
    }

    /// Returns the data for a page's later request with its token.
    ///
    /// If the customer is not proven the snapshot is left out, unless the agent requests it
    /// `anyway`, which is logged, and the store's policy allows it
    /// ([`PrivacyPolicy::unproven`](crate::model::PrivacyPolicy::unproven)).
    ///
    /// # Errors
    /// Returns an error if the token is not accepted, the store is not provisioned, or a port
    /// failed.
    pub async fn view(
        &self,
        store: &StoreId,
        token: &Secret,
        anyway: bool,
    ) -> Result<PanelView, PanelError> {
        let now = self.ports.clock.now();
        let OpenAccount { record, identity, .. } = self.accounts.open(store).await?;
        let on_request = record.store.privacy.unproven == UnprovenView::OnRequest;
        let Claims { conversation, contact, proof, .. } = Claims::check(token, &identity, now)?;
        let snapshot = self.context.for_proof_or_contact(store, &proof, contact).await;
        let snapshot = snapshot.map_err(PortFailure::into_error)?;
        let mut view = PanelView::new(proof, snapshot, on_request);
        if !view.proof.is_proven() {
            if anyway && on_request {
                tracing::info!(%store, %conversation, "shown to an agent although not proven");
            } else {
                view.snapshot = None;
            }
        }
        Ok(Box::pin(self.with_attributes(&record.store, view)).await)
    }

    /// Subscribes an open panel to the changes of what it shows; `None` without
    /// [`PanelService::with_signals`].
    ///
    /// A page that is not shown the customer, because nobody is proven and the agent did not request
    /// it `anyway` or the store's policy forbids it, is not told of the customer's changes either,
    /// only of those of the contact and its conversations, which the agent sees in Chatwoot.
    ///
    /// ```
    /// # use chatwoot_client::Secret;
    /// use store_context::context::{PanelChange, PanelError, PanelService};
    /// use store_context::model::StoreId;
    ///
    /// # async fn example(panels: PanelService, store: StoreId, token: Secret) -> Result<(), PanelError> {
    /// let Some(mut changes) = panels.changes(&store, &token, false).await? else { return Ok(()) };
    /// while let PanelChange::Snapshot(changed) = changes.next().await {
    ///     println!("{changed:?}: read the snapshot again");
    /// }
    /// println!("open the panel again");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the token is not accepted, the store is not provisioned, or a port
    /// failed.
    pub async fn changes(
        &self,
        store: &StoreId,
        token: &Secret,
        anyway: bool,
    ) -> Result<Option<PanelChanges>, PanelError> {
        let Some(signals) = &self.signals else { return Ok(None) };
        let now = self.ports.clock.now();
        let OpenAccount { record, identity, .. } = self.accounts.open(store).await?;
        let on_request = record.store.privacy.unproven == UnprovenView::OnRequest;
        let Claims { contact, proof, until, .. } = Claims::check(token, &identity, now)?;
        let customer = match proof {
            Proof::Proven(customer) => Some(customer),
            Proof::NotProven(_) if anyway && on_request => {
                self.context.customer_of(store, contact).await?
            }
            Proof::NotProven(_) => None,
        };
        let of_contact = signals.subscribe(store, &contact.into()).await?;
        let of_customer = match &customer {
            Some(customer) => Some(signals.subscribe(store, &customer.clone().into()).await?),
            None => None,
        };
        let left = until.saturating_sub(now.as_second()).unsigned_abs();
        let shown = customer.map(|customer| (self.context.clone(), store.clone(), customer));
        Ok(Some(PanelChanges::new(shown, of_customer, of_contact, Duration::from_secs(left))))
    }

    /// Adds the values of the store's attributes, computed from the view's snapshot.
    async fn with_attributes(&self, store: &Store, view: PanelView) -> PanelView {
        let Some(snapshot) = &view.snapshot else { return view };
        let Some(insights) = &snapshot.insights else { return view };
        let mut declared = self.ports.attributes_of(store);
        if snapshot.unavailable.contains(&Source::Cart) {
            declared.retain(|attribute| !attribute.needs_cart());
        }
        let count = declared.iter().map(Attribute::recent_orders).max().unwrap_or_default();
        let mut recent_orders = Cow::Borrowed(&snapshot.recent_orders);
        if count > recent_orders.len() {
            let orders = self.ports.orders.recent_orders(&store.id, &snapshot.customer.id, count);
            match guard::port_within(ORDERS_TIMEOUT, "orders", orders).await {
                Ok(more) => recent_orders = Cow::Owned(more),
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &*error;
                    tracing::warn!(error, store = %store.id, "orders are left out of a panel");
                    declared.retain(|attribute| attribute.recent_orders() == 0);
                }
            }
        }
        let cart = match (&self.ports.carts, &snapshot.cart) {
            (None, _) => CartState::NoCarts,
            (Some(_), cart) => cart.as_ref().into(),
        };
        let input = AttributeInput::new(store, &snapshot.customer, insights, cart);
        let input = input.recent_orders(&recent_orders);
        // The closures are the host's.
        let shown = guard::guarded(ORDERS_TIMEOUT, async { declared.shown(&input) }).await;
        let attributes = shown.unwrap_or_else(|error| {
            tracing::error!(%error, store = %store.id, "attributes are left out of a panel");
            Vec::new()
        });
        PanelView { attributes, ..view }
    }
}

/// The timeout of reading more orders than a snapshot has.
const ORDERS_TIMEOUT: Duration = Duration::from_millis(500);

impl PanelView {
    fn new(proof: Proof, snapshot: Option<ContextSnapshot>, on_request: bool) -> Self {
        Self { proof, guest: snapshot.is_none(), snapshot, attributes: Vec::new(), on_request }
    }
}

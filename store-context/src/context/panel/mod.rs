//! The panel beside a conversation: what it is opened with, and what it shows.

mod read;
mod token;

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use chatwoot_client::{ContactId, ConversationId, Error, Secret};
use futures_util::future::{Either, select};
use jiff::Timestamp;
use serde::Deserialize;

use self::token::Claims;
use super::ContextService;
use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::model::{ContextSnapshot, Proof, StoreId};
use crate::ports::{Address, AddressToken, PortError, PortFailure, Ports};

/// The conversation that a page was opened for, as Chatwoot's `appContext` message names it. The
/// message is unsigned: it is believed only as far as Chatwoot confirms it.
#[derive(Clone, Debug, Deserialize)]
pub struct PanelSubject {
    /// The conversation.
    pub conversation: ConversationId,
    /// The contact of the conversation.
    pub contact: ContactId,
    /// What only those know who see the conversation.
    pub key: ConversationKey,
}

/// What only those know who see a conversation in Chatwoot. `Debug` shows none of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKey {
    /// The conversation's UUID.
    Uuid(String),
    /// The contact's name in the conversation's inbox, if it is a UUID. A conversation that came to
    /// an agent's page as a live event has no UUID of its own there (4.9.1 and 4.15.1).
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

/// What a panel shows of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanelView {
    /// Whether the customer is proven in the conversation.
    pub proof: Proof,
    /// Whether the contact is no customer of the store.
    pub guest: bool,
    /// What is known of the customer. `None` for a guest, and where the customer is not proven and
    /// the agent did not ask.
    pub snapshot: Option<ContextSnapshot>,
}

/// A panel that was opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenedPanel {
    /// What the page sends when it asks again; it is for this store, conversation and contact.
    pub token: Secret,
    /// What the page shows.
    pub view: PanelView,
}

/// Why a panel shows nothing. No text of it holds an address, a key or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// The account has no such conversation, or its key or contact is another: answer 404, and the
    /// same for each, so that nothing can be found out by trying.
    #[error("no such conversation, or not with this key and contact")]
    Unknown,
    /// The token's time is over: answer 401, and the page opens again.
    #[error("the panel's token is expired")]
    Expired,
    /// The token was altered, or is another store's: answer 401.
    #[error("the panel's token was altered, or is another store's")]
    Forged,
    /// The store has no account, or no keys: answer 503.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot did not answer: answer 503.
    #[error(transparent)]
    Chatwoot(Error),
    /// A port failed: answer 503.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Opens panels: holds what a page says of its conversation against Chatwoot, and gives it a token
/// for what it may ask again.
///
/// ```
/// use store_context::context::{PanelError, PanelService, PanelSubject};
/// use store_context::model::StoreId;
///
/// # async fn example(panels: PanelService, store: StoreId, subject: PanelSubject) -> Result<(), PanelError> {
/// let opened = panels.open(&store, &subject).await?;
/// if !opened.view.proof.is_proven() {
///     // The agent was told so, and asks for the orders anyway.
///     let anyway = true;
///     let view = panels.view(&store, &opened.token, anyway).await?;
///     println!("{:?}", view.snapshot);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PanelService {
    accounts: Accounts,
    ports: Ports,
    context: ContextService,
    token_lifetime: Duration,
}

impl PanelService {
    /// How long a page may ask again before it opens anew, unless told otherwise.
    pub const TOKEN_LIFETIME: Duration = Duration::from_mins(5);

    /// Creates a service between the stores' accounts, the host's ports and its snapshots.
    pub fn new(accounts: Accounts, ports: Ports, context: ContextService) -> Self {
        Self { accounts, ports, context, token_lifetime: Self::TOKEN_LIFETIME }
    }

    /// Sets how long a token lasts: for as long, a page may ask again although its conversation
    /// became another contact's.
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Returns whose panel is at an address; `None` if nobody's.
    ///
    /// # Errors
    /// The stores could not be read.
    pub async fn store_at(&self, address: &AddressToken) -> Result<Option<StoreId>, PortFailure> {
        Ok(self.ports.stores.store_at(Address::Panel, address).await?)
    }

    /// Opens the panel of a conversation: two reads of Chatwoot, and the snapshot beside them.
    ///
    /// The snapshot is in the answer only where the customer is proven.
    ///
    /// # Errors
    /// All of [`PanelError`] but those of a token.
    pub async fn open(
        &self,
        store: &StoreId,
        subject: &PanelSubject,
    ) -> Result<OpenedPanel, PanelError> {
        let now = self.ports.clock.now();
        let OpenAccount { account, identity, .. } = self.accounts.open(store).await?;
        let read = pin!(read::conversation(&account, subject));
        let early = pin!(self.context.for_contact(store, subject.contact));
        // Who does not know the conversation is refused without waiting for the host, so that the
        // time tells nothing of the contact either.
        let (read, early) = match select(read, early).await {
            Either::Left((read, early)) => (read?, early.await),
            Either::Right((early, read)) => (read.await?, early),
        };
        let proof = identity.check_conversation(&read.conversation, read.written_at, now);
        let view = match &proof {
            Proof::NotProven(_) => {
                let guest = matches!(early, Ok(None));
                PanelView { proof: proof.clone(), guest, snapshot: None }
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
                PanelView::new(proof.clone(), snapshot)
            }
        };
        let until = now.checked_add(self.token_lifetime).unwrap_or(Timestamp::MAX);
        let PanelSubject { conversation, contact, .. } = *subject;
        let claims = Claims { conversation, contact, proof, until: until.as_second() };
        let token = claims.sign(&identity)?;
        Ok(OpenedPanel { token, view })
    }

    /// Returns what a page shows that asks again with its token.
    ///
    /// Where the customer is not proven the snapshot is left out, unless the agent asks for it
    /// `anyway`; that is logged.
    ///
    /// # Errors
    /// The token is not taken, the store is not provisioned, or a port failed.
    pub async fn view(
        &self,
        store: &StoreId,
        token: &Secret,
        anyway: bool,
    ) -> Result<PanelView, PanelError> {
        let now = self.ports.clock.now();
        let identity = self.accounts.open(store).await?.identity;
        let Claims { conversation, contact, proof, .. } = Claims::check(token, &identity, now)?;
        let snapshot = self.context.for_proof_or_contact(store, &proof, contact).await;
        let snapshot = snapshot.map_err(PortFailure::into_error)?;
        let mut view = PanelView::new(proof, snapshot);
        if !view.proof.is_proven() {
            if anyway {
                tracing::info!(%store, %conversation, "shown to an agent although not proven");
            } else {
                view.snapshot = None;
            }
        }
        Ok(view)
    }
}

impl PanelView {
    fn new(proof: Proof, snapshot: Option<ContextSnapshot>) -> Self {
        Self { proof, guest: snapshot.is_none(), snapshot }
    }
}

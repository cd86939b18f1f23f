//! The endpoint's three steps: verify, remember, answer.

use std::sync::Arc;

use chatwoot_client::webhook::{Event, ParseError, VerifierError, VerifyError};
use hmac_sha256::Hash;
use http::HeaderMap;
use jiff::Timestamp;

use super::admit::Admission;
use super::door;
use super::from_webhook::desk_event;
use crate::model::StoreId;
use crate::ports::{
    AddressToken, Credentials, EntrySource, PortError, Ports, Remembered, Stores, WebhookLedger,
};

/// Takes deliveries in: what [`Intake::receive`] accepts is remembered before it returns.
#[derive(Clone)]
pub struct Intake {
    stores: Arc<dyn Stores>,
    pub(super) credentials: Arc<dyn Credentials>,
    ledger: Arc<dyn WebhookLedger>,
}

/// A delivery that was accepted: answer 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Remembered; it will be handled.
    New,
    /// Known already; it is handled once.
    Known,
}

/// A delivery that was not accepted. No text of it holds a secret or a signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// No store has this address: answer 404.
    #[error("no store has this address")]
    UnknownAddress,
    /// The store has no webhook secret yet, so nothing can be verified: answer 503.
    #[error("the store has no webhook secret yet: provision it first")]
    NotProvisioned,
    /// It is unsigned, wrongly signed, or too old: answer 401.
    #[error("the delivery is not proven: {0}")]
    Unproven(#[from] VerifyError),
    /// It is signed and not what Chatwoot sends: answer 400.
    #[error("the delivery is malformed: {0}")]
    Malformed(#[from] ParseError),
    /// It is about another account than the store's: answer 400.
    #[error("the delivery is about another account than this store's")]
    WrongAccount,
    /// A kept secret is unusable: answer 503.
    #[error("the store's webhook secret is unusable: provision the store again")]
    Secret(#[from] VerifierError),
    /// A port failed: answer 503; Chatwoot does not send it again, the reconciler finds it.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Intake {
    /// The intake of a host.
    pub fn new(ports: &Ports) -> Self {
        Self {
            stores: ports.stores.clone(),
            credentials: ports.credentials.clone(),
            ledger: ports.webhooks.clone(),
        }
    }

    /// Takes in one delivery: its address, its headers, and its body exactly as received. Where the
    /// body is still to be read, [`Intake::admit`] first.
    pub async fn receive(
        &self,
        address: &AddressToken,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Receipt, ReceiveError> {
        let admission = self.admit(address, headers, Timestamp::now()).await?;
        self.receive_admitted(&admission, headers, body).await
    }

    /// Takes in one delivery that was admitted: the same headers, and the body exactly as received.
    pub async fn receive_admitted(
        &self,
        admission: &Admission,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Receipt, ReceiveError> {
        let now = Timestamp::now();
        let Admission { store, verifier } = admission;
        let delivery = verifier.verify(headers, body, now)?;
        let event = delivery.event()?;
        self.check_account(store, &event).await?;
        let event_of_desk = desk_event(&event, now);
        let key = event_of_desk.key().unwrap_or_else(|| opaque_key(&event, delivery.id, body));
        let remembered =
            door::remember(&*self.ledger, store, event_of_desk, key, EntrySource::Webhook).await?;
        tracing::debug!(%store, event = event.name(), ?remembered, "webhook received");
        Ok(match remembered {
            Remembered::New => Receipt::New,
            Remembered::Known => Receipt::Known,
        })
    }

    /// The signature proves the webhook, and the webhook is the account's; a difference means that
    /// two stores' secrets or addresses were mixed up.
    async fn check_account(&self, store: &StoreId, event: &Event) -> Result<(), ReceiveError> {
        let Some(named) = event.account_id() else { return Ok(()) };
        match self.stores.desk(store).await?.account {
            Some(account) if account != named => Err(ReceiveError::WrongAccount),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake").finish_non_exhaustive()
    }
}

/// Names an event that is no fact of its own: by the delivery, or by its very bytes.
fn opaque_key(event: &Event, delivery: Option<&str>, body: &[u8]) -> String {
    match delivery {
        Some(id) => format!("{}/{id}", event.name()),
        None => format!("{}/{}", event.name(), hex::encode(Hash::hash(body))),
    }
}

//! The endpoint's three steps: verify, remember, answer.

use std::sync::Arc;

use chatwoot_client::webhook::{Delivery, Event, ParseError, VerifierError, VerifyError};
use http::HeaderMap;
use jiff::Timestamp;

use super::admit::Admission;
use super::contact_hint::ContactHints;
use super::from_webhook::Reader;
use super::record;
use crate::identity::StoreIdentity;
use crate::mac::hash_digits;
use crate::ports::{
    AddressToken, EntrySource, PortError, Ports, Remembered, StoreRecord, Stores, WebhookLedger,
};

/// Takes deliveries in: what [`Intake::receive`] accepts is remembered before it returns.
#[derive(Clone)]
pub struct Intake {
    pub(super) stores: Arc<dyn Stores>,
    ledger: Arc<dyn WebhookLedger>,
    contacts: ContactHints,
}

/// A delivery that was accepted: answer 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Remembered; it will be handled.
    New,
    /// Known already; it is handled once.
    Known,
    /// A changed contact. It is not remembered and no handler hears of it: it only has the sync look
    /// at a customer's contact that is not as it was written.
    Hint,
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
            ledger: ports.webhooks.clone(),
            contacts: ContactHints::new(ports),
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
        let Admission { record, verifier } = admission;
        let store = &record.store.id;
        let delivery = verifier.verify(headers, body, now)?;
        let event = delivery.event()?;
        check_account(record, &event)?;
        if let Some(account) = record.account_key()
            && self.contacts.take(store, &account, &event).await?
        {
            return Ok(Receipt::Hint);
        }
        let identity = identity(record, &event);
        let reader = Reader { identity: identity.as_ref(), sent_at: delivery.sent_at, now };
        let support_event = reader.event(&event);
        let key = reader.key(&event, &support_event).unwrap_or_else(|| opaque_key(&delivery));
        let remembered =
            record::remember(&*self.ledger, store, support_event, key, EntrySource::Webhook)
                .await?;
        tracing::debug!(%store, event = event.name(), ?remembered, "webhook received");
        Ok(match remembered {
            Remembered::New => Receipt::New,
            Remembered::Known => Receipt::Known,
        })
    }
}

/// The signature proves the webhook, and the webhook is the account's; a difference means that two
/// stores' secrets or addresses were mixed up.
fn check_account(record: &StoreRecord, event: &Event) -> Result<(), ReceiveError> {
    match (event.account_id(), record.account.account) {
        (Some(named), Some(account)) if account != named => Err(ReceiveError::WrongAccount),
        _ => Ok(()),
    }
}

/// What the proof on the event's conversation is judged with. A store that was provisioned before it
/// had keys is served too: then nothing is proven.
fn identity(record: &StoreRecord, event: &Event) -> Option<StoreIdentity> {
    event.conversation()?;
    StoreIdentity::new(&record.store, &record.credentials).ok()
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake").finish_non_exhaustive()
    }
}

/// Names an event that is no fact of its own by what was signed, so that a captured delivery is
/// known whatever its unsigned delivery id says. No fact's key begins like this, and no event's
/// name plays a part.
fn opaque_key(delivery: &Delivery<'_>) -> String {
    let sent_at = delivery.sent_at.as_second().to_string();
    format!("signed/{}", hash_digits(&[sent_at.as_bytes(), b".", delivery.body]))
}

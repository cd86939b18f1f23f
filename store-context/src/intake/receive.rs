//! The endpoint's three steps: verify, take, answer.

use std::sync::Arc;

use chatwoot_client::webhook::{Delivery, Event, ParseError, VerifierError, VerifyError};
use http::HeaderMap;

use super::admit::Admission;
use super::contact_hint::ContactHints;
use super::from_webhook::Reader;
use crate::identity::StoreIdentity;
use crate::mac::hash_digits;
use crate::model::SupportEvent;
use crate::ports::{
    AddressToken, Clock, EntrySource, NewEntry, PortError, Ports, StoreRecord, Stores, Taken,
    WebhookLedger,
};

/// Takes deliveries in: what [`Intake::receive`] accepts is in the ledger before it returns.
#[derive(Clone)]
pub struct Intake {
    pub(super) stores: Arc<dyn Stores>,
    pub(super) clock: Arc<dyn Clock>,
    ledger: Arc<dyn WebhookLedger>,
    contacts: ContactHints,
}

/// A delivery that was accepted: answer 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Taken; it will be handled.
    New,
    /// Known already; it is handled once.
    Known,
    /// A new or changed contact. It is not kept and no handler hears of it: it only has the sync look
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
            clock: ports.clock.clone(),
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
        let admission = self.admit(address, headers).await?;
        self.receive_admitted(&admission, headers, body).await
    }

    /// Takes in one delivery that was admitted: the same headers, and the body exactly as received.
    pub async fn receive_admitted(
        &self,
        admission: &Admission,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Receipt, ReceiveError> {
        let now = self.clock.now();
        let Admission { record, verifier } = admission;
        let store = &record.store.id;
        let delivery = verifier.verify(headers, body, now)?;
        let event = delivery.event()?;
        let account = record.account_key().ok_or(ReceiveError::NotProvisioned)?;
        check_account(record, &event)?;
        if let Some(account) = record.account_key()
            && self.contacts.take(store, &account, &event).await?
        {
            return Ok(Receipt::Hint);
        }
        let identity = identity(record, &event);
        let reader = Reader { identity: identity.as_ref(), sent_at: delivery.sent_at, now };
        let support_event = reader.event(&event);
        let (key, twin_key) = match support_event.key() {
            Some(fact) => (fact, None),
            None => (signed_key(&delivery), twin_key(&delivery, &support_event)),
        };
        let entry = NewEntry {
            key,
            delivery: delivery.id.map(ToOwned::to_owned),
            twin_key,
            reconciled_key: reader.reconciled_key(&event, &support_event),
            event: support_event,
            changed: Reader::changed(&event),
            source: EntrySource::Webhook,
        };
        let taken = self.ledger.take(store, &account, &[entry]).await?;
        tracing::debug!(%store, event = event.name(), ?taken, "webhook received");
        Ok(match taken.first() {
            Some(Taken::New { .. }) => Receipt::New,
            _ => Receipt::Known,
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

/// Names an event that is no fact of its own by what was signed, so that a captured delivery is known
/// whatever its unsigned delivery id says. No fact's key begins like this, and no event's name plays
/// a part.
fn signed_key(delivery: &Delivery<'_>) -> String {
    let sent_at = delivery.sent_at.as_second().to_string();
    format!("signed/{}", hash_digits(&[sent_at.as_bytes(), b".", delivery.body]))
}

/// The key of a second change that was signed like a first: Chatwoot renders a payload later than
/// the change, so two changes within a second may be told by the same bytes (4.15.1: a conversation
/// that was resolved and opened again), and only the delivery id tells them apart. Nothing signs that
/// id, so whoever captured a delivery can have the state that it tells told once more, within
/// [`NewEntry::TWINS_WITHIN`] of its coming.
fn twin_key(delivery: &Delivery<'_>, event: &SupportEvent) -> Option<String> {
    let changes = matches!(
        event,
        SupportEvent::ConversationStatusChanged(_)
            | SupportEvent::ConversationUpdated(_)
            | SupportEvent::MessageUpdated(_)
    );
    changes.then(|| format!("{}/twin", signed_key(delivery)))
}

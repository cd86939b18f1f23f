//! Receives webhooks: verifies a delivery and stores its event before the endpoint responds.

use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::webhook::{Delivery, Event, ParseError, VerifierError, VerifyError};
use http::HeaderMap;
use jiff::Timestamp;

use super::admit::Admission;
use super::contact_hint::ContactHints;
use super::from_webhook::Reader;
use super::record_cache::RecordCache;
use crate::identity::{ProbeMark, StoreIdentity};
use crate::mac::hash_digits;
use crate::model::SupportEvent;
use crate::ports::{
    AddressToken, Clock, EntrySource, NewEntry, PortError, Ports, StoreRecord, Stores, Taken,
    WebhookLedger,
};

/// Receives deliveries: an event that [`Intake::receive`] accepts is in the ledger before it
/// returns.
#[derive(Clone)]
pub struct Intake {
    pub(super) stores: Arc<dyn Stores>,
    pub(super) clock: Arc<dyn Clock>,
    ledger: Arc<dyn WebhookLedger>,
    contacts: ContactHints,
    pub(super) records: Option<Arc<RecordCache>>,
}

/// An accepted delivery: respond with 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The event is stored and will be handled.
    New,
    /// The event was known already; it is handled once.
    Known,
    /// A new or changed contact. It is not stored and no handler receives it: it only triggers a
    /// sync of a contact that differs from what was last written. Of a contact of
    /// [`check_round_trip`](crate::doctor::check_round_trip) the ledger remembers that it arrived.
    Hint,
}

/// A delivery that was not accepted. No message of it contains a secret or a signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The URL belongs to no store: respond with 404.
    #[error("no store has this address")]
    UnknownAddress,
    /// Too many deliveries came for addresses that are not known here: respond with 503. Only with
    /// [`Intake::with_record_cache`].
    #[error("too many look-ups of addresses within a second")]
    TooManyLookUps,
    /// The store has no webhook secret yet, so nothing can be verified: respond with 503.
    #[error("the store has no webhook secret yet: provision it first")]
    NotProvisioned,
    /// The delivery is unsigned, wrongly signed, or too old: respond with 401.
    #[error("the delivery is not proven: {0}")]
    Unproven(#[from] VerifyError),
    /// The delivery is signed but is no webhook of Chatwoot: respond with 400.
    #[error("the delivery is malformed: {0}")]
    Malformed(#[from] ParseError),
    /// The delivery is from another account than the store's: respond with 400.
    #[error("the delivery is about another account than this store's")]
    WrongAccount,
    /// A stored secret is unusable: respond with 503.
    #[error("the store's webhook secret is unusable: provision the store again")]
    Secret(#[from] VerifierError),
    /// A port failed: respond with 503. Chatwoot does not send the delivery again; the reconciler
    /// finds it.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Intake {
    /// Creates the intake of a host.
    pub fn new(ports: &Ports) -> Self {
        Self {
            stores: ports.stores.clone(),
            clock: ports.clock.clone(),
            ledger: ports.webhooks.clone(),
            contacts: ContactHints::new(ports),
            records: None,
        }
    }

    /// Keeps the stores' records for a short time in memory, so that not every delivery reads and
    /// decrypts one; a few seconds suit stores in a database. By default each delivery reads it.
    ///
    /// For that time, deliveries of a store that was removed or has got another URL, and those signed
    /// with a secret that was replaced, are still accepted. A delivery that does not match the kept record is compared with the stored one
    /// before it is refused, at most once a second per store; so a new secret is known at once.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use std::time::Duration;
    /// # use store_context::intake::Intake;
    /// # use store_context::memory::{self, MemoryShop};
    /// # let shop = Arc::new(MemoryShop::new());
    /// # let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let intake = Intake::new(&ports).with_record_cache(Duration::from_secs(2));
    /// # let _ = intake;
    /// # });
    /// ```
    #[must_use]
    pub fn with_record_cache(self, keep: Duration) -> Self {
        Self { records: Some(Arc::new(RecordCache::new(keep))), ..self }
    }

    /// Receives one delivery: its URL token, its headers, and its body exactly as received. If the
    /// body has not been read yet, call [`Intake::admit`] first.
    pub async fn receive(
        &self,
        address: &AddressToken,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Receipt, ReceiveError> {
        let admission = self.admit(address, headers).await?;
        self.receive_admitted(&admission, headers, body).await
    }

    /// Receives one admitted delivery: the same headers, and the body exactly as received.
    pub async fn receive_admitted(
        &self,
        admission: &Admission,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Receipt, ReceiveError> {
        let now = self.clock.now();
        let read_again;
        let mut admission = admission;
        let (delivery, event) = match proven(admission, headers, body, now) {
            // The secret or the account may have been replaced since the record was read.
            Err(
                error @ (ReceiveError::Unproven(VerifyError::WrongSignature)
                | ReceiveError::WrongAccount),
            ) => {
                let Some(again) = self.admit_again(admission, now).await? else {
                    return Err(self.refused(admission, error, body, now).await);
                };
                read_again = again;
                admission = &read_again;
                match proven(admission, headers, body, now) {
                    Err(error) => return Err(self.refused(admission, error, body, now).await),
                    Ok(proven) => proven,
                }
            }
            proven => proven?,
        };
        let record = &*admission.record;
        let store = &record.store.id;
        let account = record.account_key().ok_or(ReceiveError::NotProvisioned)?;
        if let Some(probe) = probe(record, &event, now) {
            self.ledger.remember(store, &account, &[probe.received_key()]).await?;
            return Ok(Receipt::Hint);
        }
        if self.contacts.take(store, &account, &event).await? {
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

impl Intake {
    /// Remembers that the webhook of a probe arrived although it is refused, and returns the reason
    /// of the refusal. Only the store can have marked the contact in the body, so nothing else of an
    /// unproven delivery is stored.
    async fn refused(
        &self,
        admission: &Admission,
        error: ReceiveError,
        body: &[u8],
        now: Timestamp,
    ) -> ReceiveError {
        if !matches!(error, ReceiveError::Unproven(VerifyError::WrongSignature))
            || !ProbeMark::may_be_in(body)
        {
            return error;
        }
        let record = &admission.record;
        let probe = Event::parse(body).ok().and_then(|event| probe(record, &event, now));
        if let (Some(probe), Some(account)) = (probe, record.account_key()) {
            let (store, key) = (&record.store.id, probe.refused_key());
            if let Err(error) = self.ledger.remember(store, &account, &[key]).await {
                tracing::warn!(%error, %store, "the refusal of a probe is not remembered");
            }
        }
        error
    }
}

/// Returns the mark of an event that was caused to see whether webhooks arrive.
fn probe(record: &StoreRecord, event: &Event, now: Timestamp) -> Option<ProbeMark> {
    let (Event::ContactCreated(contact) | Event::ContactUpdated(contact)) = event else {
        return None;
    };
    let identifier = contact.identifier.as_deref()?;
    if !identifier.starts_with(ProbeMark::PREFIX) {
        return None;
    }
    let identity = StoreIdentity::new(&record.store, &record.credentials).ok()?;
    ProbeMark::read(&identity, identifier, now)
}

/// Returns the delivery and its event if they are the store's.
fn proven<'a>(
    admission: &Admission,
    headers: &'a HeaderMap,
    body: &'a [u8],
    now: Timestamp,
) -> Result<(Delivery<'a>, Event), ReceiveError> {
    let delivery = admission.verifier.verify(headers, body, now)?;
    let event = delivery.event()?;
    admission.record.account_key().ok_or(ReceiveError::NotProvisioned)?;
    check_account(&admission.record, &event)?;
    Ok((delivery, event))
}

/// The signature proves the webhook, and the webhook belongs to the account; a difference means
/// that two stores' secrets or URLs were mixed up.
fn check_account(record: &StoreRecord, event: &Event) -> Result<(), ReceiveError> {
    match (event.account_id(), record.account.account) {
        (Some(named), Some(account)) if account != named => Err(ReceiveError::WrongAccount),
        _ => Ok(()),
    }
}

/// Returns the keys that verify the proof on the event's conversation. A store that was provisioned
/// before it had keys is accepted too: then nothing is proven.
fn identity(record: &StoreRecord, event: &Event) -> Option<StoreIdentity> {
    event.conversation()?;
    StoreIdentity::new(&record.store, &record.credentials).ok()
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake").finish_non_exhaustive()
    }
}

/// Returns the key of an event that has no key of its own, derived from the signed content, so that
/// a replayed delivery is known whatever its unsigned delivery id is. No other key has this prefix,
/// and the event's name is not part of it.
fn signed_key(delivery: &Delivery<'_>) -> String {
    let sent_at = delivery.sent_at.as_second().to_string();
    format!("signed/{}", hash_digits(&[sent_at.as_bytes(), b".", delivery.body]))
}

/// Returns the key of a second change with the same signed content as a first: Chatwoot renders a
/// payload later than the change, so two changes within a second may have identical bytes (4.15.1:
/// a conversation that was resolved and opened again), and only the delivery id distinguishes them.
/// That id is not signed, so an attacker who captured a delivery can have its state reported once
/// more, within [`NewEntry::TWINS_WITHIN`] of the first delivery.
fn twin_key(delivery: &Delivery<'_>, event: &SupportEvent) -> Option<String> {
    let changes = matches!(
        event,
        SupportEvent::ConversationStatusChanged(_)
            | SupportEvent::ConversationUpdated(_)
            | SupportEvent::MessageUpdated(_)
    );
    changes.then(|| format!("{}/twin", signed_key(delivery)))
}

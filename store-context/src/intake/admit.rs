//! The checks of a delivery that do not need its body.

use std::sync::Arc;

use chatwoot_client::webhook::Verifier;
use http::HeaderMap;
use jiff::Timestamp;

use super::{Intake, ReceiveError};
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, StoreRecord};

/// A delivery whose body may be read: its URL belongs to a store, and its headers contain a
/// signature and a time. This proves nothing yet. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Admission {
    pub(super) record: Arc<StoreRecord>,
    pub(super) verifier: Verifier,
    // Under which address it was found in the cache of records, if it was.
    pub(super) cached_at: Option<AddressToken>,
}

impl Admission {
    /// Returns the store that the delivery is for.
    pub fn store(&self) -> &StoreId {
        &self.record.store.id
    }
}

impl Intake {
    /// Checks a delivery's URL and headers before its body is read, so that no body is buffered for
    /// a sender that does not know a URL or does not sign.
    ///
    /// # Errors
    /// Returns any [`ReceiveError`] except `Malformed` and `WrongAccount`.
    ///
    /// ```
    /// # use store_context::intake::{Intake, Receipt, ReceiveError};
    /// # use store_context::ports::AddressToken;
    /// # async fn read_body() -> Vec<u8> { Vec::new() }
    /// # async fn example(intake: Intake, address: AddressToken, headers: http::HeaderMap) -> Result<Receipt, ReceiveError> {
    /// let admission = intake.admit(&address, &headers).await?;
    /// let body = read_body().await;
    /// intake.receive_admitted(&admission, &headers, &body).await
    /// # }
    /// ```
    pub async fn admit(
        &self,
        address: &AddressToken,
        headers: &HeaderMap,
    ) -> Result<Admission, ReceiveError> {
        let now = self.clock.now();
        let cached = self.records.as_ref().and_then(|records| records.get(address));
        let admission = if let Some(record) = cached {
            admission(record, Some(address.clone()), now)?
        } else {
            if self.records.as_ref().is_some_and(|records| !records.may_read()) {
                return Err(ReceiveError::TooManyLookUps);
            }
            admission(self.read(address).await?, None, now)?
        };
        admission.verifier.verify_headers(headers, now)?;
        Ok(admission)
    }

    /// Reads the record again of an admission whose record was cached and does not match the
    /// delivery; `None` if it was not cached, or was read again a moment ago.
    pub(super) async fn admit_again(
        &self,
        admitted: &Admission,
        now: Timestamp,
    ) -> Result<Option<Admission>, ReceiveError> {
        let (Some(records), Some(address)) = (&self.records, &admitted.cached_at) else {
            return Ok(None);
        };
        if !records.may_read_again(address) {
            return Ok(None);
        }
        admission(self.read(address).await?, None, now).map(Some)
    }

    /// Reads the record of the store at an address.
    async fn read(&self, address: &AddressToken) -> Result<Arc<StoreRecord>, ReceiveError> {
        let record = match self.stores.store_at(Address::Webhook, address).await? {
            Some(store) => self.stores.open(&store).await?,
            None => None,
        };
        // The store was removed, or its URL replaced, since the lookup.
        let now = self.clock.now();
        let record = record.filter(|it| {
            let previous = it.credentials.previous_webhook_address.as_ref();
            let previous = previous.and_then(|previous| previous.at(now));
            [it.credentials.webhook_address.as_ref(), previous].contains(&Some(address))
        });
        let record = record.map(Arc::new);
        if let Some(records) = &self.records {
            let usable = record.as_ref().filter(|it| it.credentials.webhook_secret.is_some());
            records.put(address, usable);
        }
        record.ok_or(ReceiveError::UnknownAddress)
    }
}

fn admission(
    record: Arc<StoreRecord>,
    cached_at: Option<AddressToken>,
    now: Timestamp,
) -> Result<Admission, ReceiveError> {
    let credentials = &record.credentials;
    let secret = credentials.webhook_secret.clone().ok_or(ReceiveError::NotProvisioned)?;
    let mut verifier = Verifier::new(secret)?;
    let previous = credentials.previous_webhook_secret.as_ref();
    if let Some(previous) = previous.and_then(|previous| previous.at(now)) {
        verifier = verifier.or_previous(previous.clone())?;
    }
    Ok(Admission { record, verifier, cached_at })
}

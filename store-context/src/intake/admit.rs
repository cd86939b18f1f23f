//! The checks of a delivery that do not need its body.

use chatwoot_client::webhook::Verifier;
use http::HeaderMap;

use super::{Intake, ReceiveError};
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, StoreRecord};

/// A delivery whose body may be read: its URL belongs to a store, and its headers contain a
/// signature and a time. This proves nothing yet. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Admission {
    pub(super) record: StoreRecord,
    pub(super) verifier: Verifier,
}

impl Admission {
    /// Returns the store that the delivery is for.
    pub const fn store(&self) -> &StoreId {
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
        let store = self.stores.store_at(Address::Webhook, address).await?;
        let store = store.ok_or(ReceiveError::UnknownAddress)?;
        // The store was removed, or its URL replaced, since the lookup.
        let record = self.stores.open(&store).await?.ok_or(ReceiveError::UnknownAddress)?;
        let credentials = &record.credentials;
        if credentials.webhook_address.as_ref() != Some(address) {
            return Err(ReceiveError::UnknownAddress);
        }
        let secret = credentials.webhook_secret.clone().ok_or(ReceiveError::NotProvisioned)?;
        let mut verifier = Verifier::new(secret)?;
        let previous = credentials.previous_webhook_secret.as_ref();
        if let Some(previous) = previous.and_then(|previous| previous.at(now)) {
            verifier = verifier.or_previous(previous.clone())?;
        }
        verifier.verify_headers(headers, now)?;
        Ok(Admission { record, verifier })
    }
}

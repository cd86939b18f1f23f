//! Checking every linked contact of a store against what was last written to it.

use std::fmt;

use chatwoot_client::{ContactId, Error};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::contact::WantedContact;
use super::drift::{Drift, is_moved, look_again};
use super::state::ContactState;
use super::worker::ContactSync;
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::model::{CustomerId, StoreId};
use crate::ports::{Link, PortError};

/// Why a check was cut short; what it found until then is put right all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot refused a contact or did not answer.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A linked contact that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// The customer.
    pub customer: CustomerId,
    /// The contact that was linked to the customer.
    pub contact: ContactId,
    /// What is wrong with it.
    pub drift: Drift,
}

/// What a check found. Displayed, it is one line of a count, then one a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// How many contacts were read.
    pub checked: u64,
    /// Those that were not as they were written, by the customers' ids.
    pub drifted: Vec<Drifted>,
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { checked, drifted } = self;
        write!(f, "{checked} contacts checked, {} not as written", drifted.len())?;
        for Drifted { customer, contact, drift } in drifted {
            write!(f, "\n  customer {customer}, contact {contact}: {drift}")?;
        }
        Ok(())
    }
}

impl ContactSync {
    /// Reads the contact of each customer who has one, and wants each put right that is not as it
    /// was last written: a worker writes it again, and makes one anew that vanished. Once the
    /// workers have run, another check finds nothing.
    ///
    /// It is one call a customer, under the client's limits, as many at once as contacts are
    /// written ([`SyncConfig::parallel`](super::SyncConfig::parallel)). No webhook tells of a
    /// deletion or a merge, so run it now and then, and after a change of the store's
    /// [`IdentityPolicy`](crate::model::IdentityPolicy). Customers whom the shop does not have any
    /// more are not looked at.
    ///
    /// # Errors
    /// The store's account cannot be used, a contact could not be read, or a port failed.
    ///
    /// ```
    /// # use store_context::model::StoreId;
    /// # use store_context::sync::{ContactSync, VerifyError};
    /// # async fn example(sync: ContactSync, store: StoreId) -> Result<(), VerifyError> {
    /// let report = sync.verify(&store).await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(&self, store: &StoreId) -> Result<VerifyReport, VerifyError> {
        let open = &self.accounts.open(store).await?;
        let (mut report, mut after) = (VerifyReport::default(), None);
        loop {
            let page = self.page(store, after.as_ref()).await?;
            let mut checked = stream::iter(page.ids)
                .map(|id| async move { self.check(open, &id).await })
                .buffered(self.config.parallel.max(1));
            while let Some(found) = checked.try_next().await? {
                report.checked += u64::from(found.is_some());
                report.drifted.extend(found.flatten());
            }
            drop(checked);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(report),
            }
        }
    }

    /// Reads one customer's contact; `None` without a link.
    async fn check(
        &self,
        open: &OpenAccount,
        customer: &CustomerId,
    ) -> Result<Option<Option<Drifted>>, VerifyError> {
        let store = &open.record.store.id;
        let Some(link) = self.ports.links.get(store, customer).await? else { return Ok(None) };
        let Some(drift) = self.drift_of(open, &link).await? else { return Ok(Some(None)) };
        // A worker who changed the link meanwhile has just written the contact.
        if self.ports.links.get(store, customer).await?.as_ref() != Some(&link) {
            return Ok(Some(None));
        }
        tracing::warn!(%store, %customer, contact = %link.contact, %drift, "a contact has drifted");
        let (customer, contact) = (customer.clone(), link.contact);
        look_again(&*self.ports.links, &*self.ports.sync, store, link).await?;
        Ok(Some(Some(Drifted { customer, contact, drift })))
    }

    async fn drift_of(
        &self,
        open: &OpenAccount,
        link: &Link,
    ) -> Result<Option<Drift>, VerifyError> {
        let shown = match open.account.contacts().get(link.contact).await {
            Ok(shown) => shown,
            Err(error) if error.is_not_found() => return Ok(Some(Drift::Vanished)),
            Err(error) => return Err(error.into()),
        };
        let identifier = open.identity.identifier(&link.customer);
        let written = link.fingerprint.written();
        // The shop is asked only where something is wrong.
        let as_written = ContactState::of_contact(&shown).fingerprint() == written;
        if as_written && !is_moved(&shown, &identifier) {
            return Ok(None);
        }
        let wanted: Option<WantedContact> = self.wanted(open, &link.customer).await?;
        Ok(wanted.and_then(|wanted| Drift::of(&shown, &written, &identifier, &wanted)))
    }
}

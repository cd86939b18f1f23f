//! Comparing a store's customers and contacts, so that nothing depends on a trigger alone.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use chatwoot_client::application::contacts::{Contact, ContactSort, ContactsQuery};
use chatwoot_client::{ContactId, Error};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::drift::{Drift, is_moved};
use super::state::ContactState;
use super::worker::ContactSync;
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::model::{CustomerId, StoreId};
use crate::ports::{Cursor, Doubt, Link, PortError, Priority};

/// Why a sweep was cut short; what it found until then is put right all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot refused a page of contacts or did not answer.
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

/// What a sweep found. Displayed, it is one line of a count, then one a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// How many linked contacts were compared.
    pub checked: u64,
    /// Those that were not as they were written.
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

/// How far a sweep has come. It may be kept and gone on with, also by another process; a new one
/// begins from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCursor {
    place: Place,
    /// The linked contacts that were shown.
    seen: BTreeSet<ContactId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// Pages of contacts, from this one on.
    Contacts { page: u32 },
    /// Links whose contact was not shown.
    Links { after: Option<CustomerId> },
    /// The shop's customers.
    Customers { after: Option<Cursor> },
    /// The linked customers, of whom the shop may not have some any more.
    Linked { after: Option<CustomerId> },
}

impl Default for Place {
    fn default() -> Self {
        Self::Contacts { page: 1 }
    }
}

/// What one step of a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepStep {
    /// Where the next step begins; `None` at the end.
    pub next: Option<SweepCursor>,
    /// How many calls of Chatwoot it made.
    pub calls: u32,
    /// What it found.
    pub found: VerifyReport,
}

/// How many rows or ids of a port are read at once.
const PAGE: usize = 1_000;

impl ContactSync {
    /// Compares the store's linked contacts with what was last written to them, and wants each put
    /// right that differs: a worker writes it again, and makes one anew that vanished. Once the
    /// workers have run, another check finds nothing.
    ///
    /// It is one call for 15 contacts, and one for each linked contact that is not listed, as fast as
    /// background calls may be sent ([`Account::in_background`](chatwoot_client::Account::in_background)).
    /// [`ContactSync::sweep`] does the same within a share of the limit, and looks for changes in the shop that nobody told of. No webhook tells of a deletion or a
    /// merge, so one of the two belongs into a host's schedule, and after a change of the store's
    /// [`IdentityPolicy`](crate::model::IdentityPolicy).
    ///
    /// # Errors
    /// The store's account cannot be used, a page could not be read, or a port failed.
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
        let (mut all, mut cursor) = (VerifyReport::default(), SweepCursor::default());
        while matches!(cursor.place, Place::Contacts { .. } | Place::Links { .. }) {
            let SweepStep { next, found, .. } = self.sweep_step(store, cursor).await?;
            all.checked += found.checked;
            all.drifted.extend(found.drifted);
            let Some(next) = next else { break };
            cursor = next;
        }
        Ok(all)
    }

    /// Sweeps a store from a cursor to the end, at most
    /// [`SyncConfig::sweep_calls_per_minute`](super::SyncConfig::sweep_calls_per_minute) calls a
    /// minute: finds what [`ContactSync::verify`] finds, and wants every customer of the shop and
    /// every linked customer whom the shop does not have any more, as bulk work: who is as written
    /// costs no call. `keep` is told each cursor, for a later start.
    ///
    /// # Errors
    /// As for [`ContactSync::verify`]; the last kept cursor goes on where it stopped.
    pub async fn sweep(
        &self,
        store: &StoreId,
        from: SweepCursor,
        mut keep: impl FnMut(&SweepCursor),
    ) -> Result<VerifyReport, VerifyError> {
        let (mut all, mut cursor) = (VerifyReport::default(), from);
        let pace = Duration::from_mins(1) / self.config.sweep_calls_per_minute.max(1);
        loop {
            let SweepStep { next, calls, found } = self.sweep_step(store, cursor).await?;
            all.checked += found.checked;
            all.drifted.extend(found.drifted);
            let Some(next) = next else { return Ok(all) };
            keep(&next);
            cursor = next;
            sleep(pace * calls).await;
        }
    }

    /// Does one step of a sweep: at most one call of Chatwoot. Dropping it loses nothing but the
    /// step.
    ///
    /// # Errors
    /// As for [`ContactSync::verify`].
    pub async fn sweep_step(
        &self,
        store: &StoreId,
        cursor: SweepCursor,
    ) -> Result<SweepStep, VerifyError> {
        let SweepCursor { place, seen } = cursor;
        let mut step = SweepStep::default();
        let next = match place {
            Place::Contacts { page } => {
                let open = self.open(store).await?.in_background();
                let mut seen = seen;
                let more = self.sweep_page(&open, page, &mut seen, &mut step).await?;
                let links = Place::Links { after: None };
                let place = if more { Place::Contacts { page: page + 1 } } else { links };
                Some(SweepCursor { place, seen })
            }
            Place::Links { after } => {
                let open = self.open(store).await?.in_background();
                let place = match self.sweep_link(&open, after, &seen, &mut step).await? {
                    Some(last) => Place::Links { after: Some(last) },
                    None => Place::Customers { after: None },
                };
                Some(SweepCursor { place, seen })
            }
            Place::Customers { after } => {
                let page = self.page(store, after.as_ref()).await?;
                self.ports.sync.want(store, &page.ids, Priority::Bulk).await?;
                let place = match page.next {
                    Some(next) => Place::Customers { after: Some(next) },
                    None => Place::Linked { after: None },
                };
                Some(SweepCursor { place, seen: BTreeSet::new() })
            }
            Place::Linked { after } => {
                let links = self.ports.sync.links(store, after.as_ref(), PAGE).await?;
                let ids: Vec<CustomerId> =
                    links.into_iter().map(|(customer, _)| customer).collect();
                self.ports.sync.want(store, &ids, Priority::Bulk).await?;
                let next = ids.last().cloned().map(|last| Place::Linked { after: Some(last) });
                next.map(|place| SweepCursor { place, seen: BTreeSet::new() })
            }
        };
        step.next = next;
        Ok(step)
    }

    /// Compares one page of contacts. `false`: it is empty.
    async fn sweep_page(
        &self,
        open: &OpenAccount,
        page: u32,
        seen: &mut BTreeSet<ContactId>,
        step: &mut SweepStep,
    ) -> Result<bool, VerifyError> {
        // Oldest first: contacts do not move to other pages, unless one before them is deleted.
        // Those that are not shown for that are looked at one by one.
        let query = ContactsQuery {
            page: Some(page),
            sort: Some(ContactSort::CreatedAt),
            include_contact_inboxes: Some(false),
            ..ContactsQuery::default()
        };
        let shown = open.account.contacts().list(&query).await?.payload;
        step.calls += 1;
        for contact in &shown {
            let (ledger, store) = (&self.ports.sync, &open.record.store.id);
            let customer = ledger.customer_of(store, &open.key, contact.id).await?;
            let Some(customer) = customer else { continue };
            let link = ledger.link(store, &customer).await?;
            if let Some(link) = link.filter(|link| link.contact == contact.id) {
                seen.insert(contact.id);
                step.found.checked += 1;
                self.check(open, &customer, &link, Some(contact), step).await?;
            }
        }
        Ok(!shown.is_empty())
    }

    /// Reads the next linked contact that was not shown. `None`: there is none.
    async fn sweep_link(
        &self,
        open: &OpenAccount,
        after: Option<CustomerId>,
        seen: &BTreeSet<ContactId>,
        step: &mut SweepStep,
    ) -> Result<Option<CustomerId>, VerifyError> {
        let links = self.ports.sync.links(&open.record.store.id, after.as_ref(), PAGE).await?;
        let mut last = None;
        for (customer, link) in links {
            last = Some(customer.clone());
            if link.account != open.key || seen.contains(&link.contact) {
                continue;
            }
            step.calls += 1;
            step.found.checked += 1;
            let shown = match open.account.contacts().get(link.contact).await {
                Ok(shown) => Some(shown),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error.into()),
            };
            self.check(open, &customer, &link, shown.as_ref(), step).await?;
            break;
        }
        Ok(last)
    }

    /// Compares one linked contact with what was last written to it.
    async fn check(
        &self,
        open: &OpenAccount,
        customer: &CustomerId,
        link: &Link,
        shown: Option<&Contact>,
        step: &mut SweepStep,
    ) -> Result<(), VerifyError> {
        let (ledger, store) = (&self.ports.sync, &open.record.store.id);
        let identifier = open.identity.identifier(customer);
        let written = &link.fingerprint;
        let drift = match shown {
            None => Drift::Vanished,
            // The shop is asked only where something is wrong.
            Some(shown)
                if ContactState::of_contact(shown).fingerprint() == *written
                    && !is_moved(shown, &identifier) =>
            {
                return Ok(());
            }
            Some(shown) => {
                let Some(wanted) = self.wanted(open, customer).await? else { return Ok(()) };
                let Some(drift) = Drift::of(shown, written, &identifier, &wanted) else {
                    return Ok(());
                };
                drift
            }
        };
        // A worker who changed the link meanwhile has just written the contact.
        if ledger.link(store, customer).await?.as_ref() != Some(link) {
            return Ok(());
        }
        let contact = link.contact;
        tracing::warn!(%store, %customer, %contact, %drift, "a contact has drifted");
        ledger.doubt(store, &open.key, contact, Doubt::Look, None).await?;
        step.found.drifted.push(Drifted { customer: customer.clone(), contact, drift });
        Ok(())
    }
}

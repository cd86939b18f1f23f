//! The sweep: compares a store's customers and contacts, so that nothing depends on triggers alone.

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

/// The reason why a sweep was aborted; the differences found until then are repaired all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot refused a page of contacts or did not respond.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A linked contact that differs from what was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// The customer.
    pub customer: CustomerId,
    /// The contact that was linked to the customer.
    pub contact: ContactId,
    /// The difference.
    pub drift: Drift,
}

/// The findings of a sweep. `Display` writes one line with the counts, then one line per contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The number of linked contacts that were compared.
    pub checked: u64,
    /// The contacts that differed from what was last written.
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

/// The position of a sweep. It can be stored and resumed, also by another process; a new cursor
/// starts from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCursor {
    place: Place,
    /// The linked contacts that the listing contained.
    seen: BTreeSet<ContactId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// The pages of contacts, from this page on.
    Contacts { page: u32 },
    /// The links whose contact was not in the listing.
    Links { after: Option<CustomerId> },
    /// The shop's customers.
    Customers { after: Option<Cursor> },
    /// The linked customers, some of whom may no longer exist in the shop.
    Linked { after: Option<CustomerId> },
}

impl Default for Place {
    fn default() -> Self {
        Self::Contacts { page: 1 }
    }
}

/// The result of one step of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepStep {
    /// The position of the next step; `None` at the end.
    pub next: Option<SweepCursor>,
    /// The number of calls to Chatwoot.
    pub calls: u32,
    /// The findings of the step.
    pub found: VerifyReport,
}

/// The number of rows or ids that are read from a port at once.
const PAGE: usize = 200;

impl ContactSync {
    /// Compares the store's linked contacts with what was last written to them, and marks each that
    /// differs as wanted: a worker writes it again, or creates it again if it was deleted. After
    /// the workers have run, another check finds no differences.
    ///
    /// It makes one call per 15 contacts, and one for each linked contact that is not in the
    /// listing, as fast as the client's limits allow. [`ContactSync::sweep`] does the same within a
    /// share of the limit, and also finds changes in the shop without a trigger. Chatwoot sends no
    /// webhook for a deletion or a merge, so a host should schedule one of the two, and run it
    /// after a change of the store's [`IdentityPolicy`](crate::model::IdentityPolicy).
    ///
    /// # Errors
    /// Returns an error if the store's account cannot be used, a page could not be read, or a port
    /// failed.
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

    /// Sweeps a store from a cursor to the end, with at most
    /// [`SyncConfig::sweep_calls_per_minute`](super::SyncConfig::sweep_calls_per_minute) calls per
    /// minute: finds what [`ContactSync::verify`] finds, and marks as wanted, with bulk priority,
    /// every customer of the shop and every linked customer who no longer exists there. A customer
    /// whose contact is up to date costs no call. `keep` is called with each cursor, so that a
    /// later sweep can resume.
    ///
    /// # Errors
    /// As for [`ContactSync::verify`]; the last cursor passed to `keep` resumes where the sweep
    /// stopped.
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

    /// Runs one step of a sweep, with at most one call to Chatwoot. Dropping the future loses only
    /// that step.
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
                // Those who exist were wanted with the shop's pages.
                let there = self.in_time("customers", self.ports.customers.customers(store, &ids));
                let there: BTreeSet<CustomerId> =
                    there.await?.into_iter().map(|it| it.id).collect();
                let gone = ids.iter().filter(|id| !there.contains(*id)).cloned();
                let gone: Vec<CustomerId> = gone.collect();
                self.ports.sync.want(store, &gone, Priority::Bulk).await?;
                let next = ids.last().cloned().map(|last| Place::Linked { after: Some(last) });
                next.map(|place| SweepCursor { place, seen: BTreeSet::new() })
            }
        };
        step.next = next;
        Ok(step)
    }

    /// Compares one page of contacts. Returns `false` if it is empty.
    async fn sweep_page(
        &self,
        open: &OpenAccount,
        page: u32,
        seen: &mut BTreeSet<ContactId>,
        step: &mut SweepStep,
    ) -> Result<bool, VerifyError> {
        // Oldest first: contacts do not move to other pages, unless one before them is deleted.
        // Contacts that are missed because of that are read one by one.
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

    /// Reads the next linked contact that was not in the listing. Returns `None` if there is none.
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
        let attributes = self.ports.attributes_of(&open.record.store);
        let drift = match shown {
            None => Drift::Vanished,
            // The shop is read only where a difference was found.
            Some(shown)
                if ContactState::of_contact(shown, &attributes).fingerprint() == *written
                    && !is_moved(shown, &identifier) =>
            {
                return Ok(());
            }
            Some(shown) => {
                let Some(wanted) = self.wanted(open, customer).await? else { return Ok(()) };
                let Some(drift) = Drift::of(shown, written, &identifier, &wanted, &attributes)
                else {
                    return Ok(());
                };
                drift
            }
        };
        // A worker that changed the link meanwhile has just written the contact.
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

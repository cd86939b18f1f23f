//! The sync of one claimed customer.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::contact::WantedContact;
use super::drift::Drift;
use super::error::SyncError;
use super::report::{Done, retry_left_out};
use super::state::ContactState;
use super::worker::ContactSync;
use super::write::{Attempt, WriteError, Written};
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::attributes::AppliesTo;
use crate::customer_data::CustomerData;
use crate::guard;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Doubt, Hold, Link, PortError, PortResult, Priority, Settlement, SyncClaim};
use crate::time::later;

impl ContactSync {
    pub(super) async fn open(&self, store: &StoreId) -> Result<OpenAccount, StoreAccountError> {
        match timeout(self.config.port_timeout, self.accounts.open(store)).await {
            Ok(open) => open,
            Err(_) => Err(PortError::new("stores", "no answer in time").into()),
        }
    }

    /// Awaits a call to a port of the host, with the configured timeout.
    pub(super) async fn in_time<T>(
        &self,
        port: &'static str,
        call: impl Future<Output = PortResult<T>> + Send,
    ) -> PortResult<T> {
        guard::port_within(self.config.port_timeout, port, call).await
    }

    /// Returns the contact that the customer should have now; `None` if the shop has no such
    /// customer.
    pub(super) async fn wanted(
        &self,
        open: &OpenAccount,
        id: &CustomerId,
    ) -> PortResult<Option<WantedContact>> {
        let store = &open.record.store;
        let attributes = self.ports.attributes_of(store);
        let (limit, orders) =
            (self.config.port_timeout, attributes.recent_orders(AppliesTo::Contact));
        let data = CustomerData::read(&self.ports, limit, store, id, orders).await?;
        let identifier = open.identity.identifier(id);
        Ok(data.map(|data| {
            let wanted = WantedContact::new(identifier, &attributes, &data.input(store));
            wanted.sharing(&data.customer, &store.privacy.contact)
        }))
    }

    /// Syncs a claimed customer: erases, removes, merges or writes the contact.
    pub(super) async fn sync_customer(&self, claim: &SyncClaim) -> Result<Done, SyncError> {
        let open = self.open(&claim.store).await?;
        let open = match claim.priority {
            Priority::Live => open,
            Priority::Bulk => open.in_background(),
        };
        if claim.erased {
            return self.remove_erased(&open, claim).await;
        }
        if let Some(into) = &claim.merge_into
            && let Some(done) = self.merge_into(&open, claim, into).await?
        {
            return Ok(done);
        }
        match self.wanted(&open, &claim.customer).await? {
            Some(wanted) => self.write(&open, claim, wanted).await,
            None => self.remove_gone(&open, claim).await,
        }
    }

    /// Writes a customer's contact unless it is up to date.
    pub(super) async fn write(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        wanted: WantedContact,
    ) -> Result<Done, SyncError> {
        let (mut known, mut drift) = (None, None);
        if let Some(link) = link_in(open, claim) {
            known = Some(link.contact);
            match claim.doubt {
                Doubt::None if link.fingerprint == wanted.fingerprint() => {
                    return Ok(Done::unchanged(link.clone()));
                }
                Doubt::None | Doubt::Write => {}
                Doubt::Look => match self.look(open, claim, link, &wanted).await? {
                    Looked::AsWanted(link) => {
                        return Ok(Done { called: true, ..Done::unchanged(link) });
                    }
                    Looked::Differs(found) => drift = found,
                    Looked::Vanished => (known, drift) = (None, Some(Drift::Vanished)),
                },
            }
        }
        let fresh = known.is_none() && drift.is_some();
        let wanted = if fresh {
            // The state read before may be older than an erasure.
            match self.wanted(open, &claim.customer).await? {
                Some(wanted) => wanted,
                None => return self.remove_vanished(open, claim).await,
            }
        } else {
            wanted
        };
        let written = Attempt::new(self, open, claim, known, wanted).write().await?;
        let Some(Written { outcome, link, left_out, vanished }) = written else {
            return self.remove_vanished(open, claim).await;
        };
        let drift = if vanished { Some(Drift::Vanished) } else { drift };
        if let Some(drift) = &drift {
            let (store, customer) = (&claim.store, &claim.customer);
            tracing::warn!(%store, %customer, %drift, "a contact had drifted; it is put right");
        }
        let retry_left_out = retry_left_out(&link);
        let settlement = Settlement::Confirmed { link, quiet: self.config.quiet, retry_left_out };
        Ok(Done { left_out, drift, ..Done::new(settlement, outcome) })
    }

    /// Reads a linked contact that may differ from what was last written.
    async fn look(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        link: &Link,
        wanted: &WantedContact,
    ) -> Result<Looked, SyncError> {
        let shown = match open.account.contacts().get(link.contact).await {
            Ok(shown) => shown,
            Err(error) if error.is_not_found() => return Ok(Looked::Vanished),
            Err(error) => return Err(error.into()),
        };
        let attributes = self.ports.attributes_of(&open.record.store);
        let state = ContactState::of_contact(&shown, &attributes);
        let written = wanted.as_written(&link.fingerprint);
        // Fields that were left out are retried when they are due, not with each read.
        if state == written && state.fingerprint() == link.fingerprint {
            return Ok(Looked::AsWanted(link.clone()));
        }
        if state == ContactState::of_wanted(wanted) {
            let link = Link {
                fingerprint: state.fingerprint(),
                holds: wanted.holds(&open.identity),
                waits_for: Vec::new(),
                left_out: 0,
                ..link.clone()
            };
            return Ok(Looked::AsWanted(link));
        }
        let identifier = open.identity.identifier(&claim.customer);
        let drift = Drift::of(&shown, &link.fingerprint, &identifier, wanted, &attributes);
        Ok(Looked::Differs(drift))
    }

    /// Claims one row, to write to another customer's contact.
    pub(super) async fn hold(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Hold> {
        let hold = self.ports.sync.hold(store, customer, self.config.lease);
        self.in_time("sync ledger", hold).await
    }

    /// Claims one row, and waits a limited time while another worker holds it.
    pub(super) async fn hold_waiting(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        longest: Duration,
    ) -> Result<SyncClaim, WriteError> {
        const PAUSE: Duration = Duration::from_millis(25);
        let until = later(Instant::now(), longest);
        loop {
            match self.hold(store, customer).await? {
                Hold::Held(claim) => return Ok(*claim),
                Hold::Busy if Instant::now() >= until => return Err(WriteError::Busy),
                Hold::Busy => sleep(PAUSE).await,
            }
        }
    }
}

/// Returns the claim's link, unless it belongs to another account than the store's present one.
pub(super) fn link_in<'a>(open: &OpenAccount, claim: &'a SyncClaim) -> Option<&'a Link> {
    claim.link.as_ref().filter(|link| link.account == open.key)
}

/// The result of reading a linked contact.
enum Looked {
    /// The contact has the wanted state, or all of it that could be written.
    AsWanted(Link),
    /// The contact must be written, because it drifted or the shop changed.
    Differs(Option<Drift>),
    Vanished,
}

//! Merging the contacts of two customers whom the shop merged.

use std::time::Duration;

use chatwoot_client::ContactId;

use super::customer::link_in;
use super::error::SyncError;
use super::report::{Done, Outcome};
use super::worker::ContactSync;
use super::write::WriteError;
use crate::accounts::OpenAccount;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Doubt, Hold, PortFailure, Priority, Settlement, SyncClaim};

impl ContactSync {
    /// Requests the merge of two customers whom the shop merged: conversations, notes and contact
    /// inboxes of `from`'s contact move to `into`'s contact, and `from`'s contact is deleted. Its
    /// labels are lost (measured on 4.15.1).
    ///
    /// The request is stored durably and carried out by a worker, which retries after failures. If
    /// the shop does not have `into`, `from` is synced like any other customer.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the merge is then not recorded.
    pub async fn merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> Result<(), PortFailure> {
        if from == into {
            return Ok(());
        }
        self.forget_context(store, from).await;
        self.forget_context(store, into).await;
        Ok(self.ports.sync.want_merge(store, from, into).await?)
    }

    /// Merges a claimed customer's contact into another customer's. Returns `None` if there is no
    /// such customer; the claimed one is then synced like any other.
    pub(super) async fn merge_into(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        into: &CustomerId,
    ) -> Result<Option<Done>, SyncError> {
        let Hold::Held(held) = self.hold(&claim.store, into).await? else {
            return Err(WriteError::Busy.into());
        };
        let merged = self.merge_claimed(open, claim, &held).await;
        // The row is in doubt now, unless nothing was sent, so it is written again.
        let quiet = merged.as_ref().map_or_else(SyncError::settles_in, |_| Duration::ZERO);
        let returned = Settlement::Returned { quiet };
        self.in_time("sync ledger", self.ports.sync.settle(&[(*held, returned)])).await?;
        merged
    }

    async fn merge_claimed(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        into: &SyncClaim,
    ) -> Result<Option<Done>, SyncError> {
        if into.erased || self.wanted(open, &into.customer).await?.is_none() {
            return Ok(None);
        }
        let mergee = match link_in(open, claim) {
            Some(link) => Some(link.contact),
            None if claim.doubt == Doubt::Write => self.find_own(open, claim).await?,
            None => None,
        };
        let Some(mergee) = mergee else {
            return Ok(Some(Done::new(Settlement::Gone, Outcome::Gone)));
        };
        let Some(base) = link_in(open, into).map(|link| link.contact) else {
            // The other customer has no contact yet.
            let other = std::slice::from_ref(&into.customer);
            self.ports.sync.want(&claim.store, other, Priority::Live).await?;
            return Err(WriteError::NoContactYet.into());
        };
        if base == mergee {
            return Ok(Some(Done::new(Settlement::Gone, Outcome::Gone)));
        }
        self.begin(into).await?;
        self.begin(claim).await?;
        if !self.merge_contacts(open, base, mergee).await? {
            // The other customer's contact no longer exists: it is created again first.
            return Err(WriteError::NoContactYet.into());
        }
        Ok(Some(Done::new(Settlement::Gone, Outcome::Merged)))
    }

    /// Merges two contacts. Returns `false` if the contact that should remain does not exist. If
    /// the other does not exist, it was merged before, by a call whose response was lost.
    pub(super) async fn merge_contacts(
        &self,
        open: &OpenAccount,
        base: ContactId,
        mergee: ContactId,
    ) -> Result<bool, chatwoot_client::Error> {
        let contacts = open.account.contacts();
        match contacts.merge(base, mergee).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => match contacts.get(mergee).await {
                Ok(_) => Ok(false),
                Err(error) if error.is_not_found() => Ok(true),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

//! Two customers whom the shop made one: their contacts become one.

use std::time::Duration;

use chatwoot_client::ContactId;

use super::customer::link_in;
use super::error::SyncError;
use super::report::{Done, Outcome};
use super::worker::ContactSync;
use super::write::WriteError;
use crate::accounts::OpenAccount;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Doubt, PortFailure, Priority, Settlement, SyncClaim};

impl ContactSync {
    /// Wants two customers merged whom the shop merged: conversations, notes and presences of
    /// `from`'s contact move to `into`'s, and `from`'s is gone. Labels of it are lost (measured on
    /// 4.15.1).
    ///
    /// It is noted durably and done by a worker, whatever happens on the way. Where the shop does
    /// not have `into`, `from` is synced as any other.
    ///
    /// # Errors
    /// The ledger failed: the merge is not noted.
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

    /// Merges a claimed customer's contact into another customer's. `None`: there is no such
    /// customer, so the claimed one is synced as any other.
    pub(super) async fn merge_into(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        into: &CustomerId,
    ) -> Result<Option<Done>, SyncError> {
        let Some(held) = self.hold_beside(claim, into).await? else {
            return Err(WriteError::Busy.into());
        };
        let merged = self.merge_claimed(open, claim, &held).await;
        // It is in doubt now, unless nothing was sent, and so it is written again.
        let quiet = merged.as_ref().map_or_else(SyncError::settles_in, |_| Duration::ZERO);
        self.return_beside(claim, quiet).await?;
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
            // The other has no contact yet.
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
            // The other's own contact vanished: it is made again first.
            return Err(WriteError::NoContactYet.into());
        }
        Ok(Some(Done::new(Settlement::Gone, Outcome::Merged)))
    }

    /// Merges two contacts. `false`: the one that should stay is not there any more. One that is
    /// gone already was merged before, by a call whose answer was lost.
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

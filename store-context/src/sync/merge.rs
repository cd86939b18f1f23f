//! Merging the contacts of two customers whom the shop merged.

use std::collections::BTreeSet;
use std::time::Duration;

use chatwoot_client::ContactId;

use super::customer::link_in;
use super::error::SyncError;
use super::gone::gone;
use super::report::{Done, Outcome};
use super::worker::ContactSync;
use super::write::{ROUNDS, WriteError};
use crate::accounts::OpenAccount;
use crate::model::{CustomerId, StoreId};
use crate::ports::{AuditAction, PortFailure, Priority, Settlement, SyncClaim};

/// The number of customers that a merge follows, one merged into the next.
const LONGEST_CHAIN: usize = 50;

impl ContactSync {
    /// Requests the merge of two customers whom the shop merged: conversations, notes and contact
    /// inboxes of `from`'s contact move to `into`'s contact, and `from`'s contact is deleted. Its
    /// labels are lost (measured on 4.15.1).
    ///
    /// The request is stored durably and carried out by a worker, which retries after failures. If
    /// the shop does not have `into`, `from` is synced like any other customer.
    ///
    /// # Errors
    /// Returns an error if the ledger or the audit trail failed. Repeating the call is safe.
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
        self.ports.sync.want_merge(store, from, into).await?;
        Ok(self.audit(store, AuditAction::Merge, from).await?)
    }

    /// Merges a claimed customer's contact into another customer's, or into that of the customer
    /// into whom the shop merged the other one since, and so on. Returns `None` if there is no such
    /// customer; the claimed one is then synced like any other.
    pub(super) async fn merge_into(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        into: &CustomerId,
    ) -> Result<Option<Done>, SyncError> {
        // Two customers may have been merged into each other, one after the other.
        let mut passed = BTreeSet::from([claim.customer.clone()]);
        let mut into = into.clone();
        while passed.len() <= LONGEST_CHAIN {
            if !passed.insert(into.clone()) {
                return Ok(None);
            }
            let Some(held) = self.hold_beside(claim, &into).await? else {
                return Err(WriteError::Busy.into());
            };
            let merged = self.merge_claimed(open, claim, &held).await;
            // The row is in doubt now, unless nothing was sent, so it is written again.
            let quiet = merged.as_ref().map_or_else(SyncError::settles_in, |_| Duration::ZERO);
            self.return_beside(claim, quiet).await?;
            match merged? {
                Merged::Into(done) => return Ok(Some(done)),
                Merged::WentTo(next) => into = next,
                Merged::Nowhere => return Ok(None),
            }
        }
        Err(WriteError::Unsteady.into())
    }

    async fn merge_claimed(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        into: &SyncClaim,
    ) -> Result<Merged, SyncError> {
        if into.erased {
            return Ok(Merged::Nowhere);
        }
        if self.wanted(open, &into.customer).await?.is_none() {
            // A merge that is still to be done is the later one.
            let next = into.merge_into.as_ref().or(into.merged_into.as_ref());
            return Ok(next.map_or(Merged::Nowhere, |next| Merged::WentTo(next.clone())));
        }
        let mut linked = link_in(open, claim).map(|link| link.contact);
        for _ in 0..ROUNDS {
            let Some(mergee) = self.linked_or_own(open, claim, linked.take()).await? else {
                return Ok(Merged::Into(gone()));
            };
            let Some(base) = link_in(open, into).map(|link| link.contact) else {
                // The other customer has no contact yet.
                let other = std::slice::from_ref(&into.customer);
                self.ports.sync.want(&claim.store, other, Priority::Live).await?;
                return Err(WriteError::NoContactYet.into());
            };
            if base == mergee {
                return Ok(Merged::Into(Done::new(Settlement::Gone, Outcome::Gone)));
            }
            self.begin(into).await?;
            self.begin(claim).await?;
            match self.merge_contacts(open, base, mergee).await? {
                Merge::Done => {
                    return Ok(Merged::Into(Done::new(Settlement::Gone, Outcome::Merged)));
                }
                // The other customer's contact no longer exists: it is created again first.
                Merge::NoBase => return Err(WriteError::NoContactYet.into()),
                // It was merged before, by a call whose response was lost or by an agent.
                Merge::NoMergee => {}
            }
        }
        Err(WriteError::Unsteady.into())
    }

    /// Merges two contacts.
    pub(super) async fn merge_contacts(
        &self,
        open: &OpenAccount,
        base: ContactId,
        mergee: ContactId,
    ) -> Result<Merge, chatwoot_client::Error> {
        let contacts = open.account.contacts();
        match contacts.merge(base, mergee).await {
            Ok(_) => Ok(Merge::Done),
            Err(error) if error.is_not_found() => match contacts.get(mergee).await {
                Ok(_) => Ok(Merge::NoBase),
                Err(error) if error.is_not_found() => Ok(Merge::NoMergee),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

/// The result of a merge into a held customer.
enum Merged {
    /// The claimed customer's contact is merged, or there is none any more.
    Into(Done),
    /// The shop does not have the other customer, whom it merged into this one.
    WentTo(CustomerId),
    /// The shop does not have the other customer.
    Nowhere,
}

/// The result of a merge of two contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merge {
    /// The contacts were merged.
    Done,
    /// The contact that should remain does not exist.
    NoBase,
    /// The contact that should be merged into the other does not exist.
    NoMergee,
}

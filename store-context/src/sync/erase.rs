//! Erasing customers: removes their data from Chatwoot and from the ledgers, looks whether it is
//! gone, and prevents later writes.

use std::time::Duration;

use chatwoot_client::application::conversations::Conversation;
use chatwoot_client::{ContactId, ConversationId, ErrorKind, Patch};

use super::customer::link_in;
use super::error::SyncError;
use super::report::{Done, Outcome};
use super::worker::ContactSync;
use super::write::{ROUNDS, WriteError, mark};
use crate::accounts::OpenAccount;
use crate::context::ContextService;
use crate::identity::StoreIdentity;
use crate::model::{CustomerId, ErasedConversations, ErasurePlace, ErasureReceipt, StoreId};
use crate::ports::{
    AuditAction, AuditEntry, AuditSubject, PortFailure, PortResult, Settlement, SyncClaim,
};

/// The delay before the next attempt to delete a contact that is online.
const STILL_ONLINE: Duration = Duration::from_mins(5);

/// The longest delay before it is looked again whether Chatwoot has removed a conversation.
const LONGEST_LOOK: Duration = Duration::from_hours(1);

/// How long a look at a conversation may take: Chatwoot responds to one that it is removing with a
/// failure, and asking it again at once is of no use.
const LOOK: Duration = Duration::from_secs(5);

/// The progress of an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Erased {
    /// The contact is deleted. Chatwoot may still be removing its conversations; the receipt tells
    /// ([`Erasures::receipt`](crate::ports::Erasures::receipt)).
    Done,
    /// The erasure is recorded and a worker completes it: the contact is being written, is online,
    /// or Chatwoot did not respond.
    Noted,
}

impl ContactSync {
    /// Erases a customer: deletes the contact with its conversations, forgets the link, the events,
    /// the activity and the cached snapshot, and prevents every later write of the customer's data,
    /// including writes that are already wanted or computed, and events that are delivered late. This
    /// holds until [`SyncLedger::forget`](crate::ports::SyncLedger::forget).
    ///
    /// A contact that is online cannot be deleted: it is anonymized at once, except for the
    /// identifier, by which it is found again, and deleted later. Workers go on with an erasure that
    /// is not complete, also after a restart. [`ErasureService`](crate::erasure::ErasureService)
    /// does the same and returns a receipt.
    ///
    /// # Errors
    /// Returns an error if a ledger, the activity log or the audit trail failed. Repeating the call is
    /// safe.
    pub async fn erase(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Erased, PortFailure> {
        const PATIENCE: Duration = Duration::from_secs(2);
        // From here on nothing is written and a worker erases, whatever fails below.
        self.ports.sync.erase(store, customer).await?;
        self.start(store, customer).await?;
        self.forget_cached(store, customer).await;
        self.audit(store, AuditAction::Erase, customer).await?;
        let claim = match self.hold_waiting(store, customer, PATIENCE).await {
            Ok(claim) => claim,
            Err(WriteError::Port(error)) => return Err(error.into()),
            Err(_) => return Ok(Erased::Noted),
        };
        let synced = self.attend_and_settle(claim).await?;
        Ok(match synced.outcome {
            Outcome::Deleted | Outcome::Gone => Erased::Done,
            _ => Erased::Noted,
        })
    }

    /// Returns the customer's receipt, a new one if there is none.
    async fn start(&self, store: &StoreId, customer: &CustomerId) -> PortResult<ErasureReceipt> {
        let known = self.ports.erasures.receipt(store, customer);
        if let Some(known) = self.in_time("erasures", known).await? {
            return Ok(known);
        }
        let record = self.in_time("stores", self.ports.stores.open(store)).await?;
        let by = record.map(|record| record.store.privacy.erased_conversations);
        let (store, customer) = (store.clone(), customer.clone());
        let now = self.ports.clock.now();
        let receipt = ErasureReceipt::new(store, customer, now, by.unwrap_or_default());
        self.in_time("erasures", self.ports.erasures.start(&receipt)).await
    }

    /// Removes the customer's snapshot from the cache of all processes.
    async fn forget_cached(&self, store: &StoreId, customer: &CustomerId) {
        self.forget_context(store, customer).await;
        ContextService::uncache_in(&self.ports, store, customer).await;
    }

    /// Erases what is left of a claimed customer, and looks whether it is gone.
    pub(super) async fn remove_erased(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
    ) -> Result<Done, SyncError> {
        let receipt = self.start(&claim.store, &claim.customer).await?;
        Erasure { sync: self, open, claim, receipt, deleted: false }.run().await
    }

    /// Writes to the audit trail what was requested for a customer.
    pub(super) async fn audit(
        &self,
        store: &StoreId,
        action: AuditAction,
        customer: &CustomerId,
    ) -> PortResult<()> {
        let record = self.ports.stores.open(store).await?;
        let identity = record.map(|it| StoreIdentity::new(&it.store, &it.credentials));
        let subject = match identity {
            Some(Ok(identity)) => identity.audit_subject(customer),
            // A store without keys has no customer in Chatwoot yet.
            _ => AuditSubject::Customer(String::new()),
        };
        let entry = AuditEntry::new(store, "store-context/sync", action, subject);
        self.ports.audit.append(&[entry]).await
    }
}

/// The erasure of one claimed customer.
struct Erasure<'a> {
    sync: &'a ContactSync,
    open: &'a OpenAccount,
    claim: &'a SyncClaim,
    receipt: ErasureReceipt,
    /// Whether this attempt deleted a contact.
    deleted: bool,
}

/// How the deletion of a contact ended.
enum Deletion {
    Gone,
    Online,
}

/// What Chatwoot shows of a conversation.
enum Shown {
    Nothing,
    /// It fails to show it: the contact is deleted, and the conversation is being removed.
    Failing,
    All,
}

impl Erasure<'_> {
    async fn run(mut self) -> Result<Done, SyncError> {
        let Self { sync, open, claim, .. } = self;
        let was_complete = self.receipt.is_complete();
        let mut linked = link_in(open, claim).map(|link| link.contact);
        if let Some(link) = &claim.link {
            self.found(&link.account, link.contact);
        }
        for _ in 0..ROUNDS {
            let Some(contact) = sync.linked_or_own(open, claim, linked.take()).await? else {
                if was_complete && self.receipt.is_complete() {
                    return Ok(super::gone::gone());
                }
                return self.look().await;
            };
            self.found(&open.key, contact);
            if matches!(self.remove(contact).await?, Deletion::Online) {
                self.save().await?;
                // Not a failure: it does not count as a try, however long the contact stays online.
                let settlement = Settlement::Returned { quiet: STILL_ONLINE };
                return Ok(Done::new(settlement, Outcome::Anonymized));
            }
        }
        Err(WriteError::Unsteady.into())
    }

    fn found(&mut self, account: &crate::model::AccountKey, contact: ContactId) {
        self.receipt.found_contact(account, contact);
        self.receipt.completed_at = None;
    }

    /// Deletes a contact, and what is known of its conversations.
    async fn remove(&mut self, contact: ContactId) -> Result<Deletion, SyncError> {
        let Self { sync, open, claim, .. } = *self;
        let listed = self.list(contact).await?;
        // What is to be looked for is stored before it is deleted.
        self.forget().await?;
        self.save().await?;
        if self.receipt.conversations_by == ErasedConversations::DeleteEach {
            self.delete_each(contact, listed).await?;
        }
        sync.begin(claim).await?;
        match open.account.contacts().delete(contact).await {
            Ok(()) => self.deleted = true,
            Err(error) if error.is_not_found() => {}
            // A contact with an open widget cannot be deleted. It keeps the identifier until it is
            // deleted: there may be no link to find it by, and the widget would create another.
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let made_for = mark(open, &claim.customer);
                if sync.clear(open, claim, contact, Patch::Keep, made_for).await? {
                    let now = sync.ports.clock.now();
                    if let Some(entry) = self.receipt.contact_mut(&open.key, contact) {
                        entry.online_since.get_or_insert(now);
                    }
                    return Ok(Deletion::Online);
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Deletion::Gone)
    }

    /// Notes the contact's conversations; Chatwoot lists the latest ones.
    async fn list(&mut self, contact: ContactId) -> Result<Vec<Conversation>, SyncError> {
        let listed = match self.open.account.contact(contact).conversations().await {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        for conversation in &listed {
            self.receipt.found_conversation(&self.open.key, conversation.id);
        }
        Ok(listed)
    }

    /// Deletes the contact's conversations one by one.
    async fn delete_each(
        &mut self,
        contact: ContactId,
        listed: Vec<Conversation>,
    ) -> Result<(), SyncError> {
        let mut left: Vec<ConversationId> = listed.iter().map(|it| it.id).collect();
        let mut deleted: Vec<ConversationId> = Vec::new();
        while !left.is_empty() {
            for conversation in left {
                self.delete_conversation(conversation).await?;
                deleted.push(conversation);
            }
            let listed = self.list(contact).await?;
            // What Chatwoot still lists of them it removes in the background.
            let new = listed.iter().map(|it| it.id).filter(|id| !deleted.contains(id));
            left = new.collect();
        }
        self.forget().await
    }

    async fn delete_conversation(&self, id: ConversationId) -> Result<(), SyncError> {
        self.sync.begin(self.claim).await?;
        match self.open.account.conversations().delete(id).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Forgets events of the contacts and conversations, also those that are yet to be delivered,
    /// and the cached snapshot.
    async fn forget(&mut self) -> Result<(), SyncError> {
        let Self { sync, open, claim, .. } = *self;
        let SyncClaim { store, customer, .. } = claim;
        sync.forget_cached(store, customer).await;
        let now = sync.ports.clock.now();
        self.receipt.removed_from(ErasurePlace::Cache, 0, now);
        if let Some(activity) = &sync.ports.activity {
            let count = sync.in_time("activity", activity.forget(store, customer)).await?;
            self.receipt.removed_from(ErasurePlace::Activity, count, now);
        }
        let of_account = self.receipt.conversations.iter().filter(|it| it.account == open.key);
        let conversations: Vec<ConversationId> = of_account.map(|it| it.conversation).collect();
        let of_account = self.receipt.contacts.iter().filter(|it| it.account == open.key);
        let contacts: Vec<ContactId> = of_account.map(|it| it.contact).collect();
        let ledger = &sync.ports.webhooks;
        let forgotten = ledger.forget_contacts(store, &open.key, &contacts, &conversations);
        let count = sync.in_time("webhook ledger", forgotten).await?;
        self.receipt.removed_from(ErasurePlace::WebhookLedger, count, now);
        Ok(())
    }

    /// Looks whether Chatwoot still has something of the customer, and ends the erasure if not.
    async fn look(mut self) -> Result<Done, SyncError> {
        let Self { sync, open, claim, .. } = self;
        let is_gone = self.is_gone().await?;
        // Again: a delivery may have been received while the first time was under way.
        self.forget().await?;
        if !is_gone {
            self.receipt.checks = self.receipt.checks.saturating_add(1);
            self.save().await?;
            let seconds = 1_u64 << self.receipt.checks.min(12);
            let quiet = Duration::from_secs(seconds).min(LONGEST_LOOK);
            let outcome = if self.deleted { Outcome::Deleted } else { Outcome::Returned };
            return Ok(Done { called: true, ..Done::new(Settlement::Returned { quiet }, outcome) });
        }
        let now = sync.ports.clock.now();
        let links = u64::from(claim.link.is_some());
        self.receipt.removed_from(ErasurePlace::SyncLedger, links, now);
        let elsewhere = self.receipt.contacts.iter().any(|it| it.erased_at.is_none())
            || self.receipt.conversations.iter().any(|it| it.erased_at.is_none());
        if elsewhere {
            let (store, customer) = (&claim.store, &claim.customer);
            tracing::warn!(%store, %customer, account = %open.key,
                "an erased customer has a contact in an account that the store does not have any more");
        } else {
            self.receipt.completed_at = Some(now);
            let action = AuditAction::Other("erased".to_owned());
            let audit = sync.audit(&claim.store, action, &claim.customer);
            sync.in_time("audit trail", audit).await?;
        }
        self.save().await?;
        let outcome = if self.deleted { Outcome::Deleted } else { Outcome::Gone };
        Ok(Done { called: true, ..Done::new(Settlement::Gone, outcome) })
    }

    /// Returns whether the store's account has none of the contacts and conversations any more.
    async fn is_gone(&mut self) -> Result<bool, SyncError> {
        let Self { sync, open, .. } = *self;
        for index in 0..self.receipt.contacts.len() {
            let Some(entry) = self.receipt.contacts.get_mut(index) else { break };
            if entry.account != open.key || entry.erased_at.is_some() {
                continue;
            }
            match open.account.contacts().get(entry.contact).await {
                Err(error) if error.is_not_found() => {
                    entry.erased_at = Some(sync.ports.clock.now());
                }
                // An agent merged another contact into it, or it was just restored.
                Ok(_) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        for index in 0..self.receipt.conversations.len() {
            let Some(entry) = self.receipt.conversations.get(index) else { break };
            if entry.account != open.key || entry.erased_at.is_some() {
                continue;
            }
            let id = entry.conversation;
            match self.shown(id).await? {
                Shown::Nothing => {
                    let now = sync.ports.clock.now();
                    if let Some(entry) = self.receipt.conversations.get_mut(index) {
                        entry.erased_at = Some(now);
                    }
                }
                // The others are removed by the same job.
                Shown::Failing => return Ok(false),
                // An agent moved it to another contact: Chatwoot will not remove it by itself.
                Shown::All => {
                    self.delete_conversation(id).await?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn shown(&self, id: ConversationId) -> Result<Shown, SyncError> {
        match self.open.account.conversations().get(id).deadline(LOOK).await {
            Ok(_) => Ok(Shown::All),
            Err(error) if error.is_not_found() => Ok(Shown::Nothing),
            Err(error) if error.status() == Some(500) => Ok(Shown::Failing),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores the receipt.
    async fn save(&self) -> Result<(), SyncError> {
        let update = self.sync.ports.erasures.update(&self.receipt, self.claim.fence);
        let saved = self.sync.in_time("erasures", update).await?;
        if saved { Ok(()) } else { Err(WriteError::Lost.into()) }
    }
}

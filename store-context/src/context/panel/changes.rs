//! The changes of what an open panel shows.

use std::collections::BTreeSet;
use std::fmt;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, pending, select};
use tokio::time::{Instant, sleep_until};

use super::ContextService;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Change, SignalEvent, Subscription};

/// How long changes are collected before they are told together.
const COLLECT: Duration = Duration::from_millis(100);

/// The minimum time between two changes of a snapshot: each makes the page read it.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(1);

/// The minimum time until a page must open again, which costs two calls to Chatwoot.
const OPEN_EVERY: Duration = Duration::from_secs(5);

/// The same after a change of a conversation, of which there is one with each answer.
const OPEN_FOR_CONVERSATION_EVERY: Duration = Duration::from_mins(1);

/// A change of what an open panel shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PanelChange {
    /// The customer's snapshot changed: read it again. Empty if it is not known what changed,
    /// because signals were lost.
    Snapshot(BTreeSet<Change>),
    /// The contact or a conversation of it changed: the conversation may have another contact, and
    /// its writer may be proven now or not any more. Open the panel again; the subscription may be
    /// that of the wrong contact.
    Subject,
}

/// The changes of what one open panel shows; dropping it ends the subscription.
///
/// They are hints, and some may be lost. Those that come close together are told as one: at most
/// one change of the snapshot per second, none of the contact within the first five seconds, and none
/// of its conversations within the first minute.
pub struct PanelChanges {
    /// The customer whose snapshot is shown.
    shown: Option<(ContextService, StoreId, CustomerId)>,
    of_customer: Option<Box<dyn Subscription>>,
    of_contact: Box<dyn Subscription>,
    opened_at: Instant,
    lifetime: Duration,
    told_at: Option<Instant>,
    /// What is to be told, and from when.
    snapshot: Option<(BTreeSet<Change>, Instant)>,
    subject: Option<Instant>,
}

impl fmt::Debug for PanelChanges {
    /// Without the customer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PanelChanges").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

impl PanelChanges {
    pub(super) fn new(
        shown: Option<(ContextService, StoreId, CustomerId)>,
        of_customer: Option<Box<dyn Subscription>>,
        of_contact: Box<dyn Subscription>,
        lifetime: Duration,
    ) -> Self {
        let opened_at = Instant::now();
        let (told_at, snapshot, subject) = (None, None, None);
        Self { shown, of_customer, of_contact, opened_at, lifetime, told_at, snapshot, subject }
    }

    /// Returns for how long the page's token was valid when the subscription began. It is to end
    /// then, so that the page opens again.
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Waits for the next change. Dropping the future loses none.
    ///
    /// A cached snapshot is removed before its change is returned, so that the page reads the new
    /// one in whichever process the host's cache was not told.
    pub async fn next(&mut self) -> PanelChange {
        loop {
            let due = self.subject.into_iter().chain(self.snapshot.as_ref().map(|it| it.1)).min();
            let heard = {
                let heard = pin!(hear(self.of_customer.as_deref_mut(), &mut *self.of_contact));
                let due = pin!(async {
                    match due {
                        Some(due) => sleep_until(due).await,
                        None => pending().await,
                    }
                });
                match select(due, heard).await {
                    Either::Left(_) => None,
                    Either::Right((heard, _)) => Some(heard),
                }
            };
            if let Some(heard) = heard {
                self.note(heard);
            } else if let Some(change) = self.take().await {
                return change;
            }
        }
    }

    /// Takes what is due.
    async fn take(&mut self) -> Option<PanelChange> {
        if let Some((context, store, customer)) = &self.shown {
            context.forget(store, customer).await;
        }
        let now = Instant::now();
        if self.subject.take_if(|due| *due <= now).is_some() {
            return Some(PanelChange::Subject);
        }
        let (changed, _) = self.snapshot.take()?;
        self.told_at = Some(now);
        Some(PanelChange::Snapshot(changed))
    }

    fn note(&mut self, heard: Heard) {
        let soon = Instant::now() + COLLECT;
        match heard {
            Heard::OfContact(SignalEvent::Changed(Change::Conversation))
            | Heard::OfCustomer(SignalEvent::Changed(Change::Conversation)) => {
                self.subject_changed(soon, OPEN_FOR_CONVERSATION_EVERY);
            }
            Heard::OfContact(SignalEvent::Changed(_))
            | Heard::OfCustomer(SignalEvent::Changed(Change::Contact)) => {
                self.subject_changed(soon, OPEN_EVERY);
            }
            Heard::OfCustomer(SignalEvent::Changed(change)) => {
                self.snapshot_changed(Some(change), soon);
            }
            Heard::OfCustomer(SignalEvent::Missed) => self.snapshot_changed(None, soon),
            // All panels miss signals at once: if they all opened again, Chatwoot would be called for
            // each. They do when their tokens expire.
            Heard::OfContact(SignalEvent::Missed) => {}
        }
    }

    fn subject_changed(&mut self, soon: Instant, every: Duration) {
        let due = soon.max(self.opened_at + every);
        self.subject = Some(self.subject.map_or(due, |before| before.min(due)));
    }

    fn snapshot_changed(&mut self, change: Option<Change>, soon: Instant) {
        let earliest = self.told_at.map_or(soon, |at| soon.max(at + SNAPSHOT_EVERY));
        let unknown = self.snapshot.as_ref().is_some_and(|(changed, _)| changed.is_empty());
        let (changed, _) = self.snapshot.get_or_insert_with(|| (BTreeSet::new(), earliest));
        match change {
            Some(change) if !unknown => drop(changed.insert(change)),
            // Whatever may have changed is more than what is known.
            Some(_) => {}
            None => changed.clear(),
        }
    }
}

/// An event of one of the subscriptions.
#[derive(Clone, Copy)]
enum Heard {
    OfCustomer(SignalEvent),
    OfContact(SignalEvent),
}

async fn hear(
    of_customer: Option<&mut (dyn Subscription + 'static)>,
    of_contact: &mut (dyn Subscription + 'static),
) -> Heard {
    let Some(of_customer) = of_customer else { return Heard::OfContact(of_contact.next().await) };
    match select(of_customer.next(), of_contact.next()).await {
        Either::Left((event, _)) => Heard::OfCustomer(event),
        Either::Right((event, _)) => Heard::OfContact(event),
    }
}

//! Checks whether a store's webhooks arrive at this host.

use std::time::Duration;

use chatwoot_client::application::contacts::{ContactKey, ContactsQuery, NewContact};
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::{Account, ContactId, Error, ErrorKind};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::guard;
use crate::identity::ProbeMark;
use crate::model::StoreId;
use crate::ports::{PortError, Ports};

/// The name of the contact that is created.
const NAME: &str = "Webhook check";

/// The longest delay between two looks into the ledger.
const LONGEST_POLL: Duration = Duration::from_secs(1);

/// How much longer than the time limit a contact may exist before another check removes it: longer
/// than its own removal takes, with retries.
const MARGIN: Duration = Duration::from_mins(10);

/// A webhook that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoundTrip {
    /// The time from the request to Chatwoot until the delivery was in the ledger.
    pub took: Duration,
    /// The contact of the check, if it could not be removed; the next check removes it.
    pub left: Option<ContactId>,
}

/// The reason why no webhook arrived.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoundTripError {
    /// The store's account cannot be used; nothing was sent.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// The store has no webhook; nothing was sent.
    #[error("store {0} has no webhook: provision it")]
    NoWebhook(StoreId),
    /// Chatwoot refused the request that would have caused a webhook.
    #[error("Chatwoot refuses the contact of the check: {0}; is the token an administrator's?")]
    Refused(#[source] Error),
    /// Chatwoot could not be reached or failed, so it is not known whether it sent a webhook.
    #[error("Chatwoot did not take the contact of the check: {0}")]
    NotSent(#[source] Error),
    /// A webhook arrived, and its signature is not that of the store's webhook.
    #[error(
        "the webhook arrived after {took:?} and its signature is another webhook's: rotate the \
         webhook's secret, or provision the store"
    )]
    WrongSignature {
        /// The time from the request to Chatwoot until the delivery was refused.
        took: Duration,
    },
    /// No webhook was accepted in time.
    #[error(
        "no webhook arrived within {within:?}: compare the address and the subscriptions of the \
         webhook in Chatwoot with the store's, and see whether its server reaches this host; \
         Chatwoot's background jobs may be late too"
    )]
    NotReceived {
        /// The time limit.
        within: Duration,
    },
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Checks whether a store's webhooks arrive at this host: creates a marked contact in the store's
/// account, and waits until an [`Intake`](crate::intake::Intake) has accepted the webhook that
/// Chatwoot sends for it. Returns how long that took.
///
/// It may be any process's intake that uses the same [`WebhookLedger`](crate::ports::WebhookLedger):
/// the ledger remembers the delivery. No handler receives it, and no customer is linked with the
/// contact. The contact has no email address, no phone number and no inbox, and is removed at the
/// end, whatever the result is. If the future is dropped before the end, or the removal fails, the
/// contact named `Webhook check` is left, and the first check that begins ten minutes after the time
/// limit removes it.
///
/// A delivery takes as long as Chatwoot's background jobs need; half a minute is a sensible limit.
///
/// # Errors
/// Returns an error if the webhook was not sent, did not arrive in time or was refused, or a port
/// failed.
///
/// ```
/// # use store_context::accounts::Accounts;
/// # use store_context::model::StoreId;
/// # use store_context::ports::Ports;
/// use std::time::Duration;
/// use store_context::doctor::{RoundTripError, check_round_trip};
///
/// # async fn example(accounts: Accounts, ports: Ports, store: StoreId) {
/// match check_round_trip(&accounts, &ports, &store, Duration::from_secs(30)).await {
///     Ok(trip) => println!("a webhook arrives after {:?}", trip.took),
///     Err(RoundTripError::NotReceived { .. }) => println!("is the address right?"),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
pub async fn check_round_trip(
    accounts: &Accounts,
    ports: &Ports,
    store: &StoreId,
    within: Duration,
) -> Result<RoundTrip, RoundTripError> {
    let open = accounts.open(store).await?;
    if open.record.account.webhook.is_none() {
        return Err(RoundTripError::NoWebhook(store.clone()));
    }
    let now = ports.clock.now();
    remove_left(&open, now).await;
    let until = now.checked_add(within.saturating_add(MARGIN)).unwrap_or(Timestamp::MAX);
    let mark = ProbeMark::new(&open.identity, until);
    let wanted = NewContact {
        name: Some(NAME.to_owned()),
        identifier: Some(mark.identifier().to_owned()),
        ..NewContact::default()
    };
    let began = Instant::now();
    let contact = match open.account.contacts().create(&wanted).await {
        Ok(made) => made.contact.id,
        Err(error) => {
            remove_unknown(&open.account, &mark).await;
            let refused = error.status().is_some_and(|status| (400..500).contains(&status));
            let refused = refused && !matches!(error.kind(), ErrorKind::RateLimited);
            let why = if refused { RoundTripError::Refused } else { RoundTripError::NotSent };
            return Err(why(error));
        }
    };
    let arrived = arrival(ports, &open, &mark, began, within).await;
    let removed = remove(&open.account, contact).await;
    Ok(RoundTrip { took: arrived?, left: (!removed).then_some(contact) })
}

/// Waits until the ledger knows the contact's webhook.
async fn arrival(
    ports: &Ports,
    open: &OpenAccount,
    mark: &ProbeMark,
    began: Instant,
    within: Duration,
) -> Result<Duration, RoundTripError> {
    let (ledger, store) = (&*ports.webhooks, &open.record.store.id);
    let keys = [mark.received_key(), mark.refused_key()];
    let mut poll = Duration::from_millis(20);
    loop {
        // The last look is after the whole time.
        let took = began.elapsed();
        let unknown = guard::port("webhooks", ledger.unknown(store, &open.key, &keys)).await;
        match unknown {
            Ok(unknown) if !unknown.contains(&keys[0]) => return Ok(took),
            Ok(unknown) if !unknown.contains(&keys[1]) => {
                return Err(RoundTripError::WrongSignature { took });
            }
            Ok(_) if took >= within => return Err(RoundTripError::NotReceived { within }),
            Err(error) if took >= within => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        sleep(poll.min(within.saturating_sub(took)).max(Duration::from_millis(1))).await;
        poll = (poll * 2).min(LONGEST_POLL);
    }
}

/// Removes a contact; returns whether it is gone.
async fn remove(account: &Account, contact: ContactId) -> bool {
    match account.contacts().delete(contact).await {
        Err(error) if !error.is_not_found() => {
            tracing::warn!(%error, %contact, "the contact of a webhook check is left");
            false
        }
        _ => true,
    }
}

/// Removes the contact if it was created although the request failed.
async fn remove_unknown(account: &Account, mark: &ProbeMark) {
    let key = ContactKey::Identifier(mark.identifier().to_owned());
    match account.contacts().find_exact(key).await {
        Ok(Some(contact)) => {
            remove(account, contact.id).await;
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the contact of a webhook check may be left"),
    }
}

/// Removes the contacts of earlier checks that were interrupted.
async fn remove_left(open: &OpenAccount, now: Timestamp) {
    let named = Filter::new(FilterCondition::equal_to("name", [NAME]));
    let left = match open.account.contacts().filter(&named, &ContactsQuery::default()).await {
        Ok(page) => page.payload,
        Err(error) => {
            tracing::debug!(%error, "contacts of earlier webhook checks are not removed");
            return;
        }
    };
    for contact in left {
        let mark = contact.identifier.as_deref();
        let mark = mark.and_then(|text| ProbeMark::read(&open.identity, text, now));
        if mark.is_some_and(|mark| mark.is_over(now)) {
            remove(&open.account, contact.id).await;
        }
    }
}

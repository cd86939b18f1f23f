//! Sending of the deliveries in the outbox: each once, in parallel, in no guaranteed order.

use std::sync::Arc;
use std::time::Duration;

use crate::fake::FakeChatwoot;
use crate::fake::background;
use crate::fake::http::faults::DeliveryAction;
use crate::fake::state::State;
use crate::fake::webhook::events::{Delivery, Fact, render};
use crate::http::Body;
use crate::http::transport::Transport;

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The receiver responded with this status; any but a 2xx is lost, as on the server.
    Delivered(u16),
    /// No response in time, or no connection: the delivery is lost.
    Failed,
    /// A fault prevented the delivery.
    Dropped,
}

/// An entry of the delivery journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryRecord {
    /// The name of the event.
    pub event: String,
    /// The id of the account.
    pub account: u64,
    /// `X-Chatwoot-Delivery`.
    pub delivery_id: String,
    /// The records that the delivery is about.
    pub fact: Fact,
    /// The outcome of the delivery.
    pub outcome: DeliveryOutcome,
}

const WORKERS: usize = 4;
/// How long a delivery is held back so that the next one overtakes it.
const SWAP_DELAY: Duration = Duration::from_millis(40);

impl FakeChatwoot {
    /// Sends webhooks through `transport` from now on, in tasks of the current tokio runtime. Each
    /// is sent once with the server's timeout; [`Self::deliveries`] returns the outcomes.
    #[expect(clippy::needless_pass_by_value, reason = "a host hands its transport over")]
    pub fn deliver_through(&self, transport: Arc<dyn Transport>) {
        for _ in 0..WORKERS {
            let (weak, transport) = (self.downgrade(), Arc::clone(&transport));
            tokio::spawn(async move {
                // Ends when the last handle to the fake is dropped.
                while let Some(strong) = weak.upgrade() {
                    let wake = Arc::clone(&strong.wake);
                    // A wake-up between the check and the wait is not missed.
                    let woken = wake.notified();
                    tokio::pin!(woken);
                    woken.as_mut().enable();
                    let taken = Self::take_one(&strong);
                    let timeout = strong.webhook_timeout;
                    if let Some((delivery, action)) = taken {
                        let alive = Self { inner: strong };
                        alive.deliver(&*transport, delivery, action, timeout).await;
                        continue;
                    }
                    let due = strong.lock().jobs.next_due();
                    drop(strong);
                    match due {
                        Some(due) => drop(tokio::time::timeout_at(due, woken).await),
                        None => woken.await,
                    }
                }
            });
        }
    }

    async fn deliver(
        &self,
        transport: &dyn Transport,
        delivery: Delivery,
        action: DeliveryAction,
        timeout: Duration,
    ) {
        let count = match action {
            DeliveryAction::Drop => 0,
            DeliveryAction::Send | DeliveryAction::Swap => 1,
            DeliveryAction::Double => 2,
        };
        if action == DeliveryAction::Swap {
            // There is no next delivery: one that arrives in the meantime overtakes it.
            tokio::time::sleep(SWAP_DELAY).await;
        }
        let mut outcomes = Vec::new();
        for _ in 0..count {
            let now = self.lock().now();
            let request = delivery.request(now).map(Body::from);
            let sent = tokio::time::timeout(timeout, transport.send(request, timeout)).await;
            outcomes.push(match sent {
                Ok(Ok(response)) => DeliveryOutcome::Delivered(response.status().as_u16()),
                _ => DeliveryOutcome::Failed,
            });
        }
        if outcomes.is_empty() {
            outcomes.push(DeliveryOutcome::Dropped);
        }
        for outcome in outcomes {
            self.record(&delivery, outcome);
        }
        self.lock().outbox.in_flight -= 1;
    }

    fn record(&self, delivery: &Delivery, outcome: DeliveryOutcome) {
        self.records().push(DeliveryRecord {
            event: delivery.event.clone(),
            account: delivery.account,
            delivery_id: delivery.delivery_id.clone(),
            fact: delivery.fact,
            outcome,
        });
    }

    /// Waits until everything is rendered, the outbox is empty and no delivery is in progress.
    pub async fn idle(&self) {
        loop {
            {
                let mut state = self.lock();
                background::tick(&mut state);
                if !state.has_events() && state.outbox.in_flight == 0 {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Returns the outcomes of all deliveries so far, in the order of their completion.
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.records().clone()
    }

    /// Returns and removes the deliveries in the outbox, for tests that send them themselves.
    /// Webhook faults apply. What is still to be [rendered](Self::set_webhook_rendering) later
    /// stays.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        let mut taken = Vec::new();
        while let Some((delivery, action)) = Self::take_one(&self.inner) {
            self.lock().outbox.in_flight -= 1;
            match action {
                DeliveryAction::Drop => self.record(&delivery, DeliveryOutcome::Dropped),
                DeliveryAction::Send | DeliveryAction::Swap => taken.push(delivery),
                DeliveryAction::Double => {
                    taken.push(delivery.clone());
                    taken.push(delivery);
                }
            }
        }
        taken
    }

    /// Returns the next delivery and its handling; a swapped one goes behind the next one.
    fn take_one(inner: &crate::fake::Inner) -> Option<(Delivery, DeliveryAction)> {
        let mut state = inner.lock();
        background::tick(&mut state);
        let mut delivery = next_delivery(&mut state)?;
        state.outbox.in_flight += 1;
        // A delivery that was swapped once is sent next, whatever the faults are.
        let action = if delivery.swapped { DeliveryAction::Send } else { state.faults.action() };
        if action == DeliveryAction::Swap
            && let Some(next) = next_delivery(&mut state)
        {
            delivery.swapped = true;
            state.outbox.waiting.push_front(delivery);
            return Some((next, DeliveryAction::Send));
        }
        Some((delivery, action))
    }
}

/// Returns the next delivery; what is rendered when it is taken is rendered now.
fn next_delivery(state: &mut State) -> Option<Delivery> {
    loop {
        if let Some(delivery) = state.outbox.waiting.pop_front() {
            return Some(delivery);
        }
        let event = state.outbox.events.pop_front()?;
        render(state, &event);
    }
}

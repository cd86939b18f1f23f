//! Groups of deliveries that are committed together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store_context::model::{AccountKey, StoreId};
use store_context::ports::{EntrySource, NewEntry, PortError, PortResult, Taken};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use super::rows::NewRow;
use super::take::{Request, TakeError, take};
use crate::postgres::Database;

/// The number of calls that wait or are being committed. Further callers wait for a place.
const PLACES: usize = 1024;

/// The number of entries in a group, unless its first call has more.
const GROUP: usize = 256;

/// The number of groups that are committed at the same time.
const AT_ONCE: usize = 1;

/// How long a group is gathered while several callers are busy. A larger group costs less for each.
const GATHER: Duration = Duration::from_millis(2);

/// Gathers concurrent calls of a process into transactions.
#[derive(Debug)]
pub(super) struct Groups {
    database: Database,
    taken: Arc<Notify>,
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Pending>,
    // The tasks that commit groups. They end when nothing waits.
    running: usize,
}

/// A call that waits for its group.
#[derive(Debug)]
struct Pending {
    request: Request,
    answer: oneshot::Sender<PortResult<Vec<Taken>>>,
    _place: OwnedSemaphorePermit,
}

impl Groups {
    pub(super) fn new(database: Database, taken: Arc<Notify>) -> Self {
        let places = Arc::new(Semaphore::new(PLACES));
        Self { database, taken, places, state: Mutex::default() }
    }

    /// Takes entries as a part of the next group. A caller that is dropped may or may not have its
    /// entries taken, and does not hold the others of its group up.
    pub(super) async fn take(
        self: &Arc<Self>,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let rows = entries.iter().map(|entry| NewRow::new(account, entry));
        let rows = rows.collect::<PortResult<Vec<NewRow>>>()?;
        let is_webhook = entries.iter().any(|entry| entry.source == EntrySource::Webhook);
        let request = Request { store: store.clone(), account: account.clone(), rows, is_webhook };
        let place = self.places.clone().acquire_owned().await?;
        let (answer, answered) = oneshot::channel();
        let start = {
            let mut state = self.state();
            state.waiting.push_back(Pending { request, answer, _place: place });
            let start = state.running < AT_ONCE;
            if start {
                state.running += 1;
            }
            start
        };
        if start {
            // A task of its own: the caller may be dropped in the middle of others' commit.
            tokio::spawn(Running { groups: self.clone(), is_counted: true }.run());
        }
        answered.await.unwrap_or_else(|_| Err(PortError::new("webhooks", "the group was dropped")))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the next group from those that wait.
    fn next(&self) -> Vec<Pending> {
        let mut state = self.state();
        let (mut group, mut entries) = (Vec::new(), 0);
        while let Some(first) = state.waiting.front() {
            let with_it = entries + first.request.rows.len();
            if with_it > GROUP && !group.is_empty() {
                break;
            }
            // Nobody waits for the answer of a dropped caller.
            if let Some(pending) = state.waiting.pop_front().filter(|it| !it.answer.is_closed()) {
                entries = with_it;
                group.push(pending);
            }
        }
        group
    }

    async fn commit(&self, group: Vec<Pending>) {
        let requests: Vec<&Request> = group.iter().map(|pending| &pending.request).collect();
        match take(&self.database, &requests).await {
            Ok(taken) => {
                for (pending, taken) in group.into_iter().zip(taken) {
                    self.answer(pending, Ok(taken));
                }
            }
            // One entry that the database refuses must not cost the others.
            Err(error) if error.is_of_one() && group.len() > 1 => {
                tracing::warn!("a group of deliveries was refused: they are taken one by one");
                for pending in group {
                    let alone = take(&self.database, &[&pending.request]).await;
                    let alone = alone.map(|mut taken| taken.pop().unwrap_or_default());
                    self.answer(pending, alone.map_err(TakeError::into_error));
                }
            }
            Err(error) => {
                let mut error = Some(error);
                for pending in group {
                    let error = error.take().map_or_else(
                        || PortError::new("webhooks", "the group of deliveries failed"),
                        TakeError::into_error,
                    );
                    self.answer(pending, Err(error));
                }
            }
        }
    }

    fn answer(&self, pending: Pending, taken: PortResult<Vec<Taken>>) {
        let is_new = |taken: &Vec<Taken>| taken.iter().any(|taken| *taken != Taken::Known);
        if taken.as_ref().is_ok_and(is_new) {
            self.taken.notify_one();
        }
        // The caller may have been dropped.
        let _ = pending.answer.send(taken);
    }
}

/// A task that commits groups. It is counted until it ends, also if it ends by a panic.
struct Running {
    groups: Arc<Groups>,
    is_counted: bool,
}

impl Running {
    async fn run(mut self) {
        loop {
            let group = self.groups.next();
            if !group.is_empty() {
                let is_busy = group.len() > 1;
                self.groups.commit(group).await;
                if is_busy {
                    tokio::time::sleep(GATHER).await;
                }
                continue;
            }
            let mut state = self.groups.state();
            // Under the lock, so that a caller that comes now starts another task.
            if state.waiting.is_empty() {
                state.running -= 1;
                self.is_counted = false;
                break;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_counted {
            self.groups.state().running -= 1;
        }
    }
}

//! Groups of deliveries that are committed together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{EntrySource, NewEntry, PortError, PortResult, Taken};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::rows::NewRow;
use super::take::{Request, TakeError, take};
use crate::postgres::Database;

/// The number of calls that wait or are being committed. Further callers wait for a place.
const PLACES: usize = 1024;

/// The number of entries in a group, unless its first call has more.
const GROUP: usize = 256;

/// The number of groups that are committed at the same time.
const AT_ONCE: usize = 1;

/// How long a group is gathered at most while several callers are busy. A larger group costs less for
/// each.
const GATHER: Duration = Duration::from_millis(4);

/// The number of groups that are committed on one connection before it goes back to the pool. The pool
/// asks the server with each connection whether it is still there, which is a round trip of six.
const KEPT: u32 = 32;

/// A connection that is kept for the next group.
type Kept = Option<PoolConnection<Postgres>>;

/// Gathers concurrent calls of a process into transactions.
#[derive(Debug)]
pub(super) struct Groups {
    database: Database,
    taken: Arc<Notify>,
    places: Arc<Semaphore>,
    state: Mutex<State>,
    // Says that as many calls wait as a group is gathered for.
    gathered: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Pending>,
    // The tasks that commit groups. They end when nothing waits.
    running: usize,
    // The number of calls that a group is gathered for: those of all who were busy before.
    busy: usize,
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
        Self { database, taken, places, state: Mutex::default(), gathered: Notify::new() }
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
            if state.waiting.len() == state.busy {
                self.gathered.notify_waiters();
            }
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

    /// Waits until the callers who were just answered are back, a group is full, or some time is over.
    async fn gather(&self, answered: usize) {
        let gathered = self.gathered.notified();
        let is_full = {
            let mut state = self.state();
            state.busy = GROUP.min(answered + state.waiting.len());
            state.waiting.len() >= state.busy
        };
        if !is_full {
            let _ = timeout(GATHER, gathered).await;
        }
    }

    async fn commit(&self, group: Vec<Pending>, kept: &mut Kept) {
        let requests: Vec<&Request> = group.iter().map(|pending| &pending.request).collect();
        match self.take_group(&requests, kept).await {
            Ok(taken) => {
                for (pending, taken) in group.into_iter().zip(taken) {
                    self.answer(pending, Ok(taken));
                }
            }
            // One entry that the database refuses must not cost the others.
            Err(error) if error.is_of_one() && group.len() > 1 => {
                tracing::warn!("a group of deliveries was refused: they are taken one by one");
                for pending in group {
                    let alone = self.take_group(&[&pending.request], kept).await;
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

    /// Takes a group on the connection that was kept, or on another one, which is kept.
    async fn take_group(
        &self,
        requests: &[&Request],
        kept: &mut Kept,
    ) -> Result<Vec<Vec<Taken>>, TakeError> {
        if let Some(mut connection) = kept.take() {
            match take(&self.database, &mut connection, requests).await {
                // The server has closed it since the last group.
                Err(TakeError::NotBegun(_)) => {}
                taken => {
                    *kept = Some(connection).filter(|_| taken.is_ok());
                    return taken;
                }
            }
        }
        let mut connection = self.database.pool().acquire().await?;
        let taken = take(&self.database, &mut connection, requests).await;
        *kept = Some(connection).filter(|_| taken.is_ok());
        taken
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
        let (mut kept, mut groups) = (Kept::None, 0_u32);
        loop {
            let group = self.groups.next();
            if !group.is_empty() {
                let calls = group.len();
                self.groups.commit(group, &mut kept).await;
                groups += 1;
                kept = kept.filter(|_| !groups.is_multiple_of(KEPT));
                if calls > 1 {
                    self.groups.gather(calls).await;
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

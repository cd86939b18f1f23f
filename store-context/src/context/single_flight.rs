//! Shares one read among concurrent requests.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::OnceCell;

use crate::guard::lock;

/// The reads in progress, by key. A key is present only while a request waits for it.
#[derive(Debug)]
pub(super) struct SingleFlight<T>(Mutex<HashMap<String, InFlight<T>>>);

#[derive(Debug)]
struct InFlight<T> {
    call: Arc<SharedCall<T>>,
    waiters: usize,
}

/// A read that several requests may wait for.
#[derive(Debug)]
pub(super) struct SharedCall<T> {
    answer: OnceCell<T>,
    forgotten: AtomicBool,
}

impl<T> SharedCall<T> {
    fn new() -> Self {
        Self { answer: OnceCell::new(), forgotten: AtomicBool::new(false) }
    }

    /// Returns whether the value may be out of date: the waiting requests get it, but it must not
    /// be cached.
    pub(super) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::SeqCst)
    }
}

impl<T> SingleFlight<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Waits for the read in progress, or starts one. If the request that reads is dropped, another
    /// waiting request reads.
    pub(super) async fn join<R: Future<Output = T>>(
        &self,
        key: &str,
        read: impl FnOnce(Arc<SharedCall<T>>) -> R,
    ) -> T
    where
        T: Clone,
    {
        let waiter = self.enter(key);
        waiter.call.answer.get_or_init(|| read(waiter.call.clone())).await.clone()
    }

    /// Makes later requests start a new read instead of joining the one in progress.
    pub(super) fn forget(&self, key: &str) {
        if let Some(running) = self.lock().remove(key) {
            running.call.forgotten.store(true, Ordering::SeqCst);
        }
    }

    fn enter<'a>(&'a self, key: &'a str) -> Waiter<'a, T> {
        let mut calls = self.lock();
        let running = calls
            .entry(key.to_owned())
            .or_insert_with(|| InFlight { call: Arc::new(SharedCall::new()), waiters: 0 });
        running.waiters += 1;
        Waiter { calls: self, key, call: running.call.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, InFlight<T>>> {
        lock(&self.0)
    }
}

/// A request that waits for a read; dropping it cancels the wait.
struct Waiter<'a, T> {
    calls: &'a SingleFlight<T>,
    key: &'a str,
    call: Arc<SharedCall<T>>,
}

impl<T> Drop for Waiter<'_, T> {
    fn drop(&mut self) {
        let mut calls = self.calls.lock();
        // After `forget`, another call may have the key.
        let own = calls.get_mut(self.key).filter(|b| Arc::ptr_eq(&b.call, &self.call));
        if let Some(running) = own {
            running.waiters -= 1;
            if running.waiters == 0 || self.call.answer.initialized() {
                calls.remove(self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::{sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn read(calls: &SingleFlight<usize>, reads: &AtomicUsize, key: &str) -> usize {
        let read = |_| async {
            sleep(SECOND).await;
            reads.fetch_add(1, Ordering::SeqCst) + 1
        };
        calls.join(key, read).await
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_once_gets_one_answer() {
        let (calls, reads) = (SingleFlight::new(), AtomicUsize::new(0));
        let answers = join_all((0..10).map(|_| read(&calls, &reads, "a"))).await;
        assert_eq!(answers, [1; 10]);
        assert!(calls.lock().is_empty());
        assert_eq!(read(&calls, &reads, "a").await, 2, "who asks later gets a later answer");
        join_all(["b", "c"].map(|key| read(&calls, &reads, key))).await;
        assert_eq!(reads.into_inner(), 4, "keys are apart");
    }

    #[tokio::test(start_paused = true)]
    async fn another_reads_where_the_first_gives_up() {
        let (calls, reads) = (SingleFlight::new(), AtomicUsize::new(0));
        let hasty = timeout(SECOND / 2, read(&calls, &reads, "a"));
        let (hasty, patient) = tokio::join!(hasty, read(&calls, &reads, "a"));
        assert!(hasty.is_err());
        assert_eq!(patient, 1);
        timeout(SECOND / 2, read(&calls, &reads, "a")).await.unwrap_err();
        assert!(calls.lock().is_empty(), "what nobody waits for is let go");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_after_a_change_gets_a_new_answer() {
        let (calls, reads) = (SingleFlight::new(), AtomicUsize::new(0));
        let change_and_read = async {
            sleep(SECOND / 2).await;
            calls.forget("a");
            read(&calls, &reads, "a").await
        };
        let before = read(&calls, &reads, "a");
        assert_eq!(tokio::join!(before, change_and_read), (1, 2));
        assert!(calls.lock().is_empty());
    }
}

//! Runs one worker until it is stopped, and restarts it after a panic.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use crate::backoff::retry_after;
use crate::guard::{self, lock};
use crate::ports::Ports;

/// Starts a worker, which ends when the given future completes.
type Start = dyn Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync;

/// A worker that is restarted after a panic.
pub(super) struct Worker {
    name: &'static str,
    start: Box<Start>,
    ports: Ports,
    running: AtomicBool,
    restarts: AtomicU32,
    /// When it was last polled: that is every few seconds, whether or not it has work.
    polled: Mutex<Option<Instant>>,
}

/// How often a worker is polled at least: some sleep for minutes.
const BEAT: Duration = Duration::from_secs(5);

/// A worker that ran for so long before it panicked begins its waits anew.
const STEADY: Duration = Duration::from_mins(10);

impl Worker {
    pub(super) fn new<F>(
        name: &'static str,
        ports: Ports,
        start: impl Fn(BoxFuture<'static, ()>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            start: Box::new(move |shutdown| start(shutdown).boxed()),
            ports,
            running: AtomicBool::new(false),
            restarts: AtomicU32::new(0),
            polled: Mutex::default(),
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Relaxed)
    }

    pub(super) fn restarts(&self) -> u32 {
        self.restarts.load(Relaxed)
    }

    /// Returns the time since the worker was last polled.
    pub(super) fn polled_ago(&self) -> Option<Duration> {
        let polled = *lock(&self.polled);
        polled.map(|polled| polled.elapsed())
    }

    /// Runs the worker until `shutdown` completes and the worker has ended.
    pub(super) async fn run(&self, shutdown: impl Future<Output = ()> + Clone + Send + 'static) {
        let mut in_a_row = 0;
        loop {
            let started = Instant::now();
            // Dropped with this future too, when the engine itself is dropped.
            let running = Running::set(&self.running);
            let work = pin!((self.start)(shutdown.clone().boxed()));
            let ended = AssertUnwindSafe(self.watched(work)).catch_unwind().await;
            drop(running);
            if ended.is_ok() {
                return;
            }
            in_a_row = if started.elapsed() < STEADY { in_a_row + 1 } else { 1 };
            let restarts = self.restarts.fetch_add(1, Relaxed).saturating_add(1);
            let wait = retry_after(in_a_row);
            tracing::error!(
                worker = self.name,
                restarts,
                ?wait,
                "a worker panicked; it starts again"
            );
            guard::observe(&*self.ports.observer, |to| to.worker_restarted(self.name, restarts));
            tokio::select! {
                biased;
                () = shutdown.clone() => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// Polls a future, and records the time of each poll.
    async fn watched(&self, mut work: impl Future<Output = ()> + Unpin) {
        let mut beat = pin!(sleep(BEAT));
        poll_fn(|context| {
            let now = Instant::now();
            *lock(&self.polled) = Some(now);
            while beat.as_mut().poll(context).is_ready() {
                beat.as_mut().reset(now + BEAT);
            }
            work.poll_unpin(context)
        })
        .await;
    }
}

/// Marks a worker as running until it is dropped.
struct Running<'a>(&'a AtomicBool);

impl<'a> Running<'a> {
    fn set(running: &'a AtomicBool) -> Self {
        running.store(true, Relaxed);
        Self(running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}

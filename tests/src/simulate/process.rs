//! A process of the host: its workers as one future, which can be dropped at any await.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::sim::lock;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was killed.
    Killed,
    /// Its future was ready, which it never should be.
    Returned,
    /// It panicked.
    Panicked,
}

/// When a process is killed, and until when it stands still.
#[derive(Clone, Debug, Default)]
pub(super) struct Fuse {
    /// After so many polls it is killed; 0 for never.
    polls: Arc<AtomicU32>,
    still_until: Arc<Mutex<Option<Instant>>>,
}

impl Fuse {
    pub(super) fn light(&self, polls: u32) {
        self.polls.store(polls, Ordering::SeqCst);
    }

    /// Lets it stand still for a while, as a machine does that is out of memory. The world around it
    /// goes on, and then so does it.
    pub(super) fn stall(&self, lasting: Duration) {
        *lock(&self.still_until) = Some(Instant::now() + lasting);
    }

    pub(super) fn still_until(&self) -> Option<Instant> {
        lock(&self.still_until).filter(|until| *until > Instant::now())
    }

    /// Whether it has burned down with this poll.
    fn burns_down(&self) -> bool {
        let left = self.polls.load(Ordering::SeqCst);
        if left > 0 {
            self.polls.store(left - 1, Ordering::SeqCst);
        }
        left == 1
    }
}

/// A future that is dropped when its fuse has burned down.
pub(super) struct Killable<F> {
    inner: Option<Pin<Box<F>>>,
    fuse: Fuse,
    /// Wakes it when it no longer stands still.
    still: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = ()>> Killable<F> {
    pub(super) fn new(inner: F, fuse: Fuse) -> Self {
        Self { inner: Some(Box::pin(inner)), fuse, still: None }
    }
}

impl<F: Future<Output = ()>> Future for Killable<F> {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        if let Some(until) = self.fuse.still_until() {
            let still = self.still.get_or_insert_with(|| Box::pin(sleep_until(until)));
            still.as_mut().reset(until);
            if still.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        if self.fuse.burns_down() {
            self.inner = None;
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(Ended::Killed) };
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(context)));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => Ended::Returned,
            Err(_) => Ended::Panicked,
        };
        self.inner = None;
        Poll::Ready(ended)
    }
}

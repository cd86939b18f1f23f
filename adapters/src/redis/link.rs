//! The host's connection with a time limit for each command, and the decision to do without it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use ::redis::{ErrorKind, Pipeline, RedisError, RedisResult};
use store_context::Timestamp;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::health::Counters;
use super::keys::{Hashed, Keys};
use super::lock;

/// How often a Redis that is away is asked whether it is back.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// How many removals are kept for a Redis that is away. More are forgotten, and the values end with
/// their time.
const MOST_REMOVALS: usize = 100_000;

/// How many removals are made up for by one command.
const AT_ONCE: usize = 500;

/// How long the number of a key's removals is kept: longer than a read, from the miss to the put.
const REMOVED_KEPT_MS: u64 = 120_000;

/// Redis gave no answer, or an error; it is counted and told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unavailable;

pub(super) struct Link {
    connection: ConnectionManager,
    timeout: Duration,
    pub(super) keys: Keys,
    pub(super) counters: Counters,
    /// Whether commands are sent. It is set and unset under the lock of `state`.
    in_use: AtomicBool,
    state: Mutex<State>,
    /// Wakes [`Link::recover`].
    left: Notify,
    removals: Mutex<Removals>,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    /// When the use of Redis began or ended.
    pub(super) since: Timestamp,
    pub(super) last_error: Option<String>,
}

/// The removals that Redis has not confirmed, each with a number of its own.
#[derive(Debug, Default)]
struct Removals {
    open: HashMap<Hashed, u64>,
    next: u64,
}

impl Link {
    pub(super) fn new(connection: ConnectionManager, timeout: Duration, keys: Keys) -> Self {
        Self {
            connection,
            timeout,
            keys,
            counters: Counters::default(),
            in_use: AtomicBool::new(true),
            state: Mutex::new(State { since: Timestamp::now(), last_error: None }),
            left: Notify::new(),
            removals: Mutex::default(),
        }
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.in_use.load(Ordering::Acquire)
    }

    pub(super) fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// Runs a command, unless Redis is away.
    pub(super) async fn run<T, Answer>(
        &self,
        command: impl FnOnce(ConnectionManager) -> Answer,
    ) -> Result<T, Unavailable>
    where
        Answer: Future<Output = RedisResult<T>>,
    {
        if !self.is_in_use() {
            self.counters.skipped.add();
            return Err(Unavailable);
        }
        match self.attempt(command).await {
            Ok(answer) => Ok(answer),
            Err(failure) => {
                if failure.leaves {
                    self.leave(&failure.what);
                } else {
                    tracing::debug!(error = failure.what, "Redis refused a command");
                    lock(&self.state).last_error = Some(failure.what);
                }
                Err(Unavailable)
            }
        }
    }

    async fn attempt<T, Answer>(
        &self,
        command: impl FnOnce(ConnectionManager) -> Answer,
    ) -> Result<T, Failure>
    where
        Answer: Future<Output = RedisResult<T>>,
    {
        self.counters.commands.add();
        match timeout(self.timeout, command(self.connection.clone())).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.counters.errors.add();
                Err(Failure::from(&error))
            }
            Err(_elapsed) => {
                self.counters.timeouts.add();
                Err(Failure { what: format!("no answer within {:?}", self.timeout), leaves: true })
            }
        }
    }

    /// Ends the use of Redis, until it answers again.
    fn leave(&self, error: &str) {
        let mut state = lock(&self.state);
        state.last_error = Some(error.to_owned());
        if self.in_use.swap(false, Ordering::AcqRel) {
            state.since = Timestamp::now();
            tracing::warn!(error, "Redis is away: the host works without it");
            self.left.notify_one();
        }
    }

    /// Asks a Redis that is away until it is back, and makes up for removals; for a task.
    pub(super) async fn recover(self: std::sync::Arc<Self>) {
        loop {
            self.left.notified().await;
            while let Err(failure) = self.try_to_return().await {
                lock(&self.state).last_error = Some(failure.what);
                sleep(ASK_EVERY).await;
            }
        }
    }

    async fn try_to_return(&self) -> Result<(), Failure> {
        self.attempt(async |mut connection| {
            ::redis::cmd("PING").query_async::<()>(&mut connection).await
        })
        .await?;
        while self.make_up().await? {}
        let mut state = lock(&self.state);
        state.since = Timestamp::now();
        self.in_use.store(true, Ordering::Release);
        tracing::warn!("Redis is back");
        Ok(())
    }

    /// Removes some of the keys whose removal Redis has not confirmed; returns whether there were
    /// any.
    async fn make_up(&self) -> Result<bool, Failure> {
        let some: Vec<(Hashed, u64)> = {
            let removals = lock(&self.removals);
            removals.open.iter().take(AT_ONCE).map(|(key, number)| (*key, *number)).collect()
        };
        if some.is_empty() {
            return Ok(false);
        }
        let mut pipeline = ::redis::pipe();
        pipeline.atomic();
        for (key, _) in &some {
            // From nobody: the copies of this process are removed too.
            self.add_removal(&mut pipeline, key, [0; 8]);
        }
        self.attempt(async |mut connection| pipeline.exec_async(&mut connection).await).await?;
        self.close(&some);
        Ok(true)
    }

    /// Removes a key, now or when Redis is back.
    pub(super) async fn remove(&self, key: &Hashed, origin: [u8; 8]) {
        let Some(number) = self.open(key) else { return };
        let mut pipeline = ::redis::pipe();
        self.add_removal(pipeline.atomic(), key, origin);
        let run = async |mut connection| pipeline.exec_async(&mut connection).await;
        if self.run(run).await.is_ok() {
            self.close(&[(*key, number)]);
        } else {
            // What it holds may be out of date, whatever the error was.
            self.leave("a key was not removed");
        }
    }

    fn add_removal(&self, pipeline: &mut Pipeline, key: &Hashed, origin: [u8; 8]) {
        let [value, removed] = self.keys.cache(key);
        let message = [origin.as_slice(), key.as_bytes()].concat();
        pipeline.cmd("UNLINK").arg(&value).ignore();
        pipeline.cmd("INCR").arg(&removed).ignore();
        pipeline.cmd("PEXPIRE").arg(&removed).arg(REMOVED_KEPT_MS).ignore();
        pipeline.cmd("PUBLISH").arg(&self.keys.invalidations).arg(message).ignore();
    }

    /// Notes a removal before it is tried: who returns to use meanwhile makes up for it.
    fn open(&self, key: &Hashed) -> Option<u64> {
        let mut removals = lock(&self.removals);
        if removals.open.len() >= MOST_REMOVALS && !removals.open.contains_key(key) {
            return None;
        }
        removals.next += 1;
        let number = removals.next;
        removals.open.insert(*key, number);
        Some(number)
    }

    fn close(&self, confirmed: &[(Hashed, u64)]) {
        let mut removals = lock(&self.removals);
        for (key, number) in confirmed {
            // A later removal of the same key is another.
            if removals.open.get(key) == Some(number) {
                removals.open.remove(key);
            }
        }
    }

    /// Returns the number of removals that Redis has not confirmed.
    pub(super) fn open_removals(&self) -> usize {
        lock(&self.removals).open.len()
    }
}

/// Why a command failed.
struct Failure {
    /// Without details: the server's text may repeat arguments of the command.
    what: String,
    /// Whether the next command would fail too.
    leaves: bool,
}

impl From<&RedisError> for Failure {
    fn from(error: &RedisError) -> Self {
        let what = describe(error);
        let leaves = error.is_io_error()
            || error.is_unrecoverable_error()
            || error.kind() == ErrorKind::AuthenticationFailed;
        Self { what, leaves }
    }
}

/// Returns the kind of an error, without the server's text.
pub(super) fn describe(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("{} ({code})", error.category()),
        None => error.category().to_owned(),
    }
}

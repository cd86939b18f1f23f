//! The session: makes the calls, records their outcomes, and removes the created resources.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatwoot_client::{AccountId, Call, Client, ErrorKind, Platform, Secret, UserId};
use serde::de::DeserializeOwned;

use super::needs;
use super::report::{Outcome, Report};

/// The reason why a group stops: a value that it needs is missing.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    outcome: Outcome,
    operation: &'static str,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.outcome)
    }
}

/// The resources to remove, and the outcomes of the calls so far.
#[derive(Debug, Default)]
struct Log {
    report: Report,
    accounts: Vec<AccountId>,
    users: Vec<UserId>,
    /// The reason why the running group, or a part of it, stopped.
    cut: Option<Cut>,
}

/// Makes the calls and records their outcomes.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) platform: Platform,
    /// A unique word of this run, for names that must be unique on the server.
    pub(super) run: String,
    log: Mutex<Log>,
}

impl Session {
    pub(super) fn new(client: Client, platform_token: Secret) -> Self {
        let platform = client.platform(platform_token);
        let run = format!("{:x}", jiff::Timestamp::now().as_millisecond());
        Self { client, platform, run, log: Mutex::default() }
    }

    /// Returns a name that is unique to this run.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.run)
    }

    /// Returns an email address that is unique to this run, at a domain without an owner.
    pub(super) fn email(&self, who: &str) -> String {
        format!("contract-{who}-{}@example.com", self.run)
    }

    /// Makes a call, and checks the response.
    pub(super) async fn step<T: DeserializeOwned + Send>(
        &self,
        call: Call<'_, T>,
        check: impl FnOnce(&T) -> anyhow::Result<()>,
    ) -> Result<T, Cut> {
        let operation = call.operation().name;
        let (value, outcome) = match call.with_meta().await {
            Ok(answer) => match check(&answer.value) {
                Ok(()) => (Some(answer.value), Outcome::Ok),
                Err(wrong) => (Some(answer.value), Outcome::Failed(format!("{wrong:#}"))),
            },
            Err(error) => {
                let said = error.server_message().unwrap_or_default();
                let failed = || Outcome::Failed(format!("{error} {said}").trim_end().to_owned());
                (None, needs::absent(&error).map_or_else(failed, Outcome::Absent))
            }
        };
        self.note(operation, outcome.clone());
        // A value that failed its check can still be used.
        value.ok_or(Cut { outcome, operation })
    }

    /// Makes a call whose response has no content.
    pub(super) async fn done<T: DeserializeOwned + Send>(
        &self,
        call: Call<'_, T>,
    ) -> Result<T, Cut> {
        self.step(call, |_| Ok(())).await
    }

    /// Makes a call that must be refused in this way.
    pub(super) async fn refused<T: DeserializeOwned + Send>(
        &self,
        call: Call<'_, T>,
        kind: ErrorKind,
    ) {
        let operation = call.operation().name;
        let outcome = match call.with_meta().await {
            Err(error) if error.kind() == kind => Outcome::Ok,
            Err(error) => Outcome::Failed(format!("not {kind:?} but {error}")),
            Ok(_) => Outcome::Failed(format!("not {kind:?} but done")),
        };
        self.note(operation, outcome);
    }

    /// Registers an account for removal.
    pub(super) fn made_account(&self, id: AccountId) {
        self.log().accounts.push(id);
    }

    /// Registers a user for removal.
    pub(super) fn made_user(&self, id: UserId) {
        self.log().users.push(id);
    }

    /// Records a failure that belongs to no operation.
    pub(super) fn fail(&self, what: &str) {
        self.log().report.faults.push(what.to_owned());
    }

    /// Starts a group.
    pub(super) fn begin(&self) {
        self.log().cut = None;
    }

    /// Records the result of a group, or of an independent part of it.
    pub(super) fn part(&self, done: Result<(), Cut>) {
        let mut log = self.log();
        log.cut = log.cut.take().or(done.err());
    }

    /// Returns the final outcome of an operation as a line, once its group is done.
    pub(super) fn settle(&self, operation: &'static str) -> String {
        let mut log = self.log();
        let cut = log.cut.clone();
        let missing = || match cut {
            Some(Cut { outcome: Outcome::Absent(_), operation }) => {
                Outcome::Absent(format!("{operation} is not"))
            }
            Some(cut) => Outcome::NotCalled(format!("{} failed", cut.operation)),
            None => Outcome::NotCalled("no step calls it".to_owned()),
        };
        let outcome = log.report.outcomes.entry(operation).or_insert_with(missing);
        format!("{operation}: {outcome}")
    }

    /// Removes the created resources. A resource that cannot be removed is named, and is a failure.
    pub(super) async fn clean_up(&self) {
        let (accounts, users) = {
            let log = self.log();
            (log.accounts.clone(), log.users.clone())
        };
        for id in accounts {
            let gone = self.platform.accounts().delete(id).await;
            self.left(&format!("account {id}"), gone);
        }
        for id in users {
            let gone = self.platform.users().delete(id).await;
            self.left(&format!("user {id}"), gone);
        }
    }

    /// Returns the resources that [`Session::clean_up`] would remove, as a line.
    pub(super) fn kept(&self) -> String {
        let log = self.log();
        format!("kept: accounts {:?}, users {:?}", log.accounts, log.users)
    }

    fn left(&self, what: &str, gone: Result<(), chatwoot_client::Error>) {
        match gone {
            Err(error) if !error.is_not_found() => {
                self.fail(&format!("{what} could not be removed: {error}"));
            }
            _ => {}
        }
    }

    pub(super) fn into_report(self) -> Report {
        let mut report = self.log().report.clone();
        for op in chatwoot_client::operations() {
            let missing = || Outcome::NotCalled("the run ended before it".to_owned());
            report.outcomes.entry(op.name).or_insert_with(missing);
        }
        report
    }

    fn note(&self, operation: &'static str, outcome: Outcome) {
        let mut log = self.log();
        let worst = log.report.outcomes.entry(operation).or_insert(Outcome::Ok);
        if outcome > *worst {
            *worst = outcome;
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

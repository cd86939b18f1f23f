//! The session: makes the calls, keeps what became of them, and removes what they made.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatwoot_client::{AccountId, Call, Client, ErrorKind, Platform, Secret, UserId};
use serde::de::DeserializeOwned;

use super::needs;
use super::report::{Outcome, Report};

/// Why a group stops: what it goes on with is not there.
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

/// What is to be removed, and what became of the calls so far.
#[derive(Debug, Default)]
struct Log {
    report: Report,
    accounts: Vec<AccountId>,
    users: Vec<UserId>,
    /// What stopped the group that runs, or a part of it.
    cut: Option<Cut>,
}

/// Makes the calls and keeps what became of them.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) platform: Platform,
    /// A word of this run's own, for names that must be unique on the server.
    pub(super) run: String,
    log: Mutex<Log>,
}

impl Session {
    pub(super) fn new(client: Client, platform_token: Secret) -> Self {
        let platform = client.platform(platform_token);
        let run = format!("{:x}", jiff::Timestamp::now().as_millisecond());
        Self { client, platform, run, log: Mutex::default() }
    }

    /// A name of this run's own.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.run)
    }

    /// An address of this run's own, at a domain that nobody has.
    pub(super) fn email(&self, who: &str) -> String {
        format!("contract-{who}-{}@example.com", self.run)
    }

    /// Makes a call, and looks at what came back.
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
        // What failed its check is still there to go on with.
        value.ok_or(Cut { outcome, operation })
    }

    /// Makes a call whose answer says nothing.
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

    /// An account that is to be removed in the end.
    pub(super) fn made_account(&self, id: AccountId) {
        self.log().accounts.push(id);
    }

    /// A user who is to be removed in the end.
    pub(super) fn made_user(&self, id: UserId) {
        self.log().users.push(id);
    }

    /// Something went wrong that is no operation's fault.
    pub(super) fn fail(&self, what: &str) {
        self.log().report.faults.push(what.to_owned());
    }

    /// A group begins.
    pub(super) fn begin(&self) {
        self.log().cut = None;
    }

    /// What became of a group, or of a part that the rest does not build on.
    pub(super) fn part(&self, done: Result<(), Cut>) {
        let mut log = self.log();
        log.cut = log.cut.take().or(done.err());
    }

    /// The last word on an operation, once its group is done: a line.
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

    /// Removes what was made. What does not go is named, and is a failure.
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

    /// What [`Session::clean_up`] would remove: a line.
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

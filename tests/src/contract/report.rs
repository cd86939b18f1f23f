//! The outcomes of the operations.

use std::collections::BTreeMap;
use std::fmt;

/// The outcome of one operation; of several calls the worst counts, in the order of the variants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It succeeded and its check passed.
    Ok,
    /// This server does not have it, or lacks a requirement.
    Absent(String),
    /// No step called it.
    NotCalled(String),
    /// It was refused, or its check failed.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Absent(why) => write!(f, "not on this server ({why})"),
            Self::NotCalled(why) => write!(f, "not called: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// The outcomes of all operations.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// By the operation's name.
    pub outcomes: BTreeMap<&'static str, Outcome>,
    /// Failures outside the operations.
    pub faults: Vec<String>,
}

impl Report {
    /// Returns whether nothing failed and nothing was left out.
    pub fn passed(&self) -> bool {
        let fine = |outcome: &Outcome| matches!(outcome, Outcome::Ok | Outcome::Absent(_));
        self.faults.is_empty() && self.outcomes.values().all(fine)
    }
}

impl fmt::Display for Report {
    /// Writes the totals, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&Outcome) -> bool| self.outcomes.values().filter(|o| is(o)).count();
        write!(
            f,
            "{} operations, {} ok, {} not on this server, {} not called, {} failed",
            self.outcomes.len(),
            count(|outcome| matches!(outcome, Outcome::Ok)),
            count(|outcome| matches!(outcome, Outcome::Absent(_))),
            count(|outcome| matches!(outcome, Outcome::NotCalled(_))),
            count(|outcome| matches!(outcome, Outcome::Failed(_))) + self.faults.len(),
        )
    }
}

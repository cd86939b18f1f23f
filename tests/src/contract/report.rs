//! What became of each operation.

use std::collections::BTreeMap;
use std::fmt;

/// What became of one operation; of several calls the worst counts, which is the last here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It did what it says.
    Ok,
    /// This server does not have it, or lacks what it needs.
    Absent(String),
    /// No step called it.
    NotCalled(String),
    /// It was refused, or what came back was not what it must be.
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

/// What became of every operation.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// By the operation's name.
    pub outcomes: BTreeMap<&'static str, Outcome>,
    /// What went wrong beside the operations.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether nothing failed and nothing was left out.
    pub fn passed(&self) -> bool {
        let fine = |outcome: &Outcome| matches!(outcome, Outcome::Ok | Outcome::Absent(_));
        self.faults.is_empty() && self.outcomes.values().all(fine)
    }
}

impl fmt::Display for Report {
    /// The totals, in one line.
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

//! What a provisioning did.

use std::fmt;

use crate::model::StoreId;

/// What became of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOutcome {
    /// It was not there and was made.
    Created,
    /// It was there and differed.
    Changed,
    /// It was as it should be.
    Unchanged,
}

impl StepOutcome {
    pub(super) const fn changed_if(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }
}

/// One thing that a store should have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What it is.
    pub what: String,
    /// What became of it.
    pub outcome: StepOutcome,
}

/// What a provisioning did, step by step. Displayed, it is one line of a count, then one a change and
/// one a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionReport {
    store: StoreId,
    steps: Vec<Step>,
    warnings: Vec<String>,
}

impl ProvisionReport {
    pub(super) fn new(store: StoreId) -> Self {
        Self { store, steps: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn push(&mut self, what: String, outcome: StepOutcome) {
        self.steps.push(Step { what, outcome });
    }

    /// Reports what the host asked for and should think about; it is logged too.
    pub(super) fn warn(&mut self, warning: String) {
        tracing::warn!(store = %self.store, "{warning}");
        self.warnings.push(warning);
    }

    /// What was done as the host asked, and is not advised.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many steps created or changed something: 0 when all was as it should be.
    pub fn changed(&self) -> usize {
        self.steps.iter().filter(|step| step.outcome != StepOutcome::Unchanged).count()
    }
}

impl fmt::Display for ProvisionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (changed, all) = (self.changed(), self.steps.len());
        if changed == 0 {
            write!(f, "{}: nothing to do, all {all} are as they should be", self.store)?;
        } else {
            write!(f, "{}: {changed} of {all} created or changed", self.store)?;
        }
        for step in self.steps.iter().filter(|step| step.outcome != StepOutcome::Unchanged) {
            let word = if step.outcome == StepOutcome::Created { "created" } else { "changed" };
            write!(f, "\n  {word} {}", step.what)?;
        }
        for warning in &self.warnings {
            write!(f, "\n  warning: {warning}")?;
        }
        Ok(())
    }
}

//! The report of a provisioning.

use std::fmt;

use crate::model::StoreId;

/// The outcome of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOutcome {
    /// The resource did not exist and was created.
    Created,
    /// The resource differed and was changed.
    Changed,
    /// The resource was up to date.
    Unchanged,
}

impl StepOutcome {
    pub(super) const fn changed_if(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }
}

/// One step of a provisioning: a resource of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The resource.
    pub what: String,
    /// The outcome.
    pub outcome: StepOutcome,
}

/// The report of a provisioning, step by step. `Display` writes one line with the counts, then one
/// line per change and one per warning.
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

    /// Adds a warning about the host's configuration; it is logged too.
    pub(super) fn warn(&mut self, warning: String) {
        tracing::warn!(store = %self.store, "{warning}");
        self.warnings.push(warning);
    }

    /// Returns the warnings about the host's configuration.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns how many steps created or changed a resource: 0 if everything was up to date.
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

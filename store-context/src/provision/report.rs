//! The report of a provisioning.

use std::fmt;

use super::plan::{PlanAction, PlanEntry, ProvisionPlan};

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

/// One step of a provisioning: a resource of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The resource.
    pub what: String,
    /// The outcome.
    pub outcome: StepOutcome,
}

/// The report of a provisioning, step by step: the plan that was applied. `Display` writes one line
/// with the counts, then one line per change, per orphan and per warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionReport {
    plan: ProvisionPlan,
    steps: Vec<Step>,
}

impl ProvisionReport {
    /// Creates the report of a plan that was applied.
    pub(super) fn new(plan: ProvisionPlan) -> Self {
        for warning in plan.warnings() {
            tracing::warn!(store = %plan.store(), "{warning}");
        }
        let steps = plan.entries().iter().filter_map(step).collect();
        Self { plan, steps }
    }

    /// Returns the plan that was applied, with the changed fields and the orphans.
    pub const fn plan(&self) -> &ProvisionPlan {
        &self.plan
    }

    /// Returns the warnings about the host's configuration; they are logged too.
    pub fn warnings(&self) -> &[String] {
        self.plan.warnings()
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

/// Returns the step of an entry that was applied; orphans are left, and so are none.
fn step(entry: &PlanEntry) -> Option<Step> {
    let outcome = match entry.action {
        PlanAction::Create => StepOutcome::Created,
        PlanAction::Change(_) => StepOutcome::Changed,
        PlanAction::Unchanged => StepOutcome::Unchanged,
        PlanAction::Orphan | PlanAction::Conflict(_) | PlanAction::Unread => return None,
    };
    Some(Step { what: entry.what.clone(), outcome })
}

impl fmt::Display for ProvisionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (changed, all, store) = (self.changed(), self.steps.len(), self.plan.store());
        if changed == 0 {
            write!(f, "{store}: nothing to do, all {all} are as they should be")?;
        } else {
            write!(f, "{store}: {changed} of {all} created or changed")?;
        }
        for step in self.steps.iter().filter(|step| step.outcome != StepOutcome::Unchanged) {
            let word = if step.outcome == StepOutcome::Created { "created" } else { "changed" };
            write!(f, "\n  {word} {}", step.what)?;
        }
        for orphan in self.plan.orphans() {
            write!(f, "\n  no longer wanted and left: {}", orphan.what)?;
        }
        for warning in self.warnings() {
            write!(f, "\n  warning: {warning}")?;
        }
        Ok(())
    }
}

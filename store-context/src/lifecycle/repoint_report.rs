//! What a move of stores would change, and what it has changed.

use std::fmt;

use url::Url;

use super::LifecycleError;
use crate::accounts::StoreAccountError;
use crate::model::StoreId;

/// What becomes of one URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressChange {
    /// Chatwoot has no such webhook or panel.
    Missing,
    /// It is at the wanted public URL already.
    Unchanged(Url),
    /// It moves.
    Moves {
        /// The present public URL.
        from: Url,
        /// The wanted public URL.
        to: Url,
    },
    /// The URL in Chatwoot is not the store's: the store is not moved before it was provisioned.
    Foreign,
}

/// What a move of a store would change. It holds public URLs without their secret parts. `Display`
/// writes one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepointPlan {
    /// The store.
    pub store: StoreId,
    /// The webhook.
    pub webhook: AddressChange,
    /// The panel.
    pub panel: AddressChange,
}

impl fmt::Display for AddressChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Unchanged(at) => write!(f, "unchanged at {at}"),
            Self::Moves { from, to } => write!(f, "from {from} to {to}"),
            Self::Foreign => f.write_str("at a URL that is not the store's"),
        }
    }
}

impl fmt::Display for RepointPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: webhook {}, panel {}", self.store, self.webhook, self.panel)
    }
}

impl RepointPlan {
    /// Returns whether nothing is to be changed.
    pub const fn is_unchanged(&self) -> bool {
        !matches!(self.webhook, AddressChange::Moves { .. } | AddressChange::Foreign)
            && !matches!(self.panel, AddressChange::Moves { .. } | AddressChange::Foreign)
    }
}

/// What a move of all stores would change. `Display` writes one line per store.
#[derive(Debug, Default)]
pub struct RepointPlans {
    /// The plans, by store.
    pub plans: Vec<RepointPlan>,
    /// The stores that are suspended, leaving or not provisioned: they are not moved.
    pub passed_over: Vec<StoreId>,
    /// The stores whose account could not be read, with the reason.
    pub failed: Vec<(StoreId, LifecycleError)>,
}

impl RepointPlans {
    /// Returns whether every active store is where it should be.
    pub fn is_unchanged(&self) -> bool {
        self.failed.is_empty() && self.plans.iter().all(RepointPlan::is_unchanged)
    }

    pub(super) fn add(&mut self, store: StoreId, plan: Result<RepointPlan, LifecycleError>) {
        match plan {
            Ok(plan) => self.plans.push(plan),
            Err(LifecycleError::Account(error)) if is_passed_over(&error) => {
                self.passed_over.push(store);
            }
            Err(error) => self.failed.push((store, error)),
        }
    }
}

impl fmt::Display for RepointPlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plans = self.plans.iter().map(ToString::to_string);
        let passed_over = self.passed_over.iter().map(|store| format!("{store}: passed over"));
        let failed = self.failed.iter().map(|(store, error)| format!("{store}: {error}"));
        let lines: Vec<String> = plans.chain(passed_over).chain(failed).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The result for one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repointed {
    /// Webhook and panel were moved, and a webhook arrived.
    Moved,
    /// Everything was as wanted; nothing was sent.
    Unchanged,
}

/// The result for all stores. `Display` writes one line with the counts, then one line per failed
/// store.
#[derive(Debug, Default)]
pub struct RepointReport {
    /// The stores that were moved and verified.
    pub moved: Vec<StoreId>,
    /// The stores for which nothing was to be done.
    pub unchanged: Vec<StoreId>,
    /// The stores that are suspended, leaving or not provisioned: they were not called.
    pub passed_over: Vec<StoreId>,
    /// The stores that were not moved, or not verified, with the reason. Another call continues
    /// with them.
    pub failed: Vec<(StoreId, LifecycleError)>,
    /// Whether stores were left out after too many failures.
    pub stopped: bool,
}

impl RepointReport {
    /// Returns whether every active store is where it should be.
    pub const fn is_complete(&self) -> bool {
        self.failed.is_empty() && !self.stopped
    }

    pub(super) fn add(&mut self, store: StoreId, result: Result<Repointed, LifecycleError>) {
        match result {
            Ok(Repointed::Moved) => self.moved.push(store),
            Ok(Repointed::Unchanged) => self.unchanged.push(store),
            Err(LifecycleError::Account(error)) if is_passed_over(&error) => {
                self.passed_over.push(store);
            }
            Err(error) => {
                tracing::warn!(%error, %store, "the store is not moved yet");
                self.failed.push((store, error));
            }
        }
    }
}

impl fmt::Display for RepointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [moved, unchanged] = [self.moved.len(), self.unchanged.len()];
        let [passed_over, failed] = [self.passed_over.len(), self.failed.len()];
        write!(
            f,
            "{moved} moved, {unchanged} unchanged, {passed_over} passed over, {failed} failed"
        )?;
        if self.stopped {
            f.write_str("; stopped after too many failures")?;
        }
        for (store, error) in &self.failed {
            write!(f, "\n  {store}: {error}")?;
        }
        Ok(())
    }
}

fn is_passed_over(error: &StoreAccountError) -> bool {
    use StoreAccountError as Error;
    error.is_inactive() || matches!(error, Error::NotProvisioned(_) | Error::UnknownStore(_))
}

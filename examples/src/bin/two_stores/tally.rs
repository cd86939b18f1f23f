//! The counts of the example.

use std::time::Duration;

use store_context::sync::{Outcome, Synced};

/// The outcomes of the customers of one or more syncs.
#[derive(Clone, Debug, Default)]
pub(crate) struct SyncTally {
    pub(crate) created: u64,
    pub(crate) adopted: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) failed: u64,
    lags: Vec<Duration>,
}

impl SyncTally {
    pub(crate) fn add(&mut self, synced: &Synced) {
        match synced.outcome {
            Outcome::Created => self.created += 1,
            Outcome::Adopted => self.adopted += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Failed => self.failed += 1,
            _ => {}
        }
        self.lags.extend(synced.lag.and_then(|lag| Duration::try_from(lag).ok()));
    }

    pub(crate) fn lag(&self, per_mille: usize) -> Duration {
        quantile(&self.lags, per_mille)
    }
}

/// Returns the quantile in thousandths; 1,000 is the maximum.
pub(crate) fn quantile(values: &[Duration], per_mille: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    let index = (sorted.len() * per_mille).div_ceil(1_000).saturating_sub(1).min(last);
    sorted.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_few_and_many() {
        assert_eq!(quantile(&[], 500), Duration::ZERO);
        let values: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&values, 500), Duration::from_millis(50));
        assert_eq!(quantile(&values, 990), Duration::from_millis(99));
        assert_eq!(quantile(&values, 1_000), Duration::from_millis(100));
    }
}

//! Tiers: a store's ranks of customers by lifetime value.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A customer's tier at a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tier(String);

impl Tier {
    /// Returns the tier's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The minimum lifetime value of each tier.
///
/// ```
/// use store_context::model::TierPolicy;
///
/// let policy = TierPolicy::new([("bronze", 0), ("silver", 100), ("gold", 500)]).unwrap();
/// assert_eq!(policy.tier(499.into()).as_str(), "silver");
/// assert_eq!(policy.names().collect::<Vec<_>>(), ["bronze", "silver", "gold"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Steps", into = "Steps")]
pub struct TierPolicy {
    lowest: Tier,
    // The tiers above the lowest, by ascending threshold.
    higher: Vec<(Decimal, Tier)>,
}

type Steps = Vec<(Decimal, Tier)>;

/// The error for thresholds that form no ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tiers start at 0 and each has a higher threshold than the one before it")]
pub struct TierPolicyError;

impl TierPolicy {
    /// Creates a policy from names and thresholds, the first of which is 0.
    ///
    /// # Errors
    /// Returns an error if there is no tier, the first threshold is not 0, or the thresholds are
    /// not ascending.
    pub fn new<N: Into<String>, D: Into<Decimal>>(
        steps: impl IntoIterator<Item = (N, D)>,
    ) -> Result<Self, TierPolicyError> {
        let steps: Steps =
            steps.into_iter().map(|(name, from)| (from.into(), Tier(name.into()))).collect();
        Self::try_from(steps)
    }

    /// Returns the tier of a customer with this lifetime value.
    pub fn tier(&self, lifetime_value: Decimal) -> &Tier {
        let reached = self.higher.iter().rev().find(|(from, _)| *from <= lifetime_value);
        reached.map_or(&self.lowest, |(_, tier)| tier)
    }

    /// Returns the tiers' names, lowest first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.lowest)
            .chain(self.higher.iter().map(|(_, tier)| tier))
            .map(Tier::as_str)
    }
}

impl TryFrom<Steps> for TierPolicy {
    type Error = TierPolicyError;

    fn try_from(steps: Steps) -> Result<Self, TierPolicyError> {
        let rising = steps.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0));
        let mut steps = steps.into_iter();
        match steps.next() {
            Some((from, lowest)) if from.is_zero() && rising => {
                Ok(Self { lowest, higher: steps.collect() })
            }
            _ => Err(TierPolicyError),
        }
    }
}

impl From<TierPolicy> for Steps {
    fn from(policy: TierPolicy) -> Self {
        std::iter::once((Decimal::ZERO, policy.lowest)).chain(policy.higher).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_must_start_at_nothing_and_rise() {
        assert!(TierPolicy::new::<&str, i32>([]).is_err());
        assert!(TierPolicy::new([("a", 1)]).is_err());
        assert!(TierPolicy::new([("a", 0), ("b", 5), ("c", 5)]).is_err());
    }

    #[test]
    fn a_threshold_belongs_to_the_tier_above_it() {
        let policy = TierPolicy::new([("a", 0), ("b", 5)]).unwrap();
        assert_eq!(policy.tier(5.into()).as_str(), "b");
        assert_eq!(policy.tier((-1).into()).as_str(), "a");
    }
}

//! The configuration of a doctor.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::Check;

/// The configuration of a [`Doctor`](super::Doctor).
///
/// ```
/// use store_context::doctor::{Check, DoctorConfig};
///
/// let config = DoctorConfig {
///     public_url: Some("https://shop.example.com/support".parse().unwrap()),
///     left_out: [Check::RoundTrip].into(),
///     ..DoctorConfig::default()
/// };
/// assert_eq!(config.limit.as_secs(), 10);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorConfig {
    /// The URL at which Chatwoot and agents' browsers reach this host, as in
    /// [`ProvisionConfig`](crate::provision::ProvisionConfig). Without it the addresses of webhook
    /// and panel are compared by their paths only.
    pub public_url: Option<Url>,
    /// The checks that are not made.
    pub left_out: BTreeSet<Check>,
    /// The time limit of each check except the round trip. The default is 10 seconds.
    pub limit: Duration,
    /// How long the round trip waits for its webhook. The default is 30 seconds.
    pub round_trip: Duration,
    /// The maximum number of checks that run at a time, of all stores together. The default is 8.
    pub parallel: usize,
    /// The difference of the clocks that is reported as a warning. The default is 30 seconds; from
    /// [`Verifier::TOLERANCE`](crate::chatwoot::webhook::Verifier::TOLERANCE) on it is a failure,
    /// because webhooks are refused then.
    pub clock_skew: Duration,
    /// How long a customer or an event may wait. The default is 5 minutes.
    pub lag: Duration,
    /// How old the panel's address may be. The default is 31 days: somewhat more than
    /// [`RotateConfig::max_age`](crate::provision::RotateConfig::max_age).
    pub panel_address_age: Duration,
    /// The end of a replaced secret is reported this long before it. The default is an hour.
    pub expires_within: Duration,
}

impl Default for DoctorConfig {
    fn default() -> Self {
        Self {
            public_url: None,
            left_out: BTreeSet::new(),
            limit: Duration::from_secs(10),
            round_trip: Duration::from_secs(30),
            parallel: 8,
            clock_skew: Duration::from_secs(30),
            lag: Duration::from_mins(5),
            panel_address_age: Duration::from_hours(31 * 24),
            expires_within: Duration::from_hours(1),
        }
    }
}

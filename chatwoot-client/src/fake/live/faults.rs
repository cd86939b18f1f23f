//! Faults of the live feed.

use std::time::Duration;

/// Faults of the live feed, for all of its lines. Probabilities are in thousandths.
///
/// That lines cannot be opened is a [`Fault`](crate::fake::Fault) of the path `/cable`; open ones
/// are cut with [`FakeChatwoot::cut_live_lines`](crate::fake::FakeChatwoot::cut_live_lines).
///
/// ```
/// use std::time::Duration;
///
/// use chatwoot_client::fake::{FakeChatwoot, Fault, FaultKind, LiveFaults};
///
/// let fake = FakeChatwoot::new();
/// fake.live_faults(LiveFaults {
///     drop_per_mille: 20,
///     double_per_mille: 20,
///     delay: Duration::from_millis(400),
///     ..LiveFaults::default()
/// });
/// fake.fault(Fault::new(FaultKind::NoConnection).path("/cable").times(3));
/// fake.clear_faults(); // both
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveFaults {
    /// The probability that a line does not get an event's frame.
    pub drop_per_mille: u16,
    /// The probability that a line gets an event's frame twice.
    pub double_per_mille: u16,
    /// The number of next frames of events that are not sent.
    pub drop_next: u32,
    /// The number of next frames of events that are sent twice.
    pub double_next: u32,
    /// How long after its event a frame is sent; the order stays.
    pub delay: Duration,
    /// Whether new lines get no `welcome`.
    pub withhold_welcome: bool,
    /// Whether subscriptions are neither confirmed nor served, as those with a wrong token.
    pub withhold_confirmation: bool,
    /// Whether there are no pings.
    pub withhold_pings: bool,
}

impl LiveFaults {
    /// Returns how often the next frame is sent.
    pub(super) fn copies(&mut self) -> usize {
        let chance = |per_mille: u16| per_mille > 0 && fastrand::u16(0..1_000) < per_mille;
        if self.drop_next > 0 {
            self.drop_next -= 1;
            0
        } else if self.double_next > 0 {
            self.double_next -= 1;
            2
        } else if chance(self.drop_per_mille) {
            0
        } else if chance(self.double_per_mille) {
            2
        } else {
            1
        }
    }
}

//! Rate limits of the panel's URLs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use store_context::ports::AddressToken;
use tokio::time::Instant;

const WINDOW: Duration = Duration::from_mins(1);

/// The limits on requests per minute to a panel's URL.
///
/// Anyone who has the URL can use these up for the others who have it: then give the panel [another
/// URL](store_context::provision::Provisioner::rotate_panel_address), which has its own counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelLimits {
    /// The maximum number of requests of any kind. The default is 300.
    pub look_ups: u32,
    /// The maximum number of requests whose conversation, key and contact do not belong together,
    /// or whose token was altered. The default is 20.
    pub mismatches: u32,
}

impl Default for PanelLimits {
    fn default() -> Self {
        Self { look_ups: 300, mismatches: 20 }
    }
}

/// The counts of the present minute, for known URLs only: there are no more of them than panels.
#[derive(Debug)]
pub(super) struct LookUps {
    limits: PanelLimits,
    minute: Mutex<Minute>,
}

#[derive(Debug)]
struct Minute {
    began: Instant,
    counts: HashMap<AddressToken, Count>,
}

#[derive(Debug, Default)]
struct Count {
    look_ups: u32,
    mismatches: u32,
}

impl LookUps {
    pub(super) fn new(limits: PanelLimits) -> Self {
        let minute = Minute { began: Instant::now(), counts: HashMap::new() };
        Self { limits, minute: Mutex::new(minute) }
    }

    /// Counts a request; returns the time until the next one is allowed as an error.
    pub(super) fn admit(&self, address: &AddressToken, now: Instant) -> Result<(), Duration> {
        let Self { limits, .. } = self;
        self.count(address, now, |count, left| {
            if count.look_ups >= limits.look_ups || count.mismatches >= limits.mismatches {
                return Err(left);
            }
            count.look_ups += 1;
            Ok(())
        })
    }

    /// Counts a request with a mismatch.
    pub(super) fn mismatch(&self, address: &AddressToken, now: Instant) {
        self.count(address, now, |count, _| count.mismatches = count.mismatches.saturating_add(1));
    }

    fn count<T>(
        &self,
        address: &AddressToken,
        now: Instant,
        note: impl FnOnce(&mut Count, Duration) -> T,
    ) -> T {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let mut age = now.saturating_duration_since(minute.began);
        if age >= WINDOW {
            *minute = Minute { began: now, counts: HashMap::new() };
            age = Duration::ZERO;
        }
        note(minute.counts.entry(address.clone()).or_default(), WINDOW.saturating_sub(age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> AddressToken {
        AddressToken::new(number.to_string())
    }

    #[test]
    fn an_address_has_so_many_look_ups_a_minute() {
        let look_ups = LookUps::new(PanelLimits { look_ups: 3, mismatches: 2 });
        let began = look_ups.minute.lock().unwrap().began;
        for _ in 0..3 {
            assert_eq!(look_ups.admit(&address(1), began), Ok(()));
        }
        let later = began + WINDOW / 4;
        assert_eq!(look_ups.admit(&address(1), later), Err(WINDOW * 3 / 4));
        assert_eq!(look_ups.admit(&address(2), later), Ok(()), "another has its own");
        assert_eq!(look_ups.admit(&address(1), began + WINDOW), Ok(()));
    }

    #[test]
    fn mismatches_use_up_an_address_sooner() {
        let look_ups = LookUps::new(PanelLimits { look_ups: 300, mismatches: 2 });
        let began = look_ups.minute.lock().unwrap().began;
        for _ in 0..2 {
            assert_eq!(look_ups.admit(&address(1), began), Ok(()));
            look_ups.mismatch(&address(1), began);
        }
        assert_eq!(look_ups.admit(&address(1), began), Err(WINDOW));
        assert_eq!(look_ups.admit(&address(2), began), Ok(()));
    }

    #[test]
    fn counts_of_a_minute_that_is_over_are_not_kept() {
        let look_ups = LookUps::new(PanelLimits::default());
        let began = look_ups.minute.lock().unwrap().began;
        for number in 0..1_000 {
            look_ups.admit(&address(number), began).unwrap();
        }
        look_ups.admit(&address(1), began + WINDOW).unwrap();
        assert_eq!(look_ups.minute.lock().unwrap().counts.len(), 1);
    }
}

//! The controls of the live feed: its lines, faults, pings and journal.

use std::time::Duration;

use jiff::Timestamp;

use crate::fake::FakeChatwoot;
use crate::fake::live::faults::LiveFaults;
use crate::fake::live::feed::Frame;

/// An open line of the live feed, and whom it belongs to: whoever subscribed last on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveLine {
    /// The number of the line; it is not used again.
    pub id: u64,
    /// The account.
    pub account: Option<u64>,
    /// The user, if a user subscribed.
    pub user: Option<u64>,
    /// The contact, if a visitor subscribed.
    pub contact: Option<u64>,
}

/// An entry of the live feed's journal: a subscription that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveSubscription {
    /// The number of the line.
    pub line: u64,
    /// The account; for a user, the one that was asked for.
    pub account: Option<u64>,
    /// The user that was asked for.
    pub user: Option<u64>,
    /// The contact that the token belongs to.
    pub contact: Option<u64>,
    /// Whether it was confirmed; otherwise there was no response.
    pub confirmed: bool,
    /// The time, by the fake's clock.
    pub at: Timestamp,
}

impl FakeChatwoot {
    /// Sets the faults of the live feed.
    ///
    /// See [`LiveFaults`] for an example.
    pub fn live_faults(&self, faults: LiveFaults) {
        self.lock().feed.faults = faults;
    }

    /// Sets the interval between pings, for lines that are opened from now on; the server's is 3
    /// seconds. It is measured on tokio's clock.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use chatwoot_client::fake::FakeChatwoot;
    ///
    /// FakeChatwoot::new().set_live_ping_interval(Duration::from_millis(100));
    /// ```
    pub fn set_live_ping_interval(&self, interval: Duration) {
        self.lock().feed.ping = interval.max(Duration::from_millis(1));
    }

    /// Returns the open lines of the live feed, in the order in which they were opened.
    ///
    /// ```
    /// use chatwoot_client::fake::FakeChatwoot;
    ///
    /// assert_eq!(FakeChatwoot::new().live_lines().len(), 0);
    /// ```
    pub fn live_lines(&self) -> Vec<LiveLine> {
        self.lock().feed.lines().cloned().collect()
    }

    /// Cuts the lines that `which` chooses, without a closing frame and with what was still on its
    /// way; returns their number.
    ///
    /// ```
    /// use chatwoot_client::fake::FakeChatwoot;
    ///
    /// let fake = FakeChatwoot::new();
    /// fake.cut_live_lines(|_| true); // all
    /// fake.cut_live_lines(|line| line.account == Some(7));
    /// fake.cut_live_lines(|_| fastrand::u8(..10) == 0);
    /// ```
    pub fn cut_live_lines(&self, which: impl FnMut(&LiveLine) -> bool) -> usize {
        let chosen = self.chosen(which);
        let feed = &mut self.lock().feed;
        for line in &chosen {
            feed.remove(*line);
        }
        chosen.len()
    }

    /// Closes the lines that `which` chooses as a server that restarts does, with a frame that says
    /// so; returns their number.
    ///
    /// ```
    /// use chatwoot_client::fake::FakeChatwoot;
    ///
    /// FakeChatwoot::new().close_live_lines(|line| line.user.is_some());
    /// ```
    pub fn close_live_lines(&self, which: impl FnMut(&LiveLine) -> bool) -> usize {
        const RESTART: &str = r#"{"type":"disconnect","reason":"server_restart","reconnect":true}"#;
        let chosen = self.chosen(which);
        let feed = &mut self.lock().feed;
        for line in &chosen {
            feed.send(*line, Frame::Whole(RESTART.to_owned()));
            feed.send(*line, Frame::Close);
        }
        chosen.len()
    }

    /// Asks `which` without the state's lock, so that it may use the fake.
    fn chosen(&self, mut which: impl FnMut(&LiveLine) -> bool) -> Vec<u64> {
        self.live_lines().iter().filter(|line| which(line)).map(|line| line.id).collect()
    }

    /// Returns the latest subscriptions that were asked for, up to 100,000, oldest first. They
    /// contain no token. [`FakeChatwoot::clear_journal`] removes them.
    ///
    /// ```
    /// use chatwoot_client::fake::FakeChatwoot;
    ///
    /// assert!(FakeChatwoot::new().live_subscriptions().iter().all(|asked| asked.confirmed));
    /// ```
    pub fn live_subscriptions(&self) -> Vec<LiveSubscription> {
        self.lock().feed.journal.iter().cloned().collect()
    }
}

//! The server's rate limits: fixed windows aligned to the epoch, checked before the request is
//! processed.

use std::collections::HashMap;

use crate::fake::http::input::{Input, segments};

/// The number of requests that each of the server's limits allows; the defaults are the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FakeLimits {
    /// All requests, per client and minute.
    pub all_per_minute: u32,
    /// `contacts/search`, per account and minute.
    pub contact_search_per_minute: u32,
    /// `conversations/meta`, per token, account and minute.
    pub conversation_meta_per_minute: u32,
    /// Reports of version 2, per token, account and minute.
    pub reports_per_user_minute: u32,
    /// Reports of version 2, per account and minute.
    pub reports_per_minute: u32,
    /// `upload`, per account and hour.
    pub uploads_per_hour: u32,
    /// Transcripts, per account and hour.
    pub transcripts_per_hour: u32,
}

impl Default for FakeLimits {
    fn default() -> Self {
        Self {
            all_per_minute: 3_000,
            contact_search_per_minute: 100,
            conversation_meta_per_minute: 30,
            reports_per_user_minute: 100,
            reports_per_minute: 1_000,
            uploads_per_hour: 60,
            transcripts_per_hour: 1_000,
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

/// The counts of the open windows.
#[derive(Debug, Default)]
pub(in crate::fake) struct Windows {
    /// `None` if the limits are off.
    pub(in crate::fake) limits: Option<FakeLimits>,
    counts: HashMap<(&'static str, String), (i64, u32)>,
}

impl Windows {
    pub(in crate::fake) fn set(&mut self, limits: Option<FakeLimits>) {
        self.limits = limits;
        self.counts.clear();
    }

    /// Counts the request for every limit that applies; returns false if one of them is exceeded.
    pub(in crate::fake) fn admit(&mut self, input: &Input, second: i64) -> bool {
        let Some(limits) = self.limits else { return true };
        let mut admitted = self.count("all", String::new(), MINUTE, limits.all_per_minute, second);
        let path = segments(&input.path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["api", version, "accounts", account, rest @ ..] = path.as_slice() else {
            return admitted;
        };
        let account = (*account).to_owned();
        let user = format!("{}:{account}", input.token.as_deref().unwrap_or_default());
        let rules: &[(&'static str, String, i64, u32)] = &match (*version, rest) {
            ("v1", ["contacts", "search"]) => {
                vec![("search", account, MINUTE, limits.contact_search_per_minute)]
            }
            ("v1", ["conversations", "meta"]) if input.verb == "GET" => {
                vec![("meta", user, MINUTE, limits.conversation_meta_per_minute)]
            }
            ("v2", ["reports", ..]) => vec![
                ("reports-user", user, MINUTE, limits.reports_per_user_minute),
                ("reports", account, MINUTE, limits.reports_per_minute),
            ],
            ("v1", ["upload"]) => vec![("upload", account, HOUR, limits.uploads_per_hour)],
            ("v1", ["conversations", _, "transcript"]) => {
                vec![("transcript", account, HOUR, limits.transcripts_per_hour)]
            }
            _ => Vec::new(),
        };
        for (rule, key, period, limit) in rules {
            admitted &= self.count(rule, key.clone(), *period, *limit, second);
        }
        admitted
    }

    fn count(
        &mut self,
        rule: &'static str,
        key: String,
        period: i64,
        limit: u32,
        second: i64,
    ) -> bool {
        let window = second.div_euclid(period);
        let entry = self.counts.entry((rule, key)).or_insert((window, 0));
        if entry.0 != window {
            *entry = (window, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1 <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_aligned_and_reopens() {
        let mut windows = Windows::default();
        let input = Input { path: "/api/v1/accounts/1/contacts/search".into(), ..Input::default() };
        assert!(windows.admit(&input, 0), "off until switched on");
        windows.set(Some(FakeLimits { contact_search_per_minute: 2, ..FakeLimits::default() }));
        assert!(windows.admit(&input, 58));
        assert!(windows.admit(&input, 59));
        assert!(!windows.admit(&input, 59));
        assert!(windows.admit(&input, 60));
    }
}

//! The journal: every request without its token, and counts per operation.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use crate::fake::http::faults::on_path;
use crate::fake::http::input::{Input, segments};
use crate::http::Op;

/// A request that the fake handled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The HTTP verb.
    pub verb: String,
    /// The path.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The status of the response; `None` if the connection was broken.
    pub status: Option<u16>,
    /// The time of the request, by the fake's clock.
    pub at: Timestamp,
    /// Whether the request had a token.
    pub has_token: bool,
}

const KEPT: usize = 100_000;

#[derive(Debug, Default)]
pub(in crate::fake) struct Journal {
    entries: VecDeque<JournalEntry>,
    /// The counts by verb and path, with the ids replaced by `0`.
    counts: HashMap<(String, String), u64>,
    total: u64,
}

impl Journal {
    pub(in crate::fake) fn record(&mut self, input: &Input, status: Option<u16>, at: Timestamp) {
        self.total += 1;
        *self.counts.entry((input.verb.clone(), normalized(&input.path))).or_default() += 1;
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(JournalEntry {
            verb: input.verb.clone(),
            path: input.path.clone(),
            query: input.query.clone(),
            status,
            at,
            has_token: input.token.is_some(),
        });
    }

    pub(in crate::fake) fn entries(&self) -> Vec<JournalEntry> {
        self.entries.iter().cloned().collect()
    }

    pub(in crate::fake) fn total(&self) -> u64 {
        self.total
    }

    pub(in crate::fake) fn count(&self, op: &Op) -> u64 {
        let wanted = op.path;
        self.counts
            .iter()
            .filter(|((verb, path), _)| verb == op.verb.as_str() && on_path(wanted, path))
            .map(|(_, count)| count)
            .sum()
    }

    pub(in crate::fake) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Returns the path with its ids replaced, so that there is one counter per operation.
fn normalized(path: &str) -> String {
    let parts = segments(path);
    let public = parts.first().is_some_and(|part| part == "public");
    let mut normalized = String::new();
    for (at, part) in parts.iter().enumerate() {
        let named = if public { at >= 4 && at % 2 == 0 } else { at > 2 };
        let is_id = named && (public || part.bytes().all(|byte| byte.is_ascii_digit()));
        normalized.push('/');
        normalized.push_str(if is_id { "0" } else { part });
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_per_operation() {
        assert_eq!(normalized("/api/v1/accounts/7/labels/9"), "/api/v1/accounts/0/labels/0");
        assert_eq!(
            normalized("/public/api/v1/inboxes/abc/contacts/some-one/conversations"),
            "/public/api/v1/inboxes/0/contacts/0/conversations"
        );
    }
}

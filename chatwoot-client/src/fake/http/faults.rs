//! Faults that a test switches on: refusals, delays, crashes, broken connections, odd webhooks.

use std::time::Duration;

use bytes::Bytes;

use crate::http::Op;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Answers this instead; nothing is done.
    Refuse {
        /// The status.
        status: u16,
        /// The body, as sent.
        body: Bytes,
    },
    /// Answers after this time; it is done at once.
    Delay(Duration),
    /// 500 before anything is done.
    ErrorBefore,
    /// 500 although it was done.
    ErrorAfter,
    /// 429 as the server says it; nothing is done.
    RateLimited,
    /// It is done, and the connection breaks before the answer.
    ResetBeforeAnswer,
}

/// A fault and the requests it strikes.
///
/// ```
/// use chatwoot_client::fake::{Fault, FaultKind};
///
/// let fault = Fault::new(FaultKind::ErrorAfter).verb("POST").path("/contacts").times(2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    verb: Option<String>,
    part: Option<String>,
    op: Option<Op>,
    left: Option<u32>,
    after: u32,
}

impl Fault {
    /// A fault that strikes every request until it is cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, verb: None, part: None, op: None, left: None, after: 0 }
    }

    /// Only requests with this verb.
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verb = Some(verb.into());
        self
    }

    /// Only requests whose path contains this.
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// Only this operation.
    pub fn op(mut self, op: Op) -> Self {
        self.op = Some(op);
        self
    }

    /// Only the next `count` requests that match.
    pub fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    /// Lets `count` matching requests through first.
    pub fn after(mut self, count: u32) -> Self {
        self.after = count;
        self
    }

    fn matches(&self, verb: &str, path: &str) -> bool {
        self.left != Some(0)
            && self.verb.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(verb))
            && self.part.as_deref().is_none_or(|part| path.contains(part))
            && self.op.is_none_or(|op| op.verb.as_str() == verb && on_path(op.path, path))
    }
}

/// Whether `path` is one of the template `/a/{b}/c`.
pub(in crate::fake) fn on_path(template: &str, path: &str) -> bool {
    let mut parts = path.trim_end_matches('/').split('/');
    template.split('/').all(|wanted| {
        parts
            .next()
            .is_some_and(|part| wanted == part || (wanted.starts_with('{') && !part.is_empty()))
    }) && parts.next().is_none()
}

/// What becomes of webhook deliveries. Chances are in a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookFaults {
    /// Never sent.
    pub drop_per_mille: u16,
    /// Sent twice.
    pub double_per_mille: u16,
    /// Sent after the delivery that follows.
    pub swap_per_mille: u16,
    /// The next deliveries that are never sent.
    pub drop_next: u32,
    /// The next deliveries that are sent twice.
    pub double_next: u32,
    /// Every n-th is never sent; 0: none.
    pub drop_every: u32,
    /// Every n-th is sent twice; 0: none.
    pub double_every: u32,
    /// Every n-th is sent after the one that follows; 0: none.
    pub swap_every: u32,
}

/// What to do with one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Fate {
    Send,
    Drop,
    Double,
    Swap,
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(in crate::fake) struct Faults {
    on: Vec<Fault>,
    pub(in crate::fake) webhooks: WebhookFaults,
    seen: u32,
}

impl Faults {
    pub(in crate::fake) fn add(&mut self, fault: Fault) {
        self.on.push(fault);
    }

    pub(in crate::fake) fn clear(&mut self) {
        self.on.clear();
        self.webhooks = WebhookFaults::default();
    }

    /// The faults that strike this request, in the order they were switched on.
    pub(in crate::fake) fn strike(&mut self, verb: &str, path: &str) -> Vec<FaultKind> {
        let mut struck = Vec::new();
        for fault in &mut self.on {
            if !fault.matches(verb, path) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.left = fault.left.map(|left| left - 1);
            struck.push(fault.kind.clone());
        }
        self.on.retain(|fault| fault.left != Some(0));
        struck
    }

    /// What becomes of the next delivery.
    pub(in crate::fake) fn fate(&mut self) -> Fate {
        self.seen = self.seen.wrapping_add(1);
        let seen = self.seen;
        let faults = &mut self.webhooks;
        let chance = |per_mille: u16| per_mille > 0 && fastrand::u16(0..1_000) < per_mille;
        let nth = |every: u32| every > 0 && seen.is_multiple_of(every);
        if faults.drop_next > 0 {
            faults.drop_next -= 1;
            Fate::Drop
        } else if faults.double_next > 0 {
            faults.double_next -= 1;
            Fate::Double
        } else if nth(faults.drop_every) || chance(faults.drop_per_mille) {
            Fate::Drop
        } else if nth(faults.double_every) || chance(faults.double_per_mille) {
            Fate::Double
        } else if nth(faults.swap_every) || chance(faults.swap_per_mille) {
            Fate::Swap
        } else {
            Fate::Send
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_what_it_names_and_no_more_often() {
        let mut faults = Faults::default();
        faults
            .add(Fault::new(FaultKind::ErrorAfter).verb("post").path("/labels").times(1).after(1));
        assert!(faults.strike("GET", "/api/v1/accounts/1/labels").is_empty());
        assert!(faults.strike("POST", "/api/v1/accounts/1/labels").is_empty());
        assert_eq!(faults.strike("POST", "/api/v1/accounts/1/labels"), [FaultKind::ErrorAfter]);
        assert!(faults.strike("POST", "/api/v1/accounts/1/labels").is_empty());
    }

    #[test]
    fn a_template_fits_whole_paths_only() {
        assert!(on_path("/a/{id}/c", "/a/7/c"));
        assert!(!on_path("/a/{id}/c", "/a/7/c/d"));
        assert!(!on_path("/a/{id}", "/a"));
    }
}

//! Faults that a test can add: error responses, delays, crashes, broken connections, lost or
//! reordered webhooks.

use std::time::Duration;

use bytes::Bytes;

use crate::http::Op;

/// The kind of a [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Responds with this instead; the request is not processed.
    Respond {
        /// The status of the response.
        status: u16,
        /// The body of the response.
        body: Bytes,
    },
    /// Delays the response; the request is processed at once.
    Delay(Duration),
    /// Responds with 500 without processing the request.
    ErrorBefore,
    /// Responds with 500 after processing the request.
    ErrorAfter,
    /// Responds with the server's 429 without processing the request.
    RateLimited,
    /// Processes the request, then breaks the connection before the response.
    ResetBeforeResponse,
    /// Makes no connection; the request is not processed, and the client knows it.
    NoConnection,
    /// Breaks the connection without processing the request; for the client it is the same as
    /// [`FaultKind::ResetBeforeResponse`].
    ResetBefore,
    /// Neither processes the request nor responds: it times out.
    TimeoutBefore,
    /// Processes the request and does not respond: it times out.
    TimeoutAfter,
    /// Processes the request this much later, even where its client has timed out or was dropped
    /// meanwhile. Only for requests that come through the [`Transport`](crate::Transport); others
    /// are processed at once and answered later.
    LateBy(Duration),
}

/// A fault and the requests that it affects.
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
    /// Creates a fault that affects every request until it is cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, verb: None, part: None, op: None, left: None, after: 0 }
    }

    /// Limits it to requests with this verb.
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verb = Some(verb.into());
        self
    }

    /// Limits it to requests whose path contains this text.
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// Limits it to this operation.
    pub fn op(mut self, op: Op) -> Self {
        self.op = Some(op);
        self
    }

    /// Limits it to the next `count` requests that match.
    pub fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    /// Skips the first `count` matching requests.
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

/// Whether `path` matches a template like `/a/{b}/c`.
pub(in crate::fake) fn on_path(template: &str, path: &str) -> bool {
    let mut parts = path.trim_end_matches('/').split('/');
    template.split('/').all(|wanted| {
        parts
            .next()
            .is_some_and(|part| wanted == part || (wanted.starts_with('{') && !part.is_empty()))
    }) && parts.next().is_none()
}

/// Faults of webhook deliveries. Probabilities are in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookFaults {
    /// The probability that a delivery is not sent.
    pub drop_per_mille: u16,
    /// The probability that a delivery is sent twice.
    pub double_per_mille: u16,
    /// The probability that a delivery is sent after the next one.
    pub swap_per_mille: u16,
    /// The number of next deliveries that are not sent.
    pub drop_next: u32,
    /// The number of next deliveries that are sent twice.
    pub double_next: u32,
    /// Every n-th delivery is not sent; 0 for none.
    pub drop_every: u32,
    /// Every n-th delivery is sent twice; 0 for none.
    pub double_every: u32,
    /// Every n-th delivery is sent after the next one; 0 for none.
    pub swap_every: u32,
}

/// The handling of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum DeliveryAction {
    Send,
    Drop,
    Double,
    Swap,
}

/// The active faults.
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

    /// Returns the faults that affect this request, in the order in which they were added.
    pub(in crate::fake) fn matching(&mut self, verb: &str, path: &str) -> Vec<FaultKind> {
        let mut active = Vec::new();
        for fault in &mut self.on {
            if !fault.matches(verb, path) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.left = fault.left.map(|left| left - 1);
            active.push(fault.kind.clone());
        }
        self.on.retain(|fault| fault.left != Some(0));
        active
    }

    /// Returns the handling of the next delivery.
    pub(in crate::fake) fn action(&mut self) -> DeliveryAction {
        self.seen = self.seen.wrapping_add(1);
        let seen = self.seen;
        let faults = &mut self.webhooks;
        let chance = |per_mille: u16| per_mille > 0 && fastrand::u16(0..1_000) < per_mille;
        let nth = |every: u32| every > 0 && seen.is_multiple_of(every);
        if faults.drop_next > 0 {
            faults.drop_next -= 1;
            DeliveryAction::Drop
        } else if faults.double_next > 0 {
            faults.double_next -= 1;
            DeliveryAction::Double
        } else if nth(faults.drop_every) || chance(faults.drop_per_mille) {
            DeliveryAction::Drop
        } else if nth(faults.double_every) || chance(faults.double_per_mille) {
            DeliveryAction::Double
        } else if nth(faults.swap_every) || chance(faults.swap_per_mille) {
            DeliveryAction::Swap
        } else {
            DeliveryAction::Send
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_affects_only_matching_requests() {
        let mut faults = Faults::default();
        faults
            .add(Fault::new(FaultKind::ErrorAfter).verb("post").path("/labels").times(1).after(1));
        assert!(faults.matching("GET", "/api/v1/accounts/1/labels").is_empty());
        assert!(faults.matching("POST", "/api/v1/accounts/1/labels").is_empty());
        assert_eq!(faults.matching("POST", "/api/v1/accounts/1/labels"), [FaultKind::ErrorAfter]);
        assert!(faults.matching("POST", "/api/v1/accounts/1/labels").is_empty());
    }

    #[test]
    fn a_template_matches_whole_paths_only() {
        assert!(on_path("/a/{id}/c", "/a/7/c"));
        assert!(!on_path("/a/{id}/c", "/a/7/c/d"));
        assert!(!on_path("/a/{id}", "/a"));
    }
}

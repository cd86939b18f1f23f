//! What becomes of a request that has arrived: faults, rate limits, the operation.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::fake::application::messages::save as message_save;
use crate::fake::http::faults::FaultKind;
use crate::fake::http::input::{Caller, Ctx, Input};
use crate::fake::http::response::{ErrorResponse, FakeResponse};
use crate::fake::http::router;
use crate::fake::state::State;
use crate::fake::{FakeOutcome, Reply};

/// A request that was handled, or is on its way.
#[derive(Debug)]
pub(in crate::fake) struct Begun {
    pub(in crate::fake) reply: Reply,
    /// What comes in place of the reply's outcome, once the delay has passed; if anything comes.
    pub(in crate::fake) later: Option<oneshot::Receiver<Begun>>,
}

impl Begun {
    pub(in crate::fake) fn responded(response: FakeResponse) -> Self {
        let outcome = FakeOutcome::Response(response.into_response(false));
        Self { reply: Reply { delay: Duration::ZERO, outcome }, later: None }
    }
}

/// Handles a request that has arrived, with these faults, and notes it in the journal.
pub(in crate::fake) fn respond_to(state: &mut State, input: &Input, struck: &[FaultKind]) -> Begun {
    let now = state.now();
    let mut reply = process(state, input, struck, now);
    state.performer = None;
    message_save::write_activities(state);
    let mut later = None;
    if let Some((window, refused)) = state.writing.take() {
        reply.delay += window;
        // Only the operation's own response can still become a refusal.
        let own = matches!(reply.outcome, FakeOutcome::Response(_));
        later = (own && !struck.contains(&FaultKind::ErrorAfter)).then_some(refused);
    }
    let status = match &reply.outcome {
        FakeOutcome::Response(response) => Some(response.status().as_u16()),
        FakeOutcome::Reset | FakeOutcome::NoConnection | FakeOutcome::NoResponse => None,
    };
    state.journal.record(input, status, now);
    Begun { reply, later }
}

/// Applies the faults before, the rate limits, the operation and the faults after.
fn process(state: &mut State, input: &Input, struck: &[FaultKind], now: Timestamp) -> Reply {
    let mut delay = Duration::ZERO;
    let etag = input.verb == "GET";
    let respond = |delay, response: FakeResponse| Reply {
        delay,
        outcome: FakeOutcome::Response(response.into_response(etag)),
    };
    let without = |delay, outcome| Reply { delay, outcome };
    for fault in struck {
        match fault {
            FaultKind::Delay(by) => delay += *by,
            FaultKind::Respond { status, body } => {
                return respond(delay, FakeResponse::raw(*status, body.clone()));
            }
            FaultKind::RateLimited => {
                return respond(delay, FakeResponse::text(429, "Retry later\n"));
            }
            FaultKind::ErrorBefore => {
                return respond(delay, ErrorResponse::internal_server_error().0);
            }
            FaultKind::NoConnection => return without(delay, FakeOutcome::NoConnection),
            FaultKind::ResetBefore => return without(delay, FakeOutcome::Reset),
            FaultKind::TimeoutBefore => return without(delay, FakeOutcome::NoResponse),
            FaultKind::ErrorAfter
            | FaultKind::ResetBeforeResponse
            | FaultKind::TimeoutAfter
            | FaultKind::LateBy(_) => {}
        }
    }
    if !state.windows.admit(input, now.as_second()) {
        return respond(delay, FakeResponse::text(429, "Retry later\n"));
    }
    let mut ctx = Ctx { state, input, account: 0, caller: Caller::Nobody };
    let response = router::run(&mut ctx).unwrap_or_else(|error| error.0);
    if struck.contains(&FaultKind::TimeoutAfter) {
        return without(delay, FakeOutcome::NoResponse);
    }
    if struck.contains(&FaultKind::ResetBeforeResponse) {
        return without(delay, FakeOutcome::Reset);
    }
    if struck.contains(&FaultKind::ErrorAfter) {
        return respond(delay, ErrorResponse::internal_server_error().0);
    }
    respond(delay, response)
}

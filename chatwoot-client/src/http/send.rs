//! Sending one call: rate limits before it, retries after it, a deadline around it.

use std::time::Duration;

use bytes::Bytes;
use tracing::Instrument;

use crate::error::{Error, ErrorKind};
use crate::http::Body;
use crate::http::Op;
use crate::http::RetryPolicy;
use crate::http::limit::{CallClock, Held, Scope};
use crate::http::observe::CallReport;
use crate::http::retry::{Decision, decide};
use crate::http::shared::Http;
use crate::http::transport::TransportError;

pub(crate) struct Outgoing<'a> {
    pub(crate) op: Op,
    pub(crate) request: http::Request<Body>,
    pub(crate) scope: Scope<'a>,
    pub(crate) policy: RetryPolicy,
    /// Whether it leaves room for others.
    pub(crate) background: bool,
}

pub(crate) struct Sent {
    pub(crate) answer: http::Response<Bytes>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

/// Sends a request until there is a response, a failure that must not be retried, or no time left.
pub(crate) async fn send(http: &Http, outgoing: &Outgoing<'_>) -> Result<Sent, Error> {
    let op = outgoing.op;
    let span = tracing::debug_span!("chatwoot", op = op.name, account = outgoing.scope.account);
    async {
        let clock = http.call_clock();
        let mut attempts = 0;
        let sent = attempt(http, outgoing, clock, &mut attempts).await;
        let report = CallReport::new(&op, http.base_url(), outgoing.scope.account);
        let (elapsed, error) = (clock.elapsed(), sent.as_ref().err());
        http.observe(&CallReport { attempts, elapsed, error, ..report });
        sent.map(|answer| Sent { answer, attempts, elapsed })
            .map_err(|error| error.tried(attempts, elapsed))
    }
    .instrument(span)
    .await
}

async fn attempt(
    http: &Http,
    outgoing: &Outgoing<'_>,
    clock: CallClock,
    attempts: &mut u32,
) -> Result<http::Response<Bytes>, Error> {
    let policy = &outgoing.policy;
    let mut waits = policy.waits();
    let mut refusals = 0;
    loop {
        take_place(http, outgoing, clock).await?;
        if clock.elapsed() >= policy.deadline {
            return Err(Error::too_late(outgoing.op.name));
        }
        *attempts += 1;
        let error = match once(http, outgoing, clock).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let decision = decide(&error, outgoing.op.idempotent);
        let wait = match decision {
            Decision::Stop => return Err(error),
            Decision::NextWindow => {
                refusals += 1;
                http.counters().rate_limited();
                // A proxy may know the time better than the clock.
                error.retry_after().unwrap_or_else(|| next_window(clock))
            }
            Decision::Backoff => {
                if *attempts - refusals >= policy.max_attempts {
                    return Err(error);
                }
                let wait = waits.next().unwrap_or(policy.max_delay);
                error.retry_after().unwrap_or_default().max(wait)
            }
        };
        if clock.elapsed().saturating_add(wait) >= policy.deadline {
            return Err(error);
        }
        // Only a retry that is sent costs a token.
        if decision == Decision::Backoff && !http.budget().spend() {
            return Err(error);
        }
        tracing::debug!(%error, wait_ms = wait.as_millis(), attempt = *attempts, "sending again");
        http.counters().retried();
        tokio::time::sleep(wait).await;
    }
}

/// Makes one attempt: any status but a success is an error.
async fn once(
    http: &Http,
    outgoing: &Outgoing<'_>,
    clock: CallClock,
) -> Result<http::Response<Bytes>, Error> {
    let op = outgoing.op.name;
    let left = outgoing.policy.deadline.saturating_sub(clock.elapsed());
    let timeout = outgoing.policy.timeout.min(left);
    http.counters().sent();
    let mut request = outgoing.request.clone();
    request.extensions_mut().insert(http.response_limit());
    let sending = http.transport().send(request, timeout);
    // The transport applies the timeout; one that does not must not block the call for ever.
    let sent = tokio::time::timeout(timeout, sending).await;
    let sent = sent.unwrap_or_else(|_| Err(TransportError::timeout("no response in time")));
    let held = sent.and_then(|answer| http.response_limit().hold(answer));
    let answer = held.map_err(|failure| Error::caused_by(op, failure.kind().into(), failure))?;
    if !answer.status().is_success() {
        return Err(Error::refused(op, &answer).maybe_missing_in(outgoing.op.missing_in));
    }
    http.budget().earn();
    Ok(answer)
}

/// Waits until the client's own count allows the request.
async fn take_place(http: &Http, outgoing: &Outgoing<'_>, clock: CallClock) -> Result<(), Error> {
    if outgoing.background {
        return take_place_in_background(http, outgoing, clock).await;
    }
    while let Err(wait) = http.counts().take(&outgoing.op, &outgoing.scope, clock).await {
        hold_back(http, outgoing, clock, wait).await?;
    }
    Ok(())
}

/// Waits for the call's turn among the background calls, then until it leaves room for others.
async fn take_place_in_background(
    http: &Http,
    outgoing: &Outgoing<'_>,
    clock: CallClock,
) -> Result<(), Error> {
    let counts = http.counts();
    loop {
        let left = outgoing.policy.deadline.saturating_sub(clock.elapsed());
        let turn = tokio::time::timeout(left, counts.background_turn()).await;
        let turn = turn.map_err(|_| {
            let detail = "background calls before this one took until its deadline";
            Error::new(outgoing.op.name, ErrorKind::RateLimited, detail)
        })?;
        let wait = loop {
            match counts.take_in_background(&outgoing.op, &outgoing.scope, clock).await {
                Ok(()) => return Ok(()),
                // The call keeps its turn: nobody behind it may be sent earlier.
                Err(Held::Paced(wait)) => hold_back(http, outgoing, clock, wait).await?,
                Err(Held::Narrow(wait)) => break wait,
            }
        };
        // Calls of other operations need not wait for this one's limit.
        drop(turn);
        hold_back(http, outgoing, clock, wait).await?;
    }
}

/// Waits, or fails where the deadline does not allow it.
async fn hold_back(
    http: &Http,
    outgoing: &Outgoing<'_>,
    clock: CallClock,
    wait: Duration,
) -> Result<(), Error> {
    if clock.elapsed().saturating_add(wait) >= outgoing.policy.deadline {
        let detail = format!(
            "the server's limit is used up for {} s more, which is past the deadline",
            wait.as_secs() + 1
        );
        return Err(Error::new(outgoing.op.name, ErrorKind::RateLimited, detail));
    }
    http.counters().held_back();
    tokio::time::sleep(wait).await;
    Ok(())
}

/// Returns the wait to the end of the current minute, plus a random part so that not all calls
/// resume at once.
///
/// A 429 does not name the limit that was exceeded; a limit with a longer window refuses the
/// request again, a minute later each time, until the deadline.
fn next_window(clock: CallClock) -> Duration {
    let spread = Duration::from_secs(1).mul_f64(fastrand::f64());
    clock.to_window_end(Duration::from_mins(1)) + spread
}

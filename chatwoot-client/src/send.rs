//! Sending one call: limits before, retries after, a deadline around it all.

use std::time::Duration;

use bytes::Bytes;
use tracing::Instrument;

use crate::body::Body;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::limit::{Scope, Wall};
use crate::op::Op;
use crate::retry::{Decision, RetryPolicy, decide};
use crate::transport::TransportError;

pub(crate) struct Outgoing<'a> {
    pub(crate) op: Op,
    pub(crate) request: http::Request<Body>,
    pub(crate) scope: Scope<'a>,
    pub(crate) policy: RetryPolicy,
}

pub(crate) struct Sent {
    pub(crate) answer: http::Response<Bytes>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

/// Sends until there is an answer, a failure that is not to be tried again, or no time left.
pub(crate) async fn send(client: &Client, outgoing: Outgoing<'_>) -> Result<Sent, Error> {
    let op = outgoing.op;
    let span = tracing::debug_span!("chatwoot", op = op.name, account = outgoing.scope.account);
    async {
        let wall = Wall::now();
        let mut attempts = 0;
        let sent = attempt(client, &outgoing, wall, &mut attempts).await;
        sent.map(|answer| Sent { answer, attempts, elapsed: wall.elapsed() })
            .map_err(|error| error.tried(attempts, wall.elapsed()))
    }
    .instrument(span)
    .await
}

async fn attempt(
    client: &Client,
    outgoing: &Outgoing<'_>,
    wall: Wall,
    attempts: &mut u32,
) -> Result<http::Response<Bytes>, Error> {
    let policy = &outgoing.policy;
    let mut waits = policy.waits();
    let mut refusals = 0;
    loop {
        take_place(client, outgoing, wall).await?;
        if wall.elapsed() >= policy.deadline {
            return Err(Error::too_late(outgoing.op.name));
        }
        *attempts += 1;
        let error = match once(client, outgoing, wall).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let decision = decide(&error, outgoing.op.idempotent);
        let wait = match decision {
            Decision::Stop => return Err(error),
            Decision::NextWindow => {
                refusals += 1;
                client.stats().rate_limited();
                // A proxy may know better than the clock.
                error.retry_after().unwrap_or_else(|| next_window(wall))
            }
            Decision::Backoff => {
                if *attempts - refusals >= policy.max_attempts {
                    return Err(error);
                }
                let wait = waits.next().unwrap_or(policy.max_delay);
                error.retry_after().unwrap_or_default().max(wait)
            }
        };
        if wall.elapsed().saturating_add(wait) >= policy.deadline {
            return Err(error);
        }
        // Only a retry that will be sent costs something.
        if decision == Decision::Backoff && !client.budget().spend() {
            return Err(error);
        }
        tracing::debug!(%error, wait_ms = wait.as_millis(), attempt = *attempts, "sending again");
        client.stats().retried();
        tokio::time::sleep(wait).await;
    }
}

/// One try: any status but a success is an error.
async fn once(
    client: &Client,
    outgoing: &Outgoing<'_>,
    wall: Wall,
) -> Result<http::Response<Bytes>, Error> {
    let op = outgoing.op.name;
    let left = outgoing.policy.deadline.saturating_sub(wall.elapsed());
    let timeout = outgoing.policy.timeout.min(left);
    client.stats().sent();
    let sending = client.transport().send(outgoing.request.clone(), timeout);
    // The transport keeps its time; a host's own that does not must not hold the call for ever.
    let sent = tokio::time::timeout(timeout, sending).await;
    let sent = sent.unwrap_or_else(|_| Err(TransportError::timeout("no answer in time")));
    let held = sent.and_then(|answer| client.response_limit().hold(answer));
    let answer = held.map_err(|failure| Error::transport(op, failure))?;
    if !answer.status().is_success() {
        return Err(Error::refused(op, &answer).on(&outgoing.op));
    }
    client.budget().earn();
    Ok(answer)
}

/// Waits until the client's own count allows the request.
async fn take_place(client: &Client, outgoing: &Outgoing<'_>, wall: Wall) -> Result<(), Error> {
    while let Err(wait) = client.counts().take(&outgoing.op, &outgoing.scope, wall) {
        if wall.elapsed().saturating_add(wait) >= outgoing.policy.deadline {
            let detail = format!(
                "the server's limit is used up for {} s more, which is past the deadline",
                wait.as_secs() + 1
            );
            return Err(Error::new(outgoing.op.name, ErrorKind::RateLimited, detail));
        }
        client.stats().held_back();
        tokio::time::sleep(wait).await;
    }
    Ok(())
}

/// The end of the running minute, and a little more so that not all come back at once.
///
/// Which of the server's counts is full it does not say; a longer window is met again, a minute
/// later each time, until the deadline.
fn next_window(wall: Wall) -> Duration {
    let spread = Duration::from_secs(1).mul_f64(fastrand::f64());
    wall.to_window_end(Duration::from_mins(1)) + spread
}

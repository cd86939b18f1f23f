//! A transport that answers by a script and notes when it was asked: for tests that turn the clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Account, Client, Limits, RetryPolicy, Transport};
use tokio::time::Instant;

/// What the double does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    Answer(u16, &'static str),
    AnswerWith(u16, &'static str, &'static str),
    Refuse,
    Break,
    Hang,
}

/// A transport with a script; its last line is repeated.
#[derive(Clone, Debug)]
pub(crate) struct Double {
    script: Arc<Mutex<VecDeque<Then>>>,
    sent: Arc<Mutex<Vec<Duration>>>,
    wall: Duration,
    started: Instant,
}

impl Double {
    pub(crate) fn new(script: impl IntoIterator<Item = Then>) -> Self {
        Self {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            sent: Arc::default(),
            wall: SystemTime::now().duration_since(UNIX_EPOCH).unwrap(),
            started: Instant::now(),
        }
    }

    pub(crate) fn client(&self, policy: RetryPolicy) -> Client {
        self.limited(policy, Limits::off())
    }

    pub(crate) fn limited(&self, policy: RetryPolicy, limits: Limits) -> Client {
        let builder = Client::builder("https://chatwoot.test").retry(policy).limits(limits);
        builder.transport(self.clone()).build().unwrap()
    }

    pub(crate) fn account(&self, policy: RetryPolicy) -> Account {
        self.client(policy).account(1, "token")
    }

    pub(crate) fn requests(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// When each request was sent, since the epoch, on the clock that the test turns.
    pub(crate) fn sent_at(&self) -> Vec<Duration> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn now(&self) -> Duration {
        self.wall + self.started.elapsed()
    }
}

#[async_trait::async_trait]
impl Transport for Double {
    async fn send(
        &self,
        _: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.sent.lock().unwrap().push(self.now());
        let then = {
            let mut script = self.script.lock().unwrap();
            if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
        };
        let (status, body, retry_after) = match then.unwrap() {
            Then::Answer(status, body) => (status, body, None),
            Then::AnswerWith(status, body, after) => (status, body, Some(after)),
            Then::Refuse => return Err(TransportError::connect("refused")),
            Then::Break => return Err(TransportError::interrupted("broken")),
            Then::Hang => {
                tokio::time::sleep(timeout + Duration::from_hours(1)).await;
                return Err(TransportError::timeout("too late"));
            }
        };
        let mut answer = http::Response::builder().status(status);
        if let Some(after) = retry_after {
            answer = answer.header("retry-after", after);
        }
        Ok(answer.body(Bytes::from_static(body.as_bytes())).unwrap())
    }
}

/// The minute of a moment, and the seconds into it. A tenth is forgiven: the client reads the
/// clock a little after the double did.
pub(crate) fn minute(at: Duration) -> (u64, f64) {
    let at = at + Duration::from_millis(100);
    (at.as_secs() / 60, at.as_secs_f64() % 60.0)
}

/// A moment with room before the next minute, so that a test does not straddle it.
pub(crate) fn early_in_a_minute() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = 60.0 - now.as_secs_f64() % 60.0;
    if left < 4.0 {
        std::thread::sleep(Duration::from_secs_f64(left + 0.2));
    }
}

//! Helpers for the fake's own tests: an account with its users, and requests in one line.

use bytes::Bytes;
use serde_json::Value;

use crate::fake::{FakeChatwoot, FakeOutcome};

/// A fake with one account.
pub(in crate::fake) struct TestServer {
    pub(in crate::fake) fake: FakeChatwoot,
    pub(in crate::fake) account: u64,
    pub(in crate::fake) admin: String,
}

impl TestServer {
    pub(in crate::fake) fn new() -> Self {
        Self::with(FakeChatwoot::new())
    }

    pub(in crate::fake) fn with(fake: FakeChatwoot) -> Self {
        let (account, admin) = fake.add_account("Tea shop");
        Self { fake, account, admin }
    }

    /// Sends a request with any token; the path is complete.
    pub(in crate::fake) fn ask(
        &self,
        verb: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let mut request = http::Request::builder().method(verb).uri(path);
        if let Some(token) = token {
            request = request.header("api-access-token", token);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        match self.fake.handle(&request.body(bytes).unwrap()).outcome {
            FakeOutcome::Answer(answer) => {
                let body = serde_json::from_slice(answer.body()).unwrap_or_else(|_| {
                    Value::from(String::from_utf8_lossy(answer.body()).into_owned())
                });
                (answer.status().as_u16(), body)
            }
            _ => (0, Value::Null),
        }
    }

    /// Sends a request as the administrator; the path starts after the account.
    pub(in crate::fake) fn admin(&self, verb: &str, rest: &str, body: &Value) -> (u16, Value) {
        let path = format!("/api/v1/accounts/{}{rest}", self.account);
        self.ask(verb, &path, Some(&self.admin), (!body.is_null()).then_some(body))
    }

    /// The same, and asserts that the status is 200.
    pub(in crate::fake) fn done(&self, verb: &str, rest: &str, body: &Value) -> Value {
        let (status, answer) = self.admin(verb, rest, body);
        assert_eq!(status, 200, "{verb} {rest}: {answer}");
        answer
    }
}

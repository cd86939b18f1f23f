//! Carries webhooks from the fake Chatwoot to an intake, by the public URLs at which it is served.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::Transport;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use store_context::intake::{Intake, ReceiveError};
use store_context::ports::{Address, AddressToken, Clock};

use crate::support::{Bench, PUBLIC_URL};

/// A receiver of webhooks. Clones share what was received.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    intake: Intake,
    served: Arc<Mutex<BTreeSet<String>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A delivery that was sent, and the response to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// The URL without its unguessable part.
    pub(crate) base: String,
    pub(crate) status: u16,
}

impl Post {
    /// Serves the bench's intake at its public URL, and has the fake send its webhooks there. Both
    /// follow tokio's clock.
    pub(crate) fn at(bench: &Bench) -> Self {
        bench.fake.follow_tokio(bench.clock.now());
        let post = Self::serving(Intake::new(&bench.ports));
        bench.fake.deliver_through(Arc::new(post.clone()));
        post
    }

    pub(crate) fn serving(intake: Intake) -> Self {
        let post = Self { intake, served: Arc::default(), received: Arc::default() };
        post.serve(PUBLIC_URL, true);
        post
    }

    /// Serves the intake at a public URL too, or no longer.
    pub(crate) fn serve(&self, public_url: &str, served: bool) {
        let base = format!("{public_url}{}", Address::Webhook.path());
        let mut all = self.served.lock().unwrap();
        if served {
            all.insert(base)
        } else {
            all.remove(&base)
        };
    }

    /// Returns and forgets what was received.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }

    /// Returns the statuses of what was received.
    pub(crate) fn statuses(&self) -> BTreeSet<u16> {
        self.received.lock().unwrap().iter().map(|it| it.status).collect()
    }
}

#[async_trait]
impl Transport for Post {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let url = request.uri().to_string();
        let (base, token) = url.rsplit_once('/').unwrap();
        if !self.served.lock().unwrap().contains(base) {
            self.received.lock().unwrap().push(Received { base: base.to_owned(), status: 0 });
            return Err(TransportError::interrupted("nobody listens there"));
        }
        let body = request.body().to_bytes().unwrap();
        let address = AddressToken::new(token);
        let received = self.intake.receive(&address, request.headers(), &body).await;
        let status = match received {
            Ok(_) => 200,
            Err(ReceiveError::UnknownAddress) => 404,
            Err(ReceiveError::Unproven(_)) => 401,
            Err(ReceiveError::Malformed(_) | ReceiveError::WrongAccount) => 400,
            Err(_) => 503,
        };
        self.received.lock().unwrap().push(Received { base: base.to_owned(), status });
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        Ok(response)
    }
}

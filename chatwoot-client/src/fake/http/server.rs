//! The fake over HTTP on a loopback port, served by wiremock; with the live feed on the same port.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

#[cfg(feature = "live")]
use crate::fake::http::front::Front;
use crate::fake::{FakeChatwoot, FakeOutcome, Reply};

/// Longer than any client waits.
const NEVER: Duration = Duration::from_hours(24);

/// A [`FakeChatwoot`] that listens on a port; it stops when it is dropped.
///
/// With the feature `live` it serves the live feed at `/cable` of the same base URL.
///
/// wiremock keeps every request it matched, so the memory use of a server grows with its requests.
pub struct FakeServer {
    /// Stops before what is behind it.
    #[cfg(feature = "live")]
    front: Option<Front>,
    server: MockServer,
    fake: FakeChatwoot,
}

impl std::fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeServer").field("uri", &self.uri()).finish_non_exhaustive()
    }
}

impl FakeServer {
    /// Serves `fake` on a free port, and sets the links in its responses to that address.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use chatwoot_client::Client;
    /// use chatwoot_client::fake::{FakeChatwoot, FakeServer};
    ///
    /// let server = FakeServer::start(FakeChatwoot::new()).await;
    /// let (account, token) = server.fake().add_account("Tea shop");
    /// let client = Client::builder(server.uri()).build()?;
    /// assert!(client.account(account, token).labels().list().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(fake: FakeChatwoot) -> Self {
        #[cfg(feature = "live")]
        if let Ok(listener) = TcpListener::bind("127.0.0.1:0") {
            return Self::start_on(fake, listener).await;
        }
        Self::serve(fake, MockServer::builder()).await
    }

    /// Serves `fake` on a port that is already bound.
    #[cfg(not(feature = "live"))]
    pub async fn start_on(fake: FakeChatwoot, listener: TcpListener) -> Self {
        Self::serve(fake, MockServer::builder().listener(listener)).await
    }

    /// Serves `fake` on a port that is already bound.
    #[cfg(feature = "live")]
    pub async fn start_on(fake: FakeChatwoot, listener: TcpListener) -> Self {
        let Ok(spare) = listener.try_clone() else {
            return Self::serve(fake, MockServer::builder().listener(listener)).await;
        };
        let mut server = Self::serve(fake, MockServer::builder()).await;
        let back = *server.server.address();
        let Ok(front) = Front::start(server.fake.clone(), listener, back) else {
            return Self::serve(server.fake, MockServer::builder().listener(spare)).await;
        };
        server.front = Some(front);
        server.fake.set_base_url(server.uri());
        server
    }

    async fn serve(fake: FakeChatwoot, builder: wiremock::MockServerBuilder) -> Self {
        let server = builder.disable_request_recording().start().await;
        fake.set_base_url(server.uri());
        let responder = Responder { fake: fake.clone(), reply: Arc::default() };
        // The first mock calls the fake and matches only broken connections; the second returns the
        // response.
        let broken = |_: &Request| std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        Mock::given(responder.clone())
            .respond_with_err(broken)
            .with_priority(1)
            .mount(&server)
            .await;
        Mock::given(wiremock::matchers::any()).respond_with(responder).mount(&server).await;
        Self {
            #[cfg(feature = "live")]
            front: None,
            server,
            fake,
        }
    }

    /// Returns the base URL, without a trailing slash.
    pub fn uri(&self) -> String {
        #[cfg(feature = "live")]
        if let Some(front) = &self.front {
            return format!("http://{}", front.address());
        }
        self.server.uri()
    }

    /// Returns the fake behind it.
    pub fn fake(&self) -> &FakeChatwoot {
        &self.fake
    }
}

/// wiremock handles one request at a time, so one slot between the two mocks is enough.
#[derive(Clone)]
struct Responder {
    fake: FakeChatwoot,
    reply: Arc<Mutex<Option<Reply>>>,
}

impl Match for Responder {
    fn matches(&self, request: &Request) -> bool {
        let mut converted = http::Request::new(Bytes::copy_from_slice(&request.body));
        converted.method_mut().clone_from(&request.method);
        if let Ok(uri) = request.url.as_str().parse() {
            *converted.uri_mut() = uri;
        }
        converted.headers_mut().clone_from(&request.headers);
        let reply = self.fake.handle(&converted);
        let breaks = matches!(reply.outcome, FakeOutcome::Reset | FakeOutcome::NoConnection);
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
        breaks
    }
}

impl Respond for Responder {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Reply { delay, outcome }) = reply else { return ResponseTemplate::new(500) };
        let FakeOutcome::Response(response) = outcome else {
            return ResponseTemplate::new(504).set_delay(NEVER);
        };
        let (parts, body) = response.into_parts();
        let mut template = ResponseTemplate::new(parts.status).set_delay(delay);
        let kind = parts.headers.get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        template = template.set_body_raw(body.to_vec(), kind.unwrap_or_default());
        for (name, value) in &parts.headers {
            if name != http::header::CONTENT_TYPE {
                template = template.insert_header(name, value);
            }
        }
        template
    }
}

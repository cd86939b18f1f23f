//! The client, its builder, and the handles of Chatwoot's APIs that it returns.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use url::Url;

use crate::application::Account;
use crate::application::profile::Profile;
use crate::http::CallObserver;
use crate::http::Http;
use crate::http::Limits;
use crate::http::RequestBudget;
use crate::http::ResponseLimit;
use crate::http::RetryPolicy;
use crate::http::Stats;
use crate::http::limit::Counts;
use crate::http::loopback::is_loopback;
use crate::http::shared::{Settings, WallClock};
use crate::http::transport::Transport;
use crate::platform::Platform;
use crate::public::widget::WebWidget;
use crate::public::{CsatSurvey, PublicInbox};
use crate::server::Server;
use crate::types::AccountId;
use crate::types::{PlatformToken, UserToken};

/// A client of one Chatwoot server. Cloning is cheap: clones share connections, limits and the
/// retry budget.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Http);

/// The reason why a client could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL cannot be parsed.
    #[error("the base URL is not a URL: write it as https://chatwoot.example.com")]
    Url(#[source] url::ParseError),
    /// The base URL is not a plain `http` or `https` URL.
    #[error("the base URL must be http or https and carry no user, password, query or fragment")]
    Scheme,
    /// The base URL is plain `http` to another machine: anyone on the network path could read the
    /// tokens.
    #[error(
        "the base URL is http to another machine, where the network would see each token: use \
         https, or allow it with ClientBuilder::allow_plain_http"
    )]
    PlainHttp,
    /// No transport was set, and the feature `reqwest-rustls` is off.
    #[error("no transport: give one with ClientBuilder::transport, or enable `reqwest-rustls`")]
    NoTransport,
    /// The built-in transport could not start.
    #[error("the transport could not start")]
    Transport(#[source] crate::http::transport::TransportError),
}

/// Builds a [`Client`].
#[derive(Clone)]
pub struct ClientBuilder {
    base: String,
    transport: Option<Arc<dyn Transport>>,
    policy: RetryPolicy,
    limits: Limits,
    budget: Option<Arc<dyn RequestBudget>>,
    response_limit: ResponseLimit,
    plain_http: bool,
    wall_clock: WallClock,
    #[cfg(feature = "live")]
    extensions: ::http::Extensions,
}

impl fmt::Debug for ClientBuilder {
    /// Omits the base URL: before it is checked it may contain a password or a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("transport", &self.transport)
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .field("budget", &self.budget.as_ref().map(|_| "shared"))
            .field("response_limit", &self.response_limit)
            .field("plain_http", &self.plain_http)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Sets the transport that sends the requests, instead of the built-in one.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the retry policy: attempts, timeouts and delays.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets which of the server's rate limits the client enforces itself.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets a budget of requests that the client shares with others, such as the clients of other
    /// processes; without one, the client counts its own requests only.
    ///
    /// The limits stay those of [`ClientBuilder::limits`]. Each attempt asks the budget once, and
    /// once more after each wait.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use chatwoot_client::Client;
    /// use chatwoot_client::http::RequestBudget;
    ///
    /// # fn example(budget: Arc<dyn RequestBudget>) -> Result<(), chatwoot_client::BuildError> {
    /// let client = Client::builder("https://chatwoot.example.com").budget(budget).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn budget(mut self, budget: Arc<dyn RequestBudget>) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Sets the maximum size of a successful response body in bytes, counted after decompression.
    /// The default is 16 MiB. A larger response is a `Decode` error.
    ///
    /// The limit applies to each response: a stream over all pages of a list may be of any length.
    /// The body of an error response is read up to 64 KiB, whatever is set here.
    ///
    /// ```
    /// use chatwoot_client::Client;
    ///
    /// let builder = Client::builder("https://chatwoot.example.com").response_limit(64 * 1024 * 1024);
    /// assert!(builder.build().is_ok());
    /// ```
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit.success = bytes;
        self
    }

    /// Allows plain `http` to another machine. Use it only on a trusted network: everyone on the
    /// path, including a proxy, can read the tokens and the customers' data.
    ///
    /// Plain `http` to this machine itself (`localhost`, a name below it, or an address of the
    /// loopback interface) is always allowed.
    ///
    /// ```
    /// use chatwoot_client::Client;
    ///
    /// assert!(Client::builder("http://chatwoot.internal:3000").build().is_err());
    /// let builder = Client::builder("http://chatwoot.internal:3000").allow_plain_http();
    /// assert!(builder.build().is_ok());
    /// assert!(Client::builder("http://localhost:3000").build().is_ok());
    /// ```
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Sets the wall clock, by which the client counts along with the server's windows; the
    /// system's unless set.
    ///
    /// It is read once a call; from there on tokio's clock counts. With a clock that follows
    /// tokio's, a program on paused time is the same in each run, as far as `fastrand`, which draws
    /// the waits between retries, is seeded.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use chatwoot_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (start, began) = (SystemTime::UNIX_EPOCH + Duration::from_hours(1), tokio::time::Instant::now());
    /// let builder = Client::builder("https://chatwoot.example.com")
    ///     .wall_clock(move || start + began.elapsed());
    /// assert!(builder.build().is_ok());
    /// # }
    /// ```
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Arc::new(now);
        self
    }

    /// Sets the transport that opens the connections of [live feeds](crate::live), instead of the
    /// built-in one. It is independent of [`ClientBuilder::transport`].
    ///
    /// See [`LiveTransport`](crate::live::LiveTransport) for an example.
    #[cfg(feature = "live")]
    pub fn live_transport(mut self, transport: impl crate::live::LiveTransport + 'static) -> Self {
        self.extensions.insert(crate::live::Opener::new(transport));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// The base URL is invalid, or it is plain `http` to another machine and that is not
    /// [allowed](ClientBuilder::allow_plain_http), or there is no transport.
    pub fn build(self) -> Result<Client, BuildError> {
        let base = checked(&self.base, self.plain_http)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        #[cfg(feature = "live")]
        let mut extensions = self.extensions;
        #[cfg(feature = "live")]
        if extensions.get::<crate::live::Opener>().is_none() {
            extensions.insert(crate::live::Opener::new(crate::live::TungsteniteTransport::new()));
        }
        let counts = Counts::new(self.limits).shared(self.budget, &base);
        Ok(Client(Http::new(Settings {
            base_url: base,
            transport,
            policy: self.policy,
            response_limit: self.response_limit,
            counts,
            wall_clock: self.wall_clock,
            #[cfg(feature = "live")]
            extensions,
        })))
    }
}

fn checked(base: &str, plain_http: bool) -> Result<String, BuildError> {
    let url = Url::parse(base).map_err(BuildError::Url)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !plain {
        return Err(BuildError::Scheme);
    }
    if url.scheme() == "http" && !plain_http && !is_loopback(&url) {
        return Err(BuildError::PlainHttp);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(feature = "reqwest-rustls")]
fn default_transport() -> Result<Arc<dyn Transport>, BuildError> {
    let transport =
        crate::http::transport::ReqwestTransport::new().map_err(BuildError::Transport)?;
    Ok(Arc::new(transport))
}

#[cfg(not(feature = "reqwest-rustls"))]
fn default_transport() -> Result<Arc<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}

impl Client {
    /// Returns a builder for a client of the Chatwoot server at `base_url`, which may include a
    /// path.
    ///
    /// ```
    /// use chatwoot_client::{Client, Limits};
    ///
    /// let client = Client::builder("https://chatwoot.example.com").limits(Limits::server()).build();
    /// assert!(client.is_ok());
    /// assert!(Client::builder("chatwoot.example.com").build().is_err());
    /// ```
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder {
            base: base_url.into(),
            transport: None,
            policy: RetryPolicy::default(),
            limits: Limits::default(),
            budget: None,
            response_limit: ResponseLimit::default(),
            plain_http: false,
            wall_clock: Arc::new(SystemTime::now),
            #[cfg(feature = "live")]
            extensions: ::http::Extensions::new(),
        }
    }

    /// Returns a handle for the server's version and health.
    pub fn server(&self) -> Server<'_> {
        Server::new(&self.0)
    }

    /// Returns a handle for the Platform API: the accounts and users that the token's platform app
    /// created.
    pub fn platform(&self, token: impl Into<PlatformToken>) -> Platform {
        Platform::new(self.0.clone(), token.into())
    }

    /// Returns the same client for background calls: all its handles leave room for others in the
    /// server's limit; see [`Account::in_background`].
    ///
    /// ```
    /// # fn example(client: chatwoot_client::Client) {
    /// let bulk = client.in_background().account(7, "user-token");
    /// # drop(bulk);
    /// # }
    /// ```
    pub fn in_background(&self) -> Self {
        Self(self.0.in_background())
    }

    /// Returns the same client with an observer of its calls: it is told of each call of the handles
    /// that this client returns. Connections and limits stay shared.
    ///
    /// ```
    /// use chatwoot_client::http::{CallObserver, CallReport};
    /// # struct Metrics;
    /// # impl CallObserver for Metrics {
    /// #     fn call_ended(&self, _: &CallReport<'_>) {}
    /// # }
    /// # fn example(client: chatwoot_client::Client) {
    /// let client = client.observed_by(std::sync::Arc::new(Metrics));
    /// # drop(client);
    /// # }
    /// ```
    pub fn observed_by(&self, observer: Arc<dyn CallObserver>) -> Self {
        Self(self.0.observed_by(observer))
    }

    /// Returns a handle for the Application API of one account.
    pub fn account(&self, id: impl Into<AccountId>, token: impl Into<UserToken>) -> Account {
        Account::new(self.0.clone(), id.into(), token.into())
    }

    /// Returns a handle for the profile of the token's user, which is shared by all accounts.
    pub fn profile(&self, token: impl Into<UserToken>) -> Profile {
        Profile::new(self.0.clone(), token.into())
    }

    /// Returns a handle for the public API of the API inbox with this identifier. It uses no token.
    pub fn public_inbox(&self, identifier: impl Into<String>) -> PublicInbox {
        PublicInbox::new(self.0.clone(), identifier.into())
    }

    /// Returns a handle for a conversation's satisfaction survey, as the customer sees it. It uses
    /// no token.
    pub fn csat_survey(&self) -> CsatSurvey<'_> {
        CsatSurvey::new(&self.0)
    }

    /// Returns a handle for the widget API of the website inbox with this website token.
    pub fn web_widget(&self, token: impl Into<String>) -> WebWidget {
        WebWidget::new(self.0.clone(), token.into())
    }

    /// Returns the counts of requests and retries since the client was built.
    pub fn stats(&self) -> Stats {
        self.0.counters().read()
    }

    /// Returns the base URL, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.0.base_url()
    }
}

//! The client, and the three doors of Chatwoot: platform, account, inbox.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::application::Account;
use crate::application::profile::Profile;
use crate::http::Http;
use crate::http::Limits;
use crate::http::ResponseLimit;
use crate::http::RetryPolicy;
use crate::http::Stats;
use crate::http::limit::Counts;
use crate::http::loopback::is_loopback;
use crate::http::transport::Transport;
use crate::platform::Platform;
use crate::public::widget::WebWidget;
use crate::public::{CsatSurvey, PublicInbox};
use crate::server::Server;
use crate::types::AccountId;
use crate::types::{PlatformToken, UserToken};

/// A client of one Chatwoot. Cloning is cheap and shares connections, limits and budget.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Http);

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not one.
    #[error("the base URL is not a URL: write it as https://chatwoot.example.com")]
    Url(#[source] url::ParseError),
    /// The base URL is no plain `http` or `https` address.
    #[error("the base URL must be http or https and carry no user, password, query or fragment")]
    Scheme,
    /// The base URL is plain `http` to another machine: every network between would see the tokens.
    #[error(
        "the base URL is http to another machine, where the network would see each token: use \
         https, or allow it with ClientBuilder::allow_plain_http"
    )]
    PlainHttp,
    /// No transport was given, and the feature `reqwest-rustls` is off.
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
    response_limit: ResponseLimit,
    plain_http: bool,
}

impl fmt::Debug for ClientBuilder {
    /// Without the base URL: until it is checked it may hold a password or a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("transport", &self.transport)
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .field("response_limit", &self.response_limit)
            .field("plain_http", &self.plain_http)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Sends through this transport instead of the built-in one.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How often, how long and how patiently calls are tried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Which of the server's limits the client keeps by itself.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many bytes of a successful answer are read, counted after decompression; 16 MiB unless
    /// set. A larger one is a `Decode` error.
    ///
    /// It holds for one answer: a stream over all pages of a list may be of any length. Of a
    /// refusal 64 KiB are read, whatever is set here.
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

    /// Allows plain `http` to another machine: for a network that is as trusted as this machine,
    /// since whoever is on the way, a proxy included, sees each token and each customer's data.
    ///
    /// Plain `http` to this machine itself (`localhost`, a name below it, or an address of the
    /// loopback interface) needs no leave.
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

    /// Builds the client.
    ///
    /// # Errors
    /// The base URL is unusable, or plain `http` to another machine where that is not
    /// [allowed](ClientBuilder::allow_plain_http), or there is no transport.
    pub fn build(self) -> Result<Client, BuildError> {
        let base = checked(&self.base, self.plain_http)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        let counts = Counts::new(self.limits);
        Ok(Client(Http::new(base, transport, self.policy, self.response_limit, counts)))
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
    /// A client of the Chatwoot at `base_url`, which may have a path.
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
            response_limit: ResponseLimit::default(),
            plain_http: false,
        }
    }

    /// The server itself: its version and health.
    pub fn server(&self) -> Server<'_> {
        Server::new(&self.0)
    }

    /// The Platform API: accounts and users, for the platform app that made them.
    pub fn platform(&self, token: impl Into<PlatformToken>) -> Platform {
        Platform::new(self.0.clone(), token.into())
    }

    /// The Application API of one account.
    pub fn account(&self, id: impl Into<AccountId>, token: impl Into<UserToken>) -> Account {
        Account::new(self.0.clone(), id.into(), token.into())
    }

    /// The user behind a token, across accounts.
    pub fn profile(&self, token: impl Into<UserToken>) -> Profile {
        Profile::new(self.0.clone(), token.into())
    }

    /// The public API of one API inbox, by the inbox's identifier: no token.
    pub fn public_inbox(&self, identifier: impl Into<String>) -> PublicInbox {
        PublicInbox::new(self.0.clone(), identifier.into())
    }

    /// The satisfaction survey of one conversation, as its customer sees it: no token.
    pub fn csat_survey(&self) -> CsatSurvey<'_> {
        CsatSurvey::new(&self.0)
    }

    /// The widget's own API of one website inbox, by its website token.
    pub fn web_widget(&self, token: impl Into<String>) -> WebWidget {
        WebWidget::new(self.0.clone(), token.into())
    }

    /// What this client has done so far.
    pub fn stats(&self) -> Stats {
        self.0.counters().read()
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.0.base_url()
    }
}

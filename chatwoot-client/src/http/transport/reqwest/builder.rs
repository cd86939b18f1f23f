//! The builder of the reqwest transport, which has no reqwest types in its interface.

use std::fmt;
use std::time::Duration;

use crate::http::transport::ReqwestTransport;
use crate::http::transport::reqwest::refused;
use crate::http::transport::{TransportError, TransportErrorKind};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds a [`ReqwestTransport`].
///
/// ```
/// use chatwoot_client::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder().proxy("http://proxy.internal:3128").build();
/// assert!(transport.is_ok());
/// ```
pub struct ReqwestTransportBuilder {
    client: reqwest::ClientBuilder,
    // The same without a proxy, for requests to this machine itself.
    direct: reqwest::ClientBuilder,
    // The first invalid setting; reported when the transport is built.
    fault: Option<TransportError>,
}

impl fmt::Debug for ReqwestTransportBuilder {
    /// Omits the settings: a proxy's URL may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder").finish_non_exhaustive()
    }
}

impl ReqwestTransportBuilder {
    pub(super) fn new() -> Self {
        let plain = || reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT);
        Self { client: plain(), direct: plain(), fault: None }
    }

    /// Sends all requests except those to this machine itself through this proxy, and ignores the
    /// environment's proxy. The URL may contain a user and a password.
    pub fn proxy(mut self, url: &str) -> Self {
        match reqwest::Proxy::all(url) {
            Ok(proxy) => self.client = self.client.proxy(proxy),
            Err(error) => self.unusable("the proxy's address is not a URL", Some(error)),
        }
        self
    }

    /// Sends directly, and ignores the environment's proxy.
    pub fn no_proxy(mut self) -> Self {
        self.client = self.client.no_proxy();
        self
    }

    /// Trusts the certificates in this PEM text in addition to the platform's, for a company's own
    /// certificate authority.
    pub fn root_certificates(mut self, pem: &[u8]) -> Self {
        const NONE: &str = "the root certificates hold no certificate in PEM form";
        match reqwest::Certificate::from_pem_bundle(pem) {
            Ok(certificates) if certificates.is_empty() => self.unusable(NONE, None),
            Ok(certificates) => {
                self.client = self.client.tls_certs_merge(certificates.clone());
                self.direct = self.direct.tls_certs_merge(certificates);
            }
            Err(error) => self.unusable(NONE, Some(error)),
        }
        self
    }

    /// Sets how long establishing a connection may take; the default is 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.client = self.client.connect_timeout(timeout);
        self.direct = self.direct.connect_timeout(timeout);
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    /// A setting is invalid, or the TLS backend could not start.
    pub fn build(self) -> Result<ReqwestTransport, TransportError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => ReqwestTransport::from_builders(self.client, self.direct),
        }
    }

    /// Records an invalid setting, unless there is one already.
    fn unusable(&mut self, what: &str, why: Option<reqwest::Error>) {
        let mut fault = TransportError::new(TransportErrorKind::Request, what);
        if let Some(why) = why {
            fault = fault.with_source(refused(why, TransportErrorKind::Request));
        }
        self.fault.get_or_insert(fault);
    }
}

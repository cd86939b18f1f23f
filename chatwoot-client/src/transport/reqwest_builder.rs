//! What a host may want to set on the transport, without naming a type of reqwest.

use std::fmt;
use std::time::Duration;

use super::reqwest::{ReqwestTransport, refused};
use super::{TransportError, TransportErrorKind};

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
    // The first setting that cannot be used; reported when the transport is built.
    fault: Option<TransportError>,
}

impl fmt::Debug for ReqwestTransportBuilder {
    /// Without the settings: a proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder").finish_non_exhaustive()
    }
}

impl ReqwestTransportBuilder {
    pub(super) fn new() -> Self {
        let client = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT);
        Self { client, fault: None }
    }

    /// Sends everything through this proxy, and ignores the environment's. The address may carry
    /// a user and a password.
    pub fn proxy(self, url: &str) -> Self {
        let proxy = reqwest::Proxy::all(url);
        self.with("the proxy's address is not a URL", proxy, reqwest::ClientBuilder::proxy)
    }

    /// Sends directly, whatever proxy the environment names.
    pub fn no_proxy(mut self) -> Self {
        self.client = self.client.no_proxy();
        self
    }

    /// Trusts the certificates in this PEM text besides the platform's: a company's own authority.
    pub fn root_certificates(mut self, pem: &[u8]) -> Self {
        const NONE: &str = "the root certificates hold no certificate in PEM form";
        let certificates = reqwest::Certificate::from_pem_bundle(pem);
        if certificates.as_ref().is_ok_and(Vec::is_empty) {
            let fault = TransportError::new(TransportErrorKind::Request, NONE);
            self.fault.get_or_insert(fault);
            return self;
        }
        self.with(NONE, certificates, reqwest::ClientBuilder::tls_certs_merge)
    }

    /// How long making a connection may take; 5 s otherwise.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.client = self.client.connect_timeout(timeout);
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    /// A setting is unusable, or the TLS backend could not start.
    pub fn build(self) -> Result<ReqwestTransport, TransportError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => ReqwestTransport::from_builder(self.client),
        }
    }

    fn with<T>(
        mut self,
        or_say: &str,
        setting: reqwest::Result<T>,
        set: impl FnOnce(reqwest::ClientBuilder, T) -> reqwest::ClientBuilder,
    ) -> Self {
        match setting {
            Ok(setting) => self.client = set(self.client, setting),
            Err(error) => {
                let source = refused(error, TransportErrorKind::Request);
                let fault = TransportError::new(TransportErrorKind::Request, or_say);
                self.fault.get_or_insert(fault.with_source(source));
            }
        }
        self
    }
}

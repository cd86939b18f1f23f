//! TLS as reqwest has it: rustls, the process's crypto provider or aws-lc-rs, the platform's roots.

use std::sync::{Arc, OnceLock};

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::live::{LiveTransportError, LiveTransportErrorKind};

/// The TLS settings, set up when they are first needed.
#[derive(Default)]
pub(super) struct Tls {
    roots: Vec<CertificateDer<'static>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts the certificates in this PEM text in addition to the platform's.
    pub(super) fn trusting(pem: &[u8]) -> Result<Self, LiveTransportError> {
        let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match roots {
            Ok(roots) if !roots.is_empty() => Ok(Self { roots, config: OnceLock::new() }),
            _ => Err(unusable("the root certificates hold no certificate in PEM form")),
        }
    }

    /// Returns the settings.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, LiveTransportError> {
        if let Some(config) = self.config.get() {
            return Ok(config.clone());
        }
        let config = Arc::new(self.build()?);
        Ok(self.config.get_or_init(|| config).clone())
    }

    fn build(&self) -> Result<ClientConfig, LiveTransportError> {
        let failed = |error| unusable("TLS could not be set up").with_source(error);
        let provider = CryptoProvider::get_default().cloned();
        let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
        let verifier = verifier(self.roots.clone(), provider.clone()).map_err(failed)?;
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }
}

#[cfg(not(target_os = "android"))]
fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, tokio_rustls::rustls::Error> {
    if roots.is_empty() {
        return Verifier::new(provider);
    }
    Verifier::new_with_extra_roots(roots, provider)
}

#[cfg(target_os = "android")]
fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, tokio_rustls::rustls::Error> {
    if roots.is_empty() {
        return Verifier::new(provider);
    }
    Err(tokio_rustls::rustls::Error::General("no further roots on this platform".to_owned()))
}

fn unusable(message: &str) -> LiveTransportError {
    LiveTransportError::new(LiveTransportErrorKind::Connect, message)
}

//! Requests of the host's own pages.

use bytes::Bytes;
use chatwoot_client::http::{Body, ResponseLimit};
use http::{HeaderMap, Method, Request, Response, header};
use url::Url;

use super::finding::Found;
use super::run::Patient;
use crate::ports::{Address, AddressToken};

/// The maximum number of redirects that are followed.
const REDIRECTS: usize = 5;

impl Patient<'_> {
    /// Sends a request without a body and returns the response, whatever its status is. An error of
    /// the transport does not show the URL, which may contain a secret.
    pub(super) async fn request(
        &self,
        method: Method,
        url: &Url,
    ) -> Result<Response<Bytes>, Found> {
        let Some(pages) = &self.doctor.pages else {
            return Err(Found::skipped("no transport for the host's pages was given"));
        };
        let mut request = Request::new(Body::Bytes(Bytes::new()));
        let uri = url.as_str().split('#').next().unwrap_or_default().parse();
        *request.uri_mut() = uri.map_err(|_| {
            Found::failed("a page's address is no URL", "correct the address in the store")
        })?;
        if method == Method::POST {
            let headers = request.headers_mut();
            headers.insert(header::CONTENT_LENGTH, header::HeaderValue::from_static("0"));
        }
        *request.method_mut() = method;
        request.extensions_mut().insert(ResponseLimit::default());
        let origin = url.origin().ascii_serialization();
        pages.send(request, self.deadline()).await.map_err(|error| {
            Found::failed(
                format!("no page at {origin}: {error}"),
                "see whether the host is up at its public address, and reached from here",
            )
        })
    }

    /// Loads a page, following redirects; returns its last address and the response.
    pub(super) async fn load(&self, url: &Url) -> Result<(Url, Response<Bytes>), Found> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.request(Method::GET, &url).await?;
            let to = response.headers().get(header::LOCATION);
            let to = to.filter(|_| response.status().is_redirection());
            let to = to.and_then(|to| url.join(to.to_str().ok()?).ok());
            match to.filter(|to| matches!(to.scheme(), "http" | "https")) {
                Some(to) => url = to,
                None => return Ok((url, response)),
            }
        }
        let text = format!("{} redirects without an end", url.origin().ascii_serialization());
        Err(Found::failed(text, "correct the redirects of the page"))
    }

    /// Returns one of this host's addresses; `None` if the host's public URL is not known.
    pub(super) fn own_url(&self, of: Address, token: &AddressToken) -> Option<Url> {
        let base = self.doctor.config.public_url.as_ref()?;
        let base = base.as_str().trim_end_matches('/');
        format!("{base}{}/{}", of.path(), token.expose()).parse().ok()
    }
}

/// Returns whether an address that Chatwoot has is this host's, or ends as this host's do if the
/// host's public URL is not known.
pub(super) fn is_own(is: &str, own: Option<&Url>, of: Address, token: &AddressToken) -> bool {
    match own {
        Some(own) => is == own.as_str(),
        None => is.ends_with(&format!("{}/{}", of.path(), token.expose())),
    }
}

/// Returns the values of a header that may occur several times.
pub(super) fn values(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

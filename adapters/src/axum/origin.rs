//! The origin of a Chatwoot server, as browsers and headers write it.

use std::fmt;

use url::{Host, Url};

/// The origin of a Chatwoot server: scheme, host and port of its base URL.
///
/// ```
/// use store_context_adapters::axum::ChatwootOrigin;
///
/// let chatwoot = ChatwootOrigin::new(&"https://chatwoot.example.com/app".parse().unwrap()).unwrap();
/// assert_eq!(chatwoot.as_str(), "https://chatwoot.example.com");
/// assert!(ChatwootOrigin::new(&"mailto:support@example.com".parse().unwrap()).is_err());
/// assert!(ChatwootOrigin::new(&"https://*.example.com".parse().unwrap()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatwootOrigin(String);

/// The error for a URL without a usable origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a Chatwoot's base URL begins with http:// or https:// and names one host: letters, \
             digits, dots and hyphens, or an IP address",
        )
    }
}

impl std::error::Error for NoOrigin {}

impl ChatwootOrigin {
    /// Creates the origin of a base URL.
    ///
    /// # Errors
    /// Returns an error if the URL is neither http nor https, or its host cannot be written in a
    /// content security policy: there `*` would be every host, and `;` would begin another
    /// directive.
    pub fn new(base: &Url) -> Result<Self, NoOrigin> {
        let web = matches!(base.scheme(), "http" | "https");
        let one_host = match base.host() {
            Some(Host::Domain(name)) => is_name(name),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        if web && one_host { Ok(Self(base.origin().ascii_serialization())) } else { Err(NoOrigin) }
    }

    /// Returns the text, as a browser writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name may end with the root's dot.
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

//! One client per Chatwoot server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatwoot_client::{BuildError, Client};
use tokio::time::Instant;
use url::Url;

use crate::guard::lock;

/// The reason why there is no client for a base URL. No message of it contains a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientsError {
    /// The host has a single Chatwoot server, and the base URL is another's.
    #[error(
        "this host has one Chatwoot, {own}, and {asked} is another: use `Clients::new` for many"
    )]
    OtherServer {
        /// The base URL of the host's Chatwoot server.
        own: String,
        /// The requested base URL.
        asked: String,
    },
    /// The host's function built a client for another base URL than requested; nothing is sent
    /// through it.
    #[error(
        "asked for a client of {asked}, the function given to `Clients::new` built one of {built}"
    )]
    WrongBaseUrl {
        /// The requested base URL.
        asked: String,
        /// The base URL of the client that was built.
        built: String,
    },
    /// The client could not be built.
    #[error("no client of {asked} could be built")]
    Build {
        /// The requested base URL.
        asked: String,
        /// The error of the client's builder.
        source: BuildError,
    },
}

/// Keeps one [`Client`] per Chatwoot server, by its base URL: stores on one server share its
/// connections and its rate limits. Clones share the clients.
///
/// A client that no store has used for a day is dropped when another is built, so that the servers
/// of stores that left are not kept for ever.
///
/// ```
/// use store_context::accounts::Clients;
/// use store_context::chatwoot::{Client, Limits};
///
/// let clients = Clients::new(|base_url| {
///     Client::builder(base_url.as_str()).limits(Limits::server()).build()
/// });
/// # #[cfg(feature = "reqwest-rustls")]
/// # {
/// let client = clients.get(&"https://chatwoot.example.com".parse()?)?;
/// assert_eq!(client.base_url(), "https://chatwoot.example.com");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Clients(Arc<Inner>);

struct Inner {
    build: Option<Box<Build>>,
    made: Mutex<BTreeMap<String, Made>>,
}

struct Made {
    client: Client,
    used: Instant,
}

/// How long a client is kept that is not used: far longer than a window of the server's limits.
const UNUSED: Duration = Duration::from_hours(24);

type Build = dyn Fn(&Url) -> Result<Client, BuildError> + Send + Sync;

impl Clients {
    /// Creates a set that builds the client of each base URL with this function when it is first
    /// requested. The function must use the base URL that it is given.
    pub fn new(build: impl Fn(&Url) -> Result<Client, BuildError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { build: Some(Box::new(build)), made: Mutex::default() }))
    }

    /// Creates a set of one client, for a platform with one Chatwoot server: every other base URL
    /// is refused.
    ///
    /// ```
    /// use store_context::accounts::{Clients, ClientsError};
    /// # use store_context::chatwoot::Client;
    /// # fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let clients = Clients::single(client);
    /// let refused = clients.get(&"https://another.example.com".parse()?).unwrap_err();
    /// assert!(matches!(refused, ClientsError::OtherServer { .. }));
    /// # Ok(())
    /// # }
    /// ```
    pub fn single(client: Client) -> Self {
        let made = Made { used: Instant::now(), client };
        let made = BTreeMap::from([(made.client.base_url().to_owned(), made)]);
        Self(Arc::new(Inner { build: None, made: Mutex::new(made) }))
    }

    /// Returns the client of the Chatwoot server at a base URL; a trailing slash makes no
    /// difference.
    ///
    /// # Errors
    /// Returns an error if there is no such client and none could be built.
    pub fn get(&self, base_url: &Url) -> Result<Client, ClientsError> {
        let key = base_url.as_str().trim_end_matches('/');
        let now = Instant::now();
        let mut made = lock(&self.0.made);
        if let Some(made) = made.get_mut(key) {
            made.used = now;
            return Ok(made.client.clone());
        }
        let asked = shown(base_url);
        let Some(make_client) = &self.0.build else {
            let own = made.keys().next().cloned().unwrap_or_default();
            return Err(ClientsError::OtherServer { own, asked });
        };
        // Built under the lock, so that each server has one client, with one set of limits.
        let client = make_client(base_url)
            .map_err(|source| ClientsError::Build { asked: asked.clone(), source })?;
        if client.base_url() != key {
            let other = client.base_url().to_owned();
            return Err(ClientsError::WrongBaseUrl { asked, built: other });
        }
        made.retain(|_, made| now.duration_since(made.used) < UNUSED);
        made.insert(key.to_owned(), Made { client: client.clone(), used: now });
        Ok(client)
    }
}

/// Returns the base URL without user, password, query and fragment, which no base URL should have.
fn shown(base_url: &Url) -> String {
    let path = base_url.path().trim_end_matches('/');
    format!("{}{path}", base_url.origin().ascii_serialization())
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(lock(&self.0.made).keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use chatwoot_client::fake::FakeChatwoot;

    use super::*;

    /// The servers of stores that left are not kept for ever.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_nobody_uses_is_dropped() {
        let build =
            |url: &Url| Client::builder(url.as_str()).transport(FakeChatwoot::new()).build();
        let clients = Clients::new(build);
        let url = |n: u32| format!("https://c{n}.example.com").parse::<Url>().unwrap();
        for n in 0..100 {
            clients.get(&url(0)).unwrap();
            clients.get(&url(n)).unwrap();
            tokio::time::advance(Duration::from_hours(1)).await;
        }
        let made: Vec<String> = lock(&clients.0.made).keys().cloned().collect();
        assert!(made.len() <= 25, "{made:?}");
        assert!(made.contains(&"https://c0.example.com".to_owned()), "it is used: {made:?}");
    }
}

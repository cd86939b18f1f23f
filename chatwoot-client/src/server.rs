//! Server: its version and health. These calls need no token.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Http;
use crate::http::Op;
use crate::types::{Extra, open_enum};

const VERSION: Op = Op::get("server.version", "/api");
const HEALTH: Op = Op::get("server.health", "/health").missing_in("4.9.1");

/// All operations of the server itself.
pub(crate) const OPERATIONS: &[&[Op]] = &[&[VERSION, HEALTH]];

/// A handle for the server; from [`Client::server`](crate::Client::server).
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    http: &'a Http,
}

impl<'a> Server<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http }
    }

    /// Returns the version, and whether Redis and the database are available.
    ///
    /// `GET /api`. Anyone may call it, without a token.
    ///
    /// # Errors
    /// No specific ones; see [`Call`].
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// let server = client.server().version().await?;
    /// if !server.at_least(4, 11, 2) {
    ///     println!("{} does not sign its webhooks", server.version);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn version(self) -> Call<'a, ServerVersion> {
        self.http.call(VERSION)
    }

    /// Returns the server's health status.
    ///
    /// `GET /health`. Anyone may call it, without a token.
    ///
    /// # Errors
    /// `NotFound` on servers without this route (4.9.1): call [`Server::version`] there.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// if client.server().health().await?.status == "woot" {
    ///     println!("it is up");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn health(self) -> Call<'a, ServerHealth> {
        self.http.call(HEALTH)
    }
}

/// The version of the server and the state of its services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerVersion {
    /// The version, such as `4.15.1`.
    pub version: String,
    /// The server's clock, in UTC, such as `2026-11-21 00:34:53`.
    pub timestamp: Option<String>,
    /// The state of Redis.
    pub queue_services: Option<ServiceState>,
    /// The state of the database.
    pub data_services: Option<ServiceState>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ServerVersion {
    /// Whether the server has this version or a later one; `false` if its version cannot be parsed.
    pub fn at_least(&self, major: u32, minor: u32, patch: u32) -> bool {
        numbers(&self.version).is_some_and(|own| own >= [major, minor, patch])
    }

    /// Whether the server has an operation, as far as is known: `false` only if its version is the
    /// last one known to lack the operation ([`Op::missing_in`]) or an older one.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// let server = client.server().version().await?;
    /// for op in chatwoot_client::operations().filter(|op| !server.has(op)) {
    ///     println!("{} does not have {}", server.version, op.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn has(&self, op: &Op) -> bool {
        let lacking = op.missing_in.and_then(numbers);
        match (lacking, numbers(&self.version)) {
            (Some(lacking), Some(own)) => own > lacking,
            _ => true,
        }
    }
}

/// Parses a version into its three numbers.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.split(['.', '-', '+']).map(str::parse::<u32>);
    let (Some(Ok(first)), Some(Ok(second))) = (parts.next(), parts.next()) else { return None };
    let third = parts.next().and_then(Result::ok).unwrap_or(0);
    Some([first, second, third])
}

/// The health of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerHealth {
    /// `woot` if the server is up.
    pub status: String,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

open_enum! {
    /// The state of a service that the server depends on.
    pub enum ServiceState {
        /// Available.
        Ok = "ok",
        /// Not available.
        Failing = "failing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let server = |version: &str| ServerVersion {
            version: version.into(),
            timestamp: None,
            queue_services: None,
            data_services: None,
            extra: Extra::new(),
        };
        assert!(server("4.15.1").at_least(4, 11, 2));
        assert!(server("4.11.2").at_least(4, 11, 2));
        assert!(!server("4.9.1").at_least(4, 11, 2));
        assert!(server("5.0.0-beta").at_least(4, 15, 1));
        assert!(server("5.0").at_least(5, 0, 0));
        assert!(!server("edge").at_least(0, 0, 0));
        assert!(server("4.15.1").has(&HEALTH));
        assert!(!server("4.9.1").has(&HEALTH));
        assert!(!server("4.2.0").has(&HEALTH));
        assert!(server("edge").has(&HEALTH), "what is not known is tried");
        assert!(server("4.2.0").has(&VERSION));
    }
}

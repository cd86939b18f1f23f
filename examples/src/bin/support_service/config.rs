//! The configuration, from environment variables.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use chatwoot_client::Secret;
use sqlx::postgres::PgConnectOptions;
use store_context::provision::EmailDomain;
use store_context_adapters::postgres::KeyRing;
use url::Url;

/// The configuration of the service.
pub(crate) struct Config {
    /// The database, with the runtime role.
    pub(crate) database: PgConnectOptions,
    /// The size of the pool of connections.
    pub(crate) connections: u32,
    /// Redis; without it, each process has a cache and limits of its own.
    pub(crate) redis: Option<redis::Client>,
    /// The keys of the credentials.
    pub(crate) keys: KeyRing,
    /// The base URL of Chatwoot.
    pub(crate) chatwoot: Url,
    /// The token of a platform app of that Chatwoot, which creates the stores' accounts.
    pub(crate) platform_token: Secret,
    /// The domain of the administrators' email addresses.
    pub(crate) domain: EmailDomain,
    /// The URL at which Chatwoot and browsers reach this service.
    pub(crate) public_url: Url,
    /// The number of lines to Chatwoot's live feed; without it, nothing is listened to.
    pub(crate) live_lines: Option<usize>,
    /// The token of the shop's own services.
    pub(crate) service_token: Secret,
    /// The address to listen on.
    pub(crate) listen: SocketAddr,
}

/// The configuration of the migrations.
pub(crate) struct MigrateConfig {
    /// The database, with the role that owns the tables.
    pub(crate) owner: PgConnectOptions,
    /// The runtime role.
    pub(crate) role: String,
}

/// Everything that is missing or wrong, so that it can be corrected at once. It shows no value.
#[derive(Debug)]
pub(crate) struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is not as it should be; see .env.example")?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads all variables of the process.
    ///
    /// # Errors
    /// Returns an error that names every variable that is missing or wrong.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        let mut read = Reader::new(|name| env::var_os(name));
        let database = read.required("DATABASE_URL", postgres);
        let connections = read.optional("DATABASE_CONNECTIONS", connections).unwrap_or(20);
        let redis = read.optional("REDIS_URL", redis);
        let keys = read.required("STORE_CONTEXT_KEYS", |text| {
            KeyRing::parse(text).map_err(|error| error.to_string())
        });
        let chatwoot = read.required("CHATWOOT_URL", web_url);
        let platform_token = read.required("CHATWOOT_PLATFORM_TOKEN", token);
        let domain = read.required("ADMINISTRATOR_DOMAIN", |text| {
            EmailDomain::from_str(text).map_err(|_| "a domain such as example.com".to_owned())
        });
        let public_url = read.required("PUBLIC_URL", web_url);
        let live_lines = read.optional("LIVE_LINES", live_lines);
        let service_token = read.required("SERVICE_TOKEN", service_token);
        let listen = read.optional("LISTEN", |text| {
            text.parse().map_err(|_| "an address such as 0.0.0.0:8080".to_owned())
        });
        let complete = || {
            Some(Self {
                database: database?,
                connections,
                redis,
                keys: keys?,
                chatwoot: chatwoot?,
                platform_token: platform_token?,
                domain: domain?,
                public_url: public_url?,
                live_lines,
                service_token: service_token?,
                listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            })
        };
        read.end(complete)
    }
}

impl MigrateConfig {
    /// Reads the variables of `migrate`.
    ///
    /// # Errors
    /// Returns an error that names every variable that is missing or wrong.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        let mut read = Reader::new(|name| env::var_os(name));
        let owner = read.required("DATABASE_OWNER_URL", postgres);
        let role = read.required("DATABASE_URL", postgres).as_ref().map(role);
        read.end(|| Some(Self { owner: owner?, role: role? }))
    }

    /// Reads the runtime role only, of `DATABASE_URL`.
    ///
    /// # Errors
    /// Returns an error if the variable is missing or wrong.
    pub(crate) fn role_from_env() -> Result<String, ConfigError> {
        let mut read = Reader::new(|name| env::var_os(name));
        let role = read.required("DATABASE_URL", postgres).as_ref().map(role);
        read.end(|| role)
    }
}

fn role(database: &PgConnectOptions) -> String {
    database.get_username().to_owned()
}

/// Reads variables, and notes what is missing or wrong.
struct Reader<F> {
    variable: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<OsString>> Reader<F> {
    const fn new(variable: F) -> Self {
        Self { variable, problems: Vec::new() }
    }

    fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let known = self.problems.len();
        let value = self.optional(name, parse);
        if value.is_none() && self.problems.len() == known {
            self.problems.push(format!("{name} is not set"));
        }
        value
    }

    /// An empty variable counts as one that is not set.
    fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = (self.variable)(name).filter(|text| !text.is_empty())?;
        let parsed = match text.to_str() {
            Some(text) => parse(text),
            None => Err("text in UTF-8".to_owned()),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(expected) => {
                self.problems.push(format!("{name} is not valid: {expected}"));
                None
            }
        }
    }

    fn end<T>(self, complete: impl FnOnce() -> Option<T>) -> Result<T, ConfigError> {
        match complete() {
            Some(config) if self.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(self.problems)),
        }
    }
}

/// Reads an address of Postgres; the driver's own errors may show parts of it.
fn postgres(text: &str) -> Result<PgConnectOptions, String> {
    let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    let options = text.parse().ok().filter(|_| known);
    options.ok_or_else(|| "a URL such as postgres://role:password@host/database".to_owned())
}

fn redis(text: &str) -> Result<redis::Client, String> {
    redis::Client::open(text).map_err(|_| "a URL such as redis://host:6379".to_owned())
}

fn web_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(url),
        _ => Err("a URL such as https://support.example.com".to_owned()),
    }
}

fn connections(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (2..=1000).contains(number));
    number.ok_or_else(|| "a number from 2 to 1000".to_owned())
}

fn live_lines(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=10_000).contains(number));
    number.ok_or_else(|| "a number from 1 to 10000".to_owned())
}

/// Reads a token, which is sent or received in a header.
fn token(text: &str) -> Result<Secret, String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.into());
    }
    Err("a token without spaces and line breaks".to_owned())
}

fn service_token(text: &str) -> Result<Secret, String> {
    if text.len() < 32 {
        return Err("at least 32 characters, for example of `openssl rand -hex 32`".to_owned());
    }
    token(text)
}

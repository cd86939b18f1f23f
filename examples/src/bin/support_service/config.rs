//! The configuration, from environment variables.

use std::env;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use chatwoot_client::Secret;
use store_context::provision::EmailDomain;
use store_context_adapters::postgres::KeyRing;
use url::Url;

/// The configuration of the service. `Debug` shows no secret.
pub(crate) struct Config {
    /// The runtime role's address of the database.
    pub(crate) database: Secret,
    /// The size of the pool of connections.
    pub(crate) connections: u32,
    /// The address of Redis; without it, each process has a cache and limits of its own.
    pub(crate) redis: Option<Secret>,
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
    /// The token of the shop's own services.
    pub(crate) service_token: Secret,
    /// The address to listen on.
    pub(crate) listen: SocketAddr,
}

/// Everything that is missing or wrong, so that it can be corrected at once. It shows no value.
#[derive(Debug)]
pub(crate) struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is not complete; see .env.example")?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads all variables of the process.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut read = Reader { variable: &variable, problems: Vec::new() };
        let database = read.required("DATABASE_URL", postgres_url);
        let connections = read.optional("DATABASE_CONNECTIONS", connections).unwrap_or(20);
        let redis = read.optional("REDIS_URL", redis_url);
        let keys = read.required("STORE_CONTEXT_KEYS", |text| {
            KeyRing::parse(text).map_err(|error| error.to_string())
        });
        let chatwoot = read.required("CHATWOOT_URL", web_url);
        let platform_token = read.required("CHATWOOT_PLATFORM_TOKEN", |text| Ok(text.into()));
        let domain = read.required("ADMINISTRATOR_DOMAIN", |text| {
            EmailDomain::from_str(text).map_err(|error| error.to_string())
        });
        let public_url = read.required("PUBLIC_URL", web_url);
        let service_token = read.required("SERVICE_TOKEN", service_token);
        let listen = read.optional("LISTEN", |text| {
            text.parse::<SocketAddr>().map_err(|_| "an address such as 0.0.0.0:8080".to_owned())
        });
        let problems = read.problems;
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
                service_token: service_token?,
                listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            })
        };
        match complete() {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError(problems)),
        }
    }
}

/// Reads variables, and notes what is missing or wrong.
struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.optional(name, parse);
        if value.is_none() && !self.problems.iter().any(|told| told.starts_with(name)) {
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
        match parse(&text) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.problems.push(format!("{name} is not valid: {expected}"));
                None
            }
        }
    }
}

/// Checks an address of Postgres; the database's own errors would show its password.
pub(crate) fn postgres_url(text: &str) -> Result<Secret, String> {
    url_of(text, &["postgres", "postgresql"], "postgres://role:password@host/database")
}

fn redis_url(text: &str) -> Result<Secret, String> {
    url_of(text, &["redis", "rediss", "redis+unix", "unix"], "redis://host:6379")
}

fn url_of(text: &str, schemes: &[&str], example: &str) -> Result<Secret, String> {
    match Url::parse(text) {
        Ok(url) if schemes.contains(&url.scheme()) => Ok(text.into()),
        _ => Err(format!("a URL such as {example}")),
    }
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

fn service_token(text: &str) -> Result<Secret, String> {
    if text.len() < 32 {
        return Err("at least 32 characters, for example of `openssl rand -hex 32`".to_owned());
    }
    Ok(text.into())
}

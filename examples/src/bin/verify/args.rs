//! The command line and the environment.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use chatwoot_client::Secret;
use clap::{Parser, ValueEnum};
use sqlx::postgres::PgConnectOptions;
use store_context::doctor::{Check, DoctorConfig};
use store_context::model::StoreId;
use store_context_adapters::postgres::KeyRing;
use url::Url;

/// Checks a store and its Chatwoot, prints what was found, and ends with a line such as `12 of 12`.
///
/// It checks a fake Chatwoot with a host in this process (--fake); or an account by its base URL, id
/// and token; or, with DATABASE_URL, the stores of a database. Others see the arguments of a
/// process, so secrets come from the environment only: CHATWOOT_TOKEN (of the account's
/// administrator), CHATWOOT_PLATFORM_TOKEN and CHATWOOT_WEBHOOK_SECRET (both may be missing),
/// DATABASE_URL and STORE_CONTEXT_KEYS.
///
/// Exits with 0 if no check failed, with 1 if one failed, with 2 if the settings are not as they
/// should be.
#[derive(Debug, Parser)]
#[command(version, about)]
#[expect(clippy::doc_markdown, reason = "the text is shown by --help")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Args {
    /// Check a fake Chatwoot and a host that are started in this process.
    #[arg(long, conflicts_with_all = ["chatwoot", "account", "store"])]
    pub(crate) fake: bool,

    /// The base URL of Chatwoot.
    #[arg(long, value_name = "URL", env = "CHATWOOT_URL", value_parser = web_url)]
    pub(crate) chatwoot: Option<Url>,

    /// The id of the account.
    #[arg(long, value_name = "ID", env = "CHATWOOT_ACCOUNT")]
    pub(crate) account: Option<u64>,

    /// The id of the website inbox, if the account has several.
    #[arg(long, value_name = "ID", env = "CHATWOOT_INBOX")]
    pub(crate) inbox: Option<u64>,

    /// The website with the widget, whose Content-Security-Policy is checked.
    #[arg(long, value_name = "URL", env = "WEBSITE_URL", value_parser = web_url)]
    pub(crate) website: Option<Url>,

    /// The URL at which Chatwoot and browsers reach the host; webhooks and panel are below it.
    #[arg(long, value_name = "URL", env = "PUBLIC_URL", value_parser = web_url)]
    pub(crate) public_url: Option<Url>,

    /// Check only this store of the database.
    #[arg(long, value_name = "ID", conflicts_with = "account", value_parser = store_id)]
    pub(crate) store: Option<StoreId>,

    /// The host of the database has no carts.
    #[arg(long)]
    pub(crate) no_carts: bool,

    /// Leave out the round trip, which creates a contact for a moment.
    #[arg(long)]
    pub(crate) read_only: bool,

    /// Leave out these checks.
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(crate) leave_out: Vec<Check>,

    /// The time limit of each check, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) limit: u64,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Write the report to this file, and only its last line to stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Exit with 1 for a warning too.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines of text.
    Text,
    /// JSON.
    Json,
    /// `JUnit` XML.
    Junit,
}

/// What is checked.
pub(crate) enum Subject {
    Fake,
    Account(Account),
    Stores(Box<Database>),
}

/// An account, given by its settings.
pub(crate) struct Account {
    pub(crate) chatwoot: Url,
    pub(crate) id: u64,
    pub(crate) token: Secret,
    pub(crate) webhook_secret: Option<Secret>,
}

/// The database of a host.
pub(crate) struct Database {
    pub(crate) options: PgConnectOptions,
    pub(crate) keys: KeyRing,
}

impl Args {
    /// Returns what is checked.
    ///
    /// # Errors
    /// Returns an error that names the setting that is missing or wrong.
    pub(crate) fn subject(&self) -> anyhow::Result<Subject> {
        if self.fake {
            return Ok(Subject::Fake);
        }
        if let Some(account) = self.account {
            let chatwoot = self.chatwoot.clone();
            return Ok(Subject::Account(Account {
                chatwoot: chatwoot.context("give --chatwoot or CHATWOOT_URL too")?,
                id: account,
                token: secret("CHATWOOT_TOKEN")?
                    .context("set CHATWOOT_TOKEN to the token of the account's administrator")?,
                webhook_secret: secret("CHATWOOT_WEBHOOK_SECRET")?,
            }));
        }
        let Some(url) = secret("DATABASE_URL")? else {
            bail!(
                "say what to check: --fake; or --chatwoot and --account, with CHATWOOT_TOKEN; or \
                 the stores of a database, with DATABASE_URL"
            );
        };
        // The driver's own errors may show parts of the address.
        let known = ["postgres://", "postgresql://"].iter().any(|it| url.expose().starts_with(it));
        let options = url.expose().parse().ok().filter(|_| known);
        let options = options
            .context("DATABASE_URL is not a URL such as postgres://role:password@host/database")?;
        let keys = secret("STORE_CONTEXT_KEYS")?
            .context("set STORE_CONTEXT_KEYS, with which the credentials are sealed")?;
        let keys = KeyRing::parse(keys.expose()).context("STORE_CONTEXT_KEYS is not valid")?;
        Ok(Subject::Stores(Box::new(Database { options, keys })))
    }

    /// Returns the token of the platform app with its server, if both are given.
    pub(crate) fn platform_token(&self) -> anyhow::Result<Option<(Url, Secret)>> {
        Ok(self.chatwoot.clone().zip(secret("CHATWOOT_PLATFORM_TOKEN")?))
    }

    /// Returns the configuration of the doctor, without checks that a subject cannot have.
    pub(crate) fn config(&self, left_out: &[Check]) -> DoctorConfig {
        let mut all: BTreeSet<Check> = self.leave_out.iter().chain(left_out).copied().collect();
        all.extend(self.read_only.then_some(Check::RoundTrip));
        DoctorConfig {
            public_url: self.public_url.clone(),
            left_out: all,
            limit: Duration::from_secs(self.limit),
            ..DoctorConfig::default()
        }
    }
}

/// Reads a secret from the environment; an empty variable counts as one that is not set.
fn secret(name: &str) -> anyhow::Result<Option<Secret>> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.into_string().ok().with_context(|| format!("{name} is not text in UTF-8"))?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(Secret::new(text)));
    }
    bail!("{name} has spaces or line breaks")
}

fn store_id(text: &str) -> Result<StoreId, String> {
    StoreId::new(text).map_err(|error| error.to_string())
}

fn web_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(url),
        _ => Err("a URL such as https://support.example.com".to_owned()),
    }
}

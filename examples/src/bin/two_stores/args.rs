//! The command line.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use chatwoot_client::Secret;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use sqlx::postgres::PgConnectOptions;
use url::Url;

/// The environment variable for the platform token, used if there is no file.
const VARIABLE: &str = "CHATWOOT_PLATFORM_TOKEN";

/// Two stores on one Chatwoot: provisions them, syncs their customers, simulates a day, shows the
/// results, and serves the pages until Ctrl-C.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// Exit after the table, with one line of JSON on stdout.
    #[arg(long)]
    pub(crate) once: bool,

    /// Read customers and orders from this file: one purchase per line with customer id, date
    /// (YYYYMMDD), number of items and amount. The first sync of such a file runs with the limits
    /// of the built-in Chatwoot disabled.
    #[arg(long, value_name = "FILE")]
    pub(crate) orders: Option<PathBuf>,

    /// Use at most this many customers of the file.
    #[arg(long, value_name = "N", requires = "orders", value_parser = at_least_one)]
    pub(crate) customers: Option<usize>,

    /// Store what the engine keeps in this Postgres, in its schema `two_stores`, which each run
    /// replaces. The role must be allowed to create schemas and roles. Others see the arguments of a
    /// process: give the role's password by PGPASSWORD or a password file.
    #[arg(long, value_name = "URL")]
    database: Option<Secret>,

    /// Use this Chatwoot instead of the built-in one.
    #[arg(long, value_name = "URL")]
    pub(crate) chatwoot: Option<Url>,

    /// Read the token of a platform app of that Chatwoot from this file. The environment's
    /// `CHATWOOT_PLATFORM_TOKEN` can hold the token instead.
    #[arg(long, value_name = "FILE", requires = "chatwoot")]
    platform_token_file: Option<PathBuf>,

    /// Every user of the machine sees the arguments of a process.
    #[arg(long, value_name = "TOKEN", hide = true)]
    platform_token: Option<Secret>,

    /// Delete the created accounts and users on that Chatwoot at the end.
    #[arg(long, requires = "chatwoot")]
    pub(crate) cleanup: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}

impl Args {
    /// Reads the arguments of the process, which exits if they are wrong.
    pub(crate) fn read() -> Self {
        let args = Self::parse();
        if args.platform_token.is_some() {
            let said = "--platform-token is refused, for others see the arguments of a process: \
                        write the token to a file and give --platform-token-file FILE, or set \
                        CHATWOOT_PLATFORM_TOKEN";
            Self::command().error(ErrorKind::UnknownArgument, said).exit();
        }
        args
    }

    /// Returns the database, if one was given.
    pub(crate) fn database(&self) -> anyhow::Result<Option<PgConnectOptions>> {
        let Some(url) = self.database.as_ref().map(Secret::expose) else { return Ok(None) };
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let options = url.parse().ok().filter(|_| known);
        let options =
            options.context("--database needs a URL such as postgres://owner@host/shop")?;
        Ok(Some(options))
    }

    /// Returns the token for the Chatwoot server that was given.
    pub(crate) fn platform_token(&self) -> anyhow::Result<Secret> {
        let token = match &self.platform_token_file {
            Some(file) => std::fs::read_to_string(file).with_context(|| {
                format!("the file of the platform token {} cannot be read", file.display())
            })?,
            None => std::env::var(VARIABLE).unwrap_or_default(),
        };
        let token = token.trim();
        ensure!(
            !token.is_empty(),
            "--chatwoot needs the token of a platform app: give --platform-token-file FILE, or \
             set {VARIABLE}"
        );
        Ok(Secret::new(token))
    }
}

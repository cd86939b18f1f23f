//! The command line.

use std::path::PathBuf;

use chatwoot_client::Secret;
use clap::Parser;
use url::Url;

/// Two stores on one Chatwoot: provisions them, syncs their customers, plays a day, shows what
/// came of it, and serves the pages until Ctrl-C.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// End after the table, with one line of JSON on stdout.
    #[arg(long)]
    pub(crate) once: bool,

    /// Take customers and orders from this file: a line a purchase with customer id, date
    /// (YYYYMMDD), number of items and amount. Its bulk is synced with the limits of the built-in
    /// Chatwoot off.
    #[arg(long, value_name = "FILE")]
    pub(crate) orders: Option<PathBuf>,

    /// Take no more than this many customers of the file.
    #[arg(long, value_name = "N", requires = "orders", value_parser = at_least_one)]
    pub(crate) customers: Option<usize>,

    /// Play on this Chatwoot instead of the built-in one.
    #[arg(long, value_name = "URL", requires = "platform_token")]
    pub(crate) chatwoot: Option<Url>,

    /// The token of a platform app of that Chatwoot.
    #[arg(long, value_name = "TOKEN", requires = "chatwoot", value_parser = secret,
          env = "CHATWOOT_PLATFORM_TOKEN", hide_env_values = true)]
    pub(crate) platform_token: Option<Secret>,

    /// Delete what was made on that Chatwoot at the end.
    #[arg(long, requires = "chatwoot")]
    pub(crate) cleanup: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn secret(text: &str) -> Result<Secret, String> {
    if text.is_empty() { Err("a token is not empty".to_owned()) } else { Ok(Secret::new(text)) }
}

//! The command line.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use chatwoot_client::Secret;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use url::Url;

/// Holds the platform token where no file does.
const VARIABLE: &str = "CHATWOOT_PLATFORM_TOKEN";

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
    #[arg(long, value_name = "URL")]
    pub(crate) chatwoot: Option<Url>,

    /// Read the token of a platform app of that Chatwoot from this file. The environment's
    /// `CHATWOOT_PLATFORM_TOKEN` can hold the token instead.
    #[arg(long, value_name = "FILE", requires = "chatwoot")]
    platform_token_file: Option<PathBuf>,

    /// Every user of the machine sees the arguments of a process.
    #[arg(long, value_name = "TOKEN", hide = true)]
    platform_token: Option<Secret>,

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

impl Args {
    /// The arguments of the process, which ends where they are wrong.
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

    /// The token for the Chatwoot that is given.
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

//! A support service to copy: a platform of shops on one Chatwoot, with Postgres and Redis.
//!
//! It is configured by environment variables (`.env.example` lists them), and any number of its
//! processes may run on one database:
//!
//! ```text
//! support_service migrate           creates or updates the tables, with DATABASE_OWNER_URL; once a
//!                                   month it also makes room for the audit trail's next months
//! support_service migrate --print   prints the SQL instead
//! support_service reseal            seals all credentials with the current key
//! support_service                   serves until SIGTERM or Ctrl-C
//! ```

mod api;
mod config;
mod handler;
mod metrics;
mod migrate;
mod service;
mod sessions;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Keeps the shops of a platform in step with Chatwoot. Without a command it serves.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Creates or updates the tables, with the role of `DATABASE_OWNER_URL`.
    Migrate {
        /// Print the SQL for a tool of your own, and run nothing.
        #[arg(long)]
        print: bool,
    },
    /// Seals all credentials with the current key.
    Reseal,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match args.command {
        Some(Command::Migrate { print: true }) => migrate::print(),
        Some(Command::Migrate { print: false }) => migrate::run().await,
        Some(Command::Reseal) => Box::pin(service::reseal()).await,
        None => match Config::from_env() {
            Ok(config) => Box::pin(service::serve(config)).await,
            Err(error) => Err(error.into()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("support_service: {error:#}");
            ExitCode::FAILURE
        }
    }
}

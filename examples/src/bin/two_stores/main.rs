//! Two stores on one Chatwoot: the complete flow in one command.
//!
//! Stores are provisioned in Chatwoot, their customers become contacts, a customer writes, the
//! webhook is received and verified, and the agent sees the customer and their orders.

mod args;
mod baseline;
mod bulk;
mod chatwoot;
mod check;
mod database;
mod day;
mod host;
mod pages;
mod plan;
mod purchases;
mod sessions;
mod shops;
mod story;
mod table;
mod tally;

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::args::Args;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::read();
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("error,store_context=off,chatwoot_client=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Box::pin(story::play(&args)).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("two_stores: {error:#}");
            ExitCode::from(2)
        }
    }
}

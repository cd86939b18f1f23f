//! Checks a store and its Chatwoot, and prints what was found: `12 of 12` if all is well.
//!
//! `cargo run -p examples --bin verify -- --fake` checks a fake Chatwoot and a host in this process;
//! `verify --help` lists the settings. `store_context::doctor` has a table of the checks.
//!
//! `check_widget` is another program, because it creates visitors: it tells whether a visitor of a
//! website inbox can become another contact.

mod account;
mod args;
mod fake;
mod stores;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use chatwoot_client::{Client, ReqwestTransport};
use clap::Parser;
use store_context::accounts::{Accounts, Clients};
use store_context::doctor::{CheckStatus, Doctor, DoctorConfig, Report};
use store_context::ports::Ports;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Format, Subject};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // The report says what is wrong.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match verify(&args).await {
        Ok(report) => ended(&args, &report),
        Err(error) => {
            eprintln!("verify: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn verify(args: &Args) -> anyhow::Result<Report> {
    let report = match args.subject()? {
        Subject::Fake => fake::check(args).await?,
        Subject::Account(account) => account::check(args, account).await?,
        Subject::Stores(database) => stores::check(args, *database).await?,
    };
    let written = match args.format {
        Format::Text => format!("{report}\n"),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
        Format::Junit => report.to_junit(),
    };
    match &args.output {
        None => print!("{written}"),
        Some(file) => {
            std::fs::write(file, written)
                .with_context(|| format!("{} cannot be written", file.display()))?;
            println!("{}", report.summary());
        }
    }
    Ok(report)
}

fn ended(args: &Args, report: &Report) -> ExitCode {
    let warned = args.strict && report.with(CheckStatus::Warned).next().is_some();
    if report.is_healthy() && !warned { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns a doctor with a client for each server, and a transport for the host's pages.
fn doctor(args: &Args, ports: Ports, config: DoctorConfig) -> anyhow::Result<Doctor> {
    let clients = Clients::new(|url| Client::builder(url.as_str()).build());
    let doctor = Doctor::new(Accounts::new(&ports, clients), ports, config)
        .with_pages(Arc::new(ReqwestTransport::new()?));
    Ok(match args.platform_token()? {
        Some((server, token)) => doctor.with_platform_token(server, token),
        None => doctor,
    })
}

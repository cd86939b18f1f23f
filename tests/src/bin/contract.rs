//! Calls every operation of the client on a running Chatwoot:
//! `cargo run -p tests --bin contract -- --chatwoot URL --platform-token-file FILE [--live] [--keep]`.
//!
//! It creates an account and users of its own and removes them. With `--live` it also listens to the
//! live feed while it causes events. Exits with 0 if every check passed, 1 if an operation failed or
//! was not called, or an event was not heard, 2 if it could not start.

use std::path::PathBuf;
use std::process::ExitCode;

use chatwoot_client::Secret;
use clap::Parser;
use tests::contract::{Options, run};

/// The environment variable for the platform token, used if there is no file.
const VARIABLE: &str = "CHATWOOT_PLATFORM_TOKEN";

/// Calls every operation of the client on a running Chatwoot.
#[derive(Parser)]
struct Arguments {
    /// The server's base URL.
    #[arg(long, value_name = "URL")]
    chatwoot: String,
    /// Read a platform app's token (super admin console, Platform Apps) from this file. The
    /// environment's `CHATWOOT_PLATFORM_TOKEN` can hold the token instead.
    #[arg(long, value_name = "FILE")]
    platform_token_file: Option<PathBuf>,
    /// Every user of the machine sees the arguments of a process.
    #[arg(long, value_name = "TOKEN", hide = true)]
    platform_token: Option<String>,
    /// Also listen to the live feed (`/cable`), and check that what the calls cause is heard.
    #[arg(long)]
    live: bool,
    /// Keep the created account and users.
    #[arg(long)]
    keep: bool,
}

impl Arguments {
    fn token(&self) -> Result<Secret, String> {
        if self.platform_token.is_some() {
            return Err(format!(
                "--platform-token is refused, for others see the arguments of a process: write \
                 the token to a file and give --platform-token-file FILE, or set {VARIABLE}"
            ));
        }
        let token = match &self.platform_token_file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                format!("the file of the platform token {} cannot be read: {error}", file.display())
            })?,
            None => std::env::var(VARIABLE).unwrap_or_default(),
        };
        match token.trim() {
            "" => Err(format!("give --platform-token-file FILE, or set {VARIABLE}")),
            token => Ok(Secret::new(token)),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let platform_token = match arguments.token() {
        Ok(token) => token,
        Err(unusable) => {
            eprintln!("contract: {unusable}");
            return ExitCode::from(2);
        }
    };
    let Arguments { chatwoot, keep, live, .. } = arguments;
    let options = Options { chatwoot, platform_token, keep, live };
    match run(&options, &mut |line| println!("{line}")).await {
        Err(unusable) => {
            eprintln!("contract: {unusable}");
            ExitCode::from(2)
        }
        Ok(report) => {
            report.faults.iter().for_each(|fault| println!("failed: {fault}"));
            println!("{report}");
            if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

//! Calls every operation of the client on a running Chatwoot:
//! `cargo run -p tests --bin contract -- --chatwoot URL --platform-token T [--keep]`.
//!
//! It makes an account and users of its own and removes them. Exit: 0 when all is well, 1 when an
//! operation failed or was not called, 2 when it could not begin.

use std::process::ExitCode;

use clap::Parser;
use tests::contract::{Options, run};

/// Calls every operation of the client on a running Chatwoot.
#[derive(Parser)]
struct Arguments {
    /// The server's base URL.
    #[arg(long, value_name = "URL")]
    chatwoot: String,
    /// A platform app's token: super admin console, Platform Apps.
    #[arg(long, value_name = "TOKEN")]
    platform_token: String,
    /// Leave the account and the users that it made.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { chatwoot, platform_token, keep } = Arguments::parse();
    let options = Options { chatwoot, platform_token, keep };
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

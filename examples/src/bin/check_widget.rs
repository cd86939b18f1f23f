//! Checks whether a visitor of a website inbox can become another contact, and prints one line per
//! way. It creates visitors for that; `verify` checks everything else.
//!
//! All configuration comes from the environment, so that no token appears in a list of processes:
//! `CHATWOOT_URL`, `CHATWOOT_ACCOUNT` (its id), `CHATWOOT_TOKEN` (of an administrator),
//! `CHATWOOT_INBOX` (the website inbox's id), and `CHATWOOT_VISITORS_URL` if visitors reach
//! Chatwoot at another URL, through the proxy that is to be checked.
//!
//! Exits with 0 if every way is closed, 1 if one is open, 2 if the result is unknown.

use std::env;
use std::process::ExitCode;

use anyhow::Context;
use chatwoot_client::{Client, UserToken};
use store_context::doctor::{WidgetReport, check_widget};

fn variable(name: &str) -> anyhow::Result<String> {
    env::var(name).with_context(|| format!("set {name}"))
}

async fn check() -> anyhow::Result<WidgetReport> {
    let url = variable("CHATWOOT_URL")?;
    let visitors = env::var("CHATWOOT_VISITORS_URL").unwrap_or_else(|_| url.clone());
    let id: u64 = variable("CHATWOOT_ACCOUNT")?.parse().context("CHATWOOT_ACCOUNT is an id")?;
    let inbox: u64 = variable("CHATWOOT_INBOX")?.parse().context("CHATWOOT_INBOX is an id")?;

    let token = UserToken::new(variable("CHATWOOT_TOKEN")?);
    let account = Client::builder(url).build()?.account(id, token);
    let inbox = account.inboxes().get(inbox.into()).await?;
    let website_token = inbox.website_token.context("CHATWOOT_INBOX is no website inbox")?;
    let website = Client::builder(visitors).build()?.web_widget(website_token);
    Ok(check_widget(&account, &website, inbox.hmac_token.as_ref()).await?)
}

#[tokio::main]
async fn main() -> ExitCode {
    match check().await {
        Ok(report) => {
            println!("{report}");
            match (report.is_open(), report.is_closed()) {
                (true, _) => ExitCode::FAILURE,
                (_, true) => ExitCode::SUCCESS,
                _ => ExitCode::from(2),
            }
        }
        Err(error) => {
            eprintln!("check_widget: {error:#}");
            ExitCode::from(2)
        }
    }
}

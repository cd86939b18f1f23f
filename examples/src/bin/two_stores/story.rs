//! The flow of the example, from the first account to the last page.

use std::time::{Duration, Instant};

use chatwoot_client::http::Stats;
use chatwoot_client::{Client, Limits};
use indicatif::ProgressBar;
use store_context::accounts::{Accounts, Clients};
use store_context::model::Store;
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};

use crate::args::Args;
use crate::baseline::bare_loop;
use crate::bulk::{bar, until_clean};
use crate::chatwoot::Chatwoot;
use crate::check::{self, Findings};
use crate::day::{Day, DayTally};
use crate::host::Host;
use crate::plan::Plan;
use crate::purchases::{self, Purchase};
use crate::shops;
use crate::tally::SyncTally;
use crate::{pages, table};

/// The minimum number of customers for a meaningful comparison with the bare loop.
const ENOUGH_TO_COMPARE: u64 = 500;

/// The results of the example.
pub(crate) struct Outcome {
    pub(crate) second_provision: usize,
    pub(crate) bulk: Bulk,
    pub(crate) day: DayTally,
    pub(crate) findings: Findings,
    pub(crate) stats: Stats,
}

/// The first sync of every customer.
#[derive(Debug, Default)]
pub(crate) struct Bulk {
    pub(crate) tally: SyncTally,
    pub(crate) requests: u64,
    pub(crate) took: Duration,
    /// The time of the bare reqwest loop for the same bodies; `None` on a real server.
    pub(crate) bare: Option<Duration>,
}

/// Runs the example; returns `true` if every count is correct.
pub(crate) async fn play(args: &Args) -> anyhow::Result<bool> {
    let purchases = match &args.orders {
        Some(file) => purchases::read(file, args.customers)?,
        None => shops::built_in()?,
    };
    let database = args.database()?;
    let chatwoot = Chatwoot::open(args).await?;
    let stores = shops::stores()?;
    let client = chatwoot.client(Limits::server())?;
    let host = Host::start(&chatwoot, &client, database.as_ref()).await?;
    let told = tell(args, &chatwoot, &host, &client, &stores, &purchases).await;
    if args.cleanup {
        clean_up(&chatwoot, &host, &client, &stores).await?;
    }
    let outcome = told?;
    eprintln!("\n{}\n", table::table(&outcome));
    let problems = check::problems(&outcome);
    for problem in &problems {
        eprintln!("two_stores: {problem}");
    }
    if args.once {
        println!("{}", table::json(&outcome));
    } else {
        pages::announce(&host, &chatwoot, &stores).await?;
        tokio::signal::ctrl_c().await?;
    }
    Ok(problems.is_empty())
}

async fn tell(
    args: &Args,
    chatwoot: &Chatwoot,
    host: &Host,
    client: &Client,
    stores: &[Store; 2],
    purchases: &[Purchase],
) -> anyhow::Result<Outcome> {
    eprintln!("provisioning two stores");
    provision(chatwoot, host, stores).await?;
    eprintln!("provisioning them again");
    let second_provision = provision(chatwoot, host, stores).await?;

    let mut plans = Plan::share_out(stores, purchases)?;
    for (plan, store) in plans.iter_mut().zip(stores) {
        plan.open(&host.shop, store)?;
    }

    // A file of many thousand customers would take minutes at the server's limit of 3,000 requests
    // per minute.
    let unlimited = args.orders.is_some() && chatwoot.fake().is_some();
    chatwoot.set_limits(!unlimited);
    let bulk_client = if unlimited { chatwoot.client(Limits::off())? } else { client.clone() };
    let bulk = first_sync(chatwoot, host, &bulk_client, stores, &plans).await?;
    chatwoot.set_limits(true);

    eprintln!("playing a day");
    let sync = ContactSync::new(host.accounts.clone(), host.ports.clone(), SyncConfig::default())
        .refreshing(host.context.clone());
    let day = Day { chatwoot, host, client, stores, sync }.play(&plans).await?;

    eprintln!("checking what came of it");
    // The following reads are not part of the example: they do not use its limits, and are not
    // counted.
    let stats = add(client.stats(), bulk_client.stats(), unlimited);
    chatwoot.set_limits(chatwoot.fake().is_none());
    let reader = chatwoot.client(if chatwoot.fake().is_some() {
        Limits::off()
    } else {
        Limits::server()
    })?;
    let findings = check::look(host, chatwoot, &reader, stores, &plans).await?;
    chatwoot.set_limits(true);
    Ok(Outcome { second_provision, bulk, day, findings, stats })
}

async fn provision(chatwoot: &Chatwoot, host: &Host, stores: &[Store; 2]) -> anyhow::Result<usize> {
    // The domain `.example` has no owner: there is no mailbox, so no one can reset the password.
    let config = ProvisionConfig::new(host.url.clone(), "accounts.example".parse()?);
    let (base_url, token) = (chatwoot.base().parse()?, chatwoot.platform_token());
    let provisioner =
        Provisioner::new(&host.accounts, base_url, token, host.ports.clone(), config)?;
    let mut changed = 0;
    for store in stores {
        let report = provisioner.provision(store).await?;
        changed += report.changed();
        let text = report.to_string();
        eprintln!("  {}", text.lines().next().unwrap_or_default());
    }
    Ok(changed)
}

async fn first_sync(
    chatwoot: &Chatwoot,
    host: &Host,
    client: &Client,
    stores: &[Store; 2],
    plans: &[Plan; 2],
) -> anyhow::Result<Bulk> {
    let config = SyncConfig::default();
    let customers = plans.iter().map(Plan::known).sum();
    let comparable = chatwoot.fake().is_some() && customers >= ENOUGH_TO_COMPARE;
    let bare = if comparable {
        Some(bare_loop(&host.ports, stores, config.parallel).await?)
    } else {
        None
    };
    let accounts = Accounts::new(&host.ports, Clients::single(client.clone()));
    let sync = ContactSync::new(accounts, host.ports.clone(), config);
    for store in stores {
        sync.want_all(&store.id).await?;
    }
    let progress: ProgressBar = bar(customers);
    let before = client.stats().requests;
    let started = Instant::now();
    let mut tally = SyncTally::default();
    until_clean(&sync, &*host.ports.sync, &mut tally, &progress).await?;
    let took = started.elapsed();
    progress.finish_and_clear();
    eprintln!("synced {customers} customers in {:.1} s", took.as_secs_f32());
    Ok(Bulk { tally, requests: client.stats().requests - before, took, bare })
}

/// Adds the counts of two clients, if they are distinct.
fn add(one: Stats, other: Stats, two: bool) -> Stats {
    let mut sum = one;
    if two {
        sum.requests += other.requests;
        sum.retries += other.retries;
        sum.rate_limited += other.rate_limited;
        sum.held_back += other.held_back;
    }
    sum
}

/// Deletes the accounts and users that the example created.
async fn clean_up(
    chatwoot: &Chatwoot,
    host: &Host,
    client: &Client,
    stores: &[Store; 2],
) -> anyhow::Result<()> {
    let platform = client.platform(chatwoot.platform_token());
    for store in stores {
        let made = host.accounts.record(&store.id).await?.account;
        if let Some(account) = made.account {
            platform.accounts().delete(account).await?;
        }
        if let Some(user) = made.administrator {
            platform.users().delete(user).await?;
        }
    }
    eprintln!("cleaned up: the two accounts and their users are deleted");
    Ok(())
}

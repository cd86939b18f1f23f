//! The world of a run: Chatwoots, stores, shops, the database and the host's processes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox, NewWebWidget};
use chatwoot_client::application::webhooks::{NewWebhook, WebhookSubscription};
use chatwoot_client::fake::{FakeChatwoot, WebhookRendering};
use chatwoot_client::{Account, Client, Limits, Secret};
use jiff::{SignedDuration, Timestamp};
use store_context::accounts::{Accounts, Clients, OpenAccount};
use store_context::memory;
use store_context::model::{Branding, Store, TierPolicy};
use store_context::ports::{
    AddressToken, BoundToken, PortFailure, Ports, StoreAccount, StoreCredentials, TokioClock,
};
use store_context::{Currency, Url};

use super::act::Step;
use super::database::Database;
use super::guests::Guest;
use super::handler::Told;
use super::host::Process;
use super::idle::Idle;
use super::plan::Plan;
use super::plant::{Plant, Planted};
use super::post::{Doors, Post, Received};
use super::postgres::Postgres;
use super::shop::{Shop, store_id};
use super::sim::Sim;
use super::wire::{self, Outside};

/// When each run begins.
pub(super) fn beginning() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A Chatwoot.
pub(super) struct Server {
    pub(super) fake: FakeChatwoot,
    pub(super) url: Url,
    /// Everybody's client but the host's.
    pub(super) client: Client,
}

/// A store and its present account.
pub(super) struct StoreState {
    pub(super) server: usize,
    pub(super) account: u64,
    /// Every account that it ever had, the present one last.
    pub(super) accounts: Vec<(usize, u64)>,
}

pub(super) struct World {
    pub(super) sim: Sim,
    pub(super) plan: Plan,
    pub(super) servers: Arc<Vec<Server>>,
    pub(super) stores: Vec<StoreState>,
    pub(super) shop: Shop,
    /// The storage without trouble.
    pub(super) ports: Ports,
    /// The storage as each process has it.
    databases: Vec<Database>,
    /// What the storage is in, if it is not in memory.
    postgres: Option<Postgres>,
    /// Opens stores past all trouble.
    pub(super) accounts: Accounts,
    pub(super) told: Told,
    pub(super) doors: Doors,
    pub(super) received: Arc<Mutex<Vec<Received>>>,
    pub(super) processes: Vec<Process>,
    /// Who wrote in a store's present account.
    pub(super) guests: BTreeMap<(usize, u32), Guest>,
    /// The change of each customer; names and addresses are made of it.
    pub(super) revisions: BTreeMap<(usize, u32), u32>,
    /// Customers who were erased, who were merged into another, and those who are gone.
    pub(super) erased: Vec<(usize, u32)>,
    /// Conversations' messages so far, so that some ask for an answer.
    pub(super) written: u32,
    /// Until when a server, or all of them, may feel the last trouble.
    pub(super) troubled_until: BTreeMap<Option<usize>, Duration>,
    pub(super) suspended_until: BTreeMap<(usize, u64), Duration>,
    planted: Option<Planted>,
}

impl World {
    pub(super) async fn new(
        plan: &Plan,
        sim: &Sim,
        plant: Option<Plant>,
        postgres: Option<&Postgres>,
    ) -> anyhow::Result<Self> {
        let servers: anyhow::Result<Vec<Server>> = (0..)
            .zip(plan.servers.iter().zip(&plan.renders))
            .map(|(number, (skew, render))| Server::new(number, *skew, *render, sim))
            .collect();
        let servers = Arc::new(servers?);
        let shop = Shop::new(sim.clone());
        let ports = if let Some(postgres) = postgres {
            postgres.ports(sim, &shop)?
        } else {
            let clock = Arc::new(TokioClock::starting_at(beginning()));
            let host = Arc::new(shop.clone());
            memory::ports_with(clock, host.clone(), host.clone(), Some(host))
        };
        let idle = Idle::default();
        let databases: anyhow::Result<Vec<Database>> = (0..plan.processes)
            .map(|_| match postgres {
                Some(postgres) => {
                    let ports = postgres.ports(sim, &shop)?;
                    Ok(Database::new(sim, &ports).resting(idle.of_another()))
                }
                None => Ok(Database::new(sim, &ports)),
            })
            .collect();
        let databases = databases?;
        let outside: BTreeMap<String, Client> =
            servers.iter().map(|it| (it.url.to_string(), it.client.clone())).collect();
        let clients = Clients::new(move |url| {
            let unknown = || Client::builder("none");
            outside.get(url.as_str()).map_or_else(|| unknown().build(), |it| Ok(it.clone()))
        });
        let accounts = Accounts::new(&ports, clients);
        let mut world = Self {
            sim: sim.clone(),
            plan: plan.clone(),
            servers,
            stores: Vec::new(),
            shop,
            ports,
            databases,
            postgres: postgres.cloned(),
            accounts,
            told: Told::new(sim.clone()),
            doors: Arc::default(),
            received: Arc::default(),
            processes: Vec::new(),
            guests: BTreeMap::new(),
            revisions: BTreeMap::new(),
            erased: Vec::new(),
            written: 0,
            troubled_until: BTreeMap::new(),
            suspended_until: BTreeMap::new(),
            planted: None,
        };
        // A fault is between all processes and one database.
        world.planted = plant.map(|fault| Planted::new(fault, &world.database_ports(0)));
        for (number, server) in world.servers.iter().enumerate() {
            let (sim, doors) = (sim.clone(), world.doors.clone());
            let post = Post { sim, server: number, doors, received: world.received.clone() };
            server.fake.deliver_through(Arc::new(post));
        }
        for (store, server) in plan.stores.iter().enumerate() {
            world.ports.stores.put(&new_store(store)).await.map_err(PortFailure::from)?;
            world.open_account(store, *server).await?;
        }
        for number in 0..plan.processes {
            let process = Process::new(&world, number);
            world.processes.push(process);
        }
        Ok(world)
    }

    fn database_ports(&self, process: usize) -> Ports {
        let database = Arc::new(self.databases[process].clone());
        Ports {
            stores: database.clone(),
            sweeps: database.clone(),
            live_lines: database.clone(),
            sync: database.clone(),
            webhooks: database,
            ..self.ports.clone()
        }
    }

    /// The storage as a process has it, with the planted fault.
    pub(super) fn process_ports(&self, process: usize) -> Ports {
        let ports = self.database_ports(process);
        match &self.planted {
            Some(planted) => planted.ports(ports),
            None => ports,
        }
    }

    /// Waits until nobody is in the middle of a transaction. A process that stands still in one
    /// holds its connection, and with it the clock, for as long as it stands still.
    pub(super) async fn no_transaction(&self) {
        let Some(postgres) = &self.postgres else { return };
        while postgres.connections().are_used() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Notes that a server, or all of them, may feel a trouble for so long.
    pub(super) fn troubled(&mut self, server: Option<usize>, lasting: Duration) {
        let until = self.sim.elapsed() + lasting;
        let ends = self.troubled_until.entry(server).or_default();
        *ends = until.max(*ends);
    }

    /// Whether a server may still feel a trouble: calls, leases and pauses end in ten minutes.
    pub(super) fn ails(&self, server: usize) -> bool {
        let now = self.sim.elapsed();
        let ails = |of| {
            let until = self.troubled_until.get(&of);
            until.is_some_and(|until| *until + Duration::from_mins(10) > now)
        };
        ails(None) || ails(Some(server))
    }

    /// Gives a store a new account, as provisioning does; nothing goes wrong here.
    pub(super) async fn open_account(&mut self, store: usize, server: usize) -> anyhow::Result<()> {
        let at = &self.servers[server];
        let (account, token) = at.fake.add_account(&format!("Store {store}"));
        let open = at.client.account(account, token.clone());
        self.sim.own(server, account, store, &token);
        let made = made(&open, store, account, &at.url, token).await?;
        let update = |record: &mut store_context::ports::StoreRecord| {
            (record.account, record.credentials) = made.clone();
        };
        let id = store_id(store);
        self.ports
            .stores
            .update(&id, update)
            .await
            .map_err(PortFailure::from)?
            .context("the store is kept")?;
        self.ports.webhooks.schedule(std::slice::from_ref(&id)).await.map_err(PortFailure::from)?;
        let state = StoreState { server, account, accounts: Vec::new() };
        if self.stores.len() == store {
            self.stores.push(state);
        } else {
            let accounts = std::mem::take(&mut self.stores[store].accounts);
            self.stores[store] = StoreState { accounts, ..state };
        }
        self.stores[store].accounts.push((server, account));
        // Whoever wrote in the account before begins anew.
        self.guests.retain(|(of, _), _| *of != store);
        self.sim.note(|| format!("store {store} has account {account} on server {server}"));
        Ok(())
    }

    /// Opens a store's account past all trouble.
    pub(super) async fn open(&self, store: usize) -> anyhow::Result<OpenAccount> {
        Ok(self.accounts.open(&store_id(store)).await?)
    }

    /// Does one step.
    pub(super) async fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        // Two things at one moment cannot be told apart by their times.
        tokio::time::sleep(step.after + Duration::from_millis(2)).await;
        self.sim.note(|| format!("step {:?}", step.act));
        self.act(&step.act).await
    }
}

impl Server {
    fn new(number: usize, skew: i64, render: u64, sim: &Sim) -> anyhow::Result<Self> {
        let url = format!("https://chatwoot-{number}.example");
        let fake = FakeChatwoot::builder().base_url(&url).build();
        fake.follow_tokio(beginning());
        fake.set_skew(SignedDuration::from_secs(skew));
        fake.set_merge_window(Duration::from_millis(15));
        fake.set_webhook_rendering(WebhookRendering::After(Duration::from_millis(render)));
        let script = sim.clone();
        fake.set_fault_script(move |request| wire::faults(&script, number, request));
        let client = Client::builder(&url)
            .transport(Outside(fake.clone()))
            .limits(Limits::off())
            .wall_clock(wall_clock())
            .build()?;
        Ok(Self { fake, url: url.parse()?, client })
    }
}

/// The wall clock of a run, which moves with tokio's.
pub(super) fn wall_clock() -> impl Fn() -> SystemTime + Send + Sync + 'static {
    let (start, began) = (SystemTime::from(beginning()), tokio::time::Instant::now());
    move || start + began.elapsed()
}

/// What provisioning makes in a new account, without what the engine does not use here.
async fn made(
    open: &Account,
    store: usize,
    account: u64,
    url: &Url,
    token: String,
) -> anyhow::Result<(StoreAccount, StoreCredentials)> {
    let website = NewWebWidget {
        hmac_mandatory: Some(true),
        ..NewWebWidget::new(format!("https://store-{store}.example"))
    };
    let website = open.inboxes().create(&NewInbox::new("Shop", website)).await?;
    let api = NewApiChannel { hmac_mandatory: Some(true), ..NewApiChannel::default() };
    let api = open.inboxes().create(&NewInbox::new("App", api)).await?;
    // Every text here is drawn from the seed: the product's own keys are of the system's randomness.
    let secret = |what: &str| Secret::new(format!("{what} {store} {account} {url}"));
    let address = format!("{:032x}", fastrand::u128(..));
    let url_of_hook = format!("https://host.example/webhooks/chatwoot/{address}");
    let subscriptions = vec![
        WebhookSubscription::ContactCreated,
        WebhookSubscription::ContactUpdated,
        WebhookSubscription::ConversationCreated,
        WebhookSubscription::ConversationStatusChanged,
        WebhookSubscription::ConversationUpdated,
        WebhookSubscription::MessageCreated,
    ];
    let hook = open.webhooks().create(&NewWebhook::new(url_of_hook, subscriptions)).await?;
    let has = StoreAccount {
        base_url: Some(url.clone()),
        account: Some(account.into()),
        website_inbox: Some(website.id),
        website_token: website.website_token,
        api_inbox: Some(api.id),
        api_inbox_identifier: api.inbox_identifier,
        webhook: Some(hook.id),
        ..StoreAccount::default()
    };
    let credentials = StoreCredentials {
        user_token: Some(BoundToken { base_url: url.clone(), token: token.into() }),
        webhook_secret: hook.secret,
        website_hmac: website.hmac_token,
        api_hmac: api.hmac_token,
        webhook_address: Some(AddressToken::new(address)),
        identifier_key: Some(secret("identifiers")),
        proof_key: Some(secret("proofs")),
        ..StoreCredentials::default()
    };
    Ok((has, credentials))
}

#[expect(clippy::expect_used, reason = "the texts are what they should be")]
fn new_store(store: usize) -> Store {
    Store {
        time_zone: "Europe/Amsterdam".to_owned(),
        branding: Some(Branding {
            color: "#D97706".to_owned(),
            welcome_title: "Hello".to_owned(),
            welcome_tagline: "Ask".to_owned(),
            greeting: "Hello".to_owned(),
        }),
        tiers: Some(TierPolicy::new([("bronze", 0), ("silver", 100)]).expect("tiers")),
        ..Store::new(
            store_id(store),
            format!("Store {store}"),
            format!("https://store-{store}.example").parse().expect("a URL"),
            format!("help@store-{store}.example"),
            Currency::EUR,
        )
    }
}

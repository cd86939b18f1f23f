//! A host with shops, and a Chatwoot that keeps the server's limit, on tokio's clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use chatwoot_client::fake::{FakeChatwoot, FaultKind};
use chatwoot_client::{Client, Limits};
use store_context::accounts::{Accounts, Clients};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Store, StoreId};
use store_context::ports::{Clock, Observer, Ports, SyncReport, TokioClock};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::{Currency, Timestamp};
use tokio::time::{Instant, sleep};

pub(crate) const BASE_URL: &str = "https://chatwoot.test";

/// When everything begins: the start of one of the server's minutes.
pub(crate) const START: &str = "2026-11-21T12:00:00Z";

/// How long the server takes for a call.
pub(crate) const SERVER_TAKES: Duration = Duration::from_millis(80);

pub(crate) struct Host {
    pub(crate) fake: FakeChatwoot,
    pub(crate) client: Client,
    pub(crate) shop: Arc<MemoryShop>,
    pub(crate) ports: Ports,
    pub(crate) accounts: Accounts,
    pub(crate) told: Arc<Told>,
}

/// When each confirmed customer was confirmed, and how long after the change.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<Confirmed>>);

#[derive(Clone)]
pub(crate) struct Confirmed {
    pub(crate) store: StoreId,
    pub(crate) at: Instant,
    pub(crate) lag: Duration,
}

impl Observer for Told {
    fn customer_synced(&self, report: &SyncReport<'_>) {
        if let Some(lag) = report.lag {
            let (store, at) = (report.store.clone(), Instant::now());
            self.lock().push(Confirmed { store, at, lag });
        }
    }
}

impl Told {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Confirmed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn all(&self) -> Vec<Confirmed> {
        self.lock().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }
}

impl Host {
    /// Begins with these stores provisioned, at the start of a minute in which nothing was called.
    pub(crate) async fn new(stores: &[&StoreId]) -> anyhow::Result<Self> {
        let start: Timestamp = START.parse()?;
        let clock = Arc::new(TokioClock::starting_at(start));
        let fake = FakeChatwoot::new();
        fake.follow_tokio(start);
        fake.set_fault_script(|_| Some(FaultKind::Delay(SERVER_TAKES)));
        let client = client(clock.clone()).transport(fake.clone()).build()?;
        let (shop, told) = (Arc::new(MemoryShop::new()), Arc::new(Told::default()));
        let ports = memory::ports_with(clock, shop.clone(), shop.clone(), None);
        let ports = Ports { observer: told.clone(), ..ports };
        let accounts = Accounts::new(&ports, Clients::single(client.clone()));
        let config = ProvisionConfig::new(
            "https://host.example/support".parse()?,
            "accounts.example".parse().ok().context("a domain")?,
        );
        let (url, token) = (BASE_URL.parse()?, fake.platform_token());
        let provisioner = Provisioner::new(&accounts, url, token, ports.clone(), config)?;
        for id in stores {
            shop.open(id, Currency::EUR);
            provisioner.provision(&store(id)?).await?;
        }
        sleep(Duration::from_mins(1).saturating_sub(into_minute(&*ports.clock))).await;
        fake.clear_journal();
        Ok(Self { fake, client, shop, ports, accounts, told })
    }

    /// How many requests the server refused for their number.
    pub(crate) fn refused(&self) -> usize {
        self.fake.journal().iter().filter(|entry| entry.status == Some(429)).count()
    }
}

fn into_minute(clock: &dyn Clock) -> Duration {
    let millis = clock.now().as_millisecond().rem_euclid(60_000);
    Duration::from_millis(millis.unsigned_abs())
}

/// A client with the server's limit, whose clock is the host's.
pub(crate) fn client(clock: Arc<dyn Clock>) -> chatwoot_client::ClientBuilder {
    Client::builder(BASE_URL)
        .limits(Limits::server())
        .wall_clock(move || SystemTime::from(clock.now()))
}

pub(crate) fn store(id: &StoreId) -> anyhow::Result<Store> {
    Ok(Store {
        time_zone: "Europe/Amsterdam".to_owned(),
        ..Store::new(
            id.clone(),
            "The Vinyl Room",
            "https://vinylroom.example".parse()?,
            "help@vinylroom.example",
            Currency::EUR,
        )
    })
}

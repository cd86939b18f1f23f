//! Tests of several Chatwoot servers in one process, stores that move between them, and concurrent
//! changes of one store.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::fake::{FakeChatwoot, Fault, FaultKind};
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::webhook::VerifyError;
use chatwoot_client::{Client, Limits, RetryPolicy, Transport, UserToken};
use store_context::accounts::{Accounts, Clients, ClientsError, StoreAccountError};
use store_context::context::{ContextConfig, ContextService, PanelError, PanelService};
use store_context::identity::Identity;
use store_context::intake::{ReceiveError, ReconcileConfig, Reconciler};
use store_context::model::Store;
use store_context::ports::{Address, BoundToken, StoreRecord};
use store_context::provision::{ProvisionConfig, ProvisionError, ProvisionReport, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};
use store_context::{Timestamp, Url};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Bench, DOMAIN, PUBLIC_URL, customer, every_fault};

/// A Chatwoot server that records every token it receives.
#[derive(Clone, Debug)]
struct Server {
    base: &'static str,
    fake: FakeChatwoot,
    tokens: Arc<Mutex<BTreeSet<String>>>,
}

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        assert!(request.uri().to_string().starts_with(self.base), "{}", request.uri());
        let token = request.headers().get("api-access-token");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        self.tokens.lock().unwrap().extend(token);
        self.fake.send(request, timeout).await
    }
}

impl Server {
    fn new(base: &'static str) -> Self {
        Self { base, fake: FakeChatwoot::new(), tokens: Arc::default() }
    }

    fn url(&self) -> Url {
        self.base.parse().unwrap()
    }

    fn client(&self) -> Client {
        let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
        let builder = Client::builder(self.base).transport(self.clone());
        builder.retry(once).limits(Limits::off()).build().unwrap()
    }

    fn tokens(&self) -> BTreeSet<String> {
        self.tokens.lock().unwrap().clone()
    }
}

/// A host whose stores are on two Chatwoot servers.
struct World {
    bench: Bench,
    servers: [Server; 2],
    accounts: Accounts,
}

impl World {
    fn new() -> Self {
        let bench = Bench::new();
        let servers = ["https://one.test", "https://two.test"].map(Server::new);
        let known = servers.clone();
        let clients = Clients::new(move |url| {
            let server = known.iter().find(|server| server.url() == *url).expect("a known server");
            Ok(server.client())
        });
        let accounts = Accounts::new(&bench.ports, clients);
        Self { bench, servers, accounts }
    }

    /// Creates a world whose stores are provisioned, the first on the first server, the second on
    /// the other.
    async fn provisioned() -> Self {
        let world = Self::new();
        for (server, store) in world.servers.iter().zip(&world.bench.stores) {
            world.provision(server, store).await.unwrap();
        }
        world
    }

    fn provisioner(&self, server: &Server) -> Provisioner {
        let config = ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), DOMAIN.parse().unwrap());
        let token = server.fake.platform_token();
        let ports = self.bench.ports.clone();
        Provisioner::new(&self.accounts, server.url(), token, ports, config).unwrap()
    }

    async fn provision(
        &self,
        server: &Server,
        store: &Store,
    ) -> Result<ProvisionReport, ProvisionError> {
        self.provisioner(server).provision(store).await
    }

    fn sync(&self) -> ContactSync {
        let config = SyncConfig::default();
        ContactSync::new(self.accounts.clone(), self.bench.ports.clone(), config)
    }

    /// Runs every service that calls Chatwoot, for both stores, ignoring failures.
    async fn do_everything(&self) {
        let Bench { ports, stores, shop, .. } = &self.bench;
        let sync = self.sync();
        let reconciler =
            Reconciler::new(self.accounts.clone(), ports.clone(), ReconcileConfig::default());
        for (server, store) in self.servers.iter().zip(stores) {
            let of_store = customer(&format!("of-{}", store.id));
            shop.put_customer(&store.id, of_store.clone()).unwrap();
            sync.want(&store.id, &of_store.id).await.unwrap();
            sync.run_once().await.unwrap();
            let _ = sync.verify(&store.id).await;
            let _ = reconciler.run_once(&store.id).await;
            let _ = self.provision(server, store).await;
            let _ = self.provisioner(server).rotate_panel_address(store, Duration::ZERO).await;
        }
        sync.run_once().await.unwrap();
    }

    /// Returns the number of requests to each server.
    fn requests(&self) -> [u64; 2] {
        [0, 1].map(|server: usize| self.servers[server].fake.requests())
    }
}

#[tokio::test(start_paused = true)]
async fn point_04_tokens_and_calls_of_two_chatwoots_never_meet() {
    let kinds = every_fault().map(Some).into_iter().chain([None]);
    for kind in kinds {
        for struck in [0, 1] {
            let world = World::provisioned().await;
            if let Some(kind) = &kind {
                world.servers[struck].fake.fault(Fault::new(kind.clone()).after(2).times(7));
            }
            world.do_everything().await;
            let [one, two] = &world.servers;
            let place = format!("{kind:?} at {struck}");
            assert!(one.tokens().len() >= 2 && two.tokens().len() >= 2, "{place}: both are used");
            assert!(one.tokens().is_disjoint(&two.tokens()), "{place}");
            for (server, store) in world.servers.iter().zip(&world.bench.stores) {
                let held = world.bench.record(&store.id).await;
                assert_eq!(held.account.base_url, Some(server.url()), "{place}");
                let Some(open) = world.accounts.open(&store.id).await.ok() else { continue };
                server.fake.clear_faults();
                let found = open.account.contacts().list(&ContactsQuery::default()).await.unwrap();
                for contact in found.payload {
                    let name = contact.name.unwrap_or_default();
                    assert_eq!(name, format!("Customer of-{}", store.id), "{place}");
                }
            }
        }
    }
}

/// A record that was put together wrongly, by a host's own script or a restored backup.
#[tokio::test]
async fn point_04_a_token_that_is_for_another_chatwoot_is_sent_to_neither() {
    let world = World::provisioned().await;
    let [one, two] = &world.servers;
    let [first, second] = &world.bench.stores;
    let token_of_two = world.bench.record(&second.id).await.credentials.user_token.unwrap();
    let mix_ups = [(Some(two.url()), None), (None, Some(token_of_two))];
    let ada = customer("ada");
    world.bench.put(&ada);
    let before = world.requests();
    for (base_url, token) in mix_ups {
        let right = world.bench.record(&first.id).await;
        let mix_up = |record: &mut StoreRecord| {
            let (kept_url, kept_token) =
                (&mut record.account.base_url, &mut record.credentials.user_token);
            *kept_url = base_url.clone().or(kept_url.take());
            *kept_token = token.clone().or(kept_token.take());
        };
        world.accounts.update(&first.id, mix_up).await.unwrap();
        let error = world.accounts.open(&first.id).await.unwrap_err();
        assert!(
            matches!(&error, StoreAccountError::OtherToken(id) if *id == first.id),
            "{error:?}"
        );
        world.sync().want(&first.id, &ada.id).await.unwrap();
        world.sync().run_once().await.unwrap();
        let back = |record: &mut StoreRecord| {
            record.account = right.account.clone();
            record.credentials = right.credentials.clone();
        };
        world.accounts.update(&first.id, back).await.unwrap();
    }
    assert_eq!(world.requests(), before, "nothing was sent");
    assert!(world.accounts.open(&first.id).await.is_ok());
    assert!(one.tokens().is_disjoint(&two.tokens()));
}

#[tokio::test]
async fn point_04_a_host_with_one_chatwoot_refuses_every_other() {
    let world = World::provisioned().await;
    let [one, two] = &world.servers;
    let before = world.requests();
    let accounts = Accounts::new(&world.bench.ports, Clients::single(one.client()));
    accounts.open(&world.bench.stores[0].id).await.unwrap();
    let error = accounts.open(&world.bench.stores[1].id).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StoreAccountError::Client(ClientsError::OtherServer { .. })), "{text}");
    assert!(text.contains("https://one.test, and https://two.test"), "{text}");
    let config = ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), DOMAIN.parse().unwrap());
    let refused =
        Provisioner::new(&accounts, two.url(), "token", world.bench.ports.clone(), config);
    assert!(matches!(refused, Err(ClientsError::OtherServer { .. })), "{refused:?}");
    assert_eq!(world.requests(), before);
}

/// A host's function that confuses the servers: its client would send each token to the wrong one.
#[tokio::test]
async fn point_04_a_client_of_another_chatwoot_is_not_used() {
    let world = World::provisioned().await;
    let one = world.servers[0].clone();
    let built = Arc::new(Mutex::new(0));
    let count = built.clone();
    let clients = Clients::new(move |_| {
        *count.lock().unwrap() += 1;
        Ok(one.client())
    });
    let accounts = Accounts::new(&world.bench.ports, clients.clone());
    let error = accounts.open(&world.bench.stores[1].id).await.unwrap_err();
    assert!(
        matches!(&error, StoreAccountError::Client(ClientsError::WrongBaseUrl { .. })),
        "{error:?}"
    );
    for base in ["https://one.test", "https://one.test/"] {
        clients.get(&base.parse().unwrap()).unwrap();
    }
    assert_eq!(*built.lock().unwrap(), 2, "one client a Chatwoot");
    let hidden = "https://user:passw0rd@one.test?q=passw0rd".parse().unwrap();
    let error = format!("{:?} {clients:?}", clients.get(&hidden).unwrap_err());
    assert!(!error.contains("passw0rd"), "{error}");
}

/// Returns all secrets and unguessable URL parts of a record.
fn secrets(record: &StoreRecord) -> BTreeSet<String> {
    let held = &record.credentials;
    let secrets = [
        &held.webhook_secret,
        &held.website_hmac,
        &held.api_hmac,
        &held.identifier_key,
        &held.proof_key,
    ];
    let addresses = [&held.webhook_address, &held.panel_address];
    let token = held.user_token.iter().map(|it| it.token.secret().expose().to_owned());
    let all = secrets.into_iter().flatten().map(|secret| secret.expose().to_owned());
    let addresses = addresses.into_iter().flatten().map(|address| address.expose().to_owned());
    let public = record.account.website_token.iter().chain(&record.account.api_inbox_identifier);
    all.chain(addresses).chain(token).chain(public.cloned()).collect()
}

#[tokio::test]
async fn point_03_a_store_that_moves_to_another_chatwoot_begins_anew() {
    let world = World::new();
    let [one, two] = &world.servers;
    let store = &world.bench.stores[0];
    world.provision(one, store).await.unwrap();
    let before = world.bench.record(&store.id).await;
    let report = world.provision(two, store).await.unwrap();
    let after = world.bench.record(&store.id).await;
    assert!(report.changed() > 10, "{report}");
    assert_eq!(secrets(&before).len(), 10);
    assert!(secrets(&before).is_disjoint(&secrets(&after)));
    // Both servers number their accounts from 1 on.
    assert_eq!(before.account.account, after.account.account);
    assert_ne!(before.account_key(), after.account_key());
    let old = &before.credentials;
    for (address, token) in
        [(Address::Webhook, &old.webhook_address), (Address::Panel, &old.panel_address)]
    {
        let token = token.as_ref().unwrap();
        let found = world.bench.ports.stores.store_at(address, token).await.unwrap();
        assert_eq!(found, None, "the old {address:?} address");
    }
    assert!(one.tokens().is_disjoint(&two.tokens()));
    assert_eq!(world.provision(two, store).await.unwrap().changed(), 0);
}

#[tokio::test]
async fn point_03_a_store_that_gets_another_account_begins_anew() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let before = bench.record(&store.id).await;
    bench.platform().accounts().delete(before.account.account.unwrap()).await.unwrap();
    bench.fake.run_background_jobs();
    let gone = bench.provision(store).await.unwrap_err();
    assert!(matches!(gone, ProvisionError::AccountGone(_)), "{gone:?}");
    bench.accounts.update(&store.id, StoreRecord::forget_account).await.unwrap();
    let error = bench.accounts.open(&store.id).await.unwrap_err();
    assert!(matches!(error, StoreAccountError::NotProvisioned(_)), "{error:?}");
    bench.provision(store).await.unwrap();
    let after = bench.record(&store.id).await;
    assert_ne!(before.account_key(), after.account_key());
    assert!(secrets(&before).is_disjoint(&secrets(&after)));
}

/// The old server keeps sending deliveries with valid signatures, and agents there have a panel
/// open with a valid token.
#[tokio::test]
async fn point_03_what_the_old_chatwoot_sends_is_refused() {
    let world = World::new();
    let [one, two] = &world.servers;
    let store = &world.bench.stores[0];
    world.provision(one, store).await.unwrap();
    let before = world.bench.record(&store.id).await;
    let identity = world.bench.identity_of(&store.id).await;
    world.provision(two, store).await.unwrap();

    let moved = world.bench.identity_of(&store.id).await;
    let ada = customer("ada");
    assert_ne!(identity.identifier(&ada.id), moved.identifier(&ada.id));
    let now = Timestamp::now();
    let of_old = identity.prove(&ada.id, now).into();
    let evidence = store_context::identity::Evidence {
        identifier: Some(&moved.identifier(&ada.id)),
        hmac_verified: Some(true),
        proof: Some(&of_old),
        written_at: now,
    };
    assert!(!moved.check(evidence, now).is_proven(), "a proof of the old account");

    let held = before.credentials;
    let intake = store_context::intake::Intake::new(&world.bench.ports);
    let headers = http::HeaderMap::new();
    let error = intake.receive(&held.webhook_address.unwrap(), &headers, b"{}").await.unwrap_err();
    assert!(matches!(error, ReceiveError::UnknownAddress), "{error:?}");
    let context = ContextService::new(world.bench.ports.clone(), ContextConfig::default());
    let panels = PanelService::new(world.accounts.clone(), world.bench.ports.clone(), context);
    assert_eq!(panels.store_at(&held.panel_address.unwrap()).await.unwrap(), None);
    let error = panels.view(&store.id, &"7b7d.00".into(), true).await.unwrap_err();
    assert!(matches!(error, PanelError::Forged), "{error:?}");
}

/// A host removes the account while it is being provisioned: resources created from then on are not
/// saved as the new account's.
#[tokio::test(start_paused = true)]
async fn point_03_a_provisioning_of_the_old_account_writes_nothing_to_the_new() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(5))).path("/labels"));
    let forget = async {
        sleep(Duration::from_secs(1)).await;
        bench.accounts.update(&store.id, StoreRecord::forget_account).await.unwrap();
    };
    let (provisioned, ()) = tokio::join!(bench.provision(store), forget);
    let error = provisioned.unwrap_err();
    assert!(matches!(&error, ProvisionError::Interfered(id) if *id == store.id), "{error:?}");
    let record = bench.record(&store.id).await;
    assert_eq!(record.account, store_context::ports::StoreAccount::default());
    assert_eq!(secrets(&record), BTreeSet::new());
    bench.provision(store).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn changes_of_a_store_at_once_lose_nothing() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let identity = Identity::new(bench.ports.clone());
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(5))).path("/teams"));
    let rotate = async {
        sleep(Duration::from_secs(1)).await;
        identity.rotate_proof_key(&store.id, None).await.unwrap();
        bench.record(&store.id).await.credentials.proof_key.unwrap()
    };
    let moved = bench.provision_at(store, "https://moved.example");
    let (provisioned, key) = tokio::join!(moved, rotate);
    assert!(provisioned.unwrap().changed() >= 2, "webhook and panel have moved");
    let kept = bench.record(&store.id).await.credentials.proof_key.unwrap();
    assert_eq!(kept.expose(), key.expose(), "the new key is lost");
}

#[tokio::test(start_paused = true)]
async fn two_who_provision_a_store_at_once_make_everything_once() {
    for path in ["/accounts", "/users", "/teams", "/inboxes", "/webhooks", "/dashboard_apps"] {
        let bench = Bench::new();
        let store = &bench.stores[0];
        let slow = FaultKind::Delay(Duration::from_secs(3));
        bench.fake.fault(Fault::new(slow).path(path).times(4));
        let (one, other) = tokio::join!(bench.provision(store), bench.provision(store));
        let mut changed = [one.unwrap().changed(), other.unwrap().changed()];
        changed.sort_unstable();
        assert_eq!(changed[0], 0, "{path}: the second has nothing to do");
        assert_eq!(bench.platform().accounts().list().await.unwrap().len(), 1, "{path}");
        let account = bench.account(&store.id).await;
        assert_eq!(account.inboxes().list().await.unwrap().len(), 3, "{path}");
        assert_eq!(account.webhooks().list().await.unwrap().len(), 1, "{path}");
        assert_eq!(account.dashboard_apps().list().await.unwrap().len(), 1, "{path}");
    }
}

/// A provisioning may take longer than a lease, and no other process takes its lock meanwhile.
#[tokio::test(start_paused = true)]
async fn a_slow_provisioning_keeps_its_lock_and_gives_it_back() {
    let bench = Bench::new();
    let store = &bench.stores[0];
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(9))).path("/api/v1"));
    let stores = &bench.ports.stores;
    let others = async {
        for _ in 0..100 {
            sleep(Duration::from_secs(1)).await;
            let taken = stores.lock(&store.id, Duration::from_secs(1)).await.unwrap();
            assert_eq!(taken, None, "while the store is provisioned");
        }
    };
    let provisioned = bench.provision(store);
    tokio::select! {
        biased;
        provisioned = provisioned => panic!("too fast to show something: {provisioned:?}"),
        () = others => {}
    }
    // Dropped halfway, like a killed process: the lock is not released.
    bench.fake.clear_faults();
    let began = Instant::now();
    bench.provision(store).await.unwrap();
    let waited = began.elapsed();
    assert!((1..=30).contains(&waited.as_secs()), "for as long as the lease: {waited:?}");
    let began = Instant::now();
    bench.provision(store).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO, "a lock that was given back is free");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_busy_is_said_so() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let held = bench.ports.stores.lock(&store.id, Duration::from_hours(1)).await.unwrap();
    bench.fake.clear_journal();
    let error = bench.provision(store).await.unwrap_err();
    assert!(matches!(&error, ProvisionError::Busy(id) if *id == store.id), "{error:?}");
    assert_eq!(bench.fake.requests(), 0);
    bench.ports.stores.unlock(&held.unwrap()).await.unwrap();
    bench.provision(store).await.unwrap();
}

/// The lock is lost, here with the whole store: the work stops before it is done.
#[tokio::test(start_paused = true)]
async fn a_provisioning_without_its_lock_stops() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(15))).path("/labels"));
    let remove = async {
        sleep(Duration::from_secs(1)).await;
        bench.ports.stores.remove(&store.id).await.unwrap();
        bench.fake.clear_journal();
    };
    let provisioned = timeout(Duration::from_secs(12), bench.provision(store));
    let (provisioned, ()) = tokio::join!(provisioned, remove);
    let error = provisioned.expect("it stops within a lease").unwrap_err();
    assert!(matches!(error, ProvisionError::Busy(_)), "{error:?}");
    assert_eq!(bench.fake.requests(), 0, "nothing is asked after the lock was lost");
}

/// The webhook was recreated in Chatwoot and has another secret. Deliveries signed with the
/// previous one are accepted for an hour from when the provisioning saw it, and no longer.
#[tokio::test]
async fn point_13_the_webhook_secret_before_ends_after_an_hour() {
    for (minutes, taken) in [(59, true), (60, false)] {
        let bench = Bench::provisioned().await;
        let store = &bench.stores[0];
        bench.clock.set(Timestamp::now() - Duration::from_mins(minutes));
        let talk = bench.talk(&customer("ada")).await;
        talk.say("Hello").await;
        let deliveries = bench.fake.take_deliveries();
        let signed_with_old = deliveries.iter().find(|it| it.account == 1);
        let signed_with_old = signed_with_old.or(deliveries.first()).unwrap();
        let account = bench.account(&store.id).await;
        let before = bench.record(&store.id).await;
        account.webhooks().delete(before.account.webhook.unwrap()).await.unwrap();
        bench.provision(store).await.unwrap();
        let after = bench.record(&store.id).await.credentials;
        let previous = after.previous_webhook_secret.unwrap();
        assert_eq!(previous.value.expose(), before.credentials.webhook_secret.unwrap().expose());
        bench.clock.set(Timestamp::now());
        let received = bench.receive(signed_with_old).await;
        match received {
            Ok(_) => assert!(taken, "{minutes} minutes later"),
            Err(ReceiveError::Unproven(VerifyError::WrongSignature)) => {
                assert!(!taken, "{minutes} minutes later");
            }
            Err(other) => panic!("{other:?}"),
        }
        // An expired secret is not even stored: the next provisioning drops it.
        bench.provision(store).await.unwrap();
        let kept = bench.record(&store.id).await.credentials.previous_webhook_secret;
        assert_eq!(kept.is_some(), taken, "{minutes} minutes later");
    }
}

#[tokio::test]
async fn a_bound_token_is_for_one_chatwoot() {
    let token = UserToken::new("token");
    let base_url: Url = "https://one.test/support".parse().unwrap();
    let token = BoundToken { base_url, token };
    for (base, is_for) in [
        ("https://one.test/support/", true),
        ("https://one.test", false),
        ("http://one.test/support", false),
        ("https://one.test:8443/support", false),
        ("https://one.test.evil.test/support", false),
    ] {
        assert_eq!(token.is_for(&base.parse().unwrap()), is_for, "{base}");
    }
}

//! Two shops, one fake Chatwoot, and ports whose failures can be injected.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::application::contacts::Contact;
use chatwoot_client::fake::{Delivery, FakeChatwoot, FaultKind};
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{
    Account, Attributes, Client, ContactId, ConversationId, Limits, Platform, PublicInbox,
    RetryPolicy, Secret,
};
use store_context::accounts::{Accounts, Clients};
use store_context::identity::{Identity, PublicIdentity, StoreIdentity};
use store_context::intake::{
    DispatchConfig, Dispatcher, Handler, HandlerContext, HandlerError, Intake, Receipt,
    ReceiveError, ReconcileConfig, Reconciler,
};
use store_context::memory::{self, MemoryShop};
use store_context::model::{
    AccountKey, Branding, Customer, CustomerId, Store, StoreId, TierPolicy,
};
use store_context::ports::{
    ClaimRequest, Clock, Doubt, Entry, Fingerprint, Hold, KnownState, Link, ParkedRow, PausedStore,
    PortError, PortResult, Ports, Priority, Settlement, StoreCredentials, StoreRecord, SyncClaim,
    SyncCounts, SyncLedger, TokioClock,
};
use store_context::provision::{ProvisionConfig, ProvisionError, ProvisionReport, Provisioner};
use store_context::sync::{ContactSync, Outcome, SyncConfig, Synced};
use store_context::{Currency, Timestamp};

use crate::webhook_probe::WebhookProbe;

pub(crate) const PUBLIC_URL: &str = "https://host.example/support";

/// The base URL of the stores' Chatwoot.
pub(crate) const BASE_URL: &str = "https://chatwoot.test";

/// The host's own mailboxes.
pub(crate) const DOMAIN: &str = "accounts.example";

/// Returns every way in which the fake can fail a request that it understands.
pub(crate) fn every_fault() -> [FaultKind; 6] {
    [
        FaultKind::ErrorBefore,
        FaultKind::ErrorAfter,
        FaultKind::RateLimited,
        FaultKind::ResetBeforeResponse,
        FaultKind::Delay(Duration::from_mins(5)),
        FaultKind::Respond { status: 503, body: "down".into() },
    ]
}

/// A clock that moves with tokio's until it is set.
#[derive(Debug)]
pub(crate) struct TestClock {
    moving: TokioClock,
    set: Mutex<Option<Timestamp>>,
}

impl Default for TestClock {
    fn default() -> Self {
        let moving = TokioClock::starting_at(Timestamp::now());
        Self { moving, set: Mutex::default() }
    }
}

impl TestClock {
    /// Stops the clock at this time.
    pub(crate) fn set(&self, to: Timestamp) {
        *self.set.lock().unwrap() = Some(to);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.set.lock().unwrap().unwrap_or_else(|| self.moving.now())
    }
}

/// A host with its shops and a Chatwoot.
pub(crate) struct Bench {
    pub(crate) fake: FakeChatwoot,
    pub(crate) client: Client,
    pub(crate) shop: Arc<MemoryShop>,
    pub(crate) ports: Ports,
    pub(crate) ledger: Arc<Probe>,
    pub(crate) webhooks: Arc<WebhookProbe>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) accounts: Accounts,
    pub(crate) stores: [Store; 2],
}

impl Bench {
    /// Creates a bench whose client uses the default retry policy.
    pub(crate) fn new() -> Self {
        Self::with(RetryPolicy::default())
    }

    /// Creates a bench whose client never retries.
    pub(crate) fn hasty() -> Self {
        Self::with(RetryPolicy {
            max_attempts: 1,
            // Shorter than the rest of any minute, so that a rate limit is not waited out.
            deadline: Duration::from_millis(500),
            ..RetryPolicy::default()
        })
    }

    pub(crate) fn with(policy: RetryPolicy) -> Self {
        let fake = FakeChatwoot::new();
        let shop = Arc::new(MemoryShop::new());
        let clock = Arc::new(TestClock::default());
        let mut ports =
            memory::ports_with(clock.clone(), shop.clone(), shop.clone(), Some(shop.clone()));
        let ledger = Arc::new(Probe::new(&ports));
        ports.sync = ledger.clone();
        let webhooks = Arc::new(WebhookProbe::new(ports.webhooks.clone()));
        ports.webhooks = webhooks.clone();
        let client =
            Client::builder(BASE_URL).transport(fake.clone()).retry(policy).limits(Limits::off());
        #[cfg(feature = "live")]
        let client = client.live_transport(fake.clone());
        let client = client.build().unwrap();
        let stores = stores();
        for store in &stores {
            shop.open(&store.id, store.currency);
        }
        let accounts = Accounts::new(&ports, Clients::single(client.clone()));
        Self { fake, client, shop, ports, ledger, webhooks, clock, accounts, stores }
    }

    /// Creates a bench with both stores provisioned, and an empty journal.
    pub(crate) async fn provisioned() -> Self {
        Self::provisioned_with(RetryPolicy::default()).await
    }

    pub(crate) async fn provisioned_with(policy: RetryPolicy) -> Self {
        let bench = Self::with(policy);
        for store in &bench.stores {
            bench.provision(store).await.unwrap();
        }
        bench.fake.clear_journal();
        bench.fake.take_deliveries();
        bench
    }

    /// Creates a bench whose client never retries, with both stores provisioned.
    pub(crate) async fn hasty_provisioned() -> Self {
        Self::provisioned_with(RetryPolicy {
            max_attempts: 1,
            deadline: Duration::from_millis(500),
            ..RetryPolicy::default()
        })
        .await
    }

    pub(crate) fn north(&self) -> &StoreId {
        &self.stores[0].id
    }

    pub(crate) fn platform(&self) -> Platform {
        self.client.platform(self.fake.platform_token())
    }

    pub(crate) async fn provision(&self, store: &Store) -> Result<ProvisionReport, ProvisionError> {
        self.provision_at(store, PUBLIC_URL).await
    }

    pub(crate) async fn provision_at(
        &self,
        store: &Store,
        url: &str,
    ) -> Result<ProvisionReport, ProvisionError> {
        self.provision_for(store, url, DOMAIN).await
    }

    pub(crate) async fn provision_for(
        &self,
        store: &Store,
        url: &str,
        domain: &str,
    ) -> Result<ProvisionReport, ProvisionError> {
        let config = ProvisionConfig::new(url.parse().unwrap(), domain.parse().unwrap());
        self.provisioner(config).provision(store).await
    }

    pub(crate) fn provisioner(&self, config: ProvisionConfig) -> Provisioner {
        let (base_url, token) = (BASE_URL.parse().unwrap(), self.fake.platform_token());
        Provisioner::new(&self.accounts, base_url, token, self.ports.clone(), config).unwrap()
    }

    /// Returns the customer's contact, by the link.
    pub(crate) async fn linked(&self, customer: &CustomerId) -> Contact {
        let link = self.ports.sync.link(self.north(), customer).await.unwrap().unwrap();
        self.account(self.north()).await.contacts().get(link.contact).await.unwrap()
    }

    /// Returns the store's record.
    pub(crate) async fn record(&self, store: &StoreId) -> StoreRecord {
        self.accounts.record(store).await.unwrap()
    }

    /// Replaces the credentials of the store.
    pub(crate) async fn keep(&self, store: &StoreId, credentials: &StoreCredentials) {
        let replace = |record: &mut StoreRecord| record.credentials = credentials.clone();
        self.accounts.update(store, replace).await.unwrap();
    }

    /// Returns the stores' accounts on the same Chatwoot, with another client.
    pub(crate) fn accounts_by(&self, client: Client) -> Accounts {
        Accounts::new(&self.ports, Clients::single(client))
    }

    /// Returns the store's account, with the administrator's token.
    pub(crate) async fn account(&self, store: &StoreId) -> Account {
        self.accounts.open(store).await.unwrap().account
    }

    /// Returns a worker that syncs one customer after another.
    pub(crate) fn sync(&self) -> ContactSync {
        let quiet = Duration::ZERO;
        let config = SyncConfig { parallel: 1, quiet, ..SyncConfig::default() };
        ContactSync::new(self.accounts.clone(), self.ports.clone(), config)
    }

    pub(crate) fn put(&self, customer: &Customer) {
        self.shop.put_customer(self.north(), customer.clone()).unwrap();
    }

    /// Wants one customer of the first store and syncs until the ledger is clean.
    pub(crate) async fn synced(&self, customer: &CustomerId) -> Synced {
        let sync = self.sync();
        sync.want(self.north(), customer).await.unwrap();
        let mut last = self.settled(&sync).await;
        last.pop().expect("something was synced")
    }

    /// Syncs until the ledger is clean, however often that fails. The test's clock is paused.
    pub(crate) async fn settled(&self, sync: &ContactSync) -> Vec<Synced> {
        let mut all = Vec::new();
        for _ in 0..20 {
            all.extend(sync.run_once().await.unwrap());
            if self.ports.sync.counts(None).await.unwrap().waiting == 0 {
                return all;
            }
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        panic!("the ledger is never clean: {all:?}");
    }

    /// Returns every contact of the first store.
    pub(crate) async fn contacts(&self) -> Vec<Contact> {
        self.contacts_of(self.north()).await
    }

    pub(crate) async fn contacts_of(&self, store: &StoreId) -> Vec<Contact> {
        let account = self.account(store).await;
        let mut all = Vec::new();
        for page in 1.. {
            let query = chatwoot_client::application::contacts::ContactsQuery {
                page: Some(page),
                ..chatwoot_client::application::contacts::ContactsQuery::default()
            };
            let found = account.contacts().list(&query).await.unwrap().payload;
            if found.is_empty() {
                break;
            }
            all.extend(found);
        }
        all
    }

    /// Returns the only contact of the customer.
    pub(crate) async fn contact(&self, customer: &CustomerId) -> Contact {
        let mut found = self.contacts().await;
        let own = self.identity_of(self.north()).await.identifier(customer);
        found.retain(|contact| contact.identifier.as_ref() == Some(&own));
        assert_eq!(found.len(), 1, "contacts of {customer}: {found:#?}");
        found.remove(0)
    }

    pub(crate) async fn identity_of(&self, store: &StoreId) -> StoreIdentity {
        let record = self.record(store).await;
        StoreIdentity::new(&record.store, &record.credentials).unwrap()
    }

    /// Returns every secret in the bench.
    pub(crate) async fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.fake.platform_token()];
        for store in &self.stores {
            let Ok(record) = self.accounts.record(&store.id).await else { continue };
            let held = record.credentials;
            secrets.extend(held.user_token.map(|it| it.token.secret().expose().to_owned()));
            let keys = [held.identifier_key, held.proof_key];
            secrets.extend(keys.into_iter().flatten().map(|key| key.expose().to_owned()));
            let hmacs = [held.webhook_secret, held.website_hmac, held.api_hmac];
            secrets.extend(hmacs.into_iter().flatten().map(|secret| secret.expose().to_owned()));
            let addresses = [held.webhook_address, held.panel_address];
            secrets.extend(addresses.into_iter().flatten().map(|it| it.expose().to_owned()));
        }
        secrets
    }
}

/// Returns a shop in the Netherlands and one in America.
pub(crate) fn stores() -> [Store; 2] {
    let dutch = Store {
        locale: "nl".to_owned(),
        time_zone: "Europe/Amsterdam".to_owned(),
        branding: Some(Branding {
            color: "#D97706".to_owned(),
            welcome_title: "Hallo".to_owned(),
            welcome_tagline: "Vragen over kaas?".to_owned(),
            greeting: "Fijn dat je er bent.".to_owned(),
        }),
        tiers: Some(TierPolicy::new([("brons", 0), ("zilver", 100)]).unwrap()),
        ..Store::new(
            StoreId::new("kaasplank").unwrap(),
            "De Kaasplank",
            "https://kaasplank.example".parse().unwrap(),
            "hulp@kaasplank.example",
            Currency::EUR,
        )
    };
    let american = Store {
        time_zone: "America/New_York".to_owned(),
        branding: Some(Branding {
            color: "#4338CA".to_owned(),
            welcome_title: "Hi there".to_owned(),
            welcome_tagline: "Questions about a record?".to_owned(),
            greeting: "How can we help?".to_owned(),
        }),
        tiers: Some(TierPolicy::new([("bronze", 0), ("gold", 500)]).unwrap()),
        ..Store::new(
            StoreId::new("vinylroom").unwrap(),
            "The Vinyl Room",
            "https://vinylroom.example".parse().unwrap(),
            "help@vinylroom.example",
            Currency::USD,
        )
    };
    [dutch, american]
}

/// Returns a customer with a verified address.
pub(crate) fn customer(id: &str) -> Customer {
    Customer {
        email: Some(format!("{id}@mail.example")),
        email_verified: true,
        ..Customer::new(CustomerId::new(id).unwrap(), format!("Customer {id}"))
    }
}

pub(crate) fn outcomes(synced: &[Synced]) -> Vec<Outcome> {
    synced.iter().map(|synced| synced.outcome).collect()
}

/// Formats an error with all its sources, and its `Debug`.
pub(crate) fn whole(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error:?}");
    let mut next = Some(error);
    while let Some(cause) = next {
        text = format!("{text}\n{cause}");
        next = cause.source();
    }
    text
}

/// Asserts that none of the secrets is in the text.
pub(crate) fn holds_none(text: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "a secret is told: {text}");
    }
}

/// The in-memory sync ledger with failures that can be injected per method.
pub(crate) struct Probe {
    sync: Arc<dyn SyncLedger>,
    failing: Mutex<HashSet<&'static str>>,
    panicking: Mutex<HashSet<&'static str>>,
    /// The ledger's own fences, where the probe gives each row its own count.
    fences: Mutex<Option<HashMap<(StoreId, CustomerId), u64>>>,
}

impl Probe {
    fn new(ports: &Ports) -> Self {
        Self {
            sync: ports.sync.clone(),
            failing: Mutex::default(),
            panicking: Mutex::default(),
            fences: Mutex::default(),
        }
    }

    /// From now on a claim of each row has the same fence as that of any other.
    pub(crate) fn count_fences_by_row(&self) {
        *self.fences.lock().unwrap() = Some(HashMap::new());
    }

    fn shown(&self, mut claim: SyncClaim) -> SyncClaim {
        if let Some(fences) = &mut *self.fences.lock().unwrap() {
            fences.insert((claim.store.clone(), claim.customer.clone()), claim.fence);
            claim.fence = 1;
        }
        claim
    }

    fn own(&self, claim: &SyncClaim) -> SyncClaim {
        let fences = self.fences.lock().unwrap();
        let row = (claim.store.clone(), claim.customer.clone());
        let fence = fences.as_ref().and_then(|fences| fences.get(&row)).copied();
        SyncClaim { fence: fence.unwrap_or(claim.fence), ..claim.clone() }
    }

    /// This method panics until [`Probe::mend`]; `wait` hangs, and `hang counts` makes `counts` hang.
    pub(crate) fn panic(&self, method: &'static str) {
        self.panicking.lock().unwrap().insert(method);
    }

    /// Makes this method fail until [`Probe::mend`].
    pub(crate) fn fail(&self, method: &'static str) {
        self.failing.lock().unwrap().insert(method);
    }

    pub(crate) fn mend(&self) {
        self.failing.lock().unwrap().clear();
        self.panicking.lock().unwrap().clear();
    }

    fn panics(&self, method: &'static str) -> bool {
        self.panicking.lock().unwrap().contains(method)
    }

    fn check(&self, method: &'static str) -> PortResult<()> {
        assert!(!self.panics(method), "{method} was told to panic");
        if self.failing.lock().unwrap().contains(method) {
            return Err(PortError::new("ledger", format!("{method} was told to fail")));
        }
        Ok(())
    }
}

#[async_trait]
impl SyncLedger for Probe {
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()> {
        self.sync.want(store, customers, priority).await
    }

    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool> {
        self.sync.doubt(store, account, contact, doubt, unless).await
    }

    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>> {
        self.sync.doubt_all(store, doubt, after, limit).await
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        self.check("sync claim")?;
        let claims = self.sync.claim(request).await?;
        Ok(claims.into_iter().map(|claim| self.shown(claim)).collect())
    }

    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold> {
        self.sync.hold(store, customer, lease).await
    }

    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool> {
        self.check("sync begin")?;
        self.sync.begin(&self.own(claim)).await
    }

    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>> {
        self.sync.extend(claims, lease).await
    }

    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>> {
        self.check("settle")?;
        let own = settled.iter().map(|(claim, how)| (self.own(claim), how.clone()));
        self.sync.settle(&own.collect::<Vec<_>>()).await
    }

    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()> {
        self.sync.want_merge(store, from, into).await
    }

    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.sync.erase(store, customer).await
    }

    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()> {
        self.sync.pause(store, duration, reason).await
    }

    async fn resume(&self, store: &StoreId) -> PortResult<()> {
        self.sync.resume(store).await
    }

    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>> {
        self.sync.paused(after, limit).await
    }

    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        self.sync.link(store, customer).await
    }

    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        self.sync.customer_of(store, account, contact).await
    }

    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>> {
        self.sync.links(store, after, limit).await
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>> {
        self.sync.parked(store, after, limit).await
    }

    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64> {
        self.sync.replay(store, customer, limit).await
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.sync.forget(store, customer).await
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.sync.forget_store(store, limit).await
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts> {
        if self.panics("hang counts") {
            std::future::pending::<()>().await;
        }
        self.sync.counts(store).await
    }

    async fn wait(&self, longest: Duration) {
        if self.panics("wait") {
            std::future::pending::<()>().await;
        }
        self.sync.wait(longest).await;
    }
}

/// A customer's conversation through the public API.
pub(crate) struct Talk {
    pub(crate) inbox: PublicInbox,
    pub(crate) source: String,
    pub(crate) id: ConversationId,
    identifier: Option<String>,
    hash: Secret,
}

impl Talk {
    pub(crate) async fn say(&self, text: &str) {
        let conversation = self.inbox.conversations(&self.source).conversation(self.id);
        conversation.messages().create(text, None).await.unwrap();
    }

    /// Sets the contact's email address, as any visitor can: the contact that has the address
    /// absorbs this one.
    pub(crate) async fn claim(&self, email: &str) {
        let claim = PublicContactPatch { email: Some(email.to_owned()), ..self.proof() };
        self.inbox.contacts().update(&self.source, &claim).await.unwrap();
    }

    /// Returns Chatwoot's own proof, without which an update is refused.
    fn proof(&self) -> PublicContactPatch {
        PublicContactPatch {
            identifier: self.identifier.clone(),
            identifier_hash: Some(self.hash.clone()),
            ..PublicContactPatch::default()
        }
    }
}

impl Bench {
    /// Opens a conversation of a signed-in customer of the first store, as the store's app does.
    pub(crate) async fn talk(&self, customer: &Customer) -> Talk {
        let identity = Identity::new(self.ports.clone());
        let proof = identity.public(self.north(), customer).await.unwrap();
        self.talk_as(proof, true).await
    }

    /// Opens a guest's conversation.
    pub(crate) async fn guest_talk(&self) -> Talk {
        let identity = Identity::new(self.ports.clone());
        self.talk_as(identity.public_guest(self.north()).await.unwrap(), true).await
    }

    /// Opens a conversation with an identity; if `verified`, the contact is also updated with
    /// Chatwoot's own proof, which creating a contact does not store.
    pub(crate) async fn talk_as(&self, proof: PublicIdentity, verified: bool) -> Talk {
        let inbox = self.client.public_inbox(proof.inbox_identifier);
        let new = NewPublicContact {
            identifier: proof.identifier.clone(),
            identifier_hash: Some(proof.identifier_hash.clone()),
            ..NewPublicContact::default()
        };
        let source = inbox.contacts().create(&new).await.unwrap().source_id.expose().to_owned();
        let attributes: &Attributes = &proof.conversation_attributes;
        let mut talk = Talk {
            inbox,
            source,
            id: ConversationId(0),
            identifier: proof.identifier,
            hash: proof.identifier_hash,
        };
        if verified {
            talk.inbox.contacts().update(&talk.source, &talk.proof()).await.unwrap();
        }
        let opened = talk.inbox.conversations(&talk.source).create(Some(attributes)).await;
        talk.id = opened.unwrap().id;
        talk
    }

    pub(crate) async fn set_status(&self, talk: &Talk, status: ConversationStatus) {
        let account = self.account(self.north()).await;
        account.conversation(talk.id).set_status(status, None).await.unwrap();
    }

    /// Sends a delivery to the first store's URL, signed for the present time.
    pub(crate) async fn receive(&self, delivery: &Delivery) -> Result<Receipt, ReceiveError> {
        let request = delivery.request(self.clock.now());
        self.receive_as(request.headers(), request.body()).await
    }

    pub(crate) async fn receive_as(
        &self,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> Result<Receipt, ReceiveError> {
        let held = self.record(self.north()).await.credentials;
        let address = held.webhook_address.unwrap();
        Intake::new(&self.ports).receive(&address, headers, body).await
    }

    pub(crate) fn reconciler(&self) -> Reconciler {
        let config = ReconcileConfig::default();
        Reconciler::new(self.accounts.clone(), self.ports.clone(), config)
    }

    pub(crate) fn dispatcher(
        &self,
        handler: Arc<dyn Handler>,
        config: DispatchConfig,
    ) -> Dispatcher {
        Dispatcher::new(self.accounts.clone(), &self.ports, handler, config)
    }

    /// Returns the known state of a conversation of the first store.
    pub(crate) async fn known(&self, conversation: ConversationId) -> Option<KnownState> {
        let account = self.record(self.north()).await.account_key().unwrap();
        let known = self.ports.webhooks.states(self.north(), &account, &[conversation]).await;
        known.unwrap().pop()
    }

    /// Dispatches entries until none is left.
    pub(crate) async fn dispatched(&self, seen: &Arc<Seen>) {
        let dispatcher = self.dispatcher(seen.clone(), DispatchConfig::default());
        for _ in 0..1_000 {
            dispatcher.run_once().await.unwrap();
            if self.ports.webhooks.counts(None).await.unwrap().waiting == 0 {
                return;
            }
            // Failed entries wait for their next attempt.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("there is always more to hand out");
    }
}

/// A handler that records the received entries, and fails where it is configured to.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) entries: Mutex<Vec<Entry>>,
    /// The number of failures of each key before it is handled.
    pub(crate) failing: Mutex<HashMap<String, u32>>,
}

impl Seen {
    pub(crate) fn all(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    pub(crate) fn named(&self, name: &str) -> Vec<Entry> {
        self.all().into_iter().filter(|entry| entry.event.name() == name).collect()
    }

    /// Returns the status of a conversation by the newest received fact.
    pub(crate) fn status(&self, id: ConversationId) -> ConversationStatus {
        let all = self.all();
        let states = all.iter().filter(|entry| !entry.stale);
        let states = states.filter_map(|entry| entry.event.conversation());
        let newest = states.rev().find(|state| state.conversation == id);
        newest.expect("a state was told").status.clone()
    }
}

#[async_trait]
impl Handler for Seen {
    async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        if let Some(left) = self.failing.lock().unwrap().get_mut(&entry.key).filter(|it| **it > 0) {
            *left -= 1;
            return Err("told to fail".into());
        }
        self.entries.lock().unwrap().push(entry.clone());
        Ok(())
    }
}

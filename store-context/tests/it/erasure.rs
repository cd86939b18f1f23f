//! The erasure of customers: what is left of them anywhere.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ContactId;
use chatwoot_client::fake::{Delivery, Fault, FaultKind};
use store_context::context::{ContextConfig, ContextService};
use store_context::erasure::ErasureService;
use store_context::intake::{DispatchConfig, Handler, HandlerContext, HandlerError};
use store_context::memory::{
    MemoryAuditTrail, MemoryCache, MemoryErasures, MemorySignals, MemorySyncLedger,
    MemoryWebhookLedger,
};
use store_context::model::{
    Customer, CustomerId, ErasedConversations, ErasurePending, ErasurePlace, PrivacyPolicy, Store,
};
use store_context::ports::{Cache, Change, Entry, SignalEvent, Signals};
use store_context::sync::{ContactSync, SweepCursor, SyncConfig};
use tokio::time::timeout;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Bench, Seen, customer};

/// What each erased customer's name, address, messages and notes contain, and nothing else does.
const MARK: &str = "zzerasee";

/// The same of the phone numbers.
const PHONE: &str = "+3161234";

const ERASED: usize = 1_000;
const KEPT: usize = 20;

/// The log of a test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The storage of a bench, as it can be looked into.
struct Storage {
    sync: Arc<MemorySyncLedger>,
    webhooks: Arc<MemoryWebhookLedger>,
    audit: Arc<MemoryAuditTrail>,
    erasures: Arc<MemoryErasures>,
    cache: Arc<MemoryCache>,
}

impl Storage {
    fn of(bench: &mut Bench) -> Self {
        let clock = bench.ports.clock.clone();
        let storage = Self {
            sync: Arc::new(MemorySyncLedger::with_clock(clock.clone())),
            webhooks: Arc::new(MemoryWebhookLedger::with_clock(clock.clone())),
            audit: Arc::new(MemoryAuditTrail::with_clock(clock)),
            erasures: Arc::new(MemoryErasures::new()),
            cache: Arc::new(MemoryCache::default()),
        };
        bench.ports.sync = storage.sync.clone();
        bench.ports.webhooks = storage.webhooks.clone();
        bench.ports.audit = storage.audit.clone();
        bench.ports.erasures = storage.erasures.clone();
        bench.ports.cache = storage.cache.clone();
        storage
    }
}

fn erasee(number: usize) -> Customer {
    Customer {
        name: format!("{MARK} Jansen {number}"),
        email: Some(format!("{MARK}.{number}@mail.example")),
        email_verified: true,
        phone: Some(format!("{PHONE}{number:04}")),
        ..Customer::new(CustomerId::new(format!("id-of-{number:04}.")).unwrap(), "")
    }
}

/// Fails with every entry.
struct Refuses;

#[async_trait]
impl Handler for Refuses {
    async fn handle(&self, _: &HandlerContext<'_>, _: &Entry) -> Result<(), HandlerError> {
        Err("told to fail".into())
    }
}

fn sync_of(bench: &Bench) -> ContactSync {
    ContactSync::new(bench.accounts.clone(), bench.ports.clone(), SyncConfig::default())
}

async fn receive_all(bench: &Bench, deliveries: &[Delivery]) {
    for delivery in deliveries {
        bench.receive(delivery).await.unwrap();
    }
}

/// Lets requests fail now and then, in every way.
fn disturb(bench: &Bench, seed: u64) {
    let mut random = Random(seed);
    bench.fake.set_fault_script(move |_| match random.below(200) {
        0..4 => Some(FaultKind::ErrorBefore),
        4..8 => Some(FaultKind::ErrorAfter),
        8..10 => Some(FaultKind::RateLimited),
        10..14 => Some(FaultKind::ResetBeforeResponse),
        14..16 => Some(FaultKind::TimeoutAfter),
        16..18 => Some(FaultKind::LateBy(Duration::from_secs(random.below(30)))),
        18..20 => Some(FaultKind::Respond { status: 503, body: "down".into() }),
        _ => None,
    });
}

/// A generator of numbers that repeats itself in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % limit
    }
}

/// Of a thousand customers who are erased while requests fail, triggers come late, deliveries come
/// again and the reconciler asks, nothing is left but tombstones; who was not erased is untouched.
#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn of_a_thousand_erased_customers_nothing_but_tombstones_is_left() {
    let log = Log::default();
    let logging = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
    let logging = logging.with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    let _guard = tracing::subscriber::set_default(logging.finish());

    let mut bench = Bench::provisioned().await;
    let storage = Storage::of(&mut bench);
    let ports = bench.ports.clone();
    let north = bench.north().clone();
    let account = bench.record(&north).await.account_key().unwrap();
    let identity = bench.identity_of(&north).await;
    let customers: Vec<Customer> = (0..ERASED).map(erasee).collect();
    let kept: Vec<Customer> = (0..KEPT).map(|number| customer(&format!("kept-{number}"))).collect();

    // Most are synced; the first sync of the others is still to come.
    for customer in customers.iter().filter(|it| !it.id.as_str().ends_with("7.")).chain(&kept) {
        bench.put(customer);
    }
    let sync = sync_of(&bench);
    sync.want_all(&north).await.unwrap();
    timeout(Duration::from_mins(30), sync.run()).await.unwrap_err();
    for customer in &customers {
        bench.put(customer);
        sync.want(&north, &customer.id).await.unwrap();
    }

    // Conversations: some are parked, some wait, some are yet to be delivered.
    let (mut parked, mut waiting, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for (index, customer) in customers.iter().step_by(7).chain(&kept).enumerate() {
        bench.fake.take_deliveries();
        let talk = bench.talk(customer).await;
        talk.say(&format!("{} wrote this", customer.name)).await;
        let held = match index % 3 {
            0 => &mut parked,
            1 => &mut waiting,
            _ => &mut late,
        };
        held.extend(bench.fake.take_deliveries());
    }
    receive_all(&bench, &parked).await;
    let config = DispatchConfig { max_tries: 1, ..DispatchConfig::default() };
    bench.dispatcher(Arc::new(Refuses), config).run_once().await.unwrap();
    receive_all(&bench, &waiting).await;
    let counts = ports.webhooks.counts(None).await.unwrap();
    assert!(counts.parked > 50 && counts.waiting > 50 && late.len() > 50, "{counts:?}");
    let context = ContextService::new(ports.clone(), ContextConfig::default());
    for customer in &customers {
        context.snapshot(&north, &customer.id).await.unwrap().unwrap();
    }
    let everywhere = |text: &str| {
        [bench.fake.stored_text().contains(text), format!("{:?}", storage.webhooks).contains(text)]
    };
    assert_eq!(everywhere(MARK), [true, true], "what is looked for is there before");

    // Some are online for an hour.
    let online: Vec<ContactId> = {
        let synced = customers.iter().step_by(50);
        let mut online = Vec::new();
        for customer in synced {
            let link = ports.sync.link(&north, &customer.id).await.unwrap();
            online.extend(link.map(|link| link.contact));
        }
        online
    };
    assert!(online.len() > 10);
    for contact in &online {
        bench.fake.set_online(account.account.0, contact.0, true);
    }

    ports.webhooks.schedule(std::slice::from_ref(&north)).await.unwrap();
    disturb(&bench, 12);
    let reconciler = bench.reconciler();
    let erasures = ErasureService::new(sync.clone(), ports.clone());
    let erase = async {
        for (index, customer) in customers.iter().enumerate() {
            let receipt = erasures.erase(&north, &customer.id).await.unwrap();
            assert_eq!(receipt.is_complete(), receipt.pending().is_empty());
            // The shop does not know yet, and tells of a change.
            sync.want(&north, &customer.id).await.unwrap();
            if index % 100 == 0 {
                receive_all(&bench, &parked).await;
                receive_all(&bench, &late).await;
            }
        }
    };
    let work = async { tokio::join!(sync.run(), reconciler.run()) };
    tokio::select! {
        () = erase => {}
        _ = work => unreachable!("the workers do not end"),
    }
    let work = async { tokio::join!(sync.run(), reconciler.run()) };
    timeout(Duration::from_hours(1), work).await.unwrap_err();
    let left = erasures.pending(&north, None, 2_000).await.unwrap();
    let of_online = left.iter().filter(|it| {
        it.pending().iter().any(|it| matches!(it, ErasurePending::Contact { online: true, .. }))
    });
    assert!(of_online.count() > 10, "who is online is still there");

    for contact in &online {
        bench.fake.set_online(account.account.0, contact.0, false);
    }
    bench.fake.clear_faults();
    // Everything that could bring somebody back.
    receive_all(&bench, &[parked, waiting, late].concat()).await;
    sync.want_all(&north).await.unwrap();
    sync.rewrite_all(&north).await.unwrap();
    let work = async { tokio::join!(sync.run(), reconciler.run()) };
    timeout(Duration::from_hours(3), work).await.unwrap_err();
    sync.sweep(&north, SweepCursor::default(), |_| ()).await.unwrap();
    receive_all(&bench, &bench.fake.take_deliveries()).await;
    timeout(Duration::from_mins(10), sync.run()).await.unwrap_err();
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;

    assert_eq!(erasures.pending(&north, None, 10).await.unwrap(), []);
    let contacts = bench.contacts().await;
    assert_eq!(contacts.len(), KEPT, "{contacts:#?}");
    let places = [
        ("the fake", bench.fake.stored_text()),
        ("the sync ledger", format!("{:?}", storage.sync)),
        ("the webhook ledger", format!("{:?}", storage.webhooks)),
        ("the audit trail", format!("{:?}", storage.audit)),
        ("the receipts", format!("{:?}", storage.erasures)),
        ("the log", String::from_utf8(log.0.lock().unwrap().clone()).unwrap()),
        ("the handler", format!("{:?}", seen.all())),
    ];
    for (name, text) in &places {
        for mark in [MARK, PHONE] {
            if let Some(at) = text.find(mark) {
                let around: String = text.chars().skip(at.saturating_sub(200)).take(400).collect();
                panic!("{mark} is in {name}: {around}");
            }
        }
    }
    let tombstones = ["the sync ledger", "the receipts", "the log"];
    for customer in &customers {
        let (id, pseudonym) = (customer.id.as_str(), identity.identifier(&customer.id));
        for (name, text) in &places {
            assert!(!text.contains(&pseudonym), "the identifier of {id} is in {name}");
            assert!(tombstones.contains(name) || !text.contains(id), "{id} is in {name}");
        }
        let key = format!("context\u{1f}{north}\u{1f}{id}");
        assert_eq!(storage.cache.get(&key).await.unwrap(), None, "{id} is cached");
        assert_eq!(context.snapshot(&north, &customer.id).await.unwrap(), None, "{id}");
        let receipt = erasures.receipt(&north, &customer.id).await.unwrap().unwrap();
        assert!(receipt.is_complete() && receipt.pending().is_empty(), "{receipt:?}");
    }
    for customer in &kept {
        assert_eq!(bench.contact(&customer.id).await.email, customer.email);
        assert!(context.snapshot(&north, &customer.id).await.unwrap().is_some());
    }
}

async fn with_conversations(policy: ErasedConversations) -> (Bench, Customer) {
    let bench = Bench::provisioned().await;
    let privacy = PrivacyPolicy { erased_conversations: policy, ..PrivacyPolicy::default() };
    let store = Store { privacy, ..bench.stores[0].clone() };
    bench.ports.stores.put(&store).await.unwrap();
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    for _ in 0..3 {
        bench.talk(&ada).await.say("Where is my parcel?").await;
    }
    (bench, ada)
}

/// The receipt says what Chatwoot is still removing, and is complete when it has.
#[tokio::test(start_paused = true)]
async fn an_erasure_is_complete_when_chatwoot_has_removed_the_conversations() {
    let (bench, ada) = with_conversations(ErasedConversations::LeaveToChatwoot).await;
    bench.fake.set_removal_delay(Duration::from_mins(20));
    let sync = bench.sync();
    let erasures = ErasureService::new(sync.clone(), bench.ports.clone());
    assert_eq!(erasures.receipt(bench.north(), &ada.id).await.unwrap(), None);
    let receipt = erasures.erase(bench.north(), &ada.id).await.unwrap();
    assert!(!receipt.is_complete());
    let pending = receipt.pending();
    let conversation = |it: &ErasurePending| matches!(it, ErasurePending::Conversation { .. });
    assert!(pending.len() == 3 && pending.iter().all(conversation), "{pending:?}");
    assert!(receipt.contacts.iter().all(|it| it.erased_at.is_some()), "{receipt:?}");

    timeout(Duration::from_mins(10), sync.run()).await.unwrap_err();
    let receipt = erasures.receipt(bench.north(), &ada.id).await.unwrap().unwrap();
    assert!(!receipt.is_complete() && receipt.checks > 1, "{receipt:?}");
    timeout(Duration::from_hours(2), sync.run()).await.unwrap_err();
    let receipt = erasures.receipt(bench.north(), &ada.id).await.unwrap().unwrap();
    assert!(receipt.is_complete(), "{receipt:?}");
    let places: Vec<_> = receipt.removed.iter().map(|it| it.place).collect();
    let all = [ErasurePlace::Cache, ErasurePlace::WebhookLedger, ErasurePlace::SyncLedger];
    assert_eq!(places, all);
    assert_eq!(bench.ports.sync.link(bench.north(), &ada.id).await.unwrap(), None);
}

/// One by one, the conversations of a contact that is online are deleted too.
#[tokio::test(start_paused = true)]
async fn conversations_are_deleted_although_the_contact_is_online() {
    for (policy, left) in
        [(ErasedConversations::LeaveToChatwoot, true), (ErasedConversations::DeleteEach, false)]
    {
        let (bench, ada) = with_conversations(policy).await;
        let contact = bench.linked(&ada.id).await.id;
        let account = bench.record(bench.north()).await.account_key().unwrap().account;
        bench.fake.set_online(account.0, contact.0, true);
        let sync = bench.sync();
        let erasures = ErasureService::new(sync.clone(), bench.ports.clone());
        let receipt = erasures.erase(bench.north(), &ada.id).await.unwrap();
        let online =
            |it: &ErasurePending| matches!(it, ErasurePending::Contact { online: true, .. });
        assert!(receipt.pending().iter().any(online), "{receipt:?}");
        timeout(Duration::from_mins(1), sync.run()).await.unwrap_err();
        assert_eq!(bench.fake.stored_text().contains("my parcel"), left, "{policy:?}");
        assert!(!bench.fake.stored_text().contains("ada@mail.example"), "{policy:?}");

        bench.fake.set_online(account.0, contact.0, false);
        timeout(Duration::from_hours(1), sync.run()).await.unwrap_err();
        let receipt = erasures.receipt(bench.north(), &ada.id).await.unwrap().unwrap();
        assert!(receipt.is_complete(), "{policy:?}: {receipt:?}");
        assert!(!bench.fake.stored_text().contains("my parcel"), "{policy:?}");
    }
}

/// A process dies at each of its calls to Chatwoot; another one goes on.
#[tokio::test(start_paused = true)]
async fn another_process_goes_on_with_an_erasure() {
    for cut in 0..12 {
        let (bench, ada) = with_conversations(ErasedConversations::DeleteEach).await;
        let sync = bench.sync();
        let erasures = ErasureService::new(sync.clone(), bench.ports.clone());
        bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(100))));
        // It is dropped in the middle of a call.
        let died = Duration::from_millis(100 * cut + 50);
        let erased = timeout(died, erasures.erase(bench.north(), &ada.id)).await;
        bench.fake.clear_faults();
        let other = bench.sync();
        timeout(Duration::from_hours(2), other.run()).await.unwrap_err();
        let receipt = erasures.receipt(bench.north(), &ada.id).await.unwrap().unwrap();
        assert!(receipt.is_complete(), "cut {cut}, {erased:?}: {receipt:?}");
        assert!(!bench.fake.stored_text().contains("my parcel"), "cut {cut}");
        assert_eq!(bench.contacts().await.len(), 0, "cut {cut}");
    }
}

/// What is open on a screen is told, and an id may be used again after its tombstone was removed.
#[tokio::test(start_paused = true)]
async fn screens_are_told_and_a_forgotten_customer_may_exist_again() {
    let (bench, ada) = with_conversations(ErasedConversations::LeaveToChatwoot).await;
    let (sync, signals) = (bench.sync(), Arc::new(MemorySignals::new()));
    let erasures = ErasureService::new(sync.clone(), bench.ports.clone());
    let erasures = erasures.with_signals(signals.clone());
    let mut open = signals.subscribe(bench.north(), &ada.id.clone().into()).await.unwrap();
    erasures.erase(bench.north(), &ada.id).await.unwrap();
    assert_eq!(open.next().await, SignalEvent::Changed(Change::Customer));
    bench.settled(&sync).await;
    bench.synced(&ada.id).await;
    assert_eq!(bench.contacts().await.len(), 0);
    erasures.forget(bench.north(), &ada.id).await.unwrap();
    bench.synced(&ada.id).await;
    assert_eq!(bench.contact(&ada.id).await.email, ada.email);
    let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
    assert!(context.snapshot(bench.north(), &ada.id).await.unwrap().is_some());
}

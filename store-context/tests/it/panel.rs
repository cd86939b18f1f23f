//! Tests of the panel: how it is opened, and its present and previous URLs.

use std::time::Duration;

use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::{Account, ConversationId};
use store_context::Timestamp;
use store_context::context::{
    ContextConfig, ContextService, ConversationContext, ConversationKey, PanelError, PanelService,
    PanelSubject,
};
use store_context::identity::{Identity, PROOF_ATTRIBUTE};
use store_context::model::{Customer, NotProven, Proof, Store, StoreId};
use store_context::ports::{Address, AddressToken};
use store_context::provision::{
    PanelRotation, ProvisionConfig, ProvisionError, Provisioner, RotateConfig,
};
use tokio::time::Instant;

use crate::support::{Bench, DOMAIN, PUBLIC_URL, Talk, customer, every_fault, holds_none, whole};

const HOUR: Duration = Duration::from_hours(1);

/// Returns an arbitrary time: a panel reads no clock of its own.
fn start() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// The conversation of a customer who was proven at the start, and the request that opens its
/// panel.
struct Proven {
    bench: Bench,
    panels: PanelService,
    account: Account,
    talk: Talk,
    subject: PanelSubject,
}

impl Proven {
    async fn new() -> Self {
        let bench = Bench::provisioned().await;
        bench.fake.set_time(start());
        bench.clock.set(start());
        let ada = customer("ada");
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let talk = proven_talk(&bench, &ada).await;
        talk.say("Where is my parcel?").await;
        let account = bench.account(bench.north()).await;
        let found = account.conversations().get(talk.id).await.unwrap();
        let subject = PanelSubject {
            conversation: talk.id,
            contact: found.meta.sender.id,
            key: ConversationKey::Uuid(found.uuid.unwrap()),
        };
        let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
        let panels = PanelService::new(bench.accounts.clone(), bench.ports.clone(), context);
        Self { bench, panels, account, talk, subject }
    }

    async fn proof(&self, after: Duration) -> Proof {
        self.bench.clock.set(start() + after);
        let opened = self.panels.open(self.bench.north(), &self.subject).await;
        opened.unwrap().view.proof
    }
}

/// Starts the customer's conversation with a proof of the start time.
async fn proven_talk(bench: &Bench, customer: &Customer) -> Talk {
    let identity = Identity::new(bench.ports.clone());
    let mut public = identity.public(bench.north(), customer).await.unwrap();
    let proof = bench.identity_of(bench.north()).await.prove(&customer.id, start());
    public.conversation_attributes.insert(PROOF_ATTRIBUTE.to_owned(), proof.into());
    bench.talk_as(public, true).await
}

#[tokio::test(start_paused = true)]
async fn a_panel_opens_in_the_time_of_one_read() {
    let proven = Proven::new().await;
    let read = Duration::from_millis(100);
    proven.bench.fake.fault(Fault::new(FaultKind::Delay(read)).verb("GET"));
    let by_source = PanelSubject {
        key: ConversationKey::SourceId(proven.talk.source.clone()),
        ..proven.subject.clone()
    };
    for subject in [&proven.subject, &by_source] {
        let began = Instant::now();
        let opened = proven.panels.open(proven.bench.north(), subject).await.unwrap();
        assert_eq!(began.elapsed(), read, "{subject:?}");
        assert!(opened.view.proof.is_proven() && opened.view.snapshot.is_some(), "{opened:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_proof_is_judged_at_the_time_when_the_customer_wrote() {
    let proven = Proven::new().await;
    let reply = NewMessage::text("It is on its way.");
    proven.bench.fake.advance(20 * HOUR);
    proven.account.conversation(proven.talk.id).messages().create(&reply).await.unwrap();
    assert!(proven.proof(20 * HOUR).await.is_proven(), "an agent's answer is not the customer's");

    // After this many replies the customer's last message is not on the page: it may be recent.
    for _ in 0..20 {
        proven.account.conversation(proven.talk.id).messages().create(&reply).await.unwrap();
    }
    let expired = Proof::NotProven(NotProven::Expired);
    assert_eq!(proven.proof(20 * HOUR).await, expired);
}

#[tokio::test(start_paused = true)]
async fn who_writes_long_after_the_page_was_served_is_not_proven() {
    let proven = Proven::new().await;
    assert!(proven.proof(Duration::ZERO).await.is_proven());
    proven.bench.fake.advance(20 * HOUR);
    proven.talk.say("And now?").await;
    assert_eq!(proven.proof(20 * HOUR).await, Proof::NotProven(NotProven::Expired));
}

#[tokio::test(start_paused = true)]
async fn no_error_of_a_panel_tells_a_key_or_a_token() {
    let proven = Proven::new().await;
    let north = proven.bench.north();
    let opened = proven.panels.open(north, &proven.subject).await.unwrap();
    let token = opened.token.expose().to_owned();
    let uuid = match &proven.subject.key {
        ConversationKey::Uuid(uuid) | ConversationKey::SourceId(uuid) => uuid.clone(),
    };
    let mut secrets = proven.bench.secrets().await;
    secrets.extend([token.clone(), uuid]);
    holds_none(&format!("{opened:?} {:?} {:?}", proven.subject, proven.panels), &secrets);

    let other = PanelSubject { conversation: ConversationId(77), ..proven.subject.clone() };
    let unknown = proven.panels.open(north, &other).await.unwrap_err();
    assert!(matches!(unknown, PanelError::Unknown), "{unknown:?}");
    proven.bench.clock.set(start() + PanelService::TOKEN_LIFETIME);
    let expired = proven.panels.view(north, &opened.token, false).await.unwrap_err();
    proven.bench.clock.set(start());
    assert!(matches!(expired, PanelError::Expired), "{expired:?}");
    let forged = format!("{token}0").into();
    let forged = proven.panels.view(north, &forged, false).await.unwrap_err();
    assert!(matches!(forged, PanelError::Forged), "{forged:?}");
    let nowhere = StoreId::new("nowhere").unwrap();
    let no_account = proven.panels.open(&nowhere, &proven.subject).await.unwrap_err();
    assert!(matches!(no_account, PanelError::Account(_)), "{no_account:?}");
    for error in [unknown, expired, forged, no_account] {
        holds_none(&whole(&error), &secrets);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_gets_orders_only_where_the_customer_is_proven() {
    let proven = Proven::new().await;
    let bench = &proven.bench;
    let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
    let told = async |proof: Proof| context.for_conversation(bench.north(), &proof).await.unwrap();
    let ada = customer("ada");
    match told(Proof::Proven(ada.id.clone())).await {
        Some(ConversationContext::Proven(snapshot)) => assert_eq!(snapshot.customer, ada),
        other => panic!("{other:?}"),
    }
    let context = told(Proof::NotProven(NotProven::Missing)).await.unwrap();
    let text = serde_json::to_value(&context).unwrap();
    assert_eq!(text["not_proven"]["why"], "missing");
    assert_eq!(text["not_proven"]["store"]["name"], "De Kaasplank");
    assert!(!text.to_string().contains("ada"), "{text}");
    assert_eq!(told(Proof::Proven(customer("nobody").id)).await, None);
}

// URLs of the panel.

fn provisioner(bench: &Bench) -> Provisioner {
    let config = ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), DOMAIN.parse().unwrap());
    bench.provisioner(config)
}

async fn rotate(bench: &Bench, store: &Store, at: Timestamp) -> Result<(), ProvisionError> {
    bench.clock.set(at);
    provisioner(bench).rotate_panel_address(store, HOUR).await
}

/// Returns the URL token that Chatwoot has.
async fn shown(bench: &Bench, store: &Store) -> AddressToken {
    let apps = bench.account(&store.id).await.dashboard_apps().list().await.unwrap();
    assert_eq!(apps.len(), 1, "{apps:?}");
    let (_, token) = apps[0].content[0].url.expose().rsplit_once('/').unwrap();
    AddressToken::new(token)
}

async fn is_taken(bench: &Bench, store: &Store, address: &AddressToken, at: Timestamp) -> bool {
    bench.clock.set(at);
    let found = bench.ports.stores.store_at(Address::Panel, address).await.unwrap();
    assert!(found.is_none() || found.as_ref() == Some(&store.id));
    found.is_some()
}

#[tokio::test(start_paused = true)]
async fn a_panel_gets_a_new_address_and_keeps_the_old_for_a_while() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let first = shown(&bench, store).await;
    rotate(&bench, store, start()).await.unwrap();
    let second = shown(&bench, store).await;
    assert_ne!(first, second);
    let (before, after) = (start() + HOUR - Duration::from_secs(1), start() + HOUR);
    assert!(is_taken(&bench, store, &second, after).await);
    assert!(is_taken(&bench, store, &first, before).await);
    assert!(!is_taken(&bench, store, &first, after).await);

    rotate(&bench, store, start()).await.unwrap();
    assert!(!is_taken(&bench, store, &first, before).await, "one address before, not two");
    assert!(is_taken(&bench, store, &second, before).await);
    assert_eq!(bench.provision(store).await.unwrap().changed(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_without_a_panel_has_no_address_to_rotate() {
    let bench = Bench::new();
    let store = &bench.stores[0];
    let error = rotate(&bench, store, start()).await.unwrap_err();
    assert!(matches!(&error, ProvisionError::NotProvisioned(id) if *id == store.id), "{error:?}");
}

/// Interrupted at each request in turn, in each way: the URL that Chatwoot has is always accepted,
/// and the next call (or provisioning) updates Chatwoot to the newest.
#[tokio::test(start_paused = true)]
async fn a_rotation_that_is_cut_short_goes_on() {
    let later = start() + 3 * HOUR;
    for kind in every_fault() {
        for n in 0..3 {
            for by_provisioning in [false, true] {
                let bench = Bench::hasty();
                let store = &bench.stores[0];
                bench.provision(store).await.unwrap();
                bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
                let rotation = rotate(&bench, store, start()).await;
                bench.fake.clear_faults();
                let place = format!("{kind:?} at request {n}: {rotation:?}");
                let at_cut = shown(&bench, store).await;
                assert!(is_taken(&bench, store, &at_cut, start()).await, "{place}");

                if by_provisioning {
                    bench.provision(store).await.unwrap();
                } else {
                    let again = rotate(&bench, store, later).await;
                    again.unwrap();
                    assert!(is_taken(&bench, store, &at_cut, later).await, "{place}");
                    assert!(!is_taken(&bench, store, &at_cut, later + HOUR).await, "{place}");
                }
                let held = bench.record(&store.id).await.credentials;
                assert_eq!(held.panel_address, Some(shown(&bench, store).await), "{place}");
                assert_eq!(bench.provision(store).await.unwrap().changed(), 0, "{place}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn old_addresses_are_rotated_by_schedule() {
    let bench = Bench::hasty();
    let config = RotateConfig { max_age: 24 * HOUR, overlap: HOUR, every: HOUR };
    let rotation = PanelRotation::new(provisioner(&bench), config);
    let [dutch, american] = &bench.stores;
    bench.provision(dutch).await.unwrap();
    bench.ports.stores.put(american).await.unwrap();
    let held = async || bench.record(&dutch.id).await.credentials;
    let provisioned = held().await.panel_address_since.unwrap();
    let first = shown(&bench, dutch).await;
    let round = async |at: Timestamp| {
        bench.clock.set(at);
        let round = rotation.run_once().await.unwrap();
        let failed: Vec<StoreId> = round.failed.into_iter().map(|(id, _)| id).collect();
        (round.rotated, failed)
    };
    let (none, one) = (Vec::new(), vec![dutch.id.clone()]);

    let nearly = provisioned + 24 * HOUR - Duration::from_secs(1);
    assert_eq!(round(nearly).await, (none.clone(), none.clone()));
    assert_eq!(shown(&bench, dutch).await, first);

    let due = provisioned + 24 * HOUR;
    bench.fake.fault(Fault::new(FaultKind::ErrorBefore).verb("PATCH").path("/dashboard_apps"));
    assert_eq!(round(due).await, (none.clone(), one.clone()));
    assert_eq!(shown(&bench, dutch).await, first);
    bench.fake.clear_faults();
    // The overlap has passed; the URL in Chatwoot is not older than a day, and is due all the same.
    let next = due + 2 * HOUR;
    assert_eq!(round(next).await, (one.clone(), none.clone()));
    assert_eq!(held().await.panel_address_since, Some(next));
    assert!(is_taken(&bench, dutch, &first, next).await, "agents still have it open");
    assert_ne!(shown(&bench, dutch).await, first);
    assert_eq!(round(next + 23 * HOUR).await, (none.clone(), none));
    assert_eq!(round(next + 24 * HOUR).await, (one, Vec::new()));
}

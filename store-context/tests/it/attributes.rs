//! Tests of declared attributes: their definitions, their values on contacts and conversations, and
//! the panel.

use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::attribute_definitions::{
    AttributeDefinitionPatch, AttributeModel, AttributeType, NewAttributeDefinition,
};
use chatwoot_client::application::contacts::ContactPatch;
use chatwoot_client::{Attributes, ContactId, Patch};
use serde_json::{Value, json};
use store_context::attributes::{AppliesTo, Attribute, AttributeSet, ShownAttribute, ValueType};
use store_context::context::{
    ContextConfig, ContextService, ConversationKey, PanelService, PanelSubject, PanelView,
};
use store_context::identity::PROOF_ATTRIBUTE;
use store_context::model::{Customer, CustomerId, Money, Order, OrderId, OrderStatus, StoreId};
use store_context::ports::{Cursor, CustomerPage, Customers, PortError, PortResult};
use store_context::provision::{ProvisionConfig, ProvisionError, ResourceKind};
use store_context::sync::{ContactSync, Drift, GonePolicy, Outcome, SweepCursor, SyncConfig};

use crate::support::{Bench, DOMAIN, PUBLIC_URL, Seen, Talk, customer, outcomes};

/// Returns the standard attributes, and points of the host's own.
fn with_points() -> AttributeSet {
    let points = Attribute::own("points", "Points", ValueType::Number);
    AttributeSet::standard().with(points.description("The loyalty programme's")).unwrap()
}

/// Returns the attributes of conversations: paid orders among the last ten, and a favorite.
fn of_conversations() -> AttributeSet {
    let paid = Attribute::number("paid_orders", "Paid orders", |of| {
        let paid = of.recent_orders.iter().filter(|order| order.status == OrderStatus::Paid);
        Some(paid.count().into())
    });
    let favorite = Attribute::own("favorite", "Favorite", ValueType::Text);
    with_points()
        .with(paid.needing_orders(10).on_conversations())
        .and_then(|set| set.with(favorite.on_conversations()))
        .unwrap()
}

fn declare(bench: &mut Bench, set: AttributeSet) {
    bench.ports.attributes = Arc::new(set);
}

/// Returns a provisioned bench whose stores have these attributes.
async fn declared(set: AttributeSet) -> Bench {
    let mut bench = Bench::new();
    declare(&mut bench, set);
    for store in &bench.stores {
        bench.provision(store).await.unwrap();
    }
    bench.fake.clear_journal();
    bench.fake.take_deliveries();
    bench
}

/// Returns the customer with these attributes of the host's own.
fn having(id: &str, own: &Value) -> Customer {
    Customer { attributes: own.as_object().cloned().unwrap(), ..customer(id) }
}

fn order(bench: &Bench, customer: &CustomerId, number: u32, status: OrderStatus) {
    let id = OrderId::new(format!("{customer}-{number}")).unwrap();
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    let total = Money::new(10.into(), bench.stores[0].currency);
    let order = Order::new(id, customer.clone(), at, status, total);
    bench.shop.put_order(bench.north(), order).unwrap();
}

/// Returns the custom attributes of the customer's contact.
async fn of_contact(bench: &Bench, customer: &CustomerId) -> Attributes {
    bench.linked(customer).await.custom_attributes.into_inner()
}

// Definitions

async fn definitions(bench: &Bench, store: &StoreId) -> Vec<(AttributeModel, String, String)> {
    let known = bench.account(store).await.attribute_definitions().list(None).await.unwrap();
    let known = known.into_iter();
    known.map(|it| (it.model, it.key, it.display_type.to_string())).collect()
}

#[tokio::test]
async fn each_store_has_the_definitions_that_it_declares() {
    let mut bench = Bench::new();
    let (north, south) = (bench.stores[0].id.clone(), bench.stores[1].id.clone());
    let of_store = {
        let north = north.clone();
        move |store: &StoreId| {
            if *store == north { of_conversations() } else { AttributeSet::empty() }
        }
    };
    bench.ports.attributes = Arc::new(of_store);
    for store in &bench.stores {
        bench.provision(store).await.unwrap();
        assert_eq!(bench.provision(store).await.unwrap().changed(), 0);
    }
    let of_north = definitions(&bench, &north).await;
    assert_eq!(of_north.len(), 11);
    for (model, key, display_type) in [
        (AttributeModel::Contact, "points", "number"),
        (AttributeModel::Conversation, "paid_orders", "number"),
        (AttributeModel::Conversation, "favorite", "text"),
    ] {
        let wanted = (model, key.to_owned(), display_type.to_owned());
        assert!(of_north.contains(&wanted), "{wanted:?} in {of_north:?}");
    }
    assert_eq!(definitions(&bench, &south).await, []);
}

/// A type that somebody else chose, and a key that is of conversations: both are told at once, and
/// nothing is sent until the host says that it takes them over.
#[tokio::test]
async fn a_conflict_is_found_before_anything_is_sent() {
    let mut bench = Bench::provisioned().await;
    let store = bench.stores[0].clone();
    let account = bench.account(&store.id).await;
    let of = |model, key: &str, display_type| NewAttributeDefinition {
        display_type,
        ..NewAttributeDefinition::new(model, key, "Made by hand")
    };
    for new in [
        of(AttributeModel::Contact, "points", AttributeType::Text),
        of(AttributeModel::Conversation, "size", AttributeType::Text),
    ] {
        account.attribute_definitions().create(&new).await.unwrap();
    }
    let before = definitions(&bench, &store.id).await;

    let size = Attribute::own("size", "Size", ValueType::Text);
    let new = Attribute::own("a_new_one", "New", ValueType::Text);
    let set = with_points().with(size).and_then(|set| set.with(new)).unwrap();
    declare(&mut bench, set.clone());
    bench.fake.clear_journal();
    let error = bench.provision(&store).await.unwrap_err();
    for text in [
        "contact attribute points: is a text in Chatwoot, declared number",
        "contact attribute size: is a conversation attribute in Chatwoot",
    ] {
        assert!(error.to_string().contains(text), "{error}");
    }
    assert!(matches!(error, ProvisionError::Conflict(plan) if plan.conflicts().count() == 2));
    assert_eq!(definitions(&bench, &store.id).await, before);

    declare(&mut bench, set.taking_over());
    let report = bench.provision(&store).await.unwrap();
    assert_eq!(report.changed(), 3, "{report}");
    let after = definitions(&bench, &store.id).await;
    assert_eq!(after.len(), before.len() + 2);
    assert!(after.contains(&(AttributeModel::Contact, "points".to_owned(), "number".to_owned())));
    assert_eq!(bench.provision(&store).await.unwrap().changed(), 0);
}

#[tokio::test]
async fn a_definition_of_agents_is_left_and_one_that_was_declared_is_told() {
    let mut bench = declared(with_points()).await;
    let store = bench.stores[0].clone();
    let account = bench.account(&store.id).await;
    let theirs = NewAttributeDefinition::new(AttributeModel::Contact, "shoe_size", "Shoe size");
    account.attribute_definitions().create(&theirs).await.unwrap();
    let report = bench.provision(&store).await.unwrap();
    assert_eq!((report.changed(), report.warnings()), (0, &[][..]), "{report}");

    declare(&mut bench, with_points().without("points").unwrap());
    let report = bench.provision(&store).await.unwrap();
    assert_eq!(report.changed(), 0, "{report}");
    let config = ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), DOMAIN.parse().unwrap());
    let provisioner = bench.provisioner(config);
    let plan = provisioner.plan(&store).await.unwrap();
    let orphans: Vec<&str> = plan.orphans().map(|entry| entry.what.as_str()).collect();
    assert_eq!(orphans, ["contact attribute points"]);
    let deleted = provisioner.delete_orphans(&store, &[ResourceKind::Attribute]).await.unwrap();
    assert_eq!(deleted.len(), 1);
    let left = definitions(&bench, &store.id).await;
    assert!(left.iter().any(|(_, key, _)| key == "shoe_size"), "{left:?}");
    assert!(left.iter().all(|(_, key, _)| key != "points"), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_renamed_key_keeps_its_definition_and_moves_its_values() {
    let mut bench = declared(with_points()).await;
    let north = bench.stores[0].clone();
    let ada = having("ada", &json!({ "points": 7, "score": 7 }));
    bench.put(&ada);
    bench.synced(&ada.id).await;

    let score = Attribute::own("score", "Score", ValueType::Number).renamed_from("points");
    declare(&mut bench, AttributeSet::standard().with(score).unwrap());
    let report = bench.provision(&north).await.unwrap();
    assert_eq!(report.changed(), 1, "{report}");
    let known = definitions(&bench, &north.id).await;
    assert!(known.iter().all(|(_, key, _)| key != "points") && known.len() == 9, "{known:?}");
    bench.synced(&ada.id).await;
    let written = of_contact(&bench, &ada.id).await;
    assert_eq!((&written["score"], &written["points"]), (&json!(7), &Value::Null));
}

#[tokio::test]
async fn an_altered_definition_is_put_right() {
    let bench = declared(with_points()).await;
    let store = &bench.stores[0];
    let account = bench.account(&store.id).await;
    let known = account.attribute_definitions().list(None).await.unwrap();
    let points = known.iter().find(|it| it.key == "points").unwrap().id;
    let to = AttributeDefinitionPatch {
        display_name: Patch::Set("Odd".to_owned()),
        display_type: Patch::Set(AttributeType::Percent),
        ..AttributeDefinitionPatch::default()
    };
    account.attribute_definitions().update(points, &to).await.unwrap();
    assert_eq!(bench.provision(store).await.unwrap().changed(), 1);
    let points = account.attribute_definitions().get(points).await.unwrap();
    assert_eq!(points.display_name.as_deref(), Some("Points"));
    assert_eq!(points.display_type, AttributeType::Number);
}

// Contacts

#[tokio::test(start_paused = true)]
async fn the_sync_writes_the_hosts_own_attributes_and_keeps_those_of_agents() {
    let bench = declared(with_points()).await;
    let ada = having("ada", &json!({ "points": 7, "secret": "not declared" }));
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let written = of_contact(&bench, &ada.id).await;
    assert_eq!((&written["points"], &written["order_count"]), (&json!(7), &json!(0)));
    assert!(!written.contains_key("secret"), "{written:?}");

    let contact = bench.linked(&ada.id).await.id;
    merge(&bench, contact, json!({ "note": "an agent's", "points": 1_000_000 })).await;
    let report = bench.sync().verify(bench.north()).await.unwrap();
    let drift = Drift::Altered { fields: vec!["points".to_owned()] };
    assert_eq!(report.drifted.into_iter().map(|it| it.drift).collect::<Vec<_>>(), [drift]);
    bench.settled(&bench.sync()).await;
    let written = of_contact(&bench, &ada.id).await;
    assert_eq!((&written["points"], &written["note"]), (&json!(7), &json!("an agent's")));

    // Nothing changed, so nothing is sent.
    bench.fake.clear_journal();
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Unchanged);
    assert_eq!(bench.fake.requests(), 0);
    bench.put(&having("ada", &json!({ "secret": "changed", "points": 7 })));
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Unchanged);
    bench.put(&having("ada", &json!({})));
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    assert_eq!(of_contact(&bench, &ada.id).await["points"], Value::Null);
}

async fn merge(bench: &Bench, contact: ContactId, attributes: Value) {
    let patch = ContactPatch {
        merge_custom_attributes: attributes.as_object().cloned(),
        ..ContactPatch::default()
    };
    bench.account(bench.north()).await.contacts().update(contact, &patch).await.unwrap();
}

/// After an upgrade nothing is written; after a change of the declaration a sweep writes all.
#[tokio::test(start_paused = true)]
async fn a_changed_declaration_is_written_by_the_next_sweep() {
    let mut bench = Bench::provisioned().await;
    for id in ["ada", "bob"] {
        bench.put(&having(id, &json!({ "points": 7 })));
        bench.synced(&customer(id).id).await;
    }
    let swept = async |bench: &Bench| {
        let sync = bench.sync();
        sync.sweep(bench.north(), SweepCursor::default(), |_| ()).await.unwrap();
        outcomes(&bench.settled(&sync).await)
    };
    assert_eq!(swept(&bench).await, [Outcome::Unchanged; 2]);
    declare(&mut bench, with_points());
    assert_eq!(swept(&bench).await, [Outcome::Updated; 2]);
    assert_eq!(of_contact(&bench, &customer("bob").id).await["points"], 7);
    assert_eq!(swept(&bench).await, [Outcome::Unchanged; 2]);

    declare(&mut bench, with_points().without("points").unwrap());
    assert_eq!(swept(&bench).await, [Outcome::Updated; 2]);
    assert_eq!(of_contact(&bench, &customer("bob").id).await["points"], Value::Null);
    assert_eq!(swept(&bench).await, [Outcome::Unchanged; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_removed_customer_keeps_no_attribute_that_was_ever_declared() {
    let mut bench = declared(with_points()).await;
    let ada = having("ada", &json!({ "points": 7, "score": 8 }));
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let contact = bench.linked(&ada.id).await.id;
    merge(&bench, contact, json!({ "note": "an agent's" })).await;

    // The declaration changed, and nothing was written since.
    let set = AttributeSet::empty().retired(AppliesTo::Contact, "points").unwrap();
    declare(&mut bench, set);
    bench.shop.remove_customer(bench.north(), &ada.id);
    let config = SyncConfig { gone: GonePolicy::Anonymize, ..SyncConfig::default() };
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config);
    sync.want(bench.north(), &ada.id).await.unwrap();
    assert_eq!(outcomes(&bench.settled(&sync).await), [Outcome::Anonymized]);
    let account = bench.account(bench.north()).await;
    let left = account.contacts().get(contact).await.unwrap().custom_attributes;
    assert_eq!(left.keys().collect::<Vec<_>>(), ["note"], "{left:?}");
}

/// Changes the host's attributes and the orders at once, with two processes that sync, and merges
/// that take 50 ms. Returns the number of rounds after which one of the two is not in the contact.
async fn lost(rounds: u32, by_the_sync: bool) -> u32 {
    let bench = declared(with_points()).await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let contact = bench.linked(&ada.id).await.id;
    bench.fake.set_merge_window(Duration::from_millis(50));
    let config = SyncConfig { quiet: Duration::ZERO, ..SyncConfig::default() };
    let process = || ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config);
    let (one, other) = (process(), process());
    let changes = async {
        let mut lost = 0;
        for round in 1..=rounds {
            let points = json!(round);
            let of_host = async {
                if by_the_sync {
                    bench.put(&having("ada", &json!({ "points": points })));
                    one.want(bench.north(), &ada.id).await.unwrap();
                } else {
                    // A host that writes to the contact itself.
                    merge(&bench, contact, json!({ "points": points })).await;
                }
            };
            let of_orders = async {
                order(&bench, &ada.id, round, OrderStatus::Paid);
                other.want(bench.north(), &ada.id).await.unwrap();
            };
            tokio::join!(of_host, of_orders);
            while bench.ports.sync.counts(None).await.unwrap().waiting > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            bench.fake.catch_up();
            let written = of_contact(&bench, &ada.id).await;
            let both = written["points"] == points && written["order_count"] == json!(round);
            lost += u32::from(!both);
        }
        lost
    };
    tokio::select! { biased;
        lost = changes => lost,
        () = async { tokio::join!(one.run(), other.run()); } => unreachable!("they run for ever"),
    }
}

#[tokio::test(start_paused = true)]
async fn host_attributes_and_ours_changed_at_once_are_never_lost() {
    assert_eq!(lost(1_000, true).await, 0);
}

/// What the rounds above would find if there were two writers.
#[tokio::test(start_paused = true)]
async fn a_second_writer_to_a_contact_loses_changes() {
    assert!(lost(10, false).await > 0);
}

// Conversations

async fn received(bench: &Bench) {
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
}

/// Dispatches until Chatwoot tells nothing more, and returns the number of writes of conversations'
/// attributes.
async fn dispatched(bench: &Bench) -> usize {
    bench.fake.clear_journal();
    let seen = Arc::new(Seen::default());
    for _ in 0..10 {
        received(bench).await;
        if bench.ports.webhooks.counts(None).await.unwrap().waiting == 0 {
            let journal = bench.fake.journal();
            let writes = journal
                .iter()
                .filter(|it| it.verb == "POST" && it.path.ends_with("/custom_attributes"));
            return writes.count();
        }
        bench.dispatched(&seen).await;
    }
    panic!("our own writes are told for ever");
}

async fn of_conversation(bench: &Bench, talk: &Talk) -> Attributes {
    let account = bench.account(bench.north()).await;
    account.conversations().get(talk.id).await.unwrap().custom_attributes.into_inner()
}

#[tokio::test(start_paused = true)]
async fn a_proven_conversation_has_its_attributes_beside_those_of_others() {
    let bench = declared(of_conversations()).await;
    let ada = having("ada", &json!({ "favorite": "gouda", "points": 7 }));
    bench.put(&ada);
    order(&bench, &ada.id, 1, OrderStatus::Paid);
    order(&bench, &ada.id, 2, OrderStatus::Cancelled);
    let talk = bench.talk(&ada).await;
    let proof = of_conversation(&bench, &talk).await[PROOF_ATTRIBUTE].clone();
    talk.say("Where is my order?").await;
    assert_eq!(dispatched(&bench).await, 1, "once for all of its events");
    let expected = json!({ PROOF_ATTRIBUTE: proof, "favorite": "gouda", "paid_orders": 1 });
    assert_eq!(Value::Object(of_conversation(&bench, &talk).await), expected);

    talk.say("Hello?").await;
    assert_eq!(dispatched(&bench).await, 0, "nothing changed");

    // The page is loaded again, which replaces all attributes, and the shop changed.
    order(&bench, &ada.id, 3, OrderStatus::Paid);
    bench.put(&ada_without_favorite(&ada));
    let account = bench.account(bench.north()).await;
    let page = json!({ PROOF_ATTRIBUTE: proof, "cart_id": "c-7" });
    let page = page.as_object().unwrap();
    account.conversation(talk.id).replace_custom_attributes(page).await.unwrap();
    assert_eq!(dispatched(&bench).await, 1);
    let expected = json!({ PROOF_ATTRIBUTE: proof, "cart_id": "c-7", "paid_orders": 2 });
    assert_eq!(Value::Object(of_conversation(&bench, &talk).await), expected);
}

fn ada_without_favorite(ada: &Customer) -> Customer {
    Customer { attributes: Attributes::new(), ..ada.clone() }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_not_proven_gets_no_attribute() {
    let bench = declared(of_conversations()).await;
    let ada = having("ada", &json!({ "favorite": "gouda" }));
    bench.put(&ada);
    bench.synced(&ada.id).await;

    let guest = bench.guest_talk().await;
    guest.say("Hello").await;
    // Anybody can write an e-mail address; the contact is then the customer's.
    let mallory = bench.talk(&customer("mallory")).await;
    mallory.claim("ada@mail.example").await;
    mallory.say("What did I order last?").await;
    assert_eq!(dispatched(&bench).await, 0);
    assert!(of_conversation(&bench, &guest).await.is_empty());
    let written = of_conversation(&bench, &mallory).await;
    assert_eq!(written.keys().collect::<Vec<_>>(), [PROOF_ATTRIBUTE]);
}

/// The event was proven, and before it was handled its conversation became another contact's.
#[tokio::test(start_paused = true)]
async fn a_conversation_that_was_moved_meanwhile_gets_no_attribute() {
    let bench = declared(of_conversations()).await;
    let (ada, bob) = (having("ada", &json!({ "favorite": "gouda" })), customer("bob"));
    for one in [&ada, &bob] {
        bench.put(one);
        bench.synced(&one.id).await;
    }
    let talk = bench.talk(&ada).await;
    talk.say("Hello").await;
    received(&bench).await;
    let account = bench.account(bench.north()).await;
    let (of_ada, of_bob) = (bench.linked(&ada.id).await.id, bench.linked(&bob.id).await.id);
    account.contacts().merge(of_bob, of_ada).await.unwrap();
    assert_eq!(dispatched(&bench).await, 0);
    assert!(!of_conversation(&bench, &talk).await.contains_key("favorite"));
}

/// A host without attributes of conversations pays nothing for them, and a failure of the shop does
/// not keep an event from its handler.
#[tokio::test(start_paused = true)]
async fn attributes_of_conversations_neither_cost_nor_hinder() {
    for (set, fails) in [(with_points(), false), (of_conversations(), true)] {
        let mut bench = declared(set).await;
        let ada = customer("ada");
        bench.put(&ada);
        let talk = bench.talk(&ada).await;
        talk.say("Hello").await;
        received(&bench).await;
        if fails {
            bench.ports.customers = Arc::new(Down);
        }
        bench.fake.clear_journal();
        let seen = Arc::new(Seen::default());
        bench.dispatched(&seen).await;
        assert_eq!(seen.named("message_created").len(), 1, "fails: {fails}");
        assert_eq!(bench.fake.requests(), 0, "fails: {fails}");
    }
}

/// A host whose customers cannot be read.
struct Down;

#[store_context::async_trait]
impl Customers for Down {
    async fn customer(&self, _: &StoreId, _: &CustomerId) -> PortResult<Option<Customer>> {
        Err(PortError::new("customers", "down"))
    }

    async fn customer_ids(
        &self,
        _: &StoreId,
        _: Option<&Cursor>,
        _: usize,
    ) -> PortResult<CustomerPage> {
        Err(PortError::new("customers", "down"))
    }
}

// Panel

async fn opened(bench: &Bench, talk: &Talk) -> PanelView {
    let account = bench.account(bench.north()).await;
    let found = account.conversations().get(talk.id).await.unwrap();
    let subject = PanelSubject {
        conversation: talk.id,
        contact: found.meta.sender.id,
        key: ConversationKey::Uuid(found.uuid.unwrap()),
    };
    let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
    let panels = PanelService::new(bench.accounts.clone(), bench.ports.clone(), context);
    panels.open(bench.north(), &subject).await.unwrap().view
}

#[tokio::test(start_paused = true)]
async fn the_panel_shows_the_attributes_with_their_names() {
    let set = of_conversations().without("customer_tier").unwrap();
    let tier = AttributeSet::standard();
    let tier = tier.get(AppliesTo::Contact, "customer_tier").unwrap().clone().named("Rang");
    let bench = declared(set.with(tier).unwrap()).await;
    let ada = having("ada", &json!({ "points": 7 }));
    bench.put(&ada);
    bench.synced(&ada.id).await;
    for number in 0..12 {
        order(&bench, &ada.id, number, OrderStatus::Paid);
    }
    let talk = bench.talk(&ada).await;
    talk.say("Hello").await;
    let view = opened(&bench, &talk).await;
    let shown = |key: &str| {
        let one = view.attributes.iter().find(|shown| shown.key == key);
        one.map(|ShownAttribute { name, value, standard, .. }| (name.as_str(), value, *standard))
    };
    assert_eq!(shown("points"), Some(("Points", &json!(7), false)));
    assert_eq!(shown("customer_tier"), Some(("Rang", &json!("zilver"), true)));
    assert_eq!(
        shown("paid_orders"),
        Some(("Paid orders", &json!(10), false)),
        "more than it lists"
    );
    assert_eq!(shown("favorite"), None, "without a value");
    assert_eq!(view.snapshot.as_ref().unwrap().recent_orders.len(), 5);

    let mallory = bench.talk(&customer("mallory")).await;
    mallory.claim("ada@mail.example").await;
    let view = opened(&bench, &mallory).await;
    assert_eq!((view.snapshot, view.attributes), (None, vec![]), "{:?}", view.proof);
}

//! What leaves the shop, by the store's policy.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chatwoot_client::Attributes;
use serde_json::{Value, json};
use store_context::context::{
    ContextConfig, ContextService, ConversationContext, ConversationKey, PanelService, PanelSubject,
};
use store_context::identity::Identity;
use store_context::intake::{DispatchConfig, Handler, HandlerContext, HandlerError};
use store_context::model::{
    Customer, OwnView, PrivacyPolicy, SharedAttributes, SharedData, Store, UnprovenView,
};
use store_context::ports::Entry;
use store_context::sync::Outcome;

use crate::support::{Bench, customer};
use crate::visitor::Visitor;

async fn set(bench: &Bench, privacy: PrivacyPolicy) {
    let store = Store { privacy, ..bench.stores[0].clone() };
    bench.ports.stores.put(&store).await.unwrap();
}

fn sharing(contact: SharedData) -> PrivacyPolicy {
    PrivacyPolicy { contact, ..PrivacyPolicy::default() }
}

fn ada() -> Customer {
    Customer { phone: Some("+31612345678".to_owned()), ..customer("ada") }
}

/// A visitor who types a customer's address becomes the customer's contact, unless the store keeps
/// the address from Chatwoot.
#[tokio::test(start_paused = true)]
async fn with_the_address_withheld_nobody_lands_on_the_customers_contact_by_it() {
    for withheld in [false, true] {
        let bench = Bench::provisioned().await;
        let shared = SharedData { email: !withheld, phone: !withheld, ..SharedData::default() };
        set(&bench, sharing(shared)).await;
        let ada = ada();
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let contact = bench.contact(&ada.id).await;
        assert_eq!(contact.email.is_some_and(|email| !email.is_empty()), !withheld);
        for typed in [json!({ "email": ada.email }), json!({ "phone_number": ada.phone })] {
            let mut visitor = Visitor::new(&bench).await;
            visitor.tell(&typed).await;
            assert_eq!(visitor.contact == contact.id, !withheld, "{typed}");
            let conversation = visitor.writes(&bench, Attributes::new()).await;
            let account = bench.account(bench.north()).await;
            let conversation = account.conversations().get(conversation).await.unwrap();
            assert_eq!(conversation.meta.sender.id == contact.id, !withheld, "{typed}");
        }
    }
}

/// What is withheld from now on is cleared with the next sync, and what is shared again comes back.
#[tokio::test(start_paused = true)]
async fn what_is_withheld_is_cleared_with_the_next_sync() {
    let bench = Bench::provisioned().await;
    let ada = ada();
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let before = bench.linked(&ada.id).await;
    assert_eq!(before.custom_attributes["customer_tier"], "brons");
    assert_eq!(before.custom_attributes["order_count"], 0);

    let attributes = SharedAttributes::only(["order_count"]);
    set(&bench, sharing(SharedData { name: false, email: false, phone: false, attributes })).await;
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    let less = bench.linked(&ada.id).await;
    assert_eq!(less.identifier, before.identifier, "it is still found");
    for text in [&less.name, &less.email, &less.phone_number] {
        assert_eq!(text.as_deref().unwrap_or_default(), "", "{less:?}");
    }
    let attribute = |key: &str| less.custom_attributes.get(key).cloned().unwrap_or_default();
    assert_eq!((attribute("customer_tier"), attribute("order_count")), (Value::Null, json!(0)));
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Unchanged);
    let user = Identity::new(bench.ports.clone()).widget_user(bench.north(), &ada).await.unwrap();
    assert_eq!(user.name, None, "the page says it neither");

    set(&bench, PrivacyPolicy::default()).await;
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    let again = bench.linked(&ada.id).await;
    assert_eq!((again.name, again.email), (before.name, before.email));
    assert_eq!(again.custom_attributes["customer_tier"], "brons");
}

/// Without a name the address is none either, if it is withheld.
#[test]
fn a_customer_without_a_name_is_not_called_by_a_withheld_address() {
    let nameless = Customer { name: String::new(), ..ada() };
    let shared = SharedData::default();
    assert_eq!(shared.name_of(&nameless), "ada@mail.example");
    assert_eq!(SharedData { email: false, ..shared }.name_of(&nameless), "");
}

/// The customer's own browser gets neither the agents' snapshot nor what only agents see.
#[tokio::test(start_paused = true)]
async fn the_customers_own_browser_gets_what_is_the_customers() {
    let bench = Bench::provisioned().await;
    let ada = ada();
    bench.put(&ada);
    let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
    let own = async || {
        context.forget(bench.north(), &ada.id).await;
        let json = context.own_json(bench.north(), &ada.id).await.unwrap().unwrap();
        serde_json::from_slice::<Value>(&json).unwrap()
    };
    let plain = own().await;
    assert_eq!(plain["customer"], json!({ "name": ada.name }));
    let text = plain.to_string();
    for inner in ["brons", "lifetime", "insights", "average", "mail.example", "+316"] {
        assert!(!text.contains(inner), "{inner}: {text}");
    }
    let own_view = OwnView { tier: true, totals: true };
    set(&bench, PrivacyPolicy { own: own_view, ..PrivacyPolicy::default() }).await;
    let more = own().await;
    assert_eq!(more["customer"]["tier"], "brons");
    assert_eq!(more["totals"]["count"], 0);
}

/// A store may show agents nothing of a customer who is not proven, also if they ask.
#[tokio::test(start_paused = true)]
async fn the_policy_decides_what_agents_see_of_whom_is_not_proven() {
    for (unproven, seen) in [(UnprovenView::OnRequest, true), (UnprovenView::Nothing, false)] {
        let bench = Bench::provisioned().await;
        set(&bench, PrivacyPolicy { unproven, ..PrivacyPolicy::default() }).await;
        let ada = ada();
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let mut visitor = Visitor::new(&bench).await;
        visitor.tell(&json!({ "email": ada.email })).await;
        let conversation = visitor.writes(&bench, Attributes::new()).await;
        let account = bench.account(bench.north()).await;
        let found = account.conversations().get(conversation).await.unwrap();
        let subject = PanelSubject {
            conversation,
            contact: found.meta.sender.id,
            key: ConversationKey::Uuid(found.uuid.unwrap()),
        };
        let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
        let panels = PanelService::new(bench.accounts.clone(), bench.ports.clone(), context);
        let opened = panels.open(bench.north(), &subject).await.unwrap();
        assert!(!opened.view.proof.is_proven() && opened.view.snapshot.is_none());
        assert_eq!((opened.view.guest, opened.view.on_request), (false, seen));
        let view = panels.view(bench.north(), &opened.token, true).await.unwrap();
        assert_eq!((view.snapshot.is_some(), view.on_request), (seen, seen), "{unproven:?}");
    }
}

/// Keeps what each handled entry's customer is said to be.
#[derive(Default)]
struct Asks(Mutex<Vec<(bool, Value)>>);

#[async_trait]
impl Handler for Asks {
    async fn handle(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
    ) -> Result<(), HandlerError> {
        let customer = context.customer().await?.unwrap();
        let proven = matches!(customer, ConversationContext::Proven(_));
        assert_eq!(proven, entry.is_proven());
        self.0.lock().unwrap().push((proven, serde_json::to_value(&customer)?));
        Ok(())
    }
}

/// A handler gets the customer's data where the writer is proven, and nothing of it elsewhere.
#[tokio::test(start_paused = true)]
async fn a_handler_gets_nothing_of_whom_is_not_proven() {
    let bench = Bench::provisioned().await;
    let ada = ada();
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let talk = bench.talk(&ada).await;
    talk.say("Where is my parcel?").await;
    let mut visitor = Visitor::new(&bench).await;
    visitor.tell(&json!({ "email": ada.email })).await;
    visitor.writes(&bench, Attributes::new()).await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let asks = Arc::new(Asks::default());
    bench.dispatcher(asks.clone(), DispatchConfig::default()).run_once().await.unwrap();
    let told = asks.0.lock().unwrap();
    assert!(told.iter().any(|(proven, _)| *proven) && told.iter().any(|(proven, _)| !*proven));
    for (proven, customer) in &*told {
        let text = customer.to_string();
        assert_eq!(text.contains("ada@mail.example"), *proven, "{text}");
        assert_eq!(text.contains("recent_orders"), *proven, "{text}");
    }
}

use chatwoot_client::application::attribute_definitions::{
    AttributeDefinition, AttributeModel, AttributeType,
};
use chatwoot_client::{Attributes, Patch};
use iso_currency::Currency;
use serde_json::{Value, json};

use super::*;
use crate::model::{
    Customer, CustomerId, Insights, Money, Order, OrderId, OrderStatus, OrderTotals, Store,
    StoreId, TierPolicy,
};
use crate::sync::WantedContact;

fn store() -> Store {
    Store {
        tiers: Some(TierPolicy::new([("bronze", 0), ("silver", 100)]).unwrap()),
        ..Store::new(
            StoreId::new("north").unwrap(),
            "North",
            "https://north.example.com".parse().unwrap(),
            "help@north.example.com",
            Currency::EUR,
        )
    }
}

fn plain() -> Store {
    Store { tiers: None, ..store() }
}

fn totals() -> OrderTotals {
    let mut totals = OrderTotals::none(Currency::EUR);
    totals.count = 3;
    totals.lifetime_value = Money::new("100.10".parse().unwrap(), Currency::EUR);
    totals.last_at = Some("2026-11-21T12:00:00Z".parse().unwrap());
    totals
}

fn ada() -> Customer {
    Customer::new(CustomerId::new("ada").unwrap(), "Ada")
}

/// Returns the values of a customer with three orders and these attributes of the host's own.
fn values(set: &AttributeSet, of: AppliesTo, own: &Value) -> Attributes {
    let (store, insights) =
        (store(), Insights::new(Currency::EUR, [totals()], store().tiers.as_ref()));
    let customer = Customer { attributes: own.as_object().cloned().unwrap(), ..ada() };
    set.values(of, &AttributeInput::new(&store, &customer, &insights, CartState::Empty))
}

/// Returns the value of one attribute of the host's own data.
fn own(value_type: ValueType, value: &Value) -> Value {
    let set = AttributeSet::empty().with(Attribute::own("own", "Own", value_type)).unwrap();
    values(&set, AppliesTo::Contact, &json!({ "own": value }))["own"].clone()
}

#[test]
fn each_attribute_of_the_standard_set_has_a_value_and_no_other() {
    let written = values(&AttributeSet::standard(), AppliesTo::Contact, &json!({}));
    assert_eq!(
        Value::Object(written),
        json!({
            "customer_tier": "silver",
            "lifetime_value": 100.1,
            "order_count": 3,
            "average_order": 33.37,
            "last_order_at": "2026-11-21",
            "order_currency": "EUR",
            "cart_items": 0,
            "cart_value": 0,
        })
    );
}

#[test]
fn nothing_is_said_of_what_a_host_does_not_have() {
    let store = plain();
    let set = AttributeSet::standard().for_store(&store, false);
    let (customer, insights) = (ada(), Insights::new(Currency::EUR, [], None));
    let input = AttributeInput::new(&store, &customer, &insights, CartState::NoCarts);
    let written = set.values(AppliesTo::Contact, &input);
    let mut keys: Vec<&str> = set.iter().map(Attribute::key).collect();
    keys.sort_unstable();
    let expected =
        ["average_order", "last_order_at", "lifetime_value", "order_count", "order_currency"];
    assert_eq!(keys, expected);
    assert_eq!(written.keys().collect::<Vec<_>>(), expected);
    assert_eq!(AttributeSet::standard().iter().count(), 8);
}

/// The fingerprints that are stored in links were computed from this text.
#[test]
fn the_standard_set_has_the_digest_that_it_always_had() {
    let (store, customer) = (store(), Customer { phone: Some("+31612345678".into()), ..ada() });
    let insights = Insights::new(Currency::EUR, [totals()], store.tiers.as_ref());
    let input = AttributeInput::new(&store, &customer, &insights, CartState::Empty);
    let text = concat!(
        r#"{"average_order":"33.37","cart_items":"0","cart_value":"0","customer_tier":"\"silver\"","#,
        r#""identifier":"4b1d","last_order_at":"\"2026-11-21\"","lifetime_value":"100.1","#,
        r#""name":"Ada","order_count":"3","order_currency":"\"EUR\"","#,
        r#""phone_number":"+31612345678"}"#,
    );
    let digest = |set: &AttributeSet| {
        WantedContact::new("4b1d".to_owned(), &set.for_store(&store, true), &input).fingerprint()
    };
    let known = crate::mac::hash_digits(&[text.as_bytes()]);
    assert_eq!(digest(&AttributeSet::standard()).0, known);
    assert_eq!(known, "915b43e5ae31f4576888bb9bcd4321379e51e47e7a29eb4c250efe6a26214a7c");

    // An attribute without a value changes nothing, one with a value does.
    let points = Attribute::own("points", "Points", ValueType::Number);
    assert_eq!(digest(&AttributeSet::standard().with(points).unwrap()).0, known);
    let name = Attribute::text("full_name", "Name", |of| Some(of.customer.name.clone()));
    assert_ne!(digest(&AttributeSet::standard().with(name).unwrap()).0, known);
    assert_ne!(digest(&AttributeSet::standard().without("order_count").unwrap()).0, known);
}

#[test]
fn what_chatwoot_would_refuse_is_an_error() {
    let text = |key: &str, name: &str| Attribute::text(key, name, |_| None);
    let list = |choices: &[&str]| {
        let choices = choices.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        Attribute::list("size", "Size", choices, |_| None)
    };
    let long = "x".repeat(256);
    for (attribute, error) in [
        (text("", "Name"), "attribute key \"\": a key has 1 to 255"),
        (text("two words", "Name"), "attribute key \"two words\": a key has"),
        (text("größe", "Name"), "attribute key \"größe\": a key has"),
        (text(&long, "Name"), "a key has 1 to 255"),
        (text("email", "Name"), "contact attribute `email`: Chatwoot uses this key itself"),
        (text("blocked", "Name"), "contact attribute `blocked`: Chatwoot uses"),
        (text("status", "Name").on_conversations(), "conversation attribute `status`: Chatwoot"),
        (text("store_proof", "Name").on_conversations(), "`store_proof`: this engine uses"),
        (text("store_proof", "Name"), "`store_proof`: this engine uses"),
        (text("store_contact", "Name"), "`store_contact`: this engine uses"),
        (text("points", "Name").renamed_from("email"), "`email`: Chatwoot uses"),
        (text("points", "Name").renamed_from("points"), "`points` is declared twice"),
        (text("points", "Name").renamed_from("order_count"), "`order_count` is declared twice"),
        (text("order_count", "Name"), "contact attribute `order_count` is declared twice"),
        (text("points", " "), "attribute `points`: a name has 1 to 255"),
        (text("points", &long), "attribute `points`: a name has 1 to 255"),
        (list(&[]), "attribute `size`: a list has at least one"),
        (list(&["S", ""]), "attribute `size`: a list has at least one"),
        (list(&["S", "M", "S"]), "attribute `size`: a list has at least one"),
    ] {
        let refused = AttributeSet::standard().with(attribute).unwrap_err().to_string();
        assert!(refused.contains(error), "{refused} instead of {error}");
    }
    let set = AttributeSet::standard();
    assert!(matches!(set.clone().without("points"), Err(InvalidAttribute::Unknown(_))));
    let retired = set.clone().retired(AppliesTo::Contact, "order_count");
    assert!(matches!(retired, Err(InvalidAttribute::Duplicate { .. })));
    let proof = set.clone().retired(AppliesTo::Conversation, "store_proof");
    assert!(matches!(proof, Err(InvalidAttribute::Reserved { .. })), "it would be cleared");

    // What is free for one kind of record may be taken for the other.
    let set = set.with(text("status", "Status")).unwrap();
    let set = set.with(text("order_count", "Orders").on_conversations()).unwrap();
    assert_eq!(set.iter().count(), 10);
    let set = set.without("order_count").unwrap();
    assert!(set.get(AppliesTo::Contact, "order_count").is_none());
    assert!(set.get(AppliesTo::Conversation, "order_count").is_none());
}

#[test]
fn the_hosts_own_data_is_written_only_as_its_type() {
    let sizes = || ValueType::List(vec!["S".to_owned(), "M".to_owned()]);
    for (value_type, value, expected) in [
        (ValueType::Text, json!("gouda"), json!("gouda")),
        (ValueType::Text, json!("go\0uda"), json!("gouda")),
        (ValueType::Text, json!(""), Value::Null),
        (ValueType::Text, json!(7), Value::Null),
        (ValueType::Text, json!({ "a": 1 }), Value::Null),
        (ValueType::Number, json!(7), json!(7)),
        (ValueType::Number, json!(0.1), json!(0.1)),
        (ValueType::Number, json!("7"), Value::Null),
        (ValueType::Currency, json!(12.5), json!(12.5)),
        (ValueType::Percent, json!(12.5), json!(12.5)),
        (ValueType::Checkbox, json!(false), json!(false)),
        (ValueType::Checkbox, json!("yes"), Value::Null),
        (ValueType::Link, json!("https://shop.example/a?b"), json!("https://shop.example/a?b")),
        (ValueType::Link, json!("javascript:alert(1)"), Value::Null),
        (ValueType::Link, json!("/a"), Value::Null),
        (ValueType::Date, json!("1990-02-28"), json!("1990-02-28")),
        (ValueType::Date, json!("2024-02-03T12:00:00Z"), json!("2024-02-03")),
        (ValueType::Date, json!("2024-02-03T23:30:00-05:00"), json!("2024-02-03")),
        (ValueType::Date, json!("1990-02-30"), Value::Null),
        (ValueType::Date, json!("soon"), Value::Null),
        (sizes(), json!("M"), json!("M")),
        (sizes(), json!("XL"), Value::Null),
    ] {
        assert_eq!(own(value_type.clone(), &value), expected, "{value_type:?} of {value}");
    }
    assert_eq!(own(ValueType::Text, &Value::Null), Value::Null);
}

#[test]
fn a_closure_gets_as_many_orders_as_it_asked_for() {
    let order = |number: u32| {
        let id = OrderId::new(number.to_string()).unwrap();
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        Order::new(id, ada().id, at, OrderStatus::Paid, Money::zero(Currency::EUR))
    };
    let orders: Vec<Order> = (0..5).map(order).collect();
    let count = |key: &str| Attribute::number(key, key, |of| Some(of.recent_orders.len().into()));
    let set = AttributeSet::empty().with(count("none")).unwrap();
    let set = set.with(count("two").needing_orders(2)).unwrap();
    let set = set.with(count("nine").needing_orders(9)).unwrap();
    assert_eq!(set.recent_orders(AppliesTo::Contact), 9);
    assert_eq!(set.recent_orders(AppliesTo::Conversation), 0);
    let (store, customer) = (store(), ada());
    let insights = Insights::new(Currency::EUR, [totals()], None);
    let input = AttributeInput::new(&store, &customer, &insights, CartState::Empty);
    let values = set.values(AppliesTo::Contact, &input.recent_orders(&orders));
    assert_eq!(Value::Object(values), json!({ "none": 0, "two": 2, "nine": 5 }));
}

/// Chatwoot refuses a longer text and a greater integer on a conversation.
#[test]
fn a_conversations_values_are_within_its_limits() {
    let set = AttributeSet::empty()
        .with(Attribute::own("text", "Text", ValueType::Text).on_conversations())
        .and_then(|set| {
            set.with(Attribute::own("number", "Number", ValueType::Number).on_conversations())
        })
        .unwrap();
    let of = |text: &str, number: i64| {
        let given = json!({ "text": text, "number": number });
        Value::Object(values(&set, AppliesTo::Conversation, &given))
    };
    let long = "é".repeat(1_501);
    let cut = "é".repeat(1_500);
    assert_eq!(of(&cut, 9_999_999_999), json!({ "text": cut, "number": 9_999_999_999_i64 }));
    assert_eq!(of(&long, -10_000_000_000), json!({ "text": cut, "number": -10_000_000_000_i64 }));
    let great = of("x", 10_000_000_000);
    assert!(great["number"].is_f64() && great["number"] == json!(10_000_000_000_f64), "{great}");
}

#[test]
fn a_retired_attribute_is_cleared() {
    let points = || Attribute::own("points", "Points", ValueType::Number);
    let set = AttributeSet::empty().with(points()).unwrap();
    let set = set.with(Attribute::own("score", "Score", ValueType::Number).renamed_from("rating"));
    let set = set.unwrap().without("points").unwrap();
    let set = set.retired(AppliesTo::Contact, "older").unwrap();
    let written = values(&set, AppliesTo::Contact, &json!({ "points": 7, "score": 8 }));
    let expected = json!({ "points": null, "score": 8, "rating": null, "older": null });
    assert_eq!(Value::Object(written), expected);
    let written = values(&set.with(points()).unwrap(), AppliesTo::Contact, &json!({ "points": 7 }));
    assert_eq!(written["points"], 7, "it is declared again");
}

#[test]
fn a_table_shows_what_is_declared() {
    let set = AttributeSet::empty()
        .with(Attribute::own("size", "Size", ValueType::List(vec!["S".into(), "M|L".into()])))
        .and_then(|set| {
            let vip = Attribute::checkbox("vip", "VIP", |_| None).on_conversations();
            set.with(vip.description("One\nof | ten"))
        })
        .unwrap();
    let expected = "\
        | Key | Name | Type | Applies to | Description |\n\
        |---|---|---|---|---|\n\
        | `size` | Size | list: S, M\\|L | contact |  |\n\
        | `vip` | VIP | checkbox | conversation | One of \\| ten |\n";
    assert_eq!(set.to_markdown(), expected);
}

/// Returns a definition as the server answers it.
fn known(id: u64, model: &str, key: &str, name: &str, display_type: &str) -> AttributeDefinition {
    serde_json::from_value(json!({
        "id": id,
        "attribute_key": key,
        "attribute_display_name": name,
        "attribute_description": null,
        "attribute_display_type": display_type,
        "attribute_model": model,
        "attribute_values": [],
        "default_value": null,
        "regex_pattern": null,
        "regex_cue": null,
        "created_at": null,
        "updated_at": null,
    }))
    .unwrap()
}

const CONTACT: &str = "contact_attribute";
const CONVERSATION: &str = "conversation_attribute";

fn told(set: &AttributeSet, known: &[AttributeDefinition]) -> Vec<String> {
    let changes = set.definition_changes(known, &store());
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_plan_tells_each_definition() {
    let set = AttributeSet::empty()
        .with(Attribute::own("new", "New", ValueType::Link))
        .and_then(|set| set.with(Attribute::own("same", "Same", ValueType::Text)))
        .and_then(|set| set.with(Attribute::own("named", "Renamed", ValueType::Text)))
        .and_then(|set| set.with(Attribute::own("money", "Money", ValueType::Currency)))
        .and_then(|set| set.with(Attribute::own("odd", "Odd", ValueType::Number)))
        .and_then(|set| set.with(Attribute::own("moved", "Moved", ValueType::Text)))
        .and_then(|set| set.retired(AppliesTo::Contact, "old"))
        .unwrap();
    let account = [
        known(1, CONTACT, "same", "Same", "text"),
        known(2, CONTACT, "named", "Named", "text"),
        known(3, CONTACT, "money", "Money", "number"),
        known(4, CONTACT, "odd", "Odd", "checkbox"),
        known(5, CONVERSATION, "moved", "Moved", "text"),
        known(6, CONTACT, "old", "Old", "text"),
        known(7, CONVERSATION, "agents", "Agents'", "text"),
        known(8, "company_attribute", "industry", "Industry", "text"),
    ];
    let expected = [
        "create contact attribute `new`",
        "contact attribute `same` is as declared",
        "change contact attribute `named`: attribute_display_name",
        "change contact attribute `money`: attribute_display_type",
        "contact attribute `odd` is a checkbox in Chatwoot, declared number",
        "contact attribute `moved` is a conversation attribute in Chatwoot",
        "conversation attribute `moved` is not declared",
        "contact attribute `old` is not declared any more",
        "conversation attribute `agents` is not declared",
    ];
    assert_eq!(told(&set, &account), expected);

    let expected = [
        "create contact attribute `new`",
        "contact attribute `same` is as declared",
        "change contact attribute `named`: attribute_display_name",
        "change contact attribute `money`: attribute_display_type",
        "change contact attribute `odd`: attribute_display_type",
        "create contact attribute `moved`",
    ];
    assert_eq!(told(&set.clone().taking_over(), &account)[..6], expected);

    // A key that moved from conversations to contacts, and the host says so.
    let moved = set.retired(AppliesTo::Conversation, "moved").unwrap();
    assert_eq!(told(&moved, &account)[5], "create contact attribute `moved`");
    assert_eq!(
        told(&moved, &account)[6],
        "conversation attribute `moved` is not declared any more"
    );
}

#[test]
fn a_renamed_key_keeps_its_definition() {
    let points = Attribute::own("points", "Points", ValueType::Number).renamed_from("pts");
    let set = AttributeSet::empty().with(points).unwrap();
    let account = [known(1, CONTACT, "pts", "Points", "number")];
    let changes = set.definition_changes(&account, &store());
    let [DefinitionChange { action: DefinitionAction::Change { id, fields, patch }, .. }] =
        &changes[..]
    else {
        panic!("{changes:?}");
    };
    assert_eq!((id.0, &patch.key), (1, &Patch::Set("points".into())));
    let [DefinitionField { field, is, declared }] = &fields[..] else { panic!("{fields:?}") };
    let (is, declared) = (is.as_deref(), declared.as_deref());
    assert_eq!((*field, is, declared), ("attribute_key", Some("pts"), Some("points")));
    let account = [known(1, CONTACT, "points", "Points", "number")];
    assert_eq!(told(&set, &account), ["contact attribute `points` is as declared"]);
}

/// One of ours that somebody altered is put right; one that somebody else made is not.
#[test]
fn a_standard_attribute_is_restored_and_a_hand_made_one_is_a_conflict() {
    let set = AttributeSet::standard();
    let described = |mut known: AttributeDefinition, description: &str| {
        known.description = Some(description.to_owned());
        known
    };
    let theirs = known(1, CONTACT, "order_count", "Orders", "list");
    let ours = described(theirs.clone(), "How many orders count");
    let counts = |known: AttributeDefinition| {
        let changes = set.definition_changes(&[known], &store());
        changes.into_iter().find(|change| change.key == "order_count").unwrap().to_string()
    };
    assert_eq!(counts(ours), "change contact attribute `order_count`: attribute_display_type");
    let conflict = "contact attribute `order_count` is a list in Chatwoot, declared number";
    assert_eq!(counts(theirs), conflict);

    let without = AttributeSet::standard().for_store(&plain(), false);
    let ours = known(1, CONTACT, "cart_items", "Cart items", "number");
    let ours = described(ours, "How many pieces lie in the cart");
    assert!(told(&without, &[ours]).last().unwrap().ends_with("is not declared any more"));
    let theirs = known(1, CONTACT, "cart_items", "Pieces", "number");
    assert!(told(&without, &[theirs]).last().unwrap().ends_with("is not declared"));
}

#[test]
fn the_lists_values_are_the_stores_tiers() {
    let changes = AttributeSet::standard().definition_changes(&[], &store());
    let DefinitionAction::Create(tier) = &changes[0].action else { panic!("{changes:?}") };
    assert_eq!(tier.display_type, AttributeType::List);
    assert_eq!(tier.model, AttributeModel::Contact);
    assert_eq!(tier.values.as_deref().unwrap(), ["bronze", "silver"]);
}

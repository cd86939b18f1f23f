//! The export of a customer.

use chatwoot_client::application::messages::NewMessage;
use serde_json::Value;
use store_context::export::{ExportConfig, ExportPart, Exporter};
use store_context::identity::PROOF_ATTRIBUTE;

use crate::support::{Bench, customer, holds_none};

/// All that is held of a customer is exported, page by page, without a secret and without anything
/// of another customer.
#[tokio::test(start_paused = true)]
async fn all_that_is_held_of_a_customer_is_exported_without_secrets() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    for customer in [&ada, &bob] {
        bench.put(customer);
        bench.synced(&customer.id).await;
    }
    let talk = bench.talk(&ada).await;
    for number in 0..130 {
        talk.say(&format!("question {number}")).await;
    }
    bench.talk(&bob).await.say("bob's secret").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let account = bench.account(bench.north()).await;
    let contact = bench.linked(&ada.id).await.id;
    account.contact(contact).notes().create("calls on Mondays").await.unwrap();
    let note = NewMessage::note("is a friend of the house");
    account.conversation(talk.id).messages().create(&note).await.unwrap();

    let exporter =
        Exporter::new(bench.accounts.clone(), bench.ports.clone(), ExportConfig::default());
    let mut export = exporter.export(bench.north(), &ada.id);
    let mut items = Vec::new();
    while let Some(item) = export.next().await.unwrap() {
        items.push(item);
    }
    let count = |part: ExportPart| items.iter().filter(|item| item.part == part).count();
    for part in [
        ExportPart::Customer,
        ExportPart::OrderTotals,
        ExportPart::Link,
        ExportPart::Contact,
        ExportPart::Note,
        ExportPart::Conversation,
        ExportPart::ConversationState,
    ] {
        assert_eq!(count(part), 1, "{part:?}");
    }
    // Several pages of both.
    assert_eq!((count(ExportPart::Message), count(ExportPart::Truncated)), (131, 0));
    assert!(count(ExportPart::Event) > 130, "{}", count(ExportPart::Event));
    let text = exporter.export(bench.north(), &ada.id).into_json_lines().await.unwrap();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["part"].is_string() && !line["data"].is_null(), "{line}");
    }
    for held in ["ada@mail.example", "question 129", "calls on Mondays", "friend of the house"] {
        assert!(text.contains(held), "{held}");
    }
    assert!(!text.contains("bob"), "another customer's");
    holds_none(&text, &bench.secrets().await);
    assert!(!text.contains(PROOF_ATTRIBUTE), "a proof");
    assert!(!text.contains(&talk.source), "a visitor's token");
}

/// An erased customer's export is the receipt, and the entries of the audit trail.
#[tokio::test(start_paused = true)]
async fn of_an_erased_customer_the_receipt_is_exported() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let sync = bench.sync();
    sync.erase(bench.north(), &ada.id).await.unwrap();
    bench.settled(&sync).await;
    bench.shop.remove_customer(bench.north(), &ada.id);
    let exporter =
        Exporter::new(bench.accounts.clone(), bench.ports.clone(), ExportConfig::default());
    let mut export = exporter.export(bench.north(), &ada.id);
    let mut parts = Vec::new();
    while let Some(item) = export.next().await.unwrap() {
        assert!(!item.data.to_string().contains("mail.example"), "{item:?}");
        parts.push(item.part);
    }
    let entries = [ExportPart::AuditEntry, ExportPart::AuditEntry];
    assert_eq!(parts[..2], [ExportPart::OrderTotals, ExportPart::Erasure]);
    assert_eq!(parts[2..], entries, "requested and complete");
}

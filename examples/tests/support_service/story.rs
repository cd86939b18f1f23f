//! The service from its first command to its last.

use std::time::Duration;

use chatwoot_client::application::contacts::ContactsQuery;
use http::Method;
use serde_json::{Value, json};

use crate::world::{World, customer, eventually, handled, order, random_key, store};
use examples::local_redis::RedisServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_from_its_first_command_to_its_last() {
    let mut world = World::new(Some(RedisServer::start().unwrap())).await;

    // Without the tables it does not serve, and says what to do.
    let early = world.run(&[]).await;
    assert_eq!(early.code, Some(1));
    assert!(early.err.contains("run `support_service migrate` first"), "{}", early.err);

    // The SQL can be run by another tool: here only what it is for is looked at.
    let printed = world.run(&["migrate", "--print"]).await;
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    for part in ["CREATE TABLE store_context.stores", "CREATE TABLE IF NOT EXISTS shop.customers"] {
        assert!(printed.out.contains(part), "{part}");
    }
    assert!(printed.out.contains(&format!("TO {}", world.database.runtime_role())));
    world.migrate().await;
    world.migrate().await;

    let service = world.serve().await;
    refusals(&service).await;

    // A store, twice: the second time changes nothing.
    let (status, said) = service.put("/shop/stores/tea", store("tea")).await;
    assert_eq!(status, 200, "{said}");
    assert_ne!(said, r#"{"changed":0}"#);
    let again = service.put("/shop/stores/tea", store("tea")).await;
    assert_eq!(again, (200, r#"{"changed":0}"#.to_owned()));

    // A customer and their order become a contact.
    assert!(service.put_customer("tea", "ada").await);
    let path = "/shop/stores/tea/orders/o-1";
    assert_eq!(service.put(path, order("o-1", "ada", "12.50")).await.0, 204);
    let account = world.account("tea").await;
    let contact = async || {
        let found = account.contacts().list(&ContactsQuery::default()).await.unwrap().payload;
        found.into_iter().next()
    };
    eventually("the contact has the order", async || {
        let Some(contact) = contact().await else { return false };
        contact.custom_attributes.get("order_count") == Some(&json!(1))
    })
    .await;

    // The signed-in customer's own context follows a change at once, though it is cached.
    let session = service.session("tea", "ada").await;
    let (status, context) = service.context(&session).await;
    assert_eq!((status, &context["customer"]["name"]), (200, &json!("Customer ada")), "{context}");
    assert_eq!(context["recent_orders"].as_array().unwrap().len(), 1);
    assert_eq!(service.context("of nobody").await.0, 401);
    let path = "/shop/stores/tea/orders/o-2";
    assert_eq!(service.put(path, order("o-2", "ada", "7.50")).await.0, 204);
    let (_, context) = service.context(&session).await;
    assert_eq!(context["recent_orders"].as_array().unwrap().len(), 2, "{context}");

    // The customer writes: the webhooks come signed, and are handled.
    let contact = contact().await.unwrap();
    let talk = world.write("tea", contact.id.0, 3).await;
    world.chatwoot.fake().idle().await;
    let acknowledged = world.acknowledged();
    assert_eq!(acknowledged.len(), 3);
    eventually("the webhooks are handled", async || {
        handled(&service.log()).is_superset(&acknowledged)
    })
    .await;
    // The open panel of their conversation is told of the next order.
    let mut events = world.panel_events(&service, "tea", talk).await;
    let path = "/shop/stores/tea/orders/o-3";
    assert_eq!(service.put(path, order("o-3", "ada", "3.00")).await.0, 204);
    events.until("\"orders\"").await;
    // The store is a busy one now, so its live feed is listened to.
    eventually("the live feed is heard", async || {
        let (_, metrics) = service.get("/metrics").await.unwrap();
        metrics.contains("live_lines_open 1")
    })
    .await;
    // One that is not signed is refused.
    let record = world.record("tea").await;
    let address = record.credentials.webhook_address.unwrap();
    let path = format!("/webhooks/chatwoot/{}", address.expose());
    let forged =
        service.ask(Method::POST, &path, Some(json!({ "event": "message_created" }))).await;
    assert_eq!(forged.unwrap().0, 401);

    let (status, metrics) = service.get("/metrics").await.unwrap();
    assert_eq!(status, 200);
    for metric in
        ["chatwoot_calls_total", "customers_synced_total", "events_total{", "sync_waiting "]
    {
        assert!(metrics.contains(metric), "{metric}: {metrics}");
    }
    let (status, health) = service.get("/health").await.unwrap();
    assert_eq!(status, 200);
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!(health["status"], "ok", "{health}");

    // The key is changed: a process that has both serves while the credentials are sealed anew.
    assert_eq!(service.terminate().await.0, Some(0));
    // It did not wait for the panel to be closed.
    events.until("closed").await;
    world.keys = format!("second:{} {}", random_key(), world.keys);
    let service = world.serve().await;
    let resealed = world.run(&["reseal"]).await;
    assert_eq!(resealed.code, Some(0), "{}", resealed.err);
    assert!(resealed.err.contains("2 of 2 stores"), "{}", resealed.err);
    world.keys = world.keys.split_whitespace().next().unwrap().to_owned();
    assert!(world.record("tea").await.credentials.user_token.is_some(), "the new key opens it");

    // An erased customer is gone from both.
    let path = "/shop/stores/tea/customers/ada";
    let (status, said) = service.ask(Method::DELETE, path, None).await.unwrap();
    assert!(matches!(status, 202 | 204), "{status}: {said}");
    assert_eq!(service.context(&session).await.0, 401, "the session has ended");
    eventually("the contact is deleted", async || {
        let listed = account.contacts().list(&ContactsQuery::default()).await.unwrap();
        listed.payload.is_empty()
    })
    .await;

    let (code, took, log) = service.terminate().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    nothing_is_leased(&world).await;
    assert!(!log.contains("ERROR"), "{log}");
}

/// What a request may be refused for, none of which is the service's failure.
async fn refusals(service: &crate::world::Service) {
    let ada = "/shop/stores/none/customers/ada";
    assert_eq!(service.put(ada, customer("ada")).await.0, 404, "an unknown store");
    let o = "/shop/stores/none/orders/o-1";
    assert_eq!(service.put(o, order("o-1", "ada", "1.00")).await.0, 404);
    assert_eq!(service.ask(Method::DELETE, ada, None).await.unwrap().0, 404);
    let session = format!("{ada}/session");
    assert_eq!(service.ask(Method::POST, &session, None).await.unwrap().0, 404);

    service.put_store("cups").await;
    let o = "/shop/stores/cups/orders/o-1";
    assert_eq!(service.put(o, order("o-1", "ada", "1.00")).await.0, 404, "an unknown customer");
    assert!(service.put_customer("cups", "ada").await);
    let mut odd = order("o-1", "ada", "1.00");
    let pounds = json!({ "amount": "1.00", "currency": "GBP" });
    odd["refunds"] = json!([{ "amount": pounds, "at": "2026-11-21T12:00:00Z" }]);
    assert_eq!(service.put(o, odd).await.0, 409, "a refund in another currency than its order");
    let mut pounds = store("cups");
    pounds["currency"] = json!("GBP");
    assert_eq!(service.put("/shop/stores/cups", pounds).await.0, 409);

    let ada = "/shop/stores/cups/customers/ada";
    assert_eq!(service.put(ada, customer("bob")).await.0, 400, "another id in the body");
    assert_eq!(service.put(ada, json!({ "id": "ada" })).await.0, 422, "a body that lacks fields");
    assert_eq!(service.put("/shop/stores/%07", store("x")).await.0, 400, "an id that is none");
    assert_eq!(service.ask(Method::GET, ada, None).await.unwrap().0, 405);
    assert_eq!(service.ask(Method::GET, "/nowhere", None).await.unwrap().0, 404);

    let plain = reqwest::Client::new();
    let url = format!("{}{ada}", service.url);
    let none = plain.put(&url).json(&customer("ada")).send().await.unwrap();
    assert_eq!(none.status(), 401, "no service token");
    let other = plain.put(&url).bearer_auth(random_key()).json(&customer("ada")).send().await;
    assert_eq!(other.unwrap().status(), 401, "another token");
    let metrics = plain.get(format!("{}/metrics", service.url)).send().await.unwrap();
    assert_eq!(metrics.status(), 401);
}

/// Asserts that no process holds anything.
pub(crate) async fn nothing_is_leased(world: &World) {
    for leased in [
        "SELECT count(*) FROM store_context.sync_rows WHERE claimed_until IS NOT NULL",
        "SELECT count(*) FROM store_context.webhook_queues WHERE fence <> 0",
        "SELECT count(*) FROM store_context.webhook_rounds WHERE fence <> 0",
        "SELECT count(*) FROM store_context.sweeps WHERE held",
        "SELECT count(*) FROM store_context.store_versions WHERE locked_until IS NOT NULL",
    ] {
        assert_eq!(world.count(leased).await, 0, "{leased}");
    }
}

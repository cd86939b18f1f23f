//! The service without Redis, and with one that is killed.

use examples::local_redis::RedisServer;
use serde_json::{Value, json};

use crate::world::{Service, World, eventually};

/// Returns the status of the health endpoint and what it says of Redis.
async fn health(service: &Service) -> (u16, Value, Option<Value>) {
    let (status, said) = service.get("/health").await.unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    let checks = said["checks"].as_array().unwrap();
    let redis = checks.iter().find(|check| check["name"] == "redis");
    (status, said["status"].clone(), redis.map(|check| check["status"].clone()))
}

/// Asserts that a customer is saved, synced and shown.
async fn works(world: &World, service: &Service, id: &str) {
    assert!(service.put_customer("tea", id).await);
    let session = service.session("tea", id).await;
    for _ in 0..2 {
        let (status, context) = service.context(&session).await;
        let name = json!(format!("Customer {id}"));
        assert_eq!((status, &context["customer"]["name"]), (200, &name), "{context}");
    }
    eventually("the customer is synced", async || {
        world.count("SELECT count(*) FROM store_context.sync_rows WHERE confirmed < wanted").await
            == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_it_works() {
    let world = World::new(None).await;
    world.migrate().await;
    let service = world.serve().await;
    service.put_store("tea").await;
    works(&world, &service, "ada").await;
    assert_eq!(health(&service).await, (200, json!("ok"), None));
    assert_eq!(service.terminate().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_killed_it_goes_on_and_says_so() {
    let mut world = World::new(Some(RedisServer::start().unwrap())).await;
    world.migrate().await;
    let service = world.serve().await;
    service.put_store("tea").await;
    works(&world, &service, "ada").await;
    let whole = (200, json!("ok"), Some(json!("ok")));
    eventually("Redis is in use", async || health(&service).await == whole).await;

    world.redis.as_mut().unwrap().kill().unwrap();
    works(&world, &service, "bob").await;
    let degraded = (200, json!("degraded"), Some(json!("degraded")));
    eventually("the health says so", async || health(&service).await == degraded).await;

    // A process also starts without it.
    let other = world.serve_another().await;
    works(&world, &other, "cleo").await;
    eventually("the other one says so", async || health(&other).await == degraded).await;

    world.redis.as_mut().unwrap().restart().unwrap();
    for service in [service, other] {
        eventually("Redis is in use again", async || health(&service).await == whole).await;
        let (code, _, log) = service.terminate().await;
        assert_eq!(code, Some(0), "{log}");
    }
}

//! No secret of a run is in the database, the logs, the metrics or the responses.

use chatwoot_client::application::contacts::ContactsQuery;
use examples::local_redis::RedisServer;
use http::Method;
use serde_json::json;
use store_context::ports::StoreRecord;
use tokio::process::Command;

use crate::world::{World, eventually, order, store};

/// Returns every secret of a store.
fn secrets(record: &StoreRecord) -> Vec<(&'static str, String)> {
    let held = &record.credentials;
    let address =
        |it: &Option<store_context::ports::AddressToken>| it.as_ref().unwrap().expose().to_owned();
    let secret = |it: &Option<chatwoot_client::Secret>| it.as_ref().unwrap().expose().to_owned();
    vec![
        ("user token", held.user_token.as_ref().unwrap().token.secret().expose().to_owned()),
        ("webhook secret", secret(&held.webhook_secret)),
        ("widget HMAC key", secret(&held.website_hmac)),
        ("API inbox HMAC key", secret(&held.api_hmac)),
        ("webhook address", address(&held.webhook_address)),
        ("panel address", address(&held.panel_address)),
        ("identifier key", secret(&held.identifier_key)),
        ("proof key", secret(&held.proof_key)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_run_is_where_it_does_not_belong() {
    let world = World::new(Some(RedisServer::start().unwrap())).await;
    let mut written = String::new();
    let migrated = world.run(&["migrate"]).await;
    written.push_str(&migrated.err);
    let service = world.serve_logging("trace").await;
    service.put_store("tea").await;
    assert!(service.put_customer("tea", "ada").await);
    let path = "/shop/stores/tea/orders/o-1";
    assert_eq!(service.put(path, order("o-1", "ada", "12.50")).await.0, 204);
    let session = service.session("tea", "ada").await;
    assert_eq!(service.context(&session).await.0, 200);
    let account = world.account("tea").await;
    let mut contact = None;
    eventually("the customer is a contact", async || {
        let listed = account.contacts().list(&ContactsQuery::default()).await.unwrap();
        contact = listed.payload.first().map(|contact| contact.id.0);
        contact.is_some()
    })
    .await;
    world.write("tea", contact.unwrap(), 2).await;
    world.chatwoot.fake().idle().await;
    assert_eq!(world.acknowledged().len(), 2);
    let record = world.record("tea").await;
    let mut all = secrets(&record);

    // Failures, whose causes are logged: Chatwoot's refusals, a forged webhook, a database that
    // breaks off.
    let address = record.credentials.webhook_address.as_ref().unwrap().expose();
    let forged = json!({ "event": "message_created" });
    for path in [format!("/webhooks/chatwoot/{address}"), format!("/panel/{address}")] {
        let said = service.ask(Method::POST, &path, Some(forged.clone())).await.unwrap().1;
        written.push_str(&said);
    }
    let account = record.account.account.unwrap();
    world.chatwoot.fake().set_suspended(account.0, true);
    let (status, said) = service.put("/shop/stores/tea", store("tea")).await;
    assert_eq!(status, 502, "{said}");
    written.push_str(&said);
    assert!(service.put_customer("tea", "bob").await);
    eventually("the store is paused", async || {
        let paused =
            "SELECT count(*) FROM store_context.sync_stores WHERE paused_until IS NOT NULL";
        world.count(paused).await == 1
    })
    .await;
    world.chatwoot.fake().set_suspended(account.0, false);
    let dump = dump(&world).await;
    assert!(dump.contains("tea") && dump.contains("ada"), "the dump is of this database");
    written.push_str(&dump);
    let metrics = service.get("/metrics").await.unwrap().1;
    assert!(metrics.contains("chatwoot_calls_total"));
    written.push_str(&metrics);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename LIKE '%runtime' AND datname = current_database()";
    sqlx::raw_sql(cut).execute(&world.administrator()).await.unwrap();
    let path = "/shop/stores/tea/customers/cleo/session";
    written.push_str(&service.ask(Method::POST, path, None).await.unwrap().1);

    let platform = world.chatwoot.fake().platform_token();
    let (code, _, log) = service.terminate().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("TRACE") && log.contains("DEBUG"), "the log is a whole one");
    written.push_str(&log);

    all.push(("platform token", platform));
    all.push(("service token", world.service_token.clone()));
    all.push(("session", session));
    all.push(("database password", world.database.password.clone()));
    all.push(("sealing key", world.keys.split_once(':').unwrap().1.to_owned()));
    for (name, secret) in &all {
        assert!(secret.len() >= 16, "{name} is too short to be looked for");
        if let Some(at) = written.find(secret.as_str()) {
            let from = written[..at].rfind('\n').map_or(0, |line| line + 1);
            let line: String = written[from..at].chars().take(500).collect();
            unreachable!("the {name} is in: {line}");
        }
    }
}

/// Returns the whole database as text, read by the administrator.
async fn dump(world: &World) -> String {
    let dump = Command::new("pg_dump").arg(world.database.administrator_url()).output().await;
    let dump = dump.unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    String::from_utf8(dump.stdout).unwrap()
}

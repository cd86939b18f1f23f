//! Two processes on one database, of which one stops or is killed.

use std::collections::BTreeSet;
use std::time::Duration;

use chatwoot_client::application::contacts::ContactsQuery;
use futures_util::TryStreamExt;
use futures_util::future::join_all;

use crate::story::nothing_is_leased;
use crate::world::{Service, World, eventually, handled};

/// Saves customers at two processes in turn; returns those that were acknowledged.
async fn save(services: [&Service; 2], ids: impl Iterator<Item = u32>) -> BTreeSet<String> {
    let saved = ids.map(async |number| {
        let id = format!("c-{number}");
        let service = services[number as usize % 2];
        service.put_customer("tea", &id).await.then_some(id)
    });
    join_all(saved).await.into_iter().flatten().collect()
}

/// Asserts that each of these customers becomes a contact, and only once.
async fn all_are_contacts(world: &World, customers: &BTreeSet<String>) {
    let account = world.account("tea").await;
    let mut named = Vec::new();
    eventually("each customer is a contact", async || {
        let contacts = account.contacts();
        let contacts: Vec<_> = contacts.all(ContactsQuery::default()).try_collect().await.unwrap();
        named = contacts.into_iter().filter_map(|contact| contact.email).collect();
        let wanted = |id: &String| named.contains(&format!("{id}@customers.example.com"));
        customers.iter().all(wanted)
    })
    .await;
    let distinct: BTreeSet<_> = named.iter().collect();
    assert_eq!(distinct.len(), named.len(), "two contacts of one customer: {named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_work_and_stop_while_they_work() {
    let world = World::new(None).await;
    world.migrate().await;
    let (one, other) = tokio::join!(world.serve(), world.serve_another());
    one.put_store("tea").await;
    let mut saved = save([&one, &other], 0..60).await;
    assert_eq!(saved.len(), 60);

    // Stopped in the midst of its work, it returns what it holds: the other one goes on at once.
    let (code, took, log) = one.terminate().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    saved.extend(save([&other, &other], 60..80).await);
    all_are_contacts(&world, &saved).await;
    let (code, took, log) = other.terminate().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    nothing_is_leased(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let world = World::new(None).await;
    world.migrate().await;
    let (killed, other) = tokio::join!(world.serve(), world.serve_another());
    killed.put_store("tea").await;
    let mut saved = save([&killed, &other], 0..2).await;
    all_are_contacts(&world, &saved).await;
    let account = world.account("tea").await;
    let listed = account.contacts().list(&ContactsQuery::default()).await.unwrap();
    let contact = listed.payload[0].id.0;

    // Both processes have work, and webhooks arrive, when one of them is killed.
    let (more, _) = tokio::join!(save([&killed, &other], 2..100), world.write("tea", contact, 40));
    saved.extend(more);
    eventually("webhooks are acknowledged", async || world.acknowledged().len() >= 10).await;
    let mut log = killed.kill().await;
    world.chatwoot.fake().idle().await;
    saved.extend(save([&other, &other], 100..110).await);

    // The leases of the killed process end.
    let later = "CREATE OR REPLACE FUNCTION store_context.ledger_now() RETURNS timestamptz
        LANGUAGE sql STABLE PARALLEL SAFE RETURN now() + interval '6 minutes'";
    sqlx::raw_sql(later).execute(&world.administrator()).await.unwrap();
    all_are_contacts(&world, &saved).await;
    let acknowledged = world.acknowledged();
    eventually("every acknowledged message is handled", async || {
        let mut done = handled(&log);
        done.extend(handled(&other.log()));
        done.is_superset(&acknowledged)
    })
    .await;
    // A round of the reconciler that the killed process held is taken over when the next one is due.
    eventually("no round is held", async || {
        world.count("SELECT count(*) FROM store_context.webhook_rounds WHERE fence <> 0").await == 0
    })
    .await;
    let (code, _, of_other) = other.terminate().await;
    log.push_str(&of_other);
    assert_eq!(code, Some(0), "{log}");
    nothing_is_leased(&world).await;
}

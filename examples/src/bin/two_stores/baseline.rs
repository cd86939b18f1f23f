//! The baseline of the sync: a bare reqwest loop that sends the same bodies to a Chatwoot of the
//! same kind.

use std::time::{Duration, Instant};

use anyhow::Context;
use chatwoot_client::Client;
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use futures_util::{TryStreamExt, stream};
use store_context::attributes::{AttributeInput, CartState};
use store_context::model::{Insights, Store};
use store_context::ports::{PortFailure, Ports};
use store_context::sync::WantedContact;

/// Returns the time of the bare loop for every customer of the stores, with this many concurrent
/// requests.
pub(crate) async fn bare_loop(
    ports: &Ports,
    stores: &[Store; 2],
    parallel: usize,
) -> anyhow::Result<Duration> {
    let fake = FakeChatwoot::new();
    fake.set_limits(None);
    let (account, token) = fake.add_account("Baseline");
    let server = FakeServer::start(fake).await;
    let client = Client::builder(server.uri()).build()?;
    let inbox = NewInbox::new("API", NewApiChannel::default());
    let inbox = client.account(account, token.clone()).inboxes().create(&inbox).await?;
    let bodies = bodies(ports, stores, |wanted| wanted.to_new(Some(inbox.id))).await?;
    let url = format!("{}/api/v1/accounts/{account}/contacts", server.uri());
    let http = reqwest::Client::new();
    let started = Instant::now();
    stream::iter(bodies.into_iter().map(anyhow::Ok))
        .try_for_each_concurrent(parallel, |body| {
            let request = http
                .post(&url)
                .header("api_access_token", &token)
                .header("content-type", "application/json")
                .body(body);
            async move {
                let answer = request.send().await?.error_for_status()?;
                answer.json::<serde_json::Value>().await.context("an answer of the bare loop")?;
                Ok(())
            }
        })
        .await?;
    Ok(started.elapsed())
}

async fn bodies(
    ports: &Ports,
    stores: &[Store; 2],
    to_new: impl Fn(&WantedContact) -> NewContact,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut bodies = Vec::new();
    for store in stores {
        let page = ports.customers.customer_ids(&store.id, None, usize::MAX).await;
        for id in page.map_err(PortFailure::from)?.ids {
            let customer = ports.customers.customer(&store.id, &id).await;
            let customer = customer.map_err(PortFailure::from)?.context("a customer left")?;
            let totals = ports.orders.order_totals(&store.id, &id).await;
            let totals = totals.map_err(PortFailure::from)?;
            let insights = Insights::new(store.currency, totals, store.tiers.as_ref());
            let input = AttributeInput::new(store, &customer, &insights, CartState::Empty);
            let attributes = ports.attributes_of(store);
            let wanted = WantedContact::new(id.to_string(), &attributes, &input);
            bodies.push(serde_json::to_vec(&to_new(&wanted))?);
        }
    }
    Ok(bodies)
}

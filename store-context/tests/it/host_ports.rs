//! Tests of minimal hosts, without carts, tiers or branding, and of hosts that return wrong data.

use std::sync::Arc;

use async_trait::async_trait;
use chatwoot_client::Patch;
use chatwoot_client::application::attribute_definitions::AttributeModel;
use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};
use store_context::context::{ContextConfig, ContextService};
use store_context::intake::HandlerError;
use store_context::model::{Customer, CustomerId, StoreId};
use store_context::ports::{Cursor, CustomerPage, Customers, PortError, PortFailure, PortResult};

use crate::support::{Bench, customer, whole};

/// A host that has customers and orders, and nothing else.
fn plain() -> Bench {
    let mut bench = Bench::new();
    bench.ports.carts = None;
    for store in &mut bench.stores {
        (store.branding, store.tiers) = (None, None);
    }
    bench
}

#[tokio::test]
async fn nothing_is_said_of_what_a_host_does_not_have() {
    let bench = plain();
    let store = &bench.stores[0];
    bench.provision(store).await.unwrap();
    let account = bench.account(&store.id).await;
    let defined = account.attribute_definitions().list(Some(AttributeModel::Contact)).await;
    let mut defined: Vec<String> = defined.unwrap().into_iter().map(|is| is.key).collect();
    defined.sort_unstable();
    let expected =
        ["average_order", "last_order_at", "lifetime_value", "order_count", "order_currency"];
    assert_eq!(defined, expected);

    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let contact = bench.contact(&ada.id).await;
    let written: Vec<&String> = contact.custom_attributes.keys().collect();
    assert!(written.iter().all(|key| expected.contains(&key.as_str())), "{written:?}");
    assert_eq!(contact.custom_attributes["order_count"], 0);

    let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
    let snapshot = context.snapshot(&store.id, &ada.id).await.unwrap().unwrap();
    assert_eq!((snapshot.cart, snapshot.unavailable), (None, vec![]));
    assert_eq!(snapshot.insights.unwrap().tier, None);
}

/// Without branding the widget keeps the agents' settings.
#[tokio::test]
async fn a_widget_without_branding_is_the_agents() {
    let bench = plain();
    let store = &bench.stores[0];
    bench.provision(store).await.unwrap();
    let account = bench.account(&store.id).await;
    let id = bench.record(&store.id).await.account.website_inbox.unwrap();
    let change = InboxPatch {
        greeting_enabled: Patch::Set(true),
        greeting_message: Patch::Set("Hello from an agent".to_owned()),
        channel: Some(ChannelPatch {
            widget_color: Patch::Set("#123456".to_owned()),
            welcome_title: Patch::Set("Welcome".to_owned()),
            ..ChannelPatch::default()
        }),
        ..InboxPatch::default()
    };
    account.inboxes().update(id, &change).await.unwrap();
    assert_eq!(bench.provision(store).await.unwrap().changed(), 0, "it is left alone");
    let renamed = store_context::model::Store { name: "Another".to_owned(), ..store.clone() };
    bench.provision(&renamed).await.unwrap();
    let inbox = account.inboxes().get(id).await.unwrap();
    assert_eq!(inbox.name, "Another");
    assert_eq!(inbox.greeting_message.as_deref(), Some("Hello from an agent"));
    assert_eq!(inbox.widget_color.as_deref(), Some("#123456"));
    assert_eq!(inbox.welcome_title.as_deref(), Some("Welcome"));
}

/// A host with an endless listing, whose customers cannot be read.
struct Broken;

#[async_trait]
impl Customers for Broken {
    async fn customer(&self, _: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        let _number: u64 = id.as_str().parse()?;
        Ok(None)
    }

    async fn customer_ids(
        &self,
        _: &StoreId,
        _: Option<&Cursor>,
        _: usize,
    ) -> PortResult<CustomerPage> {
        Ok(CustomerPage { ids: Vec::new(), next: Some(Cursor::new("again")) })
    }
}

#[tokio::test]
async fn a_listing_that_goes_round_in_circles_is_said_so() {
    let mut bench = Bench::provisioned().await;
    bench.ports.customers = Arc::new(Broken);
    let error = bench.sync().want_all(bench.north()).await.unwrap_err();
    let text = whole(&error);
    assert!(text.contains("the port `customers` failed"), "{text}");
    assert!(text.contains("answers the cursor that it was asked with"), "{text}");
}

/// `?` converts any error of the host, and the engine names the port that failed.
#[tokio::test]
async fn an_error_of_the_host_is_told_with_its_port() {
    let mut bench = Bench::provisioned().await;
    bench.ports.customers = Arc::new(Broken);
    let context = ContextService::new(bench.ports.clone(), ContextConfig::default());
    let ada = customer("ada");
    let failure: PortFailure = context.snapshot(bench.north(), &ada.id).await.unwrap_err();
    assert_eq!(failure.port(), Some("customers"));
    assert!(whole(&failure).contains("invalid digit"), "{}", whole(&failure));
}

/// An enum of errors as hosts define them.
#[derive(Debug, thiserror::Error)]
enum HostError {
    #[error(transparent)]
    Port(#[from] PortError),
}

#[test]
fn a_port_error_fits_where_errors_are_passed_on() {
    let parse = || -> PortResult<u64> { Ok("x".parse()?) };
    let host = || -> Result<u64, HostError> { Ok(parse()?) };
    let boxed = || -> Result<u64, HandlerError> { Ok(parse()?) };
    let served = || -> Result<u64, PortFailure> { Ok(parse()?) };
    for error in
        [whole(&host().unwrap_err()), whole(&*boxed().unwrap_err()), whole(&served().unwrap_err())]
    {
        assert!(error.contains("a port failed") && error.contains("invalid digit"), "{error}");
    }
    let named = PortError::new("orders", "gone").named("customers");
    assert_eq!(named.to_string(), "the port `orders` failed", "a name that is known stays");
}

//! A host for the endpoints' tests: two stores, and services of its own that can fail.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::axum::routing::get;
use ::axum::{Json, Router};
use async_trait::async_trait;
use http::request::Parts;
use store_context::context::{ContextConfig, ContextService, PanelService};
use store_context::intake::Intake;
use store_context::memory::{self, MemoryActivityLog};
use store_context::model::{
    Activity, ActivityKind, Branding, Cart, CartItem, Customer, CustomerId, FulfillmentStatus,
    Money, Order, OrderId, OrderItem, OrderStatus, OrderTotals, PaymentStatus, Refund, Return,
    ReturnStatus, Store, StoreId, TierPolicy, Tracking,
};
use store_context::ports::{
    ActivityLog, AddressToken, Carts, Cursor, CustomerPage, Customers, Expiring, NewActivity,
    Orders, PortError, PortResult, Ports, StoreCredentials, StoreRecord,
};
use store_context::{Currency, Timestamp};
use store_context_adapters::axum::{
    AxumConfig, ChatwootOrigin, Health, Panel, Sessions, SupportContext, Webhooks,
};

use crate::talks::Chatwoot;

/// The URL tokens of the two stores' panels.
pub(crate) const NL: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const US: &str = "fedcba9876543210fedcba9876543210";
/// The URL tokens of their webhooks.
pub(crate) const NL_WEBHOOK: &str = "11111111111111111111111111111111";
pub(crate) const US_WEBHOOK: &str = "22222222222222222222222222222222";
/// The secrets of the Dutch store's webhook, before and after a change; the American one has none.
pub(crate) const SECRET: &str = "secret-of-the-webhook";
pub(crate) const PREVIOUS_SECRET: &str = "secret-of-the-webhook-before";
/// The Dutch store's account.
pub(crate) const ACCOUNT: u64 = 1;

/// A host that listens on a port of its own.
pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) port: u16,
    pub(crate) chatwoot: Chatwoot,
    /// A client of this host.
    pub(crate) http: reqwest::Client,
}

impl Host {
    /// Serves all endpoints of two stores with these ports and a changed configuration, together
    /// with these pages. `/talks` lists the conversations for the pages.
    pub(crate) async fn serve_with(
        ports: Ports,
        pages: Router,
        change: impl FnOnce(&mut AxumConfig),
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let context = ContextService::new(ports.clone(), ContextConfig::default());
        let chatwoot = Chatwoot::open(&ports).await;
        let panels = PanelService::new(chatwoot.accounts(&ports), ports.clone(), context.clone());
        let mut config = AxumConfig {
            webhooks: Webhooks::new(Intake::new(&ports)),
            support_context: SupportContext { context, sessions: Arc::new(HeaderSessions) },
            panel: Panel::new(panels, ChatwootOrigin::new(&url.parse().unwrap()).unwrap()),
            health: Health::new(),
        };
        change(&mut config);
        let talks = chatwoot.talks.clone();
        let pages = pages.route("/talks", get(|| async { Json(talks) }));
        let router = store_context_adapters::axum::router(config).merge(pages);
        tokio::spawn(async move { ::axum::serve(listener, router).await });
        Self { url, port, chatwoot, http: reqwest::Client::new() }
    }
}

/// The header `x-session: STORE CUSTOMER` stands for a real host's session cookie.
struct HeaderSessions;

#[async_trait]
impl Sessions for HeaderSessions {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        let session = parts.headers.get("x-session")?.to_str().ok()?;
        let (store, customer) = session.split_once(' ')?;
        Some((StoreId::new(store).ok()?, CustomerId::new(customer).ok()?))
    }
}

/// Returns ports with two stores, which have no account in Chatwoot yet.
pub(crate) async fn ports() -> Ports {
    let shop = Arc::new(Shop::default());
    let log = MemoryActivityLog::new();
    log.record(&activities()).await.unwrap();
    let ports = Ports {
        activity: Some(Arc::new(log)),
        ..memory::ports(shop.clone(), shop.clone(), Some(shop))
    };
    let [nl, us] = stores();
    let credentials = |panel, webhook| StoreCredentials {
        panel_address: Some(AddressToken::new(panel)),
        webhook_address: Some(AddressToken::new(webhook)),
        ..StoreCredentials::default()
    };
    let proven = StoreCredentials {
        webhook_secret: Some(SECRET.into()),
        previous_webhook_secret: Some(Expiring {
            value: PREVIOUS_SECRET.into(),
            until: Timestamp::MAX,
        }),
        ..credentials(NL, NL_WEBHOOK)
    };
    for (store, held) in [(nl, proven), (us, credentials(US, US_WEBHOOK))] {
        ports.stores.put(&store).await.unwrap();
        keep(&ports, &store.id, &held).await;
    }
    ports
}

/// Returns what the Dutch store's customers 1 and 2 did; the texts of 2 are hostile.
fn activities() -> [NewActivity; 3] {
    let new = |customer: &str, activity| NewActivity {
        store: StoreId::new("nl").unwrap(),
        customer: CustomerId::new(customer).unwrap(),
        activity,
    };
    let bell = "https://shop.example.com/bel".parse().unwrap();
    [
        new(
            "1",
            Activity::new(at("2024-05-01T10:00:00Z"), ActivityKind::ProductViewed, "Bel")
                .with_url(bell),
        ),
        new(
            "1",
            Activity::new(at("2024-05-01T10:05:00Z"), ActivityKind::from("wish_added"), "Slot"),
        ),
        new("2", Activity::new(at("2024-05-01T10:00:00Z"), ActivityKind::from(HOSTILE), HOSTILE)),
    ]
}

/// A text that would do harm if it became markup.
pub(crate) const HOSTILE: &str = "<img src=x onerror=\"parent.hacked=1\">";

/// Replaces the credentials of the store.
pub(crate) async fn keep(ports: &Ports, store: &StoreId, credentials: &StoreCredentials) {
    let replace = |record: &mut StoreRecord| record.credentials = credentials.clone();
    ports.stores.update(store, replace).await.unwrap().unwrap();
}

fn stores() -> [Store; 2] {
    let store = |id: &str, name: &str, locale: &str, currency, time_zone: &str| Store {
        locale: locale.to_owned(),
        time_zone: time_zone.to_owned(),
        branding: Some(Branding {
            color: "#112233".to_owned(),
            welcome_title: "Hello".to_owned(),
            welcome_tagline: String::new(),
            greeting: String::new(),
        }),
        tiers: Some(TierPolicy::new([("bronze", 0), ("gold", 1000)]).unwrap()),
        ..Store::new(
            StoreId::new(id).unwrap(),
            name.to_owned(),
            "https://shop.example.com".parse().unwrap(),
            "help@shop.example.com",
            currency,
        )
    };
    [
        store("nl", "Fietsenmaker", "nl", Currency::EUR, "Europe/Amsterdam"),
        store("us", "Bike Shop", "en_US", Currency::USD, "America/New_York"),
    ]
}

/// The host's own services. Customer 1 is complete at the Dutch store; at the American one the
/// totals and the cart cannot be read. The name of customer 2 is hostile. Customer 3 can be read at
/// the second attempt.
#[derive(Default)]
struct Shop {
    third: AtomicBool,
}

#[async_trait]
impl Customers for Shop {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        let named = |name: &str| Customer::new(id.clone(), name);
        Ok(Some(match (store.as_str(), id.as_str()) {
            ("nl", "1") => Customer {
                email: Some("sanne@example.com".to_owned()),
                email_verified: true,
                phone: Some("+31612345678".to_owned()),
                registered_at: Some(at("2024-02-03T12:00:00Z")),
                ..named("Sanne de Vries")
            },
            ("us", "1") => {
                Customer { email: Some("jo@example.com".to_owned()), ..named("Jo Smith") }
            }
            (_, "2") => named(HOSTILE),
            (_, "3") if !self.third.swap(true, Ordering::Relaxed) => return Err(down("customers")),
            (_, "3") => named("Late Larry"),
            _ => return Ok(None),
        }))
    }

    async fn customer_ids(
        &self,
        _: &StoreId,
        _: Option<&Cursor>,
        _: usize,
    ) -> PortResult<CustomerPage> {
        Ok(CustomerPage::default())
    }
}

#[async_trait]
impl Orders for Shop {
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        _: usize,
    ) -> PortResult<Vec<Order>> {
        let order = |id: &str, placed: &str, status, total, items: &[(&str, u32)]| Order {
            items: items
                .iter()
                .map(|&(title, quantity)| OrderItem { title: title.to_owned(), quantity })
                .collect(),
            ..Order::new(OrderId::new(id).unwrap(), customer.clone(), at(placed), status, total)
        };
        let shipped = || {
            order(
                "NL-1003",
                "2026-11-20T23:30:00Z",
                OrderStatus::Shipped,
                eur("1000"),
                &[("Fietstas", 2), ("Bel", 1)],
            )
        };
        let back = at("2026-11-21T12:00:00Z");
        let facts = |text: &str, link: &str| Order {
            payment: Some(PaymentStatus::PartiallyRefunded),
            fulfillment: Some(FulfillmentStatus::from(text)),
            tracking: vec![Tracking {
                carrier: Some(text.to_owned()),
                number: Some("3S1".to_owned()),
                url: link.parse().ok(),
            }],
            admin_url: link.parse().ok(),
            returns: vec![Return {
                amount: Some(eur("20")),
                reason: Some(text.to_owned()),
                items: vec![OrderItem { title: text.to_owned(), quantity: 1 }],
                ..Return::new(back, ReturnStatus::Received)
            }],
            refunds: vec![Refund { amount: eur("20"), at: back, reason: Some(text.to_owned()) }],
            ..shipped()
        };
        Ok(match (store.as_str(), customer.as_str()) {
            ("nl", "2") => vec![Order {
                status: OrderStatus::from(HOSTILE),
                ..facts(HOSTILE, "javascript:parent.hacked=1")
            }],
            ("nl", "1") => vec![
                facts("PostNL", "https://track.example/3S1"),
                order("NL-1002", "2026-10-01T10:00:00Z", OrderStatus::Cancelled, eur("0"), &[]),
            ],
            ("us", "1") => vec![order(
                "US-1",
                "2026-11-21T02:30:00Z",
                OrderStatus::Paid,
                Money::new("1299".parse().unwrap(), Currency::USD),
                &[],
            )],
            _ => Vec::new(),
        })
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        match (store.as_str(), customer.as_str()) {
            ("nl", "1") => Ok(vec![
                OrderTotals {
                    count: 3,
                    lifetime_value: eur("1234.50"),
                    first_at: Some(at("2024-03-01T12:00:00Z")),
                    last_at: Some(at("2026-11-20T23:30:00Z")),
                },
                OrderTotals {
                    count: 1,
                    lifetime_value: Money::new("89.90".parse().unwrap(), Currency::USD),
                    first_at: Some(at("2025-05-01T12:00:00Z")),
                    last_at: Some(at("2025-05-01T12:00:00Z")),
                },
            ]),
            ("us", _) => Err(down("orders")),
            _ => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl Carts for Shop {
    async fn cart(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
        match (store.as_str(), customer.as_str()) {
            ("nl", "1") => Ok(Some(Cart {
                items: vec![CartItem {
                    title: "Regenjas".to_owned(),
                    quantity: 2,
                    price: eur("59.95"),
                }],
                total: eur("119.90"),
                updated_at: at("2026-11-21T08:15:00Z"),
            })),
            ("us", _) => Err(down("carts")),
            _ => Ok(None),
        }
    }
}

pub(crate) fn down(port: &'static str) -> PortError {
    PortError::new(port, "connection to 10.0.0.7 lost")
}

fn eur(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::EUR)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

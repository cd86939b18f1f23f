//! A small shop of its own, in memory: its customers, orders, carts and sessions stand for yours.
//! Replace it by your own implementations of `Customers`, `Orders`, `Carts` and `Sessions`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use chatwoot_client::Secret;
use http::HeaderMap;
use http::header::COOKIE;
use serde::Deserialize;
use store_context::Timestamp;
use store_context::memory::MemoryShop;
use store_context::model::{
    Cart, CartItem, Customer, CustomerId, Money, Order, OrderId, OrderItem, OrderStatus, Store,
};
use store_context::ports::AddressToken;
use subtle::ConstantTimeEq;

/// The customer with an order and a cart.
pub const ADA: &str = "ada";
/// The number of the order, which is paid and not sent yet.
pub const ORDER: &str = "T-1001";

/// Returns a shop of two customers in the store: one with an order, a cart and loyalty points, and
/// one without any.
///
/// # Errors
/// Returns an error if an id is refused.
pub fn tea_shop(store: &Store) -> Result<MemoryShop> {
    let shop = MemoryShop::new();
    shop.open(&store.id, store.currency);
    let eur = |amount: i64| Money::new(amount.into(), store.currency);
    let mut ada = Customer::new(CustomerId::new(ADA)?, "Ada Lovelace");
    ada.email = Some("ada@customer.example".to_owned());
    ada.email_verified = true;
    ada.attributes.insert("loyalty_points".to_owned(), 120.into());
    let now = Timestamp::now();
    let items = vec![OrderItem { title: "Darjeeling, 250 g".to_owned(), quantity: 2 }];
    let order = Order {
        items,
        ..Order::new(OrderId::new(ORDER)?, ada.id.clone(), now, OrderStatus::Paid, eur(49))
    };
    let tin = CartItem { title: "Tea tin".to_owned(), quantity: 1, price: eur(12) };
    let cart = Cart { items: vec![tin], total: eur(12), updated_at: now };
    let customer = ada.id.clone();
    shop.put_customer(&store.id, ada)?;
    shop.put_order(&store.id, order)?;
    shop.put_cart(&store.id, &customer, cart)?;
    shop.put_customer(&store.id, Customer::new(CustomerId::new("grace")?, "Grace Hopper"))?;
    Ok(shop)
}

/// The sessions of the shop's website, each a random token in a cookie: stands for what your shop
/// has.
#[derive(Debug)]
pub struct CookieSessions {
    password: Secret,
    all: Mutex<HashMap<String, (CustomerId, Instant)>>,
}

/// What a customer enters to sign in.
#[derive(Debug, Deserialize)]
pub struct SignIn {
    customer: CustomerId,
    password: Secret,
}

/// The lifetime of a session.
const LASTS: Duration = Duration::from_hours(8);
/// A page of another site sends no such cookie with a form, and no script reads it.
const COOKIE_FLAGS: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";

impl CookieSessions {
    /// Creates sessions of customers who all have one password. Your shop has one for each.
    pub fn new(password: impl Into<Secret>) -> Self {
        Self { password: password.into(), all: Mutex::default() }
    }

    /// Signs a customer in, and returns the cookie for the response; `None` if the password is
    /// wrong.
    pub fn begin(&self, given: SignIn) -> Option<String> {
        let (known, given_bytes) = (self.password.expose(), given.password.expose());
        if !bool::from(given_bytes.as_bytes().ct_eq(known.as_bytes())) {
            return None;
        }
        let token = AddressToken::random().ok()?.expose().to_owned();
        let cookie = format!("session={token}; Max-Age={}; {COOKIE_FLAGS}", LASTS.as_secs());
        let now = Instant::now();
        let mut all = self.all();
        all.retain(|_, (_, until)| now < *until);
        all.insert(token, (given.customer, now + LASTS));
        Some(cookie)
    }

    /// Returns the customer who is signed in.
    pub fn customer(&self, headers: &HeaderMap) -> Option<CustomerId> {
        let all = self.all();
        let (customer, until) = all.get(token(headers)?)?;
        (Instant::now() < *until).then(|| customer.clone())
    }

    /// Ends the session, and returns the cookie that removes the browser's.
    pub fn end(&self, headers: &HeaderMap) -> String {
        self.all().remove(token(headers).unwrap_or_default());
        format!("session=; Max-Age=0; {COOKIE_FLAGS}")
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, (CustomerId, Instant)>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let mut cookies = headers.get(COOKIE)?.to_str().ok()?.split(';');
    cookies.find_map(|cookie| cookie.trim().strip_prefix("session="))
}

/// Returns the shop's page, with the form to sign in or out, and the widget.
pub fn page(signed_in: bool, widget: &str) -> String {
    let form = if signed_in {
        "<form method=post action=/sign-out><button>Sign out</button></form>"
    } else {
        "<form method=post action=/sign-in><input name=customer placeholder=ada> \
         <input name=password type=password> <button>Sign in</button></form>"
    };
    format!("<!doctype html>\n<title>Tea shop</title>\n<h1>Tea shop</h1>\n{form}\n{widget}\n")
}

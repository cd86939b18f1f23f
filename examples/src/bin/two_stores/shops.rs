//! The two shops: their branding, and their initial customers and orders.

use jiff::Timestamp;
use store_context::model::{
    Branding, Customer, CustomerId, InvalidId, Money, Order, OrderId, OrderItem, OrderStatus,
    Store, StoreId, TierPolicy,
};
use store_context::{Currency, Decimal};

use crate::purchases::Purchase;

/// Two stores that differ in language, currency, time zone and branding.
pub(crate) fn stores() -> anyhow::Result<[Store; 2]> {
    let dutch = Store {
        locale: "nl".to_owned(),
        time_zone: "Europe/Amsterdam".to_owned(),
        branding: Some(Branding {
            color: "#D97706".to_owned(),
            welcome_title: "Hallo".to_owned(),
            welcome_tagline: "Vragen over kaas? Wij antwoorden binnen een paar minuten.".to_owned(),
            greeting: "Fijn dat je er bent. Waarmee kunnen we helpen?".to_owned(),
        }),
        tiers: Some(TierPolicy::new([("brons", 0), ("zilver", 100), ("goud", 500)])?),
        ..Store::new(
            StoreId::new("kaasplank")?,
            "De Kaasplank",
            "https://kaasplank.example".parse()?,
            "hulp@kaasplank.example",
            Currency::EUR,
        )
    };
    let american = Store {
        time_zone: "America/New_York".to_owned(),
        branding: Some(Branding {
            color: "#4338CA".to_owned(),
            welcome_title: "Hi there".to_owned(),
            welcome_tagline: "Questions about a record? We answer in minutes.".to_owned(),
            greeting: "Good to see you. How can we help?".to_owned(),
        }),
        tiers: Some(TierPolicy::new([("bronze", 0), ("silver", 100), ("gold", 500)])?),
        ..Store::new(
            StoreId::new("vinylroom")?,
            "The Vinyl Room",
            "https://vinylroom.example".parse()?,
            "help@vinylroom.example",
            Currency::USD,
        )
    };
    Ok([dutch, american])
}

const NAMES: [(&str, &str); 12] = [
    ("Sanne de Vries", "sanne"),
    ("Daan Jansen", "daan"),
    ("Ada Marsh", "ada"),
    ("Youssef El Amrani", "youssef"),
    ("Femke Bakker", "femke"),
    ("Miles Carter", "miles"),
    ("Joost van den Berg", "joost"),
    ("Grace O'Neill", "grace"),
    ("Zoë Visser", "zoe"),
    ("Émile Laurent", "emile"),
    ("李娜", "lina"),
    ("Noor Kaya", "noor"),
];

/// Returns the built-in data: twelve customers with one to twelve orders, some of them free.
pub(crate) fn built_in() -> anyhow::Result<Vec<Purchase>> {
    let mut purchases = Vec::new();
    for (index, (_, key)) in NAMES.iter().enumerate() {
        for number in 0..=index {
            let cents = i64::try_from((index * 37 + number * 911) % 15_000)?;
            purchases.push(Purchase {
                customer: (*key).to_owned(),
                placed_at: Timestamp::from_second(1_790_000_000 + 86_400 * i64::try_from(number)?)?,
                items: u32::try_from(number + 1)?,
                amount: if number == 3 { Decimal::ZERO } else { Decimal::new(cents, 2) },
            });
        }
    }
    Ok(purchases)
}

/// Returns a customer of the built-in data with name and verified address; any other with a name
/// derived from the id.
pub(crate) fn customer(id: CustomerId) -> Customer {
    let Some((name, key)) = NAMES.iter().find(|(_, key)| *key == id.as_str()) else {
        let name = format!("Customer {id}");
        return Customer::new(id, name);
    };
    Customer {
        email: Some(format!("{key}@example.com")),
        email_verified: true,
        ..Customer::new(id, *name)
    }
}

/// Returns a purchase as an order of a store, in its currency; the number is the order's.
pub(crate) fn order(
    store: &Store,
    customer: CustomerId,
    number: usize,
    purchase: &Purchase,
) -> Result<Order, InvalidId> {
    let title = if store.locale == "nl" { "Boerenkaas, belegen" } else { "LP, mint condition" };
    let id = OrderId::new(format!("{}", 1001 + number))?;
    let total = Money::new(purchase.amount, store.currency);
    Ok(Order {
        items: vec![OrderItem { title: title.to_owned(), quantity: purchase.items }],
        ..Order::new(id, customer, purchase.placed_at, OrderStatus::Delivered, total)
    })
}

//! The contact attributes that this engine writes: one table for the definitions in Chatwoot and
//! for the sync.

use chatwoot_client::Attributes;
use serde_json::{Value, json};

use crate::model::{Cart, Insights, Money, Tier};

/// The display type of an attribute in Chatwoot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Display {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A date.
    Date,
    /// One of the store's tiers.
    Tier,
}

/// The source of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The customer's tier, if the store has tiers.
    Tier,
    /// The customer's orders.
    Orders,
    /// The customer's cart, if the host has carts.
    Cart,
}

/// The state of a customer's cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CartState<'a> {
    /// The host has no carts, so the cart attributes are not written.
    NoCarts,
    /// The cart is empty.
    Empty,
    /// The cart has items.
    Filled(&'a Cart),
}

impl<'a> From<Option<&'a Cart>> for CartState<'a> {
    /// Converts the cart of a host that has carts.
    fn from(cart: Option<&'a Cart>) -> Self {
        cart.map_or(Self::Empty, Self::Filled)
    }
}

/// A contact attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute {
    /// The attribute's key in `custom_attributes`.
    pub key: &'static str,
    /// The attribute's name, for agents.
    pub name: &'static str,
    /// The attribute's description, for agents.
    pub description: &'static str,
    /// The display type.
    pub display: Display,
    /// The source of the value.
    pub subject: Subject,
}

const fn attribute(
    key: &'static str,
    name: &'static str,
    description: &'static str,
    display: Display,
    subject: Subject,
) -> Attribute {
    Attribute { key, name, description, display, subject }
}

/// All attributes that may be synced, in the order in which agents see them.
///
/// ```
/// assert!(store_context::attributes::ALL.iter().any(|attribute| attribute.key == "customer_tier"));
/// ```
pub const ALL: &[Attribute] = {
    use self::Display::{Date, Number, Text};
    use self::Subject::{Cart, Orders};
    &[
        attribute(
            "customer_tier",
            "Tier",
            "The customer's rank at the store",
            Display::Tier,
            Subject::Tier,
        ),
        attribute("lifetime_value", "Lifetime value", "What all orders cost", Number, Orders),
        attribute("order_count", "Orders", "How many orders count", Number, Orders),
        attribute("average_order", "Average order", "What an order costs", Number, Orders),
        attribute("last_order_at", "Last order", "When the latest was placed", Date, Orders),
        attribute("order_currency", "Currency", "The currency of the amounts", Text, Orders),
        attribute("cart_items", "Cart items", "How many pieces lie in the cart", Number, Cart),
        attribute("cart_value", "Cart value", "What the cart would cost", Number, Cart),
    ]
};

/// Returns the attributes of a store's contacts.
pub fn of(has_tiers: bool, has_carts: bool) -> impl Iterator<Item = &'static Attribute> {
    ALL.iter().filter(move |attribute| match attribute.subject {
        Subject::Tier => has_tiers,
        Subject::Orders => true,
        Subject::Cart => has_carts,
    })
}

/// Returns the values of a customer's attributes.
pub fn values(insights: &Insights, cart: CartState<'_>) -> Attributes {
    let totals = &insights.totals;
    let last_order = totals.last_at.map(|at| at.strftime("%Y-%m-%d").to_string());
    let (cart_items, cart_value) = match cart {
        CartState::NoCarts | CartState::Empty => (0, json!(0)),
        CartState::Filled(cart) => (cart.quantity(), amount(cart.total)),
    };
    let values = [
        json!(insights.tier.as_ref().map(Tier::as_str)),
        amount(totals.lifetime_value),
        json!(totals.count),
        amount(insights.average_order),
        json!(last_order),
        json!(totals.lifetime_value.currency.code()),
        json!(cart_items),
        cart_value,
    ];
    let all = ALL.iter().map(|attribute| attribute.key).zip(values);
    let is_had = |key: &str| {
        of(insights.tier.is_some(), cart != CartState::NoCarts)
            .any(|attribute| attribute.key == key)
    };
    all.filter(|(key, _)| is_had(key)).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Returns an amount as a JSON number with its exact digits: Chatwoot sorts and filters by it.
fn amount(money: Money) -> Value {
    let text = money.amount.normalize().to_string();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use iso_currency::Currency;

    use super::*;
    use crate::model::{OrderTotals, TierPolicy};

    #[test]
    fn each_attribute_of_the_table_has_a_value_and_no_other() {
        let totals = OrderTotals {
            count: 3,
            lifetime_value: Money::new("100.10".parse().unwrap(), Currency::EUR),
            first_at: None,
            last_at: Some("2026-11-21T12:00:00Z".parse().unwrap()),
        };
        let tiers = TierPolicy::new([("bronze", 0), ("silver", 100)]).unwrap();
        let ranked = Insights::new(Currency::EUR, [totals], Some(&tiers));
        let written = Value::Object(values(&ranked, CartState::Empty));
        assert_eq!(
            written,
            json!({
                "customer_tier": "silver",
                "lifetime_value": 100.1,
                "order_count": 3,
                "average_order": 33.37,
                "last_order_at": "2026-11-21",
                "order_currency": "EUR",
                "cart_items": 0,
                "cart_value": 0,
            })
        );
    }

    #[test]
    fn nothing_is_said_of_what_a_host_does_not_have() {
        let insights = Insights::new(Currency::EUR, [], None);
        let written = values(&insights, CartState::NoCarts);
        let orders = ALL.iter().filter(|attribute| attribute.subject == Subject::Orders);
        let keys: Vec<&str> = orders.map(|attribute| attribute.key).collect();
        assert_eq!(keys.len(), 5);
        assert!(written.len() == 5 && keys.iter().all(|key| written.contains_key(*key)));
        assert_eq!(of(false, false).map(|attribute| attribute.key).collect::<Vec<_>>(), keys);
        assert_eq!(of(true, true).count(), ALL.len());
    }
}

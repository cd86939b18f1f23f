//! The contact attributes that this engine writes: one table for what is defined in Chatwoot and
//! for what is synced.

use chatwoot_client::Attributes;
use serde_json::{Value, json};

use crate::model::{Cart, Insights, Money};

/// How Chatwoot shows an attribute.
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

/// One contact attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute {
    /// Its key in `custom_attributes`.
    pub key: &'static str,
    /// Its name, as agents read it.
    pub name: &'static str,
    /// What it says.
    pub description: &'static str,
    /// How it is shown.
    pub display: Display,
}

const fn attribute(
    key: &'static str,
    name: &'static str,
    description: &'static str,
    display: Display,
) -> Attribute {
    Attribute { key, name, description, display }
}

/// Every attribute that is synced, in the order agents see them.
///
/// ```
/// assert!(store_context::attributes::ALL.iter().any(|attribute| attribute.key == "customer_tier"));
/// ```
pub const ALL: &[Attribute] = &[
    attribute("customer_tier", "Tier", "The customer's rank at the store", Display::Tier),
    attribute("lifetime_value", "Lifetime value", "What all orders cost", Display::Number),
    attribute("order_count", "Orders", "How many orders count", Display::Number),
    attribute("average_order", "Average order", "What an order costs", Display::Number),
    attribute("last_order_at", "Last order", "When the latest order was placed", Display::Date),
    attribute("order_currency", "Currency", "The currency of the amounts", Display::Text),
    attribute("cart_items", "Cart items", "How many pieces lie in the cart", Display::Number),
    attribute("cart_value", "Cart value", "What the cart would cost", Display::Number),
];

/// What the attributes of a customer are.
pub fn values(insights: &Insights, cart: Option<&Cart>) -> Attributes {
    let totals = &insights.totals;
    let last_order = totals.last_at.map(|at| at.strftime("%Y-%m-%d").to_string());
    let values = [
        json!(insights.tier.as_str()),
        amount(totals.lifetime_value),
        json!(totals.count),
        amount(insights.average_order),
        json!(last_order),
        json!(totals.lifetime_value.currency.code()),
        json!(cart.map_or(0, Cart::quantity)),
        cart.map_or(json!(0), |cart| amount(cart.total)),
    ];
    ALL.iter().map(|attribute| attribute.key.to_owned()).zip(values).collect()
}

/// An amount as a JSON number, digit for digit: Chatwoot sorts and filters by it.
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
        let written = Value::Object(values(&Insights::new(totals, &tiers), None));
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
}

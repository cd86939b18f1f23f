//! The standard attributes of contacts.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::attribute::Attribute;
use super::input::CartState;
use crate::model::Cart;

/// Returns the standard attributes, in the order in which agents see them.
pub(super) fn attributes() -> Vec<Attribute> {
    let amount = |of: CartState<'_>| of.filled().map_or(Decimal::ZERO, |cart| cart.total.amount);
    let all = [
        Attribute::tier("customer_tier", "Tier").description("The customer's rank at the store"),
        Attribute::number("lifetime_value", "Lifetime value", |of| {
            Some(of.insights.totals.lifetime_value.amount)
        })
        .description("What all orders cost"),
        Attribute::number("order_count", "Orders", |of| Some(of.insights.totals.count.into()))
            .description("How many orders count"),
        Attribute::number("average_order", "Average order", |of| {
            Some(of.insights.average_order.amount)
        })
        .description("What an order costs"),
        Attribute::date("last_order_at", "Last order", |of| {
            of.insights.totals.last_at.map(|at| at.to_zoned(TimeZone::UTC).date())
        })
        .description("When the latest was placed"),
        Attribute::text("order_currency", "Currency", |of| {
            Some(of.insights.totals.lifetime_value.currency.code().to_owned())
        })
        .description("The currency of the amounts"),
        Attribute::number("cart_items", "Cart items", |of| {
            Some(of.cart.filled().map_or(0, Cart::quantity).into())
        })
        .description("How many pieces lie in the cart")
        .needing_cart(),
        Attribute::number("cart_value", "Cart value", move |of| Some(amount(of.cart)))
            .description("What the cart would cost")
            .needing_cart(),
    ];
    all.map(Attribute::of_standard_set).into()
}

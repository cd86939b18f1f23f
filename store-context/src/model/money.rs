//! Amounts of money, exact and always with a currency.

use std::fmt;

use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An exact amount in one currency. It serializes as `{"amount": "11.77", "currency": "USD"}`.
///
/// ```
/// use store_context::model::Money;
/// use store_context::{Currency, Decimal};
///
/// let price = Money::new("11.77".parse().unwrap(), Currency::USD);
/// assert_eq!(price.to_string(), "11.77 USD");
/// assert_eq!((price + Money::zero(Currency::USD)).unwrap(), price);
/// assert!((price + Money::new(Decimal::ONE, Currency::EUR)).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in the currency's main unit.
    pub amount: Decimal,
    /// The currency, as its ISO 4217 code.
    pub currency: Currency,
}

/// The error of adding or subtracting amounts in different currencies, or of a result that is too
/// large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("amounts in {} and {} have no sum", .0.code(), .1.code())]
pub struct CurrencyMismatch(Currency, Currency);

impl Money {
    /// Creates an amount in a currency.
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Returns zero in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(Decimal::ZERO, currency)
    }
}

impl std::ops::Add for Money {
    type Output = Result<Self, CurrencyMismatch>;

    fn add(self, other: Self) -> Self::Output {
        let mismatch = CurrencyMismatch(self.currency, other.currency);
        if self.currency != other.currency {
            return Err(mismatch);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(mismatch)?;
        Ok(Self::new(amount, self.currency))
    }
}

impl std::ops::Sub for Money {
    type Output = Result<Self, CurrencyMismatch>;

    fn sub(self, other: Self) -> Self::Output {
        self + Self::new(-other.amount, other.currency)
    }
}

impl fmt::Display for Money {
    /// Formats the amount with the number of decimals of its currency.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.exponent().unwrap_or(2));
        write!(f, "{:.digits$} {}", self.amount, self.currency.code())
    }
}

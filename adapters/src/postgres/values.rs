//! Values as they are stored.

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::Row;
use sqlx::postgres::PgRow;
use store_context::model::{CustomerId, StoreId};

use super::error::DatabaseError;

/// The longest duration that is added to the database's time: a hundred years.
const LONGEST: Duration = Duration::from_hours(100 * 8_766);

/// Returns a duration in whole microseconds, for `$1 * interval '1 microsecond'`.
pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.min(LONGEST).as_micros()).unwrap_or(i64::MAX)
}

/// Returns a number of rows, for `LIMIT`.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Returns a stored number that is never negative.
pub(super) fn count<T: TryFrom<i64>>(number: i64, what: &'static str) -> Result<T, DatabaseError> {
    T::try_from(number).map_err(|_| DatabaseError::Invalid { what })
}

/// Returns the store of a row.
pub(super) fn store(row: &PgRow) -> Result<StoreId, DatabaseError> {
    let store = StoreId::new(row.try_get::<String, _>("store")?);
    store.map_err(|_| DatabaseError::Invalid { what: "store" })
}

/// Returns the customer of a row.
pub(super) fn customer(row: &PgRow) -> Result<CustomerId, DatabaseError> {
    let customer = optional_customer(row, "customer")?;
    customer.ok_or(DatabaseError::Invalid { what: "customer" })
}

/// Returns a column that names a customer or nobody.
pub(super) fn optional_customer(
    row: &PgRow,
    column: &'static str,
) -> Result<Option<CustomerId>, DatabaseError> {
    let customer = row.try_get::<Option<String>, _>(column)?.map(CustomerId::new).transpose();
    customer.map_err(|_| DatabaseError::Invalid { what: column })
}

/// Returns a column's time.
pub(super) fn time(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Ok(row.try_get::<jiff_sqlx::Timestamp, _>(column)?.to_jiff())
}

/// Returns a column's time, if it has one.
pub(super) fn optional_time(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<jiff_sqlx::Timestamp>, _>(column)?.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Converts times into parameters.
pub(super) fn times(
    times: impl IntoIterator<Item = Option<Timestamp>>,
) -> Vec<Option<jiff_sqlx::Timestamp>> {
    times.into_iter().map(|time| time.map(Timestamp::to_sqlx)).collect()
}

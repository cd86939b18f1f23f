//! Wanting rows, and telling the stores when their first rows are due.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{PgConnection, Row};
use store_context::model::{CustomerId, StoreId};
use store_context::ports::{Doubt, Priority};

use super::row::{doubt_code, priority_code};
use super::sql;
use crate::postgres::database::Database;
use crate::postgres::error::DatabaseError;
use crate::postgres::values::{limit, optional_time, time, times};

/// How many wants of hosts' transactions are moved at once.
pub(super) const WANTS: usize = 1_000;

/// Rows that become wanted.
#[derive(Debug, Default)]
pub(super) struct Wants {
    stores: Vec<String>,
    customers: Vec<String>,
    priorities: Vec<i16>,
    at: Vec<Option<Timestamp>>,
    doubts: Vec<i16>,
    erased: Vec<bool>,
    merge_into: Vec<Option<String>>,
}

impl Wants {
    /// Customers of a store.
    pub(super) fn of(store: &StoreId, customers: &[CustomerId], priority: Priority) -> Self {
        let mut wants = Self::default();
        for customer in customers {
            wants.add(store.as_str(), customer.as_str(), priority, Doubt::None);
        }
        wants
    }

    pub(super) fn add(&mut self, store: &str, customer: &str, priority: Priority, doubt: Doubt) {
        self.stores.push(store.to_owned());
        self.customers.push(customer.to_owned());
        self.priorities.push(priority_code(priority));
        self.at.push(None);
        self.doubts.push(doubt_code(doubt));
        self.erased.push(false);
        self.merge_into.push(None);
    }

    /// Also raises a doubt.
    pub(super) fn doubted(mut self, doubt: Doubt) -> Self {
        self.doubts.fill(doubt_code(doubt));
        self
    }

    /// Also marks the customers as erased.
    pub(super) fn erased(mut self) -> Self {
        self.erased.fill(true);
        self
    }

    /// Also asks for a merge into another customer.
    pub(super) fn merging(mut self, into: &CustomerId) -> Self {
        self.merge_into.fill(Some(into.as_str().to_owned()));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stores.is_empty()
    }

    /// Wants the rows, and adds to `due` when they are due. Rows that do not exist are created,
    /// unless `existing`.
    pub(super) async fn apply(
        self,
        database: &Database,
        connection: &mut PgConnection,
        existing: bool,
        due: &mut Due,
    ) -> Result<(), DatabaseError> {
        if self.is_empty() {
            return Ok(());
        }
        let want = sqlx::query(database.sql(sql::WANT));
        let want = want.bind(self.stores).bind(self.customers).bind(self.priorities);
        let want = want.bind(times(self.at)).bind(self.doubts).bind(self.erased);
        let want = want.bind(self.merge_into).bind(existing);
        for row in want.fetch_all(connection).await? {
            due.add(
                row.try_get("store")?,
                row.try_get("priority")?,
                optional_time(&row, "claimable_at")?,
            );
        }
        Ok(())
    }
}

/// Moves wants of hosts' transactions into the rows. Returns how many; fewer than [`WANTS`] if none
/// is left that no other claim is moving.
pub(super) async fn fold(
    database: &Database,
    connection: &mut PgConnection,
) -> Result<usize, DatabaseError> {
    let taken = sqlx::query(database.sql(sql::TAKE_WANTS)).bind(limit(WANTS));
    let taken = taken.fetch_all(&mut *connection).await?;
    let mut wants = Wants::default();
    for row in &taken {
        wants.stores.push(row.try_get("store")?);
        wants.customers.push(row.try_get("customer")?);
        wants.priorities.push(row.try_get("priority")?);
        wants.at.push(Some(time(row, "at")?));
        wants.doubts.push(0);
        wants.erased.push(false);
        wants.merge_into.push(None);
    }
    let mut due = Due::default();
    wants.apply(database, connection, false, &mut due).await?;
    due.tell(database, connection).await?;
    Ok(taken.len())
}

/// When the first rows of stores are due, live and bulk.
#[derive(Debug, Default)]
pub(super) struct Due(BTreeMap<String, [Option<Timestamp>; 2]>);

impl Due {
    pub(super) fn add(&mut self, store: String, priority: i16, at: Option<Timestamp>) {
        if at.is_some() {
            let [live, bulk] = self.0.entry(store).or_default();
            let due = if priority == 0 { live } else { bulk };
            *due = [*due, at].into_iter().flatten().min();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the stores due no later than their rows. This is the last of a transaction.
    ///
    /// Triggers of one store do not wait for each other: they change the store's row only if it
    /// would be due too late, and otherwise they lock it for as little as keeps a claim from setting
    /// a time without having seen the row.
    pub(super) async fn tell(
        self,
        database: &Database,
        connection: &mut PgConnection,
    ) -> Result<(), DatabaseError> {
        if self.is_empty() {
            return Ok(());
        }
        let stores: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let live = times(self.0.values().map(|[live, _]| *live));
        let bulk = times(self.0.values().map(|[_, bulk]| *bulk));
        let late = sqlx::query(database.sql(sql::LATE_STORES)).bind(&stores).bind(&live);
        let known = late.bind(&bulk).fetch_all(&mut *connection).await?;
        let mut late = known.len() < stores.len();
        for row in known {
            late |= row.try_get::<bool, _>("late")?;
        }
        if late {
            let hasten = sqlx::query(database.sql(sql::HASTEN)).bind(&stores).bind(&live);
            hasten.bind(&bulk).execute(connection).await?;
        }
        Ok(())
    }
}

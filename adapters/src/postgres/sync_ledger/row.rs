//! Rows and links as they are stored.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use store_context::chatwoot::{AccountId, ContactId};
use store_context::model::{AccountKey, CustomerId, StoreId};
use store_context::ports::{Doubt, Fingerprint, Link, Priority, SyncClaim};

use crate::postgres::database::Database;
use crate::postgres::error::DatabaseError;
use crate::postgres::values::{count, customer, optional_customer, store, time};

/// A customer's row.
pub(super) type Key = (StoreId, CustomerId);

pub(super) const fn priority_code(priority: Priority) -> i16 {
    match priority {
        Priority::Live => 0,
        Priority::Bulk => 1,
    }
}

pub(super) const fn doubt_code(doubt: Doubt) -> i16 {
    match doubt {
        Doubt::None => 0,
        Doubt::Look => 1,
        Doubt::Write => 2,
    }
}

/// Returns the claim of a row, still without its link.
pub(super) fn claim(row: &PgRow, pauses: u32) -> Result<SyncClaim, DatabaseError> {
    let priority = match row.try_get::<i16, _>("priority")? {
        0 => Priority::Live,
        1 => Priority::Bulk,
        _ => return Err(DatabaseError::Invalid { what: "sync_rows.priority" }),
    };
    let doubt = match row.try_get::<i16, _>("doubt")? {
        0 => Doubt::None,
        1 => Doubt::Look,
        2 => Doubt::Write,
        _ => return Err(DatabaseError::Invalid { what: "sync_rows.doubt" }),
    };
    Ok(SyncClaim {
        store: store(row)?,
        customer: customer(row)?,
        wanted: count(row.try_get("wanted")?, "sync_rows.wanted")?,
        wanted_at: time(row, "wanted_at")?,
        priority,
        tries: count(row.try_get::<i32, _>("tries")?.into(), "sync_rows.tries")?,
        pauses,
        fence: count(row.try_get("fence")?, "sync_rows.fence")?,
        link: None,
        doubt,
        erased: row.try_get("erased")?,
        merge_into: optional_customer(row, "merge_into")?,
        merged_into: optional_customer(row, "merged_into")?,
    })
}

/// Returns the link of a row.
pub(super) fn link(row: &PgRow) -> Result<Link, DatabaseError> {
    let account = count(row.try_get("account")?, "sync_links.account")?;
    Ok(Link {
        account: AccountKey { base_url: row.try_get("base_url")?, account: AccountId(account) },
        contact: ContactId(count(row.try_get("contact")?, "sync_links.contact")?),
        fingerprint: Fingerprint(row.try_get("fingerprint")?),
        holds: row.try_get("holds")?,
        waits_for: row.try_get("waits_for")?,
        left_out: count(row.try_get::<i32, _>("left_out")?.into(), "sync_links.left_out")?,
    })
}

/// Returns the links of some rows, in a transaction that names their stores.
pub(super) async fn links_of(
    database: &Database,
    connection: &mut PgConnection,
    keys: impl IntoIterator<Item = (&StoreId, &CustomerId)>,
) -> Result<BTreeMap<Key, Link>, DatabaseError> {
    let (stores, customers): (Vec<&str>, Vec<&str>) =
        keys.into_iter().map(|(store, customer)| (store.as_str(), customer.as_str())).unzip();
    let links = database.sql(
        "SELECT l.* FROM unnest($1::text[], $2::text[]) AS wanted (store, customer)
        JOIN store_context.sync_links AS l USING (store, customer)",
    );
    let links = sqlx::query(links).bind(stores).bind(customers).fetch_all(connection).await?;
    links.iter().map(|row| Ok(((store(row)?, customer(row)?), link(row)?))).collect()
}

//! Entries that were taken in transactions of the host's, until they are filed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use store_context::model::{AccountKey, AttributeChange, StoreId, SupportEvent};
use store_context::ports::{EntrySource, NewEntry, PortResult};

use super::rows::{NewRow, number, store, unsigned};
use super::take::{Keys, Request, TakeError, take_in};
use crate::postgres::Database;
use crate::postgres::database::{SETTING, retrying};
use crate::postgres::error::{failed, invalid};

/// The number of entries that are filed in one transaction.
const BATCH: i64 = 256;

/// A new entry as it is kept.
#[derive(Serialize, Deserialize)]
struct EntryJson {
    key: String,
    delivery: Option<String>,
    twin_key: Option<String>,
    reconciled_key: Option<String>,
    event: SupportEvent,
    changed: Vec<AttributeChange>,
    source: EntrySource,
}

pub(super) async fn insert(
    database: &Database,
    transaction: &mut PgConnection,
    store: &StoreId,
    account: &AccountKey,
    entries: &[NewEntry],
) -> PortResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let json = entries.iter().cloned().map(|entry| {
        serde_json::to_vec(&EntryJson {
            key: entry.key,
            delivery: entry.delivery,
            twin_key: entry.twin_key,
            reconciled_key: entry.reconciled_key,
            event: entry.event,
            changed: entry.changed,
            source: entry.source,
        })
    });
    let json = json.collect::<Result<Vec<Vec<u8>>, _>>()?;
    // An array with one element, whose quotes and backslashes are escaped.
    let quoted = store.as_str().replace('\\', r"\\").replace('"', "\\\"");
    let before: Option<String> = sqlx::query_scalar("SELECT current_setting($1, true)")
        .bind(SETTING)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    name(transaction, &format!("{{\"{quoted}\"}}")).await?;
    sqlx::query(database.sql(
        "WITH inbox AS ( \
            INSERT INTO store_context.webhook_inbox (store, base_url, account, entry) \
            SELECT $1, $2, $3, n.entry FROM unnest($4::bytea[]) AS n (entry) RETURNING id \
         ) \
         INSERT INTO store_context.webhook_arrivals (id, store) SELECT inbox.id, $1 FROM inbox",
    ))
    .bind(store.as_str())
    .bind(&account.base_url)
    .bind(number(account.account.0))
    .bind(json)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    name(transaction, &before.unwrap_or_default()).await
}

async fn name(transaction: &mut PgConnection, stores: &str) -> PortResult<()> {
    sqlx::query("SELECT set_config($1, $2, true)")
        .bind(SETTING)
        .bind(stores)
        .execute(transaction)
        .await
        .map(|_| ())
        .map_err(failed)
}

/// Files what has arrived. Without arrivals this is one look at an empty table.
pub(super) async fn file(database: &Database) -> PortResult<()> {
    loop {
        let stores: Vec<String> = sqlx::query_scalar(database.sql(
            "SELECT DISTINCT a.store FROM ( \
                SELECT a.store FROM store_context.webhook_arrivals a ORDER BY a.id LIMIT $1) a",
        ))
        .bind(BATCH)
        .fetch_all(database.pool())
        .await
        .map_err(failed)?;
        if stores.is_empty() {
            return Ok(());
        }
        let stores = stores.into_iter().map(store).collect::<PortResult<BTreeSet<StoreId>>>()?;
        match retrying(|| once(database, &stores, BATCH, false)).await {
            Err(error) if error.is_of_one() => {
                one_by_one(database, &stores).await.map_err(TakeError::into_error)?;
            }
            filed => filed.map(|_| ()).map_err(TakeError::into_error)?,
        }
    }
}

/// Files the first arrivals one by one. What is refused alone is kept out of the others' way.
async fn one_by_one(database: &Database, stores: &BTreeSet<StoreId>) -> Result<(), TakeError> {
    for _ in 0..BATCH {
        let filed = match retrying(|| once(database, stores, 1, false)).await {
            Err(error) if error.is_of_one() => {
                let error = error.into_error();
                tracing::error!(%error, "an entry that the host took cannot be filed: it is left \
                    in the inbox");
                once(database, stores, 1, true).await?
            }
            filed => filed?,
        };
        if filed == 0 {
            break;
        }
    }
    Ok(())
}

/// Files the first arrivals of stores, or only sets them aside; returns their number.
async fn once(
    database: &Database,
    stores: &BTreeSet<StoreId>,
    limit: i64,
    set_aside: bool,
) -> Result<usize, TakeError> {
    let mut transaction = database.begin(stores).await?;
    // Whoever files at the same time waits, so that the order stays that of the arrivals.
    let ids: Vec<i64> = sqlx::query_scalar(database.sql(
        "SELECT a.id FROM store_context.webhook_arrivals a WHERE a.store = ANY ($1) \
         ORDER BY a.id LIMIT $2 FOR UPDATE",
    ))
    .bind(stores.iter().map(StoreId::as_str).collect::<Vec<&str>>())
    .bind(limit)
    .fetch_all(&mut *transaction)
    .await?;
    if !set_aside {
        let rows: Vec<(String, String, i64, Vec<u8>)> = sqlx::query_as(database.sql(
            "WITH filed AS (DELETE FROM store_context.webhook_inbox i WHERE i.id = ANY ($1) \
                RETURNING i.id, i.store, i.base_url, i.account, i.entry) \
             SELECT f.store, f.base_url, f.account, f.entry FROM filed f ORDER BY f.id",
        ))
        .bind(&ids)
        .fetch_all(&mut *transaction)
        .await?;
        let requests = rows.into_iter().map(request).collect::<PortResult<Vec<Request>>>();
        let requests = requests.map_err(TakeError::Port)?;
        let requests = requests.iter().collect::<Vec<&Request>>();
        take_in(database, &mut transaction, &requests, Keys::LookUp).await?;
    }
    sqlx::query(database.sql("DELETE FROM store_context.webhook_arrivals a WHERE a.id = ANY ($1)"))
        .bind(&ids)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(ids.len())
}

fn request((of, base_url, account, json): (String, String, i64, Vec<u8>)) -> PortResult<Request> {
    let entry: EntryJson =
        serde_json::from_slice(&json).map_err(|_| invalid("webhook_inbox.entry"))?;
    let account = AccountKey { base_url, account: unsigned(account).into() };
    let entry = NewEntry {
        key: entry.key,
        delivery: entry.delivery,
        twin_key: entry.twin_key,
        reconciled_key: entry.reconciled_key,
        event: entry.event,
        changed: entry.changed,
        source: entry.source,
    };
    let is_webhook = entry.source == EntrySource::Webhook;
    Ok(Request {
        store: store(of)?,
        rows: vec![NewRow::new(&account, &entry)?],
        account,
        is_webhook,
    })
}

//! Parked entries.

use std::collections::BTreeMap;

use jiff_sqlx::Timestamp;
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{ParkedEntry, PortResult};

use super::claims::{EntryRow, entry};
use super::rows::{number, text, unsigned};
use super::take::{NewQueues, TakeError};
use crate::postgres::Database;
use crate::postgres::database::retrying;
use crate::postgres::error::failed;
use crate::postgres::values;

/// The columns of an [`EntryRow`], its account, and why and when it was parked.
type ParkedRow =
    (i64, Vec<u8>, Vec<u8>, bool, bool, Timestamp, i32, String, i64, Option<Vec<u8>>, Timestamp);

pub(super) async fn list(
    database: &Database,
    store: &StoreId,
    after: Option<u64>,
    limit: usize,
) -> PortResult<Vec<ParkedEntry>> {
    let mut transaction = database.begin([store]).await.map_err(failed)?;
    let rows: Vec<ParkedRow> = sqlx::query_as(database.sql(
        "SELECT e.id, e.key, e.event, e.reconciled, e.stale, e.received_at, e.tries, e.base_url, \
            e.account, e.error, e.ended_at \
         FROM store_context.webhook_entries e \
         WHERE e.store = $1 AND e.state = 2 AND e.id > $2 ORDER BY e.id LIMIT $3",
    ))
    .bind(store.as_str())
    .bind(after.map_or(0, number))
    .bind(values::limit(limit))
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    let parked = rows.into_iter().map(|row| {
        let (id, key, json, reconciled, stale, received_at, tries, base_url, account, error, at) =
            row;
        let account = AccountKey { base_url, account: unsigned(account).into() };
        let row: EntryRow = (id, key, json, reconciled, stale, received_at, tries);
        let entry = entry(store, &account, row)?;
        let error = text(error.unwrap_or_default(), "webhook_entries.error")?;
        Ok(ParkedEntry { entry, error, parked_at: at.to_jiff() })
    });
    parked.collect()
}

pub(super) async fn replay(
    database: &Database,
    store: &StoreId,
    entry: Option<u64>,
    limit: usize,
) -> PortResult<u64> {
    let replayed = retrying(|| once(database, store, entry, limit)).await;
    replayed.map_err(TakeError::into_error)
}

async fn once(
    database: &Database,
    store: &StoreId,
    entry: Option<u64>,
    limit: usize,
) -> Result<u64, TakeError> {
    let mut transaction = database.begin([store]).await?;
    let rows: Vec<(i64, String, i64, Option<i64>, Timestamp)> = sqlx::query_as(database.sql(
        "SELECT e.id, e.base_url, e.account, e.conversation, e.received_at \
         FROM store_context.webhook_entries e \
         WHERE e.store = $1 AND e.state = 2 AND ($2 IS NULL OR e.id = $2) \
         ORDER BY e.id LIMIT $3 FOR UPDATE",
    ))
    .bind(store.as_str())
    .bind(entry.map(number))
    .bind(values::limit(limit))
    .fetch_all(&mut *transaction)
    .await?;
    let accounts: Vec<AccountKey> = rows
        .iter()
        .map(|(_, base_url, account, ..)| AccountKey {
            base_url: base_url.clone(),
            account: unsigned(*account).into(),
        })
        .collect();
    // The entries of each conversation, and each entry without one.
    let mut queues: BTreeMap<(&AccountKey, Option<i64>, usize), Vec<usize>> = BTreeMap::new();
    for (index, (row, account)) in rows.iter().zip(&accounts).enumerate() {
        let alone = if row.3.is_some() { 0 } else { index };
        queues.entry((account, row.3, alone)).or_default().push(index);
    }
    let mut new = NewQueues::default();
    for ((account, conversation, _), of) in &queues {
        let entries = i32::try_from(of.len()).unwrap_or(i32::MAX);
        let since = of.first().and_then(|first| rows.get(*first)).map(|row| row.4);
        new.push(store, account, *conversation, entries, since);
    }
    let queue_ids = new.insert(database, &mut transaction).await?;
    let mut of_entries = vec![0; rows.len()];
    for (queue, of) in queue_ids.into_iter().zip(queues.values()) {
        for index in of {
            of_entries[*index] = queue;
        }
    }
    let replayed = sqlx::query(database.sql(
        "UPDATE store_context.webhook_entries e SET state = 0, ended_at = NULL, error = NULL, \
            tries = 0, queue = n.queue, place = n.place \
         FROM (SELECT n.id, n.queue, nextval('store_context.webhook_numbers') AS place \
               FROM unnest($2::bigint[], $3::bigint[]) AS n (id, queue)) n \
         WHERE e.store = $1 AND e.state = 2 AND e.id = n.id",
    ))
    .bind(store.as_str())
    .bind(rows.iter().map(|row| row.0).collect::<Vec<i64>>())
    .bind(of_entries)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(replayed.rows_affected())
}

//! Claims on queues, and the attempts and outcomes of their entries.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff_sqlx::Timestamp;
use store_context::chatwoot::{ContactId, ConversationId};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{
    ClaimRequest, Entry, EntryOutcome, EntrySource, PortResult, QueueClaim,
};

use super::rows::{event, number, store, text, unsigned};
use crate::postgres::Database;
use crate::postgres::database::{retrying, seconds};
use crate::postgres::error::failed;
use crate::postgres::values;

const PROMOTE: &str = include_str!("sql/promote.sql");
const CLAIM: &str = include_str!("sql/claim.sql");
const LOAD: &str = include_str!("sql/load.sql");
const BEGIN: &str = include_str!("sql/begin.sql");
const SETTLE: &str = include_str!("sql/settle.sql");
const RELEASE: &str = include_str!("sql/release.sql");

/// The number of stores that one claim looks at: two thirds of its time at 256 of them.
const WINDOW: i32 = 64;

/// The store after which the next claim looks for due queues, if there are more stores than one
/// claim looks at; empty for all.
#[derive(Debug, Default)]
pub(super) struct Window(Mutex<String>);

impl Window {
    fn after(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn move_to(&self, store: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = store;
    }
}

/// A claimed queue, and the last store of a full window.
type ClaimedRow = (i64, String, String, i64, Option<i64>, i64, Timestamp, Option<String>);

pub(super) async fn claim(
    database: &Database,
    window: &Window,
    request: ClaimRequest<'_>,
) -> PortResult<Vec<QueueClaim>> {
    if request.limit == 0 {
        return Ok(Vec::new());
    }
    let rows = retrying(|| try_claim(database, window, request)).await.map_err(failed)?;
    let claims = rows.into_iter().map(|row| {
        let (queue, of, base_url, account, conversation, fence, since, _) = row;
        Ok(QueueClaim {
            store: store(of)?,
            account: AccountKey { base_url, account: unsigned(account).into() },
            queue: unsigned(queue),
            conversation: conversation.map(|id| ConversationId(unsigned(id))),
            fence: unsigned(fence),
            waiting_since: since.to_jiff(),
        })
    });
    claims.collect()
}

async fn try_claim(
    database: &Database,
    window: &Window,
    request: ClaimRequest<'_>,
) -> Result<Vec<ClaimedRow>, sqlx::Error> {
    let mut transaction = database.begin([]).await?;
    sqlx::query(database.sql(PROMOTE)).execute(&mut *transaction).await?;
    let limit = |limit: usize| i32::try_from(limit).unwrap_or(i32::MAX);
    let mut after = window.after();
    let mut claimed: Vec<ClaimedRow> = Vec::new();
    while claimed.len() < request.limit {
        let rows: Vec<ClaimedRow> = sqlx::query_as(database.sql(CLAIM))
            .bind(&after)
            .bind(WINDOW)
            .bind(request.except.iter().map(StoreId::as_str).collect::<Vec<&str>>())
            .bind(limit(request.limit - claimed.len()))
            .bind(limit(request.share.max(1)))
            .bind(seconds(request.lease))
            .fetch_all(&mut *transaction)
            .await?;
        match (rows.last(), after.is_empty()) {
            // A share of each, and again while there are any.
            (Some(row), _) => {
                window.move_to(row.7.clone().unwrap_or_default());
                claimed.extend(rows);
            }
            (None, true) => break,
            (None, false) => {
                after.clear();
                window.move_to(String::new());
            }
        }
    }
    transaction.commit().await?;
    Ok(claimed)
}

/// An entry without its store and account.
pub(super) type EntryRow = (i64, Vec<u8>, Vec<u8>, bool, bool, Timestamp, i32);

pub(super) async fn load(
    database: &Database,
    claim: &QueueClaim,
    limit: usize,
) -> PortResult<Vec<Entry>> {
    let mut transaction = database.begin([&claim.store]).await.map_err(failed)?;
    let rows: Vec<EntryRow> = sqlx::query_as(database.sql(LOAD))
        .bind(number(claim.queue))
        .bind(number(claim.fence))
        .bind(values::limit(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    rows.into_iter().map(|row| entry(&claim.store, &claim.account, row)).collect()
}

/// Returns waiting and parked entries of a contact.
pub(super) async fn entries_of(
    database: &Database,
    store: &StoreId,
    (account, contact): (&AccountKey, ContactId),
    after: Option<u64>,
    limit: usize,
) -> PortResult<Vec<Entry>> {
    const OF_CONTACT: &str = "
        SELECT e.id, e.key, e.event, e.reconciled, e.stale, e.received_at, e.tries FROM (
            SELECT w.* FROM store_context.webhook_queues q
            JOIN store_context.webhook_entries w ON w.queue = q.id
            WHERE q.store = $1 AND q.base_url = $2 AND q.account = $3
            UNION ALL
            SELECT p.* FROM store_context.webhook_entries p
            WHERE p.store = $1 AND p.state = 2 AND p.base_url = $2 AND p.account = $3
        ) e WHERE e.contact = $4 AND e.id > $5 ORDER BY e.id LIMIT $6";
    let mut transaction = database.begin([store]).await.map_err(failed)?;
    let rows: Vec<EntryRow> = sqlx::query_as(database.sql(OF_CONTACT))
        .bind(store.as_str())
        .bind(&account.base_url)
        .bind(number(account.account.0))
        .bind(number(contact.0))
        .bind(after.map_or(0, number))
        .bind(values::limit(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    rows.into_iter().map(|row| entry(store, account, row)).collect()
}

pub(super) fn entry(store: &StoreId, account: &AccountKey, row: EntryRow) -> PortResult<Entry> {
    let (id, key, json, reconciled, stale, received_at, tries) = row;
    let (event, changed) = event(&json)?;
    Ok(Entry {
        id: unsigned(id),
        store: store.clone(),
        account: account.clone(),
        key: text(key, "webhook_entries.key")?,
        event,
        changed,
        source: source(reconciled),
        stale,
        received_at: received_at.to_jiff(),
        tries: tries.cast_unsigned(),
    })
}

const fn source(reconciled: bool) -> EntrySource {
    if reconciled { EntrySource::Reconciler } else { EntrySource::Webhook }
}

pub(super) async fn begin(
    database: &Database,
    claim: &QueueClaim,
    entry: u64,
) -> PortResult<Option<u32>> {
    let begun = retrying(|| async {
        let mut transaction = database.begin([&claim.store]).await?;
        let tries: Option<i32> = sqlx::query_scalar(database.sql(BEGIN))
            .bind(number(claim.queue))
            .bind(number(claim.fence))
            .bind(number(entry))
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(tries)
    });
    Ok(begun.await.map_err(failed)?.map(i32::cast_unsigned))
}

pub(super) async fn extend(
    database: &Database,
    claim: &QueueClaim,
    lease: Duration,
) -> PortResult<bool> {
    let extended = sqlx::query(database.sql(
        "UPDATE store_context.webhook_queues q SET ready = false, \
            due_at = store_context.ledger_now() + make_interval(secs => $3) \
         WHERE q.id = $1 AND q.fence = $2",
    ))
    .bind(number(claim.queue))
    .bind(number(claim.fence))
    .bind(seconds(lease))
    .execute(database.pool())
    .await
    .map_err(failed)?;
    Ok(extended.rows_affected() > 0)
}

pub(super) async fn settle(
    database: &Database,
    claim: &QueueClaim,
    settled: &[(u64, EntryOutcome)],
) -> PortResult<bool> {
    let (mut ids, mut states, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let mut retry: Option<(i64, f64)> = None;
    for (id, outcome) in settled {
        let (state, error) = match outcome {
            // Why it failed is in the log: the ledger keeps the reason of the last attempt only.
            EntryOutcome::Retry { after, .. } => {
                retry = Some((number(*id), seconds(*after)));
                continue;
            }
            EntryOutcome::Handled => (1_i16, None),
            EntryOutcome::Parked { error } => (2, Some(error.as_bytes())),
        };
        ids.push(number(*id));
        states.push(state);
        errors.push(error);
    }
    let settled = retrying(|| async {
        let mut transaction = database.begin([&claim.store]).await?;
        let settled = sqlx::query(database.sql(SETTLE))
            .bind(number(claim.queue))
            .bind(number(claim.fence))
            .bind(&ids)
            .bind(&states)
            .bind(&errors)
            .bind(retry.map(|(id, _)| id))
            .bind(retry.map_or(0.0, |(_, after)| after))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(settled.rows_affected() > 0)
    });
    settled.await.map_err(failed)
}

pub(super) async fn release(database: &Database, claim: &QueueClaim) -> PortResult<bool> {
    let released: i64 = sqlx::query_scalar(database.sql(RELEASE))
        .bind(number(claim.queue))
        .bind(number(claim.fence))
        .fetch_one(database.pool())
        .await
        .map_err(failed)?;
    Ok(released > 0)
}

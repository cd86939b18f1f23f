//! The schedule of the reconciliation rounds.

use std::time::Duration;

use jiff_sqlx::Timestamp;
use sqlx::types::Json;
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{PortResult, RoundClaim, RoundOutcome, Unread};

use super::rows::{number, store, unsigned};
use crate::postgres::Database;
use crate::postgres::database::{duration, retrying, seconds};
use crate::postgres::error::failed;
use crate::postgres::values;

const CLAIM: &str = "\
    WITH due AS ( \
        SELECT r.store, r.due_at FROM store_context.webhook_rounds r \
        WHERE r.due_at <= store_context.ledger_now() \
        ORDER BY r.due_at, r.store LIMIT $1 FOR UPDATE SKIP LOCKED \
    ), claimed AS ( \
        UPDATE store_context.webhook_rounds r SET \
            fence = nextval('store_context.webhook_numbers'), \
            due_at = store_context.ledger_now() + make_interval(secs => $2) \
        FROM due WHERE r.store = due.store \
        RETURNING r.*, due.due_at AS was_due_at \
    ) \
    SELECT c.store, c.fence, c.base_url, c.account, c.since, \
        EXTRACT(EPOCH FROM store_context.ledger_now() - c.since)::float8, c.unread, c.failures, \
        EXTRACT(EPOCH FROM store_context.ledger_now() - c.last_webhook_at)::float8 \
    FROM claimed c ORDER BY c.was_due_at, c.store";

const CLAIM_ONE: &str = "\
    UPDATE store_context.webhook_rounds r SET \
        fence = nextval('store_context.webhook_numbers'), \
        due_at = store_context.ledger_now() + make_interval(secs => $2) \
    WHERE r.store = $1 AND (r.fence = 0 OR r.due_at <= store_context.ledger_now()) \
    RETURNING r.store, r.fence, r.base_url, r.account, r.since, \
        EXTRACT(EPOCH FROM store_context.ledger_now() - r.since)::float8, r.unread, r.failures, \
        EXTRACT(EPOCH FROM store_context.ledger_now() - r.last_webhook_at)::float8";

const FINISH: &str = "\
    UPDATE store_context.webhook_rounds r SET fence = 0, at_latest = NULL, \
        due_at = LEAST(r.at_latest, store_context.ledger_now() + make_interval(secs => $3)), \
        since = store_context.ledger_now() - make_interval(secs => $4), \
        base_url = $5, account = $6, unread = $7, failures = 0, \
        after_webhook = make_interval(secs => $8) \
    WHERE r.store = $1 AND r.fence = $2";

const FAIL: &str = "\
    UPDATE store_context.webhook_rounds r SET fence = 0, at_latest = NULL, \
        due_at = LEAST(r.at_latest, store_context.ledger_now() + make_interval(secs => $3)), \
        failures = LEAST(r.failures, 2147483646) + 1, after_webhook = NULL \
    WHERE r.store = $1 AND r.fence = $2";

const SKIP: &str = "\
    UPDATE store_context.webhook_rounds r SET fence = 0, at_latest = NULL, \
        due_at = LEAST(r.at_latest, store_context.ledger_now() + make_interval(secs => $3)), \
        after_webhook = NULL \
    WHERE r.store = $1 AND r.fence = $2";

pub(super) async fn schedule(database: &Database, stores: &[StoreId]) -> PortResult<()> {
    let mut names: Vec<&str> = stores.iter().map(StoreId::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let scheduled = retrying(|| async {
        sqlx::query(database.sql(
            "INSERT INTO store_context.webhook_rounds (store, due_at, since) \
             SELECT s.store, store_context.ledger_now(), store_context.ledger_now() \
             FROM unnest($1::text[]) AS s (store) ON CONFLICT (store) DO NOTHING",
        ))
        .bind(&names)
        .execute(database.pool())
        .await
    });
    scheduled.await.map(|_| ()).map_err(failed)
}

pub(super) async fn hurry(database: &Database, store: &StoreId) -> PortResult<()> {
    sqlx::query(database.sql(
        "UPDATE store_context.webhook_rounds r SET \
            due_at = CASE WHEN r.fence = 0 THEN LEAST(r.due_at, store_context.ledger_now()) \
                ELSE r.due_at END, \
            at_latest = CASE WHEN r.fence = 0 THEN r.at_latest \
                ELSE LEAST(r.at_latest, store_context.ledger_now()) END \
         WHERE r.store = $1",
    ))
    .bind(store.as_str())
    .execute(database.pool())
    .await
    .map(|_| ())
    .map_err(failed)
}

type RoundRow =
    (String, i64, Option<String>, Option<i64>, Timestamp, f64, Json<Vec<Unread>>, i32, Option<f64>);

pub(super) async fn claim(
    database: &Database,
    limit: usize,
    lease: Duration,
) -> PortResult<Vec<RoundClaim>> {
    let rows: Vec<RoundRow> = sqlx::query_as(database.sql(CLAIM))
        .bind(values::limit(limit))
        .bind(seconds(lease))
        .fetch_all(database.pool())
        .await
        .map_err(failed)?;
    rows.into_iter().map(read).collect()
}

pub(super) async fn claim_one(
    database: &Database,
    store: &StoreId,
    lease: Duration,
) -> PortResult<Option<RoundClaim>> {
    let row: Option<RoundRow> = sqlx::query_as(database.sql(CLAIM_ONE))
        .bind(store.as_str())
        .bind(seconds(lease))
        .fetch_optional(database.pool())
        .await
        .map_err(failed)?;
    row.map(read).transpose()
}

fn read(row: RoundRow) -> PortResult<RoundClaim> {
    let (of, fence, base_url, account, since, age, unread, failures, quiet) = row;
    let account = base_url
        .zip(account)
        .map(|(base_url, account)| AccountKey { base_url, account: unsigned(account).into() });
    Ok(RoundClaim {
        store: store(of)?,
        fence: unsigned(fence),
        account,
        since: since.to_jiff(),
        age: duration(age),
        unread: unread.0,
        failures: failures.cast_unsigned(),
        quiet_for: quiet.map(duration),
    })
}

pub(super) async fn extend(
    database: &Database,
    claim: &RoundClaim,
    lease: Duration,
) -> PortResult<bool> {
    let extended = sqlx::query(database.sql(
        "UPDATE store_context.webhook_rounds r SET \
            due_at = store_context.ledger_now() + make_interval(secs => $3) \
         WHERE r.store = $1 AND r.fence = $2",
    ))
    .bind(claim.store.as_str())
    .bind(number(claim.fence))
    .bind(seconds(lease))
    .execute(database.pool())
    .await
    .map_err(failed)?;
    Ok(extended.rows_affected() > 0)
}

pub(super) async fn settle(
    database: &Database,
    claim: &RoundClaim,
    outcome: RoundOutcome,
) -> PortResult<bool> {
    let settled = match &outcome {
        RoundOutcome::Finished { account, began_ago, unread, next, after_webhook } => {
            sqlx::query(database.sql(FINISH))
                .bind(claim.store.as_str())
                .bind(number(claim.fence))
                .bind(seconds(*next))
                .bind(seconds(*began_ago))
                .bind(&account.base_url)
                .bind(number(account.account.0))
                .bind(Json(unread))
                .bind(seconds(*after_webhook))
        }
        RoundOutcome::Skipped { next } => sqlx::query(database.sql(SKIP))
            .bind(claim.store.as_str())
            .bind(number(claim.fence))
            .bind(seconds(*next)),
        RoundOutcome::Failed { retry, .. } => sqlx::query(database.sql(FAIL))
            .bind(claim.store.as_str())
            .bind(number(claim.fence))
            .bind(seconds(*retry)),
    };
    let settled = settled.execute(database.pool()).await.map_err(failed)?;
    Ok(settled.rows_affected() > 0)
}

pub(super) async fn release(database: &Database, claim: &RoundClaim) -> PortResult<bool> {
    let released = sqlx::query(database.sql(
        "UPDATE store_context.webhook_rounds r SET fence = 0, at_latest = NULL, \
            due_at = store_context.ledger_now() \
         WHERE r.store = $1 AND r.fence = $2",
    ))
    .bind(claim.store.as_str())
    .bind(number(claim.fence))
    .execute(database.pool())
    .await
    .map_err(failed)?;
    Ok(released.rows_affected() > 0)
}

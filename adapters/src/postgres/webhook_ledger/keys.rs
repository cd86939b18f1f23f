//! What the ledger knows: keys, states and counts.

use sqlx::Row;
use store_context::chatwoot::{ConversationId, Time};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{KnownState, PortResult, WebhookCounts};

use super::rows::{digest, number, scope, unsigned};
use crate::postgres::Database;
use crate::postgres::database::retrying;
use crate::postgres::error::{failed, invalid};

const COUNTS: &str = include_str!("sql/counts.sql");

/// Adds entries that are forgotten already: of them only the keys are known.
const REMEMBER: &str = "\
    WITH stores AS ( \
        INSERT INTO store_context.webhook_stores (store) VALUES ($1) ON CONFLICT (store) DO NOTHING \
    ) \
    INSERT INTO store_context.webhook_entries \
        (store, digest, id, received_at, ended_at, state, reconciled, unknown, stale) \
    SELECT $1, n.digest, nextval('store_context.webhook_numbers'), store_context.ledger_now(), \
           store_context.ledger_now(), 3, false, false, false \
    FROM unnest($2::bytea[]) AS n (digest) ON CONFLICT (store, digest) DO NOTHING";

/// The number of stores that one transaction names.
pub(super) const STORES: usize = 200;

pub(super) async fn unknown(
    database: &Database,
    store: &StoreId,
    account: &AccountKey,
    keys: &[String],
) -> PortResult<Vec<String>> {
    let scope = scope(account);
    let digests: Vec<[u8; 16]> = keys.iter().map(|key| digest(&scope, key)).collect();
    let digests: Vec<&[u8]> = digests.iter().map(|digest| &digest[..]).collect();
    let mut transaction = database.begin([store]).await.map_err(failed)?;
    let unknown: Vec<i64> = sqlx::query_scalar(database.sql(
        "SELECT k.number FROM unnest($2::bytea[]) WITH ORDINALITY AS k (digest, number) \
         LEFT JOIN LATERAL (SELECT true AS known FROM store_context.webhook_entries e \
            WHERE e.store = $1 AND e.digest = k.digest LIMIT 1) e ON true \
         WHERE e.known IS NULL ORDER BY k.number",
    ))
    .bind(store.as_str())
    .bind(digests)
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    let index = |number: i64| usize::try_from(number - 1).ok();
    Ok(unknown.into_iter().filter_map(|at| keys.get(index(at)?).cloned()).collect())
}

pub(super) async fn remember(
    database: &Database,
    store: &StoreId,
    account: &AccountKey,
    keys: &[String],
) -> PortResult<()> {
    let scope = scope(account);
    let mut digests: Vec<[u8; 16]> = keys.iter().map(|key| digest(&scope, key)).collect();
    // In the order of the unique index, in which others wait for each other too.
    digests.sort_unstable();
    retrying(|| remember_once(database, store, &digests)).await.map_err(failed)
}

async fn remember_once(
    database: &Database,
    store: &StoreId,
    digests: &[[u8; 16]],
) -> Result<(), sqlx::Error> {
    let mut transaction = database.begin([store]).await?;
    sqlx::query(database.sql(REMEMBER))
        .bind(store.as_str())
        .bind(digests.iter().map(|digest| &digest[..]).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// The state, the status that was told, and the time of the messages that were read.
type StateRow = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

pub(super) async fn states(
    database: &Database,
    store: &StoreId,
    account: &AccountKey,
    conversations: &[ConversationId],
) -> PortResult<Vec<KnownState>> {
    let mut transaction = database.begin([store]).await.map_err(failed)?;
    let rows: Vec<StateRow> = sqlx::query_as(database.sql(
        "SELECT w.state, w.status_told, w.messages_read_at \
         FROM unnest($4::bigint[]) AS c (conversation) CROSS JOIN LATERAL ( \
            SELECT * FROM store_context.webhook_states w WHERE w.store = $1 AND w.base_url = $2 \
              AND w.account = $3 AND w.conversation = c.conversation LIMIT 1) w",
    ))
    .bind(store.as_str())
    .bind(&account.base_url)
    .bind(number(account.account.0))
    .bind(conversations.iter().map(|id| number(id.0)).collect::<Vec<i64>>())
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    let known = rows.into_iter().map(|(state, status_told, messages_read_at)| {
        Ok(KnownState {
            state: json(&state, "webhook_states.state")?,
            status_told: optional(status_told, "webhook_states.status_told")?,
            messages_read_at: optional(messages_read_at, "webhook_states.messages_read_at")?,
        })
    });
    known.collect()
}

pub(super) async fn messages_read(
    database: &Database,
    store: &StoreId,
    account: &AccountKey,
    read: &[(ConversationId, Time)],
) -> PortResult<()> {
    let mut sorted = read.to_vec();
    sorted.sort_unstable();
    let conversations: Vec<i64> = sorted.iter().map(|(id, _)| number(id.0)).collect();
    let mut transaction = database.begin([store]).await.map_err(failed)?;
    // Times keep the form in which Chatwoot writes them, so they are compared here.
    let known: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as(database.sql(
        "SELECT w.conversation, w.messages_read_at FROM unnest($4::bigint[]) AS c (conversation) \
         CROSS JOIN LATERAL (SELECT * FROM store_context.webhook_states w WHERE w.store = $1 \
            AND w.base_url = $2 AND w.account = $3 AND w.conversation = c.conversation \
            LIMIT 1 FOR UPDATE) w",
    ))
    .bind(store.as_str())
    .bind(&account.base_url)
    .bind(number(account.account.0))
    .bind(&conversations)
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed)?;
    let (mut ids, mut times) = (Vec::new(), Vec::new());
    for (id, before) in known {
        let before: Option<Time> = optional(before, "webhook_states.messages_read_at")?;
        let now = sorted.iter().filter(|(of, _)| number(of.0) == id).map(|(_, at)| *at).max();
        if now > before {
            ids.push(id);
            times.push(serde_json::to_vec(&now)?);
        }
    }
    sqlx::query(database.sql(
        "UPDATE store_context.webhook_states w SET messages_read_at = n.at \
         FROM unnest($4::bigint[], $5::bytea[]) AS n (conversation, at) WHERE w.store = $1 \
           AND w.base_url = $2 AND w.account = $3 AND w.conversation = n.conversation",
    ))
    .bind(store.as_str())
    .bind(&account.base_url)
    .bind(number(account.account.0))
    .bind(ids)
    .bind(times)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

pub(super) async fn counts(
    database: &Database,
    store: Option<&StoreId>,
) -> PortResult<WebhookCounts> {
    let mut sum = WebhookCounts::default();
    let mut after = None;
    loop {
        let stores = match store {
            Some(store) => vec![store.clone()],
            None => stores_after(database, after.as_ref()).await?,
        };
        let Some(last) = stores.last() else { return Ok(sum) };
        add(database, &stores, &mut sum).await?;
        if store.is_some() {
            return Ok(sum);
        }
        after = Some(last.clone());
    }
}

async fn add(database: &Database, stores: &[StoreId], sum: &mut WebhookCounts) -> PortResult<()> {
    let mut transaction = database.begin(stores).await.map_err(failed)?;
    let row = sqlx::query(database.sql(COUNTS))
        .bind(stores.iter().map(StoreId::as_str).collect::<Vec<&str>>())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    let count = |name: &str| row.try_get::<i64, _>(name).map(unsigned).map_err(failed);
    let oldest: Option<jiff_sqlx::Timestamp> = row.try_get("oldest").map_err(failed)?;
    let oldest = oldest.map(jiff_sqlx::Timestamp::to_jiff);
    let last: Option<jiff_sqlx::Timestamp> = row.try_get("last_webhook").map_err(failed)?;
    let last = last.map(jiff_sqlx::Timestamp::to_jiff);
    sum.webhooks += count("webhooks")?;
    sum.reconciled += count("reconciled")?;
    sum.handled += count("handled")?;
    sum.waiting += count("waiting")?;
    sum.claimed += count("claimed")?;
    sum.parked += count("parked")?;
    sum.unknown += count("unknown")?;
    sum.oldest_waiting_since = [sum.oldest_waiting_since, oldest].into_iter().flatten().min();
    sum.last_webhook_at = sum.last_webhook_at.max(last);
    Ok(())
}

/// Returns the next stores that have entries.
pub(super) async fn stores_after(
    database: &Database,
    after: Option<&StoreId>,
) -> PortResult<Vec<StoreId>> {
    let stores: Vec<String> = sqlx::query_scalar(database.sql(
        "SELECT w.store FROM store_context.webhook_stores w WHERE w.store > $1 \
         ORDER BY w.store LIMIT $2",
    ))
    .bind(after.map_or("", StoreId::as_str))
    .bind(number(STORES as u64))
    .fetch_all(database.pool())
    .await
    .map_err(failed)?;
    stores.into_iter().map(super::rows::store).collect()
}

fn optional<T: serde::de::DeserializeOwned>(
    stored: Option<Vec<u8>>,
    what: &'static str,
) -> PortResult<Option<T>> {
    stored.map(|stored| json(&stored, what)).transpose()
}

fn json<T: serde::de::DeserializeOwned>(stored: &[u8], what: &'static str) -> PortResult<T> {
    serde_json::from_slice(stored).map_err(|_| invalid(what))
}

//! What is removed: old rows, a contact's data, a store's data.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use store_context::chatwoot::{ContactId, ConversationId};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{PortResult, PurgeRequest, Purged};

use super::keys::stores_after;
use super::rows::{number, unsigned};
use super::take::UNQUEUE;
use crate::postgres::Database;
use crate::postgres::database::{retrying, seconds};
use crate::postgres::error::failed;
use crate::postgres::values;

const FORGET_CONTACTS: &str = include_str!("sql/removed.sql");

/// What a purge removes, by kind.
const PURGE_ENTRIES: &str = "\
    WITH old AS ( \
        SELECT e.store, e.digest FROM unnest($1::text[]) AS s (store) CROSS JOIN LATERAL ( \
            SELECT e.store, e.digest FROM store_context.webhook_entries e \
            WHERE e.store = s.store AND e.state = $2 \
              AND e.ended_at < store_context.ledger_now() - make_interval(secs => $3) \
            ORDER BY e.ended_at LIMIT $4 FOR UPDATE SKIP LOCKED) e LIMIT $4 \
    ) \
    DELETE FROM store_context.webhook_entries e USING old \
    WHERE e.store = old.store AND e.digest = old.digest";

const PURGE_STATES: &str = "\
    WITH old AS ( \
        SELECT w.* FROM unnest($1::text[]) AS s (store) CROSS JOIN LATERAL ( \
            SELECT w.store, w.base_url, w.account, w.conversation \
            FROM store_context.webhook_states w WHERE w.store = s.store \
              AND w.updated_on <= ((store_context.ledger_now() - make_interval(secs => $2)) \
                AT TIME ZONE 'UTC')::date \
              AND w.updated_at < store_context.ledger_now() - make_interval(secs => $2) \
            ORDER BY w.updated_on LIMIT $3 FOR UPDATE SKIP LOCKED) w LIMIT $3 \
    ) \
    DELETE FROM store_context.webhook_states w USING old \
    WHERE w.store = old.store AND w.base_url = old.base_url AND w.account = old.account \
      AND w.conversation = old.conversation";

const HANDLED: i16 = 1;
const PARKED: i16 = 2;
const FORGOTTEN: i16 = 3;

pub(super) async fn purge(database: &Database, request: &PurgeRequest) -> PortResult<Purged> {
    let mut purged = Purged::default();
    let mut after = None;
    while unsigned_limit(request) > purged.total() {
        let stores = stores_after(database, after.as_ref()).await?;
        let Some(last) = stores.last() else { break };
        let of = retrying(|| purge_stores(database, &stores, request, purged)).await;
        purged = of.map_err(failed)?;
        after = Some(last.clone());
    }
    Ok(purged)
}

const fn unsigned_limit(request: &PurgeRequest) -> u64 {
    request.limit as u64
}

/// Removes what is old of some stores, and returns the sum with what was removed before.
async fn purge_stores(
    database: &Database,
    stores: &[StoreId],
    request: &PurgeRequest,
    before: Purged,
) -> Result<Purged, sqlx::Error> {
    let mut purged = before;
    let left = |purged: Purged| number(unsigned_limit(request).saturating_sub(purged.total()));
    let names: Vec<&str> = stores.iter().map(StoreId::as_str).collect();
    let mut transaction = database.begin(stores).await?;
    let parked = request.parked_before.map(|age| (PARKED, age));
    let handled = [HANDLED, FORGOTTEN].map(|state| (state, request.handled_before));
    for (state, age) in handled.into_iter().chain(parked) {
        let removed = sqlx::query(database.sql(PURGE_ENTRIES))
            .bind(&names)
            .bind(state)
            .bind(seconds(age))
            .bind(left(purged))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if state == PARKED {
            purged.parked += removed;
        } else {
            purged.handled += removed;
        }
    }
    purged.states += sqlx::query(database.sql(PURGE_STATES))
        .bind(&names)
        .bind(seconds(request.handled_before))
        .bind(left(purged))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    transaction.commit().await?;
    Ok(purged)
}

/// The kinds of what is forgotten.
pub(super) const CONTACT: i16 = 0;
pub(super) const CONVERSATION: i16 = 1;

/// Contacts and conversations of an account that are to be forgotten.
#[derive(Clone, Copy)]
pub(super) struct Forget<'a> {
    pub(super) store: &'a StoreId,
    pub(super) account: &'a AccountKey,
    pub(super) contacts: &'a [ContactId],
    pub(super) conversations: &'a [ConversationId],
}

pub(super) async fn forget_contacts(database: &Database, what: Forget<'_>) -> PortResult<u64> {
    // What is received from now on is not taken.
    retrying(|| mark_forgotten(database, what)).await.map_err(failed)?;
    retrying(|| forget_contacts_once(database, what)).await.map_err(failed)
}

async fn mark_forgotten(database: &Database, what: Forget<'_>) -> Result<(), sqlx::Error> {
    let contacts = what.contacts.iter().map(|id| (CONTACT, number(id.0)));
    let conversations = what.conversations.iter().map(|id| (CONVERSATION, number(id.0)));
    let mut all: Vec<(i16, i64)> = contacts.chain(conversations).collect();
    // The order in which all lock.
    all.sort_unstable();
    let mut transaction = database.begin([what.store]).await?;
    sqlx::query(database.sql(
        "INSERT INTO store_context.webhook_forgotten (store, base_url, account, kind, number) \
         SELECT $1, $2, $3, f.kind, f.number FROM unnest($4::smallint[], $5::bigint[]) \
            AS f (kind, number) \
         ON CONFLICT DO NOTHING",
    ))
    .bind(what.store.as_str())
    .bind(&what.account.base_url)
    .bind(number(what.account.account.0))
    .bind(all.iter().map(|(kind, _)| *kind).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, id)| *id).collect::<Vec<_>>())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

async fn forget_contacts_once(database: &Database, what: Forget<'_>) -> Result<u64, sqlx::Error> {
    let Forget { store, account, contacts, conversations } = what;
    let contacts: Vec<i64> = contacts.iter().map(|id| number(id.0)).collect();
    let conversations: Vec<i64> = conversations.iter().map(|id| number(id.0)).collect();
    let account_number = number(account.account.0);
    let mut transaction = database.begin([store]).await?;
    // The queues first, as everybody who changes their entries locks them; so the entries that a
    // delivery appends just now are seen by the next statement.
    let queues: Vec<i64> = sqlx::query_scalar(database.sql(
        "SELECT q.id FROM store_context.webhook_queues q \
         WHERE q.store = $1 AND q.base_url = $2 AND q.account = $3 \
           AND (q.conversation = ANY ($5) OR EXISTS ( \
            SELECT FROM store_context.webhook_entries e \
            WHERE e.queue = q.id AND (e.contact = ANY ($4) OR e.conversation = ANY ($5)))) \
         ORDER BY q.conversation, q.id FOR UPDATE",
    ))
    .bind(store.as_str())
    .bind(&account.base_url)
    .bind(account_number)
    .bind(&contacts)
    .bind(&conversations)
    .fetch_all(&mut *transaction)
    .await?;
    let removed: Vec<(Option<i64>, i32, bool, i32)> = sqlx::query_as(database.sql(FORGET_CONTACTS))
        .bind(queues)
        .bind(store.as_str())
        .bind(&account.base_url)
        .bind(account_number)
        .bind(&contacts)
        .bind(&conversations)
        .fetch_all(&mut *transaction)
        .await?;
    let entries = removed.first().map_or(0, |row| u64::try_from(row.3).unwrap_or_default());
    let of_queues = removed.into_iter().filter_map(|row| Some((row.0?, (row.1, row.2))));
    unqueue(database, &mut transaction, &of_queues.collect()).await?;
    let states = sqlx::query(database.sql(
        "DELETE FROM store_context.webhook_states w \
         WHERE w.store = $1 AND w.base_url = $2 AND w.account = $3 \
           AND (w.contact = ANY ($4) OR w.conversation = ANY ($5))",
    ))
    .bind(store.as_str())
    .bind(&account.base_url)
    .bind(account_number)
    .bind(&contacts)
    .bind(&conversations)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(entries + states.rows_affected())
}

/// Takes removed entries off their queues: their number, and whether the first was among them.
async fn unqueue(
    database: &Database,
    transaction: &mut PgConnection,
    removed: &BTreeMap<i64, (i32, bool)>,
) -> Result<(), sqlx::Error> {
    if removed.is_empty() {
        return Ok(());
    }
    sqlx::query(database.sql(UNQUEUE))
        .bind(removed.keys().copied().collect::<Vec<i64>>())
        .bind(removed.values().map(|(entries, _)| *entries).collect::<Vec<i32>>())
        .bind(removed.values().map(|(_, first)| *first).collect::<Vec<bool>>())
        .execute(transaction)
        .await?;
    Ok(())
}

pub(super) async fn forget_store(
    database: &Database,
    store: &StoreId,
    limit: usize,
) -> PortResult<u64> {
    retrying(|| forget_store_once(database, store, limit)).await.map_err(failed)
}

async fn forget_store_once(
    database: &Database,
    store: &StoreId,
    limit: usize,
) -> Result<u64, sqlx::Error> {
    let mut transaction = database.begin([store]).await?;
    let limit = values::limit(limit);
    let states = sqlx::query(database.sql(
        "WITH chosen AS (SELECT w.base_url, w.account, w.conversation \
            FROM store_context.webhook_states w WHERE w.store = $1 LIMIT $2) \
         DELETE FROM store_context.webhook_states w USING chosen \
         WHERE w.store = $1 AND w.base_url = chosen.base_url AND w.account = chosen.account \
           AND w.conversation = chosen.conversation",
    ))
    .bind(store.as_str())
    .bind(limit)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let left = limit - i64::try_from(states).unwrap_or(limit);
    let mut chosen: Vec<(Vec<u8>, Option<i64>)> = sqlx::query_as(database.sql(
        "(SELECT e.digest, e.queue FROM store_context.webhook_entries e \
          WHERE e.store = $1 AND e.ended_at IS NOT NULL LIMIT $2) \
         UNION ALL \
         (SELECT e.digest, e.queue FROM store_context.webhook_queues q CROSS JOIN LATERAL ( \
            SELECT w.digest, w.queue FROM store_context.webhook_entries w WHERE w.queue = q.id) e \
          WHERE q.store = $1 LIMIT $2) \
         LIMIT $2",
    ))
    .bind(store.as_str())
    .bind(left)
    .fetch_all(&mut *transaction)
    .await?;
    // The order in which all lock.
    chosen.sort_unstable();
    let queues: Vec<i64> = chosen.iter().filter_map(|(_, queue)| *queue).collect();
    sqlx::query(database.sql(
        "SELECT FROM store_context.webhook_queues q WHERE q.id = ANY ($1) \
         ORDER BY q.base_url, q.account, q.conversation, q.id FOR UPDATE",
    ))
    .bind(queues)
    .execute(&mut *transaction)
    .await?;
    let removed: Vec<Option<i64>> = sqlx::query_scalar(database.sql(
        "DELETE FROM store_context.webhook_entries e USING unnest($2::bytea[]) AS c (digest) \
         WHERE e.store = $1 AND e.digest = c.digest RETURNING e.queue",
    ))
    .bind(store.as_str())
    .bind(chosen.into_iter().map(|(digest, _)| digest).collect::<Vec<_>>())
    .fetch_all(&mut *transaction)
    .await?;
    let forgotten = states + removed.len() as u64;
    if forgotten < unsigned(limit) {
        forget_queues(database, &mut transaction, store).await?;
    } else {
        let mut of_queues: BTreeMap<i64, (i32, bool)> = BTreeMap::new();
        for queue in removed.into_iter().flatten() {
            of_queues.entry(queue).or_insert((0, true)).0 += 1;
        }
        unqueue(database, &mut transaction, &of_queues).await?;
    }
    transaction.commit().await?;
    Ok(forgotten)
}

/// Removes the queues and the schedule of a store that has no entries.
async fn forget_queues(
    database: &Database,
    transaction: &mut PgConnection,
    store: &StoreId,
) -> Result<(), sqlx::Error> {
    for statement in [
        "DELETE FROM store_context.webhook_queues q WHERE q.store = $1",
        "DELETE FROM store_context.webhook_rounds r WHERE r.store = $1",
        "DELETE FROM store_context.webhook_stores w WHERE w.store = $1",
        "DELETE FROM store_context.webhook_forgotten w WHERE w.store = $1",
    ] {
        sqlx::query(database.sql(statement))
            .bind(store.as_str())
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

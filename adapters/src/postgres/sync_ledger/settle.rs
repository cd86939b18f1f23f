//! Beginning, extending and settling claims.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{PgConnection, Row};
use store_context::model::CustomerId;
use store_context::ports::{Doubt, Link, Priority, Settlement, SyncClaim};

use super::row::{Key, links_of};
use super::want::{Due, Wants};
use super::{PostgresSyncLedger, sql};
use crate::postgres::database::Database;
use crate::postgres::error::DatabaseError;
use crate::postgres::values::{micros, optional_time};

/// A fence that no row has, of a claim that is not ours.
const NO_FENCE: i64 = -1;

fn fence(claim: &SyncClaim) -> i64 {
    i64::try_from(claim.fence).unwrap_or(NO_FENCE)
}

fn key(claim: &SyncClaim) -> Key {
    (claim.store.clone(), claim.customer.clone())
}

/// Some claims' stores, customers and fences, as parameters.
fn columns<'a>(
    claims: impl Iterator<Item = &'a SyncClaim>,
) -> (Vec<&'a str>, Vec<&'a str>, Vec<i64>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for claim in claims {
        columns.0.push(claim.store.as_str());
        columns.1.push(claim.customer.as_str());
        columns.2.push(fence(claim));
    }
    columns
}

impl PostgresSyncLedger {
    pub(super) async fn try_begin(&self, claim: &SyncClaim) -> Result<bool, DatabaseError> {
        let database = &self.database;
        // A row that is wanted already, as most are, is due no earlier by it.
        let begin = database.sql(
            "UPDATE store_context.sync_rows SET doubt = 2
            WHERE store = $1 AND customer = $2 AND fence = $3 AND claimed_until IS NOT NULL
                AND (NOT erased OR $4) AND wanted > confirmed AND parked_at IS NULL",
        );
        let begin = sqlx::query(begin).bind(claim.store.as_str()).bind(claim.customer.as_str());
        let begin = begin.bind(fence(claim)).bind(claim.erased);
        if begin.execute(database.pool()).await?.rows_affected() > 0 {
            return Ok(true);
        }
        let mut transaction = database.begin([]).await?;
        let begin = sqlx::query(database.sql(sql::BEGIN)).bind(claim.store.as_str());
        let begin = begin.bind(claim.customer.as_str()).bind(fence(claim)).bind(claim.erased);
        let Some(row) = begin.fetch_optional(&mut *transaction).await? else {
            return Ok(false);
        };
        let mut due = Due::default();
        let at = optional_time(&row, "claimable_at")?;
        due.add(row.try_get("store")?, row.try_get("priority")?, at);
        due.tell(database, &mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn try_extend(
        &self,
        claims: &[SyncClaim],
        lease: Duration,
    ) -> Result<Vec<bool>, DatabaseError> {
        let database = &self.database;
        let mut stood = vec![false; claims.len()];
        let mut transaction = database.begin([]).await?;
        let (stores, customers, fences) = columns(claims.iter());
        let extend = sqlx::query(database.sql(sql::EXTEND)).bind(stores).bind(customers);
        let extend = extend.bind(fences).bind(micros(lease));
        let mut due = Due::default();
        for row in extend.fetch_all(&mut *transaction).await? {
            for number in row.try_get::<Vec<i64>, _>("numbers")? {
                mark(&mut stood, number);
            }
            let at = optional_time(&row, "claimable_at")?;
            due.add(row.try_get("store")?, row.try_get("priority")?, at);
        }
        let probes = claims.iter().zip(&stood).filter(|(claim, stood)| **stood && claim.pauses > 0);
        let (stores, _, fences) = columns(probes.map(|(claim, _)| claim));
        if !stores.is_empty() {
            let extend = sqlx::query(database.sql(sql::EXTEND_PROBES)).bind(stores).bind(fences);
            extend.bind(micros(lease)).execute(&mut *transaction).await?;
        }
        due.tell(database, &mut transaction).await?;
        transaction.commit().await?;
        Ok(stood)
    }

    pub(super) async fn try_settle(
        &self,
        settled: &[(SyncClaim, Settlement)],
    ) -> Result<Vec<bool>, DatabaseError> {
        let database = &self.database;
        let stores: BTreeSet<_> = settled.iter().map(|(claim, _)| &claim.store).collect();
        let mut transaction = database.begin(stores).await?;
        let mut stood = vec![false; settled.len()];
        let mut due = Due::default();
        let mut rest = settled;
        while !rest.is_empty() {
            let (run, after) = rest.split_at(length_of_run(rest));
            let first = settled.len() - rest.len();
            let stood = stood.get_mut(first..).unwrap_or_default();
            settle_run(database, &mut transaction, run, stood, &mut due).await?;
            rest = after;
        }
        due.tell(database, &mut transaction).await?;
        transaction.commit().await?;
        Ok(stood)
    }
}

fn mark(stood: &mut [bool], number: i64) {
    let index = usize::try_from(number - 1).ok();
    if let Some(stood) = index.and_then(|index| stood.get_mut(index)) {
        *stood = true;
    }
}

/// Returns how many settlements can be one statement: none of them has a row or a contact twice.
fn length_of_run(settled: &[(SyncClaim, Settlement)]) -> usize {
    let (mut rows, mut contacts) = (BTreeSet::new(), BTreeSet::new());
    let repeats = settled.iter().position(|(claim, settlement)| {
        let again = match settlement {
            Settlement::Confirmed { link, .. } => {
                !contacts.insert((&claim.store, &link.account, link.contact))
            }
            _ => false,
        };
        !rows.insert((&claim.store, &claim.customer)) || again
    });
    repeats.unwrap_or(settled.len())
}

async fn settle_run(
    database: &Database,
    connection: &mut PgConnection,
    run: &[(SyncClaim, Settlement)],
    stood: &mut [bool],
    due: &mut Due,
) -> Result<(), DatabaseError> {
    let (stores, customers, fences) = columns(run.iter().map(|(claim, _)| claim));
    let (mut kinds, mut quiets, mut delays) = (Vec::new(), Vec::new(), Vec::new());
    for (_, settlement) in run {
        let (kind, quiet, delay) = match settlement {
            Settlement::Confirmed { quiet, retry_left_out, .. } => (0, *quiet, *retry_left_out),
            Settlement::Gone => (1, Duration::ZERO, None),
            Settlement::Retry { after, quiet, .. } => (2, *quiet, Some(*after)),
            Settlement::Parked { quiet, .. } => (3, *quiet, None),
            Settlement::Returned { quiet } => (4_i16, *quiet, None),
        };
        kinds.push(kind);
        quiets.push(micros(quiet));
        delays.push(delay.map(micros));
    }
    let merges: Vec<Option<&str>> =
        run.iter().map(|(claim, _)| claim.merge_into.as_ref().map(CustomerId::as_str)).collect();
    let settle = sqlx::query(database.sql(sql::SETTLE)).bind(stores).bind(customers).bind(fences);
    let settle = settle.bind(kinds).bind(quiets).bind(delays).bind(merges);
    for row in settle.fetch_all(&mut *connection).await? {
        mark(stood, row.try_get("n")?);
        let at = optional_time(&row, "claimable_at")?;
        due.add(row.try_get("store")?, row.try_get("priority")?, at);
    }
    let valid: Vec<_> =
        run.iter().zip(&*stood).filter(|(_, stood)| **stood).map(|(one, _)| one).collect();
    let probes = valid.iter().map(|(claim, _)| claim).filter(|claim| claim.pauses > 0);
    let (stores, _, fences) = columns(probes);
    if !stores.is_empty() {
        let end = sqlx::query(database.sql(sql::END_PROBES)).bind(stores).bind(fences);
        end.execute(&mut *connection).await?;
    }
    let parked = valid.iter().filter_map(|(claim, settlement)| match settlement {
        Settlement::Parked { error, .. } => Some((claim, error.as_str())),
        _ => None,
    });
    let (claims, errors): (Vec<&SyncClaim>, Vec<&str>) = parked.unzip();
    if !errors.is_empty() {
        let (stores, customers, _) = columns(claims.into_iter());
        let park = sqlx::query(database.sql(sql::PARK)).bind(stores).bind(customers).bind(errors);
        park.execute(&mut *connection).await?;
    }
    let links = valid.iter().filter_map(|(claim, settlement)| match settlement {
        Settlement::Confirmed { link, .. } => Some((key(claim), Some(link))),
        Settlement::Gone => Some((key(claim), None)),
        _ => None,
    });
    let links: BTreeMap<Key, Option<&Link>> = links.collect();
    if !links.is_empty() {
        replace_links(database, connection, &links, due).await?;
    }
    Ok(())
}

/// Replaces links, takes contacts away from other rows, and wants these rows and those that wait for
/// values that are free now.
async fn replace_links(
    database: &Database,
    connection: &mut PgConnection,
    links: &BTreeMap<Key, Option<&Link>>,
    due: &mut Due,
) -> Result<(), DatabaseError> {
    let keys = links.keys().map(|(store, customer)| (store, customer));
    let mut before = links_of(database, connection, keys).await?;
    let mut wants = Wants::default();
    // A contact that the row had already is nobody else's.
    let is_new = |key: &Key, link: &Link| {
        let before = before.get(key);
        before
            .is_none_or(|before| (&before.account, before.contact) != (&link.account, link.contact))
    };
    let new = links.iter().filter_map(|(key, link)| Some((key, (*link)?)));
    let new: Vec<_> = new.filter(|(key, link)| is_new(key, link)).collect();
    let others = others(database, connection, &new).await?;
    for (store, customer) in &others {
        wants.add(store.as_str(), customer.as_str(), Priority::Live, Doubt::Write);
    }
    // This locks the rows, so that nobody else replaces their links meanwhile.
    wants.apply(database, connection, true, due).await?;
    let others = others.iter().map(|(store, customer)| (store, customer));
    let mut others = links_of(database, connection, others).await?;
    let taken: BTreeSet<_> =
        new.iter().map(|((store, _), link)| (store, &link.account, link.contact)).collect();
    others.retain(|(store, _), link| taken.contains(&(store, &link.account, link.contact)));
    let mut removed: Vec<Key> = others.keys().cloned().collect();
    before.extend(others);
    let gone = links.iter().filter(|(_, link)| link.is_none());
    removed.extend(gone.map(|(key, _)| key.clone()));
    remove_links(database, connection, &removed).await?;
    let confirmed = links.iter().filter_map(|(key, link)| Some((key, (*link)?)));
    let confirmed = confirmed.filter(|(key, link)| before.get(*key) != Some(*link));
    write_links(database, connection, &confirmed.collect::<Vec<_>>(), &before).await?;
    let mut freed = Vec::new();
    for (key, link) in &before {
        let now = if removed.contains(key) { None } else { links.get(key).copied().flatten() };
        let free =
            link.holds.iter().filter(|value| now.is_none_or(|now| !now.holds.contains(value)));
        freed.extend(free.map(|value| (key.clone(), value.clone())));
    }
    let mut wants = Wants::default();
    want_waiters(database, connection, &freed, &mut wants).await?;
    wants.apply(database, connection, true, due).await
}

/// Returns the other rows that have the contacts.
async fn others(
    database: &Database,
    connection: &mut PgConnection,
    links: &[(&Key, &Link)],
) -> Result<Vec<Key>, DatabaseError> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let others = sqlx::query(database.sql(sql::OTHERS));
    let others =
        others.bind(links.iter().map(|((store, _), _)| store.as_str()).collect::<Vec<_>>());
    let others =
        others.bind(links.iter().map(|((_, customer), _)| customer.as_str()).collect::<Vec<_>>());
    let urls: Vec<&str> = links.iter().map(|(_, link)| link.account.base_url.as_str()).collect();
    let accounts = numbers(links.iter().map(|(_, link)| link.account.account.0));
    let contacts = numbers(links.iter().map(|(_, link)| link.contact.0));
    let others = others.bind(urls).bind(accounts).bind(contacts);
    super::keys(&others.fetch_all(connection).await?)
}

fn numbers(numbers: impl Iterator<Item = u64>) -> Vec<i64> {
    numbers.map(super::number).collect()
}

/// Removes the links of rows.
pub(super) async fn remove_links(
    database: &Database,
    connection: &mut PgConnection,
    keys: &[Key],
) -> Result<(), DatabaseError> {
    if keys.is_empty() {
        return Ok(());
    }
    let (stores, customers) = super::key_columns(keys);
    for statement in [sql::REMOVE_LINKS, sql::REMOVE_WAITS] {
        let remove = sqlx::query(database.sql(statement)).bind(&stores).bind(&customers);
        remove.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write_links(
    database: &Database,
    connection: &mut PgConnection,
    links: &[(&Key, &Link)],
    before: &BTreeMap<Key, Link>,
) -> Result<(), DatabaseError> {
    if links.is_empty() {
        return Ok(());
    }
    let text =
        |text: fn(&Link) -> &str| links.iter().map(|(_, link)| text(link)).collect::<Vec<_>>();
    // An array of arrays has the same number of elements in each: these have a JSON text each.
    let values = |values: fn(&Link) -> &[String]| -> Vec<serde_json::Value> {
        links.iter().map(|(_, link)| values(link).into()).collect()
    };
    let write = sqlx::query(database.sql(sql::WRITE_LINKS));
    let write = write.bind(links.iter().map(|((store, _), _)| store.as_str()).collect::<Vec<_>>());
    let write =
        write.bind(links.iter().map(|((_, customer), _)| customer.as_str()).collect::<Vec<_>>());
    let write = write.bind(text(|link| &link.account.base_url));
    let write = write.bind(numbers(links.iter().map(|(_, link)| link.account.account.0)));
    let write = write.bind(numbers(links.iter().map(|(_, link)| link.contact.0)));
    let write = write.bind(text(|link| &link.fingerprint.0));
    let write = write.bind(values(|link| &link.holds)).bind(values(|link| &link.waits_for));
    let left_out = links.iter().map(|(_, link)| i32::try_from(link.left_out).unwrap_or(i32::MAX));
    write.bind(left_out.collect::<Vec<_>>()).execute(&mut *connection).await?;
    let waited = |key: &Key| before.get(key).map(|link| link.waits_for.as_slice());
    let changed =
        |(key, link): &&(&Key, &Link)| waited(key).unwrap_or_default() != link.waits_for.as_slice();
    let changed: Vec<_> = links.iter().filter(changed).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let (stores, customers) = super::key_columns(changed.iter().map(|(key, _)| *key));
    let remove = sqlx::query(database.sql(sql::REMOVE_WAITS)).bind(stores).bind(customers);
    remove.execute(&mut *connection).await?;
    let waits = changed.iter().flat_map(|((store, customer), link)| {
        link.waits_for.iter().map(move |value| (store.as_str(), customer.as_str(), value.as_str()))
    });
    let (mut stores, mut customers, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (store, customer, value) in waits {
        stores.push(store);
        customers.push(customer);
        values.push(value);
    }
    let add = sqlx::query(database.sql(sql::ADD_WAITS)).bind(stores).bind(customers).bind(values);
    add.execute(connection).await?;
    Ok(())
}

/// Adds the rows that wait for values that other rows released.
pub(super) async fn want_waiters(
    database: &Database,
    connection: &mut PgConnection,
    freed: &[(Key, String)],
    wants: &mut Wants,
) -> Result<(), DatabaseError> {
    if freed.is_empty() {
        return Ok(());
    }
    let (stores, customers) = super::key_columns(freed.iter().map(|(key, _)| key));
    let values: Vec<&str> = freed.iter().map(|(_, value)| value.as_str()).collect();
    let waiters = sqlx::query(database.sql(sql::WAITERS)).bind(stores).bind(customers).bind(values);
    for (store, customer) in super::keys(&waiters.fetch_all(connection).await?)? {
        wants.add(store.as_str(), customer.as_str(), Priority::Live, Doubt::None);
    }
    Ok(())
}

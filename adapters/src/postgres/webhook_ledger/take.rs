//! Takes a group of deliveries in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;

use sqlx::{PgConnection, Row};
use store_context::chatwoot::{ConversationId, Time};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{PortError, Taken};
use tokio::sync::Mutex;

use super::removal::{CONTACT, CONVERSATION};
use super::rows::{Key, KeyDigest, NewRow, NewState, number, state_time};
use crate::postgres::Database;
use crate::postgres::database::{MayConflict, retrying};
use crate::postgres::error::failed;

const ENQUEUE: &str = include_str!("sql/enqueue.sql");
const KNOWN: &str = include_str!("sql/known.sql");
const ANNOUNCE: &str = include_str!("sql/announce.sql");
const FILE: &str = include_str!("sql/file.sql");
const FORGOTTEN: &str = include_str!("sql/forgotten.sql");
pub(super) const UNQUEUE: &str = include_str!("sql/unqueue.sql");

/// One call of [`WebhookLedger::take`](store_context::ports::WebhookLedger::take).
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) store: StoreId,
    pub(super) account: AccountKey,
    pub(super) rows: Vec<NewRow>,
    pub(super) is_webhook: bool,
}

/// The failure of a group.
#[derive(Debug)]
pub(super) enum TakeError {
    /// No transaction was begun.
    NotBegun(sqlx::Error),
    Sql(sqlx::Error),
    Port(PortError),
    /// One of the entries has been filed before, perhaps at the same time.
    Overtaken,
}

impl From<sqlx::Error> for TakeError {
    fn from(error: sqlx::Error) -> Self {
        // Only an entry is inserted without asking first whether it is there.
        match error.as_database_error() {
            Some(refused) if refused.is_unique_violation() => Self::Overtaken,
            _ => Self::Sql(error),
        }
    }
}

impl TakeError {
    /// Returns whether one delivery may be the reason, so that the others succeed without it.
    pub(super) fn is_of_one(&self) -> bool {
        match self {
            Self::NotBegun(_) => false,
            Self::Sql(error) => error.as_database_error().is_some(),
            Self::Port(_) | Self::Overtaken => true,
        }
    }

    pub(super) fn into_error(self) -> PortError {
        match self {
            Self::NotBegun(error) | Self::Sql(error) => failed(error),
            Self::Port(error) => error,
            Self::Overtaken => PortError::new("webhooks", "overtaken again and again"),
        }
    }
}

impl MayConflict for TakeError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Sql(error) => error.is_conflict(),
            Self::NotBegun(_) | Self::Port(_) => false,
            Self::Overtaken => true,
        }
    }
}

/// Takes the entries of calls in one transaction of a connection, and returns the results of each.
pub(super) async fn take(
    database: &Database,
    connection: &mut PgConnection,
    requests: &[&Request],
) -> Result<Vec<Vec<Taken>>, TakeError> {
    // A delivery is nearly always new, what the reconciler found nearly always known.
    let mut rows = requests.iter().flat_map(|request| &request.rows);
    let mut keys = if rows.any(|row| row.reconciled) { Keys::LookUp } else { Keys::New };
    // One attempt after another has it.
    let connection = Mutex::new(connection);
    retrying(|| {
        let (keys, connection) = (mem::replace(&mut keys, Keys::LookUp), connection.lock());
        async move { once(database, *connection.await, requests, keys).await }
    })
    .await
}

async fn once(
    database: &Database,
    connection: &mut PgConnection,
    requests: &[&Request],
    keys: Keys,
) -> Result<Vec<Vec<Taken>>, TakeError> {
    let stores = requests.iter().map(|request| &request.store);
    let begun = Database::begin_on(connection, stores).await;
    let mut transaction = begun.map_err(TakeError::NotBegun)?;
    let taken = take_in(database, &mut transaction, requests, keys).await?;
    transaction.commit().await?;
    Ok(taken)
}

/// What is assumed of a group's keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// They are new. A group with another one is refused as [`TakeError::Overtaken`].
    New,
    /// Nothing: they are looked up.
    LookUp,
}

/// The key of a conversation's queue and state. Ordered as rows are locked.
type Place<'a> = (&'a StoreId, &'a AccountKey, ConversationId);

/// Takes the entries of calls in a transaction that names their stores.
pub(super) async fn take_in(
    database: &Database,
    transaction: &mut PgConnection,
    requests: &[&Request],
    keys: Keys,
) -> Result<Vec<Vec<Taken>>, TakeError> {
    let queues = enqueue(database, transaction, requests).await?;
    let known = Known::read(database, transaction, requests, keys).await?;
    let mut group = Group::new(queues, known);
    let mut taken = Vec::with_capacity(requests.len());
    for request in requests {
        let rows = request.rows.iter();
        taken.push(rows.map(|row| group.take(request, row)).collect());
    }
    group.file(database, transaction, requests).await?;
    Ok(taken)
}

/// The queues that the group's entries were appended to, whether or not they are new.
#[derive(Default)]
struct Queues<'a> {
    of_conversations: BTreeMap<Place<'a>, i64>,
    // One for each entry that belongs to no conversation, in the order of the entries.
    others: std::vec::IntoIter<i64>,
}

async fn enqueue<'a>(
    database: &Database,
    transaction: &mut PgConnection,
    requests: &[&'a Request],
) -> Result<Queues<'a>, TakeError> {
    let mut counted: BTreeMap<Place<'a>, i32> = BTreeMap::new();
    let mut others: Vec<(&StoreId, &AccountKey)> = Vec::new();
    for request in requests {
        for row in &request.rows {
            match row.conversation {
                Some(id) => {
                    *counted.entry((&request.store, &request.account, id)).or_default() += 1;
                }
                None => others.push((&request.store, &request.account)),
            }
        }
    }
    let mut new = NewQueues::default();
    for ((store, account, id), entries) in &counted {
        new.push(store, account, Some(number(id.0)), *entries, None);
    }
    for (store, account) in others {
        new.push(store, account, None, 1, None);
    }
    let ids = new.insert(database, transaction).await?;
    let mut ids = ids.into_iter();
    let of_conversations = counted.into_keys().zip(ids.by_ref()).collect();
    Ok(Queues { of_conversations, others: ids })
}

/// The columns of queues to be created or extended.
#[derive(Default)]
pub(super) struct NewQueues<'a> {
    stores: Vec<&'a str>,
    base_urls: Vec<&'a str>,
    accounts: Vec<i64>,
    conversations: Vec<Option<i64>>,
    entries: Vec<i32>,
    since: Vec<Option<jiff_sqlx::Timestamp>>,
}

impl<'a> NewQueues<'a> {
    /// Adds a queue. Queues of conversations are added in their order.
    pub(super) fn push(
        &mut self,
        store: &'a StoreId,
        account: &'a AccountKey,
        conversation: Option<i64>,
        entries: i32,
        since: Option<jiff_sqlx::Timestamp>,
    ) {
        self.stores.push(store.as_str());
        self.base_urls.push(&account.base_url);
        self.accounts.push(number(account.account.0));
        self.conversations.push(conversation);
        self.entries.push(entries);
        self.since.push(since);
    }

    /// Writes the queues, and returns their numbers in the same order.
    pub(super) async fn insert(
        self,
        database: &Database,
        transaction: &mut PgConnection,
    ) -> Result<Vec<i64>, TakeError> {
        let rows: Vec<(Option<i64>, i64)> = sqlx::query_as(database.sql(ENQUEUE))
            .bind(&self.stores)
            .bind(&self.base_urls)
            .bind(&self.accounts)
            .bind(&self.conversations)
            .bind(&self.entries)
            .bind(&self.since)
            .fetch_all(transaction)
            .await?;
        // Postgres returns them in the order in which they were inserted.
        if !rows.iter().map(|(conversation, _)| conversation).eq(&self.conversations) {
            let error = "the queues came back in another order";
            return Err(TakeError::Port(PortError::new("webhooks", error)));
        }
        Ok(rows.into_iter().map(|(_, id)| id).collect())
    }
}

/// A contact or a conversation of an account, of which nothing may be taken any more.
type Subject<'a> = (&'a StoreId, &'a AccountKey, i16, i64);

/// Returns the contact and the conversation of an entry.
fn subjects<'a>(request: &'a Request, row: &NewRow) -> impl Iterator<Item = Subject<'a>> {
    let contact = row.contact.map(|contact| (CONTACT, contact));
    let conversation = row.conversation.map(|id| (CONVERSATION, number(id.0)));
    let of = contact.into_iter().chain(conversation);
    of.map(|(kind, id)| (&request.store, &request.account, kind, id))
}

/// What the database knew before the group.
#[derive(Default)]
struct Known<'a> {
    keys: HashMap<(&'a StoreId, KeyDigest), First>,
    states: HashMap<Place<'a>, Time>,
    forgotten: BTreeSet<Subject<'a>>,
    // The stores that had no entries.
    new_stores: BTreeSet<&'a StoreId>,
    // The stores whose rounds a webhook moves forward.
    rounds: BTreeSet<&'a StoreId>,
    // Numbers for the entries, in ascending order.
    numbers: std::vec::IntoIter<i64>,
}

/// Returns of which contacts and conversations nothing may be taken any more.
async fn forgotten<'a>(
    database: &Database,
    transaction: &mut PgConnection,
    requests: impl Iterator<Item = &'a Request>,
) -> Result<BTreeSet<Subject<'a>>, TakeError> {
    let of_rows =
        |request: &'a Request| request.rows.iter().flat_map(move |row| subjects(request, row));
    let asked: BTreeSet<Subject<'a>> = requests.flat_map(of_rows).collect();
    let asked: Vec<Subject<'a>> = asked.into_iter().collect();
    let places: Vec<i64> = sqlx::query_scalar(database.sql(FORGOTTEN))
        .bind(asked.iter().map(|(store, ..)| store.as_str()).collect::<Vec<_>>())
        .bind(asked.iter().map(|(_, of, ..)| of.base_url.as_str()).collect::<Vec<_>>())
        .bind(asked.iter().map(|(_, of, ..)| number(of.account.0)).collect::<Vec<_>>())
        .bind(asked.iter().map(|(.., kind, _)| *kind).collect::<Vec<_>>())
        .bind(asked.iter().map(|(.., id)| *id).collect::<Vec<_>>())
        .fetch_all(transaction)
        .await?;
    let at = |place: i64| asked.get(usize::try_from(place - 1).unwrap_or(usize::MAX)).copied();
    Ok(places.into_iter().filter_map(at).collect())
}

/// The first entry with a key.
#[derive(Clone, Copy)]
struct First {
    delivery: Option<i64>,
    // Taken no longer ago than twins are.
    is_recent: bool,
}

impl<'a> Known<'a> {
    async fn read(
        database: &Database,
        transaction: &mut PgConnection,
        requests: &[&'a Request],
        assumed: Keys,
    ) -> Result<Self, TakeError> {
        let mut keys: BTreeSet<(&StoreId, KeyDigest)> = BTreeSet::new();
        let mut places: BTreeSet<Place<'a>> = BTreeSet::new();
        let stores: BTreeSet<&'a StoreId> = requests.iter().map(|request| &request.store).collect();
        let stores: Vec<&'a StoreId> = stores.into_iter().collect();
        let mut entries = 0;
        for request in requests {
            entries += request.rows.len();
            for row in &request.rows {
                match assumed {
                    Keys::LookUp => keys.extend(row.digests().map(|key| (&request.store, key))),
                    // Under this one the entry is not filed, so that nothing would refuse it.
                    Keys::New => keys.extend(row.reconciled_key.map(|key| (&request.store, key))),
                }
                if let (Some(id), Some(_)) = (row.conversation, &row.state) {
                    places.insert((&request.store, &request.account, id));
                }
            }
        }
        let keys: Vec<(&StoreId, KeyDigest)> = keys.into_iter().collect();
        let places: Vec<Place<'a>> = places.into_iter().collect();
        let urls: Vec<&str> = places.iter().map(|(_, of, _)| of.base_url.as_str()).collect();
        let accounts: Vec<i64> = places.iter().map(|(_, of, _)| number(of.account.0)).collect();
        let rows = sqlx::query(database.sql(KNOWN))
            .bind(keys.iter().map(|(store, _)| store.as_str()).collect::<Vec<_>>())
            .bind(keys.iter().map(|(_, digest)| &digest[..]).collect::<Vec<_>>())
            .bind(places.iter().map(|(store, ..)| store.as_str()).collect::<Vec<_>>())
            .bind(urls)
            .bind(accounts)
            .bind(places.iter().map(|(.., id)| number(id.0)).collect::<Vec<_>>())
            .bind(i32::try_from(entries).unwrap_or(i32::MAX))
            .bind(stores.iter().map(|store| store.as_str()).collect::<Vec<_>>())
            .fetch_all(&mut *transaction)
            .await?;
        let mut known = Self::default();
        let mut forgetful: BTreeSet<&StoreId> = BTreeSet::new();
        let mut numbers = Vec::with_capacity(entries);
        for row in rows {
            let place: i64 = row.try_get(1)?;
            let index = usize::try_from(place - 1).unwrap_or(usize::MAX);
            let value: Option<i64> = row.try_get(2)?;
            match row.try_get::<i16, _>(0)? {
                0 => {
                    let is_recent: Option<bool> = row.try_get(3)?;
                    let first = First { delivery: value, is_recent: is_recent == Some(true) };
                    known.keys.extend(keys.get(index).map(|key| (*key, first)));
                }
                1 => {
                    let state: Vec<u8> = row.try_get(4)?;
                    let time = state_time(&state).map_err(TakeError::Port)?;
                    known.states.extend(places.get(index).map(|place| (*place, time)));
                }
                3 => forgetful.extend(stores.get(index)),
                4 => known.new_stores.extend(stores.get(index)),
                5 => known.rounds.extend(stores.get(index)),
                _ => numbers.extend(value),
            }
        }
        numbers.sort_unstable();
        known.numbers = numbers.into_iter();
        if !forgetful.is_empty() {
            let of = requests.iter().filter(|request| forgetful.contains(&request.store));
            known.forgotten = forgotten(database, transaction, of.copied()).await?;
        }
        Ok(known)
    }
}

/// A group while it is decided what of it is new.
struct Group<'a> {
    queues: Queues<'a>,
    known: Known<'a>,
    new: Vec<Filed<'a>>,
    states: BTreeMap<Place<'a>, (&'a NewState, Option<&'a Vec<u8>>)>,
    // The places in queues that known entries were given, by queue.
    given_back: BTreeMap<i64, i32>,
}

/// An entry that is new.
struct Filed<'a> {
    request: &'a Request,
    row: &'a NewRow,
    key: &'a Key,
    id: i64,
    queue: i64,
    is_stale: bool,
}

impl<'a> Group<'a> {
    fn new(queues: Queues<'a>, known: Known<'a>) -> Self {
        let (new, states, given_back) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { queues, known, new, states, given_back }
    }

    fn take(&mut self, request: &'a Request, row: &'a NewRow) -> Taken {
        let place = row.conversation.map(|id| (&request.store, &request.account, id));
        let queue = match &place {
            Some(place) => self.queues.of_conversations.get(place).copied(),
            None => self.queues.others.next(),
        };
        let queue = queue.unwrap_or_default();
        let (Some(key), Some(id)) = (self.new_key(request, row), self.known.numbers.next()) else {
            *self.given_back.entry(queue).or_default() += 1;
            return Taken::Known;
        };
        let first = First { delivery: row.delivery, is_recent: true };
        self.known.keys.insert((&request.store, key.digest), first);
        let is_stale = match (place, &row.state) {
            (Some(place), Some(state)) => !self.observe(place, state),
            _ => false,
        };
        self.new.push(Filed { request, row, key, id, queue, is_stale });
        Taken::New { stale: is_stale }
    }

    /// Returns the key under which the entry is new, if it is. Nothing is new of whom was forgotten.
    fn new_key(&self, request: &'a Request, row: &'a NewRow) -> Option<&'a Key> {
        let forgotten = &self.known.forgotten;
        if !forgotten.is_empty() && subjects(request, row).any(|it| forgotten.contains(&it)) {
            return None;
        }
        let known = |digest: KeyDigest| self.known.keys.get(&(&request.store, digest));
        if row.reconciled_key.and_then(known).is_some() {
            return None;
        }
        let Some(first) = known(row.key.digest) else { return Some(&row.key) };
        let is_another = matches!((first.delivery, row.delivery), (Some(a), Some(b)) if a != b);
        let twin = row.twin.as_ref().filter(|_| is_another && first.is_recent);
        twin.filter(|twin| known(twin.digest).is_none())
    }

    /// Records a state unless a newer one is known; returns `false` if one is.
    fn observe(&mut self, place: Place<'a>, state: &'a NewState) -> bool {
        let known = self.known.states.get(&place);
        if known.is_some_and(|known| *known > state.updated_at) {
            return false;
        }
        self.known.states.insert(place, state.updated_at);
        let before = self.states.get(&place).and_then(|(_, told)| *told);
        self.states.insert(place, (state, state.status_told.as_ref().or(before)));
        true
    }

    /// Writes what is new.
    async fn file(
        self,
        database: &Database,
        transaction: &mut PgConnection,
        requests: &[&Request],
    ) -> Result<(), TakeError> {
        let (mut new, states) = (self.new, self.states);
        // In the order in which all wait for each other.
        new.sort_unstable_by_key(|filed| (&filed.request.store, filed.key.digest));
        sqlx::query(database.sql(FILE))
            .bind(column(&new, |it| it.request.store.as_str()))
            .bind(column(&new, |it| &it.key.digest[..]))
            .bind(column(&new, |it| it.id))
            .bind(column(&new, |it| it.queue))
            .bind(column(&new, |it| it.request.account.base_url.as_str()))
            .bind(column(&new, |it| number(it.request.account.account.0)))
            .bind(column(&new, |it| it.row.conversation.map(|id| number(id.0))))
            .bind(column(&new, |it| it.row.contact))
            .bind(column(&new, |it| it.row.delivery))
            .bind(column(&new, |it| it.row.reconciled))
            .bind(column(&new, |it| it.row.unknown))
            .bind(column(&new, |it| it.is_stale))
            .bind(column(&new, |it| it.key.text.as_bytes()))
            .bind(column(&new, |it| it.row.event.as_slice()))
            .bind(states.keys().map(|(store, ..)| store.as_str()).collect::<Vec<_>>())
            .bind(states.keys().map(|(_, of, _)| of.base_url.as_str()).collect::<Vec<_>>())
            .bind(states.keys().map(|(_, of, _)| number(of.account.0)).collect::<Vec<_>>())
            .bind(states.keys().map(|(.., id)| number(id.0)).collect::<Vec<_>>())
            .bind(states.values().map(|(state, _)| state.contact).collect::<Vec<_>>())
            .bind(states.values().map(|(state, _)| state.state.as_slice()).collect::<Vec<_>>())
            .bind(states.values().map(|(_, told)| told.map(Vec::as_slice)).collect::<Vec<_>>())
            .execute(&mut *transaction)
            .await?;
        let Known { new_stores, mut rounds, .. } = self.known;
        rounds.retain(|store| requests.iter().any(|it| it.is_webhook && it.store == **store));
        if !new_stores.is_empty() || !rounds.is_empty() {
            sqlx::query(database.sql(ANNOUNCE))
                .bind(new_stores.into_iter().map(StoreId::as_str).collect::<Vec<_>>())
                .bind(rounds.into_iter().map(StoreId::as_str).collect::<Vec<_>>())
                .execute(&mut *transaction)
                .await?;
        }
        if !self.given_back.is_empty() {
            let ids: Vec<i64> = self.given_back.keys().copied().collect();
            let entries: Vec<i32> = self.given_back.values().copied().collect();
            sqlx::query(database.sql(UNQUEUE))
                .bind(&ids)
                .bind(entries)
                .bind(vec![false; ids.len()])
                .execute(transaction)
                .await?;
        }
        Ok(())
    }
}

fn column<'b, T>(new: &'b [Filed<'_>], of: impl Fn(&'b Filed<'b>) -> T) -> Vec<T> {
    new.iter().map(of).collect()
}

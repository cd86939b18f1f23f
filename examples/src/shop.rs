//! A shop on Postgres: stands for the tables of your own, which the engine only reads. Replace it.

use std::collections::BTreeMap;
use std::error::Error;

use async_trait::async_trait;
use sqlx::postgres::PgPool;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection};
use store_context::model::{Customer, CustomerId, Order, OrderTotals, Store, StoreId};
use store_context::ports::{Cursor, CustomerPage, Customers, Orders, PortResult, Priority};
use store_context_adapters::postgres::PostgresSyncLedger;

const TABLES: &str = "
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.stores (
    id text COLLATE \"C\" PRIMARY KEY,
    currency text NOT NULL
);
CREATE TABLE IF NOT EXISTS shop.customers (
    store text COLLATE \"C\" NOT NULL REFERENCES shop.stores,
    id text COLLATE \"C\" NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (store, id)
);
CREATE TABLE IF NOT EXISTS shop.orders (
    store text COLLATE \"C\" NOT NULL,
    id text COLLATE \"C\" NOT NULL,
    customer text COLLATE \"C\" NOT NULL,
    placed_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (store, id),
    FOREIGN KEY (store, customer) REFERENCES shop.customers ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS orders_of ON shop.orders (store, customer, placed_at DESC);
CREATE TABLE IF NOT EXISTS shop.sessions (
    digest bytea PRIMARY KEY,
    store text COLLATE \"C\" NOT NULL,
    customer text COLLATE \"C\" NOT NULL,
    ends_at timestamptz NOT NULL,
    FOREIGN KEY (store, customer) REFERENCES shop.customers ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS sessions_of ON shop.sessions (store, customer);
CREATE INDEX IF NOT EXISTS sessions_end ON shop.sessions (ends_at);
";

/// Returns the SQL of the shop's tables, with the grants of the service's role.
pub fn tables(role: &str) -> String {
    format!(
        "{TABLES}GRANT USAGE ON SCHEMA shop TO {role};\n\
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO {role};\n"
    )
}

/// Creates the shop's tables. The role is one that `Migrations` accepted.
///
/// # Errors
/// Returns an error if the database refused them.
pub async fn migrate(owner: &mut PgConnection, role: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(tables(role))).execute(owner).await?;
    Ok(())
}

/// The reason why the shop did not save something.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// There is no such store.
    #[error("there is no such store")]
    UnknownStore,
    /// There is no such customer.
    #[error("there is no such customer")]
    UnknownCustomer,
    /// The store has another currency, or a refund has another than its order.
    #[error("the store or the order has another currency")]
    Currency,
    /// The database failed.
    #[error("the shop's database failed")]
    Database(#[source] Box<dyn Error + Send + Sync>),
}

impl From<sqlx::Error> for ShopError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What a refused foreign key says: the row that it names is not there.
pub fn or_unknown(error: sqlx::Error, unknown: ShopError) -> ShopError {
    match error.as_database_error() {
        Some(refused) if refused.is_foreign_key_violation() => unknown,
        _ => error.into(),
    }
}

/// The shop's customers and orders. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Shop {
    pool: PgPool,
    sync: PostgresSyncLedger,
}

impl Shop {
    /// Creates the shop on the host's pool. A trigger of the sync is written in the transaction of
    /// the change that it belongs to.
    pub fn new(pool: PgPool, sync: PostgresSyncLedger) -> Self {
        Self { pool, sync }
    }

    /// Saves a store.
    ///
    /// # Errors
    /// Returns an error if the store is known with another currency, or the database failed.
    pub async fn put_store(&self, store: &Store) -> Result<(), ShopError> {
        let currency = sqlx::query_scalar::<_, String>(
            "INSERT INTO shop.stores AS known (id, currency) VALUES ($1, $2)
             ON CONFLICT (id) DO UPDATE SET currency = known.currency RETURNING currency",
        )
        .bind(store.id.as_str())
        .bind(store.currency.code())
        .fetch_one(&self.pool)
        .await?;
        if currency == store.currency.code() { Ok(()) } else { Err(ShopError::Currency) }
    }

    /// Saves a customer. That the customer is to be synced is written in the same transaction: it
    /// is neither forgotten nor done for a change that was rolled back.
    ///
    /// # Errors
    /// Returns an error if the store is not known or the database failed; then nothing is saved.
    pub async fn put_customer(
        &self,
        store: &StoreId,
        customer: &Customer,
    ) -> Result<(), ShopError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO shop.customers (store, id, data) VALUES ($1, $2, $3)
             ON CONFLICT (store, id) DO UPDATE SET data = EXCLUDED.data",
        )
        .bind(store.as_str())
        .bind(customer.id.as_str())
        .bind(Json(customer))
        .execute(&mut *transaction)
        .await
        .map_err(|error| or_unknown(error, ShopError::UnknownStore))?;
        self.want(&mut transaction, store, &customer.id).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Saves an order, and that its customer is to be synced.
    ///
    /// # Errors
    /// Returns an error if the store or the customer is not known, a refund is in another currency
    /// than the order, or the database failed; then nothing is saved.
    pub async fn put_order(&self, store: &StoreId, order: &Order) -> Result<(), ShopError> {
        let mut transaction = self.pool.begin().await?;
        if self.currency(&mut transaction, store).await?.is_none() {
            return Err(ShopError::UnknownStore);
        }
        order.refunded().map_err(|_| ShopError::Currency)?;
        sqlx::query(
            "INSERT INTO shop.orders (store, id, customer, placed_at, data)
             VALUES ($1, $2, $3, to_timestamp($4), $5)
             ON CONFLICT (store, id) DO UPDATE
             SET customer = EXCLUDED.customer, placed_at = EXCLUDED.placed_at, data = EXCLUDED.data",
        )
        .bind(store.as_str())
        .bind(order.id.as_str())
        .bind(order.customer.as_str())
        .bind(order.placed_at.as_duration().as_secs_f64())
        .bind(Json(order))
        .execute(&mut *transaction)
        .await
        .map_err(|error| or_unknown(error, ShopError::UnknownCustomer))?;
        self.want(&mut transaction, store, &order.customer).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes a customer with their orders and sessions, if there is one. The engine erases the
    /// contact.
    ///
    /// # Errors
    /// Returns an error if the store is not known or the database failed.
    pub async fn remove_customer(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<(), ShopError> {
        let mut connection = self.pool.acquire().await?;
        if self.currency(&mut connection, store).await?.is_none() {
            return Err(ShopError::UnknownStore);
        }
        sqlx::query("DELETE FROM shop.customers WHERE store = $1 AND id = $2")
            .bind(store.as_str())
            .bind(customer.as_str())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    async fn want(
        &self,
        transaction: &mut PgConnection,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<(), ShopError> {
        let changed = std::slice::from_ref(customer);
        let wanted = self.sync.want_in(transaction, store, changed, Priority::Live).await;
        wanted.map_err(|error| ShopError::Database(error.into()))
    }

    /// Returns the code of a store's currency; `None` if the store is not known.
    async fn currency(
        &self,
        connection: &mut PgConnection,
        store: &StoreId,
    ) -> sqlx::Result<Option<String>> {
        let find = sqlx::query_scalar("SELECT currency FROM shop.stores WHERE id = $1");
        find.bind(store.as_str()).fetch_optional(connection).await
    }
}

#[async_trait]
impl Customers for Shop {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        Ok(self.customers(store, std::slice::from_ref(id)).await?.pop())
    }

    async fn customers(&self, store: &StoreId, ids: &[CustomerId]) -> PortResult<Vec<Customer>> {
        let ids: Vec<&str> = ids.iter().map(CustomerId::as_str).collect();
        let found = sqlx::query_scalar::<_, Json<Customer>>(
            "SELECT data FROM shop.customers WHERE store = $1 AND id = ANY ($2)",
        )
        .bind(store.as_str())
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().map(|Json(customer)| customer).collect())
    }

    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage> {
        let ids = sqlx::query_scalar::<_, String>(
            "SELECT id FROM shop.customers WHERE store = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(store.as_str())
        .bind(after.map_or("", Cursor::as_str))
        .bind(i64::try_from(limit)?)
        .fetch_all(&self.pool)
        .await?;
        let next = ids.last().filter(|_| ids.len() == limit).map(Cursor::new);
        let ids = ids.into_iter().map(CustomerId::new).collect::<Result<_, _>>()?;
        Ok(CustomerPage { ids, next })
    }
}

#[async_trait]
impl Orders for Shop {
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        let found = sqlx::query_scalar::<_, Json<Order>>(
            "SELECT data FROM shop.orders WHERE store = $1 AND customer = $2
             ORDER BY placed_at DESC, id DESC LIMIT $3",
        )
        .bind(store.as_str())
        .bind(customer.as_str())
        .bind(i64::try_from(limit)?)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().map(|Json(order)| order).collect())
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        let all = self.order_totals_of(store, std::slice::from_ref(customer)).await?;
        Ok(all.into_iter().map(|(_, totals)| totals).collect())
    }

    async fn order_totals_of(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
    ) -> PortResult<Vec<(CustomerId, OrderTotals)>> {
        let ids: Vec<&str> = customers.iter().map(CustomerId::as_str).collect();
        let orders = sqlx::query_scalar::<_, Json<Order>>(
            "SELECT data FROM shop.orders WHERE store = $1 AND customer = ANY ($2)",
        )
        .bind(store.as_str())
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        let mut by_customer: BTreeMap<CustomerId, Vec<Order>> = BTreeMap::new();
        for Json(order) in orders {
            by_customer.entry(order.customer.clone()).or_default().push(order);
        }
        let mut all = Vec::new();
        for (customer, orders) in by_customer {
            let totals = OrderTotals::of(&orders)?;
            all.extend(totals.into_iter().map(|totals| (customer.clone(), totals)));
        }
        Ok(all)
    }
}

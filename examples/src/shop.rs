//! A shop on Postgres: stands for the tables of your own, which the engine only reads. Replace it.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgPool;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection};
use store_context::model::{Customer, CustomerId, Order, OrderTotals, StoreId};
use store_context::ports::{
    Cursor, CustomerPage, Customers, Orders, PortError, PortResult, Priority, Stores,
};
use store_context_adapters::postgres::PostgresSyncLedger;

const TABLES: &str = "
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.customers (
    store text COLLATE \"C\" NOT NULL,
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
    PRIMARY KEY (store, id)
);
CREATE INDEX IF NOT EXISTS orders_of ON shop.orders (store, customer, placed_at DESC);
CREATE TABLE IF NOT EXISTS shop.sessions (
    digest bytea PRIMARY KEY,
    store text NOT NULL,
    customer text NOT NULL,
    ends_at timestamptz NOT NULL
);
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

/// The shop's customers and orders. Clones share the pool.
#[derive(Clone)]
pub struct Shop {
    pool: PgPool,
    // Which say in which currency a store's orders are.
    stores: Arc<dyn Stores>,
    sync: PostgresSyncLedger,
}

impl Shop {
    /// Creates the shop on the host's pool. A trigger of the sync is written in the transaction of
    /// the change that it belongs to.
    pub fn new(pool: PgPool, stores: Arc<dyn Stores>, sync: PostgresSyncLedger) -> Self {
        Self { pool, stores, sync }
    }

    /// Saves a customer. That the customer is to be synced is written in the same transaction: it
    /// is neither forgotten nor done for a change that was rolled back.
    pub async fn put_customer(&self, store: &StoreId, customer: &Customer) -> PortResult<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO shop.customers (store, id, data) VALUES ($1, $2, $3)
             ON CONFLICT (store, id) DO UPDATE SET data = EXCLUDED.data",
        )
        .bind(store.as_str())
        .bind(customer.id.as_str())
        .bind(Json(customer))
        .execute(&mut *transaction)
        .await?;
        let changed = std::slice::from_ref(&customer.id);
        self.sync.want_in(&mut transaction, store, changed, Priority::Live).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Saves an order, and that its customer is to be synced.
    ///
    /// # Errors
    /// Returns an error if the database failed; then nothing is saved.
    pub async fn put_order(&self, store: &StoreId, order: &Order) -> PortResult<()> {
        let mut transaction = self.pool.begin().await?;
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
        .await?;
        let changed = std::slice::from_ref(&order.customer);
        self.sync.want_in(&mut transaction, store, changed, Priority::Live).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes a customer with their orders and sessions. The engine erases the contact.
    ///
    /// # Errors
    /// Returns an error if the database failed; then nothing is removed.
    pub async fn remove_customer(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        let mut transaction = self.pool.begin().await?;
        for remove in [
            "DELETE FROM shop.customers WHERE store = $1 AND id = $2",
            "DELETE FROM shop.orders WHERE store = $1 AND customer = $2",
            "DELETE FROM shop.sessions WHERE store = $1 AND customer = $2",
        ] {
            let remove = sqlx::query(remove).bind(store.as_str()).bind(customer.as_str());
            remove.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
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
    ) -> PortResult<OrderTotals> {
        let mut all = self.order_totals_of(store, std::slice::from_ref(customer)).await?;
        all.pop().map(|(_, totals)| totals).ok_or_else(|| PortError::new("orders", "no totals"))
    }

    async fn order_totals_of(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
    ) -> PortResult<Vec<(CustomerId, OrderTotals)>> {
        let Some(record) = self.stores.open(store).await? else {
            return Err(PortError::new("orders", "the store is not known"));
        };
        let ids: Vec<&str> = customers.iter().map(CustomerId::as_str).collect();
        let orders = sqlx::query_scalar::<_, Json<Order>>(
            "SELECT data FROM shop.orders WHERE store = $1 AND customer = ANY ($2)",
        )
        .bind(store.as_str())
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        let none = OrderTotals::none(record.store.currency);
        let mut all: Vec<(CustomerId, OrderTotals)> =
            customers.iter().map(|customer| (customer.clone(), none)).collect();
        for Json(order) in orders {
            if let Some((_, totals)) = all.iter_mut().find(|(id, _)| *id == order.customer) {
                totals.add(&order)?;
            }
        }
        Ok(all)
    }
}

//! The host's pool of connections, and transactions that name their stores.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, SqlStr, Transaction};
use store_context::model::StoreId;

use super::error::DatabaseError;
use super::schema::Schema;

/// The tables of the engine in the host's Postgres, version 15 or later. Cloning it is cheap.
///
/// It uses the host's pool, whose role should be a runtime role that owns nothing; see
/// [`Migrations`](super::Migrations).
///
/// ```no_run
/// use store_context_adapters::postgres::{Database, Schema};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = sqlx::PgPool::connect("postgres://shop_runtime@localhost/shop").await?;
/// let database = Database::new(pool).with_schema(Schema::new("support")?);
/// # let _ = database;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    pool: PgPool,
    schema: Schema,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The pool's options hold a password.
        f.debug_struct("Database").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Database {
    /// Uses the tables of the default schema, `store_context`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, schema: Schema::default() }
    }

    /// Uses the tables of another schema.
    #[must_use]
    pub fn with_schema(self, schema: Schema) -> Self {
        Self { schema, ..self }
    }

    /// Returns the schema.
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns the pool. Statements on the queues, which hold no payload, need no transaction.
    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Returns a statement for this schema; see [`Schema::sql`].
    pub(super) fn sql(&self, statement: &'static str) -> SqlStr {
        self.schema.sql(statement)
    }

    /// Begins a transaction that sees and writes the payload of these stores only.
    ///
    /// The stores are named in the transaction's own setting, which ends with it, also if the
    /// transaction is dropped or fails: a connection that goes back to the pool names nobody.
    pub(super) async fn begin<'a>(
        &self,
        stores: impl IntoIterator<Item = &'a StoreId>,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        // One message: a round trip less than to begin and then to name the stores.
        let begin = format!("BEGIN; SET LOCAL {SETTING} = {}", array_literal(stores));
        self.pool.begin_with(AssertSqlSafe(begin)).await
    }

    /// Begins a transaction on a queue, which names these stores, if any.
    ///
    /// Its statements touch a few rows of large tables. The server is told not to read such a table
    /// whole: before it has counted the rows of a new one, and for tables of middling size, it may
    /// think that this is less work.
    pub(super) async fn begin_queue<'a>(
        &self,
        stores: impl IntoIterator<Item = &'a StoreId>,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let stores = array_literal(stores);
        let begin =
            format!("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL {SETTING} = {stores}");
        self.pool.begin_with(AssertSqlSafe(begin)).await
    }

    /// Names the stores of a transaction that has begun, because it found out only then which they
    /// are. They replace those named before.
    pub(super) async fn name<'a>(
        connection: &mut PgConnection,
        stores: impl IntoIterator<Item = &'a StoreId>,
    ) -> Result<(), sqlx::Error> {
        let names: Vec<&str> = stores.into_iter().map(StoreId::as_str).collect();
        let set = sqlx::query("SELECT set_config($1, $2::text[]::text, true)");
        set.bind(SETTING).bind(names).execute(connection).await?;
        Ok(())
    }
}

/// Runs a transaction again, a few times, if the server broke it off because of another one.
pub(super) async fn retrying<T, F>(mut transaction: impl FnMut() -> F) -> Result<T, DatabaseError>
where
    F: Future<Output = Result<T, DatabaseError>>,
{
    for wait in [5, 20, 50, 100] {
        match transaction().await {
            Err(error) if error.is("40001") || error.is("40P01") => {
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            ended => return ended,
        }
    }
    transaction().await
}

/// The setting that names a transaction's stores. The policies of all payload compare with it.
pub(super) const SETTING: &str = "store_context_tenant.stores";

/// Returns the literal of an array of texts, for a statement that cannot have parameters.
fn array_literal<'a>(stores: impl IntoIterator<Item = &'a StoreId>) -> String {
    let mut names: Vec<&str> = stores.into_iter().map(StoreId::as_str).collect();
    names.sort_unstable();
    names.dedup();
    // With `E`, a backslash means the same whatever the server's settings are. An array's element
    // is quoted, so its quotes and backslashes are escaped first; then both once more, because the
    // array is in a literal.
    let mut literal = String::from("E'{");
    for (index, name) in names.into_iter().enumerate() {
        literal.push_str(if index == 0 { "\"" } else { ",\"" });
        for char in name.chars() {
            match char {
                '"' => literal.push_str(r#"\\""#),
                '\\' => literal.push_str(r"\\\\"),
                '\'' => literal.push_str("''"),
                other => literal.push(other),
            }
        }
        literal.push('"');
    }
    literal.push_str("}'");
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_in_an_array_in_a_literal() {
        let literal = |names: &[&str]| {
            let stores: Vec<StoreId> =
                names.iter().map(|name| StoreId::new(*name).unwrap()).collect();
            array_literal(&stores)
        };
        assert_eq!(literal(&[]), "E'{}'");
        assert_eq!(literal(&["b", "a", "b"]), r#"E'{"a","b"}'"#);
        assert_eq!(literal(&["o'hara"]), r#"E'{"o''hara"}'"#);
        assert_eq!(literal(&[r#"a"},{\"#]), r#"E'{"a\\"},{\\\\"}'"#);
    }
}

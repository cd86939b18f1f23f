//! The host's pool of connections, and transactions that name their stores.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, SqlStr, Transaction};
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
        self.pool.begin_with(begin(stores)).await
    }

    /// Begins a transaction like [`Database::begin`] on a connection of the pool.
    pub(super) async fn begin_on<'a, 'c>(
        connection: &'c mut PgConnection,
        stores: impl IntoIterator<Item = &'a StoreId>,
    ) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
        connection.begin_with(begin(stores)).await
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

/// Returns what begins a transaction that names its stores.
fn begin<'a>(stores: impl IntoIterator<Item = &'a StoreId>) -> AssertSqlSafe<String> {
    // One message: a round trip less than to begin and then to name the stores.
    // A plan is made once: planning costs more than most statements. One that was made while a
    // table was small would go on to read the whole of it, hence the last setting.
    AssertSqlSafe(format!(
        "BEGIN; SET LOCAL {SETTING} = {}; SET LOCAL plan_cache_mode = force_generic_plan; \
         SET LOCAL enable_seqscan = off",
        array_literal(stores)
    ))
}

/// Runs a statement or a short transaction again, a few times, if the server broke it off because of
/// another one at the same time.
pub(super) async fn retrying<T, E, F>(mut run: impl FnMut() -> F) -> Result<T, E>
where
    E: MayConflict,
    F: Future<Output = Result<T, E>>,
{
    for wait in [5, 20, 50, 100] {
        match run().await {
            Err(error) if error.is_conflict() => {
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            ended => return ended,
        }
    }
    run().await
}

/// An error that may say that the server refused a transaction because of another one at the same
/// time, so that it succeeds if it is run again: a deadlock, or a failed serialization.
pub(super) trait MayConflict {
    /// Returns whether it says so.
    fn is_conflict(&self) -> bool;
}

impl MayConflict for sqlx::Error {
    fn is_conflict(&self) -> bool {
        let code = self.as_database_error().and_then(sqlx::error::DatabaseError::code);
        matches!(code.as_deref(), Some("40001" | "40P01"))
    }
}

impl MayConflict for DatabaseError {
    fn is_conflict(&self) -> bool {
        self.is("40001") || self.is("40P01")
    }
}

/// Returns the seconds of a duration, for `make_interval`; at most a hundred years, because no time
/// is later than Postgres' last one.
pub(super) fn seconds(duration: Duration) -> f64 {
    const CENTURY: Duration = Duration::from_hours(100 * 366 * 24);
    duration.min(CENTURY).as_secs_f64()
}

/// Returns the duration of some seconds that the database counted; none if they are negative.
pub(super) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
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

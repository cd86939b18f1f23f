//! The migrations of the schema.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, PgConnection, SqlSafeStr};

use super::error::DatabaseError;
use super::schema::{InvalidSchema, Schema, is_identifier};
use super::tables::TABLES;

/// The migrations in their order. A migration that was released is never changed: its checksum is
/// compared with that of the one that ran.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "stores", include_str!("0001_stores.sql")),
    (2, "sync", include_str!("0002_sync.sql")),
    (3, "webhooks", include_str!("0003_webhooks.sql")),
    (4, "activity", include_str!("0004_activity.sql")),
    (5, "lifecycle", include_str!("0005_lifecycle.sql")),
    (6, "erasure", include_str!("0006_erasure.sql")),
    (7, "state_index", include_str!("0007_state_index.sql")),
    (8, "policies", include_str!("0008_policies.sql")),
    (9, "live_lines", include_str!("0009_live_lines.sql")),
    (10, "entry_keys", include_str!("0010_entry_keys.sql")),
    (11, "one_entry_key", include_str!("0011_one_entry_key.sql")),
    (12, "marked_entries", include_str!("0012_marked_entries.sql")),
];

/// Creates and updates the tables of the engine. The host runs it with the role that owns the
/// tables, or prints the SQL and runs it with a tool of its own.
///
/// The tables are in a schema of their own, with a list of the migrations that ran
/// (`store_context.migrations`). Each migration is safe while processes of the previous version run:
/// it adds, or replaces an index, which is built while writes to its table wait. Running them again
/// changes nothing.
///
/// ```no_run
/// use sqlx::Connection;
/// use store_context_adapters::postgres::Migrations;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut owner = sqlx::PgConnection::connect("postgres://shop_owner@localhost/shop").await?;
/// Migrations::for_role("shop_runtime")?.run(&mut owner).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Migrations {
    schema: Schema,
    role: String,
    // The last one to run; `None` for all of them.
    last: Option<i64>,
}

impl Migrations {
    /// Prepares the migrations for a runtime role: the role of the pool that
    /// [`Database`](super::Database) is given. It must exist, must own none of the tables and must
    /// not bypass row-level security. It gets what it needs, and nothing more.
    ///
    /// # Errors
    /// Returns an error if the role's name is not an identifier of 1 to 40 lower-case letters,
    /// digits and underscores.
    pub fn for_role(runtime_role: &str) -> Result<Self, InvalidSchema> {
        if !is_identifier(runtime_role) {
            return Err(InvalidSchema);
        }
        Ok(Self { schema: Schema::default(), role: runtime_role.to_owned(), last: None })
    }

    /// Uses another schema.
    #[must_use]
    pub fn with_schema(self, schema: Schema) -> Self {
        Self { schema, ..self }
    }

    /// Stops after a migration, for tests of one version beside the next.
    #[must_use]
    pub fn up_to(self, version: i64) -> Self {
        Self { last: Some(version), ..self }
    }

    /// Runs the migrations that did not run yet, each in a transaction, and grants the runtime role
    /// what it needs. Processes that run them at the same time wait for each other.
    ///
    /// # Errors
    /// Returns an error if the database refused a migration, or if one that ran differs from ours.
    pub async fn run(&self, owner: &mut PgConnection) -> Result<(), DatabaseError> {
        let mut migrator = Migrator::with_migrations(self.migrations());
        migrator.dangerous_set_table_name(format!("{}.migrations", self.schema));
        migrator.create_schema(self.schema.as_str().to_owned());
        // A process of the previous version may start after the next one's migrations ran.
        migrator.set_ignore_missing(true);
        let last = self.last.unwrap_or(i64::MAX);
        migrator.run_to(last, &mut *owner).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error.into(),
            other => DatabaseError::Unavailable(other.to_string()),
        })?;
        // One transaction, as one message. The server refuses grants of two at the same time, and the
        // migrator's own lock is over.
        let alone = format!("SELECT pg_advisory_xact_lock(hashtext('{} grants'));\n", self.schema);
        sqlx::raw_sql(AssertSqlSafe(alone + &self.grants())).execute(owner).await?;
        Ok(())
    }

    /// Returns the SQL of all migrations, for a tool of the host's own that runs each once and in
    /// order, and the grants, which are safe to repeat.
    ///
    /// ```
    /// use store_context_adapters::postgres::Migrations;
    ///
    /// let sql = Migrations::for_role("shop_runtime")?.sql();
    /// assert!(sql.contains("CREATE TABLE store_context.stores"));
    /// assert!(sql.contains("TO shop_runtime"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sql(&self) -> String {
        let mut sql = format!("CREATE SCHEMA IF NOT EXISTS {};\n", self.schema);
        for migration in self.migrations() {
            let Migration { version, description, sql: text, .. } = migration;
            let one = format!("\n-- {version:04} {description}\n{}", text.as_str());
            sql.push_str(&one);
        }
        sql.push_str("\n-- grants\n");
        sql.push_str(&self.grants());
        sql
    }

    fn migrations(&self) -> Vec<Migration> {
        let last = self.last.unwrap_or(i64::MAX);
        let wanted = MIGRATIONS.iter().filter(|(version, ..)| *version <= last);
        let made = wanted.map(|(version, name, text)| {
            let sql = AssertSqlSafe(self.schema.text(text)).into_sql_str();
            Migration::new(*version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
        });
        made.collect()
    }

    /// Returns the statement that gives the runtime role what it needs, of the tables that exist.
    fn grants(&self) -> String {
        let Self { schema, role, .. } = self;
        let mut sql = format!("GRANT USAGE ON SCHEMA {schema} TO {role};\n");
        sql.push_str("DO $$ BEGIN\n");
        for (table, kind) in TABLES {
            let privileges = kind.privileges();
            let granted = format!(
                "IF to_regclass('{schema}.{table}') IS NOT NULL THEN \
                 REVOKE ALL ON {schema}.{table} FROM {role}, PUBLIC; \
                 GRANT {privileges} ON {schema}.{table} TO {role}; END IF;\n"
            );
            sql.push_str(&granted);
        }
        let sequences = format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};\n");
        sql.push_str("END $$;\n");
        sql.push_str(&sequences);
        sql
    }
}

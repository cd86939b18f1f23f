//! A schema for a test, in the Postgres that `DATABASE_URL` names or in one of its own.
//!
//! Each test has a schema and a runtime role of its own, which are removed at its end.

use std::env;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::thread;

use anyhow::{Context, Result};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store_context_adapters::postgres::{Database, Migrations, Schema};

use crate::local_postgres::LocalPostgres;

// Shared by the tests that run at the same time. A weak one: what is static is never dropped.
static SERVER: LazyLock<Mutex<Weak<LocalPostgres>>> = LazyLock::new(Mutex::default);

/// A migrated schema with a runtime role, both of its own. They are removed when the value and all
/// pools of the role are dropped, so a port that uses one keeps them.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// The connections of the runtime role.
    pub pool: PgPool,
    /// The tables.
    pub database: Database,
    owned: Arc<Owned>,
}

/// What is removed at the end.
#[derive(Debug)]
struct Owned {
    // The schema's name, which is also the role's password.
    schema: String,
    role: String,
    owner: PgConnectOptions,
    _server: Option<Arc<LocalPostgres>>,
}

impl TestDatabase {
    /// Creates a schema with all migrations.
    ///
    /// # Errors
    /// Returns an error if there is no Postgres, or if it refuses the schema.
    pub async fn new() -> Result<Self> {
        let database = Self::empty().await?;
        let mut owner = database.owner().await?;
        database.migrations()?.run(&mut owner).await?;
        Ok(database)
    }

    /// Creates a runtime role; the schema has yet to be migrated.
    ///
    /// # Errors
    /// Returns an error if there is no Postgres, or if it refuses the role.
    pub async fn empty() -> Result<Self> {
        // Starting a server waits for programs.
        let (url, server) = tokio::task::spawn_blocking(server).await??;
        let owner = PgConnectOptions::from_str(&url).context("read DATABASE_URL")?;
        let schema = format!("test_{:016x}", fastrand::u64(..));
        let role = format!("{schema}_runtime");
        let mut connection = PgConnection::connect_with(&owner).await?;
        let create = format!("CREATE ROLE {role} LOGIN PASSWORD '{schema}'");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await?;
        connection.close().await?;
        let kept = Arc::new(Owned { schema, role, owner, _server: server });
        let pool = kept.pool(8);
        let database = Database::new(pool.clone()).with_schema(Schema::new(&kept.schema)?);
        Ok(Self { pool, database, owned: kept })
    }

    /// Opens a connection of the role that owns the tables.
    ///
    /// # Errors
    /// Returns an error if the server takes no connection.
    pub async fn owner(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.owned.owner).await?)
    }

    /// Returns the address of the server, with the role that owns the tables.
    pub fn owner_options(&self) -> &PgConnectOptions {
        &self.owned.owner
    }

    /// Returns the schema's name.
    pub fn schema(&self) -> &str {
        &self.owned.schema
    }

    /// Returns the runtime role's name.
    pub fn role(&self) -> &str {
        &self.owned.role
    }

    /// Returns the migrations of this schema.
    ///
    /// # Errors
    /// Returns no error: the names are valid.
    pub fn migrations(&self) -> Result<Migrations> {
        Ok(Migrations::for_role(self.role())?.with_schema(Schema::new(self.schema())?))
    }

    /// Returns the tables through a pool of their own, as another process has one.
    ///
    /// # Errors
    /// Returns no error: the names are valid.
    pub fn another_process(&self, connections: u32) -> Result<Database> {
        let pool = self.owned.pool(connections);
        Ok(Database::new(pool).with_schema(Schema::new(self.schema())?))
    }
}

impl Owned {
    /// Returns a pool of the runtime role, which keeps what it uses.
    fn pool(self: &Arc<Self>, connections: u32) -> PgPool {
        let runtime = self.owner.clone().username(&self.role).password(&self.schema);
        let kept = Arc::clone(self);
        let options = PgPoolOptions::new().max_connections(connections);
        let options = options.before_acquire(move |_, _| {
            let _ = &kept;
            Box::pin(async { Ok(true) })
        });
        options.connect_lazy_with(runtime)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Self { schema, role, owner, .. } = self;
        let remove = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'; \
             DROP SCHEMA IF EXISTS {schema} CASCADE; DROP OWNED BY {role}; DROP ROLE {role}"
        );
        let owner = owner.clone();
        // A runtime of its own: the test's may be the one that drops this.
        let removed = thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&owner).await?;
                sqlx::raw_sql(AssertSqlSafe(remove)).execute(&mut connection).await?;
                Ok(())
            })
        });
        match removed.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the schema {} is still there: {error:#}", self.schema),
            Err(_) => eprintln!("the schema {} is still there", self.schema),
        }
    }
}

/// Returns the address of the server that the tests of this process share, with its administrator,
/// and what keeps it running.
pub(crate) fn server() -> Result<(String, Option<Arc<LocalPostgres>>)> {
    if let Ok(url) = env::var("DATABASE_URL") {
        return Ok((url, None));
    }
    let mut shared = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Ok((server.url("postgres"), Some(server)));
    }
    // What a crash of the machine would lose is of no use to a test.
    let settings = ["fsync=off", "synchronous_commit=off", "max_connections=300"];
    let server = Arc::new(LocalPostgres::start(&settings)?);
    *shared = Arc::downgrade(&server);
    Ok((server.url("postgres"), Some(server)))
}

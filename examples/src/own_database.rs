//! A database for a test of a whole program, in the Postgres that `DATABASE_URL` names or in one of
//! its own.

use std::str::FromStr;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

use crate::local_postgres::LocalPostgres;
use crate::test_database::server;

/// An empty database with two roles, as an administrator prepares it for a service: one that owns
/// the database, and a plain one for its processes. All are removed when the value is dropped.
#[derive(Debug)]
pub struct OwnDatabase {
    name: String,
    administrator: Url,
    /// The password of both roles.
    pub password: String,
    _server: Option<Arc<LocalPostgres>>,
}

impl OwnDatabase {
    /// Creates the database and the roles.
    ///
    /// # Errors
    /// Returns an error if there is no Postgres, or if it refuses them.
    pub async fn new() -> Result<Self> {
        let (administrator, server) = tokio::task::spawn_blocking(server).await??;
        let administrator = Url::parse(&administrator).context("read DATABASE_URL")?;
        let name = format!("test_{:016x}", fastrand::u64(..));
        let password = format!("{:032x}", fastrand::u128(..));
        let database = Self { name, administrator, password, _server: server };
        let Self { name, password, .. } = &database;
        let mut connection = PgConnection::connect(database.administrator.as_str()).await?;
        for create in [
            format!("CREATE ROLE {name}_owner LOGIN PASSWORD '{password}'"),
            format!("CREATE ROLE {name}_runtime LOGIN PASSWORD '{password}'"),
            format!("CREATE DATABASE {name} OWNER {name}_owner"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(database)
    }

    /// Returns the address with the role that owns the database.
    pub fn owner_url(&self) -> String {
        self.url(&format!("{}_owner", self.name))
    }

    /// Returns the address with the plain role.
    pub fn runtime_url(&self) -> String {
        self.url(&self.runtime_role())
    }

    /// Returns the name of the plain role.
    pub fn runtime_role(&self) -> String {
        format!("{}_runtime", self.name)
    }

    /// Returns the address with the server's administrator, to whom row-level security does not
    /// apply.
    pub fn administrator_url(&self) -> String {
        let mut url = self.administrator.clone();
        url.set_path(&self.name);
        url.into()
    }

    fn url(&self, role: &str) -> String {
        let mut url = self.administrator.clone();
        url.set_path(&self.name);
        // Fails for URLs without a host only, such as those of a socket's folder.
        let set = url.set_username(role).and_then(|()| url.set_password(Some(&self.password)));
        if set.is_err() {
            url.query_pairs_mut().append_pair("user", role).append_pair("password", &self.password);
        }
        url.into()
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let Self { name, administrator, .. } = self;
        let remove = [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("DROP ROLE {name}_owner"),
            format!("DROP ROLE {name}_runtime"),
        ];
        let administrator = administrator.to_string();
        // A runtime of its own: the test's may be the one that drops this.
        let removed = thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let options = PgConnectOptions::from_str(&administrator)?;
                let mut connection = PgConnection::connect_with(&options).await?;
                for remove in remove {
                    sqlx::raw_sql(AssertSqlSafe(remove)).execute(&mut connection).await?;
                }
                Ok(())
            })
        });
        match removed.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the database {} is still there: {error:#}", self.name),
            Err(_) => eprintln!("the database {} is still there", self.name),
        }
    }
}

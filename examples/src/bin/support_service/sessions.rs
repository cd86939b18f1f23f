//! The shop's sessions: a random token for a signed-in customer, of which the database keeps a
//! digest. Replace it by what your shop has.

use std::time::Duration;

use async_trait::async_trait;
use examples::shop::{ShopError, or_unknown};
use http::header::AUTHORIZATION;
use http::request::Parts;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPool;
use store_context::model::{CustomerId, StoreId};
use store_context::ports::{AddressToken, PortResult};
use store_context_adapters::axum::Sessions;

/// The lifetime of a session.
const LASTS: Duration = Duration::from_hours(8);

#[derive(Clone)]
pub(crate) struct DatabaseSessions {
    pool: PgPool,
}

impl DatabaseSessions {
    pub(crate) const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Begins a session of a known customer; returns its token.
    pub(crate) async fn begin(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<String, ShopError> {
        let token = AddressToken::random().map_err(|error| ShopError::Database(error.into()))?;
        let token = token.expose().to_owned();
        sqlx::query(
            "WITH ended AS (DELETE FROM shop.sessions WHERE ends_at < now())
             INSERT INTO shop.sessions (digest, store, customer, ends_at)
             VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        )
        .bind(digest(&token))
        .bind(store.as_str())
        .bind(customer.as_str())
        .bind(LASTS.as_secs_f64())
        .execute(&self.pool)
        .await
        .map_err(|error| or_unknown(error, ShopError::UnknownCustomer))?;
        Ok(token)
    }

    async fn find(&self, token: &str) -> PortResult<Option<(StoreId, CustomerId)>> {
        let found = sqlx::query_as::<_, (String, String)>(
            "SELECT store, customer FROM shop.sessions WHERE digest = $1 AND ends_at > now()",
        )
        .bind(digest(token))
        .fetch_optional(&self.pool)
        .await?;
        let Some((store, customer)) = found else { return Ok(None) };
        Ok(Some((StoreId::new(store)?, CustomerId::new(customer)?)))
    }
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[async_trait]
impl Sessions for DatabaseSessions {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        let token = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        match self.find(token).await {
            Ok(found) => found,
            Err(error) => {
                let error = anyhow::Error::from_boxed(error.into());
                tracing::error!("a session could not be looked up: {error:#}");
                None
            }
        }
    }
}

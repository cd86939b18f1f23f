//! The shop's own sessions: a cookie with a random token for a signed-in customer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use adapters::axum::Sessions;
use async_trait::async_trait;
use http::header::COOKIE;
use http::request::Parts;
use store_context::model::{CustomerId, StoreId};
use store_context::ports::AddressToken;

pub(crate) const COOKIE_NAME: &str = "session";

#[derive(Debug, Default)]
pub(crate) struct CookieSessions(Mutex<HashMap<String, (StoreId, CustomerId)>>);

impl CookieSessions {
    /// Signs a customer in; the answer is the cookie's value.
    pub(crate) fn sign_in(&self, store: &StoreId, customer: &CustomerId) -> anyhow::Result<String> {
        let token = AddressToken::random()?.expose().to_owned();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(token.clone(), (store.clone(), customer.clone()));
        Ok(token)
    }
}

#[async_trait]
impl Sessions for CookieSessions {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        let cookies = parts.headers.get(COOKIE)?.to_str().ok()?;
        let token = cookies
            .split(';')
            .find_map(|cookie| cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }
}

//! The shop's own sessions: a cookie with a random token for a signed-in customer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::header::COOKIE;
use http::request::Parts;
use store_context::model::{CustomerId, StoreId};
use store_context::ports::AddressToken;
use store_context_adapters::axum::Sessions;

pub(crate) const COOKIE_NAME: &str = "session";
/// The lifetime of a session.
pub(crate) const LASTS: Duration = Duration::from_hours(8);

#[derive(Debug)]
struct Session {
    store: StoreId,
    customer: CustomerId,
    ends_at: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct CookieSessions(Mutex<HashMap<String, Session>>);

impl CookieSessions {
    /// Signs a customer in; returns the cookie's value.
    pub(crate) fn sign_in(&self, store: &StoreId, customer: &CustomerId) -> anyhow::Result<String> {
        self.begin(store, customer, Instant::now())
    }

    /// Ends the session of a request, if it has one.
    pub(crate) fn sign_out(&self, parts: &Parts) {
        if let Some(token) = token(parts) {
            self.lock().remove(token);
        }
    }

    fn begin(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        now: Instant,
    ) -> anyhow::Result<String> {
        let token = AddressToken::random()?.expose().to_owned();
        let (store, customer, ends_at) = (store.clone(), customer.clone(), now + LASTS);
        let mut sessions = self.lock();
        sessions.retain(|_, session| now < session.ends_at);
        sessions.insert(token.clone(), Session { store, customer, ends_at });
        Ok(token)
    }

    fn of(&self, parts: &Parts, now: Instant) -> Option<(StoreId, CustomerId)> {
        let sessions = self.lock();
        let session = sessions.get(token(parts)?).filter(|session| now < session.ends_at)?;
        Some((session.store.clone(), session.customer.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(parts: &Parts) -> Option<&str> {
    parts
        .headers
        .get(COOKIE)?
        .to_str()
        .ok()?
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
}

#[async_trait]
impl Sessions for CookieSessions {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        self.of(parts, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(token: &str) -> Parts {
        let cookie = format!("theme=dark; {COOKIE_NAME}={token}");
        http::Request::builder().header(COOKIE, cookie).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_session_ends_when_its_time_is_over_and_is_forgotten() {
        let sessions = CookieSessions::default();
        let (store, ada) = (StoreId::new("tea").unwrap(), CustomerId::new("ada").unwrap());
        let now = Instant::now();
        let first = sessions.begin(&store, &ada, now).unwrap();
        assert!(sessions.of(&parts(&first), now + LASTS / 2).is_some());
        assert_eq!(sessions.of(&parts(&first), now + LASTS), None);
        let second = sessions.begin(&store, &ada, now + LASTS).unwrap();
        assert_eq!(sessions.lock().len(), 1, "what has ended is not kept");
        sessions.sign_out(&parts(&second));
        assert_eq!(sessions.of(&parts(&second), now + LASTS), None);
    }
}

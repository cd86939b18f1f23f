//! The shop's own pages: a storefront with the widget of its store, signed in or not.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chatwoot_client::widget::{Snippet, WidgetSettings};
use serde::Deserialize;
use store_context::identity::Identity;
use store_context::model::{Customer, CustomerId, Store, StoreId};
use store_context::ports::{PortFailure, Ports};

use crate::chatwoot::Chatwoot;
use crate::host::Host;
use crate::sessions::{COOKIE_NAME, CookieSessions, LASTS};

/// The number of customers that the storefront offers to sign in as.
const OFFERED: usize = 8;

#[derive(Clone)]
pub(crate) struct Pages {
    ports: Ports,
    identity: Identity,
    sessions: Arc<CookieSessions>,
    chatwoot: String,
}

impl Pages {
    pub(crate) fn new(host: &Host, chatwoot: &Chatwoot) -> Self {
        Self {
            ports: host.ports.clone(),
            identity: host.identity.clone(),
            sessions: host.sessions.clone(),
            chatwoot: chatwoot.base().to_owned(),
        }
    }
}

pub(crate) fn router(pages: Pages) -> Router {
    Router::new().route("/shop/{store}", get(storefront)).with_state(pages)
}

#[derive(Deserialize)]
struct SignIn {
    /// The customer to sign in; a real shop asks for a password here.
    customer: Option<CustomerId>,
}

#[derive(Template)]
#[template(path = "storefront.html")]
struct Storefront<'a> {
    store: &'a Store,
    customer: Option<&'a Customer>,
    customers: &'a [Customer],
    widget: &'a str,
}

async fn storefront(
    State(pages): State<Pages>,
    Path(store): Path<String>,
    Query(sign_in): Query<SignIn>,
    request: Parts,
) -> Response {
    match pages.storefront(&store, sign_in.customer, &request).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!("the storefront cannot be shown: {error:#}");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown just now.")
                .into_response()
        }
    }
}

impl Pages {
    async fn storefront(
        &self,
        store: &str,
        sign_in: Option<CustomerId>,
        request: &Parts,
    ) -> anyhow::Result<Response> {
        let Some(store) = self.store(store).await? else {
            return Ok((StatusCode::NOT_FOUND, "There is no such shop.").into_response());
        };
        let customer = match sign_in {
            Some(id) => match self.customer(&store.id, &id).await? {
                Some(customer) => Some(customer),
                None => return Ok((StatusCode::FORBIDDEN, "Sign-in refused.").into_response()),
            },
            None => None,
        };
        let widget = self.widget(&store, customer.as_ref()).await?;
        // Ends the previous session, also if the browser keeps the cookie.
        self.sessions.sign_out(request);
        let (cookie, lasts) = match &customer {
            Some(customer) => (self.sessions.sign_in(&store.id, &customer.id)?, LASTS.as_secs()),
            None => (String::new(), 0),
        };
        let cookie =
            format!("{COOKIE_NAME}={cookie}; HttpOnly; SameSite=Lax; Path=/; Max-Age={lasts}");
        let page = Storefront {
            store: &store,
            customer: customer.as_ref(),
            customers: &self.customers(&store.id).await?,
            widget: &widget,
        };
        let headers = [(CACHE_CONTROL, "no-store".to_owned()), (SET_COOKIE, cookie)];
        Ok((headers, Html(page.render()?)).into_response())
    }

    async fn store(&self, id: &str) -> anyhow::Result<Option<Store>> {
        match StoreId::new(id) {
            Ok(id) => {
                let record = self.ports.stores.open(&id).await.map_err(PortFailure::from)?;
                Ok(record.map(|record| record.store))
            }
            Err(_) => Ok(None),
        }
    }

    async fn customer(
        &self,
        store: &StoreId,
        id: &CustomerId,
    ) -> Result<Option<Customer>, PortFailure> {
        Ok(self.ports.customers.customer(store, id).await?)
    }

    async fn customers(&self, store: &StoreId) -> Result<Vec<Customer>, PortFailure> {
        let page = self.ports.customers.customer_ids(store, None, OFFERED).await?;
        Ok(self.ports.customers.customers(store, &page.ids).await?)
    }

    /// Returns the widget's snippet with the signed-in customer and the store's proof; for a guest
    /// the widget resets the previous user.
    async fn widget(&self, store: &Store, customer: Option<&Customer>) -> anyhow::Result<String> {
        let token = self.identity.website_token(&store.id).await?;
        let user = match customer {
            Some(customer) => Some(self.identity.widget_user(&store.id, customer).await?),
            None => None,
        };
        let settings =
            WidgetSettings { locale: Some(store.locale.clone()), ..WidgetSettings::default() };
        let snippet = Snippet::new(&self.chatwoot, &token).settings(&settings);
        Ok(snippet.user(user.as_ref()).to_html()?)
    }
}

/// Prints the URLs of the pages.
pub(crate) async fn announce(
    host: &Host,
    chatwoot: &Chatwoot,
    stores: &[Store; 2],
) -> anyhow::Result<()> {
    let mut text = String::new();
    for store in stores {
        let made = host.accounts.record(&store.id).await?.account;
        let account = made.account.context("the store is provisioned")?;
        writeln!(text, "{}", store.name)?;
        writeln!(text, "  storefront   {}", host.url.join(&format!("/shop/{}", store.id))?)?;
        writeln!(
            text,
            "  agents' dashboard {}/app/accounts/{account}/dashboard",
            chatwoot.base().trim_end_matches('/')
        )?;
    }
    eprintln!("{text}\nServing until Ctrl-C.");
    Ok(())
}

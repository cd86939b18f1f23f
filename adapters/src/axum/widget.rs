//! The widget on the host's own pages: the identity of a signed-in customer, and its reset at
//! sign-out.

use std::fmt;
use std::sync::Arc;

use ::axum::Json;
use ::axum::extract::{FromRef, FromRequestParts};
use ::axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use async_trait::async_trait;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use store_context::Url;
use store_context::chatwoot::widget::{Snippet, WidgetCsp, WidgetError, WidgetUser};
use store_context::identity::{Identity, IdentityError};
use store_context::model::StoreId;
use store_context::ports::{Customers, PortError, PortFailure, Ports, Stores};

use super::reply;
use super::session::Sessions;

/// Finds the store of a page, whether or not a customer is signed in. A host with one store passes
/// its [`StoreId`]; one with many knows the store by the request's host name or path.
#[async_trait]
pub trait Storefronts: Send + Sync {
    /// Returns the store of the request's page; `None` if it is that of no store.
    async fn store(&self, parts: &Parts) -> Option<StoreId>;
}

#[async_trait]
impl Storefronts for StoreId {
    async fn store(&self, _: &Parts) -> Option<StoreId> {
        Some(self.clone())
    }
}

/// The state of [`PageWidget`].
#[derive(Clone)]
pub struct WidgetPages {
    identity: Identity,
    stores: Arc<dyn Stores>,
    customers: Arc<dyn Customers>,
    sessions: Arc<dyn Sessions>,
    storefronts: Arc<dyn Storefronts>,
}

impl WidgetPages {
    /// Creates a state on the host's ports, sessions and storefronts.
    pub fn new(
        ports: &Ports,
        sessions: Arc<dyn Sessions>,
        storefronts: Arc<dyn Storefronts>,
    ) -> Self {
        Self {
            identity: Identity::new(ports.clone()),
            stores: ports.stores.clone(),
            customers: ports.customers.clone(),
            sessions,
            storefronts,
        }
    }

    async fn widget(&self, parts: &Parts) -> Result<PageWidget, WidgetRejection> {
        let store = self.storefronts.store(parts).await.ok_or(WidgetRejection::UnknownStore)?;
        let record = self.stores.open(&store).await.map_err(WidgetRejection::Port)?;
        let record = record.ok_or(WidgetRejection::UnknownStore)?;
        let (Some(base_url), Some(website_token)) =
            (record.account.base_url, record.account.website_token)
        else {
            return Err(WidgetRejection::NotProvisioned(store));
        };
        let user = self.user(&store, parts).await?;
        Ok(PageWidget { store, user, base_url, website_token })
    }

    /// Returns the signed-in customer, of this store only.
    async fn user(
        &self,
        store: &StoreId,
        parts: &Parts,
    ) -> Result<Option<WidgetUser>, WidgetRejection> {
        let session = self.sessions.customer(parts).await;
        let Some((_, id)) = session.filter(|(of, _)| of == store) else { return Ok(None) };
        let customer = self.customers.customer(store, &id).await;
        let Some(customer) = customer.map_err(WidgetRejection::Port)? else { return Ok(None) };
        let user = self.identity.widget_user(store, &customer).await;
        user.map(Some).map_err(|error| match error {
            IdentityError::Port(error) => WidgetRejection::Port(error),
            IdentityError::NotProvisioned(store) => WidgetRejection::NotProvisioned(store),
            other => WidgetRejection::Port(PortError::new("identity", other)),
        })
    }
}

impl fmt::Debug for WidgetPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WidgetPages").finish_non_exhaustive()
    }
}

/// The widget of a page, with the signed-in customer's identity, as an extractor.
///
/// A page writes the script element of [`PageWidget::snippet`]. A single-page app requests it as JSON
/// ([`PageWidget::into_identity`]), and passes the parts to `$chatwoot.setUser` and
/// `$chatwoot.setConversationCustomAttributes`. At sign-out the response removes the widget's cookies
/// with [`PageWidget::reset`], so that the next person at this browser does not continue the chat.
///
/// A page with the identity of a customer must not be stored by a shared cache.
///
/// ```
/// use axum::Router;
/// use axum::response::{Html, IntoResponse, Redirect, Response};
/// use axum::routing::{get, post};
/// use http::header;
/// use store_context_adapters::axum::{PageWidget, WidgetPages};
///
/// async fn home(widget: PageWidget) -> Response {
///     let nonce = "a new random text each time";
///     let Ok(snippet) = widget.snippet().nonce(nonce).to_html() else {
///         return Html("<h1>The shop</h1>".to_owned()).into_response();
///     };
///     let own = format!("default-src 'self'; script-src 'self' 'nonce-{nonce}'");
///     let headers = [
///         (header::CACHE_CONTROL, "private, no-store".to_owned()),
///         (header::CONTENT_SECURITY_POLICY, widget.allowed_in(&own)),
///     ];
///     (headers, Html(format!("<h1>The shop</h1>{snippet}"))).into_response()
/// }
///
/// async fn sign_out(widget: PageWidget) -> impl IntoResponse {
///     // The host ends its own session here.
///     (widget.reset(), Redirect::to("/"))
/// }
///
/// fn pages(widget: WidgetPages) -> Router {
///     Router::new()
///         .route("/", get(home))
///         .route("/sign-out", post(sign_out))
///         .route("/widget.json", get(async |widget: PageWidget| widget.into_identity()))
///         .with_state(widget)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PageWidget {
    /// The store of the page.
    pub store: StoreId,
    /// The signed-in customer, with both proofs; `None` for a guest.
    pub user: Option<WidgetUser>,
    /// The base URL of the store's Chatwoot server.
    pub base_url: Url,
    /// The website token of the store's website inbox, which is public.
    pub website_token: String,
}

impl PageWidget {
    /// Returns the snippet of the page, with the signed-in customer.
    pub fn snippet(&self) -> Snippet<'_> {
        Snippet::new(self.base_url.as_str(), &self.website_token).user(self.user.as_ref())
    }

    /// Returns what the page's Content-Security-Policy must allow.
    ///
    /// # Errors
    /// Returns an error if the store's base URL is invalid.
    pub fn csp(&self) -> Result<WidgetCsp, WidgetError> {
        WidgetCsp::new(self.base_url.as_str())
    }

    /// Returns the host's own policy with what the widget needs; unchanged if the store's base URL
    /// is invalid.
    pub fn allowed_in(&self, policy: &str) -> String {
        self.csp().map_or_else(|_| policy.to_owned(), |csp| csp.merged_into(policy))
    }

    /// Returns the reset of the widget, for the response to a sign-out.
    pub fn reset(&self) -> WidgetReset {
        WidgetReset::new(&self.website_token)
    }

    /// Returns the response for a script of the page.
    pub fn into_identity(self) -> WidgetIdentity {
        WidgetIdentity(self)
    }
}

impl<S> FromRequestParts<S> for PageWidget
where
    S: Send + Sync,
    WidgetPages: FromRef<S>,
{
    type Rejection = WidgetRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WidgetRejection> {
        WidgetPages::from_ref(state).widget(parts).await
    }
}

/// The reason why a page has no widget.
#[derive(Debug)]
#[non_exhaustive]
pub enum WidgetRejection {
    /// 404: the page is that of no store.
    UnknownStore,
    /// 503: the store has no website inbox yet.
    NotProvisioned(StoreId),
    /// 503: a port failed.
    Port(PortError),
}

impl IntoResponse for WidgetRejection {
    fn into_response(self) -> Response {
        match self {
            Self::UnknownStore => reply::error(StatusCode::NOT_FOUND, "no such store"),
            Self::NotProvisioned(store) => {
                tracing::error!(%store, "the store has no website inbox yet");
                reply::unavailable()
            }
            Self::Port(error) => {
                let failure: &PortFailure = &error;
                reply::failed(failure)
            }
        }
    }
}

/// The widget's identity as a response for a script of the page: `{"base_url", "website_token",
/// "identifier", "user", "conversation_attributes"}`, of which the last three are null for a guest.
/// No cache stores it.
#[derive(Clone, Debug)]
pub struct WidgetIdentity(PageWidget);

impl IntoResponse for WidgetIdentity {
    fn into_response(self) -> Response {
        let PageWidget { user, base_url, website_token, .. } = self.0;
        let body = json!({
            "base_url": base_url.as_str().trim_end_matches('/'),
            "website_token": website_token,
            "identifier": user.as_ref().map(WidgetUser::identifier),
            "user": user,
            "conversation_attributes": user.as_ref().map(|user| &*user.conversation_attributes),
        });
        ([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response()
    }
}

/// Removes the widget's cookies from a browser, as a part of the response to a sign-out: without it
/// the next person at the browser continues the customer's chat until a page with the
/// [`Snippet`] is loaded. A page that stays open calls `$chatwoot.reset()` besides.
///
/// ```
/// use axum::response::{IntoResponse, Redirect};
/// use store_context_adapters::axum::WidgetReset;
///
/// let response = (WidgetReset::new("the-website-token"), Redirect::to("/")).into_response();
/// assert_eq!(response.headers().get_all("set-cookie").iter().count(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidgetReset {
    website_token: String,
    base_domain: Option<String>,
}

impl WidgetReset {
    /// Creates the reset of the widget with this website token.
    pub fn new(website_token: impl Into<String>) -> Self {
        Self { website_token: website_token.into(), base_domain: None }
    }

    /// Also removes cookies that were set for a domain: the
    /// [`base_domain`](store_context::chatwoot::widget::WidgetSettings::base_domain) of the widget's
    /// settings.
    #[must_use]
    pub fn base_domain(mut self, domain: impl Into<String>) -> Self {
        self.base_domain = Some(domain.into());
        self
    }
}

impl IntoResponseParts for WidgetReset {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: ResponseParts,
    ) -> Result<ResponseParts, Self::Error> {
        let token = &self.website_token;
        let names = [
            "cw_conversation".to_owned(),
            format!("cw_user_{token}"),
            format!("cw_customer_{token}"),
        ];
        let domain = self.base_domain.map(|domain| format!("; Domain={domain}"));
        for name in names {
            for domain in [Some(String::new()), domain.clone()].into_iter().flatten() {
                let cookie = format!("{name}=; Path=/; SameSite=Lax; Max-Age=0{domain}");
                // A token or domain that no header can have is that of no cookie.
                if let Ok(value) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().append(header::SET_COOKIE, value);
                }
            }
        }
        Ok(response)
    }
}

impl IntoResponse for WidgetReset {
    /// 204 with the cookies.
    fn into_response(self) -> Response {
        (self, StatusCode::NO_CONTENT).into_response()
    }
}

//! Panel: the page that agents see beside a conversation, as a dashboard app of Chatwoot.
//!
//! What opens it is its unguessable address, which only agents of the store's account can read.
//! The message that names the contact is unsigned and no more than a hint: the address decides
//! the store, and a contact is looked up in that store only.

use std::fmt;
use std::sync::Arc;

use ::axum::Router;
use ::axum::extract::rejection::QueryRejection;
use ::axum::extract::{Path, Query, State};
use ::axum::response::{Html, IntoResponse, Response};
use ::axum::routing::get;
use askama::Template;
use http::{StatusCode, header};
use serde::Deserialize;
use store_context::Timestamp;
use store_context::context::ContextService;
use store_context::model::StoreId;
use store_context::ports::{Address, AddressToken, Credentials, PortError, PortResult};
use url::Url;

use super::reply;

/// What the endpoint needs.
#[derive(Clone)]
pub struct Panel {
    /// Where snapshots come from.
    pub context: ContextService,
    /// Whose address is whose.
    pub credentials: Arc<dyn Credentials>,
    /// The Chatwoot that may embed the page and whose messages it takes.
    pub desk: DeskOrigin,
}

impl fmt::Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panel").field("desk", &self.desk).finish_non_exhaustive()
    }
}

/// The origin of a Chatwoot: scheme, host and port of its base URL.
///
/// ```
/// use adapters::axum::DeskOrigin;
///
/// let desk = DeskOrigin::new(&"https://desk.example.com/app".parse().unwrap()).unwrap();
/// assert_eq!(desk.as_str(), "https://desk.example.com");
/// assert!(DeskOrigin::new(&"mailto:desk@example.com".parse().unwrap()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskOrigin(String);

/// A URL that has no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Chatwoot's base URL begins with http:// or https:// and has a host")
    }
}

impl std::error::Error for NoOrigin {}

impl DeskOrigin {
    /// The origin of a base URL.
    ///
    /// # Errors
    /// It is neither http nor https.
    pub fn new(base: &Url) -> Result<Self, NoOrigin> {
        // Those two have an ASCII origin without spaces or semicolons: it fits a header.
        let web = matches!(base.scheme(), "http" | "https");
        if web { Ok(Self(base.origin().ascii_serialization())) } else { Err(NoOrigin) }
    }

    /// The text, as a browser writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `GET /panel/{address}`: the page, and `GET /panel/{address}/context?contact=ID`: the snapshot
/// that it shows.
///
/// 404 if the address is unknown, or the contact is no customer; 503 if a port failed.
pub fn router(panel: Panel) -> Router {
    let path = format!("{}/{{address}}", Address::Panel.path());
    Router::new()
        .route(&path, get(page))
        .route(&format!("{path}/context"), get(context))
        .with_state(panel)
}

impl Panel {
    async fn store(&self, address: String) -> PortResult<Option<StoreId>> {
        let now = Timestamp::now();
        self.credentials.store_at(Address::Panel, &AddressToken::new(address), now).await
    }
}

#[derive(Template)]
#[template(path = "panel.html")]
struct Page<'a> {
    nonce: &'a str,
    desk: &'a str,
}

async fn page(State(panel): State<Panel>, Path(address): Path<String>) -> Response {
    match panel.store(address).await {
        Ok(Some(_)) => render(&panel.desk).unwrap_or_else(|error| reply::failed(&error)),
        // An agent reads this in the frame.
        Ok(None) => reply::no_store((
            StatusCode::NOT_FOUND,
            "This panel's address is not known. Ask an administrator to set the panel up again.",
        )),
        Err(error) => reply::failed(&error),
    }
}

/// The page is the same for every store: what differs comes with the snapshot.
fn render(desk: &DeskOrigin) -> Result<Response, PortError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| PortError::new("randomness", error))?;
    let nonce = format!("{:032x}", u128::from_ne_bytes(random));
    let desk = desk.as_str();
    let page = Page { nonce: &nonce, desk };
    let html = page.render().map_err(|error| PortError::new("template", error))?;
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; frame-ancestors {desk}; base-uri 'none'; form-action 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        // The address is a secret: it must not travel in a Referer.
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok(reply::no_store((headers, Html(html)).into_response()))
}

#[derive(Deserialize)]
struct Asked {
    contact: u64,
}

async fn context(
    State(panel): State<Panel>,
    Path(address): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let store = match panel.store(address).await {
        Ok(Some(store)) => store,
        Ok(None) => return reply::error(StatusCode::NOT_FOUND, "unknown address"),
        Err(error) => return reply::failed(&error),
    };
    let Ok(Query(Asked { contact })) = asked else {
        return reply::error(StatusCode::BAD_REQUEST, "say which contact: ?contact=ID");
    };
    reply::snapshot(panel.context.for_contact(&store, contact.into()).await)
}

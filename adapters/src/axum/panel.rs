//! The panel: the page that agents see beside a conversation, as a dashboard app of Chatwoot.
//!
//! Its URL alone returns the page and no data. The page sends the conversation for which it was
//! opened, with a key that only those know who can see that conversation; the server verifies both
//! with Chatwoot, and gives the page a token for this conversation and contact, valid for a few
//! minutes.

use std::sync::Arc;
use std::time::Duration;

use ::axum::extract::rejection::QueryRejection;
use ::axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use ::axum::response::{Html, IntoResponse, Response};
use ::axum::routing::{get, post};
use ::axum::{Json, Router};
use askama::Template;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use store_context::attributes::ShownAttribute;
use store_context::chatwoot::Secret;
use store_context::context::{PanelError, PanelService, PanelSubject, PanelView};
use store_context::model::{ContextSnapshot, Proof, StoreId};
use store_context::ports::{Address, AddressToken, PortError};
use tokio::time::{Instant, timeout};

use super::look_ups::LookUps;
pub use super::look_ups::PanelLimits;
pub use super::origin::{ChatwootOrigin, NoOrigin};
use super::reply;
use super::streams::PanelStreams;

/// The time limit of opening a panel, including the request's body: the page waits somewhat longer.
const DEADLINE: Duration = Duration::from_secs(12);

/// The maximum size of a request, in bytes: two ids and a key are some hundred.
const BODY_LIMIT: usize = 4 * 1024;

/// The state of the panel's endpoints.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The service that opens panels.
    pub service: PanelService,
    /// The Chatwoot server that may embed the page and whose messages it accepts; `None` for the
    /// server of each store's own account.
    pub chatwoot: Option<ChatwootOrigin>,
    /// The rate limits per URL.
    pub limits: PanelLimits,
    /// The event streams of open panels, which a host closes when it stops.
    pub streams: PanelStreams,
}

impl Panel {
    /// Creates the endpoints with the default limits, for one Chatwoot server that agents open at
    /// this origin.
    pub fn new(service: PanelService, chatwoot: ChatwootOrigin) -> Self {
        Self { chatwoot: Some(chatwoot), ..Self::for_own_accounts(service) }
    }

    /// Creates the endpoints with the default limits, for stores that have their own Chatwoot
    /// servers: a store's panel is embedded by the server of its account, and by no other.
    ///
    /// ```
    /// use store_context::context::PanelService;
    /// use store_context_adapters::axum::{Panel, panel};
    ///
    /// fn panels(service: PanelService) -> axum::Router {
    ///     panel::router(Panel::for_own_accounts(service))
    /// }
    /// ```
    pub fn for_own_accounts(service: PanelService) -> Self {
        let (limits, streams) = (PanelLimits::default(), PanelStreams::default());
        Self { service, chatwoot: None, limits, streams }
    }
}

/// Returns the panel's endpoints: the page, and the three that it requests.
///
/// `GET /panel/{address}`: the page, which requests the others.
///
/// `POST /panel/{address}/open` with `{"conversation": ID, "contact": ID, "key": {"uuid": ".."}}`
/// (or `{"source_id": ".."}` for the key): `{"token", "proven", "reason", "notice", "guest",
/// "snapshot", "attributes", "on_request", "live"}`. If the customer is not proven there are a reason and a
/// notice for the agent, and no snapshot and no attributes. An attribute is `{"applies_to", "key",
/// "name", "type", "value", "standard"}`. 404 if the three do not belong together.
///
/// `GET /panel/{address}/context` with `Authorization: Bearer TOKEN`: the same without a token;
/// with `?anyway=true` there is a snapshot even if the customer is not proven, unless the store's
/// policy forbids it (`on_request` is false then). 401 if the token is not accepted: the page opens
/// again.
///
/// `GET /panel/{address}/events` with `Authorization: Bearer TOKEN`, and `anyway` as above: server-sent
/// events while the panel is open, if the service has signals
/// ([`PanelService::with_signals`]; `live` says so, and 404 without). `snapshot` with
/// `{"changed": ["cart"]}`, or an empty list if it is not known what: request the context again.
/// `end` with `{"reason": ".."}` is the last: `changed`, the contact or a conversation of it did;
/// `expired`, the token has; `closed`, the server stops. The page opens again then, and also when the
/// events end without one. No event contains data of a customer. The token is a header and not a
/// part of the URL, so that no log has it: the page reads the stream with `fetch`, since
/// `EventSource` sets no header and hides the status. 429 with `Retry-After` beyond
/// [`StreamLimits`](super::StreamLimits).
///
/// All: 404 if the URL is unknown. The latter three: 400 and 422 malformed, 429 with `Retry-After`
/// beyond [`PanelLimits`], 503 if Chatwoot or a port failed.
pub fn router(panel: Panel) -> Router {
    let path = format!("{}/{{address}}", Address::Panel.path());
    let look_ups = LookUps::new(panel.limits);
    let router = Router::new()
        .route(&path, get(page))
        .route(&format!("{path}/open"), post(open))
        .route(&format!("{path}/context"), get(context))
        .route(&format!("{path}/events"), get(events))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(Endpoint { panel, look_ups }));
    reply::with_headers(router)
}

struct Endpoint {
    panel: Panel,
    look_ups: LookUps,
}

#[derive(Template)]
#[template(path = "panel.html")]
struct Page<'a> {
    nonce: &'a str,
    chatwoot: &'a str,
}

async fn page(State(endpoint): State<Arc<Endpoint>>, Path(address): Path<String>) -> Response {
    let Panel { service, chatwoot, .. } = &endpoint.panel;
    match service.store_at(&AddressToken::new(address)).await {
        Ok(Some(store)) => match chatwoot {
            Some(chatwoot) => render(chatwoot).unwrap_or_else(|error| reply::failed(&error)),
            None => own_page(service, &store).await,
        },
        // An agent reads this in the frame.
        Ok(None) => {
            let text = "This panel's address is not known. Reload Chatwoot; if that does not help, \
                        ask an administrator to set the panel up again.";
            (StatusCode::NOT_FOUND, text).into_response()
        }
        Err(error) => reply::failed(&error),
    }
}

/// Renders the page for the Chatwoot server of a store's own account.
async fn own_page(service: &PanelService, store: &StoreId) -> Response {
    let origin = match service.base_url(store).await {
        Ok(base_url) => ChatwootOrigin::new(&base_url),
        Err(error) => {
            tracing::error!(%error, %store, "a panel has no Chatwoot that may embed it");
            return reply::unavailable();
        }
    };
    let page = origin.map_err(|error| PortError::new("stores", error)).and_then(|it| render(&it));
    page.unwrap_or_else(|error| reply::failed(&error))
}

/// Renders the page, which is the same for all stores of a Chatwoot: all data comes with the
/// snapshot.
fn render(chatwoot: &ChatwootOrigin) -> Result<Response, PortError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| PortError::new("randomness", error))?;
    let nonce = format!("{:032x}", u128::from_ne_bytes(random));
    let chatwoot = chatwoot.as_str();
    let page = Page { nonce: &nonce, chatwoot };
    let html = page.render().map_err(|error| PortError::new("template", error))?;
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; frame-ancestors {chatwoot}; base-uri 'none'; form-action 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        // The URL is a secret: it must not be sent in a Referer.
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    Ok((headers, Html(html)).into_response())
}

/// The response for the page, without a token if the request had one.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are fields of the JSON")]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    proven: bool,
    reason: Option<String>,
    notice: Option<&'static str>,
    guest: bool,
    snapshot: Option<&'a ContextSnapshot>,
    attributes: &'a [ShownAttribute],
    on_request: bool,
    live: bool,
}

/// What an agent is told in a conversation whose writer is not proven.
const NOT_PROVEN: &str = "The writer in this conversation is not proven to be the customer. \
     Find out who it is before you say anything personal.";

impl<'a> Shown<'a> {
    fn answer(token: Option<&'a str>, view: &'a PanelView, live: bool) -> Response {
        let reason = match &view.proof {
            Proof::Proven(_) => None,
            Proof::NotProven(why) => Some(why.to_string()),
        };
        let PanelView { guest, ref snapshot, ref attributes, on_request, .. } = *view;
        let notice = reason.is_some().then_some(NOT_PROVEN);
        let (proven, snapshot) = (reason.is_none(), snapshot.as_ref());
        Json(Self { token, proven, reason, notice, guest, snapshot, attributes, on_request, live })
            .into_response()
    }
}

async fn open(
    State(endpoint): State<Arc<Endpoint>>,
    Path(address): Path<String>,
    request: Request,
) -> Response {
    let address = AddressToken::new(address);
    let answer = endpoint.look_up(&address, async |store| {
        let subject = match Json::<PanelSubject>::from_request(request, &()).await {
            Ok(Json(subject)) => subject,
            Err(rejection) => {
                return Ok(reply::error(rejection.status(), "say which conversation, as JSON"));
            }
        };
        let service = &endpoint.panel.service;
        let opened = Box::pin(service.open(&store, &subject)).await?;
        Ok(Shown::answer(Some(opened.token.expose()), &opened.view, service.is_live()))
    });
    answer.await
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    anyway: bool,
}

async fn context(
    State(endpoint): State<Arc<Endpoint>>,
    Path(address): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let answer =
        endpoint.look_up_with_token(address, asked, &headers, async |store, token, anyway| {
            let service = &endpoint.panel.service;
            let view = service.view(&store, &token, anyway).await?;
            Ok(Shown::answer(None, &view, service.is_live()))
        });
    answer.await
}

async fn events(
    State(endpoint): State<Arc<Endpoint>>,
    Path(address): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let answer =
        endpoint.look_up_with_token(address, asked, &headers, async |store, token, anyway| {
            let Panel { service, streams, .. } = &endpoint.panel;
            Ok(match service.changes(&store, &token, anyway).await? {
                Some(changes) => streams.respond(&store, changes),
                None => reply::error(StatusCode::NOT_FOUND, "no live updates"),
            })
        });
    answer.await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

const NO_TOKEN: &str = "no token, or one that is not taken: open the panel first";

impl Endpoint {
    /// Finds the store of the URL, and runs the request within the limits.
    async fn look_up(
        &self,
        address: &AddressToken,
        run: impl AsyncFnOnce(StoreId) -> Result<Response, PanelError>,
    ) -> Response {
        let store = match self.panel.service.store_at(address).await {
            Ok(Some(store)) => store,
            Ok(None) => return reply::error(StatusCode::NOT_FOUND, "unknown address"),
            Err(error) => return reply::failed(&error),
        };
        if let Err(wait) = self.look_ups.admit(address, Instant::now()) {
            tracing::warn!(%store, "too many look-ups of a panel's address");
            let text = "Too many look-ups of this panel. Wait a minute and try again.";
            return reply::error_for(StatusCode::TOO_MANY_REQUESTS, text, wait);
        }
        match timeout(DEADLINE, run(store)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => self.refuse(address, &error),
            Err(_elapsed) => {
                tracing::error!("a panel could not be opened in time");
                reply::error(StatusCode::SERVICE_UNAVAILABLE, "too slow, try again")
            }
        }
    }

    /// Runs a request with the token of an open panel.
    async fn look_up_with_token(
        &self,
        address: String,
        asked: Result<Query<Asked>, QueryRejection>,
        headers: &HeaderMap,
        run: impl AsyncFnOnce(StoreId, Secret, bool) -> Result<Response, PanelError>,
    ) -> Response {
        let address = AddressToken::new(address);
        let look_up = self.look_up(&address, async |store| {
            let Ok(Query(Asked { anyway })) = asked else {
                return Ok(reply::error(StatusCode::BAD_REQUEST, "`anyway` is `true` or `false`"));
            };
            let Some(token) = bearer(headers) else {
                return Ok(reply::error(StatusCode::UNAUTHORIZED, NO_TOKEN));
            };
            run(store, token.into(), anyway).await
        });
        look_up.await
    }

    fn refuse(&self, address: &AddressToken, error: &PanelError) -> Response {
        match error {
            PanelError::Unknown => {
                self.mismatch(address, error);
                reply::error(StatusCode::NOT_FOUND, "no such conversation")
            }
            PanelError::Forged => {
                self.mismatch(address, error);
                reply::error(StatusCode::UNAUTHORIZED, NO_TOKEN)
            }
            PanelError::Expired => reply::error(StatusCode::UNAUTHORIZED, NO_TOKEN),
            PanelError::Port(error) => reply::failed(error),
            _ => {
                tracing::error!(%error, causes = reply::causes(error), "a panel was not opened");
                reply::unavailable()
            }
        }
    }

    fn mismatch(&self, address: &AddressToken, error: &PanelError) {
        self.look_ups.mismatch(address, Instant::now());
        tracing::warn!(%error, "a panel was not opened");
    }
}

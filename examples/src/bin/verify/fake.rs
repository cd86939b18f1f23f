//! A fake Chatwoot, a host and a shop's website in this process, so that the program works on a
//! machine without any of them.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::{Client, ReqwestTransport};
use examples::serve::{HEADERS_WITHIN, serve};
use http::header;
use http::request::Parts;
use store_context::Currency;
use store_context::accounts::{Accounts, Clients};
use store_context::context::{ContextConfig, ContextService, PanelService};
use store_context::doctor::{Doctor, DoctorConfig, Report};
use store_context::intake::Intake;
use store_context::memory::{self, MemoryShop};
use store_context::model::{CustomerId, Store, StoreId};
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context_adapters::axum::{
    AxumConfig, ChatwootOrigin, Health, PageWidget, Panel, Sessions, SupportContext, Webhooks,
    WidgetPages,
};
use tokio::net::TcpListener;
use url::Url;

use crate::args::Args;

pub(crate) async fn check(args: &Args) -> anyhow::Result<Report> {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    server.fake().deliver_through(Arc::new(ReqwestTransport::new()?));
    let (chatwoot, platform_token) = (Url::parse(&server.uri())?, server.fake().platform_token());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let here = Url::parse(&format!("http://{}", listener.local_addr()?))?;

    let shop = Arc::new(MemoryShop::new());
    let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
    let client = Client::builder(chatwoot.as_str()).build()?;
    let accounts = Accounts::new(&ports, Clients::single(client));
    let context = ContextService::new(ports.clone(), ContextConfig::default());
    let panels = PanelService::new(accounts.clone(), ports.clone(), context.clone());
    let id = StoreId::new("teashop")?;
    let widget = WidgetPages::new(&ports, Arc::new(NoSessions), Arc::new(id.clone()));
    let router = store_context_adapters::axum::router(AxumConfig {
        webhooks: Webhooks::new(Intake::new(&ports)),
        support_context: SupportContext { context, sessions: Arc::new(NoSessions) },
        panel: Panel::new(panels, ChatwootOrigin::new(&chatwoot)?),
        health: Health::new(),
    });
    let website = Router::new().route("/", get(home)).with_state(widget);
    tokio::spawn(serve(listener, router.merge(website), HEADERS_WITHIN));

    let store = Store::new(id, "Tea shop", here.clone(), "help@teashop.example", Currency::EUR);
    let config = ProvisionConfig::new(here.clone(), "teashop.example".parse()?);
    let provisioner = Provisioner::new(
        &accounts,
        chatwoot.clone(),
        platform_token.clone(),
        ports.clone(),
        config,
    )?;
    provisioner.provision(&store).await?;

    let config = DoctorConfig { public_url: Some(here), ..args.config(&[]) };
    let doctor = Doctor::new(accounts, ports, config)
        .with_pages(Arc::new(ReqwestTransport::new()?))
        .with_platform_token(chatwoot, platform_token);
    Ok(doctor.check(&store.id).await)
}

/// A shop where nobody signs in.
struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn customer(&self, _: &Parts) -> Option<(StoreId, CustomerId)> {
        None
    }
}

/// The shop's website: its own policy, with what the widget needs.
async fn home(widget: PageWidget) -> Response {
    let nonce = format!("{:032x}", fastrand::u128(..));
    match widget.snippet().nonce(&nonce).to_html() {
        Ok(snippet) => {
            let own = format!("default-src 'self'; script-src 'self' 'nonce-{nonce}'");
            let policy = [(header::CONTENT_SECURITY_POLICY, widget.allowed_in(&own))];
            (policy, Html(format!("<!doctype html><h1>Tea shop</h1>{snippet}"))).into_response()
        }
        Err(error) => (http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

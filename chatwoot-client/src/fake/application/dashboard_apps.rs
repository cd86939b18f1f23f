//! Dashboard apps: web pages that are embedded beside a conversation.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::application::webhooks::is_http;
use crate::fake::clock::iso;
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};

/// A dashboard app.
#[derive(Clone, Debug)]
pub(in crate::fake) struct DashboardApp {
    id: i64,
    title: String,
    content: Value,
    created_at: Timestamp,
}

impl DashboardApp {
    pub(in crate::fake) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "content": self.content,
            "created_at": iso(self.created_at),
        })
    }

    fn set(&mut self, params: &Value) -> Result<(), ErrorResponse> {
        if let Some(title) = text(params, "title") {
            self.title = title;
        }
        if let Some(content) = params.get("content") {
            self.content = content.clone();
        }
        let frames = self.content.as_array().map(Vec::as_slice).unwrap_or_default();
        let good = |frame: &Value| {
            text(frame, "type").as_deref() == Some("frame")
                && text(frame, "url").is_some_and(|url| is_http(&url))
        };
        if frames.is_empty() || !frames.iter().all(good) {
            return Err(ErrorResponse::invalid(&[("content", "Content : Invalid data")]));
        }
        Ok(())
    }
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["dashboard_apps"]) => to(|ctx| {
            let all: Value =
                ctx.state.dashboard_apps.of(ctx.account).map(DashboardApp::view).collect();
            Ok(FakeResponse::json(&all))
        }),
        ("POST", ["dashboard_apps"]) => to(create),
        (_, ["dashboard_apps", app]) => {
            let app = id(app);
            match verb {
                "GET" => to(move |ctx| Ok(FakeResponse::json(&find(ctx, app)?.view()))),
                "PATCH" | "PUT" => to(move |ctx| {
                    let mut changed = find(ctx, app)?.clone();
                    changed.set(&ctx.params("dashboard_app"))?;
                    store(ctx, changed)
                }),
                "DELETE" => to(move |ctx| {
                    let removed = ctx.state.dashboard_apps.remove(ctx.account, app);
                    removed.map(|_| FakeResponse::no_content()).ok_or_else(ErrorResponse::not_found)
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn find<'a>(ctx: &'a Ctx<'_>, app: i64) -> Result<&'a DashboardApp, ErrorResponse> {
    ctx.state.dashboard_apps.get(ctx.account, app).ok_or_else(ErrorResponse::not_found)
}

/// Any member may create one: the server checks no role here.
fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let mut app = DashboardApp {
        id: 0,
        title: String::new(),
        content: json!([]),
        created_at: ctx.state.now(),
    };
    app.set(&ctx.params("dashboard_app"))?;
    app.id = ctx.state.dashboard_apps.next_id();
    store(ctx, app)
}

fn store(ctx: &mut Ctx<'_>, app: DashboardApp) -> Outcome {
    let shown = app.view();
    ctx.state.dashboard_apps.put(ctx.account, app.id, app);
    Ok(FakeResponse::json(&shown))
}

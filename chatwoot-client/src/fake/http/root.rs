//! The routes without authentication: the version, health, the widget's script and frame.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::fake::application::inboxes::channel::{Inbox, Kind, by_identifier};
use crate::fake::http::response::{ErrorResponse, FakeResponse};
use crate::fake::http::router::{Routed, to};

const VERSION: &str = "4.15.1";
const HTML: &str = "text/html; charset=utf-8";

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["api"]) => to(|ctx| {
            Ok(FakeResponse::json(&json!({
                "version": VERSION,
                "timestamp": ctx.state.now().strftime("%Y-%m-%d %H:%M:%S").to_string(),
                "queue_services": "ok",
                "data_services": "ok",
            })))
        }),
        ("GET", ["health"]) => to(|_| Ok(FakeResponse::json(&json!({ "status": "woot" })))),
        ("GET", ["packs", "js", "sdk.js"]) => to(|_| {
            Ok(FakeResponse::other(
                "text/javascript",
                Bytes::from_static(include_bytes!("../pages/sdk.js")),
            ))
        }),
        ("GET", ["widget"]) => to(|ctx| {
            let token = ctx.query("website_token").unwrap_or_default();
            let web = |inbox: &&Inbox| matches!(inbox.kind, Kind::Web(_));
            by_identifier(ctx.state, token)
                .filter(web)
                .ok_or_else(|| ErrorResponse::missing("web widget does not exist"))?;
            Ok(FakeResponse::other(
                HTML,
                Bytes::from_static(include_bytes!("../pages/widget.html")),
            ))
        }),
        _ => None,
    }
}

/// Returns a page with its data in place of `{{DATA}}`, in a script element of type JSON; the
/// page's own script inserts the data as text.
pub(in crate::fake) fn page(template: &str, data: &Value) -> FakeResponse {
    // In JSON this character only occurs inside strings, where the escape has the same meaning.
    let data = data.to_string().replace('<', "\\u003c");
    let html = template.replacen("{{DATA}}", &data, 1);
    FakeResponse::other(HTML, Bytes::from(html))
}

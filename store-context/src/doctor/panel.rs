//! The check of the panel beside conversations.

use chatwoot_client::widget::WidgetCsp;
use http::{Method, StatusCode, header};
use url::Url;

use super::finding::{Checked, Found};
use super::pages::{is_own, values};
use super::run::Patient;
use crate::ports::Address;

const PROVISION: &str = "provision the store: it puts the dashboard app right";

impl Patient<'_> {
    pub(super) async fn panel(&self) -> Checked {
        let record = self.record().await?;
        let Some(address) = &record.credentials.panel_address else {
            return Err(Found::skipped("the store has no panel address"));
        };
        let url = self.own_url(Address::Panel, address);
        let account = self.account().await?;
        let known = account.dashboard_apps().list().deadline(self.deadline()).await?;
        let Some(app) = known.iter().find(|app| Some(app.id) == record.account.dashboard_app)
        else {
            return Err(Found::failed("the account has no dashboard app of this host", PROVISION));
        };
        let id = app.id;
        let own = |url_of: &str| is_own(url_of, url.as_ref(), Address::Panel, address);
        if !app.content.iter().any(|content| own(content.url.expose())) {
            let text = format!("dashboard app {id} shows another address than this host's panel");
            let advice = "provision the store, or correct the public URL if the host has moved";
            return Err(Found::failed(text, advice));
        }
        let (Some(url), true) = (url, self.doctor.pages.is_some()) else {
            let text = format!("dashboard app {id} shows this host's panel, which was not loaded");
            return Ok(Found::passed(text));
        };
        let page = self.request(Method::GET, &url).await?;
        if page.status() != StatusCode::OK {
            return Err(Found::failed(
                format!("the panel's address is answered with {}", page.status()),
                "let the public URL and the proxy lead to this host's panel",
            ));
        }
        let chatwoot = self.server().await?;
        if let Some(why) = refuses_frame(page.headers(), chatwoot, &url) {
            return Err(Found::failed(
                format!("a browser does not show the panel in Chatwoot: {why}"),
                "give the panel the origin of this store's Chatwoot, and let no proxy add a header",
            ));
        }
        Ok(Found::passed(format!("dashboard app {id} shows this host's panel")))
    }
}

/// Returns why a page may not be framed by a Chatwoot server; `None` if it may be.
fn refuses_frame(headers: &http::HeaderMap, chatwoot: &Url, page: &Url) -> Option<String> {
    let mut limited = false;
    for policies in values(headers, header::CONTENT_SECURITY_POLICY) {
        for ancestors in WidgetCsp::frame_ancestors(policies) {
            limited = true;
            if !ancestors.allows(chatwoot, page) {
                return Some(format!("its policy has `{ancestors}`"));
            }
        }
    }
    // Browsers ignore this header where a policy has the directive.
    let options = values(headers, header::X_FRAME_OPTIONS).next().filter(|_| !limited)?;
    let same = options.eq_ignore_ascii_case("sameorigin") && chatwoot.origin() == page.origin();
    (!same).then(|| format!("it has the header X-Frame-Options: {options}"))
}

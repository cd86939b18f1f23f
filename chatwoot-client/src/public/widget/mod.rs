//! Web widget: what a page of the shop asks of a website inbox before a visitor is known.

pub(super) mod conversations;
pub(super) mod types;
pub(super) mod visitor;

pub use self::types::*;
pub use self::visitor::*;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::Call;
use crate::http::Http;
use crate::http::{Limit, Op};
use crate::types::Secret;

const SDK: Op = Op::get("widget.sdk", "/packs/js/sdk.js");
const PAGE: Op = Op::get("widget.page", "/widget").limited(Limit::WidgetPage);
const CONFIG: Op = Op::post("widget.config", "/api/v1/widget/config");

pub(crate) const OPERATIONS: &[Op] = &[SDK, PAGE, CONFIG];

/// One website inbox by its website token; from [`Client::web_widget`](crate::Client::web_widget).
///
/// This is what the widget in the browser calls. It is not in Chatwoot's published API; a shop without the widget's
/// own page can be a widget with it.
#[derive(Clone, Debug)]
pub struct WebWidget {
    http: Http,
    website_token: String,
}

impl WebWidget {
    pub(crate) fn new(http: Http, website_token: String) -> Self {
        Self { http, website_token }
    }

    /// Returns the script that shows the widget.
    ///
    /// `GET /packs/js/sdk.js`. Anyone may call it, without a token. Not in Chatwoot's published
    /// API.
    ///
    /// # Errors
    /// `NotFound` where the server was installed without its scripts.
    ///
    /// ```
    /// # async fn example(website: chatwoot_client::public::widget::WebWidget) -> Result<(), chatwoot_client::Error> {
    /// let script = website.sdk().await?;
    /// println!("{} bytes of script", script.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn sdk(&self) -> Call<'_, String> {
        Call::text(&self.http, SDK, None)
    }

    /// Returns the widget's page, HTML.
    ///
    /// `GET /widget`. Anyone may call it, without a token. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` without an inbox of this website token; `Unauthorized` when its account is
    /// suspended. `RateLimited` after 5 pages in an hour from one address, unless the server lifted
    /// that.
    ///
    /// ```
    /// # async fn example(website: chatwoot_client::public::widget::WebWidget) -> Result<(), chatwoot_client::Error> {
    /// let html = website.page().await?;
    /// assert!(html.contains("<html"));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn page(&self) -> Call<'_, String> {
        Call::page(&self.http, PAGE).query(&self.query())
    }

    /// Creates an unknown visitor, and returns how the widget looks with the visitor's token.
    ///
    /// `POST /api/v1/widget/config`. Anyone may call it, without a token. Not in Chatwoot's
    /// published API.
    ///
    /// Keep the token for as long as the visitor is the same: each call makes a contact. For a
    /// visitor who has one see [`WidgetVisitor::config`].
    ///
    /// # Errors
    /// `NotFound` without an inbox of this website token; `Unauthorized` when its account is
    /// suspended.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// let website = client.web_widget("website-token");
    /// let config = website.config().await?;
    /// let visitor = website.visitor(config.website_channel_config.auth_token);
    /// println!("{} is a new visitor", visitor.contact().await?.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn config(&self) -> Call<'_, WidgetConfig> {
        self.call(CONFIG)
    }

    /// A visitor, by the token that [`WebWidget::config`] answered.
    pub fn visitor(&self, auth_token: impl Into<Secret>) -> WidgetVisitor {
        WidgetVisitor::new(self.clone(), auth_token.into())
    }

    pub(super) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        self.http.call(op).query(&self.query())
    }

    pub(super) fn done(&self, op: Op) -> Call<'_, ()> {
        self.http.done(op).query(&self.query())
    }

    fn query(&self) -> impl Serialize {
        [("website_token", self.website_token.clone())]
    }
}

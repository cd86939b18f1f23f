//! The widget API: the calls of a website before a visitor is known.

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

/// A handle for one website inbox by its website token; from
/// [`Client::web_widget`](crate::Client::web_widget).
///
/// This is the API that the widget in the browser uses. It is not part of Chatwoot's published API;
/// a host can build a widget of its own with it.
#[derive(Clone, Debug)]
pub struct WebWidget {
    http: Http,
    website_token: String,
}

impl WebWidget {
    pub(crate) fn new(http: Http, website_token: String) -> Self {
        Self { http, website_token }
    }

    /// Returns the state that the client's calls share.
    #[cfg(feature = "live")]
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// Returns the script that shows the widget.
    ///
    /// `GET /packs/js/sdk.js`. Anyone may call it, without a token. Not in Chatwoot's published
    /// API.
    ///
    /// # Errors
    /// `NotFound` if the server was installed without its frontend scripts.
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

    /// Returns the HTML page of the widget.
    ///
    /// `GET /widget`. Anyone may call it, without a token. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token; `Unauthorized` if its account is
    /// suspended. `RateLimited` after 5 pages in an hour from one client address, unless the server
    /// disabled this limit.
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

    /// Creates an unknown visitor, and returns the widget's configuration with the visitor's token.
    ///
    /// `POST /api/v1/widget/config`. Anyone may call it, without a token. Not in Chatwoot's
    /// published API.
    ///
    /// Keep the token for as long as the visitor is the same: each call creates a contact. For a
    /// visitor who has a token, use [`WidgetVisitor::config`].
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token; `Unauthorized` if its account is
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

    /// Returns a handle for a visitor, by the token that [`WebWidget::config`] returned.
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

//! Website widget: what a page of the shop asks of a website inbox before a visitor is known.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::widget_types::WidgetConfig;
use super::widget_visitor::WidgetVisitor;
use crate::call::Call;
use crate::client::Client;
use crate::op::{Limit, Op};
use crate::secret::Secret;

const SDK: Op = Op::get("widget.sdk", "/packs/js/sdk.js");
const PAGE: Op = Op::get("widget.page", "/widget").limited(Limit::WidgetPage);
const CONFIG: Op = Op::post("widget.config", "/api/v1/widget/config");

pub(super) const OPERATIONS: &[Op] = &[SDK, PAGE, CONFIG];

/// One website inbox by its website token; from [`Client::website`].
///
/// This is what the widget in the browser calls. It is undocumented; a shop without the widget's
/// own page can be a widget with it.
#[derive(Clone, Debug)]
pub struct Website {
    client: Client,
    website_token: String,
}

impl Website {
    pub(crate) fn new(client: Client, website_token: String) -> Self {
        Self { client, website_token }
    }

    /// `GET /packs/js/sdk.js`: the script that shows the widget. Anybody may. Undocumented.
    ///
    /// # Errors
    /// `NotFound` where the server was installed without its scripts.
    ///
    /// ```
    /// # async fn example(website: chatwoot_client::Website) -> Result<(), chatwoot_client::Error> {
    /// let script = website.sdk().await?;
    /// println!("{} bytes of script", script.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn sdk(&self) -> Call<'_, String> {
        Call::text(&self.client, SDK, None)
    }

    /// `GET /widget`: the widget's page, HTML. Anybody may. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without an inbox of this website token; `Unauthorized` when its account is
    /// suspended. `RateLimited` after 5 pages in an hour from one address, unless the server lifted
    /// that.
    ///
    /// ```
    /// # async fn example(website: chatwoot_client::Website) -> Result<(), chatwoot_client::Error> {
    /// let html = website.page().await?;
    /// assert!(html.contains("<html"));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn page(&self) -> Call<'_, String> {
        Call::page(&self.client, PAGE).query(&self.query())
    }

    /// `POST /api/v1/widget/config`: makes an unknown visitor, and answers how the widget looks
    /// with the visitor's token. Anybody may. Undocumented.
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
    /// let website = client.website("website-token");
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

    /// A visitor, by the token that [`Website::config`] answered.
    pub fn visitor(&self, auth_token: impl Into<Secret>) -> WidgetVisitor {
        WidgetVisitor::new(self.clone(), auth_token.into())
    }

    pub(super) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        self.client.call(op).query(&self.query())
    }

    pub(super) fn done(&self, op: Op) -> Call<'_, ()> {
        self.client.done(op).query(&self.query())
    }

    fn query(&self) -> impl Serialize {
        [("website_token", self.website_token.clone())]
    }
}

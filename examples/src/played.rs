//! The other side of an example's story: a customer's browser, which keeps cookies and does what
//! the snippet and the widget do with what a page carries; and the claims that are checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chatwoot_client::application::contacts::{Contact, ContactsQuery};
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::public::widget::{NewWidgetConversation, NewWidgetMessage, WidgetVisitor};
use chatwoot_client::types::MessageType;
use chatwoot_client::widget::WidgetUser;
use chatwoot_client::{Client, ReqwestTransport};
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use reqwest::RequestBuilder;
use reqwest::redirect::Policy;
use serde_json::Value;
use store_context::provision::OwnAccount;
use url::Url;

/// Prints a claim.
///
/// # Errors
/// Returns an error if it is not true; then it is not printed.
pub fn proved(claim: &str, is_true: bool) -> Result<()> {
    ensure!(is_true, "this is not so: {claim}");
    println!("- {claim}");
    Ok(())
}

/// Starts a fake Chatwoot with one account, and returns it with an administrator's token. It sends
/// its webhooks over HTTP.
///
/// # Errors
/// Returns an error if there is no HTTP client.
pub async fn chatwoot(account: &str) -> Result<(FakeServer, OwnAccount)> {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    server.fake().deliver_through(Arc::new(ReqwestTransport::new()?));
    let (account, token) = server.fake().add_account(account);
    let own = OwnAccount::new(server.uri().parse()?, account.into(), token);
    Ok((server, own))
}

/// Returns the contact with this name that has an identifier, as soon as Chatwoot has one: it was
/// synced.
///
/// # Errors
/// Returns an error if Chatwoot failed, or there is none in time.
pub async fn contact(own: &OwnAccount, name: &str) -> Result<Contact> {
    let account = Client::builder(own.base_url.as_str()).build()?;
    let account = account.account(own.account, own.token.clone());
    eventually("the contact of a customer", async || {
        let found = account.contacts().search(name, &ContactsQuery::default()).await?;
        Ok(found.payload.into_iter().find(|contact| contact.identifier.is_some()))
    })
    .await
}

/// How often and how long [`eventually`] looks.
const LOOKS: (u32, Duration) = (1_200, Duration::from_millis(25));

/// Looks until something is found, for at most half a minute.
///
/// # Errors
/// Returns an error if looking failed, or nothing was found in time.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    let (times, pause) = LOOKS;
    for _ in 0..times {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        tokio::time::sleep(pause).await;
    }
    bail!("in half a minute there was not: {what}")
}

/// The answer of a page. Redirections are not followed.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Returns the values that a page with the widget passes to its script.
    ///
    /// # Errors
    /// Returns an error if the page has no widget.
    pub fn widget(&self) -> Result<Value> {
        let script = self.body.lines().find_map(|line| line.strip_prefix('(')?.strip_suffix(");"));
        let values = script.filter(|values| values.starts_with('{'));
        Ok(serde_json::from_str(values.context("the page has no widget")?)?)
    }
}

/// A browser on one website.
#[derive(Debug)]
pub struct Browser {
    website: Url,
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Opens a browser without cookies.
    ///
    /// # Errors
    /// Returns an error if there is no HTTP client.
    pub fn new(website: &Url) -> Result<Self> {
        let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { website: website.clone(), http, cookies: BTreeMap::new() })
    }

    /// Requests a page.
    ///
    /// # Errors
    /// Returns an error if the website does not answer.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        let request = self.http.get(self.website.join(path)?);
        self.send(request).await
    }

    /// Sends a form, as `name=value&name=value`.
    ///
    /// # Errors
    /// Returns an error if the website does not answer.
    pub async fn post(&mut self, path: &str, form: &str) -> Result<Answer> {
        let request = self.http.post(self.website.join(path)?).body(form.to_owned());
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Answer> {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let answer = request.header(COOKIE, cookies).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str()?.split_once(';').context("a cookie")?;
            let (name, value) = pair.split_once('=').context("a cookie has a name")?;
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Answer { status, headers, body: answer.text().await? })
    }

    /// Writes a message in the widget of the website's first page, and returns the first reply to
    /// it.
    ///
    /// # Errors
    /// Returns an error if the page has no widget, Chatwoot refused something, or no reply came.
    pub async fn chat(&mut self, text: &str) -> Result<String> {
        let page = self.get("/").await?.widget()?;
        let of_page = |name: &str| page[name].as_str().context("the page lacks a value");
        let client = Client::builder(of_page("baseUrl")?).build()?;
        let website = client.web_widget(of_page("websiteToken")?);
        let config = website.config().await?.website_channel_config;
        let mut visitor = website.visitor(config.auth_token);
        if page["identifier"].is_string() {
            let mut user = WidgetUser::new(of_page("identifier")?)?;
            let text_of = |name: &str| page["user"][name].as_str().map(str::to_owned);
            (user.name, user.email) = (text_of("name"), text_of("email"));
            user.identifier_hash = text_of("identifier_hash").map(Into::into);
            if let Some(token) = visitor.set_user(&user).await?.widget_auth_token {
                visitor = website.visitor(token);
            }
        }
        let custom_attributes = match &page["conversationAttributes"] {
            Value::Null => chatwoot_client::Attributes::new(),
            attributes => serde_json::from_value(attributes.clone())?,
        };
        let message = NewWidgetMessage::text(text);
        let new = NewWidgetConversation { message, custom_attributes, contact: None };
        let begun = visitor.create_conversation(&new).await?;
        ensure!(begun.id.0 > 0, "the conversation has no number");
        reply(&visitor).await
    }
}

async fn reply(visitor: &WidgetVisitor) -> Result<String> {
    eventually("a reply", async || {
        let messages = visitor.messages(None).await?.payload;
        let sent = |kind: Option<MessageType>| kind == Some(MessageType::Outgoing);
        Ok(messages.into_iter().find(|it| sent(it.message_type.kind())).and_then(|it| it.content))
    })
    .await
}

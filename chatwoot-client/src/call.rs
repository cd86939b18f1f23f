//! One call: built by a method of a resource, sent when it is awaited.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::Body;
use crate::client::Client;
use crate::envelope;
use crate::error::{Error, ErrorKind};
use crate::limit::Scope;
use crate::op::Op;
use crate::refusal::is_html;
use crate::secret::Secret;
use crate::send::{Outgoing, send};
use crate::upload::Fields;

/// What a path segment keeps as it is; all else is percent-encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The header of every token; the hyphenated form passes proxies that drop underscores.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("api-access-token");

/// The header of a widget visitor's token.
const VISITOR_HEADER: HeaderName = HeaderName::from_static("x-auth-token");

/// How an answer is read.
#[derive(Clone, Copy)]
enum Reads {
    Json,
    /// JSON, or an empty body for nothing.
    Maybe,
    /// A text, and no page.
    Text,
    Page,
    /// Nothing: the body is empty, or not worth a type.
    Done,
}

impl Reads {
    /// The type is decoded where the call is awaited, in the user's crate: a build pays for the
    /// operations that it calls, not for all there are.
    fn read<T: DeserializeOwned>(self, op: Op, answer: &http::Response<Bytes>) -> Result<T, Error> {
        let (keys, json) = self.json(op, answer)?;
        envelope::decode(keys, &json)
            .map_err(|(path, error)| Error::decode(op.name, answer, path, &error))
    }

    /// The answer as JSON, so that one kind of decoder does for all, and the keys around it.
    fn json(self, op: Op, answer: &http::Response<Bytes>) -> Result<(Keys, Bytes), Error> {
        const NOTHING: (Keys, Bytes) = (&[], Bytes::from_static(b"null"));
        let body = answer.body();
        match self {
            // A proxy's page with status 200 did not reach Chatwoot.
            Self::Text | Self::Done if is_html(answer) => Err(Error::html(op.name, answer)),
            Self::Done => Ok(NOTHING),
            Self::Maybe if body.trim_ascii().is_empty() => Ok(NOTHING),
            Self::Json | Self::Maybe => Ok((op.envelope, body.clone())),
            Self::Text | Self::Page => {
                let text = std::str::from_utf8(body).map_err(|_| Error::not_text(op.name, answer));
                Ok((&[], serde_json::Value::from(text?).to_string().into()))
            }
        }
    }
}

/// The keys around an answer, outermost first.
type Keys = &'static [&'static str];

/// A call that is not yet sent: await it, or adjust it first.
///
/// ```
/// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
/// use std::time::Duration;
///
/// let account = client.account(7, "user-token");
/// let labels = account.labels().list().deadline(Duration::from_secs(3)).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A method names the [kinds](ErrorKind) that are special to its operation. Besides, any call may
/// be `Request` (what it was given cannot be sent, and nothing was), `Connect`, `Timeout` or
/// `Interrupted` (for the last two the server may have done it: see
/// [`Error::is_unknown_outcome`]), `RateLimited` (the server's limit is used up for longer than
/// the deadline), `Server` (500 also for some values that the server does not expect, such as a
/// NUL in a text) and `Decode` (a proxy answered, or the answer is none of this operation). With a
/// token it may be `Unauthorized`: the server does not know the token, it is of the wrong kind, its
/// user does not work in the account, or the account is suspended; and `NotFound` without such an
/// account.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<'a, T> {
    client: &'a Client,
    op: Op,
    token: Option<&'a Secret>,
    path: Vec<(&'static str, String)>,
    query: String,
    body: Content,
    // What the operation answers, and in which header the token goes.
    accept: &'static str,
    token_header: HeaderName,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    // The first thing that could not be sent; reported when the call is awaited.
    fault: Option<String>,
    reads: Reads,
    answer: PhantomData<fn() -> T>,
}

/// What is sent as the body, before files are looked at.
enum Content {
    Nothing,
    Json(Bytes),
    Form(Fields),
}

/// A value with what is known of the exchange that brought it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer<T> {
    /// The decoded answer.
    pub value: T,
    /// The HTTP status.
    pub status: u16,
    /// The server's own name for the request (`x-request-id`).
    pub request_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// How long the call took, waits included.
    pub elapsed: Duration,
}

impl<'a, T> Call<'a, T> {
    fn with(client: &'a Client, op: Op, token: Option<&'a Secret>, reads: Reads) -> Self {
        Self {
            client,
            op,
            token,
            path: Vec::new(),
            query: String::new(),
            body: Content::Nothing,
            accept: "application/json",
            token_header: TOKEN_HEADER,
            timeout: None,
            deadline: None,
            fault: None,
            reads,
            answer: PhantomData,
        }
    }

    /// Fills a `{parameter}` of the path.
    #[expect(clippy::needless_pass_by_value, reason = "ids are passed, not borrowed")]
    pub(crate) fn path(mut self, name: &'static str, value: impl ToString) -> Self {
        self.path.push((name, value.to_string()));
        self
    }

    /// Adds a query; lists repeat their key, whose name ends in `[]`.
    pub(crate) fn query(mut self, query: &impl Serialize) -> Self {
        match serde_html_form::to_string(query) {
            Ok(text) if text.is_empty() => {}
            Ok(text) if self.query.is_empty() => self.query = text,
            Ok(text) => self.query = format!("{}&{text}", self.query),
            Err(error) => self.fault = Some(format!("the query cannot be written: {error}")),
        }
        self
    }

    /// Sets the body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(json) => self.body = Content::Json(json.into()),
            Err(error) => self.fault = Some(format!("the body cannot be written: {error}")),
        }
        self
    }

    /// Which operation this calls.
    ///
    /// ```
    /// # fn example(account: chatwoot_client::Account) {
    /// assert_eq!(account.labels().list().operation().name, "labels.list");
    /// # }
    /// ```
    pub const fn operation(&self) -> &Op {
        &self.op
    }

    /// Sets a form as the body; its files are looked at when the call is awaited.
    pub(crate) fn form(mut self, fields: Fields) -> Self {
        self.body = Content::Form(fields);
        self
    }

    /// Sends a widget visitor's token, in the header that is for it.
    pub(crate) fn visitor(mut self, token: &'a Secret) -> Self {
        self.token = Some(token);
        self.token_header = VISITOR_HEADER;
        self
    }

    /// How long one try may take, instead of the client's
    /// [`RetryPolicy::timeout`](crate::RetryPolicy::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long the whole call may take, instead of the client's
    /// [`RetryPolicy::deadline`](crate::RetryPolicy::deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sends the call and answers with what is known of the exchange.
    ///
    /// # Errors
    /// Those of the operation, and what every call may be: see [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.labels().list().with_meta().await?;
    /// println!("{} labels in {:?}", labels.value.len(), labels.elapsed);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_meta(self) -> Result<Answer<T>, Error>
    where
        T: DeserializeOwned,
    {
        let request = self.request()?;
        let account = self.path.iter().find(|(name, _)| *name == "account_id");
        let scope = Scope {
            account: account.map(|(_, id)| id.as_str()),
            token: self.token.map(Secret::expose),
        };
        let mut policy = self.client.policy();
        policy.timeout = self.timeout.unwrap_or(policy.timeout);
        policy.deadline = self.deadline.unwrap_or(policy.deadline);
        let outgoing = Outgoing { op: self.op, request, scope, policy };
        let sent = send(self.client, outgoing).await?;
        let value = self
            .reads
            .read(self.op, &sent.answer)
            .map_err(|error| error.tried(sent.attempts, sent.elapsed))?;
        let request_id = sent.answer.headers().get("x-request-id");
        Ok(Answer {
            value,
            status: sent.answer.status().as_u16(),
            request_id: request_id.and_then(|id| id.to_str().ok()).map(str::to_owned),
            attempts: sent.attempts,
            elapsed: sent.elapsed,
        })
    }

    fn request(&self) -> Result<http::Request<Body>, Error> {
        let refuse = |what: String| Error::new(self.op.name, ErrorKind::Request, what);
        if let Some(fault) = &self.fault {
            return Err(refuse(fault.clone()));
        }
        let mut url = self.client.base().to_owned();
        url.push_str(&render(self.op.path, &self.path).map_err(refuse)?);
        if !self.query.is_empty() {
            url.push('?');
            url.push_str(&self.query);
        }
        let mut builder = http::Request::builder()
            .method(self.op.verb.as_str())
            .uri(url)
            .header(ACCEPT, HeaderValue::from_static(self.accept));
        if let Some(token) = self.token {
            let mut value = HeaderValue::from_str(token.expose())
                .map_err(|_| refuse("the token has a character that no header can carry".into()))?;
            value.set_sensitive(true);
            builder = builder.header(&self.token_header, value);
        }
        let body = match &self.body {
            Content::Nothing => Body::default(),
            Content::Json(json) => {
                builder = builder.header(CONTENT_TYPE, "application/json");
                json.clone().into()
            }
            Content::Form(fields) => {
                let form = fields.form().map_err(refuse)?;
                builder = builder.header(CONTENT_TYPE, form.content_type());
                Body::Form(form)
            }
        };
        builder.body(body).map_err(|_| refuse("the address cannot be written as a URI".into()))
    }
}

impl<'a, T> Call<'a, T> {
    /// A call whose answer is JSON inside the envelope of its operation.
    pub(crate) fn new(client: &'a Client, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(client, op, token, Reads::Json)
    }
}

impl<'a, T> Call<'a, Option<T>> {
    /// A call whose answer is JSON, or an empty body for nothing.
    pub(crate) fn maybe(client: &'a Client, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(client, op, token, Reads::Maybe)
    }
}

impl<'a> Call<'a, String> {
    /// A call whose answer is a text: CSV or a script, and no HTML.
    pub(crate) fn text(client: &'a Client, op: Op, token: Option<&'a Secret>) -> Self {
        Self { accept: "*/*", ..Self::with(client, op, token, Reads::Text) }
    }

    /// A call whose answer is a page of HTML.
    pub(crate) fn page(client: &'a Client, op: Op) -> Self {
        Self { accept: "text/html", ..Self::with(client, op, None, Reads::Page) }
    }
}

impl<'a> Call<'a, ()> {
    /// A call whose answer's body says nothing: it is empty, or not worth a type.
    pub(crate) fn done(client: &'a Client, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(client, op, token, Reads::Done)
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> IntoFuture for Call<'a, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.with_meta().await.map(|answer| answer.value) })
    }
}

/// Fills a path's `{parameters}`.
fn render(path: &str, values: &[(&'static str, String)]) -> Result<String, String> {
    let mut rendered = String::with_capacity(path.len() + 16);
    let mut rest = path;
    while let Some((before, from_name)) = rest.split_once('{') {
        let (name, after) = from_name.split_once('}').ok_or("the path has an unclosed brace")?;
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let value = value.ok_or_else(|| format!("the path parameter {name} is not given"))?;
        if matches!(value.as_str(), "" | "." | "..") {
            return Err(format!("{name} is empty or no name"));
        }
        rendered.push_str(before);
        rendered.extend(utf8_percent_encode(value, SEGMENT));
        rest = after;
    }
    rendered.push_str(rest);
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_cannot_leave_its_segment() {
        let path = "/contacts/{id}/notes";
        let render = |id: &str| render(path, &[("id", id.to_owned())]);
        assert_eq!(render("a/b?c#d é").as_deref(), Ok("/contacts/a%2Fb%3Fc%23d%20%C3%A9/notes"));
        assert!(render("").is_err());
        assert!(render("..").is_err());
    }

    #[test]
    fn a_missing_parameter_is_named() {
        assert_eq!(
            render("/{a}/{b}", &[("a", "1".into())]),
            Err("the path parameter b is not given".into())
        );
    }
}

//! Calls: built by a method of a resource, sent when awaited.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::http::Op;
use crate::http::envelope;
use crate::http::prepared::{PreparedRequest, RawResponse, ResponseKind};
use crate::http::shared::Http;
use crate::http::upload::Fields;
use crate::types::Secret;

/// A call that has not been sent: await it, or adjust it first.
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
/// A method names the [kinds](crate::error::ErrorKind) that are special to its operation. In
/// addition, any call may fail with `Request` (an argument cannot be sent, and nothing was sent),
/// `Connect`, `Timeout` or `Interrupted` (for the last two the server may have processed the
/// request: see [`Error::is_unknown_outcome`]), `RateLimited` (the server's limit is used up for
/// longer than the deadline), `Server` (also 500 for some values that the server does not expect,
/// such as a NUL in a text) and `Decode` (a proxy responded, or the response is not of the
/// operation's type). A call with a token may fail with `Unauthorized`: the server does not know
/// the token, it is of the wrong kind, its user is not a member of the account, or the account is
/// suspended; and with `NotFound` if the account does not exist.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<'a, T> {
    request: PreparedRequest<'a>,
    answer: PhantomData<fn() -> T>,
}

/// A value with the metadata of its response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    /// The decoded response body.
    pub value: T,
    /// The HTTP status.
    pub status: u16,
    /// The server's id of the request (`x-request-id`).
    pub request_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// How long the call took, including the waits.
    pub elapsed: Duration,
}

impl<'a, T> Call<'a, T> {
    fn with(http: &'a Http, op: Op, token: Option<&'a Secret>, kind: ResponseKind) -> Self {
        Self { request: PreparedRequest::new(http, op, token, kind), answer: PhantomData }
    }

    /// Creates a call whose response is JSON inside the envelope of its operation.
    pub(crate) fn new(http: &'a Http, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(http, op, token, ResponseKind::Json)
    }

    /// Makes the call fail with `Request` without sending it.
    pub(crate) fn refuse(&mut self, why: &str) {
        self.request.refuse(why);
    }

    /// Fills a `{parameter}` of the path.
    #[expect(clippy::needless_pass_by_value, reason = "ids are passed, not borrowed")]
    pub(crate) fn path(mut self, name: &'static str, value: impl ToString) -> Self {
        self.request.path(name, value.to_string());
        self
    }

    /// Adds query parameters; a list repeats its key, whose name ends in `[]`.
    pub(crate) fn query(mut self, query: &impl Serialize) -> Self {
        self.request.query(serde_html_form::to_string(query));
        self
    }

    /// Sets the body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.request.json(serde_json::to_vec(body));
        self
    }

    /// Returns the operation of this call.
    ///
    /// ```
    /// # fn example(account: chatwoot_client::Account) {
    /// assert_eq!(account.labels().list().operation().name, "labels.list");
    /// # }
    /// ```
    pub const fn operation(&self) -> &Op {
        &self.request.op
    }

    /// Sets a form as the body; its files are checked when the call is awaited.
    pub(crate) fn form(mut self, fields: Fields) -> Self {
        self.request.form(fields);
        self
    }

    /// Sets the token of a widget visitor, which has its own header.
    pub(crate) fn visitor(mut self, token: &'a Secret) -> Self {
        self.request.visitor(token);
        self
    }

    /// Sets how long one attempt may take, instead of the client's
    /// [`RetryPolicy::timeout`](crate::http::RetryPolicy::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    /// Sets how long the whole call may take, instead of the client's
    /// [`RetryPolicy::deadline`](crate::http::RetryPolicy::deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request.deadline = Some(deadline);
        self
    }

    /// Makes it a background call: it is sent when that leaves room for others in the server's
    /// limit; see [`Account::in_background`](crate::Account::in_background).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.labels().list().in_background().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_background(mut self) -> Self {
        self.request.background = true;
        self
    }

    /// Sends the call and returns the value with the metadata of the response.
    ///
    /// # Errors
    /// Those of the operation, and those of every call: see [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.labels().list().with_meta().await?;
    /// println!("{} labels in {:?}", labels.value.len(), labels.elapsed);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_meta(self) -> Result<Response<T>, Error>
    where
        T: DeserializeOwned,
    {
        let received = self.request.send().await?;
        Ok(Response {
            value: decoded(&received)?,
            status: received.sent.answer.status().as_u16(),
            request_id: received.request_id(),
            attempts: received.sent.attempts,
            elapsed: received.sent.elapsed,
        })
    }
}

impl<'a, T> Call<'a, Option<T>> {
    /// Creates a call whose response is JSON or an empty body.
    pub(crate) fn maybe(http: &'a Http, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(http, op, token, ResponseKind::Maybe)
    }
}

impl<'a> Call<'a, String> {
    /// Creates a call whose response is a text: CSV or a script, but not HTML.
    pub(crate) fn text(http: &'a Http, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(http, op, token, ResponseKind::Text)
    }

    /// Creates a call whose response is an HTML page.
    pub(crate) fn page(http: &'a Http, op: Op) -> Self {
        Self::with(http, op, None, ResponseKind::Page)
    }
}

impl<'a> Call<'a, ()> {
    /// Creates a call whose response body is not used: it is empty or has no information.
    pub(crate) fn done(http: &'a Http, op: Op, token: Option<&'a Secret>) -> Self {
        Self::with(http, op, token, ResponseKind::Done)
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> IntoFuture for Call<'a, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { decoded(&self.request.send().await?) })
    }
}

/// Decodes a response, in the user's crate: only the operations that are called add to the build
/// time.
fn decoded<T: DeserializeOwned>(received: &RawResponse) -> Result<T, Error> {
    envelope::decode(received.keys, &received.json)
        .map_err(|(path, error)| received.decode_error(path, &error))
}

//! A call without its response type: this code is compiled once, not once for each type.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::response::is_html;
use crate::error::{Error, ErrorKind};
use crate::http::Body;
use crate::http::Op;
use crate::http::limit::Scope;
use crate::http::send::{Outgoing, Sent, send};
use crate::http::shared::Http;
use crate::http::upload::Fields;
use crate::types::Secret;

/// The characters that a path segment keeps unchanged; all others are percent-encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The header of every token; the hyphenated form passes proxies that drop underscores.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("api-access-token");

/// The header of a widget visitor's token.
const VISITOR_HEADER: HeaderName = HeaderName::from_static("x-auth-token");

/// How a response is read.
#[derive(Clone, Copy)]
pub(crate) enum ResponseKind {
    Json,
    /// JSON or an empty body.
    Maybe,
    /// A text, but not an HTML page.
    Text,
    Page,
    /// Nothing: the body is empty or has no information.
    Done,
}

impl ResponseKind {
    /// Returns the response as JSON, so that one deserializer suffices, and the keys around the
    /// value.
    fn json(self, op: Op, answer: &http::Response<Bytes>) -> Result<(Keys, Bytes), Error> {
        const NOTHING: (Keys, Bytes) = (&[], Bytes::from_static(b"null"));
        let body = answer.body();
        match self {
            // An HTML page with status 200 comes from a proxy: the request did not reach Chatwoot.
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

    const fn accept(self) -> &'static str {
        match self {
            Self::Json | Self::Maybe | Self::Done => "application/json",
            Self::Text => "*/*",
            Self::Page => "text/html",
        }
    }
}

/// The keys around a value, outermost first.
pub(crate) type Keys = &'static [&'static str];

/// The content of the body, before files are checked.
enum Content {
    Nothing,
    Json(Bytes),
    Form(Fields),
}

/// A response that has not been decoded.
pub(crate) struct RawResponse {
    op: Op,
    pub(crate) keys: Keys,
    pub(crate) json: Bytes,
    pub(crate) sent: Sent,
}

impl RawResponse {
    /// Creates the error of a response that does not decode.
    pub(crate) fn decode_error(&self, path: String, error: &serde_json::Error) -> Error {
        let Sent { answer, attempts, elapsed } = &self.sent;
        Error::decode(self.op.name, answer, path, error).tried(*attempts, *elapsed)
    }

    /// Returns the server's id of the request.
    pub(crate) fn request_id(&self) -> Option<String> {
        let id = self.sent.answer.headers().get("x-request-id")?;
        id.to_str().ok().map(str::to_owned)
    }
}

/// A call without its response type.
pub(crate) struct PreparedRequest<'a> {
    http: &'a Http,
    pub(crate) op: Op,
    token: Option<&'a Secret>,
    // The header that carries the token.
    token_header: HeaderName,
    path: Vec<(&'static str, String)>,
    query: String,
    body: Content,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    /// Whether the call leaves room for others.
    pub(crate) background: bool,
    // The first value that cannot be sent; reported when the call is awaited.
    fault: Option<String>,
    kind: ResponseKind,
}

impl<'a> PreparedRequest<'a> {
    pub(crate) fn new(
        http: &'a Http,
        op: Op,
        token: Option<&'a Secret>,
        kind: ResponseKind,
    ) -> Self {
        Self {
            http,
            op,
            token,
            token_header: TOKEN_HEADER,
            path: Vec::new(),
            query: String::new(),
            body: Content::Nothing,
            timeout: None,
            deadline: None,
            background: http.is_background(),
            fault: None,
            kind,
        }
    }

    pub(crate) fn refuse(&mut self, why: &str) {
        self.fault = Some(why.to_owned());
    }

    pub(crate) fn path(&mut self, name: &'static str, value: String) {
        self.path.push((name, value));
    }

    pub(crate) fn query(&mut self, query: Result<String, serde_html_form::ser::Error>) {
        match query {
            Ok(text) if text.is_empty() => {}
            Ok(text) if self.query.is_empty() => self.query = text,
            Ok(text) => self.query = format!("{}&{text}", self.query),
            Err(error) => self.fault = Some(format!("the query cannot be written: {error}")),
        }
    }

    pub(crate) fn json(&mut self, body: serde_json::Result<Vec<u8>>) {
        match body {
            Ok(json) => self.body = Content::Json(json.into()),
            Err(error) => self.fault = Some(format!("the body cannot be written: {error}")),
        }
    }

    pub(crate) fn form(&mut self, fields: Fields) {
        self.body = Content::Form(fields);
    }

    pub(crate) fn visitor(&mut self, token: &'a Secret) {
        self.token = Some(token);
        self.token_header = VISITOR_HEADER;
    }

    /// Sends the call.
    ///
    /// It borrows the request: a future that takes it by value has room for it twice.
    pub(crate) async fn send(&self) -> Result<RawResponse, Error> {
        let request = self.request()?;
        let account = self.path.iter().find(|(name, _)| *name == "account_id");
        let scope = Scope {
            account: account.map(|(_, id)| id.as_str()),
            token: self.token.map(Secret::expose),
        };
        let mut policy = self.http.policy();
        policy.timeout = self.timeout.unwrap_or(policy.timeout);
        policy.deadline = self.deadline.unwrap_or(policy.deadline);
        let background = self.background;
        let outgoing = Outgoing { op: self.op, request, scope, policy, background };
        let sent = send(self.http, &outgoing).await?;
        let (keys, json) = self
            .kind
            .json(self.op, &sent.answer)
            .map_err(|error| error.tried(sent.attempts, sent.elapsed))?;
        Ok(RawResponse { op: self.op, keys, json, sent })
    }

    fn request(&self) -> Result<http::Request<Body>, Error> {
        let refuse = |what: String| Error::new(self.op.name, ErrorKind::Request, what);
        if let Some(fault) = &self.fault {
            return Err(refuse(fault.clone()));
        }
        let mut request = http::Request::new(Body::default());
        *request.method_mut() = self.op.verb.method();
        *request.uri_mut() = self
            .url()
            .map_err(refuse)?
            .try_into()
            .map_err(|_| refuse("the address cannot be written as a URI".into()))?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(self.kind.accept()));
        if let Some(token) = self.token {
            let mut value = HeaderValue::from_str(token.expose())
                .map_err(|_| refuse("the token has a character that no header can carry".into()))?;
            value.set_sensitive(true);
            headers.insert(&self.token_header, value);
        }
        match &self.body {
            Content::Nothing => {}
            Content::Json(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = json.clone().into();
            }
            Content::Form(fields) => {
                let form = fields.form().map_err(refuse)?;
                let content_type = HeaderValue::try_from(form.content_type())
                    .map_err(|_| refuse("the form's boundary is not a header's text".into()))?;
                headers.insert(CONTENT_TYPE, content_type);
                *request.body_mut() = Body::Form(form);
            }
        }
        Ok(request)
    }

    fn url(&self) -> Result<String, String> {
        let base = self.http.base_url();
        // With room for two ids.
        let length = base.len() + self.op.path.len() + self.query.len() + 16;
        let mut url = String::with_capacity(length);
        url.push_str(base);
        render(&mut url, self.op.path, &self.path)?;
        if !self.query.is_empty() {
            url.push('?');
            url.push_str(&self.query);
        }
        Ok(url)
    }
}

/// Appends a path with its `{parameters}` filled in.
fn render(
    rendered: &mut String,
    path: &str,
    values: &[(&'static str, String)],
) -> Result<(), String> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(path: &str, values: &[(&'static str, String)]) -> Result<String, String> {
        let mut rendered = String::new();
        render(&mut rendered, path, values).map(|()| rendered)
    }

    #[test]
    fn a_parameter_cannot_leave_its_segment() {
        let path = "/contacts/{id}/notes";
        let rendered = |id: &str| rendered(path, &[("id", id.to_owned())]);
        assert_eq!(rendered("a/b?c#d é").as_deref(), Ok("/contacts/a%2Fb%3Fc%23d%20%C3%A9/notes"));
        assert!(rendered("").is_err());
        assert!(rendered("..").is_err());
    }

    #[test]
    fn a_missing_parameter_is_named() {
        assert_eq!(
            rendered("/{a}/{b}", &[("a", "1".into())]),
            Err("the path parameter b is not given".into())
        );
    }
}

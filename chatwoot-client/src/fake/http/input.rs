//! A parsed request: verb, path, query, parameters, token, caller.

use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::fake::http::multipart;
use crate::fake::http::response::ErrorResponse;
use crate::fake::state::{Role, State};

/// A parsed request.
#[derive(Debug, Default)]
pub(in crate::fake) struct Input {
    pub(in crate::fake) verb: String,
    pub(in crate::fake) path: String,
    pub(in crate::fake) query: Vec<(String, String)>,
    /// JSON, form or multipart fields; an object unless the client sent another JSON value.
    pub(in crate::fake) body: Value,
    pub(in crate::fake) malformed: bool,
    /// Whether a text contains a NUL, which Postgres rejects.
    pub(in crate::fake) has_nul: bool,
    pub(in crate::fake) token: Option<String>,
    /// The token of a widget visitor.
    pub(in crate::fake) visitor: Option<String>,
}

impl Input {
    pub(in crate::fake) fn read(request: &Request<Bytes>) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
        let kind = header("content-type").unwrap_or_default();
        let mut malformed = false;
        let mut body = if request.body().is_empty() {
            Value::Object(Map::new())
        } else if kind.starts_with("multipart/form-data") {
            multipart::read(kind, request.body())
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            multipart::nest(pairs(&String::from_utf8_lossy(request.body())))
        } else {
            serde_json::from_slice(request.body()).unwrap_or_else(|_| {
                malformed = true;
                Value::Null
            })
        };
        let has_nul = clean(&mut body);
        Self {
            verb: request.method().as_str().to_owned(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(pairs).unwrap_or_default(),
            body,
            malformed,
            has_nul,
            token: header("api_access_token")
                .or_else(|| header("api-access-token"))
                .map(str::to_owned),
            visitor: header("x-auth-token").map(str::to_owned),
        }
    }
}

/// Removes the nulls in lists, as Rails does; returns whether a text contains a NUL.
fn clean(value: &mut Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => {
            list.retain(|value| !value.is_null());
            list.iter_mut().any(clean)
        }
        Value::Object(map) => map.values_mut().any(clean),
        _ => false,
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Splits the path at `/` and decodes its segments.
pub(in crate::fake) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect()
}

/// Parses an id in a path; 0, which no row has, if it is not a number.
pub(in crate::fake) fn id(text: &str) -> i64 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Parses an id in a body: a number, or digits in a string, as Rails accepts them.
pub(in crate::fake) fn id_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// The authenticated caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::fake) enum Caller {
    #[default]
    Nobody,
    Platform,
    /// A user, with the role in the account of the path, if there is one.
    User {
        id: i64,
        role: Option<Role>,
    },
}

/// The context of an operation: the locked state, the request and its caller.
#[derive(Debug)]
pub(in crate::fake) struct Ctx<'a> {
    pub(in crate::fake) state: &'a mut State,
    pub(in crate::fake) input: &'a Input,
    /// The account of the path; 0 if there is none.
    pub(in crate::fake) account: i64,
    pub(in crate::fake) caller: Caller,
}

impl Ctx<'_> {
    /// Returns the calling user's id; 0 if the caller is not a user.
    pub(in crate::fake) fn user(&self) -> i64 {
        match self.caller {
            Caller::User { id, .. } => id,
            _ => 0,
        }
    }

    /// Returns an error unless the caller is an administrator of the account.
    pub(in crate::fake) fn require_admin(&self) -> Result<(), ErrorResponse> {
        match self.caller {
            Caller::User { role: Some(Role::Administrator), .. } => Ok(()),
            _ => Err(ErrorResponse::not_allowed()),
        }
    }

    /// Returns the parameters: those under `root` if the client nested them, otherwise the body
    /// itself.
    pub(in crate::fake) fn params(&self, root: &str) -> Value {
        match self.input.body.get(root) {
            Some(nested @ Value::Object(_)) => nested.clone(),
            _ => self.input.body.clone(),
        }
    }

    /// Returns the body as sent.
    pub(in crate::fake) fn body(&self) -> &Value {
        &self.input.body
    }

    /// Returns a query parameter.
    pub(in crate::fake) fn query(&self, name: &str) -> Option<&str> {
        self.input.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a list in the query: `name[]=a&name[]=b`.
    pub(in crate::fake) fn query_all(&self, name: &str) -> Vec<&str> {
        let list = format!("{name}[]");
        self.input
            .query
            .iter()
            .filter(|(key, _)| key == name || *key == list)
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

/// Returns a string parameter; `None` if it is absent, null or not a string.
pub(in crate::fake) fn text(params: &Value, name: &str) -> Option<String> {
    match params.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Returns a boolean parameter: true, or the strings that Rails accepts for it.
pub(in crate::fake) fn flag(params: &Value, name: &str) -> Option<bool> {
    match params.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => Some(!matches!(text.as_str(), "" | "0" | "f" | "false" | "off")),
        Value::Number(number) => Some(number.as_i64() != Some(0)),
        _ => None,
    }
}

/// Returns a list of strings.
pub(in crate::fake) fn texts(params: &Value, name: &str) -> Option<Vec<String>> {
    Some(
        params
            .get(name)?
            .as_array()?
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect(),
    )
}

/// Returns a list of ids.
pub(in crate::fake) fn ids(params: &Value, name: &str) -> Option<Vec<i64>> {
    Some(params.get(name)?.as_array()?.iter().filter_map(id_of).collect())
}

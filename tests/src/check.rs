//! Checks each recorded exchange with the typed method of its operation, and reports every
//! difference between the server's response and the client's representation.

use std::collections::BTreeSet;
use std::fmt;

use chatwoot_client::{ErrorKind, Op};
use serde_json::Value;

use crate::answers::{Encoded, Row, row};
use crate::recordings::{Exchange, File};
use crate::replay::{Replay, losses};
use crate::route::operation_of;

/// The result of one exchange.
#[derive(Debug)]
pub struct Checked {
    /// The operation, if there is one.
    pub operation: Option<&'static Op>,
    /// Whether the response, or the refusal, was understood.
    pub outcome: Outcome,
}

/// The result of one response.
#[derive(Debug)]
pub enum Outcome {
    /// It decodes; with the fields that are lost or changed when it is encoded again, one line
    /// each.
    Decoded(Vec<String>),
    /// It does not decode, for this reason.
    Failed(String),
}

/// Checks one exchange with the method of its operation.
pub async fn check(rows: &[Row], exchange: &Exchange) -> Checked {
    let operation = operation_of(exchange);
    let outcome = match operation {
        Some(op) => match row(rows, op.name, exchange) {
            Some(row) => meet(op, row, exchange).await,
            None => Outcome::Failed(format!("no method answers {}", op.name)),
        },
        // The server has no such operation either: its refusal is the only response.
        None if exchange.response.status == 404 => match rows.first() {
            Some(any) => refusal(any, exchange).await,
            None => Outcome::Failed("there is no method at all".into()),
        },
        None => Outcome::Failed("no operation has this verb and path".into()),
    };
    Checked { operation, outcome }
}

async fn meet(op: &Op, row: &Row, exchange: &Exchange) -> Outcome {
    if !exchange.succeeded() {
        return refusal(row, exchange).await;
    }
    match row.send(Replay::new(exchange).client()).await {
        Ok(encoded) => match compare(op, exchange, &encoded) {
            Ok(lost) => Outcome::Decoded(lost),
            Err(why) => Outcome::Failed(why),
        },
        Err(error) => {
            let source = std::error::Error::source(&error);
            let source = source.map(|source| format!(": {source}")).unwrap_or_default();
            Outcome::Failed(format!("{error}{source}"))
        }
    }
}

/// Returns the parts of a recorded response that are missing in the encoded one.
fn compare(op: &Op, exchange: &Exchange, encoded: &Encoded) -> Result<Vec<String>, String> {
    let recorded = exchange.answer();
    let mut lost = Vec::new();
    match encoded {
        Encoded::Unwritable(error) => return Err(format!("cannot be encoded: {error}")),
        Encoded::Nothing => dropped("", &recorded, &mut lost),
        // An empty body is accepted where the method returns nothing, too.
        Encoded::Json(Value::Null) if exchange.bytes().trim_ascii().is_empty() => {}
        Encoded::Json(written) => {
            let mut place = String::new();
            let mut inside = &recorded;
            for key in op.envelope {
                for (beside, value) in inside.as_object().into_iter().flatten() {
                    if beside != key {
                        dropped(&format!("{place}.{beside}"), value, &mut lost);
                    }
                }
                place = format!("{place}.{key}");
                inside = &inside[*key];
            }
            lost.extend(losses(inside, written).into_iter().map(|loss| format!("{place}{loss}")));
        }
    }
    Ok(lost)
}

/// Reports each value of a response that no type keeps.
fn dropped(place: &str, value: &Value, lost: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                dropped(&format!("{place}.{key}"), value, lost);
            }
        }
        Value::String(text) if place.is_empty() && text.trim().is_empty() => {}
        Value::Null if place.is_empty() => {}
        _ => lost.push(format!("{place} is dropped: {value}")),
    }
}

/// Checks that a refusal is an error of the right kind, with the server's message and field names.
async fn refusal(row: &Row, exchange: &Exchange) -> Outcome {
    let Err(error) = row.send(Replay::new(exchange).client()).await else {
        return Outcome::Failed("a refusal was taken for an answer".into());
    };
    let page =
        exchange.response.content_type.as_ref().is_some_and(|it| it.starts_with("text/html"));
    let body = if page { Value::Null } else { exchange.answer() };
    let status = exchange.response.status;
    let kind = kind(status, &body);
    if error.status() != Some(status) || error.kind() != kind {
        let (found, kind_found) = (error.status(), error.kind());
        let why = format!("{status} became {found:?} {kind_found:?}, not {kind:?}");
        return Outcome::Failed(why);
    }
    let mut lost = Vec::new();
    if let Some(words) = words(&body)
        && error.server_message().map(str::trim) != Some(words.trim())
    {
        lost.push(format!("the message {words:?} became {:?}", error.server_message()));
    }
    for field in fields(&body) {
        if !error.invalid_fields().contains(&field) {
            lost.push(format!("the refused field {field:?} is missing"));
        }
    }
    if error.body() != Some(exchange.bytes().as_ref()) {
        lost.push("the body is not kept".into());
    }
    Outcome::Decoded(lost)
}

/// Returns the kind that a refusal must have.
fn kind(status: u16, body: &Value) -> ErrorKind {
    let taken = words(body).is_some_and(|words| words.contains("already been taken"));
    match status {
        401 => ErrorKind::Unauthorized,
        402 => ErrorKind::PaymentRequired,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        422 if taken => ErrorKind::Conflict,
        400 | 422 => ErrorKind::Invalid,
        429 => ErrorKind::RateLimited,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Unexpected,
    }
}

/// Returns the server's message in a refusal, in one of the recorded forms.
fn words(body: &Value) -> Option<&str> {
    let error = &body["error"];
    let said = body["message"]
        .as_str()
        .or_else(|| error.as_str())
        .or_else(|| error.as_object()?.values().find_map(first_text))
        .or_else(|| body["errors"].as_str().or_else(|| body["errors"].get(0)?.as_str()))
        .or_else(|| body.as_str().filter(|text| !text.starts_with('<') && text.len() <= 300));
    said.filter(|words| !words.trim().is_empty())
}

/// Returns a text, or the first one of a list.
fn first_text(said: &Value) -> Option<&str> {
    said.as_str().or_else(|| said.get(0)?.as_str())
}

/// Returns the fields that a refusal names.
fn fields(body: &Value) -> Vec<String> {
    let named = body["attributes"].as_array().into_iter().flatten();
    let named = named.filter_map(Value::as_str).map(str::to_owned);
    let complained = body["error"].as_object().filter(|said| !said.contains_key("message"));
    let complained = complained.into_iter().flatten();
    let complained = complained.filter(|(_, texts)| first_text(texts).is_some());
    named.chain(complained.map(|(key, _)| key.clone())).collect()
}

/// The result of a folder.
#[derive(Debug, Default)]
pub struct Report {
    /// The server's version, if the folder contains its response.
    pub version: Option<String>,
    /// The operations that occur.
    pub operations: BTreeSet<&'static str>,
    /// Those of them that succeeded at least once.
    pub done: BTreeSet<&'static str>,
    /// The number of exchanges; an unreadable file counts as one.
    pub exchanges: usize,
    /// The number of responses that decode and of refusals that are understood.
    pub decoded: usize,
    /// The number of fields that were lost or changed.
    pub lost: usize,
    /// The number of exchanges that failed.
    pub failed: usize,
    /// One line per problem.
    pub lines: Vec<String>,
}

impl Report {
    /// Returns whether nothing was lost and nothing failed.
    pub fn passed(&self) -> bool {
        self.lost == 0 && self.failed == 0 && self.exchanges > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchanges, decoded, lost, failed, .. } = self;
        let operations = self.operations.len();
        write!(
            f,
            "{operations} operations, {exchanges} exchanges, {decoded} decoded, \
             {lost} fields lost, {failed} failed"
        )
    }
}

/// Checks every exchange of every file.
pub async fn check_all(rows: &[Row], files: &[File]) -> Report {
    let mut report = Report::default();
    for file in files {
        for (number, exchange) in file.exchanges.iter().enumerate() {
            report.exchanges += 1;
            let place = format!("{}[{number}]", file.name);
            match exchange {
                Ok(exchange) => one(rows, exchange, &place, &mut report).await,
                Err(why) => {
                    report.failed += 1;
                    report.lines.push(format!("{place}: failed: {why}"));
                }
            }
        }
    }
    report
}

async fn one(rows: &[Row], exchange: &Exchange, place: &str, report: &mut Report) {
    let Checked { operation, outcome } = check(rows, exchange).await;
    let asked = &exchange.request;
    let name = operation.map_or("unknown operation", |op| op.name);
    let path = if asked.url.is_empty() { &asked.path } else { &asked.url };
    let place = format!("{place} {name} ({} {path})", asked.method);
    report.operations.extend(operation.map(|op| op.name));
    if exchange.succeeded() {
        report.done.extend(operation.map(|op| op.name));
        if name == "server.version" {
            report.version = exchange.answer()["version"].as_str().map(str::to_owned);
        }
    }
    match outcome {
        Outcome::Decoded(lost) => {
            report.decoded += 1;
            report.lost += lost.len();
            report.lines.extend(lost.into_iter().map(|loss| format!("{place}: lost: {loss}")));
        }
        Outcome::Failed(why) => {
            report.failed += 1;
            report.lines.push(format!("{place}: failed: {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::answers::rows;

    fn exchange(method: &str, path: &str, url: &str, status: u16, body: &Value) -> Exchange {
        let request = json!({"method": method, "path": path, "url": url});
        let response = json!({"status": status, "body": body});
        serde_json::from_value(json!({"request": request, "response": response})).unwrap()
    }

    async fn outcome(path: &str, status: u16, body: Value) -> Outcome {
        check(&rows(), &exchange("GET", path, path, status, &body)).await.outcome
    }

    #[tokio::test]
    async fn what_lies_beside_an_answer_is_lost() {
        let path = "/api/v1/accounts/2/labels";
        let label = json!({"id": 1, "title": "vip", "novel": {"a": [1.0]}});
        let Outcome::Decoded(lost) = outcome(path, 200, json!({"payload": [label]})).await else {
            panic!("a label does not decode");
        };
        assert!(lost.is_empty(), "{lost:?}");
        let answer = json!({"payload": [], "meta": {"count": 3}});
        let Outcome::Decoded(lost) = outcome(path, 200, answer).await else {
            panic!("no label does not decode");
        };
        assert_eq!(lost, [".meta.count is dropped: 3"]);
    }

    #[tokio::test]
    async fn an_answer_of_another_kind_fails() {
        let answer = json!({"payload": [{"id": "x"}]});
        let Outcome::Failed(why) = outcome("/api/v1/accounts/2/labels", 200, answer).await else {
            panic!("a text was taken for an id");
        };
        assert!(why.contains("payload[0].id"), "{why}");
        assert!(matches!(outcome("/api/v9", 200, json!({})).await, Outcome::Failed(_)));
    }

    #[tokio::test]
    async fn a_refusal_has_its_words_and_fields() {
        let path = "/api/v1/accounts/2/labels";
        for (status, body) in [
            (422, json!({"message": "Title is invalid", "attributes": ["title"]})),
            (401, json!({"errors": ["You need to sign in or sign up before continuing."]})),
            (404, json!({"error": "Not Found", "status": 404})),
            (429, json!("Retry later")),
            (402, json!({"error": "Account limit exceeded"})),
            (500, json!(null)),
        ] {
            match outcome(path, status, body).await {
                Outcome::Decoded(lost) => assert!(lost.is_empty(), "{status}: {lost:?}"),
                Outcome::Failed(why) => panic!("{status}: {why}"),
            }
        }
    }
}

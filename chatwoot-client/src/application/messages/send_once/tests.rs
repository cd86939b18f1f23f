//! Tests of `send_once` against an in-memory server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::client::Client;
use crate::error::ErrorKind;
use crate::http::Body;
use crate::http::transport::{Transport, TransportError};

/// The outcome of the next send.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// The message is stored, and the response arrives.
    Written,
    /// The message is stored, and the response is lost.
    AnswerLost,
    /// The request is lost.
    Lost,
    /// The message is stored ten seconds later, and the response is lost at once.
    WrittenLate,
    /// The server fails (500) without storing the message.
    Failed,
    /// The server refuses the message (422).
    Refused,
}

/// One conversation with the server's page sizes: 20 newest, 100 after, 1,000 between.
#[derive(Clone, Debug, Default)]
struct Server {
    messages: Arc<Mutex<Vec<Value>>>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn with(fates: impl IntoIterator<Item = Fate>, count: u64) -> Self {
        let server = Self::default();
        server.fates.lock().unwrap().extend(fates);
        (0..count).for_each(|number| drop(server.write(Some(&format!("old-{number}")))));
        server
    }

    fn write(&self, source_id: Option<&str>) -> Value {
        let mut messages = self.messages.lock().unwrap();
        let id = messages.len() as u64 * 3 + 5;
        let message = json!({
            "id": id, "content": "x", "message_type": 1, "created_at": 1_795_221_283,
            "content_attributes": {}, "source_id": source_id,
        });
        messages.push(message.clone());
        message
    }

    fn sent(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with("POST")).count()
    }

    fn named(&self, name: &str) -> usize {
        let messages = self.messages.lock().unwrap();
        messages.iter().filter(|message| message["source_id"] == name).count()
    }

    fn list(&self, query: &str) -> Value {
        let bound = |key: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(key));
            value.map(|value| value.parse::<u64>().unwrap())
        };
        let messages = self.messages.lock().unwrap();
        let id = |message: &Value| message["id"].as_u64().unwrap();
        let rows: Vec<Value> = match (bound("after="), bound("before=")) {
            (Some(after), Some(before)) => messages
                .iter()
                .filter(|row| (after..before).contains(&id(row)))
                .take(1000)
                .cloned()
                .collect(),
            (Some(after), None) => {
                messages.iter().filter(|row| id(row) > after).take(100).cloned().collect()
            }
            (None, before) => {
                let older = messages.iter().rev().filter(|row| before.is_none_or(|b| id(row) < b));
                let mut newest: Vec<Value> = older.take(20).cloned().collect();
                newest.reverse();
                newest
            }
        };
        json!({"meta": {}, "payload": rows})
    }

    async fn once(&self) -> Result<SentOnce, SendOnceError> {
        let client =
            Client::builder("https://chatwoot.test").transport(self.clone()).build().unwrap();
        let account = client.account(1, "t");
        let message =
            NewMessage { source_id: Some("shipped".into()), ..NewMessage::text("It ships") };
        account.conversation(12).messages().send_once(&message).await
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(format!("{} {query}", request.method()));
        let reply = |status: u16, body: Value| {
            let answer = http::Response::builder().status(status);
            Ok(answer.body(Bytes::from(body.to_string())).unwrap())
        };
        if request.method() == "GET" {
            return reply(200, self.list(&query));
        }
        let body: Value = serde_json::from_slice(&request.body().to_bytes().unwrap()).unwrap();
        let name = body["source_id"].as_str().unwrap().to_owned();
        let fate = self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Written);
        match fate {
            Fate::Written => reply(200, self.write(Some(&name))),
            Fate::AnswerLost => {
                self.write(Some(&name));
                Err(TransportError::timeout("no answer"))
            }
            Fate::Lost => Err(TransportError::interrupted("the connection broke")),
            Fate::WrittenLate => {
                let server = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    server.write(Some(&name));
                });
                Err(TransportError::interrupted("the connection broke"))
            }
            Fate::Failed => reply(500, json!({"status": 500, "error": "Internal Server Error"})),
            Fate::Refused => reply(422, json!({"error": "Content is too long"})),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_arrives_is_sent_once() {
    let server = Server::with([], 3);
    let sent = server.once().await.unwrap();
    assert_eq!((sent.outcome, server.sent(), server.named("shipped")), (SendOutcome::Sent, 1, 1));
    assert_eq!(sent.message.source_id.as_deref(), Some("shipped"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_that_was_done_is_found() {
    let server = Server::with([Fate::AnswerLost], 3);
    let sent = server.once().await.unwrap();
    assert_eq!((sent.outcome, server.sent(), server.named("shipped")), (SendOutcome::Found, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_that_was_not_done_is_sent_again() {
    for fate in [Fate::Lost, Fate::Failed] {
        let server = Server::with([fate, fate], 3);
        let sent = server.once().await.unwrap();
        assert_eq!(
            (sent.outcome, server.sent(), server.named("shipped")),
            (SendOutcome::Sent, 3, 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_appears_late_is_waited_for() {
    let server = Server::with([Fate::WrittenLate], 0);
    let sent = server.once().await.unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!((sent.outcome, server.sent(), server.named("shipped")), (SendOutcome::Found, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_process_sent_is_found_however_old() {
    for newer in [0, 5, 19, 20, 21, 1500, 2600] {
        let server = Server::with([], 7);
        server.write(Some("shipped"));
        (0..newer).for_each(|_| drop(server.write(None)));
        let sent = server.once().await.unwrap();
        assert_eq!((sent.outcome, server.sent()), (SendOutcome::Found, 0), "{newer} newer ones");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_sent_again_and_an_outage_ends() {
    let server = Server::with([Fate::Refused], 3);
    let error = server.once().await.unwrap_err();
    assert_eq!(error.call().map(Error::kind), Some(ErrorKind::Invalid));
    assert_eq!(server.sent(), 1);

    let server = Server::with([Fate::Lost; 9], 3);
    let error = server.once().await.unwrap_err();
    assert!(error.call().is_some_and(Error::is_unknown_outcome), "{error}");
    assert_eq!(server.sent(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_name_is_refused() {
    let server = Server::default();
    let client =
        Client::builder("https://chatwoot.test").transport(server.clone()).build().unwrap();
    let account = client.account(1, "t");
    let refused = account.conversation(12).messages().send_once(&NewMessage::text("x")).await;
    assert!(matches!(refused, Err(SendOnceError::NoSourceId)));
    assert!(server.asked.lock().unwrap().is_empty());
}

//! Tests of what the methods on conversations read and write, against an in-memory conversation.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::application::Account;
use crate::client::Client;
use crate::http::Body;
use crate::http::transport::{Transport, TransportError};
use crate::types::Attributes;

#[derive(Clone, Debug)]
struct Server {
    conversations: Arc<Mutex<Vec<Value>>>,
    writes: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

fn conversation(id: u64, updated_at: f64) -> Value {
    json!({
        "id": id, "account_id": 1, "inbox_id": 1, "status": "open", "created_at": 1_795_221_283,
        "updated_at": updated_at, "meta": {"sender": {"id": 1}}, "labels": ["vip", "new"],
        "custom_attributes": {"order_id": "1001", "cart_id": "7"},
    })
}

impl Server {
    fn with(conversations: Vec<Value>) -> (Self, Account) {
        let conversations = Arc::new(Mutex::new(conversations));
        let server = Self { conversations, writes: Arc::default(), asked: Arc::default() };
        let client =
            Client::builder("https://chatwoot.test").transport(server.clone()).build().unwrap();
        let account = client.account(1, "t");
        (server, account)
    }

    fn writes(&self) -> Vec<Value> {
        self.writes.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let mut all = self.conversations.lock().unwrap();
        self.asked.lock().unwrap().push(request.uri().query().unwrap_or_default().to_owned());
        let path = request.uri().path();
        let labels = path.ends_with("/labels");
        if request.method() == "POST" {
            let body: Value = serde_json::from_slice(&request.body().to_bytes().unwrap()).unwrap();
            self.writes.lock().unwrap().push(body.clone());
            let key = if labels { "labels" } else { "custom_attributes" };
            all[0][key] = body[key].clone();
        }
        let answer = if labels {
            json!({"payload": all[0]["labels"]})
        } else if path.ends_with("/conversations") {
            json!({"data": {"meta": {}, "payload": *all}})
        } else {
            all[0].clone()
        };
        Ok(http::Response::new(Bytes::from(answer.to_string())))
    }
}

#[tokio::test]
async fn attributes_are_merged_and_removed_and_the_others_stay() {
    let (server, account) = Server::with(vec![conversation(12, 1.5)]);
    let conversation = account.conversation(12);
    let more = json!({"cart_id": "8", "tier": null}).as_object().unwrap().clone();
    let all = conversation.merge_custom_attributes(&more).await.unwrap();
    assert_eq!(Value::from(all), json!({"order_id": "1001", "cart_id": "8", "tier": null}));
    let rest = conversation.remove_custom_attributes(["tier", "none"]).await.unwrap();
    assert_eq!(Value::from(rest), json!({"order_id": "1001", "cart_id": "8"}));
    assert_eq!(server.writes().len(), 2);
    conversation.merge_custom_attributes(&Attributes::new()).await.unwrap();
    conversation.remove_custom_attributes(["tier"]).await.unwrap();
    assert_eq!(server.writes().len(), 2, "where nothing changes, nothing is written");
}

#[tokio::test]
async fn labels_are_added_and_removed_and_the_others_stay() {
    let (server, account) = Server::with(vec![conversation(12, 1.5)]);
    let labels = account.conversation(12).labels();
    let all = labels.add(&["vip", "late", "late"]).await.unwrap();
    assert_eq!(all, ["vip", "new", "late"]);
    let rest = labels.remove(&["new", "none"]).await.unwrap();
    assert_eq!(rest, ["vip", "late"]);
    labels.add(&["late"]).await.unwrap();
    labels.remove(&["none"]).await.unwrap();
    assert_eq!(
        server.writes(),
        [json!({"labels": ["vip", "new", "late"]}), json!({"labels": ["vip", "late"]})]
    );
    let labels = account.contact(3).labels();
    assert_eq!(labels.add(&["x"]).await.unwrap(), ["vip", "late", "x"]);
    assert_eq!(labels.remove(&["vip"]).await.unwrap(), ["late", "x"]);
}

#[tokio::test]
async fn what_changed_since_is_asked_for_with_room_and_cut_to_the_time() {
    let now = Timestamp::now();
    let at = |seconds: i32| f64::from(i32::try_from(now.as_second()).unwrap() + seconds);
    let rows = vec![conversation(3, at(0)), conversation(1, at(-601)), conversation(2, at(-600))];
    let (server, account) = Server::with(rows);
    let since = Timestamp::from_second(now.as_second() - 600).unwrap();
    let changed = account.conversations().updated_since(since).await.unwrap();
    assert_eq!(changed.iter().map(|it| it.id.0).collect::<Vec<_>>(), [2, 3]);
    let asked = server.asked.lock().unwrap().join(" ");
    let seconds = asked.rsplit("updated_within=").next().unwrap();
    let seconds: u64 = seconds.split('&').next().unwrap().parse().unwrap();
    assert!((720..=730).contains(&seconds), "{asked}");
    assert!(asked.contains("status=all"), "{asked}");
}

//! Compares the frames of the fake's live feed with those that live servers sent in the same story:
//! the same events to whom, with the same keys and types, told to be done by the same.
#![expect(clippy::unwrap_used, reason = "a proof stops where it cannot go on")]

use std::collections::BTreeMap;
use std::time::Duration;

use chatwoot_client::live::{LiveConnection, LiveRequest, LiveTransport};
use serde_json::{Value, json};
use tests::compare::{Loose, shape_faults};
use tests::parity::Stage;
use tests::recordings::root;
use tokio::time::timeout;

/// Keys that depend on what was written and stored, not on the server.
const FREE: [&str; 3] = ["additional_attributes", "content_attributes", "custom_attributes"];

/// By whom it was heard, and the name of the event.
type Heard = BTreeMap<(&'static str, String), Vec<Value>>;

struct Line {
    name: &'static str,
    connection: Box<dyn LiveConnection>,
}

impl Line {
    async fn open(stage: &Stage, name: &'static str, identifier: &Value) -> Self {
        let url = "wss://chatwoot.test/cable".parse().unwrap();
        let request =
            LiveRequest::new(url, "https://chatwoot.test", 1 << 20, Duration::from_secs(1));
        let mut connection = stage.fake.connect(request).await.unwrap();
        let identifier = identifier.to_string();
        let command = json!({ "command": "subscribe", "identifier": identifier });
        connection.send(command.to_string()).await.unwrap();
        Self { name, connection }
    }

    /// Returns all that there is to hear.
    async fn hear(mut self, heard: &mut Heard) {
        while let Ok(frame) = timeout(Duration::from_millis(1), self.connection.receive()).await {
            note(heard, self.name, &frame.unwrap().unwrap());
        }
    }
}

/// Notes a frame; pings come when they come.
fn note(heard: &mut Heard, who: &'static str, frame: &str) {
    let mut frame: Value = serde_json::from_str(frame).unwrap();
    let name = frame["message"]["event"].as_str().or_else(|| frame["type"].as_str());
    let name = name.unwrap().to_owned();
    if name == "ping" {
        return;
    }
    // Its own text was sent back.
    assert!(frame["identifier"].is_string() || frame.get("identifier").is_none());
    if let Some(identifier) = frame.get_mut("identifier") {
        *identifier = Value::Null;
    }
    heard.entry((who, name)).or_default().push(frame);
}

fn recorded(file: &str) -> Heard {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let mut heard = Heard::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let who = ["user", "contact", "refused"].into_iter().find(|who| line["as"] == *who);
        note(&mut heard, who.unwrap(), line["frame"].as_str().unwrap());
    }
    heard
}

/// Plays the story, and returns what was heard.
async fn play() -> Heard {
    let mut stage = Stage::new();
    let (account, token) = stage.fake.add_account("Shop");
    stage.token("admin", token);
    let me = stage.done("GET", "/api/v1/profile", "admin", &Value::Null);
    let identifier = json!({
        "channel": "RoomChannel",
        "pubsub_token": me["pubsub_token"],
        "account_id": account,
        "user_id": me["id"],
    });
    let mut wrong = identifier.clone();
    wrong["pubsub_token"] = "wrong".into();
    let mut admin = Line::open(&stage, "user", &identifier).await;
    let refused = Line::open(&stage, "refused", &wrong).await;

    let done = |stage: &Stage, verb: &str, path: &str, body: Value| {
        stage.done(verb, &format!("/api/v1/accounts/{account}{path}"), "admin", &body)
    };
    let api = json!({ "name": "API", "channel": { "type": "api" } });
    let inbox = done(&stage, "POST", "/inboxes", api)["id"].clone();
    let web = json!({ "type": "web_widget", "website_url": "https://shop.example" });
    let web = json!({ "name": "Web", "channel": web, "enable_email_collect": true });
    let website = done(&stage, "POST", "/inboxes", web)["website_token"].clone();
    let contact =
        |body: Value| done(&stage, "POST", "/contacts", body)["payload"]["contact"]["id"].clone();
    let tier = json!({ "tier": "gold" });
    let ada = json!({
        "name": "Ada", "email": "ada@example.com", "identifier": "c", "custom_attributes": tier,
    });
    let ada = contact(ada);
    let bob = contact(json!({ "name": "Bob", "email": "bob@example.com" }));
    let zoe = contact(json!({ "name": "Zoë 李" }));

    let body = json!({ "contact_id": ada, "inbox_id": inbox });
    let talk = done(&stage, "POST", "/conversations", body)["id"].clone();
    let talk = format!("/conversations/{talk}");
    let talks = |rest: &str, body: Value| done(&stage, "POST", &format!("{talk}{rest}"), body);
    talks("/messages", json!({ "content": "Where is it?", "message_type": "incoming" }));
    let reply = talks("/messages", json!({ "content": "On its way" }))["id"].clone();
    talks("/messages", json!({ "content": "note", "private": true }));
    talks("/assignments", json!({ "assignee_id": me["id"] }));
    let team = done(&stage, "POST", "/teams", json!({ "name": "team" }))["id"].clone();
    talks("/assignments", json!({ "team_id": team }));
    talks("/labels", json!({ "labels": ["vip"] }));
    talks("/toggle_priority", json!({ "priority": "urgent" }));
    talks("/custom_attributes", json!({ "custom_attributes": { "order": "1001" } }));
    talks("/toggle_status", json!({ "status": "snoozed" }));
    talks("/toggle_status", json!({ "status": "resolved" }));
    talks("/toggle_status", json!({ "status": "open" }));
    done(&stage, "DELETE", &format!("{talk}/messages/{reply}"), Value::Null);
    let tier = json!({ "name": "Ada L", "custom_attributes": { "tier": "silver" } });
    done(&stage, "PUT", &format!("/contacts/{ada}"), tier);

    let website = website.as_str().unwrap();
    let widget = |rest: &str| format!("/api/v1/widget/{rest}?website_token={website}");
    let (status, config) = stage.ask("POST", &widget("config"), None, &Value::Null);
    assert_eq!(status, 200, "{config}");
    let visitor = config["website_channel_config"]["auth_token"].as_str().unwrap();
    stage.call("auth_token", visitor);
    let own = &config["contact"]["pubsub_token"];
    let own = json!({ "channel": "RoomChannel", "pubsub_token": own });
    let guest = Line::open(&stage, "contact", &own).await;
    let visits = |verb: &str, rest: &str, body: Value| {
        let (status, said) = stage.ask(verb, &widget(rest), None, &body);
        assert_eq!(status, 200, "{rest}: {said}");
        said
    };
    visits("POST", "conversations", json!({ "message": { "content": "hello from the page" } }));
    let talks = stage.done(
        "GET",
        &format!("/api/v1/accounts/{account}/conversations"),
        "admin",
        &Value::Null,
    );
    let talk = talks["data"]["payload"][0]["id"].clone();
    let talks = |rest: &str, body: Value| {
        done(&stage, "POST", &format!("/conversations/{talk}{rest}"), body)
    };
    talks("/messages", json!({ "content": "hello visitor" }));
    visits("PATCH", "contact", json!({ "email": "ada@example.com" }));
    talks("/toggle_status", json!({ "status": "resolved" }));
    let merge = json!({ "base_contact_id": ada, "mergee_contact_id": bob });
    done(&stage, "POST", "/actions/contact_merge", merge);
    done(&stage, "DELETE", &format!("/contacts/{zoe}"), Value::Null);
    let renew = json!({
        "command": "message",
        "identifier": identifier.to_string(),
        "data": json!({ "action": "update_presence" }).to_string(),
    });
    admin.connection.send(renew.to_string()).await.unwrap();

    let mut heard = Heard::new();
    for line in [admin, refused, guest] {
        line.hear(&mut heard).await;
    }
    heard
}

/// Returns a frame without the varying keys.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match key.as_str() {
                // Who is there depends on the rest of the server.
                "contacts" | "users" if value.is_object() => (key.clone(), Value::from("free")),
                _ if FREE.contains(&key.as_str()) && value.is_object() => {
                    (key.clone(), Value::from("free"))
                }
                _ => (key.clone(), plain(value)),
            })
            .collect(),
        Value::Array(list) => list.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn counts(heard: &Heard) -> BTreeMap<(&'static str, &str), usize> {
    heard.iter().map(|((who, name), frames)| ((*who, name.as_str()), frames.len())).collect()
}

#[tokio::test(start_paused = true)]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn the_feed_tells_what_the_servers_told() {
    let ours = play().await;
    let newest = recorded("cable.jsonl");
    assert_eq!(counts(&ours), counts(&newest), "(ours, and the server's)");
    let mut report = Vec::new();
    for (heard, theirs) in &newest {
        // Each in its place, so that a frame without a performer is not held against one with one.
        for (place, (theirs, ours)) in theirs.iter().zip(&ours[heard]).enumerate() {
            let name = format!("{} {}[{place}]", heard.0, heard.1);
            let faults = shape_faults(&heard.1, &plain(theirs), &plain(ours), &Loose::default());
            report.extend(faults.into_iter().map(|fault| format!("{name}{fault}")));
        }
    }
    assert!(report.is_empty(), "{} differ:\n{}", report.len(), report.join("\n"));
}

/// The older server told the same, and of the visitor who began a conversation once more.
#[tokio::test(start_paused = true)]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn the_older_server_told_the_same() {
    let ours = play().await;
    let mut older = recorded("cable-4.9.1.jsonl");
    let updates = older.get_mut(&("user", "contact.updated".to_owned())).unwrap();
    updates.remove(2);
    assert_eq!(counts(&ours), counts(&older), "(ours, and the server's)");
}

//! Tests that sequences of requests recorded on a live server get the same responses from the fake.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a proof stops where it cannot go on")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::Transport;
use chatwoot_client::http::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use tests::parity::{Stage, filler};
use tests::recordings::{Answered, Asked, Exchange, root};

#[derive(Deserialize)]
struct Question {
    name: String,
    #[serde(rename = "question")]
    asks: String,
    answer: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(rename = "do")]
    what: String,
    body: Option<Value>,
    note: Option<String>,
    status: u16,
    answer: Value,
}

const ACCOUNT: &str = "/api/v1/accounts/2";

/// Questions that are fully determined by their steps: the same steps get the same responses.
const BY_STEPS: &str = "inbox_setup email_case identifier_case phone_forms update_taken_email \
    swap_emails merge delete_contact public_existing_identifier public_existing_email \
    public_source_id public_update_identify reopen reopen_snoozed toggle_without_status \
    second_conversation labels_unknown assign_non_member custom_attr_undefined attr_null \
    attr_type_change unicode_zero platform_user_duplicate suspended_account token_after_removal";

/// Questions whose steps were not recorded, or ran concurrently: separate code sends them.
const BY_CODE: &str = "attr_limits name_limits parallel_conversation_attrs parallel_contact_attrs \
    parallel_conversations";

/// Responses of the recorded server that depend on timing: question, and the prefix of the
/// difference.
const BY_CHANCE: [(&str, &str); 8] = [
    // Activities are written by a background job: before or after the customer's message, and
    // before or after the next request. It affects the ids of messages, and which is last.
    ("reopen", ".messages"),
    ("reopen", ".last_non_activity_message.id"),
    ("reopen", ".id"),
    ("reopen_snoozed", ".id"),
    ("reopen_snoozed", ".messages"),
    ("reopen_snoozed", ".last_non_activity_message.id"),
    ("assign_non_member", ".messages"),
    ("assign_non_member", ".last_non_activity_message.id"),
];

/// Creates everything that existed on the server before, so that the same ids result.
fn scene(stage: &mut Stage) {
    let (_, first) = stage.fake.add_account("Acme Inc");
    stage.token("first", first);
    let (account, admin) = stage.fake.add_account("Recorded store");
    stage.token("admin", admin);
    stage.call("admin@example.test", "admin-2@example.com");
    let (_, agent) = stage.fake.add_agent(account, "agent@example.test");
    stage.token("agent", agent);
    let profile =
        |name: &str, shown: &str| json!({ "profile": { "name": name, "display_name": shown } });
    stage.done("PUT", "/api/v1/profile", "admin", &profile("Ada Admin", "Rec"));
    stage.done("PUT", "/api/v1/profile", "agent", &profile("Alan Agent", ""));
    let here = |key: &str, value: Value| json!({ "profile": { "account_id": 2, key: value } });
    stage.done(
        "POST",
        "/api/v1/profile/availability",
        "admin",
        &here("availability", json!("busy")),
    );
    stage.done(
        "POST",
        "/api/v1/profile/auto_offline",
        "admin",
        &here("auto_offline", json!(false)),
    );
    for number in 4..13 {
        let email = format!("user-{number}@example.test");
        let user = json!({ "name": "U", "email": email, "password": "Passw0rd!" });
        stage.done("POST", "/platform/api/v1/users", "platform", &user);
    }
    for name in ["Three", "Four"] {
        stage.done("POST", "/platform/api/v1/accounts", "platform", &json!({ "name": name }));
    }
    for user in 4..13 {
        let member = json!({ "user_id": user, "role": "agent" });
        stage.done("POST", "/platform/api/v1/accounts/3/account_users", "platform", &member);
    }
    for number in 1..14 {
        let inbox = json!({ "name": format!("I{number}"), "channel": { "type": "api" } });
        stage.done("POST", &format!("{ACCOUNT}/inboxes"), "admin", &inbox);
    }
    for number in 1..84 {
        stage.done("POST", &format!("{ACCOUNT}/contacts"), "admin", &filler(&number.to_string()));
    }
    for _ in 0..5 {
        let conversation = json!({ "inbox_id": 1, "contact_id": 1 });
        stage.done("POST", &format!("{ACCOUNT}/conversations"), "admin", &conversation);
    }
    for _ in 0..2 {
        stage.done(
            "POST",
            &format!("{ACCOUNT}/contacts/1/notes"),
            "admin",
            &json!({ "content": "x" }),
        );
    }
    for number in 1..19 {
        let definition = json!({
            "attribute_display_name": "a", "attribute_display_type": 0,
            "attribute_description": "x", "attribute_key": format!("a{number}"),
            "attribute_model": 1,
        });
        stage.done(
            "POST",
            &format!("{ACCOUNT}/custom_attribute_definitions"),
            "admin",
            &definition,
        );
    }
    // The companies of mail hosts that were known.
    for (host, name) in [("example.com", "Acme"), ("a.example", "A"), ("b.example", "B")] {
        let contact = json!({
            "email": format!("x@{host}"), "additional_attributes": { "company_name": name },
        });
        stage.done("POST", &format!("{ACCOUNT}/contacts"), "admin", &contact);
    }
}

fn exchange(question: &Question, step: &Step) -> Exchange {
    let (verb, url) = step.what.split_once(' ').unwrap();
    let auth = match url {
        _ if url.starts_with("/platform") => Some("platform"),
        _ if url.starts_with("/public") => None,
        // The user of the platform questions.
        _ if url.starts_with("/api/v1/accounts/5/") => Some("probe"),
        _ => Some("admin"),
    };
    Exchange {
        version: "4.15.1",
        operation: question.name.clone(),
        note: step.note.clone(),
        request: Asked {
            method: verb.to_owned(),
            path: url.to_owned(),
            url: url.to_owned(),
            query: None,
            auth: auth.map(Value::from),
            body: step.body.clone(),
            multipart: None,
        },
        response: Answered {
            status: step.status,
            content_type: None,
            headers: None,
            body: (!step.answer.is_string()).then(|| step.answer.clone()),
            text: step.answer.as_str().map(str::to_owned),
        },
    }
}

fn by_steps(stage: &mut Stage, question: &Question) -> Vec<String> {
    let mut faults = Vec::new();
    for step in &question.steps {
        if step.note.as_deref().is_some_and(|note| note.ends_with("later")) {
            stage.fake.run_background_jobs();
        }
        let found = stage.replay_trimmed(&exchange(question, step));
        faults.extend(
            found
                .into_iter()
                .filter(|fault| {
                    !BY_CHANCE
                        .iter()
                        .any(|(name, path)| *name == question.name && fault.starts_with(path))
                })
                .map(|fault| format!("{}: {fault}", step.what)),
        );
        if step.what == "POST /platform/api/v1/users" {
            let (_, user) =
                stage.ask("GET", "/platform/api/v1/users/13", Some("platform"), &Value::Null);
            stage.token("probe", user["access_token"].as_str().unwrap_or_default().to_owned());
        }
    }
    faults
}

fn by_code(stage: &mut Stage, name: &str) -> String {
    let contacts = format!("{ACCOUNT}/contacts");
    match name {
        "attr_limits" => {
            let url = format!("{contacts}/100");
            let long = json!({ "custom_attributes": { "long": "x".repeat(300_000) } });
            let many: serde_json::Map<String, Value> =
                (0..500).map(|key| (format!("k{key}"), json!(key))).collect();
            let many = json!({ "custom_attributes": many });
            let long = stage.ask("PUT", &url, Some("admin"), &long).0;
            let many = stage.ask("PUT", &url, Some("admin"), &many).0;
            format!("300,000 characters {long}; 500 keys {many}")
        }
        "name_limits" => {
            let long = "x".repeat(300);
            let said = ["name", "identifier", "email"].map(|field| {
                let value = if field == "email" { format!("{long}@x.com") } else { long.clone() };
                let (status, said) =
                    stage.ask("POST", &contacts, Some("admin"), &json!({ field: value }));
                format!("\"{field}\": [{status}, {}]", said["message"])
            });
            format!("{{{}}}", said.join(", "))
        }
        "parallel_conversation_attrs" => {
            let url = format!("{ACCOUNT}/conversations/9/custom_attributes");
            let bodies = ["p", "q"].map(|key| json!({ "custom_attributes": { key: 1 } }));
            at_once(stage, "POST", &url, &bodies);
            let talk = stage.ask(
                "GET",
                &format!("{ACCOUNT}/conversations/9"),
                Some("admin"),
                &Value::Null,
            );
            let left = &talk.1["custom_attributes"];
            // The last writer wins; which of the two is last varies.
            assert_eq!(left.as_object().map(serde_json::Map::len), Some(1), "{left}");
            "left: {'q': 1}".to_owned()
        }
        "parallel_contact_attrs" => {
            let (_, made) = stage.ask("POST", &contacts, Some("admin"), &filler("par"));
            let id = &made["payload"]["contact"]["id"];
            let url = format!("{contacts}/{id}");
            let body = |key: usize| json!({ "custom_attributes": { format!("w{key}"): key } });
            stage.fake.set_merge_window(Duration::from_millis(20));
            let bodies: Vec<Value> = (0..10).map(body).collect();
            at_once(stage, "PUT", &url, &bodies);
            let kept = |stage: &Stage| {
                let (_, said) = stage.ask("GET", &url, Some("admin"), &Value::Null);
                said["payload"]["custom_attributes"].as_object().map_or(0, serde_json::Map::len)
            };
            let left = kept(stage);
            assert!((1..10).contains(&left), "{left} of 10 are left");
            // In sequence, nothing is lost.
            for body in &bodies {
                at_once(stage, "PUT", &url, std::slice::from_ref(body));
            }
            assert_eq!(kept(stage), 10);
            stage.fake.set_merge_window(Duration::ZERO);
            "kept 6 of 10: a merge on the server is read-modify-write".to_owned()
        }
        "parallel_conversations" => {
            let url = format!("{ACCOUNT}/conversations");
            let body = json!({ "inbox_id": 14, "contact_id": 102 });
            at_once(stage, "POST", &url, &[body.clone(), body]);
            let url = format!("{contacts}/102/conversations");
            let (_, said) = stage.ask("GET", &url, Some("admin"), &Value::Null);
            format!("conversations: {}", said["payload"].as_array().map_or(0, Vec::len))
        }
        other => panic!("{other} is asked by no code"),
    }
}

/// Sends all of these through the transport concurrently.
fn at_once(stage: &Stage, verb: &str, url: &str, bodies: &[Value]) {
    let transport: Arc<dyn Transport> = Arc::new(stage.fake.clone());
    let token = stage.token_of("admin").to_owned();
    let requests: Vec<_> = bodies
        .iter()
        .map(|body| {
            http::Request::builder()
                .method(verb)
                .uri(url)
                .header("api-access-token", &token)
                .header("content-type", "application/json")
                .body(Body::Bytes(body.to_string().into()))
                .unwrap()
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for request in requests {
            let transport = Arc::clone(&transport);
            tasks.spawn(async move {
                transport.send(request.map(Body::from), Duration::from_secs(5)).await
            });
        }
        while let Some(done) = tasks.join_next().await {
            assert_eq!(done.unwrap().unwrap().status(), 200);
        }
    });
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_fake_behaves_as_the_server_did() {
    let text = std::fs::read(root().join("behaviour.json")).unwrap();
    let questions: Vec<Question> = serde_json::from_slice(&text).unwrap();
    let asked: BTreeSet<&str> = questions.iter().map(|question| question.name.as_str()).collect();
    let known: BTreeSet<&str> =
        BY_STEPS.split_whitespace().chain(BY_CODE.split_whitespace()).collect();
    assert_eq!(asked, known, "a question is asked in no way");

    let mut stage = Stage::new();
    scene(&mut stage);
    let mut report = Vec::new();
    for question in &questions {
        if BY_CODE.split_whitespace().any(|name| name == question.name) {
            let answer = by_code(&mut stage, &question.name);
            if answer != question.answer {
                report.push(format!("{}\n  {answer}, recorded {}", question.name, question.answer));
            }
            continue;
        }
        let faults = by_steps(&mut stage, question);
        if !faults.is_empty() {
            let asked = &question.asks;
            report.push(format!("{}: {asked}\n  {}", question.name, faults.join("\n  ")));
        }
    }
    assert!(report.is_empty(), "{} differ:\n{}", report.len(), report.join("\n"));
}

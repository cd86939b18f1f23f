//! Tests of operations that upload files with the recorded responses of live servers.

use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::http::Limit;
use chatwoot_client::{Client, ContactId, ConversationId, ErrorKind, Upload};
use serde_json::{Map, Value, json};
use tests::recordings::{Exchange, load};
use tests::replay::{Replay, Replayed, replay, replay_done};

use crate::asked::{account, body, new_message, text};

fn picture() -> Upload {
    Upload::bytes("a.png", "image/png", b"\x89PNG\r\n\r\n--\x00".as_slice())
}

/// One part of a form as it was sent.
struct Sent {
    name: String,
    file: Option<String>,
    content: Vec<u8>,
}

#[expect(clippy::expect_used, reason = "a test's helper")]
fn parts<T>(replayed: &Replayed<T>) -> Vec<Sent> {
    let kind = replayed.asked.headers()["content-type"].to_str().expect("text");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let mark = format!("\r\n--{boundary}");
    let whole = [b"\r\n", replayed.asked.body().as_ref()].concat();
    let cut = |text: &[u8], mark: &[u8]| text.windows(mark.len()).position(|at| at == mark);
    let mut rest = whole.as_slice();
    let mut parts = Vec::new();
    while let Some(at) = cut(rest, mark.as_bytes()) {
        let (part, after) = (&rest[..at], &rest[at + mark.len()..]);
        if let Some(end) = cut(part, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&part[..end]).into_owned();
            let value = |key: &str| {
                let (_, rest) = head.split_once(&format!("; {key}=\""))?;
                Some(rest.split_once('"')?.0.to_owned())
            };
            let content = part[end + 4..].to_vec();
            parts.push(Sent {
                name: value("name").expect("a name"),
                file: value("filename"),
                content,
            });
        }
        rest = after;
    }
    assert_eq!(rest, b"--\r\n", "the form is closed");
    parts
}

/// Asserts that the sent form has the recorded fields and files.
#[expect(clippy::expect_used, reason = "a test's helper")]
fn same_form<T>(it: &Exchange, replayed: &Replayed<T>) {
    let (mut fields, mut files) = (Map::new(), Vec::new());
    for part in parts(replayed) {
        if part.file.is_some() {
            files.push(part.name);
        } else {
            let text = String::from_utf8(part.content).expect("text");
            fields.insert(part.name, Value::String(text));
        }
    }
    let recorded = body(it).as_object().cloned().unwrap_or_default();
    assert_eq!(fields, recorded, "{it}: fields");
    assert_eq!(Some(json!(files)), it.request.multipart, "{it}: files");
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn messages_with_files_answer_as_recorded() {
    for it in load("message-with-attachment") {
        let conversation: ConversationId = it.param("conversation_id");
        let notes = Upload::bytes("notes.txt", "text/plain", "hello");
        let message = NewMessage { attachments: vec![picture(), notes], ..new_message(&body(&it)) };
        let call = async |c: &Client| {
            account(&it, c).conversation(conversation).messages().create(&message).await
        };
        let replayed = replay(&it, call).await;
        same_form(&it, &replayed);
        let sent = parts(&replayed);
        let file = sent.iter().find(|part| part.file.as_deref() == Some("a.png"));
        assert_eq!(file.expect("the picture").content, b"\x89PNG\r\n\r\n--\x00", "{it}");
        assert_eq!(replayed.value.attachments.map(|files| files.len()), Some(2), "{it}");
    }
    for it in load("create-a-message") {
        if it.request.multipart.is_none() {
            continue;
        }
        let content = text(&body(&it)["content"]);
        let (conversation, source) = (
            it.param::<ConversationId>("conversation_id"),
            it.param::<String>("contact_identifier"),
        );
        let call = async |c: &Client| {
            let inbox = c.public_inbox(it.param::<String>("inbox_identifier"));
            let messages = inbox.conversations(&source).conversation(conversation).messages();
            messages.create_with_attachments(content.as_deref(), &[picture()], None).await
        };
        let replayed = replay(&it, call).await;
        same_form(&it, &replayed);
        assert_eq!(replayed.value.attachments.map(|files| files.len()), Some(1), "{it}");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn pictures_and_lists_of_contacts_answer_as_recorded() {
    for it in load("contact-avatar-upload") {
        let contact: ContactId = it.param("id");
        let call = async |c: &Client| account(&it, c).contact(contact).set_avatar(&picture()).await;
        let replayed = replay(&it, call).await;
        same_form(&it, &replayed);
        assert!(!replayed.value.thumbnail.unwrap_or_default().is_empty(), "{it}");
    }
    for it in load("contact-import") {
        let csv = Upload::bytes("contacts.csv", "text/csv", "name,email\nAda,ada@example.com\n");
        let call = async |c: &Client| account(&it, c).contacts().import(&csv).await;
        same_form(&it, &replay_done(&it, call).await);
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn uploads_answer_as_recorded() {
    for it in load("upload") {
        let call = async |c: &Client| account(&it, c).uploads().create(&picture()).await;
        let replayed = replay(&it, call).await;
        same_form(&it, &replayed);
        assert!(replayed.value.file_url.ends_with("a.png"), "{it}");
        let call = async |c: &Client| {
            account(&it, c).uploads().create_from_url("https://shop.example.com/a.png").await
        };
        let replayed = replay(&it, call).await;
        assert_eq!(replayed.body(), json!({"external_url": "https://shop.example.com/a.png"}));
    }
    let op = chatwoot_client::operations().find(|op| op.name == "uploads.create");
    let op = op.expect("the operation");
    assert_eq!((op.limit, op.idempotent), (Some(Limit::Upload), false));
}

#[tokio::test]
async fn pictures_of_inboxes_and_users_go_as_a_form() {
    let server =
        Replay::answering(422, r#"{"message": "Avatar is too big", "attributes": ["avatar"]}"#);
    let (client, picture) = (server.client(), picture());
    let inbox = client.account(2, "t").inboxes().set_avatar(7.into(), &picture).await;
    assert_eq!(inbox.expect_err("refused").invalid_fields(), ["avatar"]);
    let asked = server.asked().expect("a request");
    assert_eq!(
        (asked.method().as_str(), asked.uri().path()),
        ("PATCH", "/api/v1/accounts/2/inboxes/7")
    );
    let sent = parts(&Replayed { value: (), asked });
    assert_eq!(sent[0].name, "avatar");
    let user = client.profile("t").set_avatar(&picture).await;
    assert_eq!(user.expect_err("refused").kind(), ErrorKind::Invalid);
    let sent = parts(&Replayed { value: (), asked: server.asked().expect("a request") });
    assert_eq!(sent[0].name, "profile[avatar]");
}

#[tokio::test]
async fn a_missing_file_is_said_before_anything_is_sent() {
    let server = Replay::answering(200, "{}");
    let client = server.client();
    let account = client.account(2, "t");
    let message =
        NewMessage { attachments: vec![Upload::file("/no/such/a.pdf")], ..NewMessage::text("x") };
    let failed = account.conversation(3).messages().create(&message).await;
    let error = failed.expect_err("there is no such file");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(error.to_string().contains("/no/such/a.pdf"), "{error}");
    assert!(server.asked().is_none());
}

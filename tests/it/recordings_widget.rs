//! Tests of the widget's own API with the recorded responses of live servers.

use chatwoot_client::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WebWidget, WidgetEvent, WidgetIntroduction,
};
use chatwoot_client::types::MessageType;
use chatwoot_client::widget::WidgetUser;
use chatwoot_client::{Client, Upload};
use serde_json::json;
use tests::recordings::{Exchange, load};
use tests::replay::{Replay, Replayed, refused, replay, replay_done};

use crate::asked::{body, map, query, same_body, same_query, text};

fn website(it: &Exchange, client: &Client) -> WebWidget {
    client.web_widget(query(it, "website_token").unwrap_or_default())
}

/// Asserts that the visitor's token was sent in its own header, and no other token was sent.
fn as_visitor<T>(it: &Exchange, replayed: &Replayed<T>) {
    same_query(it, replayed);
    let headers = replayed.asked.headers();
    assert!(headers.get("x-auth-token").is_some_and(|it| it == "visitor"), "{it}");
    assert!(headers["x-auth-token"].is_sensitive(), "{it}");
    assert!(headers.get("api-access-token").is_none(), "{it}");
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_website_answers_as_recorded() {
    for it in load("widget-config") {
        let replayed = replay(&it, async |c| website(&it, c).config().await).await;
        same_query(&it, &replayed);
        assert!(replayed.asked.headers().get("x-auth-token").is_none(), "{it}");
        let token = replayed.value.website_channel_config.auth_token;
        assert!(token.expose().starts_with("ey"), "{it}");
        let call = async |c: &Client| website(&it, c).visitor("visitor").config().await;
        as_visitor(&it, &replay(&it, call).await);
    }
    for it in load("widget-page") {
        let replayed = replay_done(&it, async |c| website(&it, c).page().await).await;
        same_query(&it, &replayed);
        assert_eq!(replayed.asked.headers()["accept"], "text/html", "{it}");
        assert_eq!(Some(replayed.value), it.response.text, "{it}");
    }
    for it in load("widget-sdk") {
        if it.succeeded() {
            let replayed = replay_done(&it, async |c| website(&it, c).sdk().await).await;
            assert_eq!(Some(replayed.value), it.response.text, "{it}");
        } else {
            refused(&it, async |c| website(&it, c).sdk().await).await;
        }
    }
    let page = "<!DOCTYPE html><title>Shop</title>";
    let client = Replay::answering(200, page).client();
    let website = client.web_widget("w");
    assert_eq!(website.page().await.expect("a page"), page);
    let error = website.sdk().await.expect_err("HTML is no script");
    assert!(error.to_string().contains("HTML"), "{error}");
}

#[expect(clippy::expect_used, reason = "a test's helper")]
fn user(it: &Exchange) -> WidgetUser {
    let body = body(it);
    let identifier = text(&body["identifier"]).expect("an identifier");
    let mut user = WidgetUser::new(identifier).expect("no empty identifier");
    user.identifier_hash = text(&body["identifier_hash"]).map(Into::into);
    user.name = text(&body["name"]);
    user.email = text(&body["email"]);
    user.custom_attributes = map(&body["custom_attributes"]).unwrap_or_default();
    user
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_visitor_answers_as_recorded() {
    for it in load("widget-contact") {
        let call = async |c: &Client| website(&it, c).visitor("visitor").contact().await;
        let replayed = replay(&it, call).await;
        as_visitor(&it, &replayed);
        assert_eq!(replayed.value.has_email, Some(true), "{it}");
    }
    for it in load("widget-set-user") {
        let user = user(&it);
        let call = async |c: &Client| website(&it, c).visitor("visitor").set_user(&user).await;
        let replayed = replay(&it, call).await;
        as_visitor(&it, &replayed);
        same_body(&it, &replayed);
    }
    for it in load("error-widget-set-user-no-hmac") {
        let user = user(&it);
        let call = async |c: &Client| website(&it, c).visitor("visitor").set_user(&user).await;
        let error = refused(&it, call).await;
        assert!(error.is_unauthorized(), "{it}");
        assert!(error.server_message().is_some_and(|said| said.contains("HMAC")), "{it}");
    }
    for it in load("widget-event") {
        let body = body(&it);
        let mut event = WidgetEvent::triggered("https://shop.example.com/cart");
        let initiated = body["event_info"]["initiated_at"].clone();
        event.event_info.insert("initiated_at".into(), initiated);
        let call = async |c: &Client| website(&it, c).visitor("visitor").event(&event).await;
        let replayed = replay_done(&it, call).await;
        as_visitor(&it, &replayed);
        same_body(&it, &replayed);
    }
}

#[tokio::test]
async fn a_visitor_who_was_somebody_else_gets_a_new_token() {
    let answer = r#"{"id": 41, "has_email": false, "has_name": true, "has_phone_number": false,
        "widget_auth_token": "ey.other"}"#;
    let server = Replay::answering(200, answer);
    let client = server.client();
    let visitor = client.web_widget("w").visitor("visitor");
    let mut user = WidgetUser::new("customer-17").expect("an identifier");
    user.extra.insert("city".into(), json!("Leiden"));
    let contact = visitor.set_user(&user).await.expect("a contact");
    let other = Replay::answering(200, "").client().web_widget("w").visitor("ey.other");
    let shown = format!("{contact:?} {other:?}");
    assert!(!shown.contains("ey.other"), "{shown}");
    assert_eq!(contact.widget_auth_token.expect("a token").expose(), "ey.other");
    let asked = server.asked().expect("a request");
    let sent: serde_json::Value = serde_json::from_slice(asked.body()).expect("JSON");
    let expected =
        json!({"identifier": "customer-17", "additional_attributes": {"city": "Leiden"}});
    assert_eq!(sent, expected);
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_visitors_conversation_answers_as_recorded() {
    for it in load("widget-conversation-create") {
        let body = body(&it);
        let wanted = NewWidgetConversation {
            message: NewWidgetMessage {
                content: text(&body["message"]["content"]),
                referer_url: text(&body["message"]["referer_url"]),
                timestamp: text(&body["message"]["timestamp"]),
                ..NewWidgetMessage::default()
            },
            contact: Some(WidgetIntroduction {
                name: text(&body["contact"]["name"]),
                ..WidgetIntroduction::default()
            }),
            custom_attributes: map(&body["custom_attributes"]).unwrap_or_default(),
        };
        let call = async |c: &Client| {
            website(&it, c).visitor("visitor").create_conversation(&wanted).await
        };
        let replayed = replay(&it, call).await;
        as_visitor(&it, &replayed);
        same_body(&it, &replayed);
        let kinds: Vec<_> =
            replayed.value.messages.iter().filter_map(|it| it.message_type.kind()).collect();
        assert_eq!(kinds, [MessageType::Incoming, MessageType::Template], "{it}");
    }
    for it in load("widget-messages") {
        let call = async |c: &Client| website(&it, c).visitor("visitor").messages(None).await;
        let replayed = replay(&it, call).await;
        as_visitor(&it, &replayed);
        assert_eq!(replayed.value.payload.len(), 2, "{it}");
    }
    for it in load("widget-conversation-custom-attributes") {
        let attributes = map(&body(&it)["custom_attributes"]).unwrap_or_default();
        let call = async |c: &Client| {
            website(&it, c).visitor("visitor").replace_custom_attributes(&attributes).await
        };
        let replayed = replay_done(&it, call).await;
        as_visitor(&it, &replayed);
        // The recorder sent a second key, which belongs to the deletion.
        assert_eq!(replayed.body(), json!({"custom_attributes": {"step": "checkout"}}), "{it}");
    }
}

#[tokio::test]
async fn a_visitors_message_goes_as_json_or_with_files_as_a_form() {
    let answer = r#"{"id": 9, "content": "hi", "inbox_id": 6, "conversation_id": 5, "private": false,
        "message_type": 0, "created_at": 1795221293, "source_id": null, "content_attributes": {}}"#;
    let server = Replay::answering(200, answer);
    let client = server.client();
    let visitor = client.web_widget("w").visitor("visitor");
    let message = NewWidgetMessage { reply_to: Some(8.into()), ..NewWidgetMessage::text("hi") };
    let written = visitor.write(&message).await.expect("a message");
    assert_eq!(written.message_type.kind(), Some(MessageType::Incoming));
    let asked = server.asked().expect("a request");
    assert_eq!(asked.body(), r#"{"message":{"content":"hi","reply_to":8}}"#);
    let files = vec![Upload::bytes("a.txt", "text/plain", "file")];
    visitor.write(&NewWidgetMessage { attachments: files, ..message }).await.expect("a message");
    let asked = server.asked().expect("a request");
    let sent = String::from_utf8_lossy(asked.body()).into_owned();
    for name in ["message[content]", "message[reply_to]", "message[attachments][]"] {
        assert!(sent.contains(&format!("name=\"{name}\"")), "{name}: {sent}");
    }
}

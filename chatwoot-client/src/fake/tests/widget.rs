//! The widget API as on the server, and the widget's script on a page.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Receiver, TestServer};
use crate::client::Client;
use crate::fake::FakeOutcome;
use crate::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WebWidget, WidgetIntroduction, WidgetVisitor,
};
use crate::types::Secret;
use crate::widget::WidgetUser;

const VICTIM: &str = "victim@example.com";

/// An account with a website inbox that requires a proof of identity, and the victim's contact.
struct Setup {
    server: TestServer,
    website: WebWidget,
    website_token: String,
    hmac_token: Secret,
    victim: u64,
}

impl Setup {
    fn new() -> Self {
        let server = TestServer::new();
        let channel = json!({ "type": "web_widget", "website_url": "https://shop.example" });
        let inbox = json!({ "name": "Site", "channel": channel });
        let inbox = server.ok("POST", "/inboxes", &inbox);
        let rest = format!("/inboxes/{}", inbox["id"]);
        server.ok("PATCH", &rest, &json!({ "channel": { "hmac_mandatory": true } }));
        let victim = json!({ "name": "Victim", "identifier": "victim", "email": VICTIM });
        let victim = server.ok("POST", "/contacts", &victim);
        let website_token = inbox["website_token"].as_str().unwrap().to_owned();
        let client = Client::builder("https://chatwoot.test")
            .transport(server.fake.clone())
            .build()
            .unwrap();
        Self {
            website: client.web_widget(website_token.clone()),
            website_token,
            hmac_token: Secret::new(inbox["hmac_token"].as_str().unwrap()),
            victim: victim.pointer("/payload/contact/id").and_then(Value::as_u64).unwrap(),
            server,
        }
    }

    async fn visitor(&self) -> WidgetVisitor {
        let config = self.website.config().await.unwrap();
        self.website.visitor(config.website_channel_config.auth_token)
    }

    async fn signed_in(&self, identifier: &str) -> WidgetVisitor {
        let visitor = self.visitor().await;
        let user = WidgetUser::proven(identifier, &self.hmac_token).unwrap();
        visitor.set_user(&user).await.unwrap();
        visitor
    }

    /// Calls an operation for which the client has no method.
    fn request(&self, who: &WidgetVisitor, verb: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("/api/v1/widget/{path}?website_token={}", self.website_token);
        let request = http::Request::builder().method(verb).uri(url);
        let request = request.header("x-auth-token", who.token().expose());
        let request = request.header("content-type", "application/json");
        let request = request.body(Bytes::from(body.to_string())).unwrap();
        let FakeOutcome::Response(response) = self.server.fake.handle(&request).outcome else {
            panic!("no response");
        };
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }

    /// Returns the victim's conversations as agents see them: the first message, and whether it is
    /// verified.
    fn victims_conversations(&self) -> Vec<(String, bool)> {
        let rest = format!("/contacts/{}/conversations", self.victim);
        let listed = self.server.ok("GET", &rest, &Value::Null);
        let listed = listed["payload"].as_array().unwrap().iter().map(|conversation| {
            let response =
                conversation.pointer("/messages/0/content").and_then(Value::as_str).unwrap();
            let verified = conversation.pointer("/meta/hmac_verified").and_then(Value::as_bool);
            (response.to_owned(), verified.unwrap())
        });
        listed.collect()
    }
}

fn text(words: &str) -> NewWidgetConversation {
    let message = NewWidgetMessage::text(words);
    NewWidgetConversation { message, ..NewWidgetConversation::default() }
}

async fn texts(visitor: &WidgetVisitor) -> Vec<String> {
    let response = visitor.messages(None).await.unwrap().payload;
    response.into_iter().filter_map(|message| message.content).collect()
}

#[tokio::test]
async fn a_pre_chat_form_assigns_a_guest_to_the_victim_and_webhooks_report_it_as_unverified() {
    let setup = Setup::new();
    let webhook = json!({ "url": "http://shop.test/hook", "subscriptions": ["message_created"] });
    setup.server.ok("POST", "/webhooks", &json!({ "webhook": webhook }));
    let receiver = Arc::new(Receiver::default());
    setup.server.fake.deliver_through(receiver.clone());

    let victim = setup.signed_in("victim").await;
    victim.create_conversation(&text("my order 17")).await.unwrap();
    let guest = setup.visitor().await;
    let form = NewWidgetConversation {
        contact: Some(WidgetIntroduction {
            name: Some("Mallory".into()),
            email: Some(VICTIM.to_uppercase()),
            ..WidgetIntroduction::default()
        }),
        ..text("what did I order?")
    };
    guest.create_conversation(&form).await.unwrap();
    assert_eq!(texts(&guest).await, ["what did I order?"]);
    let listed = [("what did I order?".to_owned(), false), ("my order 17".to_owned(), true)];
    assert_eq!(setup.victims_conversations(), listed);
    let contact = setup.server.ok("GET", &format!("/contacts/{}", setup.victim), &Value::Null);
    assert_eq!(contact["payload"]["name"], "Victim", "a form changes no name of a contact found");

    setup.server.fake.idle().await;
    let events = receiver.bodies();
    let events: Vec<_> = events
        .iter()
        .map(|body| {
            let at = |path: &str| body.pointer(path).cloned().unwrap_or_default();
            assert_eq!(at("/conversation/meta/sender/identifier"), "victim");
            assert_eq!(
                at("/conversation/contact_inbox/hmac_verified"),
                at("/conversation/meta/hmac_verified"),
            );
            (at("/content"), at("/conversation/meta/hmac_verified"))
        })
        .collect();
    assert_eq!(events.len(), 2);
    for response in
        [(json!("my order 17"), json!(true)), (json!("what did I order?"), json!(false))]
    {
        assert!(events.contains(&response), "{events:?}");
    }
}

#[tokio::test]
async fn a_signed_in_visitor_becomes_the_victim_and_reads_their_messages() {
    let setup = Setup::new();
    let victim = setup.signed_in("victim").await;
    victim.create_conversation(&text("my order 17")).await.unwrap();
    let mallory = setup.signed_in("mallory").await;
    assert_eq!(texts(&mallory).await, [""; 0]);
    let (status, response) =
        setup.request(&mallory, "PATCH", "contact", &json!({ "identifier": "victim" }));
    assert_eq!((status, &response["id"]), (200, &json!(setup.victim)));
    assert_eq!(texts(&mallory).await, ["my order 17"]);
    mallory.write(&NewWidgetMessage::text("send it elsewhere")).await.unwrap();
    assert_eq!(setup.victims_conversations(), [("send it elsewhere".to_owned(), true)]);
}

#[tokio::test]
async fn the_email_input_requires_no_proof() {
    let setup = Setup::new();
    let guest = setup.visitor().await;
    guest.write(&NewWidgetMessage::text("hello")).await.unwrap();
    let response = guest.messages(None).await.unwrap().payload;
    let words: Vec<_> =
        response.iter().map(|message| message.content.as_deref().unwrap()).collect();
    let expected = ["hello", "Give the team a way to reach you.", "Get notified by email"];
    assert_eq!(words, expected);
    let form = format!("messages/{}", response[2].id);
    let address = json!({ "contact": { "email": VICTIM } });
    assert_eq!(setup.request(&guest, "PATCH", &form, &address).0, 200);
    assert_eq!(setup.victims_conversations(), [("Get notified by email".to_owned(), false)]);
}

#[tokio::test]
async fn attributes_are_set_by_the_first_message_and_replaced_later() {
    let setup = Setup::new();
    let visitor = setup.signed_in("ada").await;
    let nothing = setup.request(&visitor, "GET", "conversations", &Value::Null);
    assert_eq!(nothing, (200, json!({})));
    let put = |attributes: Value| {
        let body = json!({ "custom_attributes": attributes });
        setup.request(&visitor, "POST", "conversations/set_custom_attributes", &body).0
    };
    assert_eq!(put(json!({ "early": 1 })), 404, "there is no conversation yet");
    let write = |words: &str, attributes: Value| {
        let body = json!({ "message": { "content": words }, "custom_attributes": attributes });
        let (status, response) = setup.request(&visitor, "POST", "messages", &body);
        assert_eq!(status, 200, "{response}");
        response["conversation_id"].clone()
    };
    let conversation = write("hello", json!({ "proof": "one" }));
    let read = || {
        let conversation =
            setup.server.ok("GET", &format!("/conversations/{conversation}"), &Value::Null);
        conversation["custom_attributes"].clone()
    };
    assert_eq!(read(), json!({ "proof": "one" }));
    write("again", json!({ "proof": "two" }));
    assert_eq!(read(), json!({ "proof": "one" }), "only the first message takes them along");
    assert_eq!(put(json!({ "cart": 2, "more": 3 })), 204);
    assert_eq!(read(), json!({ "cart": 2, "more": 3 }));
    let removed = json!({ "custom_attribute": ["more"] });
    let removed =
        setup.request(&visitor, "POST", "conversations/destroy_custom_attributes", &removed);
    assert_eq!((removed.0, read()), (200, json!({ "cart": 2 })));
    let (_, shown) = setup.request(&visitor, "GET", "conversations", &Value::Null);
    assert_eq!(shown["id"], conversation);
    assert_eq!(shown.get("custom_attributes"), None, "the visitor does not read them");
}

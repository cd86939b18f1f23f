//! The widget API as on the server, and the widget's script on a page.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::FakeOutcome;
use super::test_server::TestServer;
use super::tests::Receiver;
use crate::client::Client;
use crate::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WebWidget, WidgetIntroduction, WidgetVisitor,
};
use crate::types::Secret;
use crate::widget::WidgetUser;

const VICTIM: &str = "victim@example.com";

/// An account with a website inbox that requires a proof of identity, and the victim's contact.
struct Scene {
    server: TestServer,
    website: WebWidget,
    website_token: String,
    hmac_token: Secret,
    victim: u64,
}

impl Scene {
    fn new() -> Self {
        let server = TestServer::new();
        let channel = json!({ "type": "web_widget", "website_url": "https://shop.example" });
        let inbox = json!({ "name": "Site", "channel": channel });
        let inbox = server.done("POST", "/inboxes", &inbox);
        let rest = format!("/inboxes/{}", inbox["id"]);
        server.done("PATCH", &rest, &json!({ "channel": { "hmac_mandatory": true } }));
        let victim = json!({ "name": "Victim", "identifier": "victim", "email": VICTIM });
        let victim = server.done("POST", "/contacts", &victim);
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
    fn ask(&self, who: &WidgetVisitor, verb: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("/api/v1/widget/{path}?website_token={}", self.website_token);
        let request = http::Request::builder().method(verb).uri(url);
        let request = request.header("x-auth-token", who.token().expose());
        let request = request.header("content-type", "application/json");
        let request = request.body(Bytes::from(body.to_string())).unwrap();
        let FakeOutcome::Answer(answer) = self.server.fake.handle(&request).outcome else {
            panic!("no answer");
        };
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
    }

    /// Returns the victim's conversations as agents see them: the first message, and whether it is
    /// verified.
    fn of_the_victim(&self) -> Vec<(String, bool)> {
        let rest = format!("/contacts/{}/conversations", self.victim);
        let listed = self.server.done("GET", &rest, &Value::Null);
        let listed = listed["payload"].as_array().unwrap().iter().map(|talk| {
            let said = talk.pointer("/messages/0/content").and_then(Value::as_str).unwrap();
            let verified = talk.pointer("/meta/hmac_verified").and_then(Value::as_bool);
            (said.to_owned(), verified.unwrap())
        });
        listed.collect()
    }
}

fn text(words: &str) -> NewWidgetConversation {
    let message = NewWidgetMessage::text(words);
    NewWidgetConversation { message, ..NewWidgetConversation::default() }
}

async fn reads(visitor: &WidgetVisitor) -> Vec<String> {
    let said = visitor.messages(None).await.unwrap().payload;
    said.into_iter().filter_map(|message| message.content).collect()
}

#[tokio::test]
async fn a_guest_lands_on_the_victim_by_the_pre_chat_form_and_webhooks_say_it_is_not_proven() {
    let scene = Scene::new();
    let hook = json!({ "url": "http://shop.test/hook", "subscriptions": ["message_created"] });
    scene.server.done("POST", "/webhooks", &json!({ "webhook": hook }));
    let receiver = Arc::new(Receiver::default());
    scene.server.fake.deliver_through(receiver.clone());

    let victim = scene.signed_in("victim").await;
    victim.create_conversation(&text("my order 17")).await.unwrap();
    let guest = scene.visitor().await;
    let form = NewWidgetConversation {
        contact: Some(WidgetIntroduction {
            name: Some("Mallory".into()),
            email: Some(VICTIM.to_uppercase()),
            ..WidgetIntroduction::default()
        }),
        ..text("what did I order?")
    };
    guest.create_conversation(&form).await.unwrap();
    assert_eq!(reads(&guest).await, ["what did I order?"]);
    let listed = [("what did I order?".to_owned(), false), ("my order 17".to_owned(), true)];
    assert_eq!(scene.of_the_victim(), listed);
    let contact = scene.server.done("GET", &format!("/contacts/{}", scene.victim), &Value::Null);
    assert_eq!(contact["payload"]["name"], "Victim", "a form changes no name of a contact found");

    scene.server.fake.idle().await;
    let told = receiver.bodies();
    let told: Vec<_> = told
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
    assert_eq!(told.len(), 2);
    for said in [(json!("my order 17"), json!(true)), (json!("what did I order?"), json!(false))] {
        assert!(told.contains(&said), "{told:?}");
    }
}

#[tokio::test]
async fn a_signed_in_visitor_becomes_the_victim_and_reads_their_messages() {
    let scene = Scene::new();
    let victim = scene.signed_in("victim").await;
    victim.create_conversation(&text("my order 17")).await.unwrap();
    let mallory = scene.signed_in("mallory").await;
    assert_eq!(reads(&mallory).await, [""; 0]);
    let (status, said) =
        scene.ask(&mallory, "PATCH", "contact", &json!({ "identifier": "victim" }));
    assert_eq!((status, &said["id"]), (200, &json!(scene.victim)));
    assert_eq!(reads(&mallory).await, ["my order 17"]);
    mallory.write(&NewWidgetMessage::text("send it elsewhere")).await.unwrap();
    assert_eq!(scene.of_the_victim(), [("send it elsewhere".to_owned(), true)]);
}

#[tokio::test]
async fn the_box_that_asks_for_an_address_asks_for_no_proof() {
    let scene = Scene::new();
    let guest = scene.visitor().await;
    guest.write(&NewWidgetMessage::text("hello")).await.unwrap();
    let said = guest.messages(None).await.unwrap().payload;
    let words: Vec<_> = said.iter().map(|message| message.content.as_deref().unwrap()).collect();
    let asked = ["hello", "Give the team a way to reach you.", "Get notified by email"];
    assert_eq!(words, asked);
    let form = format!("messages/{}", said[2].id);
    let address = json!({ "contact": { "email": VICTIM } });
    assert_eq!(scene.ask(&guest, "PATCH", &form, &address).0, 200);
    assert_eq!(scene.of_the_victim(), [("Get notified by email".to_owned(), false)]);
}

#[tokio::test]
async fn a_page_puts_attributes_on_a_conversation_once_and_replaces_them_later() {
    let scene = Scene::new();
    let visitor = scene.signed_in("ada").await;
    let nothing = scene.ask(&visitor, "GET", "conversations", &Value::Null);
    assert_eq!(nothing, (200, json!({})));
    let put = |attributes: Value| {
        let body = json!({ "custom_attributes": attributes });
        scene.ask(&visitor, "POST", "conversations/set_custom_attributes", &body).0
    };
    assert_eq!(put(json!({ "early": 1 })), 404, "there is no conversation yet");
    let write = |words: &str, attributes: Value| {
        let body = json!({ "message": { "content": words }, "custom_attributes": attributes });
        let (status, said) = scene.ask(&visitor, "POST", "messages", &body);
        assert_eq!(status, 200, "{said}");
        said["conversation_id"].clone()
    };
    let talk = write("hello", json!({ "proof": "one" }));
    let read = || {
        let talk = scene.server.done("GET", &format!("/conversations/{talk}"), &Value::Null);
        talk["custom_attributes"].clone()
    };
    assert_eq!(read(), json!({ "proof": "one" }));
    write("again", json!({ "proof": "two" }));
    assert_eq!(read(), json!({ "proof": "one" }), "only the first message takes them along");
    assert_eq!(put(json!({ "cart": 2, "more": 3 })), 204);
    assert_eq!(read(), json!({ "cart": 2, "more": 3 }));
    let gone = json!({ "custom_attribute": ["more"] });
    let gone = scene.ask(&visitor, "POST", "conversations/destroy_custom_attributes", &gone);
    assert_eq!((gone.0, read()), (200, json!({ "cart": 2 })));
    let (_, shown) = scene.ask(&visitor, "GET", "conversations", &Value::Null);
    assert_eq!(shown["id"], talk);
    assert_eq!(shown.get("custom_attributes"), None, "the visitor does not read them");
}

//! A visitor of the first store's page: the requests that a browser with the widget can send.

use std::time::Duration;

use bytes::Bytes;
use chatwoot_client::application::conversations::NewConversation;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::{Account, Attributes, ContactId, ConversationId, Transport};
use serde_json::{Value, json};
use store_context::identity::Identity;
use store_context::model::Customer;

use crate::support::Bench;

/// A browser's widget with its visitor.
pub(crate) struct Visitor {
    fake: FakeChatwoot,
    website_token: String,
    token: String,
    pub(crate) contact: ContactId,
}

impl Visitor {
    /// Opens the page as a new visitor.
    pub(crate) async fn new(bench: &Bench) -> Self {
        let website_token = Identity::new(bench.ports.clone());
        let website_token = website_token.website_token(bench.north()).await.unwrap();
        let mut visitor = Self {
            fake: bench.fake.clone(),
            website_token,
            token: String::new(),
            contact: ContactId(0),
        };
        let made = visitor.ask("POST", "config", &json!({})).await;
        visitor.token = text(&made["website_channel_config"]["auth_token"]);
        visitor.contact = contact(&made["contact"]);
        visitor
    }

    /// Sets the visitor's data without a proof, as the widget's pre-chat form and email box do.
    pub(crate) async fn tell(&mut self, who: &Value) {
        self.contact = contact(&self.ask("PATCH", "contact", who).await);
    }

    /// Signs in with the data that the store's page gives a customer.
    pub(crate) async fn sign_in(&mut self, bench: &Bench, customer: &Customer) {
        let identity = Identity::new(bench.ports.clone());
        let user = identity.widget_user(bench.north(), customer).await.unwrap();
        let mut body = serde_json::to_value(&user).unwrap();
        body["identifier"] = json!(user.identifier());
        let answer = self.ask("PATCH", "contact/set_user", &body).await;
        self.contact = contact(&answer);
        if let Some(token) = answer["widget_auth_token"].as_str() {
            token.clone_into(&mut self.token);
        }
    }

    /// Starts a conversation; `attributes` are the ones that the page sets on it.
    pub(crate) async fn writes(&self, bench: &Bench, attributes: Attributes) -> ConversationId {
        let account: Account = bench.account(bench.north()).await;
        let new = NewConversation {
            contact_id: Some(self.contact),
            inbox_id: bench.record(bench.north()).await.account.website_inbox,
            source_id: Some(self.token.clone().into()),
            custom_attributes: Some(attributes),
            ..NewConversation::default()
        };
        account.conversations().create(&new).await.unwrap().id
    }

    async fn ask(&self, verb: &str, path: &str, body: &Value) -> Value {
        let url = format!(
            "http://chatwoot.test/api/v1/widget/{path}?website_token={}",
            self.website_token
        );
        let request = http::Request::builder()
            .method(verb)
            .uri(url)
            .header("content-type", "application/json")
            .header("x-auth-token", &self.token)
            .body(Bytes::from(body.to_string()).into())
            .unwrap();
        let answer = self.fake.send(request, Duration::from_secs(1)).await.unwrap();
        assert_eq!(answer.status(), 200, "{verb} {path}");
        serde_json::from_slice(answer.body()).unwrap()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn contact(value: &Value) -> ContactId {
    ContactId(value["id"].as_u64().unwrap())
}

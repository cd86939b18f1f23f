//! Tests of the snippet in a real browser: whose chat the next page continues, and what a
//! conversation keeps.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a proof stops at its first fault")]

use std::process::Stdio;
use std::time::Duration;

use ::axum::Router;
use ::axum::extract::{Path, State};
use ::axum::response::Html;
use ::axum::routing::{get, post};
use chatwoot_client::application::inboxes::{NewInbox, NewWebWidget};
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::widget::{Snippet, WidgetSettings, WidgetUser};
use chatwoot_client::{Account, Client, Secret};
use serde_json::json;

use crate::browser::{Profile, chromium_command};

/// Far more than the longest case takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Pages in frames of one origin, one after the other, and what they leave.
const HARNESS: &str = include_str!("snippet.html");

/// A URL without a server: a page is left before its widget is loaded.
const SILENT: &str = "http://127.0.0.1:9";

#[derive(Clone)]
struct Shop {
    chatwoot: String,
    website_token: String,
    hmac_token: Secret,
    settings: WidgetSettings,
}

impl Shop {
    fn user(&self, who: &str) -> Option<WidgetUser> {
        let mut user = match who {
            "guest" => return None,
            "unproven" => WidgetUser::new("bob").unwrap(),
            who => WidgetUser::proven(who, &self.hmac_token).unwrap(),
        };
        user.name = Some(who.to_owned());
        user.conversation_attributes.insert("proof".to_owned(), json!(format!("of {who}")));
        Some(user)
    }

    fn page(&self, who: &str, chatwoot: &str) -> Html<String> {
        let user = self.user(who);
        let snippet = Snippet::new(chatwoot, &self.website_token).settings(&self.settings);
        let snippet = snippet.user(user.as_ref()).to_html().unwrap();
        // A page's own script, which runs after the snippet's: the widget is ready, and has
        // processed the page's commands.
        let settled =
            "<script>addEventListener('chatwoot:ready', () => { settled = true; })</script>";
        Html(format!("<!doctype html><body>{snippet}{settled}<p id='end'></p>"))
    }
}

/// Returns the output of a case of the harness, seen from this host name.
async fn said(case: &str, host: &str, settings: WidgetSettings) -> Vec<String> {
    said_on(&server().await, case, host, settings).await
}

async fn server() -> (FakeServer, Account) {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let (account, token) = server.fake().add_account("Tea shop");
    let client = Client::builder(server.uri()).build().unwrap();
    let account = client.account(account, token);
    (server, account)
}

async fn said_on(
    (server, account): &(FakeServer, Account),
    case: &str,
    host: &str,
    settings: WidgetSettings,
) -> Vec<String> {
    let inbox = NewInbox::new("WebWidget", NewWebWidget::new("https://shop.example"));
    let inbox = account.inboxes().create(&inbox).await.unwrap();
    let shop = Shop {
        chatwoot: server.uri(),
        website_token: inbox.website_token.unwrap(),
        hmac_token: inbox.hmac_token.unwrap(),
        settings,
    };
    let query = format!("case={case}&token={}", shop.website_token);
    let whole = |State(shop): State<Shop>, Path(who): Path<String>| async move {
        shop.page(&who, &shop.chatwoot)
    };
    let left =
        |State(shop): State<Shop>, Path(who): Path<String>| async move { shop.page(&who, SILENT) };
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    let told = move |text: String| async move { say.send(text).unwrap() };
    let router = Router::new()
        .route("/", get(|| async { Html(HARNESS) }))
        .route("/said", post(told))
        .route("/{who}", get(whole))
        .route("/{who}/gone", get(left))
        .with_state(shop);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { ::axum::serve(listener, router).await });
    let profile = Profile::new();
    let mut chromium = tokio::process::Command::from(chromium_command(&profile));
    chromium.arg(format!("http://{host}:{port}/?{query}")).kill_on_drop(true);
    let mut chromium = chromium.stderr(Stdio::null()).spawn().expect("scripts/test installs it");
    let said = tokio::time::timeout(PATIENCE, said.recv()).await.expect("the pages say nothing");
    chromium.kill().await.unwrap();
    said.unwrap().lines().map(str::to_owned).collect()
}

async fn case(name: &str) -> Vec<String> {
    said(name, "127.0.0.1", WidgetSettings::default()).await
}

#[tokio::test]
async fn a_guest_finds_nothing_of_the_customer_before() {
    let said = case("guest_after_customer").await;
    let wanted = [
        "customer: cw_conversation cw_customer cw_user",
        "guest:",
        "guest with widget: cw_conversation",
    ];
    assert_eq!(said, wanted);
}

#[tokio::test]
async fn a_guest_finds_nothing_that_was_written_for_the_whole_domain() {
    let base_domain = Some("shop.localhost".into());
    let settings = WidgetSettings { base_domain, ..WidgetSettings::default() };
    let said =
        said("guest_after_customer_of_the_base_domain", "www.shop.localhost", settings).await;
    assert_eq!(said, ["guest:"]);
}

#[tokio::test]
async fn a_guest_finds_nothing_that_another_script_left() {
    assert_eq!(case("what_another_script_left").await, ["guest:"]);
}

#[tokio::test]
async fn a_guests_own_chat_goes_on_and_becomes_the_customers() {
    let said = case("guest_after_guest").await;
    assert_eq!(said, ["same chat", "same chat, cw_conversation cw_customer"]);
}

#[tokio::test]
async fn another_customer_finds_nothing_of_the_one_before() {
    let said = case("customer_after_customer").await;
    let wanted = [
        "same chat",
        "another customer: cw_customer",
        "another chat",
        "without proof: cw_customer",
    ];
    assert_eq!(said, wanted);
}

#[tokio::test]
async fn what_another_tab_writes_late_is_removed_too() {
    assert_eq!(case("open_in_another_tab").await, ["guest:", "guest:"]);
}

#[tokio::test]
async fn a_reset_without_a_new_page_forgets_all() {
    let said = case("signed_out_by_a_script").await;
    let wanted =
        ["at once:", "then: cw_conversation", r#"{"proof":"of ada"}"#, r#"{"cart":"three"}"#];
    assert_eq!(said, wanted);
}

#[tokio::test]
async fn the_servers_conversation_has_the_users_attributes_from_its_first_message_on() {
    let server = server().await;
    let said = said_on(&server, "first_message", "127.0.0.1", WidgetSettings::default()).await;
    assert_eq!(said, [""; 0]);
    let talk = server.1.conversations().get(1.into()).await.unwrap();
    let kept = json!({ "cart": "three", "proof": "of ada" });
    assert_eq!(serde_json::to_value(&talk.custom_attributes).unwrap(), kept);
}

#[tokio::test]
async fn a_conversation_keeps_the_users_attributes_beside_the_pages() {
    let said = case("conversation_attributes").await;
    let wanted = [
        "refused: Custom attributes should have atleast one key",
        r#"{"proof":"of ada"}"#,
        r#"{"cart":"two","proof":"of ada"}"#,
        r#"{"cart":"two","proof":"of ada","color":"red"}"#,
        // Before a conversation begins.
        r#"{"cart":"two","proof":"of ada"}"#,
        r#"deleted "color""#,
        // With its first message, twice, and when the page sets attributes again.
        r#"{"cart":"two","proof":"of ada"} {"cart":"two","proof":"of ada"} {"cart":"three","proof":"of ada"}"#,
    ];
    assert_eq!(said, wanted);
}

//! Tests of the widget check on servers that do and do not let a visitor become another contact.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::fake::{FakeChatwoot, Fault, FaultKind};
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::public::widget::{NewWidgetConversation, NewWidgetMessage, WebWidget};
use chatwoot_client::{Account, Client, Limits, RetryPolicy, Secret, Transport};
use serde_json::Value;
use store_context::doctor::{Verdict, Way, WidgetReport, check_widget};

use crate::support::Bench;

/// A website inbox with `hmac_mandatory`, as provisioning creates it.
struct Site {
    bench: Bench,
    account: Account,
    website_token: String,
    hmac_token: Secret,
}

impl Site {
    async fn new() -> Self {
        let bench = Bench::provisioned().await;
        let account = bench.account(bench.north()).await;
        let site = bench.record(bench.north()).await.account;
        let held = bench.record(bench.north()).await.credentials;
        let hmac_token = held.website_hmac.unwrap();
        Self { account, website_token: site.website_token.unwrap(), hmac_token, bench }
    }

    fn website(&self) -> WebWidget {
        self.bench.client.web_widget(&self.website_token)
    }

    /// The website as it is reached through the proxy.
    fn behind(&self, proxy: Proxy) -> WebWidget {
        let client = Client::builder("https://chatwoot.test")
            .transport(proxy)
            .retry(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() })
            .limits(Limits::off())
            .build()
            .unwrap();
        client.web_widget(&self.website_token)
    }

    async fn check(&self, website: &WebWidget) -> WidgetReport {
        check_widget(&self.account, website, Some(&self.hmac_token)).await.unwrap()
    }

    /// Returns whether the widget of the fake can create a conversation.
    async fn talks(&self) -> bool {
        let website = self.website();
        let config = website.config().await.unwrap();
        let visitor = website.visitor(config.website_channel_config.auth_token);
        let message = NewWidgetMessage::text("Hello");
        let hello = NewWidgetConversation { message, ..NewWidgetConversation::default() };
        let talks = visitor.create_conversation(&hello).await.is_ok();
        self.account.contacts().delete(config.contact.id).await.unwrap();
        talks
    }

    /// Returns the number of contacts that were created and not removed.
    async fn contacts(&self) -> usize {
        let made = self.bench.fake.journal();
        let made = made.iter().filter(|it| it.verb == "POST" && it.path.ends_with("/contacts"));
        let visitors = self.bench.fake.journal();
        let visitors = visitors.iter().filter(|it| it.path.ends_with("/widget/config"));
        let mut there = 0;
        for id in 1..=(made.count() + visitors.count()) as u64 * 2 {
            there += usize::from(self.account.contacts().get(id.into()).await.is_ok());
        }
        there
    }
}

/// A proxy in front of the fake that refuses what the rules of `docs/threat-model.md` refuse.
#[derive(Clone, Debug)]
struct Proxy {
    server: FakeChatwoot,
    /// The status of a refusal.
    status: u16,
    /// Refuses all conversations.
    no_talk: bool,
}

impl Proxy {
    fn refuses(&self, request: &http::Request<Bytes>) -> bool {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let given = |name: &str| body[name].as_str().is_some_and(|text| !text.is_empty());
        match (request.method().as_str(), request.uri().path()) {
            ("PATCH", "/api/v1/widget/contact") => true,
            ("PATCH", "/api/v1/widget/contact/set_user") => {
                !given("identifier") || !given("identifier_hash")
            }
            ("POST", "/api/v1/widget/conversations") => {
                self.no_talk || body["contact"]["email"].is_string()
            }
            _ => false,
        }
    }
}

#[async_trait]
impl Transport for Proxy {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let whole = request.clone().map(|body| body.to_bytes().unwrap());
        if self.refuses(&whole) {
            let answer = http::Response::builder().status(self.status);
            return Ok(answer.body(Bytes::from_static(b"refused")).unwrap());
        }
        self.server.send(request, timeout).await
    }
}

fn verdicts(report: &WidgetReport, besides: &[Way]) -> Vec<(Way, Verdict)> {
    let found = report.findings().iter().filter(|it| !besides.contains(&it.way));
    found.map(|it| (it.way, it.verdict.clone())).collect()
}

fn all(verdict: &Verdict, besides: &[Way]) -> Vec<(Way, Verdict)> {
    let ways = Way::ALL.into_iter().filter(|way| !besides.contains(way));
    ways.map(|way| (way, verdict.clone())).collect()
}

#[tokio::test]
async fn a_server_as_chatwoot_ships_it_is_open() {
    let site = Site::new().await;
    let before = site.contacts().await;
    let report = site.check(&site.website()).await;
    println!("{report}");
    // The inbox requires a hash, and no more than that.
    let besides = [Way::SetUser, Way::PreChat];
    assert_eq!(verdicts(&report, &besides), all(&Verdict::Open, &besides));
    assert_eq!(report.verdict(Way::SetUser), Some(&Verdict::Closed));
    // A fake without widget conversations cannot decide it.
    let pre_chat = report.verdict(Way::PreChat).unwrap();
    if site.talks().await {
        assert_eq!(*pre_chat, Verdict::Open);
    } else {
        assert!(matches!(pre_chat, Verdict::Unknown(_)), "{pre_chat}");
    }
    assert!(report.is_open() && !report.is_closed());
    assert!(report.left().is_empty(), "{report}");
    assert_eq!(site.contacts().await, before, "what was made is removed");
}

#[tokio::test]
async fn an_inbox_that_demands_no_hash_is_open_by_set_user_too() {
    use chatwoot_client::Patch;
    use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};

    let site = Site::new().await;
    let inbox = site.bench.record(site.bench.north()).await.account;
    let channel = ChannelPatch { hmac_mandatory: Patch::Set(false), ..ChannelPatch::default() };
    let to = InboxPatch { channel: Some(channel), ..InboxPatch::default() };
    site.account.inboxes().update(inbox.website_inbox.unwrap(), &to).await.unwrap();
    let report = site.check(&site.website()).await;
    assert_eq!(report.verdict(Way::SetUser), Some(&Verdict::Open), "{report}");
}

#[tokio::test]
async fn a_server_behind_the_rules_is_closed() {
    let site = Site::new().await;
    let proxy = Proxy { server: site.bench.fake.clone(), status: 403, no_talk: false };
    let report = site.check(&site.behind(proxy)).await;
    println!("{report}");
    let besides = [Way::PreChat];
    assert_eq!(verdicts(&report, &besides), all(&Verdict::Closed, &besides));
    let pre_chat = report.verdict(Way::PreChat).unwrap();
    if site.talks().await {
        assert_eq!(*pre_chat, Verdict::Closed);
    } else {
        assert!(matches!(pre_chat, Verdict::Unknown(_)), "{pre_chat}");
    }
    assert!(!report.is_open());
    assert!(report.left().is_empty(), "{report}");
}

#[tokio::test]
async fn what_cannot_be_told_is_not_told_to_be_closed() {
    let site = Site::new().await;
    // A server that fails has refused nothing permanently, and one on which no conversation can be
    // created may refuse for another reason than the email address.
    let proxy = Proxy { server: site.bench.fake.clone(), status: 502, no_talk: false };
    let report = site.check(&site.behind(proxy)).await;
    assert!(matches!(report.verdict(Way::Email), Some(Verdict::Unknown(_))), "{report}");
    let proxy = Proxy { server: site.bench.fake.clone(), status: 403, no_talk: true };
    let report = site.check(&site.behind(proxy)).await;
    assert!(matches!(report.verdict(Way::PreChat), Some(Verdict::Unknown(_))), "{report}");
    // A website of another account: its visitors are no contacts of this one.
    let (other, token) = site.bench.fake.add_account("Another shop");
    let other = site.bench.client.account(other, token);
    let report = check_widget(&other, &site.website(), None).await.unwrap();
    for finding in report.findings() {
        assert!(matches!(finding.verdict, Verdict::Unknown(_)), "{finding}");
    }
    // Without the inbox's key no visitor can sign in.
    let report = check_widget(&site.account, &site.website(), None).await.unwrap();
    let verdict = report.verdict(Way::SignedIn).unwrap();
    assert_eq!(verdict.to_string(), "unknown: no hmac_token was given");
    assert!(!report.to_string().contains(site.hmac_token.expose()));
}

#[tokio::test]
async fn what_cannot_be_removed_is_reported() {
    let site = Site::new().await;
    let online = FaultKind::Respond { status: 422, body: r#"{"message": "is online"}"#.into() };
    site.bench.fake.fault(Fault::new(online).verb("DELETE").path("/contacts/").times(1));
    let report = site.check(&site.website()).await;
    let [left] = report.left() else { panic!("{report}") };
    assert!(left.to_string().contains(&left.contact.to_string()), "{left}");
    let named = site.account.contacts().get(left.contact).await.unwrap();
    assert_eq!(named.name.as_deref(), Some("Widget check"));
    let list = site.account.contacts().list(&ContactsQuery::default()).await.unwrap();
    let marked = |it: &&chatwoot_client::application::contacts::Contact| {
        it.identifier.as_ref().is_some_and(|text| text.starts_with("widget-check-"))
    };
    assert_eq!(list.payload.iter().filter(marked).count(), 1, "the rest is gone");
}

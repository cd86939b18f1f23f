//! Tests of the example `verify`, started as users start it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::{Client, Patch};
use serde_json::Value;
use store_context::accounts::{Accounts, Clients};
use store_context::doctor::{Check, CheckStatus, Report};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Store, StoreId};
use store_context::ports::StoreRecord;
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context::{Currency, Url};
use tokio::process::Command;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Far more than the longest run takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// The settings that the program reads from the environment.
const VARIABLES: [&str; 10] = [
    "CHATWOOT_URL",
    "CHATWOOT_ACCOUNT",
    "CHATWOOT_INBOX",
    "CHATWOOT_TOKEN",
    "CHATWOOT_PLATFORM_TOKEN",
    "CHATWOOT_WEBHOOK_SECRET",
    "DATABASE_URL",
    "STORE_CONTEXT_KEYS",
    "WEBSITE_URL",
    "PUBLIC_URL",
];

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verify"));
    command.args(args).stdin(Stdio::null()).kill_on_drop(true).env_remove("RUST_LOG");
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn ended(mut command: Command) -> Ended {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let Output { status, stdout, stderr } = output.expect("the program does not end").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), out: text(stdout), err: text(stderr) }
}

async fn run(args: &[&str]) -> Ended {
    ended(command(args)).await
}

#[tokio::test]
async fn a_fresh_machine_passes_each_check_against_the_fake() {
    let Ended { code, out, err } = run(&["--fake"]).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.starts_with("teashop\n") && out.ends_with("\n19 of 19\n"), "{out}");
    assert_eq!(err, "");
    for check in Check::ALL {
        assert_eq!(out.matches(&format!("passed   {check} ")).count(), 1, "{check}: {out}");
    }
    let some = run(&["--fake", "--leave-out", "round_trip,widget_csp", "--limit", "5"]).await;
    assert!(some.out.ends_with("\n17 of 17\n"), "{}", some.out);
}

#[tokio::test]
async fn a_report_is_json_or_junit_too() {
    let json = run(&["--fake", "--read-only", "--format", "json"]).await;
    let report: Report = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report.summary(), "18 of 18");
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["stores"][0]["checks"][1]["check"], "base_url");
    assert_eq!(value["stores"][0]["checks"][1]["status"], "passed");

    let file = std::env::temp_dir().join(format!("verify-{}.xml", std::process::id()));
    let name = file.to_str().unwrap();
    let junit = run(&["--fake", "--format", "junit", "--output", name]).await;
    let xml = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!((junit.code, junit.out.as_str()), (Some(0), "19 of 19\n"));
    assert!(xml.contains("<testsuite name=\"teashop\" tests=\"19\" failures=\"0\""), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 19);
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_is_one_message() {
    let refused = |done: &Ended, wants: &str| {
        assert_eq!(done.code, Some(2), "{}", done.err);
        assert_eq!(done.out, "");
        assert!(done.err.contains(wants), "`{wants}` is not said: {}", done.err);
        assert!(!done.err.contains("panicked") && !done.err.contains("hunter2"), "{}", done.err);
    };
    let in_a_line = |done: &Ended, wants: &str| {
        refused(done, wants);
        assert_eq!(done.err.lines().count(), 1, "{}", done.err);
        assert!(done.err.starts_with("verify: "), "{}", done.err);
    };
    in_a_line(&run(&[]).await, "say what to check: --fake; or --chatwoot and --account");
    in_a_line(&run(&["--account", "1"]).await, "give --chatwoot or CHATWOOT_URL too");
    let account = ["--chatwoot", "http://127.0.0.1:1", "--account", "1"];
    in_a_line(&run(&account).await, "set CHATWOOT_TOKEN to the token");
    let with = |args: &[&str], name: &str, value: &str| {
        let mut command = command(args);
        command.env(name, value);
        ended(command)
    };
    in_a_line(&with(&account, "CHATWOOT_TOKEN", "hunter2 \n").await, "has spaces");
    let plain = ["--chatwoot", "http://chatwoot.internal", "--account", "1"];
    in_a_line(&with(&plain, "CHATWOOT_TOKEN", "hunter2").await, "--chatwoot cannot be used");
    let database = |url: &'static str| with(&[], "DATABASE_URL", url);
    in_a_line(&database("mysql://root:hunter2@127.0.0.1/shop").await, "is not a URL such as");
    in_a_line(&database("postgres://root:hunter2@127.0.0.1:1/shop").await, "STORE_CONTEXT_KEYS");

    refused(&run(&["--fake", "--leave-out", "clocks"]).await, "there is no check `clocks`");
    refused(&run(&["--fake", "--format", "yaml"]).await, "possible values: text, json, junit");
    refused(&run(&["--fake", "--account", "1"]).await, "cannot be used with");
    refused(&run(&["--chatwoot", "chatwoot", "--account", "1"]).await, "a URL such as");
    refused(&run(&["--fake", "--limit", "0"]).await, "is not in 1..=600");
}

/// A provisioned store on a fake Chatwoot, and a host of which only the answers matter here.
struct World {
    server: FakeServer,
    host: MockServer,
    record: StoreRecord,
}

impl World {
    async fn new() -> Self {
        let server = FakeServer::start(FakeChatwoot::new()).await;
        let host = MockServer::start().await;
        let base: Url = server.uri().parse().unwrap();
        let shop = Arc::new(MemoryShop::new());
        let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
        let client = Client::builder(base.as_str()).build().unwrap();
        let accounts = Accounts::new(&ports, Clients::single(client));
        let public_url = format!("{}/support", host.uri()).parse().unwrap();
        let config = ProvisionConfig::new(public_url, "shop.example".parse().unwrap());
        let token = server.fake().platform_token();
        let provisioner = Provisioner::new(&accounts, base, token, ports, config).unwrap();
        let id = StoreId::new("shop").unwrap();
        let website = host.uri().parse().unwrap();
        let store = Store::new(id, "Shop", website, "help@shop.example", Currency::EUR);
        provisioner.provision(&store).await.unwrap();
        let record = accounts.record(&store.id).await.unwrap();
        let world = Self { server, host, record };
        world.serve("").await;
        world
    }

    /// Serves the host's pages: the website with this policy.
    async fn serve(&self, policy: &str) {
        self.host.reset().await;
        let webhook = Mock::given(method("POST")).and(path_regex("^/support/webhooks/chatwoot/"));
        webhook.respond_with(ResponseTemplate::new(401)).mount(&self.host).await;
        let frame = format!("frame-ancestors {}", self.server.uri());
        let page = ResponseTemplate::new(200).insert_header("content-security-policy", &*frame);
        let panel = Mock::given(method("GET")).and(path_regex("^/support/panel/"));
        panel.respond_with(page).mount(&self.host).await;
        let page = ResponseTemplate::new(200).insert_header("content-security-policy", policy);
        Mock::given(path("/")).respond_with(page).mount(&self.host).await;
    }

    /// Returns the program with the settings of the account in arguments and the environment.
    fn verify(&self, more: &[&str]) -> Command {
        let account = self.record.account.account.unwrap().to_string();
        let mut command = command(&[&["--account", &account], more].concat());
        let keys = &self.record.credentials;
        let token = keys.user_token.as_ref().unwrap().token.secret().expose();
        command
            .env("CHATWOOT_URL", self.server.uri())
            .env("CHATWOOT_TOKEN", token)
            .env("CHATWOOT_WEBHOOK_SECRET", keys.webhook_secret.as_ref().unwrap().expose())
            .env("WEBSITE_URL", self.host.uri())
            .env("PUBLIC_URL", format!("{}/support", self.host.uri()));
        command
    }

    /// Asserts that no secret is in what the program wrote.
    fn tells_none(&self, done: &Ended) {
        let keys = &self.record.credentials;
        let secrets = [
            keys.user_token.as_ref().unwrap().token.secret().expose(),
            keys.webhook_secret.as_ref().unwrap().expose(),
            keys.website_hmac.as_ref().unwrap().expose(),
            keys.webhook_address.as_ref().unwrap().expose(),
            keys.panel_address.as_ref().unwrap().expose(),
        ];
        for secret in secrets {
            assert!(!done.out.contains(secret) && !done.err.contains(secret), "{}", done.out);
        }
    }

    async fn failed(&self) -> Vec<Check> {
        let done = ended(self.verify(&["--format", "json"])).await;
        self.tells_none(&done);
        let report: Report = serde_json::from_str(&done.out).expect(&done.err);
        assert_eq!(done.code, Some(i32::from(!report.is_healthy())), "{report}");
        report.with(CheckStatus::Failed).map(|(_, result)| result.check).collect()
    }
}

#[tokio::test]
async fn an_account_is_checked_by_its_settings() {
    let world = World::new().await;
    let done = ended(world.verify(&[])).await;
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert!(done.out.ends_with("\n12 of 12\n"), "{}", done.out);
    assert_eq!(done.err, "");
    world.tells_none(&done);

    let mut command = world.verify(&[]);
    command.env_remove("PUBLIC_URL").env_remove("WEBSITE_URL");
    command.env("CHATWOOT_PLATFORM_TOKEN", world.server.fake().platform_token());
    let done = ended(command).await;
    assert!(done.out.ends_with("\n10 of 10\n"), "{}", done.out);
    assert!(done.err.contains("webhook is left out: --public-url is not given"), "{}", done.err);
    assert!(done.err.contains("widget_csp is left out: --website is not given"), "{}", done.err);
}

#[tokio::test]
async fn a_fault_of_the_account_or_the_host_is_found() {
    let world = World::new().await;
    assert_eq!(world.failed().await, []);
    world.serve("frame-src 'self'").await;
    assert_eq!(world.failed().await, [Check::WidgetCsp]);
    world.serve("connect-src 'self'").await;
    assert_eq!(world.failed().await, [], "a warning is no failure");
    assert_eq!(ended(world.verify(&["--strict"])).await.code, Some(1));
    world.host.reset().await;
    assert_eq!(world.failed().await, [Check::Webhook, Check::Panel, Check::WidgetCsp]);
    world.serve("").await;

    let token = world.record.credentials.user_token.clone().unwrap().token;
    let account = world.record.account.account.unwrap();
    let client = Client::builder(world.server.uri()).build().unwrap();
    let account = client.account(account, token.clone());
    let inbox = world.record.account.website_inbox.unwrap();
    let channel = ChannelPatch { hmac_mandatory: Patch::Set(false), ..ChannelPatch::default() };
    let to = InboxPatch { channel: Some(channel), ..InboxPatch::default() };
    account.inboxes().update(inbox, &to).await.unwrap();
    assert_eq!(world.failed().await, [Check::Hmac]);
    account.webhooks().delete(world.record.account.webhook.unwrap()).await.unwrap();
    assert_eq!(world.failed().await, [Check::Hmac, Check::Webhook]);
    client.profile(token).reset_access_token().await.unwrap();
    assert_eq!(world.failed().await, [Check::UserToken]);
    let mut gone = world.verify(&["--chatwoot", "http://127.0.0.1:1", "--limit", "5"]);
    gone.env("CHATWOOT_PLATFORM_TOKEN", "none");
    let gone = ended(gone).await;
    assert_eq!(gone.code, Some(1), "{}", gone.err);
    assert!(gone.out.contains("no Chatwoot answers at http://127.0.0.1:1"), "{}", gone.out);
}

//! Tests of the example `shop_platform`, started as users start it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use examples::platform_story as story;
use http::{Method, StatusCode};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Far more than a run takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

const SETTINGS: [&str; 6] = [
    "CHATWOOT_URL",
    "CHATWOOT_PLATFORM_TOKEN",
    "PUBLIC_URL",
    "ADMINISTRATOR_DOMAIN",
    "LISTEN",
    "SHOPS",
];

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop_platform"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in SETTINGS {
        command.env_remove(name);
    }
    command
}

/// A running program, killed on drop.
struct Running(Option<Child>);

impl Running {
    fn start(mut command: Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    /// Waits for the end.
    async fn ended(mut self) -> (Option<i32>, String, String) {
        let child = self.0.take().unwrap();
        let output = tokio::task::spawn_blocking(|| child.wait_with_output());
        let Output { status, stdout, stderr } =
            tokio::time::timeout(PATIENCE, output).await.expect("no end").unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), text(stdout), text(stderr))
    }

    /// Tells it to stop, as an orchestrator does.
    async fn stopped(self) -> (Option<i32>, String, String) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.ended().await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
        }
    }
}

/// A file that is removed on drop.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let file =
            std::env::temp_dir().join(format!("shop-platform-{}-{name}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        Self(file)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Starts the program with the story's shops on a free port; returns its URL.
fn serve(chatwoot: &str, token: &str, shops: &Scratch) -> (Running, String) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    let mut command = command();
    command.env("CHATWOOT_URL", chatwoot).env("CHATWOOT_PLATFORM_TOKEN", token);
    command.env("PUBLIC_URL", &url).env("ADMINISTRATOR_DOMAIN", "platform.example");
    command.env("LISTEN", address.to_string()).env("SHOPS", &shops.0);
    (Running::start(command), url)
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn is_healthy(url: &str) -> bool {
    let answer = reqwest::get(format!("{url}/health")).await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

#[tokio::test]
async fn the_story_is_true() {
    let mut command = command();
    command.arg("--once");
    let (code, out, err) = Running::start(command).ended().await;
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    for part in ["recovers by itself", "receipt", "54 of 54", "nothing claimed"] {
        assert!(out.contains(part), "`{part}` is missing: {out}");
    }
    assert_eq!(out.lines().count(), 12, "{out}");
}

/// The host, without blank lines and comments.
#[test]
fn it_is_short() {
    let source = include_str!("../src/bin/shop_platform.rs").lines().map(str::trim);
    let lines = source.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(lines < 250, "{lines} lines");
}

#[tokio::test]
async fn a_missing_or_wrong_setting_is_named() {
    let (code, out, err) = Running::start(command()).ended().await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.starts_with("Error: set CHATWOOT_URL\n"), "{err}");

    let mut wrong = command();
    wrong.env("CHATWOOT_URL", "https://chatwoot.example").env("PUBLIC_URL", "hunter2");
    let (code, _, err) = Running::start(wrong).ended().await;
    assert_eq!(code, Some(1));
    assert!(err.starts_with("Error: PUBLIC_URL\n") && !err.contains("hunter2"), "{err}");
}

#[tokio::test]
async fn shops_of_a_file_are_opened_served_and_checked() {
    let chatwoot = FakeServer::start(FakeChatwoot::new()).await;
    let transport = chatwoot_client::ReqwestTransport::new().unwrap();
    chatwoot.fake().deliver_through(std::sync::Arc::new(transport));
    let stores = serde_json::to_string(&story::stores().unwrap()).unwrap();
    let shops = Scratch::new("served.json", &stores);
    let token = chatwoot.fake().platform_token();
    let (service, url) = serve(&chatwoot.uri(), &token, &shops);
    eventually("it is not healthy", async || is_healthy(&url).await).await;
    // Each shop's round trip of the doctor.
    eventually("the shops are not checked", async || {
        let deliveries = chatwoot.fake().deliveries();
        [1, 2, 3].iter().all(|account| deliveries.iter().any(|it| it.account == *account))
    })
    .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (code, out, err) = service.stopped().await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.ends_with("54 of 54\n"), "{out}{err}");
    assert!(!out.contains(&token) && !err.contains(&token), "a token is shown");
}

/// A Chatwoot that refuses one shop's account and is played by wiremock: the service goes on, says
/// which shop was not opened, and shows no token.
#[tokio::test]
async fn a_chatwoot_that_fails_stops_no_other_shop() {
    let chatwoot = MockServer::start().await;
    let fake = FakeChatwoot::builder().platform_token("hunter2").build();
    // The second account cannot be created.
    let refused = Mock::given(method(Method::POST))
        .and(path("/platform/api/v1/accounts"))
        .and(wiremock::matchers::body_string_contains("\"name\":\"bikes\""))
        .respond_with(ResponseTemplate::new(422).set_body_string("{\"message\":\"no more\"}"));
    refused.expect(1..).with_priority(1).mount(&chatwoot).await;
    let forward = move |request: &wiremock::Request| {
        let http = http::Request::builder().method(request.method.clone());
        let mut http = http.uri(request.url.as_str()).body(request.body.clone().into()).unwrap();
        http.headers_mut().clone_from(&request.headers);
        let reply = fake.handle(&http);
        let chatwoot_client::fake::FakeOutcome::Response(response) = reply.outcome else {
            return ResponseTemplate::new(502);
        };
        let body = response.body().to_vec();
        ResponseTemplate::new(response.status().as_u16()).set_body_raw(body, "application/json")
    };
    Mock::given(path_regex(".*")).respond_with(forward).mount(&chatwoot).await;

    let stores = serde_json::to_string(&story::stores().unwrap()).unwrap();
    let shops = Scratch::new("refused.json", &stores);
    let (service, url) = serve(&chatwoot.uri(), "hunter2", &shops);
    eventually("it is not healthy", async || is_healthy(&url).await).await;
    eventually("the third shop is not opened", async || {
        let seen = chatwoot.received_requests().await.unwrap();
        seen.iter().any(|it| it.url.path() == "/api/v1/accounts/2/webhooks")
    })
    .await;
    let (code, out, err) = service.stopped().await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(err.contains("not opened") && err.contains("bikes"), "{out}{err}");
    assert!(!out.contains("hunter2") && !err.contains("hunter2"), "a token is shown");
}

//! Tests of the example `direct_store`, started as users start it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::process::{Output, Stdio};
use std::time::Duration;

use examples::own_database::OwnDatabase;
use examples::played::{self, Browser};
use http::StatusCode;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use store_context_adapters::postgres::Migrations;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Far more than the longest run takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// The settings that the program must have, in the order in which it asks for them.
const REQUIRED: [(&str, &str); 5] = [
    ("CHATWOOT_ACCOUNT", "1"),
    ("CHATWOOT_URL", "http://127.0.0.1:1"),
    ("CHATWOOT_TOKEN", "hunter2"),
    ("PUBLIC_URL", "http://127.0.0.1:1"),
    ("SHOP_PASSWORD", "tea"),
];

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_direct_store"));
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    for name in ["LISTEN", "DATABASE_URL", "STORE_CONTEXT_KEYS", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    for (name, _) in REQUIRED {
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

#[tokio::test]
async fn the_story_is_true() {
    let Ended { code, out, err } = ended(command(&["--once"])).await;
    assert_eq!(code, Some(0), "{out}{err}");
    let claims: Vec<&str> = out.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(
        claims,
        [
            "- the account is adopted, and nothing of the plan is left to do",
            "- the contact has the standard attributes, and the shop's own",
            "- a guest's page has the widget, and names nobody",
            "- without a session the context is 401",
            "- a guest's message arrives, and is asked to sign in",
            "- the page carries the identity of the contact",
            "- the customer's browser gets the own orders",
            "- the customer's message is answered with the order",
            "- after signing out the page names nobody",
            "- signing out removes the widget's cookies too",
            "- every check passes",
        ]
    );
    assert!(out.ends_with("\n18 of 18\n- every check passes\n"), "{out}");
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_is_one_message() {
    let refused = |done: &Ended, wants: &str| {
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
        assert!(done.err.contains(wants), "`{wants}` is not said: {}", done.err);
        assert!(!done.err.contains("panicked") && !done.err.contains("hunter2"), "{}", done.err);
    };
    for (number, (missing, _)) in REQUIRED.into_iter().enumerate() {
        let mut command = command(&[]);
        command.envs(REQUIRED[..number].iter().copied()).env(missing, "");
        let done = ended(command).await;
        refused(&done, &format!("set {missing}; the head of direct_store.rs lists"));
        assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    }
    let with = |name: &str, value: &str| {
        let mut command = command(&[]);
        command.envs(REQUIRED).env("LISTEN", "127.0.0.1:0").env(name, value);
        ended(command)
    };
    refused(&with("CHATWOOT_ACCOUNT", "tea").await, "CHATWOOT_ACCOUNT is not an id");
    refused(&with("CHATWOOT_URL", "chatwoot").await, "CHATWOOT_URL is not a URL");
    refused(&with("LISTEN", "nowhere").await, "LISTEN cannot be listened on");
    refused(&with("DATABASE_URL", "postgres://shop:hunter2@127.0.0.1:1/shop").await, "KEYS");
    refused(&ended(command(&["--twice"])).await, "direct_store [--once]");
}

/// A Chatwoot that does not know the token is told nothing else, and nothing is served in its name.
#[tokio::test]
async fn a_refused_token_ends_the_program_and_is_not_shown() {
    let chatwoot = MockServer::start().await;
    let refusal =
        ResponseTemplate::new(401).set_body_json(json!({"error": "Invalid Access Token"}));
    let profile = Mock::given(method("GET")).and(path("/api/v1/profile"));
    profile.respond_with(refusal).expect(1).mount(&chatwoot).await;
    let mut command = command(&[]);
    command.envs(REQUIRED).env("CHATWOOT_URL", chatwoot.uri()).env("LISTEN", "127.0.0.1:0");
    let done = ended(command).await;
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
    assert!(done.err.contains("the token is refused"), "{}", done.err);
    assert!(!done.err.contains("hunter2"), "{}", done.err);
    assert_eq!(chatwoot.received_requests().await.unwrap().len(), 1);
}

/// Reads what the program prints until it has verified; returns it.
async fn verified(program: &mut Child) -> String {
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut out = String::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            out.push_str(&line);
            out.push('\n');
            if line.contains(" of 18") {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the program does not verify");
    out
}

/// The second process finds what the first one made, on the same database.
#[tokio::test]
async fn a_restart_changes_nothing_and_keeps_the_customers_identity() {
    let (_chatwoot, own) = played::chatwoot("Tea shop").await.unwrap();
    let database = OwnDatabase::new().await.unwrap();
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let migrations = Migrations::for_role(&database.runtime_role()).unwrap();
    migrations.run(&mut owner).await.unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let website = format!("http://127.0.0.1:{port}");
    let keys = format!("first:{}", "7".repeat(64));
    let mut identities = Vec::new();
    for changes in ["18 of 19 created or changed", "nothing to do, all 19 are as they should be"] {
        let mut command = command(&[]);
        command
            .env("CHATWOOT_URL", own.base_url.as_str())
            .env("CHATWOOT_ACCOUNT", own.account.to_string())
            .env("CHATWOOT_TOKEN", own.token.secret().expose())
            .env("PUBLIC_URL", &website)
            .env("SHOP_PASSWORD", "tea")
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("DATABASE_URL", database.runtime_url())
            .env("STORE_CONTEXT_KEYS", &keys)
            .stdout(Stdio::piped());
        let mut program = command.spawn().unwrap();
        let out = verified(&mut program).await;
        assert!(out.contains(&format!("shop: {changes}")), "{out}");
        assert!(out.ends_with("\n18 of 18\n"), "{out}");

        let mut verify = Command::new(env!("CARGO_BIN_EXE_verify"));
        verify
            .args(["--store", "shop", "--leave-out", "platform_token"])
            .env("PUBLIC_URL", &website)
            .env("DATABASE_URL", database.runtime_url())
            .env("STORE_CONTEXT_KEYS", &keys);
        let checked = ended(verify).await;
        assert!(checked.out.ends_with("\n18 of 18\n"), "{}{}", checked.out, checked.err);

        let mut browser = Browser::new(&website.parse().unwrap()).unwrap();
        let wrong = browser.post("/sign-in", "customer=ada&password=coffee").await.unwrap();
        assert_eq!(wrong.status, StatusCode::FORBIDDEN);
        let context = browser.get("/api/support/context").await.unwrap();
        assert_eq!(context.status, StatusCode::UNAUTHORIZED);
        browser.post("/sign-in", "customer=ada&password=tea").await.unwrap();
        let page = browser.get("/").await.unwrap();
        assert_eq!(page.headers["cache-control"], "private, no-store");
        identities.push(page.widget().unwrap()["identifier"].as_str().unwrap().to_owned());

        let id = program.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        let stopped = tokio::time::timeout(PATIENCE, program.wait()).await;
        assert_eq!(stopped.expect("the program does not stop").unwrap().code(), Some(0));
    }
    assert_eq!(identities[0], identities[1]);
    assert_eq!(played::contact(&own, "Ada").await.unwrap().identifier.unwrap(), identities[0]);
}

/// What a host writes, its own shop's data aside, is short.
#[test]
fn the_example_has_less_than_200_lines_of_code() {
    let lines = include_str!("../src/bin/direct_store.rs").lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(code < 200, "{code}");
}

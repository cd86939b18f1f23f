//! Tests of the example `live_tail`, started as users start it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::process::{Output, Stdio};
use std::time::Duration;

use chatwoot_client::Client;
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Far more than the longest run takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_live_tail"));
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    command.env_remove("CHATWOOT_TOKEN").env_remove("RUST_BACKTRACE");
    command
}

async fn ended(mut command: Command) -> (Option<i32>, String, String) {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let Output { status, stdout, stderr } = output.expect("the program does not end").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[tokio::test]
async fn the_story_is_heard_event_by_event() {
    let (code, out, err) = ended(command(&["--fake", "--once"])).await;
    assert_eq!(code, Some(0), "{out}{err}");
    // Without the times.
    let lines: Vec<&str> = out.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(lines[0], "CONNECTED");
    for said in [
        "conversation.created account=1 inbox=1 conversation=1 contact=1",
        "message.created account=1 inbox=1 conversation=1 message=1 contact=1",
        "CONNECTED; GAP: events before this may have been missed",
        "contact.merged account=1 contact=1 by=user:1 (this token's user)",
        "contact.deleted account=1 contact=2 by=user:1 (this token's user)",
    ] {
        assert!(lines.contains(&said), "{said}: {out}");
    }
    assert!(lines.iter().any(|line| line.starts_with("LOST: ")), "{out}");
    assert!(out.ends_with("heard all 10 events that the story caused\n"), "{out}");
    assert!(!out.contains("parcel"), "a message is printed: {out}");

    let (code, out, _) = ended(command(&["--fake", "--once", "--text"])).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains(" \"Where is my parcel?\"\n"), "{out}");
}

#[tokio::test]
async fn a_servers_account_is_followed_without_its_secrets() {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let (id, token) = server.fake().add_account("Tea shop");
    let client = Client::builder(server.uri()).build().unwrap();
    let account = client.account(id, token.clone());
    let user = client.profile(token.clone()).get().await.unwrap();
    let inbox = NewInbox::new("App", NewApiChannel::default());
    let inbox = account.inboxes().create(&inbox).await.unwrap();

    let mut program = command(&["--chatwoot", &server.uri(), "--account", &id.to_string()]);
    let mut running = program.env("CHATWOOT_TOKEN", &token).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut out = String::new();
    let mut until = async |wanted: &str| {
        let found = async {
            loop {
                let line = said.next_line().await.unwrap().expect("the program has ended");
                out.push_str(&line);
                if line.contains(wanted) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the program does not say it");
    };
    until("CONNECTED").await;
    let contact = NewContact {
        name: Some("Ada \u{1b}[31m".to_owned()),
        email: Some("ada@mail.example".to_owned()),
        inbox_id: Some(inbox.id),
        ..NewContact::default()
    };
    let contact = account.contacts().create(&contact).await.unwrap();
    until("contact.created account=1 contact=1 by=user:1 (this token's user)").await;
    assert_eq!(server.fake().close_live_lines(|_| true), 1);
    until("LOST: ").await;
    until("CONNECTED; GAP").await;
    account.contacts().delete(contact.contact.id).await.unwrap();
    until("contact.deleted account=1 contact=1").await;
    let pubsub_token = user.pubsub_token.unwrap();
    for secret in [&token, pubsub_token.expose(), "Ada", "ada@mail.example", "\u{1b}"] {
        assert!(!out.contains(secret), "{secret:?} is printed: {out}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_ends_it() {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let mut program = command(&["--chatwoot", &server.uri(), "--account", "1"]);
    program.env("CHATWOOT_TOKEN", "hunter2");
    let (code, out, err) = ended(program).await;
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("LOST: ") && out.contains("no further attempt"), "{out}");
    assert_eq!(err, "live_tail: the feed cannot be heard\n");
    assert!(!out.contains("hunter2"), "{out}");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let (code, _, err) =
        ended(command(&["--chatwoot", "http://127.0.0.1:1", "--account", "1"])).await;
    assert_eq!(code, Some(1));
    assert!(err.starts_with("live_tail: set CHATWOOT_TOKEN"), "{err}");
    for args in [&[][..], &["--once"], &["--account", "1"], &["--fake", "--chatwoot", "x"]] {
        assert_eq!(ended(command(args)).await.0, Some(2), "{args:?}");
    }
}

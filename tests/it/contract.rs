//! Tests that the contract holds on the fake for its operations, and that its program reports
//! invalid input clearly.

use std::process::Output;

use chatwoot_client::fake::{FakeChatwoot, FakeServer, Fault, FaultKind, JournalEntry, LiveFaults};
use tests::contract::{Options, Outcome, Report, run};

/// The operations that `store-context` and the first example need, whole resources by their prefix:
/// the fake has all of them.
const MUST_BE_OK: &[&str] = &[
    "account.",
    "account_users.",
    "agents.",
    "attribute_definitions.",
    "contact_inboxes.",
    "contact_labels.",
    "contact_notes.",
    "contacts.conversations",
    "contacts.create",
    "contacts.delete",
    "contacts.filter",
    "contacts.find_by_source_id",
    "contacts.get",
    "contacts.list",
    "contacts.merge",
    "contacts.remove_custom_attributes",
    "contacts.search",
    "contacts.update",
    "conversation_labels.",
    "conversations.assign",
    "conversations.create",
    "conversations.filter",
    "conversations.get",
    "conversations.list",
    "conversations.meta",
    "conversations.replace_custom_attributes",
    "conversations.set_priority",
    "conversations.set_status",
    "conversations.set_typing",
    "conversations.update",
    "dashboard_apps.",
    "inbox_members.",
    "inboxes.create",
    "inboxes.delete",
    "inboxes.get",
    "inboxes.list",
    "inboxes.reset_secret",
    "inboxes.update",
    "labels.",
    "messages.create",
    "messages.list",
    "platform_accounts.",
    "platform_users.",
    "profile.get",
    "profile.reset_access_token",
    "profile.update",
    "public_contacts.",
    "public_conversations.",
    "public_inbox.",
    "public_messages.",
    "server.",
    "team_members.",
    "teams.",
    "webhooks.",
];

/// Later operations of the same resources, which the fake does not have.
const LATER: &[&str] = &["account.cache_keys", "agents.bulk_create"];

fn options(server: &FakeServer) -> Options {
    let platform_token = "platform".into();
    Options { chatwoot: server.uri(), platform_token, keep: false, live: false }
}

#[expect(clippy::expect_used, reason = "a test's helper")]
async fn perform(keep: bool) -> (FakeServer, Vec<String>, Report) {
    let fake = FakeChatwoot::builder().platform_token("platform").build();
    let server = FakeServer::start(fake).await;
    let options = Options { keep, ..options(&server) };
    let mut lines = Vec::new();
    let report = run(&options, &mut |line| lines.push(line.to_owned())).await.expect("it begins");
    (server, lines, report)
}

/// Returns the numbers of accounts created and removed.
fn accounts(server: &FakeServer) -> (usize, usize) {
    let journal = server.fake().journal();
    let count = |verb: &str| {
        let of = |entry: &&JournalEntry| {
            let path = entry.path.strip_prefix("/platform/api/v1/accounts").unwrap_or("/x/x");
            entry.verb == verb && entry.status == Some(200) && path.matches('/').count() < 2
        };
        journal.iter().filter(of).count()
    };
    (count("POST"), count("DELETE"))
}

#[tokio::test]
async fn the_fake_keeps_the_contract_for_what_it_has() {
    let (server, lines, report) = perform(false).await;
    assert_eq!(lines.len(), chatwoot_client::operations().count(), "a line an operation");
    let bad = |line: &&String| line.contains(": failed") || line.contains(": not called");
    let bad: Vec<_> = lines.iter().filter(bad).collect();
    println!("{report}");
    assert!(report.passed(), "{report}\n{:?}\n{bad:#?}", report.faults);
    for (name, outcome) in &report.outcomes {
        let is =
            |wanted: &&str| name == wanted || wanted.ends_with('.') && name.starts_with(wanted);
        let wanted = MUST_BE_OK.iter().any(is);
        if wanted && !LATER.contains(name) {
            assert_eq!(*outcome, Outcome::Ok, "{name}");
        }
    }
    assert_eq!(accounts(&server), (2, 2), "what was made is removed");
}

#[tokio::test]
async fn what_is_to_be_kept_is_named_and_stays() {
    let (server, lines, _) = perform(true).await;
    assert!(lines.last().is_some_and(|line| line.starts_with("kept: accounts [")), "{lines:?}");
    assert_eq!(accounts(&server), (2, 1));
}

#[tokio::test]
async fn a_failure_is_told_and_what_was_made_is_removed() {
    let fake = FakeChatwoot::builder().platform_token("platform").build();
    fake.fault(Fault::new(FaultKind::ErrorAfter).verb("POST").path("/labels"));
    let server = FakeServer::start(fake).await;
    let options = options(&server);
    let report = run(&options, &mut |_| {}).await.expect("it begins");
    assert!(!report.passed(), "{report}");
    assert!(
        matches!(&report.outcomes["labels.create"], Outcome::Failed(why) if why.contains("500"))
    );
    let skipped = Outcome::NotCalled("labels.create failed".into());
    assert_eq!(report.outcomes["labels.update"], skipped);
    assert_eq!(report.outcomes["webhooks.create"], Outcome::Ok, "the other groups go on");
    assert_eq!(accounts(&server), (2, 2));
}

#[tokio::test]
async fn what_the_contract_causes_is_heard_live() {
    let fake = FakeChatwoot::builder().platform_token("platform").build();
    let server = FakeServer::start(fake).await;
    let mut lines = Vec::new();
    let options = Options { live: true, ..options(&server) };
    let report = run(&options, &mut |line| lines.push(line.to_owned())).await.expect("it begins");
    assert!(report.passed(), "{report}\n{:?}", report.faults);
    let live: Vec<_> = lines.iter().filter(|line| line.starts_with("live ")).collect();
    for wanted in [
        "contact.created: heard as user",
        "contact.updated: heard as user",
        "contact.merged: heard as user",
        "contact.deleted: heard as user",
        "conversation.created: heard as user",
        "message.created: heard as user",
        "assignee.changed: heard as user",
        "conversation.status_changed: heard as user",
        "message.created: heard as contact",
        "wrong token: not taken",
    ] {
        assert!(live.iter().any(|line| line.contains(wanted)), "{wanted}: {live:#?}");
    }
    assert_eq!(accounts(&server), (2, 2), "what was made is removed");
}

#[tokio::test]
async fn a_server_that_cannot_be_heard_is_told() {
    for deaf in [true, false] {
        let fake = FakeChatwoot::builder().platform_token("platform").build();
        if deaf {
            fake.fault(Fault::new(FaultKind::NoConnection).path("/cable"));
        } else {
            let faults = LiveFaults { drop_per_mille: 1_000, ..LiveFaults::default() };
            fake.live_faults(faults);
        }
        let server = FakeServer::start(fake).await;
        let options = Options { live: true, ..options(&server) };
        let report = run(&options, &mut |_| {}).await.expect("it begins");
        let wanted = if deaf { "cannot be heard as user" } else { "was not heard in" };
        assert!(!report.passed(), "{report}");
        assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
        assert!(report.faults[0].contains(wanted), "{:?}", report.faults);
    }
}

#[expect(clippy::expect_used, reason = "a test's helper")]
fn contract(arguments: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_contract");
    let mut command = std::process::Command::new(binary);
    command.args(arguments).env_remove("CHATWOOT_PLATFORM_TOKEN").output().expect("it runs")
}

/// A temporary file with this token, removed on drop.
struct TokenFile(String);

impl TokenFile {
    #[expect(clippy::expect_used, reason = "a test's helper")]
    fn new(token: &str) -> Self {
        let path = std::env::temp_dir().join(format!("token-{}-{token}", std::process::id()));
        std::fs::write(&path, format!("{token}\n")).expect("the file is written");
        Self(path.to_string_lossy().into_owned())
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[test]
fn what_cannot_begin_says_so_and_ends_with_2() {
    let file = TokenFile::new("t");
    let nobody = ["--chatwoot", "http://127.0.0.1:1", "--platform-token-file", &file.0];
    let shown = ["--chatwoot", "http://127.0.0.1:1", "--platform-token", "t0k3n"];
    for (arguments, said) in [
        (&["--wrong"][..], "--wrong"),
        (&["--chatwoot", "http://127.0.0.1:1"], "give --platform-token-file FILE"),
        (&["--chatwoot", "store_account", "--platform-token-file", &file.0], "base URL"),
        (
            &["--chatwoot", "store_account", "--platform-token-file", "/none"],
            "/none cannot be read",
        ),
        (&shown, "--platform-token is refused"),
        (&nobody, "no server can be reached"),
    ] {
        let output = contract(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("t0k3n"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_says_so_and_ends_with_2() {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let uri = server.uri();
    let file = TokenFile::new("wrong-token");
    let arguments = ["--chatwoot", uri.as_str(), "--platform-token-file", &file.0];
    let output = tokio::task::block_in_place(|| contract(&arguments));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("refuses the platform token"), "{error}");
    assert!(!error.contains("wrong-token"), "{error}");
}

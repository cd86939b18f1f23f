//! Tests of invalid input: one clear message, and the exit code 2.

use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::program::{Ended, Scratch, run};

const TOKEN: &str = "tok3n-of-a-platform-app";

fn refused(done: &Ended, wants: &[&str]) {
    let Ended { code, out, err } = done;
    assert_eq!(*code, Some(2), "{err}");
    assert!(out.is_empty(), "{out}");
    for text in wants {
        assert!(err.contains(text), "`{text}` is not said: {err}");
    }
    for never in ["panicked", "backtrace", TOKEN] {
        assert!(!err.contains(never), "{never}: {err}");
    }
}

/// Asserts the example's own message: one line.
fn refused_in_a_line(done: &Ended, wants: &[&str]) {
    refused(done, wants);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    assert!(done.err.starts_with("two_stores: "), "{}", done.err);
}

#[tokio::test]
async fn a_wrong_command_line() {
    let url = "http://127.0.0.1:1";
    refused(&run(&["--nonsense"]).await, &["error: unexpected argument '--nonsense'"]);
    let file = Scratch::file(TOKEN);
    let none = run(&["--platform-token-file", file.as_str()]).await;
    refused(&none, &["error:", "--chatwoot <URL>"]);
    for old in [&["--platform-token", TOKEN][..], &[&format!("--platform-token={TOKEN}")]] {
        let done = run(&[&["--chatwoot", url], old].concat()).await;
        refused(&done, &["error:", "--platform-token is refused", "--platform-token-file FILE"]);
    }
    refused(&run(&["--cleanup"]).await, &["error:", "--chatwoot <URL>"]);
    refused(&run(&["--customers", "1"]).await, &["error:", "--orders <FILE>"]);
    let file = Scratch::file("1 19970101 1 1\n");
    let none = run(&["--orders", file.as_str(), "--customers", "0"]).await;
    refused(&none, &["error: invalid value '0' for '--customers <N>': a number from 1 on"]);
    let odd = run(&["--chatwoot", "chatwoot", "--platform-token-file", file.as_str()]).await;
    refused(&odd, &["error: invalid value 'chatwoot' for '--chatwoot <URL>'"]);
}

#[tokio::test]
async fn a_database_that_cannot_be_used() {
    for wrong in [TOKEN.to_owned(), format!("mysql://root:{TOKEN}@127.0.0.1/shop")] {
        let done = run(&["--once", "--database", &wrong]).await;
        refused_in_a_line(&done, &["--database needs a URL such as postgres://"]);
    }
    let gone = format!("postgres://owner:{TOKEN}@127.0.0.1:1/shop");
    let done = run(&["--once", "--database", &gone]).await;
    refused_in_a_line(&done, &["connect with --database: "]);
}

#[tokio::test]
async fn an_orders_file_that_cannot_be_played() {
    let missing = Scratch::path("none.txt");
    let named = format!("the orders file {}", missing.as_str());
    let done = run(&["--once", "--orders", missing.as_str()]).await;
    refused_in_a_line(&done, &[&named, "cannot be read", "No such file"]);

    for (text, wants) in [
        ("", "holds no purchase"),
        ("\n\n", "holds no purchase"),
        ("1 19970101 1 1\n1 19971301 1 1\n", "is malformed: line 2: `19971301` is no date"),
        ("1 19970101 1 1\n\n1 19970101 1\n", "is malformed: line 3: it has 3 fields"),
        ("1 19970101 1 -1\n", "is malformed: line 1: `-1` is negative"),
    ] {
        let file = Scratch::file(text);
        refused_in_a_line(&run(&["--once", "--orders", file.as_str()]).await, &[wants]);
    }
}

#[tokio::test]
async fn a_platform_token_that_is_not_given() {
    let url = "http://127.0.0.1:1";
    let wants = ["--chatwoot needs the token of a platform app", "--platform-token-file FILE"];
    refused_in_a_line(&run(&["--chatwoot", url]).await, &wants);
    let empty = Scratch::file("\n");
    let done = run(&["--chatwoot", url, "--platform-token-file", empty.as_str()]).await;
    refused_in_a_line(&done, &wants);
    let missing = Scratch::path("none.txt");
    let done = run(&["--chatwoot", url, "--platform-token-file", missing.as_str()]).await;
    refused_in_a_line(&done, &[missing.as_str(), "cannot be read"]);
}

/// Runs the example on this server with a token from a file.
async fn play(url: &str) -> Ended {
    let token = Scratch::file(&format!("{TOKEN}\n"));
    run(&["--once", "--chatwoot", url, "--platform-token-file", token.as_str()]).await
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let done = play("http://127.0.0.1:1").await;
    let wants = "two_stores: no Chatwoot answers at http://127.0.0.1:1/: is the address right";
    refused_in_a_line(&done, &[wants]);
}

#[tokio::test]
async fn a_server_that_is_no_chatwoot() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Welcome</html>", "text/html");
    Mock::given(any()).respond_with(page).mount(&server).await;
    let done = play(&server.uri()).await;
    refused_in_a_line(&done, &["no Chatwoot answers at http://127.0.0.1"]);
}

#[tokio::test]
async fn a_token_that_is_refused() {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let done = play(&server.uri()).await;
    refused_in_a_line(&done, &["the platform token is refused: make a platform app"]);
}

//! Tests of the example on a server that it did not start: here a fake of the test's own.

use std::sync::Arc;

use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::{Client, ReqwestTransport};

use crate::program::{Scratch, command, ended};
use crate::story::must_hold;

async fn server() -> (FakeServer, String) {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    server.fake().deliver_through(Arc::new(ReqwestTransport::new().unwrap()));
    let token = server.fake().platform_token();
    (server, token)
}

async fn accounts(server: &FakeServer, token: &str) -> usize {
    let client = Client::builder(server.uri()).build().unwrap();
    client.platform(token.to_owned()).accounts().list().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_story_is_played_and_stays() {
    let (server, token) = server().await;
    let mut program = command(&["--once", "--chatwoot", &server.uri()]);
    // The token may come from the environment, and no log shows it.
    program.env("CHATWOOT_PLATFORM_TOKEN", &token).env("RUST_LOG", "trace");
    let done = ended(program).await;
    let counts = done.counts();
    must_hold(&counts);
    assert!(counts["webhooks_sent"].as_u64() > Some(0), "webhooks are counted here too: {counts}");
    assert!(!done.err.contains(&token), "the platform token is in the log");
    assert_eq!(accounts(&server, &token).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_deleted_when_asked() {
    let (server, token) = server().await;
    let url = server.uri();
    let file = Scratch::file(&token);
    let token_file = file.as_str();
    let args = ["--once", "--chatwoot", &url, "--platform-token-file", token_file, "--cleanup"];
    let done = ended(command(&args)).await;
    must_hold(&done.counts());
    assert!(done.err.contains("cleaned up"), "{}", done.err);
    assert_eq!(accounts(&server, &token).await, 0);
}

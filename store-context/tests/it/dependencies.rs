//! Tests of the crates' dependency trees.

use std::process::Command;

/// The names in a crate's normal dependency tree.
fn tree(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-e", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    let (told, wrong) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "cargo tree {arguments:?} failed: {wrong}");
    let names: Vec<_> =
        told.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.len() > 20, "cargo tree {arguments:?} answered no tree: {told}");
    names
}

fn has_none(arguments: &[&str], refused: &[&str]) {
    let names = tree(arguments);
    let found: Vec<_> = names.iter().filter(|name| refused.contains(&name.as_str())).collect();
    assert!(found.is_empty(), "{arguments:?} pulls in {found:?}");
}

#[test]
fn the_engine_pulls_in_no_server_and_no_database() {
    let refused = ["reqwest", "sqlx", "redis", "axum", "hyper", "rustls", "wiremock"];
    has_none(&["-p", "store-context"], &refused);
    has_none(&["-p", "store-context", "--features", "conformance"], &refused);
    let live = ["tokio-tungstenite", "tungstenite"];
    has_none(&["-p", "store-context"], &live);
    let asked = tree(&["-p", "store-context", "--features", "live"]);
    assert!(asked.contains(&live[0].to_owned()), "the live feed is a feature");
    let asked = tree(&["-p", "store-context", "--features", "reqwest-rustls"]);
    assert!(asked.contains(&"reqwest".to_owned()), "the client's transport is a feature");
}

#[test]
fn the_client_without_features_pulls_in_no_http_client() {
    let refused = ["reqwest", "rustls", "hyper", "wiremock"];
    has_none(&["-p", "chatwoot-client", "--no-default-features"], &refused);
    assert!(tree(&["-p", "chatwoot-client"]).contains(&"reqwest".to_owned()), "the test can fail");
}

//! Features are promises: what is not asked for is not pulled in, and no dependency shows through.

use std::collections::BTreeSet;
use std::process::Command;

use crate::shapes::below;

/// The lines of `cargo tree` for this crate.
fn tree(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "chatwoot-client", "--prefix", "none"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The names of the crates that are built with these features.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let lines = tree(&[&["-e", "normal"], features].concat());
    lines.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// The features of tokio that are switched on.
fn tokio_features(features: &[&str]) -> BTreeSet<String> {
    let lines = tree(&[&["-e", "normal", "-f", "{p}|{f}"], features].concat());
    let tokio = lines.iter().filter(|line| line.starts_with("tokio v"));
    tokio
        .filter_map(|line| line.split_once('|'))
        .flat_map(|(_, features)| features.split(' ').next().unwrap_or_default().split(','))
        .map(str::to_owned)
        .collect()
}

#[test]
fn without_defaults_there_is_no_network_and_no_tls() {
    let crates = crates(&["--no-default-features"]);
    for absent in [
        "reqwest",
        "hyper",
        "hyper-util",
        "hyper-rustls",
        "rustls",
        "tokio-rustls",
        "aws-lc-rs",
        "aws-lc-sys",
        "ring",
        "native-tls",
        "openssl",
        "h2",
        "http-body",
        "mio",
        "socket2",
        "tower",
        "tower-http",
        "wiremock",
        "uuid",
    ] {
        assert!(!crates.contains(absent), "{absent} is pulled in: {crates:?}");
    }
    assert!(crates.contains("http") && crates.contains("serde_json"), "{crates:?}");
    let tokio = tokio_features(&["--no-default-features"]);
    assert_eq!(tokio, BTreeSet::from(["sync", "time"].map(str::to_owned)));
}

#[test]
fn the_default_sends_with_reqwest_and_has_no_fake() {
    let crates = crates(&[]);
    for present in ["reqwest", "rustls", "hyper"] {
        assert!(crates.contains(present), "{present}: {crates:?}");
    }
    for absent in ["wiremock", "uuid", "native-tls", "openssl", "cookie_store"] {
        assert!(!crates.contains(absent), "{absent}: {crates:?}");
    }
}

#[test]
fn the_fake_brings_no_tls() {
    let crates = crates(&["--no-default-features", "--features", "fake"]);
    assert!(crates.contains("wiremock"), "{crates:?}");
    for absent in ["reqwest", "rustls", "aws-lc-sys"] {
        assert!(!crates.contains(absent), "{absent}: {crates:?}");
    }
}

/// The crates that only live feeds need.
const WEBSOCKET: [&str; 3] = ["tokio-tungstenite", "tungstenite", "sha1"];

#[test]
fn only_live_brings_a_websocket() {
    for features in [&[][..], &["--features", "fake"], &["--no-default-features"]] {
        let crates = crates(features);
        for absent in WEBSOCKET {
            assert!(!crates.contains(absent), "{absent}: {crates:?}");
        }
    }
    let live = crates(&["--no-default-features", "--features", "live"]);
    for present in WEBSOCKET {
        assert!(live.contains(present), "{present}: {live:?}");
    }
    for absent in ["reqwest", "hyper", "wiremock", "native-tls", "openssl"] {
        assert!(!live.contains(absent), "{absent}: {live:?}");
    }
}

#[test]
fn there_is_one_crypto_provider() {
    let default = crates(&[]);
    let live = crates(&["--features", "live"]);
    assert!(default.contains("aws-lc-rs") && live.contains("aws-lc-rs"), "{live:?}");
    for absent in ["ring", "native-tls", "openssl"] {
        assert!(!live.contains(absent), "{absent}: {live:?}");
    }
}

/// The crates whose types may not be in the public API, but for the transport on reqwest itself.
const INNER: [&str; 11] = [
    "reqwest",
    "http_body",
    "hyper",
    "tower",
    "backon",
    "serde_html_form",
    "wiremock",
    "secrecy",
    "tokio_tungstenite",
    "rustls",
    "tokio_rustls",
];

/// The public lines of a source file that name an inner crate.
fn leaks(source: &str) -> Vec<String> {
    // A crate under another name, or a type of it without its crate's name, would not be seen.
    let imported: Vec<&str> = source
        .lines()
        .filter(|line| line.starts_with("use "))
        .filter(|line| INNER.iter().any(|inner| line.contains(&format!("use {inner}::"))))
        .flat_map(|line| line.split(|letter: char| !letter.is_alphanumeric()))
        .filter(|word| word.starts_with(char::is_uppercase))
        .collect();
    let leaks = |text: &str| {
        INNER.iter().any(|inner| text.contains(&format!("{inner}::")))
            || text
                .split(|letter: char| !letter.is_alphanumeric())
                .any(|word| imported.contains(&word))
    };
    public_items(source).into_iter().filter(|item| leaks(item)).collect()
}

/// Signatures and fields that a user sees: from `pub` to the brace, the semicolon or the comma;
/// and the heads of implementations, whose traits and types are as public.
fn public_items(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut items = Vec::new();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let field = line.starts_with("pub ") && line.ends_with(',');
        let item = line.starts_with("pub ") || line.starts_with("impl");
        if !item {
            continue;
        }
        let mut text = line.to_owned();
        while !field && !text.contains(['{', ';']) {
            let Some(next) = lines.next() else { break };
            text.push(' ');
            text.push_str(next);
        }
        // What a private type implements nobody sees.
        let of = text.split(" for ").nth(1).and_then(|of| of.split([' ', '<']).next());
        if of.is_some_and(|of| source.contains(&format!("\nstruct {of}"))) {
            continue;
        }
        // The fields of a tuple are as private as they say.
        let tuple = text.starts_with("pub struct ") && !text.contains("(pub ");
        let end: &[char] = if tuple { &['{', '('] } else { &['{'] };
        items.push(text.split(end).next().unwrap_or_default().to_owned());
    }
    items
}

#[test]
fn no_dependency_shows_through_the_public_api() {
    let mut files = Vec::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    below(&root, &mut files);
    let mut seen = 0;
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let source = std::fs::read_to_string(&file).unwrap();
        seen += public_items(&source).len();
        let leaks = leaks(&source);
        assert!(
            inside.starts_with("http/transport") || leaks.is_empty(),
            "{}: {leaks:?}",
            inside.display()
        );
    }
    assert!(seen > 500, "the scan finds too little: {seen}");
}

#[test]
fn a_leak_is_found() {
    for leak in [
        "pub fn client(&self) -> &reqwest::Client {",
        "use reqwest::Client;\npub fn client(\n    &self,\n) -> &Client {",
        "pub struct A {\n    pub body: http_body::Frame<u8>,\n}",
        "impl From<reqwest::Error> for Error {",
        "pub type Body = hyper::body::Incoming;",
        "pub use reqwest::Client;",
    ] {
        assert_eq!(leaks(leak).len(), 1, "{leak}");
    }
    for well in ["fn client(&self) -> &reqwest::Client {", "pub fn a() {\n    reqwest::get();\n}"] {
        assert_eq!(leaks(well).len(), 0, "{well}");
    }
}

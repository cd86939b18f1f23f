//! Checks the libraries' dependencies against `deny.toml`: licenses, sources, and duplicate
//! versions.
//!
//! `cargo deny` reads the same file and checks more (advisories, yanked crates), but is a tool that
//! must be installed; this runs wherever the tests run. See `scripts/audit`.

#![expect(clippy::expect_used, clippy::panic, reason = "the helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

/// The crates that users depend on.
const LIBRARIES: [&str; 3] = ["chatwoot-client", "store-context", "store-context-adapters"];
/// The allowed source of crates, as a lock file writes it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The part of `deny.toml` that is checked here.
#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    #[serde(default)]
    skip: Vec<Skip>,
}

/// A version that is allowed beside another one of the same crate.
#[derive(Deserialize)]
struct Skip {
    /// `name@version`.
    #[serde(rename = "crate")]
    spec: String,
    #[serde(default)]
    reason: String,
}

/// The part of `cargo metadata` that is checked here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
}

/// A lock file.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

/// Returns packages whose license expression the allowed licenses do not satisfy.
fn unlicensed<'a>(policy: &Policy, packages: impl IntoIterator<Item = &'a Package>) -> Vec<String> {
    let allowed: Vec<Licensee> = policy
        .licenses
        .allow
        .iter()
        .map(|text| Licensee::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")))
        .collect();
    let satisfied = |text: &str| {
        // Crates from before SPDX became the rule write `MIT/Apache-2.0`.
        let parsed = Expression::parse_mode(text, ParseMode::LAX).map_err(|e| e.to_string())?;
        let holds =
            parsed.evaluate(|wanted| allowed.iter().any(|license| license.satisfies(wanted)));
        if holds { Ok(()) } else { Err("not satisfied by what deny.toml allows".to_owned()) }
    };
    let mut found = Vec::new();
    for package in packages {
        let license = package.license.as_deref().unwrap_or_default();
        if let Err(why) = satisfied(license) {
            found.push(format!("{} {}: {license:?}: {why}", package.name, package.version));
        }
    }
    found
}

/// Returns locked crates that come neither from crates.io nor from the workspace.
fn foreign(lock: &Lock, members: &BTreeSet<&str>) -> Vec<String> {
    let known = |package: &&Locked| match &package.source {
        Some(source) => source == CRATES_IO,
        None => members.contains(package.name.as_str()),
    };
    let source = |package: &Locked| package.source.clone().unwrap_or_else(|| "a path".to_owned());
    let wrong = lock.package.iter().filter(|package| !known(package));
    wrong.map(|it| format!("{} {}: from {}", it.name, it.version, source(it))).collect()
}

/// Returns crates in several versions for which `deny.toml` has no reason, and entries of its list
/// without a reason or without use.
fn doubled<'a>(policy: &Policy, packages: impl IntoIterator<Item = &'a Package>) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut found = Vec::new();
    for skip in &policy.bans.skip {
        let of = skip.spec.split_once('@').unwrap_or((&skip.spec, ""));
        if skip.reason.trim().is_empty() {
            found.push(format!("{}: skipped without a reason", skip.spec));
        } else if !versions.get_mut(of.0).is_some_and(|versions| versions.remove(of.1)) {
            found.push(format!("{}: skipped, and not there twice", skip.spec));
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    found.extend(versions.into_iter().map(|(name, versions)| format!("{name}: {versions:?}")));
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read<T: for<'a> Deserialize<'a>>(path: &str) -> T {
    let text = std::fs::read_to_string(root().join(path)).expect("a file of the project");
    basic_toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns cargo's output. It works without the network if everything is on this machine; a crate
/// that is built on other systems only may have to be fetched for its license.
fn cargo(arguments: &[&str]) -> Vec<u8> {
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root()).args(arguments).arg("--locked").args(more);
        command.output().expect("cargo runs")
    };
    let mut output = run(&["--offline"]);
    if !output.status.success() {
        output = run(&[]);
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn metadata() -> Metadata {
    let json = cargo(&["metadata", "--format-version", "1", "--all-features"]);
    serde_json::from_slice(&json).expect("the metadata is JSON")
}

/// Returns `name vVERSION` of each crate that the libraries are built from, on any system. The
/// metadata alone is not sufficient: it lists what a weak feature would enable as if it were
/// enabled.
fn built_of() -> BTreeSet<String> {
    let mut arguments = vec!["tree", "--all-features", "-e", "normal,build", "--target", "all"];
    arguments.extend(["--prefix", "none", "-f", "{p}"]);
    arguments.extend(LIBRARIES.iter().flat_map(|library| ["-p", library]));
    let lines = String::from_utf8(cargo(&arguments)).expect("the tree is UTF-8");
    let named = |line: &str| {
        let mut words = line.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    lines.lines().filter_map(named).collect()
}

#[test]
fn what_the_libraries_bring_is_allowed() {
    let policy: Policy = read("deny.toml");
    let metadata = metadata();
    let built_of = built_of();
    let brought = || {
        let name = |it: &Package| format!("{} v{}", it.name, it.version);
        metadata.packages.iter().filter(move |it| built_of.contains(&name(it)))
    };
    let brought: Vec<&Package> = brought().collect();
    for library in LIBRARIES.iter().chain(&["serde", "reqwest", "axum"]) {
        assert!(brought.iter().any(|it| it.name == *library), "{library} is not in the tree");
    }
    let members = metadata.packages.iter();
    let members = members.filter(|it| metadata.workspace_members.contains(&it.id));
    let members = members.map(|it| it.name.as_str()).collect();

    let mut found = unlicensed(&policy, brought.iter().copied());
    found.extend(foreign(&read("Cargo.lock"), &members));
    found.extend(doubled(&policy, brought.iter().copied()));
    assert!(found.is_empty(), "see deny.toml:\n{}", found.join("\n"));
}

/// Returns the names of the crates that a library is built from with these features.
fn crates_of(library: &str, features: &str) -> BTreeSet<String> {
    let mut arguments = vec!["tree", "-e", "normal", "--prefix", "none", "-f", "{p}"];
    arguments.extend(["-p", library, "--features", features]);
    let lines = String::from_utf8(cargo(&arguments)).expect("the tree is UTF-8");
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn without_live_there_is_no_websocket() {
    let websocket = ["tokio-tungstenite", "tungstenite"];
    for (library, features) in [
        ("chatwoot-client", "reqwest-rustls,fake"),
        ("store-context", "conformance"),
        ("store-context-adapters", "axum,postgres,redis"),
    ] {
        let crates = crates_of(library, features);
        assert!(crates.contains("chatwoot-client"), "{library}: the tree is {crates:?}");
        for name in websocket {
            assert!(!crates.contains(name), "{library} with {features} brings {name}");
        }
    }
    let live = crates_of("chatwoot-client", "live");
    assert!(websocket.iter().all(|name| live.contains(*name)), "{live:?}");
    // The TLS of the calls and that of the feeds are one.
    assert!(live.contains("aws-lc-rs") && !live.contains("ring"), "{live:?}");
}

fn policy(skip: &str) -> Policy {
    let text = format!(
        "[licenses]\nallow = ['MIT', 'ISC', 'Apache-2.0 WITH LLVM-exception']\n\
         [bans]\nskip = [{skip}]\n"
    );
    basic_toml::from_str(&text).expect("a policy")
}

/// Returns packages as `name version`, each with this license.
fn packages(names: &[&str], license: Option<&str>) -> Vec<Package> {
    let package = |name: &&str| {
        let (name, version) = name.split_once(' ').expect("a name and a version");
        let own = |text: &str| text.to_owned();
        Package {
            id: String::new(),
            name: own(name),
            version: own(version),
            license: license.map(own),
        }
    };
    names.iter().map(package).collect()
}

#[test]
fn a_license_must_be_satisfied() {
    let policy = policy("");
    let refused =
        |license: Option<&str>| !unlicensed(&policy, &packages(&["a 1.0.0"], license)).is_empty();
    for license in [
        "MIT",
        "GPL-3.0-only OR MIT",
        "GPL-3.0/MIT",
        "MIT AND (ISC OR GPL-3.0-only)",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(!refused(Some(license)), "{license}");
    }
    for license in
        ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0", "Apache-2.0 WITH GCC-exception-3.1"]
    {
        assert!(refused(Some(license)), "{license}");
    }
    assert!(refused(None), "a license in a file only");
    assert!(refused(Some("see LICENSE")), "a license that is none");
}

#[test]
fn a_source_must_be_the_registry_or_the_workspace() {
    let locked = |name: &str, source: Option<&str>| Locked {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        source: source.map(str::to_owned),
    };
    let members = BTreeSet::from(["own"]);
    let fine = Lock { package: vec![locked("own", None), locked("a", Some(CRATES_IO))] };
    assert_eq!(foreign(&fine, &members), [""; 0]);
    let git = "git+https://github.com/example/a?branch=main#0123";
    let other = "registry+https://crates.example.com/index";
    let package = vec![
        locked("a", Some(git)),
        locked("b", Some(other)),
        locked("outside", None),
        locked("own", None),
    ];
    let found = foreign(&Lock { package }, &members);
    assert_eq!(
        found,
        [
            format!("a 1.0.0: from {git}"),
            format!("b 1.0.0: from {other}"),
            "outside 1.0.0: from a path".to_owned()
        ]
    );
}

#[test]
fn a_doubled_crate_needs_a_reason() {
    let there = packages(&["a 1.0.0", "b 1.0.0", "b 2.0.0", "c 1.0.0"], Some("MIT"));
    let found = |skip: &str| doubled(&policy(skip), &there);
    assert_eq!(found(""), [r#"b: {"1.0.0", "2.0.0"}"#]);
    assert_eq!(found("{ crate = 'b@1.0.0', reason = 'x needs it' }"), [""; 0]);
    assert_eq!(
        found("{ crate = 'b@1.0.0' }"),
        ["b@1.0.0: skipped without a reason", r#"b: {"1.0.0", "2.0.0"}"#]
    );
    assert_eq!(
        found("{ crate = 'b@1.0.0', reason = 'x' }, { crate = 'a@1.0.0', reason = 'y' }"),
        ["a@1.0.0: skipped, and not there twice"]
    );
    let thrice = packages(&["b 1.0.0", "b 2.0.0", "b 3.0.0"], Some("MIT"));
    let skip = policy("{ crate = 'b@1.0.0', reason = 'x needs it' }");
    assert_eq!(doubled(&skip, &thrice), [r#"b: {"2.0.0", "3.0.0"}"#]);
}

//! The cost of a clean release build: a project with the client against one with reqwest and
//! `serde_json` alone, from the same lock file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::{Row, Unit};

/// The number of builds of each project.
const BUILDS: usize = 2;

/// The program without the client.
const BARE: &str = r#"
async fn work() -> Option<serde_json::Value> {
    let answer = reqwest::get("http://127.0.0.1:9/").await.ok()?.bytes().await.ok()?;
    serde_json::from_slice(&answer).ok()
}
"#;

/// The program with the client: the same request by a typed call.
const OURS: &str = r#"
async fn work() -> Option<chatwoot_client::application::contacts::Contact> {
    let client = chatwoot_client::Client::builder("http://127.0.0.1:9").build().ok()?;
    client.account(1, "token").contacts().get(1.into()).await.ok()
}
"#;

/// The entry point, which starts the request so that no code is left out.
const MAIN: &str = r#"
fn main() {
    let mut work = std::pin::pin!(work());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    println!("{}", std::future::Future::poll(work.as_mut(), &mut context).is_pending());
}
"#;

pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let place = std::env::temp_dir().join(format!("bench-build-{}", std::process::id()));
    let measured = measure(&place);
    fs::remove_dir_all(&place).context("the projects of the benchmark can be removed")?;
    measured
}

fn measure(place: &Path) -> anyhow::Result<Vec<Row>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let client = root.join("chatwoot-client");
    let needs = "reqwest = \"0.13\"\nserde_json = \"1\"\n";
    let bare = project(place, "bare", needs, BARE)?;
    let needs = format!("chatwoot-client = {{ path = \"{}\" }}\n", client.display());
    let ours = project(place, "with-client", &needs, OURS)?;
    for project in [&bare, &ours] {
        fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock"))?;
        // Crates that are missing locally are fetched here, outside the measured time.
        cargo(project, &["fetch", "--quiet"])?;
    }
    let crates = Row {
        key: "build_crates",
        what: "crates that a build takes",
        baseline: "reqwest + serde_json",
        unit: Unit::Crates,
        ours: crates(&ours)?,
        theirs: crates(&bare)?,
        bound: 1.25,
    };
    let (mut theirs, mut mine) = (f64::INFINITY, f64::INFINITY);
    // Alternately, and the faster of each: a machine's speed varies over minutes.
    for _ in 0..BUILDS {
        theirs = theirs.min(build(&bare)?);
        mine = mine.min(build(&ours)?);
    }
    let time = Row {
        key: "build_time",
        what: "clean release build",
        baseline: "reqwest + serde_json",
        unit: Unit::Seconds,
        theirs,
        ours: mine,
        bound: 1.25,
    };
    Ok(vec![time, crates])
}

fn project(place: &Path, name: &str, needs: &str, work: &str) -> anyhow::Result<PathBuf> {
    let project = place.join(name);
    fs::create_dir_all(project.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{needs}\n[workspace]\n"
    );
    fs::write(project.join("Cargo.toml"), manifest)?;
    fs::write(project.join("src/main.rs"), format!("{work}{MAIN}"))?;
    Ok(project)
}

/// Returns the number of crates besides the project itself, including build dependencies.
fn crates(project: &Path) -> anyhow::Result<f64> {
    let tree = cargo(project, &["tree", "--edges", "normal,build", "--prefix", "none"])?;
    let tree = String::from_utf8(tree.stdout)?;
    let words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let crates: BTreeSet<String> = tree.lines().map(words).collect();
    Ok(f64::from(u32::try_from(crates.len())?) - 1.0)
}

/// Returns the seconds of a clean build.
fn build(project: &Path) -> anyhow::Result<f64> {
    cargo(project, &["clean", "--quiet"])?;
    let started = Instant::now();
    cargo(project, &["build", "--release", "--quiet", "--offline"])?;
    Ok(started.elapsed().as_secs_f64())
}

fn cargo(project: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(project).env("CARGO_TARGET_DIR", project.join("target"));
    let output = cargo.output().context("cargo runs")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {} failed: {said}", arguments.join(" "));
    Ok(output)
}

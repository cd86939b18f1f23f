//! The built program, started with arguments.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

/// Far more than the longest run takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// The result of a run.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Returns the one line of JSON of a run with `--once`, which must be the only output.
    pub(crate) fn counts(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.err);
        assert_eq!(self.out.lines().count(), 1, "{}", self.out);
        serde_json::from_str(&self.out).unwrap()
    }
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_two_stores"));
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    command.env_remove("RUST_LOG").env_remove("CHATWOOT_PLATFORM_TOKEN");
    command
}

pub(crate) async fn run(args: &[&str]) -> Ended {
    ended(command(args)).await
}

pub(crate) async fn ended(mut command: Command) -> Ended {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("the program does not end").unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A temporary file or folder, removed on drop.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn path(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("two-stores-{}-{number}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn file(text: &str) -> Self {
        let file = Self::path("orders.txt");
        std::fs::write(&file.0, text).unwrap();
        file
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
        drop(std::fs::remove_dir_all(&self.0));
    }
}

//! Replays recorded exchanges through the typed methods: `cargo run -p tests --bin replay -- DIR`.
//!
//! It prints the totals at the end, and exits with 0 only if no response lost a field and none
//! failed.

use std::path::Path;
use std::process::ExitCode;

use tests::{answers, check, recordings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1) else {
        eprintln!("usage: replay DIR, a folder of recorded exchanges");
        return ExitCode::from(2);
    };
    let files = match recordings::folder(Path::new(&dir)) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{} cannot be read: {error}", dir.display());
            return ExitCode::from(2);
        }
    };
    let report = check::check_all(&answers::rows(), &files).await;
    for line in &report.lines {
        println!("{line}");
    }
    if report.exchanges == 0 {
        eprintln!("{} has no recorded exchange", dir.display());
    }
    println!("server version: {}", report.version.as_deref().unwrap_or("not recorded"));
    println!("{report}");
    if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Replays recordings through the client's types: `cargo run -p tests --bin replay -- DIR`.
//!
//! Exchanges go through the typed methods. A `*.jsonl` file whose lines are `{as, frame}` is a live
//! feed, whose frames are decoded and encoded again. A single file is taken, too. The program
//! prints the totals at the end, and exits with 0 only if nothing lost a field and nothing failed.

use std::path::Path;
use std::process::ExitCode;

use tests::{answers, check, feed, recordings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1) else {
        eprintln!("usage: replay DIR, a folder of recorded exchanges and live feeds");
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
    let mut feeds = feed::Report::default();
    for file in &files {
        feeds.check(&file.name, &file.frames);
    }
    for line in report.lines.iter().chain(&feeds.lines) {
        println!("{line}");
    }
    if report.exchanges + feeds.frames == 0 {
        eprintln!("{} has no recorded exchange and no live feed", dir.display());
    }
    println!("server version: {}", report.version.as_deref().unwrap_or("not recorded"));
    println!("{report}");
    if feeds.frames > 0 {
        println!("{feeds}");
    }
    // One of the two may be missing.
    let exchanges = report.passed() || report.exchanges == 0 && feeds.frames > 0;
    let frames = feeds.passed() || feeds.frames == 0;
    if exchanges && frames { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

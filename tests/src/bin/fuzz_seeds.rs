//! Writes the fuzzers' seeds, created by the fake: `cargo run -p tests --bin fuzz_seeds --
//! fuzz/corpus`.

use std::path::PathBuf;

use anyhow::Context;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("name the folder to write to")?.into();
    let seeds = tests::fuzz::seeds().await?;
    seeds.write(&folder).with_context(|| format!("{} cannot be written", folder.display()))?;
    println!("{} seeds of webhook, {} of answers", seeds.webhook.len(), seeds.answers.len());
    Ok(())
}

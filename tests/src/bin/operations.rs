//! Writes `docs/operations.md`: `cargo run -p tests --bin operations`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::create_dir_all(&docs)?;
    std::fs::write(docs.join("operations.md"), tests::operations::page())?;
    println!("docs/operations.md is written");
    Ok(())
}

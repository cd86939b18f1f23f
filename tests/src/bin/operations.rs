//! Writes `chatwoot-client/operations.tsv` and `docs/operations.md`: run by `scripts/regenerate`.

use std::path::Path;

use tests::operations::{LISTED, list, page};
use tests::recordings::root;

fn main() -> anyhow::Result<()> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = if root().is_dir() {
        list()?
    } else {
        println!("operations.tsv stays as it is: it is made from ../shared, which is not there");
        LISTED.to_owned()
    };
    std::fs::write(project.join("chatwoot-client/operations.tsv"), &list)?;
    std::fs::write(project.join("docs/operations.md"), page(&list))?;
    println!("operations.tsv and docs/operations.md are written");
    Ok(())
}

//! The folders of each crate stand in layers: none uses another that uses it.

use std::path::Path;

use tests::layers::{circles, read, uses};

const CRATES: [&str; 3] = ["adapters", "chatwoot-client", "store-context"];

/// Crates that still have circles. One that has none any more has to go from this list.
const WITH_CIRCLES: &[&str] = &[];

#[test]
fn the_folders_of_a_crate_are_in_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in CRATES {
        let files = read(&root.join(name).join("src")).expect("the crate's source can be read");
        assert!(files.contains_key("lib.rs"), "{name}");
        let found = circles(&uses(&files));
        if WITH_CIRCLES.contains(&name) {
            assert!(!found.is_empty(), "{name} has no circle: take it from WITH_CIRCLES");
        } else {
            assert!(found.is_empty(), "{name} has circles:\n{}", found.join("\n"));
        }
    }
}

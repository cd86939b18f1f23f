//! Tests that the list of operations and the page about them agree with the code and with the
//! recordings.

use std::path::Path;

use tests::operations::{LISTED, VERSIONS, list, listed, measured, operation, page};
use tests::recordings::{FOLDERS, folder, root};

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(LISTED), "run `scripts/regenerate`");
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_list_is_current() {
    assert!(list().expect("the list can be made") == LISTED, "run `scripts/regenerate`");
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_list_says_what_live_servers_did() {
    let root = root();
    for (column, version) in VERSIONS.iter().enumerate() {
        let (_, name) = FOLDERS.iter().find(|(known, _)| known == version).expect("a folder");
        let files = folder(&root.join(name)).expect("the folder can be listed");
        let exchanges = files.iter().flat_map(|file| &file.exchanges);
        let found = measured(exchanges.map(|exchange| exchange.as_ref().expect("an exchange")));
        for row in listed() {
            let op = operation(&row).unwrap_or_else(|| panic!("{row:?} is no operation"));
            let measured = found.get(op.name).copied().unwrap_or("-");
            assert_eq!(row.on[column], measured, "{version}: {} {}", row.verb, row.path);
            if op.missing_in == Some(*version) {
                assert_eq!(measured, "refused", "{version} has {} after all", op.name);
            }
        }
    }
}

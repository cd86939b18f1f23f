//! Tests that the folders of each crate are layered: no two use each other.

use std::path::Path;

use tests::layers::{circles, read, uses};

const CRATES: [&str; 3] = ["adapters", "chatwoot-client", "store-context"];

#[test]
fn the_folders_of_a_crate_are_in_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in CRATES {
        let files = read(&root.join(name).join("src")).expect("the crate's source can be read");
        assert!(files.contains_key("lib.rs"), "{name}");
        let found = circles(&uses(&files));
        assert!(found.is_empty(), "{name} has circles:\n{}", found.join("\n"));
    }
}

/// The client's root holds only what every user needs; the rest is in modules.
#[test]
fn the_root_of_the_client_is_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chatwoot-client/src/lib.rs");
    let source = std::fs::read_to_string(root).unwrap();
    let uses = source.split("\npub use ").skip(1).filter_map(|it| it.split(';').next());
    let leaves = |tree: &str| match tree.split_once('{') {
        Some((_, names)) => names.split([',', '}']).filter(|name| !name.trim().is_empty()).count(),
        None => 1,
    };
    let names: usize = uses.map(leaves).sum::<usize>() + source.matches("\npub fn ").count();
    assert!((20..=30).contains(&names), "{names} names");
}

#[test]
fn no_folder_has_more_than_20_files() {
    let mut folders: Vec<_> = CRATES
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"))
        .to_vec();
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let (below, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        assert!(files.len() <= 20, "{}: {} files", folder.display(), files.len());
        seen += files.len();
        folders.extend(below);
    }
    assert!(seen > 200, "the scan finds too little: {seen}");
}

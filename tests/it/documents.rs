//! Tests that the paths in the documents exist.

use std::path::Path;

const DOCUMENTS: [&str; 4] =
    ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/saas-tenants.md"];

/// Returns the paths in a text: words that end in `.rs` or `.md`, and folders below a `src/`.
fn paths(text: &str) -> Vec<&str> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_-./*".contains(c));
    let parts = parts.map(|part| part.trim_end_matches('.'));
    let is_file =
        |part: &str| Path::new(part).extension().is_some_and(|it| it == "rs" || it == "md");
    parts.filter(|part| is_file(part) || (part.contains("/src/") && part.ends_with('/'))).collect()
}

#[test]
fn every_path_in_the_documents_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(document)).expect("the document is there");
        let named = paths(&text);
        assert!(!named.is_empty(), "{document} names no path");
        // A pattern stands for the files of its folder.
        let found = |path: &&str| match path.rsplit_once('/') {
            Some((folder, file)) if file.contains('*') => root.join(folder).is_dir(),
            _ => root.join(path).exists(),
        };
        missing
            .extend(named.iter().filter(|path| !found(path)).map(|it| format!("{document}: {it}")));
    }
    assert!(missing.is_empty(), "there is no such file: {missing:#?}");
}

#[test]
fn paths_are_found_in_a_text() {
    let text = "in `a/src/b.rs`, a/src/c/, (`d.md`). And `e.f` or g/src/*.rs.";
    assert_eq!(paths(text), ["a/src/b.rs", "a/src/c/", "d.md", "g/src/*.rs"]);
}

/// The first sentence says what a method does; verb and path follow.
#[test]
fn no_documentation_begins_with_a_path() {
    let verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"].map(|verb| format!("/// `{verb} "));
    let is_doc = |line: &str| line.trim_start().starts_with("///");
    let mut folders: Vec<_> = ["chatwoot-client/src", "store-context/src", "adapters/src"]
        .map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder))
        .to_vec();
    let (mut seen, mut found) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = source.lines().collect();
            for (number, line) in lines.iter().enumerate().filter(|(_, line)| is_doc(line)) {
                let begins = number == 0 || !is_doc(lines[number - 1]);
                seen += usize::from(begins);
                if begins && verbs.iter().any(|verb| line.trim_start().starts_with(verb)) {
                    found.push(format!("{}:{}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 2000, "the scan finds too little: {seen}");
    assert!(found.is_empty(), "begin with what it does:\n{}", found.join("\n"));
}

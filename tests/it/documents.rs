//! Tests that the documents tell what is there: paths, code, checks, ports, tables.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at what it cannot read")]

use std::path::{Path, PathBuf};

use store_context::doctor::Check;

const DOCUMENTS: [&str; 4] =
    ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/saas-tenants.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("the document is there")
}

/// Returns the paths of the pages in `docs`.
fn pages() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("docs")).expect("there are pages");
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<String> = names.map(|name| format!("docs/{name}")).collect();
    pages.sort();
    assert!(pages.len() > 10, "the scan finds too little: {pages:?}");
    pages
}

/// Returns the cells of a page's table rows, by the header of the first column.
fn rows(page: &str, first: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let is_row = |line: &&str| line.starts_with('|');
    let text = read(page);
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |")));
    assert!(lines.next().is_some(), "{page} has no table of `{first}`");
    lines.skip(1).take_while(is_row).map(cells).collect()
}

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
    let root = root();
    let mut missing = Vec::new();
    for document in DOCUMENTS.map(str::to_owned).into_iter().chain(pages()) {
        let text = read(&document);
        let named = paths(&text);
        let is_page = document.starts_with("docs/");
        assert!(is_page || !named.is_empty(), "{document} names no path");
        // A pattern stands for the files of its folder; a page links to its neighbors.
        let found = |path: &&str| match path.rsplit_once('/') {
            Some((folder, file)) if file.contains('*') => root.join(folder).is_dir(),
            None if is_page => root.join("docs").join(path).exists() || root.join(path).exists(),
            _ => root.join(path).exists(),
        };
        missing
            .extend(named.iter().filter(|path| !found(path)).map(|it| format!("{document}: {it}")));
    }
    assert!(missing.is_empty(), "there is no such file: {missing:#?}");
}

/// A page with Rust code is among the doctests of this crate.
#[test]
fn the_code_of_every_page_is_compiled() {
    let tested = read("tests/src/lib.rs");
    let has_code = |page: &String| read(page).contains("```rust");
    let with_code: Vec<String> = pages().into_iter().filter(has_code).collect();
    assert!(with_code.len() >= 6, "the scan finds too little: {with_code:?}");
    let missing: Vec<_> =
        with_code.iter().filter(|page| !tested.contains(&format!("/{page}\""))).collect();
    assert!(missing.is_empty(), "name them in tests/src/lib.rs: {missing:?}");
}

/// A link to a heading leads to one.
#[test]
fn links_to_headings_lead_somewhere() {
    let anchor = |line: &str| {
        let kept = |c: &char| c.is_ascii_alphanumeric() || *c == ' ' || *c == '-';
        let title: String = line.trim_start_matches('#').trim().chars().filter(kept).collect();
        title.to_ascii_lowercase().replace(' ', "-")
    };
    let (mut seen, mut missing) = (0, Vec::new());
    for page in pages() {
        for link in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let Some((file, heading)) = link.split_once('#') else { continue };
            seen += 1;
            let to = read(&format!("docs/{file}"));
            let found =
                to.lines().filter(|line| line.starts_with('#')).any(|it| anchor(it) == heading);
            if !found {
                missing.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(seen >= 4, "the scan finds too little: {seen}");
    assert!(missing.is_empty(), "there is no such heading: {missing:?}");
}

/// `docs/doctor.md` has each check, with what it proves and needs.
#[test]
fn the_table_of_checks_is_that_of_the_doctor() {
    let rows = rows("docs/doctor.md", "check");
    let names: Vec<String> = Check::ALL.iter().map(|check| format!("`{check}`")).collect();
    assert_eq!(rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), names);
    for (check, row) in Check::ALL.into_iter().zip(rows) {
        let needs: Vec<String> = check.needs().iter().map(|need| format!("`{need}`")).collect();
        assert_eq!(row[1..3], [check.proves().to_owned(), needs.join(", ")], "{check}");
        assert!(row[3].len() > 10, "{check} says what to do");
    }
}

/// `docs/ports.md` has each field of `Ports` and each suite.
#[test]
fn the_table_of_ports_is_complete() {
    let source = read("store-context/src/ports/mod.rs");
    let fields =
        source.split("pub struct Ports {").nth(1).and_then(|rest| rest.split("\n}").next());
    let names = fields.expect("there is the struct").lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("pub ")?.split_once(':')?;
        Some(format!("`{name}`"))
    });
    let rows = rows("docs/ports.md", "field of `Ports`");
    let mut documented: Vec<String> = rows.into_iter().map(|row| row[0].clone()).collect();
    documented.sort();
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(documented, names);

    let page = read("docs/ports.md");
    let suites = read("store-context/src/conformance/mod.rs");
    let suites = suites.lines().filter_map(|line| line.strip_prefix("//! [`")?.split_once("`]: "));
    let suites: Vec<&str> = suites.map(|(suite, _)| suite).collect();
    assert!(suites.len() > 10, "the scan finds too little: {suites:?}");
    let missing: Vec<&&str> = suites.iter().filter(|suite| !page.contains(**suite)).collect();
    assert!(missing.is_empty(), "docs/ports.md lacks {missing:?}");
}

/// `docs/postgres.md` has each table of the migrations.
#[test]
fn the_list_of_tables_is_complete() {
    let rows = rows("docs/postgres.md", "table");
    let documented: Vec<&str> =
        rows.iter().flat_map(|row| row[0].split(", ")).map(|name| name.trim_matches('`')).collect();
    let source = read("adapters/src/postgres/tables.rs");
    let tables = source.lines().filter_map(|line| line.trim().strip_prefix("(\""));
    let tables = tables.filter(|line| line.contains("\", Kind::"));
    let tables: Vec<&str> = tables.filter_map(|line| line.split('"').next()).collect();
    assert!(tables.len() > 20, "the scan finds too little: {tables:?}");
    let is_missing = |table: &&&str| **table != "migrations" && !documented.contains(table);
    let missing: Vec<&&str> = tables.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "docs/postgres.md lacks {missing:?}");
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

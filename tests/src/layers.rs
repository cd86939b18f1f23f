//! Determines from a crate's source which of its folders use which, and the cycles among them.
//!
//! A part of a crate is a folder or a file directly in its `src`. A part uses another if its code
//! (not its comments, not its tests) contains a path to it: `crate::`, or `super::` up to the root.
//! A path to an item that the root re-exports counts as one to the part that defines it.

mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

use self::tokens::{Only, drop_tests, group, is_name, item_len, tokens};

/// The code of a crate: each file's path below `src`, with `/`, and its text.
pub type Files = BTreeMap<String, String>;

/// The parts that each part uses, with the first file that does.
pub type Uses = BTreeMap<String, BTreeMap<String, String>>;

/// Reads all Rust files below a folder.
pub fn read(src: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(src).map_err(io::Error::other)?;
                let name = name.to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}

/// Returns which part uses which, without the root's own re-exports.
pub fn uses(files: &Files) -> Uses {
    let sources = sources(files);
    let root = root(&sources);
    let parts: BTreeSet<&str> = sources.iter().map(Source::part).collect();
    let mut uses = Uses::new();
    for source in &sources {
        let from = source.part();
        for name in source.names() {
            let to = root.get(&name).map_or(ROOT, String::as_str);
            // Items of other crates that the root re-exports belong to no part.
            if to != from && (to == ROOT || parts.contains(to)) {
                let of = uses.entry(from.to_owned()).or_default();
                of.entry(to.to_owned()).or_insert_with(|| source.file.to_owned());
            }
        }
    }
    uses
}

/// Returns the cycles of parts, each as a list of the uses in it.
pub fn circles(uses: &Uses) -> Vec<String> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|part| (part.as_str(), reached(uses, part))).collect();
    let mutual = |a: &str, b: &str| {
        reach.get(a).is_some_and(|of| of.contains(b))
            && reach.get(b).is_some_and(|of| of.contains(a))
    };
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for part in uses.keys().filter(|part| mutual(part, part)) {
        if seen.contains(part.as_str()) {
            continue;
        }
        let circle: BTreeSet<&str> =
            uses.keys().map(String::as_str).filter(|other| mutual(part, other)).collect();
        let steps = circle.iter().flat_map(|from| {
            let inside = uses[*from].iter().filter(|(to, _)| circle.contains(to.as_str()));
            inside.map(move |(to, file)| format!("{from} -> {to} ({file})"))
        });
        circles.push(steps.collect::<Vec<_>>().join(", "));
        seen.extend(circle);
    }
    circles
}

/// Returns every part that a part uses, directly or through others.
fn reached<'a>(uses: &'a Uses, part: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![part];
    while let Some(part) = next.pop() {
        for to in uses.get(part).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to.as_str()) {
                next.push(to);
            }
        }
    }
    reached
}

/// The part that is `lib.rs` itself: the items defined there.
const ROOT: &str = "lib";

/// A file's code as tokens.
struct Source<'a> {
    file: &'a str,
    /// The names of its modules from the root: none for `lib.rs`.
    module: Vec<&'a str>,
    tokens: Vec<&'a str>,
}

/// Returns every file that is not for tests only.
fn sources(files: &Files) -> Vec<Source<'_>> {
    let mut tests = BTreeSet::new();
    let mut sources = Vec::new();
    for (file, text) in files {
        let mut module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib"))) {
            module.pop();
        }
        let mut tokens = tokens(text);
        for only in drop_tests(&mut tokens) {
            let folder = match only {
                // A path beside the file; its modules are below it.
                Only::Path(_) => file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
                Only::Module(_) => module.join("/"),
            };
            let (Only::Path(name) | Only::Module(name)) = only;
            tests.insert(
                [&folder, name.trim_end_matches(".rs")]
                    .join("/")
                    .trim_start_matches('/')
                    .to_owned(),
            );
        }
        sources.push(Source { file, module, tokens });
    }
    sources.retain(|source| {
        let name = source.file.trim_end_matches(".rs").trim_end_matches("/mod");
        !tests.iter().any(|test| name == test || name.starts_with(&format!("{test}/")))
    });
    sources
}

/// Returns the part of each name in the root: its modules, and the items that it re-exports from
/// them.
fn root(sources: &[Source<'_>]) -> BTreeMap<String, String> {
    let lib = sources.iter().filter(|source| source.part() == ROOT);
    let imports: Vec<_> = lib.flat_map(Source::imports).collect();
    let all_of = |part: &str| imports.contains(&(part, "*"));
    let mut root = BTreeMap::new();
    for source in sources.iter().filter(|source| source.part() != ROOT) {
        let part = source.part();
        for three in source.tokens.windows(3) {
            let defines = match *three {
                ["macro_rules", "!", name] => Some(name),
                // Re-exported with `*`: an item, or what a macro generates from `{ One; Two; }`.
                [keyword, name, _] if DEFINES.contains(&keyword) && all_of(part) => Some(name),
                ["{" | ";", name, ";"] if all_of(part) => Some(name),
                _ => None,
            };
            if let Some(name) = defines {
                root.entry(name.to_owned()).or_insert_with(|| part.to_owned());
            }
        }
    }
    for (part, name) in imports {
        root.insert(name.to_owned(), part.to_owned());
    }
    for source in sources {
        root.insert(source.part().to_owned(), source.part().to_owned());
    }
    root
}

/// The keywords before the name of an item.
const DEFINES: [&str; 8] = ["struct", "enum", "trait", "fn", "type", "const", "static", "union"];

impl Source<'_> {
    fn part(&self) -> &str {
        self.module.first().copied().unwrap_or(ROOT)
    }

    /// Returns the first names of all paths from the root.
    fn names(&self) -> BTreeSet<String> {
        if self.module.is_empty() { self.names_in_root() } else { self.names_below_root() }
    }

    /// The root's own code may omit `crate::`. Its re-exports are no uses of its own.
    fn names_in_root(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut at = 0;
        while let Some(&token) = self.tokens.get(at) {
            let begins = !matches!(self.tokens[..at], [.., "::"])
                || matches!(self.tokens[..at], [.., "crate" | "self", "::"]);
            if token == "use" {
                at += item_len(&self.tokens[at..]);
                continue;
            }
            if begins && is_name(token) && self.tokens.get(at + 1) == Some(&"::") {
                names.insert(token.to_owned());
            }
            at += 1;
        }
        names
    }

    fn names_below_root(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        // The braces around a token, and which of them belong to modules.
        let mut braces = Vec::new();
        let mut at = 0;
        while let Some(&token) = self.tokens.get(at) {
            match token {
                "{" => {
                    let around = &self.tokens[..at];
                    braces.push(matches!(around, [.., "mod", _] | [.., "mod", "$", _]));
                }
                "}" => drop(braces.pop()),
                "crate" | "super" => {
                    let depth = self.module.len() + braces.iter().filter(|is_mod| **is_mod).count();
                    let mut up = if token == "crate" { depth } else { 1 };
                    let mut next = at + 1;
                    while self.tokens[next..].starts_with(&["::", "super"]) {
                        up += 1;
                        next += 2;
                    }
                    // Not `crate` in `pub(crate)`.
                    if self.tokens.get(next) == Some(&"::") && up >= depth && depth > 0 {
                        let paths = paths(&self.tokens[next + 1..]);
                        names.extend(paths.iter().map(|path| path[0].to_owned()));
                    }
                    at = next;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        names
    }

    /// Returns the imports of the root's `use` lines: the first name of a path, and the name that
    /// it has in the root (or `*`).
    fn imports(&self) -> Vec<(&str, &str)> {
        let mut imports = Vec::new();
        for (at, _) in self.tokens.iter().enumerate().filter(|(_, token)| **token == "use") {
            let line = &self.tokens[at + 1..at + item_len(&self.tokens[at..]) - 1];
            let line = match line {
                ["self" | "crate", "::", rest @ ..] => rest,
                line => line,
            };
            for path in paths(line) {
                for (at, name) in path.iter().enumerate() {
                    // The last name of a path, or the one after `as`.
                    let last = !matches!(path.get(at + 1), Some(&("::" | "as")));
                    if last && (*name == "*" || is_name(name)) {
                        imports.push((path[0], *name));
                    }
                }
            }
        }
        imports
    }
}

/// Returns the path that begins here, or the paths of the group that begins here.
fn paths<'a, 'b>(tokens: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    if tokens.first() != Some(&"{") {
        return vec![tokens];
    }
    let inside = &tokens[1..group(tokens) - 1];
    let mut depth = 0_usize;
    let paths = inside.split(|token| {
        match *token {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == ","
    });
    paths.filter(|path| !path.is_empty()).collect()
}

#[cfg(test)]
mod tests;

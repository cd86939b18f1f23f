//! The structs of a crate, read from its sources: what each field is called and what it holds.

use std::fs;
use std::path::{Path, PathBuf};

/// A public struct.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its name, after its module where the module is public: `webhook::Contact`.
    pub(crate) name: String,
    /// Whether it is read from JSON.
    pub(crate) decodes: bool,
    pub(crate) fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Its type, as it is written.
    pub(crate) kind: String,
    /// What is said of it to serde.
    pub(crate) serde: String,
}

impl Field {
    /// The words of its type.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.kind)
    }

    /// Its key in JSON.
    pub(crate) fn key(&self) -> &str {
        let renamed =
            self.serde.split_once("rename = \"").and_then(|(_, name)| name.split_once('"'));
        renamed.map_or(&self.name, |(name, _)| name)
    }

    /// Whether nothing can be read without it.
    pub(crate) fn is_required(&self) -> bool {
        !self.kind.starts_with("Option<") && !self.serde.contains("default")
    }

    /// Whether a name says that what it holds is for nobody else: a key, or an address or id that
    /// opens something for whoever knows it.
    pub(crate) fn is_named_secret(&self) -> bool {
        let key = ["token", "secret", "password", "api_key", "_hash", "hmac", "webhook"];
        key.iter().any(|word| self.name.contains(word))
            || self.name == "source_id"
            || self.name == "url"
            || self.name.ends_with("_url")
    }

    /// Whether it holds a text, or JSON, that its `Debug` shows.
    pub(crate) fn is_plain(&self) -> bool {
        self.words().any(|word| ["String", "str", "Url", "Value", "Attributes"].contains(&word))
    }
}

pub(crate) fn words(kind: &str) -> impl Iterator<Item = &str> {
    kind.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|it| !it.is_empty())
}

/// The public structs of the sources below a folder.
pub(crate) fn shapes(src: &Path) -> Vec<Shape> {
    let mut found = Vec::new();
    for (file, source) in sources(src) {
        let within = match file.iter().next().and_then(|first| first.to_str()) {
            Some("webhook") => "webhook::",
            Some("live") => "live::",
            _ => "",
        };
        let (mut lines, mut said) = (source.lines(), String::new());
        while let Some(line) = lines.next() {
            let line = line.trim();
            if line.starts_with("#[") {
                said.push_str(line);
                continue;
            }
            let attributes =
                if line.starts_with("//") { continue } else { std::mem::take(&mut said) };
            let Some(rest) = line.strip_prefix("pub struct ") else { continue };
            let Some(name) = words(rest).next().filter(|_| line.ends_with('{')) else { continue };
            let decodes = attributes.contains("Deserialize");
            let fields = fields(lines.by_ref().map(str::trim).take_while(|line| *line != "}"));
            found.push(Shape { name: format!("{within}{name}"), decodes, fields });
        }
    }
    found
}

fn fields<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Field> {
    let (mut found, mut serde) = (Vec::new(), String::new());
    for line in lines.filter(|line| !line.starts_with("//")) {
        if line.starts_with("#[") {
            serde.push_str(line);
            continue;
        }
        // `pub`, `pub(crate)`, `pub(in ..)`: whoever sees it, it has a name and a type.
        let bare = line.strip_prefix("pub(").and_then(|it| it.split_once(") ")).map(|it| it.1);
        let bare = bare.unwrap_or(line).trim_start_matches("pub ");
        let Some((name, kind)) = bare.strip_suffix(',').and_then(|it| it.split_once(": ")) else {
            continue;
        };
        let (name, kind, serde) = (name.to_owned(), kind.to_owned(), std::mem::take(&mut serde));
        found.push(Field { name, kind, serde });
    }
    found
}

/// The sources below a folder: where each is in it, and its text.
pub(crate) fn sources(src: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    below(src, &mut files);
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.strip_prefix(src).unwrap_or(file).to_owned();
        (name, fs::read_to_string(file).unwrap())
    };
    files.iter().map(read).collect()
}

pub(crate) fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}

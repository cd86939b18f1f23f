//! Every method that calls the server says which operation it calls, how it fails, and shows it;
//! and it is compiled where it is called.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chatwoot_client::Op;

/// A method that calls the server, as its source has it.
struct Method {
    file: String,
    /// The type that has it.
    on: String,
    name: String,
    /// The lines of its documentation, without their slashes.
    doc: Vec<String>,
    /// Whether it is compiled only where it is called.
    inline: bool,
}

impl Method {
    /// The operations that a text names: `VERB /path` between backticks.
    fn operations(lines: &[String]) -> BTreeSet<String> {
        let text = lines.join(" ");
        let spans = text.split('`').skip(1).step_by(2);
        spans.filter(|span| span.contains(" /")).map(str::to_owned).collect()
    }

    /// What an operation may be called before its dot: the type in snake case, with a handle's
    /// collection for the handle, or the module.
    fn resources(&self) -> Vec<String> {
        let on = self.on.strip_suffix("Handle").map_or(self.on.clone(), |one| format!("{one}s"));
        let mut snake = String::new();
        for letter in on.chars() {
            if letter.is_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        }
        let module = self.file.rsplit('/').nth(1).unwrap_or_default();
        vec![snake, module.to_owned()]
    }

    /// What its documentation lacks.
    fn lacks(&self, known: &BTreeSet<String>) -> Vec<String> {
        let mut lacks = Vec::new();
        let is_fence = |line: &String| line.starts_with("```");
        let prose_end = self.doc.iter().position(is_fence).unwrap_or(self.doc.len());
        let (prose, example) = self.doc.split_at(prose_end);
        let mut paragraphs = prose.split(String::is_empty);
        let first = paragraphs.next().unwrap_or_default();
        if first.first().is_none_or(|line| line.starts_with('`')) {
            lacks.push("no sentence first that says what it does".to_owned());
        }
        let second = paragraphs.next().unwrap_or_default();
        if Self::operations(second).is_empty() {
            lacks.push("no `VERB /path` in the second paragraph".to_owned());
        }
        let named = Self::operations(prose);
        lacks.extend(named.difference(known).map(|name| format!("`{name}` is no operation")));
        let mut errors = prose.iter().skip_while(|line| *line != "# Errors").skip(1);
        if !errors.any(|line| line.contains('.')) {
            lacks.push("no sentence below `# Errors`, before the example".to_owned());
        }
        if example.iter().filter(|line| is_fence(line)).count() < 2 {
            lacks.push("no example".to_owned());
        }
        if !self.inline {
            // Else each build of each user pays for all the operations there are.
            lacks.push("no `#[inline]`".to_owned());
        }
        lacks
    }
}

/// The methods of a file that answer a call, an outcome that is awaited, or a stream.
fn methods(file: &str, source: &str) -> Vec<Method> {
    let (mut found, mut doc, mut inline) = (Vec::new(), Vec::new(), false);
    let mut on = String::new();
    let mut lines = source.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]");
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
            continue;
        }
        if line.starts_with("#[") {
            inline |= line == "#[inline]";
            continue;
        }
        let (doc, inline) = (std::mem::take(&mut doc), std::mem::take(&mut inline));
        if line.starts_with("impl") && line.ends_with('{') {
            on = name_of_impl(line);
        }
        let Some((start, rest)) = line.split_once("fn ") else { continue };
        if !start.starts_with("pub ") {
            continue;
        }
        // A long signature goes on, up to the line that opens the body.
        let mut signature = line.to_owned();
        while !signature.ends_with('{') {
            signature += lines.next().unwrap_or("{");
        }
        let answer = signature.split_once("->").map_or("", |(_, answer)| answer);
        let calls = start.contains("async") && answer.contains("Error>")
            || answer.contains("Call<")
            || answer.contains("Stream<");
        if calls {
            let name = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
            found.push(Method { file: file.to_owned(), on: on.clone(), name, doc, inline });
        }
    }
    found
}

/// The type that `impl<'a> Labels<'a> {` is about.
fn name_of_impl(line: &str) -> String {
    let about = line.rsplit_once(" for ").map_or(line.trim_start_matches("impl"), |(_, of)| of);
    // What is left of `<'a> Labels<'a> {` is its first word outside brackets.
    let mut depth = 0;
    let outside = |letter: &char| {
        depth += i32::from(*letter == '<') - i32::from(*letter == '>');
        depth == 0 && *letter != '>'
    };
    let outside: String = about.chars().filter(outside).collect();
    outside.split_whitespace().next().unwrap_or_default().to_owned()
}

/// The sources of the resources, but for their tests: name and text.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = vec![src.join("server.rs")];
    let mut folders = ["application", "platform", "public"].map(|folder| src.join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { &mut folders } else { &mut paths }.push(path);
        }
    }
    paths.retain(|path| !path.ends_with("tests.rs"));
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&src).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn all_methods() -> Vec<Method> {
    sources().iter().flat_map(|(file, source)| methods(file, source)).collect()
}

fn operations() -> BTreeSet<String> {
    chatwoot_client::operations().map(|op| format!("{} {}", op.verb.as_str(), op.path)).collect()
}

#[test]
fn every_method_names_its_operation_its_errors_and_an_example() {
    let (known, methods) = (operations(), all_methods());
    assert!(methods.len() > 250, "only {} methods found: does the scanner work?", methods.len());
    let mut lacking = Vec::new();
    for method in &methods {
        let lacks = method.lacks(&known).into_iter();
        lacking.extend(lacks.map(|what| format!("{}: {}: {what}", method.file, method.name)));
    }
    assert!(
        lacking.is_empty(),
        "{} of the docs are incomplete:\n{}",
        lacking.len(),
        lacking.join("\n")
    );
}

#[test]
fn every_operation_is_named_by_a_method() {
    let named: BTreeSet<String> =
        all_methods().iter().flat_map(|method| Method::operations(&method.doc)).collect();
    let nameless: Vec<_> = operations().difference(&named).cloned().collect();
    assert!(nameless.is_empty(), "no method's doc names:\n{}", nameless.join("\n"));
}

/// Operations that several methods send, each by another name.
const OF_SEVERAL_METHODS: [&str; 3] =
    ["bulk_actions.create", "conversations.assign", "live_reports.grouped"];

#[test]
fn every_operation_is_called_as_its_method() {
    let methods = all_methods();
    let named = |op: &Op| {
        let request = format!("{} {}", op.verb.as_str(), op.path);
        methods.iter().any(|method| {
            let sends = Method::operations(&method.doc).contains(&request);
            let names = method.resources();
            sends && names.iter().any(|of| op.name == format!("{of}.{}", method.name))
        })
    };
    let ops = || chatwoot_client::operations().filter(|op| !named(op)).map(|op| op.name);
    let otherwise: BTreeSet<&str> = ops().collect();
    assert_eq!(otherwise, BTreeSet::from(OF_SEVERAL_METHODS), "not `resource.method`");
}

#[test]
fn every_file_starts_with_what_it_is() {
    let says = |source: &str| {
        let first = source.lines().next().and_then(|line| line.strip_prefix("//! "));
        first
            .and_then(|line| line.split_once(": "))
            .is_some_and(|(name, what)| name.starts_with(char::is_uppercase) && !what.is_empty())
    };
    let silent: Vec<String> =
        sources().into_iter().filter(|(_, text)| !says(text)).map(|(file, _)| file).collect();
    assert!(silent.is_empty(), "no `//! Name: what it is.` first:\n{}", silent.join("\n"));
}

#[test]
fn the_scanner_sees_what_is_missing() {
    let source = "/// Returns it.\n///\n/// `GET /api`.\n///\n/// # Errors\n/// None.\n///\n/// ```\n/// x\n/// ```\n\
                  #[inline]\npub fn good(self) -> Call<'a, ()> {\n}\n\
                  /// Bad.\npub async fn bad<T>(\n    self,\n) -> Result<T, Error> {\n}\n\
                  pub fn other(self) -> Self {\n}\n";
    let found = methods("x.rs", source);
    let lacks: Vec<_> =
        found.iter().map(|it| (it.name.as_str(), it.lacks(&operations()).len())).collect();
    assert_eq!(lacks, [("good", 0), ("bad", 4)]);
}

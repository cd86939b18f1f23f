//! Generates the list in `operations.tsv`, from the rows in code, the published API document and
//! the recordings; and `docs/operations.md`, from the rows and the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chatwoot_client::Op;
use chatwoot_client::http::{Limit, TokenKind};
use serde_json::Value;

use crate::recordings::{Exchange, FOLDERS, folder, root};
use crate::route::operation_of;

/// The list of operations, as it is checked in.
pub const LISTED: &str = include_str!("../../chatwoot-client/operations.tsv");

/// The published API document, below [`root`].
const DOCUMENT: &str = "openapi-4.15.1.json";

/// The versions that the list has a column for.
pub const VERSIONS: [&str; 2] = ["4.15.1", "4.9.1"];

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The HTTP method.
    pub verb: &'a str,
    /// The path with `{parameters}`, as the document or the recordings write it.
    pub path: &'a str,
    /// `documented`, `undocumented` (recorded), or `source` (read in the server's source).
    pub standing: &'a str,
    /// For each of [`VERSIONS`]: `yes` for a success on a live server, `refused` for refusals
    /// only, `-` where it was not tried.
    pub on: [&'a str; 2],
}

/// Returns the list of operations.
pub fn listed() -> Vec<Listed<'static>> {
    lines(LISTED)
}

/// Parses the lines of a list.
fn lines(list: &str) -> Vec<Listed<'_>> {
    let rows = list.lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or("-");
        Listed { verb: next(), path: next(), standing: next(), on: [next(), next()] }
    });
    rows.collect()
}

/// Returns the operation of a line, if the client has it.
pub fn operation(listed: &Listed<'_>) -> Option<&'static Op> {
    find(listed.verb, listed.path)
}

fn find(verb: &str, path: &str) -> Option<&'static Op> {
    let request = serde_json::json!({"method": verb, "path": path});
    let exchange = serde_json::json!({"request": request, "response": {"status": 200}});
    operation_of(&serde_json::from_value(exchange).ok()?)
}

/// Returns the results of the recordings of one version for each operation: `yes` or `refused`.
pub fn measured<'a>(
    exchanges: impl Iterator<Item = &'a Exchange>,
) -> BTreeMap<&'static str, &'static str> {
    let mut found = BTreeMap::new();
    for exchange in exchanges {
        let Some(op) = operation_of(exchange) else { continue };
        let entry = found.entry(op.name).or_insert("refused");
        if exchange.succeeded() {
            *entry = "yes";
        }
    }
    found
}

/// Generates the complete list: a line for each operation of the client, by path and verb. It needs
/// the published API document and the recordings.
///
/// # Errors
/// Returns an error if one of them cannot be read.
pub fn list() -> anyhow::Result<String> {
    let document: Value = serde_json::from_slice(&std::fs::read(root().join(DOCUMENT))?)?;
    let mut documented = BTreeSet::new();
    for (path, verbs) in document["paths"].as_object().into_iter().flatten() {
        let verbs = verbs.as_object().into_iter().flatten();
        let found = verbs.filter_map(|(verb, _)| find(&verb.to_uppercase(), path));
        documented.extend(found.map(|op| op.name));
    }
    let mut on = Vec::new();
    for (version, name) in FOLDERS {
        anyhow::ensure!(VERSIONS.get(on.len()) == Some(&version), "no column for {version}");
        let files = folder(&root().join(name))?;
        let exchanges = files.iter().flat_map(|file| &file.exchanges).flatten();
        on.push(measured(exchanges));
    }
    // The document and the recordings name parameters differently from the rows: existing names
    // stay.
    let paths: BTreeMap<&str, &str> =
        listed().iter().filter_map(|line| Some((operation(line)?.name, line.path))).collect();
    let mut rows: Vec<_> = chatwoot_client::operations()
        .map(|op| {
            let on: Vec<&str> =
                on.iter().map(|found| found.get(op.name).copied().unwrap_or("-")).collect();
            let standing = match on.iter().any(|found| *found != "-") {
                _ if documented.contains(op.name) => "documented",
                true => "undocumented",
                false => "source",
            };
            let path = paths.get(op.name).copied().unwrap_or(op.path);
            (path, op.verb.as_str(), standing, on.join("\t"))
        })
        .collect();
    rows.sort_unstable();
    let mut list = format!("verb\tpath\tstanding\t{}\n", VERSIONS.join("\t"));
    for (path, verb, standing, on) in rows {
        let _ = writeln!(list, "{verb}\t{path}\t{standing}\t{on}");
    }
    Ok(list)
}

/// Returns the complete page about a list.
pub fn page(list: &str) -> String {
    let listed = lines(list);
    let line = |op: &Op| {
        listed.iter().find(|row| operation(row).is_some_and(|found| found.name == op.name))
    };
    let mut page = String::from(HEAD);
    let parts = [
        ("Server", "/", &["/api", "/health"][..]),
        ("Platform API", "/platform/", &[]),
        ("Application API", "/api/v1/", &[]),
        ("Reports", "/api/v2/", &[]),
        ("Public API", "/public/", &[]),
        ("Widget and pages", "", &[]),
    ];
    let part = |op: &Op| {
        let of = |(_, prefix, exact): &(&str, &str, &[&str])| {
            exact.contains(&op.path) || (*prefix != "/" && op.path.starts_with(prefix))
        };
        if op.path.starts_with("/api/v1/widget/") { Some(5) } else { parts.iter().position(of) }
    };
    for (number, (title, _, _)) in parts.iter().enumerate() {
        let ops = chatwoot_client::operations().filter(|op| part(op) == Some(number));
        let mut ops: Vec<&Op> = ops.collect();
        ops.sort_by_key(|op| (op.name.split('.').next(), op.path, op.verb.as_str()));
        let _ = write!(page, "\n## {title}\n\n{TABLE}");
        for op in ops {
            let _ = writeln!(page, "{}", entry(op, line(op)));
        }
    }
    page.push_str("\n## What older servers lack\n\n");
    page.push_str(OLDER);
    for op in chatwoot_client::operations() {
        if let Some(version) = op.missing_in {
            let _ =
                writeln!(page, "- {version}: `{}` (`{} {}`)", op.name, op.verb.as_str(), op.path);
        }
    }
    page.push_str(DIFFERENT);
    page
}

fn entry(op: &Op, listed: Option<&Listed<'_>>) -> String {
    let token = match op.token() {
        TokenKind::Platform => "platform app",
        TokenKind::User => "user",
        TokenKind::None => "none",
    };
    let again = if op.idempotent { "yes" } else { "no" };
    let limit = op.limit.map(limit).unwrap_or_default();
    let standing = listed.map_or("", |row| match row.standing {
        "documented" => "yes",
        "undocumented" => "no",
        _ => "no, from the source",
    });
    let on = listed.map(|row| row.on).unwrap_or_default();
    let on = VERSIONS.iter().zip(on).filter_map(|(version, found)| match found {
        "yes" => Some((*version).to_owned()),
        "refused" if op.missing_in == Some(version) => Some(format!("{version}: not there")),
        "refused" => Some(format!("{version}: refused")),
        _ => None,
    });
    let on = on.collect::<Vec<_>>().join(", ");
    let (name, verb, path) = (op.name, op.verb.as_str(), op.path);
    format!("| `{name}` | `{verb} {path}` | {token} | {again} | {limit} | {standing} | {on} |")
}

fn limit(limit: Limit) -> String {
    let window = match limit.window().as_secs() {
        60 => "a minute".to_owned(),
        3_600 => "an hour".to_owned(),
        seconds => format!("in {} hours", seconds / 3_600),
    };
    let whose = match limit {
        limit if limit.is_per_address() => "client address",
        limit if limit.is_per_token() => "token and account",
        _ => "account",
    };
    format!("{} {window} per {whose}", limit.allowed())
}

const HEAD: &str = "\
# Operations

Every call of `chatwoot-client`. This page is written by `scripts/regenerate`, and a test fails when it
is out of date.

- **Token**: whose token the call carries. Some calls of the Application API also take a bot's.
- **Twice is once**: whether the call is sent again when nobody knows what became of the first try.
  A call that was never received, or refused by a limit, is always sent again.
- **Limit**: the server's own, besides 3,000 a minute per client address. The client counts along.
- **Documented**: whether Chatwoot's published API document of 4.15.1 has it.
- **Verified on**: the versions whose live servers did it, and answered what the client decodes.
  *Refused* means that only refusals were seen, such as for want of a license, a channel or an index.
";

const TABLE: &str = "\
| operation | verb and path | token | twice is once | limit | documented | verified on |
|---|---|---|---|---|---|---|
";

const OLDER: &str = "\
`Server::version` tells the version, and `ServerVersion::has` whether it has an operation. A call to
one that it lacks is a 404, whose error names the last version that is known to lack it
(`Error::missing_in`). Known to be missing, so in older versions too:

";

const DIFFERENT: &str = "
On 4.9.1 also:

- webhooks, inboxes and bots have no `secret`, and deliveries are not signed: account webhooks are
  signed from 4.11.2, inboxes and bots from 4.13;
- a portal without `custom_domain` is a server error (500), so its categories and articles are out
  of reach;
- `has_more` is not in the answer to a contact search: a stream ends at the first empty page;
- fields that came later (`company_id`, `onboarding_step`, an attachment's `content_type` and others)
  are `None`.
";

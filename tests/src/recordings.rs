//! Recordings: what live servers of two versions answered, read from the folder beside the project.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use bytes::Bytes;
use chatwoot_client::Patch;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The folders of recordings below [`root`], each with its version: the newest first.
pub const FOLDERS: [(&str, &str); 2] = [("4.15.1", "recordings"), ("4.9.1", "recordings-4.9.1")];

/// One request and what the server answered.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    /// The server's version.
    #[serde(skip)]
    pub version: &'static str,
    /// The recording's name.
    #[serde(default)]
    pub operation: String,
    /// What this one shows, if that is special.
    pub note: Option<String>,
    /// What was asked.
    pub request: Asked,
    /// What was answered.
    pub response: Answered,
}

/// What was asked.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    /// The verb.
    pub method: String,
    /// The path with `{parameters}`.
    #[serde(default)]
    pub path: String,
    /// The path as it was sent, without the query.
    #[serde(default)]
    pub url: String,
    /// The query.
    pub query: Option<Value>,
    /// Whose token was sent: `admin`, `agent`, `platform`.
    pub auth: Option<Value>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The parts of a multipart body.
    pub multipart: Option<Value>,
}

/// What was answered.
#[derive(Clone, Debug, Deserialize)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// The other headers.
    #[serde(default)]
    pub headers: Option<Map<String, Value>>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The body where it was no JSON object, array or number.
    pub text: Option<String>,
}

impl Exchange {
    /// Whether the server did what was asked.
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.response.status)
    }

    /// The value of a `{parameter}` in the recorded path.
    ///
    /// # Panics
    /// The path has no such parameter, or it is no `T`.
    #[expect(clippy::panic, reason = "a test's helper")]
    pub fn param<T: FromStr>(&self, name: &str) -> T {
        let asked = &self.request;
        let wanted = format!("{{{name}}}");
        let pairs = asked.path.split('/').zip(asked.url.split('/'));
        let found = pairs.into_iter().find(|(key, _)| *key == wanted);
        let value = found.and_then(|(_, value)| value.parse().ok());
        value.unwrap_or_else(|| panic!("{self}: no {name} in {}", asked.url))
    }

    /// What was sent at this JSON pointer, such as `/name`; `null` where nothing was.
    ///
    /// # Panics
    /// It is no `T`.
    #[expect(clippy::panic, reason = "a test's helper")]
    pub fn sent<T: DeserializeOwned>(&self, pointer: &str) -> T {
        let body = self.request.body.as_ref();
        let value = body.and_then(|body| body.pointer(pointer)).cloned().unwrap_or_default();
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{self}: {pointer}: {error}"))
    }

    /// What was sent at this JSON pointer, as a change: absent, null or a value.
    pub fn change<T: DeserializeOwned>(&self, pointer: &str) -> Patch<T> {
        let body = self.request.body.as_ref();
        match body.and_then(|body| body.pointer(pointer)) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(_) => Patch::Set(self.sent(pointer)),
        }
    }

    /// The bytes of the answer's body.
    pub fn bytes(&self) -> Bytes {
        match (&self.response.body, &self.response.text) {
            (Some(body), _) => body.to_string().into(),
            (None, text) => text.clone().unwrap_or_default().into(),
        }
    }
}

impl std::fmt::Display for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let note = self.note.as_deref().unwrap_or("");
        write!(f, "{} of {} {note}", self.operation, self.version)
    }
}

/// Where the recordings are; `None` where they are not there.
pub fn root() -> Option<PathBuf> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/chatwoot"));
    root.is_dir().then_some(root)
}

/// Every exchange of one recording, of both versions; `None`, with a line that says so, where the
/// recordings are not there.
///
/// # Panics
/// The recordings are there, but not this one, or it is unreadable.
#[expect(clippy::panic, reason = "a test's helper")]
pub fn load(name: &str) -> Option<Vec<Exchange>> {
    let Some(root) = root() else {
        println!("left out: {name} (there are no recordings)");
        return None;
    };
    let mut all = Vec::new();
    for (version, folder) in FOLDERS {
        let path = root.join(folder).join(format!("{name}.json"));
        let Ok(text) = std::fs::read(&path) else { continue };
        let exchanges: Vec<Exchange> = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{} is no recording: {error}", path.display()));
        all.extend(exchanges.into_iter().map(|exchange| Exchange { version, ..exchange }));
    }
    assert!(!all.is_empty(), "there is no recording {name}");
    Some(all)
}

/// A file of a folder: its name, and each exchange that it holds, or why it cannot be read.
#[derive(Debug)]
pub struct File {
    /// The file's name.
    pub name: String,
    /// Its exchanges, or why there are none.
    pub exchanges: Vec<Result<Exchange, String>>,
}

/// Every `.json` file of a folder and of those in it, by name.
///
/// # Errors
/// The folder cannot be listed. A file that cannot be read is an entry that says so.
pub fn folder(dir: &Path) -> std::io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(folder(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(File { name, exchanges: exchanges(&path) });
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// The exchanges of one file, which holds a list of them, or a single one.
fn exchanges(path: &Path) -> Vec<Result<Exchange, String>> {
    let read = std::fs::read(path).map_err(|error| error.to_string());
    let json = read.and_then(|text| {
        serde_json::from_slice(&text).map_err(|error| format!("no JSON: {error}"))
    });
    let entries = match json {
        Ok(Value::Array(entries)) => entries,
        Ok(entry) => vec![entry],
        Err(error) => return vec![Err(error)],
    };
    let exchange =
        |entry| serde_json::from_value(entry).map_err(|error| format!("not an exchange: {error}"));
    entries.into_iter().map(exchange).collect()
}

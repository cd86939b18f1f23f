//! Recordings: the responses of live servers of two versions, read from the folder beside the
//! project.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use bytes::Bytes;
use chatwoot_client::Patch;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::feed::{Frame, frames};

/// The folders of recordings below [`root`], each with its version, newest first.
pub const FOLDERS: [(&str, &str); 2] = [("4.15.1", "recordings"), ("4.9.1", "recordings-4.9.1")];

/// A request and the server's response.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    /// The server's version.
    #[serde(skip)]
    pub version: &'static str,
    /// The recording's name.
    #[serde(default)]
    pub operation: String,
    /// What is special about this exchange, if anything.
    pub note: Option<String>,
    /// The request.
    pub request: Asked,
    /// The response.
    pub response: Answered,
}

/// A recorded request.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    /// The HTTP method.
    pub method: String,
    /// The path with `{parameters}`.
    #[serde(default)]
    pub path: String,
    /// The path as it was sent, without the query.
    #[serde(default)]
    pub url: String,
    /// The query.
    pub query: Option<Value>,
    /// The name of the token that was sent: `admin`, `agent`, `platform`.
    pub auth: Option<Value>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The parts of a multipart body.
    pub multipart: Option<Value>,
}

/// A recorded response.
#[derive(Clone, Debug, Deserialize)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// The other headers.
    #[serde(default)]
    pub headers: Option<Value>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The body if it was no JSON object, array or number.
    pub text: Option<String>,
}

impl Exchange {
    /// Returns whether the server accepted the request.
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.response.status)
    }

    /// Returns the value of a `{parameter}` in the recorded path.
    ///
    /// # Panics
    /// Panics if the path has no such parameter, or it is no `T`.
    #[expect(clippy::panic, reason = "a test's helper")]
    pub fn param<T: FromStr>(&self, name: &str) -> T {
        let asked = &self.request;
        let wanted = format!("{{{name}}}");
        let pairs = asked.path.split('/').zip(asked.url.split('/'));
        let found = pairs.into_iter().find(|(key, _)| *key == wanted);
        let value = found.and_then(|(_, value)| value.parse().ok());
        value.unwrap_or_else(|| panic!("{self}: no {name} in {}", asked.url))
    }

    /// Returns the sent value at this JSON pointer, such as `/name`; `null` if there is none.
    ///
    /// # Panics
    /// Panics if it is no `T`.
    #[expect(clippy::panic, reason = "a test's helper")]
    pub fn sent<T: DeserializeOwned>(&self, pointer: &str) -> T {
        let body = self.request.body.as_ref();
        let value = body.and_then(|body| body.pointer(pointer)).cloned().unwrap_or_default();
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{self}: {pointer}: {error}"))
    }

    /// Returns the sent value at this JSON pointer as a change: absent, null or a value.
    pub fn change<T: DeserializeOwned>(&self, pointer: &str) -> Patch<T> {
        let body = self.request.body.as_ref();
        match body.and_then(|body| body.pointer(pointer)) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(_) => Patch::Set(self.sent(pointer)),
        }
    }

    /// Returns the bytes of the response's body.
    pub fn bytes(&self) -> Bytes {
        let json = self.response.content_type.as_ref().is_none_or(|kind| kind.contains("json"));
        match (&self.response.body, &self.response.text) {
            (Some(Value::String(text)), _) if !json => text.clone().into(),
            (Some(body), _) => body.to_string().into(),
            (None, text) => text.clone().unwrap_or_default().into(),
        }
    }

    /// Returns the response's body as JSON; text that is no JSON becomes a JSON string.
    pub fn answer(&self) -> Value {
        let body = self.bytes();
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        serde_json::from_slice(&body).unwrap_or_else(|_| text())
    }
}

impl std::fmt::Display for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let note = self.note.as_deref().unwrap_or("");
        write!(f, "{} of {} {note}", self.operation, self.version)
    }
}

/// Returns the folder of the recordings. A test that reads it is ignored under `cfg(no_shared)`,
/// which the build script sets if the folder is missing.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/chatwoot"))
}

/// Returns every exchange of one recording, of both versions.
///
/// # Panics
/// Panics if it does not exist, or is unreadable.
#[expect(clippy::panic, reason = "a test's helper")]
pub fn load(name: &str) -> Vec<Exchange> {
    let root = root();
    let mut all = Vec::new();
    for (version, folder) in FOLDERS {
        let path = root.join(folder).join(format!("{name}.json"));
        let Ok(text) = std::fs::read(&path) else { continue };
        let exchanges: Vec<Exchange> = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{} is no recording: {error}", path.display()));
        all.extend(exchanges.into_iter().map(|exchange| Exchange { version, ..exchange }));
    }
    assert!(!all.is_empty(), "there is no recording {name}");
    all
}

/// A file of a folder, with what it contains.
#[derive(Debug)]
pub struct File {
    /// The file's path below the folder.
    pub name: String,
    /// Its exchanges, or why they cannot be read.
    pub exchanges: Vec<Result<Exchange, String>>,
    /// Its frames, if it is the recording of a live feed.
    pub frames: Vec<Frame>,
}

impl File {
    /// Reads a file; its content says whether it is a live feed.
    fn read(name: String, path: &Path) -> Self {
        let (mut found, mut feed) = (Vec::new(), Vec::new());
        match std::fs::read(path) {
            Err(error) => found.push(Err(error.to_string())),
            Ok(text) => {
                feed = frames(&text).unwrap_or_default();
                if feed.is_empty() {
                    let lines = path.extension().is_some_and(|extension| extension == "jsonl");
                    found = exchanges(&text, lines);
                }
            }
        }
        Self { name, exchanges: found, frames: feed }
    }
}

/// Returns every `.json` and `.jsonl` file of a folder and its subfolders, by name; or the file, if
/// it is one.
///
/// # Errors
/// Returns an error if the folder cannot be listed. A file that cannot be read becomes an entry
/// with the reason.
pub fn folder(dir: &Path) -> std::io::Result<Vec<File>> {
    if dir.is_file() {
        let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned();
        return Ok(vec![File::read(name, dir)]);
    }
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let kind = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if matches!(kind, Some("json" | "jsonl")) {
                let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
                files.push(File::read(name, &path));
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// Returns the exchanges of one file: one, a list of them, an object with lists of them, or one per
/// line.
///
/// Lines may also contain other recorded data, such as webhooks, which are skipped.
fn exchanges(text: &[u8], lines: bool) -> Vec<Result<Exchange, String>> {
    let read = |json: &[u8]| {
        serde_json::from_slice::<Value>(json).map_err(|error| format!("no JSON: {error}"))
    };
    let by_line = || text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let values: Vec<_> = match read(text) {
        Err(_) if lines || by_line().next().is_some_and(|line| read(line).is_ok()) => {
            let other = |value: &Value| value.is_object() && value.get("request").is_none();
            by_line().map(read).filter(|line| !line.as_ref().is_ok_and(other)).collect()
        }
        whole => vec![whole],
    };
    let mut found = Vec::new();
    for value in values {
        match value {
            Ok(value) => entries(value, &mut found),
            Err(error) => found.push(Err(error)),
        }
    }
    found
}

/// Collects the exchanges in a value; other values are reported.
fn entries(value: Value, found: &mut Vec<Result<Exchange, String>>) {
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| entries(value, found)),
        Value::Object(map) if map.values().any(holds_exchanges) => {
            let lists = map.into_iter().map(|(_, value)| value).filter(holds_exchanges);
            lists.for_each(|value| entries(value, found));
        }
        value => {
            let exchange = serde_json::from_value(value);
            found.push(exchange.map_err(|error| format!("not an exchange: {error}")));
        }
    }
}

/// Returns whether a value is an exchange, or a list of them.
fn holds_exchanges(value: &Value) -> bool {
    let first = value.get(0).unwrap_or(value);
    first.get("request").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of exchanges of a file, and of other values.
    fn read(lines: bool, text: &str) -> (usize, usize) {
        let all = exchanges(text.as_bytes(), lines);
        let good = all.iter().filter(|it| it.is_ok()).count();
        (good, all.len() - good)
    }

    #[test]
    fn exchanges_are_found_in_each_form() {
        let one = r#"{"request": {"method": "GET"}, "response": {"status": 200}}"#;
        let other = r#"{"event": "message_created", "body": "{}"}"#;
        assert_eq!(read(false, one), (1, 0));
        assert_eq!(read(false, &format!("[{one}, {other}]")), (1, 1));
        assert_eq!(read(false, &format!(r#"{{"n": 1, "a": [{one}], "b": {one}}}"#)), (2, 0));
        assert_eq!(read(false, &format!("{one}\n{one}\n")), (2, 0));
        assert_eq!(read(true, &format!("{one}\n\n{other}\n{{\n")), (1, 1));
        assert_eq!(read(false, ""), (0, 1));
        assert_eq!(read(false, "[]"), (0, 0));
    }
}

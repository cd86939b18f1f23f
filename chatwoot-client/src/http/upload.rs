//! Files to upload, from memory or from disk.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::http::{Form, Part, PartSource};

/// The largest file that Chatwoot accepts in its default configuration.
const MAX_SIZE: u64 = 40 * 1024 * 1024;

/// A file to upload: an attachment, a picture, a list to import.
///
/// A file on disk is checked when the call is awaited, and read while it is sent: it is never held
/// in memory as a whole. A file that is missing, not a regular file, empty or too large is not
/// sent, and the error has the kind [`Request`](crate::error::ErrorKind::Request).
///
/// ```
/// use chatwoot_client::Upload;
///
/// let invoice = Upload::file("invoices/1001.pdf");
/// assert_eq!(invoice.content_type(), "application/pdf");
/// let note = Upload::bytes("note.txt", "text/plain", "Paid").max_size(1024);
/// assert_eq!(note.name(), "note.txt");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    name: String,
    content_type: String,
    source: Source,
    max_size: u64,
}

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Bytes(Bytes),
    File(PathBuf),
}

impl Upload {
    /// Creates an upload from memory; `content_type` is its media type, such as `image/png`.
    pub fn bytes(
        name: impl Into<String>,
        content_type: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self {
            name: name.into(),
            content_type: content_type.into(),
            source: Source::Bytes(bytes.into()),
            max_size: MAX_SIZE,
        }
    }

    /// Creates an upload of a file on disk, under its own name; its media type is derived from its
    /// extension, and is `application/octet-stream` for an unknown one.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        Self {
            name,
            content_type: media_type(&extension).to_owned(),
            source: Source::File(path),
            max_size: MAX_SIZE,
        }
    }

    /// Sets another file name.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets another media type.
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// Sets the maximum size in bytes, for a server that is configured for another than its default
    /// of 40 MB.
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }

    /// Returns the file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the media type.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the upload as a part of a form, if it can be sent.
    fn part(&self, field: &str) -> Result<Part, String> {
        let (name, kind) = (&self.name, &self.content_type);
        if name.is_empty() {
            return Err("the file to send has no name".into());
        }
        let plain = |c: char| c.is_ascii_graphic() || c == ' ';
        if !kind.contains('/') || !kind.chars().all(plain) {
            return Err(format!("the media type of {name} is none: write it as image/png"));
        }
        let (source, length) = match &self.source {
            Source::Bytes(bytes) => (PartSource::Bytes(bytes.clone()), bytes.len() as u64),
            Source::File(path) => {
                let facts = std::fs::metadata(path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                if !facts.is_file() {
                    return Err(format!("{} is no regular file", path.display()));
                }
                (PartSource::File { path: path.clone(), length: facts.len() }, facts.len())
            }
        };
        if length == 0 {
            return Err(format!("{name} is empty, which the server takes for no file"));
        }
        if length > self.max_size {
            let max = self.max_size;
            return Err(format!("{name} has {length} bytes, more than the {max} allowed"));
        }
        Ok(Part::file(field, name.clone(), kind.clone(), source))
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Upload");
        shown.field("name", &self.name).field("content_type", &self.content_type);
        if let Source::Bytes(bytes) = &self.source {
            shown.field("size", &bytes.len());
        }
        shown.finish_non_exhaustive()
    }
}

/// The fields and files of a form, before the files are checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    fields: Vec<Field>,
    // The first value that cannot be sent; reported when the call is awaited.
    fault: Option<String>,
}

#[derive(Clone, Debug)]
enum Field {
    Text(String, String),
    File(String, Upload),
}

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds the fields of a JSON object: strings unchanged, nested values as JSON.
    pub(crate) fn object(mut self, object: &impl Serialize) -> Self {
        let fields = match serde_json::to_value(object) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return self,
            Err(error) => {
                self.fault = Some(format!("the form cannot be written: {error}"));
                return self;
            }
        };
        for (name, value) in fields {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                other => other.to_string(),
            };
            self.fields.push(Field::Text(name, text));
        }
        self
    }

    pub(crate) fn file(mut self, name: &str, upload: &Upload) -> Self {
        self.fields.push(Field::File(name.to_owned(), upload.clone()));
        self
    }

    pub(crate) fn files(self, name: &str, uploads: &[Upload]) -> Self {
        uploads.iter().fold(self, |fields, upload| fields.file(name, upload))
    }

    /// Returns the form to send; checks the files.
    pub(crate) fn form(&self) -> Result<Form, String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let parts = self.fields.iter().map(|field| match field {
            Field::Text(name, value) => Ok(Part::text(name.clone(), value.clone())),
            Field::File(name, upload) => upload.part(name),
        });
        parts.collect::<Result<_, _>>().map(Form::new)
    }
}

/// Returns the media type of a common extension.
fn media_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "ics" => "text/calendar",
        "md" => "text/markdown",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "rtf" => "application/rtf",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(upload: &Upload) -> String {
        upload.part("f").unwrap_err()
    }

    #[test]
    fn what_cannot_be_sent_is_said() {
        let bytes = |size: usize| Upload::bytes("a.txt", "text/plain", vec![0; size]);
        assert!(bytes(5).max_size(5).part("f").is_ok());
        assert_eq!(refused(&bytes(6).max_size(5)), "a.txt has 6 bytes, more than the 5 allowed");
        assert!(refused(&bytes(0)).contains("is empty"));
        assert!(refused(&bytes(1).with_content_type("png")).contains("media type"));
        assert!(refused(&bytes(1).with_content_type("a/b\r\nX: y")).contains("media type"));
        assert!(refused(&bytes(1).with_name("")).contains("no name"));
        assert!(refused(&Upload::file("/no/such/file.png")).contains("cannot be read"));
        let folder = Upload::file(std::env::temp_dir()).with_name("tmp");
        assert!(refused(&folder).contains("no regular file"));
    }

    #[test]
    fn the_default_limit_is_the_servers() {
        let large = Upload::bytes("a", "text/plain", vec![0; 40 * 1024 * 1024 + 1]);
        assert!(refused(&large).contains("more than"));
    }

    #[test]
    fn an_extension_names_the_media_type() {
        assert_eq!(Upload::file("/tmp/A.PNG").content_type(), "image/png");
        assert_eq!(Upload::file("/tmp/a").content_type(), "application/octet-stream");
    }

    #[test]
    fn an_object_becomes_fields() {
        let object = json!({"content": "hi", "private": true, "none": null, "map": {"a": 1}});
        let form = Fields::new().object(&object).form().unwrap();
        let names: Vec<_> = form.parts().iter().map(Part::name).collect();
        assert_eq!(names, ["content", "map", "private"]);
        let body = crate::http::Body::Form(form).to_bytes().unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("\r\n\r\n{\"a\":1}\r\n") && text.contains("\r\n\r\ntrue\r\n"));
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!("{:?}", Upload::bytes("a.txt", "text/plain", "geheim"));
        assert!(!shown.contains("geheim") && shown.contains("a.txt"), "{shown}");
    }
}

//! Request bodies: bytes, or a form whose files are read from disk while they are sent.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

/// The body of a request. A clone is the same body: its files are opened again.
///
/// A [`Transport`](crate::http::transport::Transport) that does not stream uses [`Body::to_bytes`].
#[derive(Clone)]
#[non_exhaustive]
pub enum Body {
    /// The bytes to send; empty for no body.
    Bytes(Bytes),
    /// Fields and files, sent as `multipart/form-data`.
    Form(Form),
}

impl Body {
    /// Returns how many bytes are sent.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Form(form) => form.chunks().map(|chunk| chunk.len()).sum(),
        }
    }

    /// Whether the body is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the whole body in memory; the files of a form are read.
    ///
    /// ```
    /// use chatwoot_client::http::Body;
    ///
    /// assert_eq!(Body::from("{}").to_bytes().unwrap(), "{}");
    /// ```
    ///
    /// # Errors
    /// A file of the form cannot be read, or its size has changed since the request was created.
    pub fn to_bytes(&self) -> io::Result<Bytes> {
        let form = match self {
            Self::Bytes(bytes) => return Ok(bytes.clone()),
            Self::Form(form) => form,
        };
        let mut whole = Vec::with_capacity(usize::try_from(self.len()).unwrap_or_default());
        for chunk in form.chunks() {
            match chunk {
                Chunk::Bytes(bytes) => whole.extend_from_slice(&bytes),
                Chunk::File { path, length } => {
                    let file = File::open(&path).map_err(|error| in_file(&path, &error))?;
                    let read = file.take(length).read_to_end(&mut whole);
                    let read = read.map_err(|error| in_file(&path, &error))?;
                    if read as u64 != length {
                        return Err(too_short(&path));
                    }
                }
            }
        }
        Ok(whole.into())
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The content may be personal or secret.
            Self::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Self::Form(form) => form.fmt(f),
        }
    }
}

/// Fields and files of a `multipart/form-data` body.
#[derive(Clone)]
pub struct Form {
    boundary: String,
    parts: Arc<[Part]>,
}

/// One field or file of a [`Form`].
#[derive(Clone)]
pub struct Part {
    name: String,
    file: Option<(String, String)>,
    source: PartSource,
}

/// The source of the content of a [`Part`].
#[derive(Clone)]
#[non_exhaustive]
pub enum PartSource {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file on disk, read while it is sent.
    File {
        /// Its path.
        path: PathBuf,
        /// Its size in bytes when the request was created: exactly this many are sent.
        length: u64,
    },
}

/// A section of an encoded form.
#[derive(Clone, Debug)]
pub(crate) enum Chunk {
    Bytes(Bytes),
    File { path: PathBuf, length: u64 },
}

impl Chunk {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }
}

impl Form {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        let boundary = format!("form-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        Self { boundary, parts: parts.into() }
    }

    /// Returns the value of the `Content-Type` header for this form.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// Returns its fields and files, in the order in which they are sent.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the encoded form, section by section.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Chunk> + '_ {
        let parts = self.parts.iter().flat_map(|part| {
            let content = match &part.source {
                PartSource::Bytes(bytes) => Chunk::Bytes(bytes.clone()),
                PartSource::File { path, length } => {
                    Chunk::File { path: path.clone(), length: *length }
                }
            };
            let head = format!("--{}\r\n{}\r\n", self.boundary, part.head());
            [Chunk::Bytes(head.into()), content, Chunk::Bytes(Bytes::from_static(b"\r\n"))]
        });
        parts.chain([Chunk::Bytes(format!("--{}--\r\n", self.boundary).into())])
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Form").field(&self.parts).finish()
    }
}

impl Part {
    /// Creates a text field.
    pub(crate) fn text(name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { name: name.into(), file: None, source: PartSource::Bytes(value.into()) }
    }

    /// Creates a file with its name and media type.
    pub(crate) fn file(
        name: impl Into<String>,
        file_name: String,
        content_type: String,
        source: PartSource,
    ) -> Self {
        Self { name: name.into(), file: Some((file_name, content_type)), source }
    }

    /// Returns the field's name, such as `attachments[]`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the file's name; `None` for a text field.
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_ref().map(|(name, _)| name.as_str())
    }

    /// Returns the file's media type; `None` for a text field.
    pub fn content_type(&self) -> Option<&str> {
        self.file.as_ref().map(|(_, kind)| kind.as_str())
    }

    /// Returns the source of the content.
    pub fn source(&self) -> &PartSource {
        &self.source
    }

    fn head(&self) -> String {
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(&self.name));
        if let Some((name, kind)) = &self.file {
            let _ = write!(head, "; filename=\"{}\"\r\nContent-Type: {kind}", quoted(name));
        }
        head.push_str("\r\n");
        head
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Part");
        shown.field("name", &self.name);
        if let Some((name, kind)) = &self.file {
            shown.field("file_name", name).field("content_type", kind);
        }
        shown.field("source", &self.source).finish()
    }
}

impl fmt::Debug for PartSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File { length, .. } => write!(f, "{length} bytes on disk"),
        }
    }
}

/// Quotes a name as the server parses it: it decodes percent signs.
fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '%' | '"' | '\\' => {
                let _ = write!(quoted, "%{:02X}", u32::from(letter));
            }
            // A line break would start another header.
            letter if letter.is_control() => quoted.push('_'),
            letter => quoted.push(letter),
        }
    }
    quoted
}

/// Adds the name of the file to an error.
pub(crate) fn in_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Creates the error of a file that ended before its recorded size.
pub(crate) fn too_short(path: &Path) -> io::Error {
    let text = format!("{} became shorter while it was sent", path.display());
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let file = |name: &str| {
            let source = PartSource::Bytes(Bytes::from_static(b"PNG"));
            Part::file("attachments[]", name.into(), "image/png".into(), source)
        };
        Form::new(vec![Part::text("content", "geheim"), file("a \"1\" 100%\r\nX: y.png")])
    }

    #[test]
    fn a_form_is_written_as_multipart() {
        let form = form();
        let mark = form.boundary.clone();
        let body = Body::Form(form);
        let expected = format!(
            "--{mark}\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\ngeheim\r\n\
             --{mark}\r\nContent-Disposition: form-data; name=\"attachments[]\"; \
             filename=\"a %221%22 100%25__X: y.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n\
             --{mark}--\r\n"
        );
        assert_eq!(body.to_bytes().unwrap(), expected);
        assert_eq!(body.len(), expected.len() as u64);
    }

    #[test]
    fn debug_shows_names_and_sizes_only() {
        let shown = format!("{:?} {:?}", Body::Form(form()), Body::from("geheim"));
        assert!(!shown.contains("geheim") && !shown.contains("PNG"), "{shown}");
        assert!(shown.contains("attachments[]") && shown.contains("6 bytes"), "{shown}");
    }

    #[test]
    fn two_forms_have_two_boundaries() {
        assert_ne!(form().content_type(), form().content_type());
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let path = std::env::temp_dir().join(format!("body-{:x}", fastrand::u64(..)));
        std::fs::write(&path, "ab").unwrap();
        let source = PartSource::File { path: path.clone(), length: 3 };
        let part = Part::file("f", "f".into(), "text/plain".into(), source);
        let body = Body::Form(Form::new(vec![part]));
        assert_eq!(body.to_bytes().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        std::fs::write(&path, "abcd").unwrap();
        assert_eq!(body.to_bytes().unwrap().len() as u64, body.len());
        std::fs::remove_file(path).unwrap();
    }
}

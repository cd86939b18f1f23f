//! Multipart and form bodies, parsed into the nested parameters of Rails.

use serde_json::{Map, Value, json};

/// Returns the fields of a multipart body; a file becomes `{filename, content_type, size}`.
pub(in crate::fake) fn read(content_type: &str, body: &[u8]) -> Value {
    let boundary = content_type
        .split(';')
        .filter_map(|part| part.trim().strip_prefix("boundary="))
        .map(|value| value.trim_matches('"'))
        .next()
        .unwrap_or_default();
    let delimiter = format!("--{boundary}");
    let mut root = Value::Object(Map::new());
    for part in split(body, delimiter.as_bytes()) {
        let Some(end) = find(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(part.get(..end).unwrap_or_default()).into_owned();
        let data = part.get(end + 4..).unwrap_or_default();
        let data = data.strip_suffix(b"\r\n").unwrap_or(data);
        let Some(name) = attribute(&head, "name") else { continue };
        let value = match attribute(&head, "filename") {
            Some(filename) => json!({
                "filename": filename,
                "content_type": header(&head, "content-type"),
                "size": data.len(),
            }),
            None => Value::String(String::from_utf8_lossy(data).into_owned()),
        };
        place(&mut root, &name, value);
    }
    root
}

/// Returns `a[b]=c&d[]=e` as an object.
pub(in crate::fake) fn nest(pairs: Vec<(String, String)>) -> Value {
    let mut root = Value::Object(Map::new());
    for (name, value) in pairs {
        place(&mut root, &name, Value::String(value));
    }
    root
}

fn place(root: &mut Value, name: &str, value: Value) {
    let mut at = root;
    let mut keys = name.split('[').map(|key| key.trim_end_matches(']'));
    let mut key = keys.next().unwrap_or_default();
    for next in keys {
        let Value::Object(map) = at else { return };
        let fresh = if next.is_empty() { json!([]) } else { json!({}) };
        at = map.entry(key).or_insert(fresh);
        key = next;
    }
    match at {
        Value::Object(map) => {
            map.insert(key.to_owned(), value);
        }
        Value::Array(list) => list.push(value),
        _ => {}
    }
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let delimiter = format!(" {name}=\"");
    let start = head.find(&delimiter)? + delimiter.len();
    let rest = head.get(start..)?;
    Some(rest.get(..rest.find('"')?)?.to_owned())
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

fn find(text: &[u8], delimiter: &[u8]) -> Option<usize> {
    text.windows(delimiter.len()).position(|window| window == delimiter)
}

fn split<'a>(mut body: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = find(body, delimiter) {
        parts.push(body.get(..at).unwrap_or_default());
        body = body.get(at + delimiter.len()..).unwrap_or_default();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_nested_as_rails_does() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let tree = nest(vec![pair("a[b]", "1"), pair("l[]", "x"), pair("l[]", "y")]);
        assert_eq!(tree, json!({ "a": { "b": "1" }, "l": ["x", "y"] }));
    }

    #[test]
    fn a_file_is_named_and_measured() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"attachments[]\"; \
            filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nabc\r\n--B\r\n\
            Content-Disposition: form-data; name=\"content\"\r\n\r\nhello\r\n--B--\r\n";
        let tree = read("multipart/form-data; boundary=B", body);
        assert_eq!(
            tree,
            json!({
                "attachments": [{ "filename": "a.png", "content_type": "image/png", "size": 3 }],
                "content": "hello"
            })
        );
    }
}

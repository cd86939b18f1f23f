//! The place in a JSON text where decoding failed, as `payload[3].created_at`.
//!
//! The error has the byte position; the path to it is looked up afterwards, so that types are
//! decoded by one kind of deserializer only: a second one that tracks the path doubles the build
//! time.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// Returns the path of the innermost value at the error's position; `.` for the whole text.
pub(crate) fn place(json: &[u8], error: &serde_json::Error) -> String {
    let whole = std::str::from_utf8(json).ok();
    let path = whole.zip(position(json, error)).map(|(json, at)| {
        let (mut path, mut value) = (String::new(), json);
        while let Some((step, inside)) = step(json, value, at) {
            path.push_str(&step);
            value = inside;
        }
        path.trim_start_matches('.').to_owned()
    });
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| ".".to_owned())
}

/// Returns the position of the last byte that was read before the error.
fn position(json: &[u8], error: &serde_json::Error) -> Option<usize> {
    let lines = json.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(error.line().checked_sub(1)?).map(<[u8]>::len).sum();
    (before + error.column()).checked_sub(1)
}

/// Returns the step from a value to the value inside it that contains the position.
fn step<'a>(json: &str, value: &'a str, at: usize) -> Option<(String, &'a str)> {
    let holds = |inside: &&RawValue| {
        let start = (inside.get().as_ptr() as usize).checked_sub(json.as_ptr() as usize);
        // An object or a list of the wrong type is rejected before its first byte is read.
        start.is_some_and(|start| {
            start == at + 1 || (start..start + inside.get().len()).contains(&at)
        })
    };
    if let Ok(fields) = serde_json::from_str::<HashMap<String, &'a RawValue>>(value) {
        let (key, inside) = fields.into_iter().find(|(_, inside)| holds(inside))?;
        return Some((format!(".{key}"), inside.get()));
    }
    let rows: Vec<&'a RawValue> = serde_json::from_str(value).ok()?;
    let (index, inside) = rows.into_iter().enumerate().find(|(_, inside)| holds(inside))?;
    Some((format!("[{index}]"), inside.get()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(rename = "id")]
        _id: u8,
        #[serde(flatten)]
        _extra: serde_json::Map<String, serde_json::Value>,
    }

    fn placed<T: DeserializeOwned>(json: &str) -> String {
        let failed = serde_json::from_str::<T>(json).err().expect("it does not decode");
        place(json.as_bytes(), &failed)
    }

    #[test]
    fn a_failure_names_its_place() {
        type Page = HashMap<String, Vec<Row>>;
        let lines = "{\"payload\":\n [{\"id\": 1},\n {\"é\": [2], \"id\": \"x\"}]}";
        assert_eq!(placed::<Page>(lines), "payload[1].id");
        for wrong in ["{}", "[1]", "null", "3.5", "-1", "256", "true", "\"\""] {
            let json =
                format!(r#"{{"payload": [{{"id": 1}}, {{"a": 0, "id": {wrong}, "z": 0}}]}}"#);
            assert_eq!(placed::<Page>(&json), "payload[1].id", "{wrong}");
        }
        assert_eq!(placed::<Page>(r#"{"payload": [{"id": 1}, {"it": 2}]}"#), "payload[1]");
        assert_eq!(placed::<Page>(r#"{"payload": {"id": 1}}"#), "payload");
    }

    #[test]
    fn the_whole_and_what_is_no_json_are_a_dot() {
        assert_eq!(placed::<Row>("7"), ".");
        assert_eq!(placed::<Row>(r#"{"id": "#), ".");
        assert_eq!(placed::<Row>(""), ".");
    }
}

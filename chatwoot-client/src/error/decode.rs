//! Decoding errors that contain no values of the response.

/// The reason why a response did not decode, without the values in it: serde's own message quotes
/// them.
#[derive(Debug, thiserror::Error)]
#[error("{what} at line {line} column {column}")]
pub(crate) struct DecodeError {
    what: String,
    line: usize,
    column: usize,
}

impl DecodeError {
    pub(crate) fn new(error: &serde_json::Error) -> Self {
        Self { what: without_values(error), line: error.line(), column: error.column() }
    }
}

fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = text.strip_suffix(&place).unwrap_or(&text);
    if !error.is_data() || said.starts_with("missing field") || said.starts_with("duplicate field")
    {
        return said.to_owned();
    }
    let Some((what, wanted)) = said.rsplit_once(", expected ") else {
        return "a value does not fit".into();
    };
    match what.split_once([':', '`', '"']) {
        Some((_, found)) if what.starts_with("invalid ") => {
            let found = found.split(['`', '"']).next().unwrap_or_default().trim();
            format!("found {found}, expected {wanted}")
        }
        _ => "a value does not fit".into(),
    }
}

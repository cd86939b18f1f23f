//! Attachments of a message: the metadata of a file, not its content.

use serde_json::{Value, json};

use crate::fake::state::State;

/// Returns the files of a multipart body; JSON has none, as on the server.
pub(in crate::fake) fn of(state: &State, account: i64, params: &Value) -> Vec<Value> {
    let files = params.get("attachments").and_then(Value::as_array).into_iter().flatten();
    files.filter(|file| file.is_object()).map(|file| shape(state, account, file)).collect()
}

fn shape(state: &State, account: i64, file: &Value) -> Value {
    let word = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, kind) = (word("filename"), word("content_type"));
    let family = kind.split('/').next().unwrap_or_default();
    let file_type = if ["image", "audio", "video"].contains(&family) { family } else { "file" };
    let address = format!("{}/rails/active_storage/blobs/redirect/{name}", state.base_url);
    let thumb = if file_type == "image" { address.clone() } else { String::new() };
    // The server measures images later.
    json!({
        "id": null,
        "message_id": null,
        "file_type": file_type,
        "account_id": account,
        "extension": name.rsplit_once('.').map(|(_, extension)| extension),
        "content_type": kind,
        "data_url": address,
        "thumb_url": thumb,
        "file_size": file.get("size"),
        "width": null,
        "height": null,
    })
}

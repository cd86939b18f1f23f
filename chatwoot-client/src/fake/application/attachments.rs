//! Attachments of a message: what is known of a file, not the file.

use serde_json::{Value, json};

use crate::fake::state::State;

/// The files of a multipart body; JSON brings none, as upstream.
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
    // The server measures pictures later.
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

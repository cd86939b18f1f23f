//! Removes secrets from what is exported.

use serde_json::Value;

use crate::identity::PROOF_ATTRIBUTE;

/// The keys of secrets in Chatwoot's responses: whoever has a `source_id` of a visitor, a token or a
/// proof can act as the customer or the agent.
const SECRETS: &[&str] = &[
    "source_id",
    "pubsub_token",
    "access_token",
    "hmac_token",
    "identifier_hash",
    "website_token",
    PROOF_ATTRIBUTE,
];

/// Removes secrets, at any depth.
pub(super) fn scrub(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !SECRETS.contains(&key.as_str()));
            fields.values_mut().for_each(scrub);
        }
        Value::Array(values) => values.iter_mut().for_each(scrub),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_removed_wherever_they_are() {
        let mut value = json!({
            "id": 1, "contact_inboxes": [{ "source_id": "s", "inbox": { "id": 2 } }],
            "custom_attributes": { "store_proof": "1.2.3", "favorite": "gouda" },
        });
        scrub(&mut value);
        let left = json!({
            "id": 1, "contact_inboxes": [{ "inbox": { "id": 2 } }],
            "custom_attributes": { "favorite": "gouda" },
        });
        assert_eq!(value, left);
    }
}

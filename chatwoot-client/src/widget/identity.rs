//! The identity of a widget's visitor, and its proof.

use serde::{Serialize, Serializer};

use crate::mac::mac_digits;
use crate::types::Secret;
use crate::types::{Attributes, Extra};
use crate::widget::WidgetError;

/// Returns the proof of an identifier: its HMAC-SHA256 with the inbox's `hmac_token`, in
/// hexadecimal digits. Compute it on the server, only for the customer who is signed in: whoever
/// has it is that customer to the widget.
///
/// The `hmac_token` is not the secret of a webhook, and each inbox has its own.
///
/// ```
/// use chatwoot_client::{Secret, widget};
///
/// let hash = widget::identifier_hash(&Secret::new("Jefe"), "what do ya want for nothing?");
/// assert_eq!(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
/// ```
pub fn identifier_hash(hmac_token: &Secret, identifier: &str) -> String {
    mac_digits(hmac_token, &[identifier.as_bytes()])
}

/// A signed-in customer, as passed to the widget.
///
/// The widget sends it to the server again only if the identifier, name, e-mail address, picture or
/// proof has changed since this browser last sent it.
///
/// ```
/// use chatwoot_client::Secret;
/// use chatwoot_client::widget::WidgetUser;
///
/// let hmac_token = Secret::new("the inbox's hmac_token");
/// let mut user = WidgetUser::proven("customer-17", &hmac_token)?;
/// user.name = Some("Ada Lovelace".into());
/// user.email = Some("ada@example.com".into());
///
/// assert!(WidgetUser::new("").is_err());
/// # Ok::<(), chatwoot_client::widget::WidgetError>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct WidgetUser {
    #[serde(skip)]
    identifier: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address: it must be verified, because an inbox that does not require a proof of
    /// identity merges contacts by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The URL of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The phone number, such as `+31612345678`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The proof of the identifier; see [`identifier_hash`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_hash: Option<Secret>,
    /// Custom attributes of the contact, which the server merges with the existing ones.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub custom_attributes: Attributes,
    /// Custom attributes of the customer's conversation. The [`Snippet`](crate::widget::Snippet)
    /// keeps them there, whatever else the page sets; they are not part of the user that `setUser`
    /// takes. `Debug` shows only their keys: one of them may prove the customer's identity.
    #[serde(skip)]
    pub conversation_attributes: Extra,
    /// Further fields of the widget's user: `company_name`, `city`, `country_code`, `description`,
    /// `social_profiles`. Keys that have a field above, including the identifier and its proof, are
    /// ignored here when the user is written.
    #[serde(flatten, serialize_with = "without_fields")]
    pub extra: Extra,
}

/// The keys of the fields of [`WidgetUser`] and of the identifier: the widget uses the last of two
/// equal keys, so one among the others would replace the field.
const FIELDS: [&str; 7] = [
    "identifier",
    "name",
    "email",
    "avatar_url",
    "phone_number",
    "identifier_hash",
    "custom_attributes",
];

fn without_fields<S: Serializer>(extra: &Extra, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(extra.iter().filter(|(key, _)| !FIELDS.contains(&key.as_str())))
}

impl WidgetUser {
    /// Creates a user without proof, for an inbox that does not require one.
    pub fn new(identifier: impl Into<String>) -> Result<Self, WidgetError> {
        let identifier = identifier.into();
        if identifier.trim().is_empty() {
            return Err(WidgetError::EmptyIdentifier);
        }
        Ok(Self {
            identifier,
            name: None,
            email: None,
            avatar_url: None,
            phone_number: None,
            identifier_hash: None,
            custom_attributes: Attributes::new(),
            conversation_attributes: Extra::new(),
            extra: Extra::new(),
        })
    }

    /// Creates a user with the proof computed with the inbox's `hmac_token`.
    pub fn proven(identifier: impl Into<String>, hmac_token: &Secret) -> Result<Self, WidgetError> {
        let mut user = Self::new(identifier)?;
        if hmac_token.expose().trim().is_empty() {
            return Err(WidgetError::EmptyHmacToken);
        }
        user.identifier_hash = Some(identifier_hash(hmac_token, &user.identifier).into());
        Ok(user)
    }

    /// Returns the identifier: the host application's id of the customer.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Whether the widget accepts this user: it requires a name, an e-mail address or a picture.
    pub(super) fn is_named(&self) -> bool {
        [&self.name, &self.email, &self.avatar_url]
            .into_iter()
            .any(|text| text.as_ref().is_some_and(|text| !text.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_identifier_or_key_is_refused() {
        for text in ["", " ", "\t\n"] {
            assert!(matches!(WidgetUser::new(text), Err(WidgetError::EmptyIdentifier)));
            let refused = WidgetUser::proven(text, &"key".into());
            assert!(matches!(refused, Err(WidgetError::EmptyIdentifier)));
            let refused = WidgetUser::proven("c-1", &text.into());
            assert!(matches!(refused, Err(WidgetError::EmptyHmacToken)));
        }
    }

    #[test]
    fn what_else_is_given_replaces_no_field() {
        let filled = || {
            let mut user = WidgetUser::proven("c-1", &"key".into()).unwrap();
            user.name = Some("Ada".into());
            user.email = Some("ada@example.com".into());
            user.avatar_url = Some("https://shop.example/a.png".into());
            user.phone_number = Some("+31612345678".into());
            user.custom_attributes.insert("tier".into(), "gold".into());
            user
        };
        let mut keys: Vec<String> =
            serde_json::to_value(filled()).unwrap().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys.len(), 6, "a field is not filled above: {keys:?}");
        // The widget sends it beside the fields, so that it would be another user's.
        keys.push("identifier".into());
        for user in [filled(), WidgetUser::new("c-1").unwrap()] {
            let plain = serde_json::to_string(&user).unwrap();
            let mut meddled = user.clone();
            for key in &keys {
                meddled.extra.insert(key.clone(), "another's".into());
            }
            assert_eq!(serde_json::to_string(&meddled).unwrap(), plain);
            meddled.extra.insert("city".into(), "Paris".into());
            let written = serde_json::to_string(&meddled).unwrap();
            assert!(written.contains(r#""city":"Paris""#) && !written.contains("another's"));
        }
    }

    #[test]
    fn the_proof_is_written_and_not_shown() {
        let user = WidgetUser::proven("c-1", &"key".into()).unwrap();
        let hash = identifier_hash(&"key".into(), "c-1");
        assert_eq!(
            serde_json::to_value(&user).unwrap(),
            serde_json::json!({"identifier_hash": hash})
        );
        assert!(!format!("{user:?}").contains(&hash));
        assert_ne!(hash, identifier_hash(&"key".into(), "c-2"));
        assert_ne!(hash, identifier_hash(&"other".into(), "c-1"));
    }
}

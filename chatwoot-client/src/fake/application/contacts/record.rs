//! A contact record, and the rules of its columns.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The maximum length of a string column.
const LONGEST: usize = 255;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::fake) struct Contact {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) account: i64,
    pub(in crate::fake) name: Option<String>,
    pub(in crate::fake) email: Option<String>,
    pub(in crate::fake) phone_number: Option<String>,
    pub(in crate::fake) identifier: Option<String>,
    pub(in crate::fake) additional: Map<String, Value>,
    pub(in crate::fake) custom: Map<String, Value>,
    pub(in crate::fake) blocked: bool,
    pub(in crate::fake) company: Option<i64>,
    pub(in crate::fake) visitor: bool,
    pub(in crate::fake) labels: Vec<String>,
    pub(in crate::fake) avatar: String,
    pub(in crate::fake) last_activity_at: Option<Timestamp>,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
}

impl Contact {
    pub(in crate::fake) fn new(account: i64, at: Timestamp) -> Self {
        Self {
            id: 0,
            account,
            name: Some(String::new()),
            email: None,
            phone_number: None,
            identifier: None,
            additional: Map::new(),
            custom: Map::new(),
            blocked: false,
            company: None,
            visitor: true,
            labels: Vec::new(),
            avatar: String::new(),
            last_activity_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// Whether lists and filters include it: only contacts with an e-mail address, phone number or
    /// identifier.
    pub(in crate::fake) fn is_resolved(&self) -> bool {
        [&self.email, &self.phone_number, &self.identifier]
            .into_iter()
            .any(|field| field.as_deref().is_some_and(|text| !text.is_empty()))
    }

    /// Sets the plain columns that the request names; null clears.
    pub(in crate::fake) fn assign(&mut self, params: &Value) {
        let columns = [
            ("name", &mut self.name),
            ("email", &mut self.email),
            ("phone_number", &mut self.phone_number),
            ("identifier", &mut self.identifier),
        ];
        for (name, column) in columns {
            if params.get(name).is_some() {
                *column = crate::fake::http::input::text(params, name);
            }
        }
        if let Some(blocked) = crate::fake::http::input::flag(params, "blocked") {
            self.blocked = blocked;
        }
    }

    /// Returns the fields that are too long for their columns.
    pub(in crate::fake) fn faults_of_length(&self) -> Vec<(&'static str, &'static str)> {
        let too_long = |field: &Option<String>| {
            field.as_ref().is_some_and(|text| text.chars().count() > LONGEST)
        };
        let columns = [
            (&self.name, "name", "Name is too long (maximum is 255 characters)"),
            (&self.email, "email", "Email is too long (maximum is 255 characters)"),
            (
                &self.phone_number,
                "phone_number",
                "Phone number is too long (maximum is 255 characters)",
            ),
            (&self.identifier, "identifier", "Identifier is too long (maximum is 255 characters)"),
        ];
        columns
            .into_iter()
            .filter(|(field, ..)| too_long(field))
            .map(|(_, name, text)| (name, text))
            .collect()
    }
}

/// Whether a text is an e-mail address to the server: text, one at sign, text.
pub(in crate::fake) fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let filled = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && !part.contains(char::is_whitespace))
    };
    filled(parts.next()) && filled(parts.next()) && parts.next().is_none()
}

/// Whether a text ends in a plus, a digit that is not 0, and 1 to 14 digits; the text before is
/// ignored.
pub(in crate::fake) fn is_phone(text: &str) -> bool {
    let Some((_, digits)) = text.rsplit_once('+') else { return false };
    (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_e164() {
        assert!(is_phone("+31612345678"));
        for wrong in ["12", "0612345678", "+31 6 12345678", "+999999999999999999", "+1 (415) 555"] {
            assert!(!is_phone(wrong), "{wrong}");
        }
    }

    #[test]
    fn emails_need_one_at_sign() {
        assert!(is_email("a@b"));
        for wrong in ["nope", "@b", "a@", "a@b@c", "a b@c"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}

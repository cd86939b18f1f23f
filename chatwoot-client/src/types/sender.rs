//! Senders of messages.

use serde::{Deserialize, Serialize};

use crate::types::{AgentBotId, CompanyId, ContactId, UserId};
use crate::types::{Attributes, Availability, Extra, NullAsEmpty};

/// The sender of a message; the server's `type` field selects the variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sender {
    /// A contact.
    Contact(Box<SenderContact>),
    /// An agent or administrator.
    User(SenderUser),
    /// An agent bot.
    AgentBot(SenderBot),
    /// A type that this version of the client does not know, with all its fields.
    #[serde(untagged)]
    Other(Extra),
}

impl Sender {
    /// Returns the contact's id, if the sender is a contact.
    pub fn contact_id(&self) -> Option<ContactId> {
        if let Self::Contact(contact) = self { Some(contact.id) } else { None }
    }

    /// Returns the user's id, if the sender is an agent or administrator.
    pub fn user_id(&self) -> Option<UserId> {
        if let Self::User(user) = self { Some(user.id) } else { None }
    }
}

/// A contact as the sender of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SenderContact {
    /// Its id.
    pub id: ContactId,
    /// Its name; may be empty.
    pub name: Option<String>,
    /// The host application's id for it.
    pub identifier: Option<String>,
    /// Its e-mail address, in lower case.
    pub email: Option<String>,
    /// Its phone number, E.164.
    pub phone_number: Option<String>,
    /// The URL of its picture; empty if there is none.
    pub thumbnail: Option<String>,
    /// Whether it is blocked: its messages are rejected.
    pub blocked: Option<bool>,
    /// The id of its company; 4.9.1 does not send it.
    pub company_id: Option<CompanyId>,
    /// Attributes that Chatwoot itself defines, such as the city.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// Attributes that the account defines.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent or administrator as the sender of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SenderUser {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: Option<String>,
    /// The name that customers see.
    pub available_name: Option<String>,
    /// The URL of their picture; empty if there is none.
    pub avatar_url: Option<String>,
    /// The URL of a thumbnail of their picture; empty if there is none.
    pub thumbnail: Option<String>,
    /// Their availability; `None` in responses to visitors.
    pub availability_status: Option<Availability>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent bot as the sender of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SenderBot {
    /// Its id.
    pub id: AgentBotId,
    /// Its name.
    pub name: Option<String>,
    /// The URL of its picture.
    pub avatar_url: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(json: &str) -> Sender {
        let sender: Sender = serde_json::from_str(json).unwrap();
        let wanted: serde_json::Value = serde_json::from_str(json).unwrap();
        let mut got = serde_json::to_value(&sender).unwrap();
        if let (Some(got), Some(wanted)) = (got.as_object_mut(), wanted.as_object()) {
            got.retain(|key, value| wanted.contains_key(key) || !value.is_null());
        }
        assert_eq!(got, wanted);
        sender
    }

    #[test]
    fn each_kind_of_sender_keeps_its_type() {
        let user = there_and_back(r#"{"id": 2, "name": "Ada", "type": "user", "new_key": 1}"#);
        assert_eq!(user.user_id(), Some(UserId(2)));
        let bot =
            there_and_back(r#"{"id": 3, "name": "Bot", "avatar_url": "", "type": "agent_bot"}"#);
        assert!(matches!(bot, Sender::AgentBot(_)));
        let contact: Sender = serde_json::from_str(r#"{"id": 1, "type": "contact"}"#).unwrap();
        assert_eq!(contact.contact_id(), Some(ContactId(1)));
    }

    #[test]
    fn a_kind_that_is_not_known_is_kept_whole() {
        let other =
            there_and_back(r#"{"id": 9, "type": "captain_assistant", "deep": {"a": null}}"#);
        assert!(matches!(other, Sender::Other(_)));
        assert!(matches!(there_and_back(r#"{"name": "no type"}"#), Sender::Other(_)));
    }
}

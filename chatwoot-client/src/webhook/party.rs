//! Parties: senders, assignees, and short references to an account, inbox or team.

use serde::{Deserialize, Serialize};

use crate::types::{AccountId, AgentBotId, CompanyId, ContactId, InboxId, TeamId, UserId};
use crate::types::{Attributes, Availability, Extra, open_enum};

open_enum! {
    /// The type of a [`Party`].
    pub enum PartyKind {
        /// A contact: a customer or visitor.
        Contact = "contact",
        /// A user: an agent or administrator.
        User = "user",
        /// An agent bot.
        AgentBot = "agent_bot",
    }
}

/// A contact, a user or a bot, in payloads that allow any of them: the sender of a message, the
/// assignee of a conversation, the one who is typing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Party {
    /// Its id, unique per type: see [`Party::contact_id`], [`Party::user_id`] and
    /// [`Party::agent_bot_id`].
    pub id: u64,
    /// Its type; the server omits it for the contact of a message.
    #[serde(rename = "type")]
    pub kind: Option<PartyKind>,
    /// Its name.
    pub name: Option<String>,
    /// The name of a user that customers see.
    pub available_name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The URL of its picture; empty if there is none.
    pub avatar_url: Option<String>,
    /// The URL of a contact's picture; empty if there is none.
    pub avatar: Option<String>,
    /// The URL of its picture; empty if there is none.
    pub thumbnail: Option<String>,
    /// The availability of a user.
    pub availability_status: Option<Availability>,
    /// The host application's id for a contact.
    pub identifier: Option<String>,
    /// A contact's phone number.
    pub phone_number: Option<String>,
    /// Whether a contact is blocked.
    pub blocked: Option<bool>,
    /// A contact's custom attributes.
    pub custom_attributes: Option<Attributes>,
    /// A contact's additional attributes.
    pub additional_attributes: Option<Attributes>,
    /// The id of a contact's company.
    pub company_id: Option<CompanyId>,
    /// A contact's account.
    pub account: Option<AccountRef>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Party {
    /// Returns its type. Without a type in the payload it is a contact.
    pub fn kind(&self) -> &PartyKind {
        self.kind.as_ref().unwrap_or(&PartyKind::Contact)
    }

    /// Returns its id, if it is a contact.
    pub fn contact_id(&self) -> Option<ContactId> {
        (*self.kind() == PartyKind::Contact).then_some(ContactId(self.id))
    }

    /// Returns its id, if it is a user.
    pub fn user_id(&self) -> Option<UserId> {
        (*self.kind() == PartyKind::User).then_some(UserId(self.id))
    }

    /// Returns its id, if it is an agent bot.
    pub fn agent_bot_id(&self) -> Option<AgentBotId> {
        (*self.kind() == PartyKind::AgentBot).then_some(AgentBotId(self.id))
    }
}

macro_rules! refs {
    ($($(#[$doc:meta])* $name:ident($id:ident);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            /// Its id.
            pub id: $id,
            /// Its name.
            pub name: Option<String>,
            /// Fields that this version of the client does not name.
            #[serde(flatten)]
            pub extra: Extra,
        }
    )+};
}

refs! {
    /// An account, by id and name.
    AccountRef(AccountId);
    /// An inbox, by id and name.
    InboxRef(InboxId);
    /// A team, by id and name.
    TeamRef(TeamId);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_told_by_kind() {
        let read = |text: &str| serde_json::from_str::<Party>(text).unwrap();
        let contact = read(r#"{"id":3,"name":"Ada"}"#);
        assert_eq!((contact.contact_id(), contact.user_id()), (Some(ContactId(3)), None));
        let user = read(r#"{"id":3,"type":"user","availability_status":null}"#);
        assert_eq!((user.contact_id(), user.user_id()), (None, Some(UserId(3))));
        let bot = read(r#"{"id":3,"type":"agent_bot","shoe":1}"#);
        assert_eq!(bot.agent_bot_id(), Some(AgentBotId(3)));
        assert_eq!(bot.extra["shoe"], 1);
        let other = read(r#"{"id":3,"type":"robot"}"#);
        assert_eq!((other.contact_id(), other.user_id(), other.agent_bot_id()), (None, None, None));
    }
}

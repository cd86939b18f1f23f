//! Contact types: what the contact operations answer and take.

use serde::{Deserialize, Serialize};

use crate::types::Patch;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{Attributes, Availability, ChannelType, Extra, NullAsEmpty, open_enum};
use crate::types::{ChannelId, CompanyId, ContactId, InboxId};

/// A contact: a customer as Chatwoot knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Its name; may be empty.
    pub name: Option<String>,
    /// The shop's own key for it; unique in the account, and its case counts.
    pub identifier: Option<String>,
    /// Its e-mail address; unique in the account, stored lower-case.
    pub email: Option<String>,
    /// Its phone number, E.164; unique in the account.
    pub phone_number: Option<String>,
    /// Where its picture is; empty where there is none.
    pub thumbnail: Option<String>,
    /// Whether it is on a page with the widget now.
    pub availability_status: Option<Availability>,
    /// Whether its messages are refused.
    pub blocked: Option<bool>,
    /// Its company; 4.9.1 does not say.
    pub company_id: Option<CompanyId>,
    /// Attributes that Chatwoot itself names: `city`, `country_code`, `company_name`,
    /// `description`, `social_profiles`.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// Attributes of the account's own.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// When it was made.
    pub created_at: Option<Time>,
    /// When it last wrote; absent where it never did.
    pub last_activity_at: Option<Time>,
    /// Where it can be written to; absent where an answer leaves it out.
    pub contact_inboxes: Option<Vec<ContactInbox>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact's presence in one inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactInbox {
    /// The contact's name there: an address, a number, or for an API inbox any text. In the public
    /// API it is what opens the contact's conversations.
    pub source_id: Option<Secret>,
    /// The inbox; `None` where a contact was made without one.
    pub inbox: Option<InboxSummary>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An inbox as a contact's answers carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxSummary {
    /// Its id.
    pub id: InboxId,
    /// Its name.
    pub name: Option<String>,
    /// What kind of channel it has.
    pub channel_type: Option<ChannelType>,
    /// Its channel.
    pub channel_id: Option<ChannelId>,
    /// Where its picture is; empty where there is none.
    pub avatar_url: Option<String>,
    /// Who carries its messages, for channels with a choice.
    pub provider: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What making a contact answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedContact {
    /// The contact.
    pub contact: Contact,
    /// Its presence in the inbox that was named; both its fields are `None` without one.
    pub contact_inbox: ContactInbox,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewContact {
    /// Its name, 255 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The shop's own key for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Where to fetch its picture; the server does so later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Whether its messages are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// Attributes that Chatwoot itself names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_attributes: Option<Attributes>,
    /// Attributes of the account's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
    /// An inbox to make it present in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Its name in that inbox; left out, the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
}

/// What to change of a contact.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ContactPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// The shop's own key for it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub identifier: Patch<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// Its phone number, E.164.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub phone_number: Patch<String>,
    /// Where to fetch its picture; the server does so later.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub avatar_url: Patch<String>,
    /// Whether its messages are refused.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub blocked: Patch<bool>,
    /// Attributes of Chatwoot's own naming to set; the others stay.
    #[serde(rename = "additional_attributes", skip_serializing_if = "Option::is_none")]
    pub merge_additional_attributes: Option<Attributes>,
    /// Attributes of the account's own to set; the others stay. `null` is stored as null: to
    /// remove one, use [`ContactHandle::remove_custom_attributes`](super::ContactHandle::remove_custom_attributes).
    #[serde(rename = "custom_attributes", skip_serializing_if = "Option::is_none")]
    pub merge_custom_attributes: Option<Attributes>,
}

/// Which contacts to list, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ContactsQuery {
    /// The page, from 1; a page has 15.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// In what order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<ContactSort>,
    /// Only contacts with one of these labels; only the list heeds it.
    #[serde(rename = "labels[]", skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Whether each contact carries its inboxes; the server's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_contact_inboxes: Option<bool>,
}

open_enum! {
    /// The order of contacts; a leading `-` turns it round.
    pub enum ContactSort {
        /// Oldest first; rows do not move while pages are read.
        CreatedAt = "created_at",
        /// Newest first.
        CreatedAtDescending = "-created_at",
        /// Longest silent first.
        LastActivityAt = "last_activity_at",
        /// Last active first.
        LastActivityAtDescending = "-last_activity_at",
        /// By name.
        Name = "name",
        /// By name, from the end.
        NameDescending = "-name",
        /// By e-mail address.
        Email = "email",
        /// By e-mail address, from the end.
        EmailDescending = "-email",
        /// By phone number.
        PhoneNumber = "phone_number",
        /// By phone number, from the end.
        PhoneNumberDescending = "-phone_number",
    }
}

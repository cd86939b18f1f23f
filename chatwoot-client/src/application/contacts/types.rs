//! Types of the contact operations: responses and request bodies.

use serde::{Deserialize, Serialize};

use crate::types::Patch;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{Attributes, Availability, ChannelType, Extra, NullAsEmpty, open_enum};
use crate::types::{ChannelId, CompanyId, ContactId, InboxId};

/// A contact: a person who writes to the account, as Chatwoot stores them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Its name; may be empty.
    pub name: Option<String>,
    /// The shop's own key for the contact; unique in the account, case-sensitive.
    pub identifier: Option<String>,
    /// Its e-mail address; unique in the account, stored in lower case.
    pub email: Option<String>,
    /// Its phone number, in E.164 form; unique in the account.
    pub phone_number: Option<String>,
    /// The URL of the contact's picture; empty if it has none.
    pub thumbnail: Option<String>,
    /// Whether the contact has the widget open now.
    pub availability_status: Option<Availability>,
    /// Whether the contact is blocked: its messages are refused.
    pub blocked: Option<bool>,
    /// The id of its company; absent on 4.9.1.
    pub company_id: Option<CompanyId>,
    /// Attributes that Chatwoot itself defines: `city`, `country_code`, `company_name`,
    /// `description`, `social_profiles`.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// The account's custom attributes.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When the contact last wrote; absent if it never did.
    pub last_activity_at: Option<Time>,
    /// The inboxes it is present in; absent in responses that do not include them.
    pub contact_inboxes: Option<Vec<ContactInbox>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact's presence in one inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactInbox {
    /// The contact's source id in the inbox: an address, a number, or for an API inbox any text. In
    /// the public API it gives access to the contact's conversations.
    pub source_id: Option<Secret>,
    /// The inbox; `None` if the contact was created without one.
    pub inbox: Option<InboxSummary>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An inbox, as contact responses include it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxSummary {
    /// Its id.
    pub id: InboxId,
    /// Its name.
    pub name: Option<String>,
    /// The type of its channel.
    pub channel_type: Option<ChannelType>,
    /// The id of its channel.
    pub channel_id: Option<ChannelId>,
    /// The URL of its picture; empty if it has none.
    pub avatar_url: Option<String>,
    /// The provider of its messages, for channels that have several.
    pub provider: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The response to [`Contacts::create`](super::Contacts::create).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedContact {
    /// The contact.
    pub contact: Contact,
    /// The contact's presence in the given inbox; both of its fields are `None` without one.
    pub contact_inbox: ContactInbox,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewContact {
    /// Its name, of at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The shop's own key for the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its phone number, in E.164 form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The URL of its picture, which the server fetches in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Whether the contact is blocked: its messages are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// Attributes that Chatwoot itself defines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_attributes: Option<Attributes>,
    /// The account's custom attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
    /// The id of an inbox to add it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Its source id in that inbox; the server generates one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
}

/// The changes to make to a contact.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ContactPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// The shop's own key for the contact.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub identifier: Patch<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// Its phone number, in E.164 form.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub phone_number: Patch<String>,
    /// The URL of its picture, which the server fetches in the background.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub avatar_url: Patch<String>,
    /// Whether the contact is blocked: its messages are refused.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub blocked: Patch<bool>,
    /// Attributes that Chatwoot itself defines, to set; the others stay.
    #[serde(rename = "additional_attributes", skip_serializing_if = "Option::is_none")]
    pub merge_additional_attributes: Option<Attributes>,
    /// The account's custom attributes to set; the others stay. `null` is stored as null: to remove
    /// one, use
    /// [`ContactHandle::remove_custom_attributes`](super::ContactHandle::remove_custom_attributes).
    #[serde(rename = "custom_attributes", skip_serializing_if = "Option::is_none")]
    pub merge_custom_attributes: Option<Attributes>,
}

/// Which contacts to list, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ContactsQuery {
    /// The page number, from 1; a page has 15 contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The sort order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<ContactSort>,
    /// Only contacts with one of these labels; only [`Contacts::list`](super::Contacts::list)
    /// supports it.
    #[serde(rename = "labels[]", skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Whether each contact includes its inboxes; the server's default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_contact_inboxes: Option<bool>,
}

open_enum! {
    /// The order of contacts; a leading `-` in the value means descending.
    pub enum ContactSort {
        /// Oldest first; new entries do not move others to another page.
        CreatedAt = "created_at",
        /// Newest first.
        CreatedAtDescending = "-created_at",
        /// Least recently active first.
        LastActivityAt = "last_activity_at",
        /// Most recently active first.
        LastActivityAtDescending = "-last_activity_at",
        /// By name.
        Name = "name",
        /// By name, descending.
        NameDescending = "-name",
        /// By e-mail address.
        Email = "email",
        /// By e-mail address, descending.
        EmailDescending = "-email",
        /// By phone number.
        PhoneNumber = "phone_number",
        /// By phone number, descending.
        PhoneNumberDescending = "-phone_number",
    }
}

//! Contacts: the payload of contact events, and the contact inside a conversation.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::party::AccountRef;
use crate::types::{Attributes, Extra};
use crate::types::{CompanyId, ContactId};
use crate::webhook::Change;

/// A contact as webhooks send it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Its name; empty if it has none.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// The host application's id for it.
    pub identifier: Option<String>,
    /// Whether it is blocked.
    pub blocked: Option<bool>,
    /// The URL of its picture; empty if there is none. Not inside a conversation.
    pub avatar: Option<String>,
    /// The URL of its picture; empty if there is none.
    pub thumbnail: Option<String>,
    /// Its custom attributes.
    pub custom_attributes: Option<Attributes>,
    /// Its additional attributes, such as city, company name and social profiles.
    pub additional_attributes: Option<Attributes>,
    /// The id of its company, if the account has companies. Only inside a conversation.
    pub company_id: Option<CompanyId>,
    /// `contact`. Only inside a conversation.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its account. Not inside a conversation.
    pub account: Option<AccountRef>,
    /// The fields that changed. Only in `contact_updated`.
    pub changed_attributes: Option<Vec<Change>>,
    // The name of the event is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

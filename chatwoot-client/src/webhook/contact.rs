//! Contacts: the payload of contact events, and the contact inside a conversation.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::party::AccountRef;
use crate::ids::{CompanyId, ContactId};
use crate::model::{Attributes, Extra};

/// A contact as webhooks send it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Its name; empty if it has none.
    #[serde(default)]
    pub name: Option<String>,
    /// Its e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Its phone number.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// Its id in the shop.
    #[serde(default)]
    pub identifier: Option<String>,
    /// Whether it is blocked.
    #[serde(default)]
    pub blocked: Option<bool>,
    /// Where its picture is; empty for none. Not inside a conversation.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Where its picture is; empty for none.
    #[serde(default)]
    pub thumbnail: Option<String>,
    /// Its custom attributes.
    #[serde(default)]
    pub custom_attributes: Option<Attributes>,
    /// Its additional attributes: city, company name, social profiles and the like.
    #[serde(default)]
    pub additional_attributes: Option<Attributes>,
    /// Its company, where the account has companies. Only inside a conversation.
    #[serde(default)]
    pub company_id: Option<CompanyId>,
    /// `contact`. Only inside a conversation.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Its account. Not inside a conversation.
    #[serde(default)]
    pub account: Option<AccountRef>,
    /// What changed. Only in `contact_updated`.
    #[serde(default)]
    pub changed_attributes: Option<Vec<Change>>,
    // The event's name is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

//! The keys that an attribute cannot have.

use super::attribute::AppliesTo;

/// The key of the store's proof among a conversation's custom attributes.
pub const PROOF_ATTRIBUTE: &str = "store_proof";

/// The key of the mark in `additional_attributes` of each contact that was created or adopted under
/// a plain identifier. Its value is the customer's pseudonym, which identifies the contact if the
/// server's response was lost; a plain identifier could be a guest's.
pub const CONTACT_MARK: &str = "store_contact";

/// The keys that Chatwoot uses itself for contacts; it refuses a definition with one of them
/// (4.15.1).
const OF_CONTACTS: &[&str] = &[
    "name",
    "email",
    "phone_number",
    "identifier",
    "country_code",
    "city",
    "company_name",
    "created_at",
    "last_activity_at",
    "referer",
    "blocked",
];

/// The keys that Chatwoot uses itself for conversations; it refuses a definition with one of them
/// (4.15.1).
const OF_CONVERSATIONS: &[&str] = &[
    "status",
    "priority",
    "assignee_id",
    "inbox_id",
    "team_id",
    "display_id",
    "campaign_id",
    "labels",
    "browser_language",
    "country_code",
    "referer",
    "created_at",
    "last_activity_at",
];

/// Returns who uses a key already: Chatwoot or this engine.
pub(super) fn reserved_by(applies_to: AppliesTo, key: &str) -> Option<&'static str> {
    let of_chatwoot = match applies_to {
        AppliesTo::Contact => OF_CONTACTS,
        AppliesTo::Conversation => OF_CONVERSATIONS,
    };
    if [PROOF_ATTRIBUTE, CONTACT_MARK].contains(&key) {
        Some("this engine")
    } else if of_chatwoot.contains(&key) {
        Some("Chatwoot")
    } else {
        None
    }
}

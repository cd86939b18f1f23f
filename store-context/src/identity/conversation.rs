//! Verifies who writes in a conversation of the API or of a webhook.

use chatwoot_client::application::conversations::Conversation;
use chatwoot_client::{Attributes, webhook};
use jiff::Timestamp;

use super::PROOF_ATTRIBUTE;
use super::store_identity::{Evidence, StoreIdentity};
use crate::model::Proof;

impl StoreIdentity {
    /// Verifies who writes in a conversation of the API; `written_at` is when the customer wrote
    /// the message in question.
    pub fn check_conversation(
        &self,
        conversation: &Conversation,
        written_at: Timestamp,
        now: Timestamp,
    ) -> Proof {
        let evidence = Evidence {
            identifier: conversation.meta.sender.identifier.as_deref(),
            hmac_verified: conversation.meta.hmac_verified,
            proof: conversation.custom_attributes.get(PROOF_ATTRIBUTE),
            written_at,
        };
        self.check(evidence, now)
    }

    /// Verifies who writes in a conversation of a webhook.
    pub(crate) fn check_webhook(
        &self,
        conversation: &webhook::Conversation,
        written_at: Timestamp,
        now: Timestamp,
    ) -> Proof {
        let of_inbox = || conversation.contact_inbox.as_ref()?.hmac_verified;
        let attributes = conversation.custom_attributes.as_ref();
        let evidence = Evidence {
            identifier: conversation.contact().identifier.as_deref(),
            hmac_verified: conversation.meta.hmac_verified.or_else(of_inbox),
            proof: attributes.and_then(|attributes: &Attributes| attributes.get(PROOF_ATTRIBUTE)),
            written_at,
        };
        self.check(evidence, now)
    }
}

//! The token of a page: the conversation it was opened for, signed with the store's key. It is not
//! stored.

use chatwoot_client::{ContactId, ConversationId, Secret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PanelError;
use crate::identity::StoreIdentity;
use crate::model::Proof;
use crate::ports::{PortError, PortResult};

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) conversation: ConversationId,
    pub(super) contact: ContactId,
    pub(super) proof: Proof,
    /// When the token expires, in seconds since the epoch.
    pub(super) until: i64,
}

impl Claims {
    /// Returns the token: the claims' JSON as hexadecimal digits, a dot, and their MAC.
    pub(super) fn sign(&self, identity: &StoreIdentity) -> PortResult<Secret> {
        let json = serde_json::to_vec(self).map_err(|error| PortError::new("token", error))?;
        let mac = identity.sign_panel(&json);
        Ok(Secret::new(format!("{}.{mac}", hex::encode(json))))
    }

    /// Returns the claims of a token that one of the store's keys signed, if it has not expired.
    pub(super) fn check(
        token: &Secret,
        identity: &StoreIdentity,
        now: Timestamp,
    ) -> Result<Self, PanelError> {
        let (digits, mac) = token.expose().split_once('.').ok_or(PanelError::Forged)?;
        let json = hex::decode(digits).map_err(|_| PanelError::Forged)?;
        if !identity.signed_panel(&json, mac, now) {
            return Err(PanelError::Forged);
        }
        let claims: Self = serde_json::from_slice(&json).map_err(|_| PanelError::Forged)?;
        if now.as_second() < claims.until { Ok(claims) } else { Err(PanelError::Expired) }
    }
}

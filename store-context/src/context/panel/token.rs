//! The token of a page: what it was opened for, under the store's key. Nothing is kept of it.

use chatwoot_client::{ContactId, ConversationId, Secret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PanelError;
use crate::identity::StoreIdentity;
use crate::model::Proof;
use crate::ports::{PortError, PortResult};

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) conversation: ConversationId,
    pub(super) contact: ContactId,
    pub(super) proof: Proof,
    /// Until when, in seconds since the epoch.
    pub(super) until: i64,
}

impl Claims {
    /// The claims as hexadecimal digits of their JSON, a dot, and their MAC.
    pub(super) fn sign(&self, identity: &StoreIdentity) -> PortResult<Secret> {
        let json = serde_json::to_vec(self).map_err(|error| PortError::new("token", error))?;
        let mac = identity.sign_panel(&json);
        Ok(Secret::new(format!("{}.{mac}", hex::encode(json))))
    }

    /// What a token stands for that one of the store's keys gave, if its time is not over.
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

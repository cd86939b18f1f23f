//! Who caused an event.

use serde::{Deserialize, Serialize};

use crate::types::UserId;
use crate::types::{Availability, Extra};

/// The user or bot that caused an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Performer {
    /// Its id, unique per type: see [`Performer::user_id`].
    pub id: Option<u64>,
    /// Its type: `user` or `agent_bot`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The name that customers see.
    pub available_name: Option<String>,
    /// The URL of its picture; empty if there is none.
    pub avatar_url: Option<String>,
    /// The URL of a thumbnail of its picture; empty if there is none.
    pub thumbnail: Option<String>,
    /// The availability of a user.
    pub availability_status: Option<Availability>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Performer {
    /// Returns its id, if it is a user.
    pub fn user_id(&self) -> Option<UserId> {
        self.id.filter(|_| self.kind.as_deref() == Some("user")).map(UserId)
    }
}

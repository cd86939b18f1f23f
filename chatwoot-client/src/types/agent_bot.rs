//! Agent bots: programs that take part in conversations, as several APIs return them.

use serde::{Deserialize, Serialize};

use crate::types::Extra;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, AgentBotId};

/// An agent bot. Its token and secret give access to conversations: store them encrypted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentBot {
    /// Its id.
    pub id: AgentBotId,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The URL of its picture; empty if there is none.
    pub thumbnail: Option<String>,
    /// The URL that receives its events.
    pub outgoing_url: Option<Secret>,
    /// Its type; usually `webhook`.
    pub bot_type: Option<String>,
    /// Its settings.
    pub bot_config: Option<Extra>,
    /// The id of its account; `None` for a bot of the whole installation.
    pub account_id: Option<AccountId>,
    /// Its token; every agent of its account can see it.
    pub access_token: Option<AgentBotToken>,
    /// The secret that signs its deliveries; only an administrator can see it. `None` before 4.13.
    pub secret: Option<Secret>,
    /// Whether it belongs to the whole installation.
    pub system_bot: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A bot's token: a string in most responses, an object in the response of an inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum AgentBotToken {
    /// The token.
    Text(Secret),
    /// The token and its metadata.
    Record(AgentBotTokenRecord),
}

impl AgentBotToken {
    /// Returns the token, in whichever form it was sent.
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Text(token) => token,
            Self::Record(record) => &record.token,
        }
    }
}

/// A token and its metadata.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentBotTokenRecord {
    /// The token.
    pub token: Secret,
    /// The record's id.
    pub id: Option<u64>,
    /// The id of the bot.
    pub owner_id: Option<AgentBotId>,
    /// `AgentBot`.
    pub owner_type: Option<String>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_in_both_forms_and_shown_in_none() {
        for json in [r#""s3cr3t""#, r#"{"id":1,"token":"s3cr3t"}"#] {
            let token: AgentBotToken = serde_json::from_str(json).expect("a token");
            assert_eq!(token.secret().expose(), "s3cr3t");
            assert!(!format!("{token:?}").contains("s3cr3t"));
        }
    }
}

//! Agent bot: a program that answers conversations, as several APIs answer it.

use serde::{Deserialize, Serialize};

use crate::types::Extra;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, AgentBotId};

/// An agent bot. Its token and secret open conversations: store them sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentBot {
    /// Its id.
    pub id: AgentBotId,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its picture; empty for none.
    pub thumbnail: Option<String>,
    /// Where its events are sent.
    pub outgoing_url: Option<Secret>,
    /// How it is reached: `webhook` as a rule.
    pub bot_type: Option<String>,
    /// Its settings.
    pub bot_config: Option<Extra>,
    /// Its account; `None` for a bot of the installation.
    pub account_id: Option<AccountId>,
    /// Its token; every agent of its account sees it.
    pub access_token: Option<AgentBotToken>,
    /// What its deliveries are signed with; only an administrator sees it. None before 4.13.
    pub secret: Option<Secret>,
    /// Whether it belongs to the installation.
    pub system_bot: Option<bool>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A bot's token: a text in most answers, a record in an inbox's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum AgentBotToken {
    /// The token.
    Text(Secret),
    /// The token and what the server notes of it.
    Record(AgentBotTokenRecord),
}

impl AgentBotToken {
    /// The token, in whatever form it came.
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Text(token) => token,
            Self::Record(record) => &record.token,
        }
    }
}

/// A token and what the server notes of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentBotTokenRecord {
    /// The token.
    pub token: Secret,
    /// The record's id.
    pub id: Option<u64>,
    /// The bot.
    pub owner_id: Option<AgentBotId>,
    /// `AgentBot`.
    pub owner_type: Option<String>,
    /// When it was made.
    pub created_at: Option<Time>,
    /// When it last changed.
    pub updated_at: Option<Time>,
    /// What else the server sends.
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

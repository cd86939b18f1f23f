//! Actions: what automation rules and macros do to a conversation.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::{ConversationStatus, Extra, Priority, open_enum};
use crate::types::{TeamId, UserId};

open_enum! {
    /// What an [`Action`] does.
    pub enum ActionName {
        /// Writes a message to the customer: its text.
        SendMessage = "send_message",
        /// Writes a note for agents: its text.
        AddPrivateNote = "add_private_note",
        /// Sends files that were uploaded before: their signed ids.
        SendAttachment = "send_attachment",
        /// Adds labels: their titles.
        AddLabel = "add_label",
        /// Takes labels away: their titles.
        RemoveLabel = "remove_label",
        /// Assigns an agent: the user's id, or `self` in a macro.
        AssignAgent = "assign_agent",
        /// Assigns a team: its id.
        AssignTeam = "assign_team",
        /// Assigns no agent.
        RemoveAssignedAgent = "remove_assigned_agent",
        /// Assigns no team.
        RemoveAssignedTeam = "remove_assigned_team",
        /// Sets the status: its word.
        ChangeStatus = "change_status",
        /// Resolves.
        ResolveConversation = "resolve_conversation",
        /// Opens; only in an automation rule.
        OpenConversation = "open_conversation",
        /// Sets pending; only in an automation rule.
        PendingConversation = "pending_conversation",
        /// Snoozes until the customer writes.
        SnoozeConversation = "snooze_conversation",
        /// Mutes the contact.
        MuteConversation = "mute_conversation",
        /// Sets the priority: its word, or `nil` for none.
        ChangePriority = "change_priority",
        /// Sends the conversation by e-mail: the addresses, with commas in one text.
        SendEmailTranscript = "send_email_transcript",
        /// Sends an e-mail to teams: their ids and the text; only in an automation rule.
        SendEmailToTeam = "send_email_to_team",
        /// Calls an address: the address.
        SendWebhookEvent = "send_webhook_event",
    }
}

/// Something that an automation rule or a macro does. Its `Debug` shows no parameters: one may be
/// the address of a webhook.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What it does.
    pub action_name: ActionName,
    /// With what: a list as a rule.
    #[serde(default)]
    pub action_params: Value,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").field("action_name", &self.action_name).finish_non_exhaustive()
    }
}

impl Action {
    /// Any action with its parameters.
    ///
    /// ```
    /// use chatwoot_client::application::automation_rules::{Action, ActionName};
    ///
    /// let action = Action::new(ActionName::SendMessage, ["We are on it."]);
    /// let json = serde_json::to_string(&action).unwrap();
    /// assert_eq!(json, r#"{"action_name":"send_message","action_params":["We are on it."]}"#);
    /// ```
    pub fn new<V: Into<Value>>(name: ActionName, params: impl IntoIterator<Item = V>) -> Self {
        let action_params = params.into_iter().map(Into::into).collect();
        Self { action_name: name, action_params: Value::Array(action_params), extra: Extra::new() }
    }

    /// An action that takes no parameter.
    pub fn plain(name: ActionName) -> Self {
        Self::new(name, [] as [Value; 0])
    }

    /// Adds labels.
    pub fn add_labels<T: Into<String>>(titles: impl IntoIterator<Item = T>) -> Self {
        Self::new(ActionName::AddLabel, titles.into_iter().map(Into::into))
    }

    /// Assigns an agent; who is no member of the inbox is passed over.
    pub fn assign_agent(user: UserId) -> Self {
        Self::new(ActionName::AssignAgent, [user.0])
    }

    /// Assigns a team.
    pub fn assign_team(team: TeamId) -> Self {
        Self::new(ActionName::AssignTeam, [team.0])
    }

    /// Sets the status.
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn change_status(to: ConversationStatus) -> Self {
        Self::new(ActionName::ChangeStatus, [to.as_str()])
    }

    /// Sets the priority.
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn change_priority(to: Priority) -> Self {
        Self::new(ActionName::ChangePriority, [to.as_str()])
    }

    /// The parameters; empty where the server has no list.
    pub fn params(&self) -> &[Value] {
        self.action_params.as_array().map_or(&[], Vec::as_slice)
    }
}

/// A file that an automation rule or a macro sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActionFile {
    /// The id of its attachment to the rule or macro.
    pub id: u64,
    /// What [`ActionName::SendAttachment`] names it by.
    pub blob_id: Option<Value>,
    /// Its name.
    pub filename: Option<String>,
    /// Its media type.
    pub file_type: Option<String>,
    /// Where it is. Whoever has the address may read the file.
    pub file_url: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_the_form_they_came_in() {
        for json in [
            r#"{"action_name":"assign_team","action_params":[3]}"#,
            r#"{"action_name":"resolve_conversation","action_params":""}"#,
            r#"{"action_name":"something_new","action_params":[{"team_ids":[1],"message":"x"}]}"#,
        ] {
            let action: Action = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_value(&action).unwrap(), json.parse::<Value>().unwrap());
        }
        assert_eq!(Action::assign_team(TeamId(3)).params(), [3]);
        assert!(Action::plain(ActionName::MuteConversation).params().is_empty());
    }
}

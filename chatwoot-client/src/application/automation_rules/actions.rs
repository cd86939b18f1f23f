//! Actions: changes that automation rules and macros make to a conversation.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::{ConversationStatus, Extra, Priority, open_enum};
use crate::types::{TeamId, UserId};

open_enum! {
    /// The kind of an [`Action`].
    pub enum ActionName {
        /// Sends a message to the customer. Parameter: its text.
        SendMessage = "send_message",
        /// Adds a private note for agents. Parameter: its text.
        AddPrivateNote = "add_private_note",
        /// Sends files that were uploaded before. Parameters: their signed ids.
        SendAttachment = "send_attachment",
        /// Adds labels. Parameters: their titles.
        AddLabel = "add_label",
        /// Removes labels. Parameters: their titles.
        RemoveLabel = "remove_label",
        /// Assigns an agent. Parameter: the user's id, or `self` in a macro.
        AssignAgent = "assign_agent",
        /// Assigns a team. Parameter: its id.
        AssignTeam = "assign_team",
        /// Removes the assigned agent.
        RemoveAssignedAgent = "remove_assigned_agent",
        /// Removes the assigned team.
        RemoveAssignedTeam = "remove_assigned_team",
        /// Sets the status. Parameter: its name, such as `resolved`.
        ChangeStatus = "change_status",
        /// Resolves the conversation.
        ResolveConversation = "resolve_conversation",
        /// Opens the conversation; only in an automation rule.
        OpenConversation = "open_conversation",
        /// Sets the conversation to pending; only in an automation rule.
        PendingConversation = "pending_conversation",
        /// Snoozes the conversation until the customer's next message.
        SnoozeConversation = "snooze_conversation",
        /// Mutes the contact.
        MuteConversation = "mute_conversation",
        /// Sets the priority. Parameter: its name, or `nil` for none.
        ChangePriority = "change_priority",
        /// Sends a transcript of the conversation by e-mail. Parameter: the addresses, separated by
        /// commas, as one text.
        SendEmailTranscript = "send_email_transcript",
        /// Sends an e-mail to teams; only in an automation rule. Parameters: the teams' ids and the
        /// text.
        SendEmailToTeam = "send_email_to_team",
        /// Sends the event to a webhook. Parameter: its URL.
        SendWebhookEvent = "send_webhook_event",
    }
}

/// One action of an automation rule or a macro. `Debug` does not show its parameters, since one may
/// be the URL of a webhook.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The kind of action.
    pub action_name: ActionName,
    /// Its parameters, usually a list.
    #[serde(default)]
    pub action_params: Value,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").field("action_name", &self.action_name).finish_non_exhaustive()
    }
}

impl Action {
    /// Creates an action with its parameters.
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

    /// Creates an action without parameters.
    pub fn plain(name: ActionName) -> Self {
        Self::new(name, [] as [Value; 0])
    }

    /// Creates an action that adds labels.
    pub fn add_labels<T: Into<String>>(titles: impl IntoIterator<Item = T>) -> Self {
        Self::new(ActionName::AddLabel, titles.into_iter().map(Into::into))
    }

    /// Creates an action that assigns an agent; the server skips it for one who is not a member of
    /// the inbox.
    pub fn assign_agent(user: UserId) -> Self {
        Self::new(ActionName::AssignAgent, [user.0])
    }

    /// Creates an action that assigns a team.
    pub fn assign_team(team: TeamId) -> Self {
        Self::new(ActionName::AssignTeam, [team.0])
    }

    /// Creates an action that sets the status.
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn change_status(to: ConversationStatus) -> Self {
        Self::new(ActionName::ChangeStatus, [to.as_str()])
    }

    /// Creates an action that sets the priority.
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn change_priority(to: Priority) -> Self {
        Self::new(ActionName::ChangePriority, [to.as_str()])
    }

    /// Returns the parameters; empty if the server's value is not a list.
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
    /// The id by which [`ActionName::SendAttachment`] refers to it.
    pub blob_id: Option<Value>,
    /// Its name.
    pub filename: Option<String>,
    /// Its media type, such as `image/png`.
    pub file_type: Option<String>,
    /// The URL of the file. Anyone who has it can read the file.
    pub file_url: Option<String>,
    /// Fields that this version of the client does not name.
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

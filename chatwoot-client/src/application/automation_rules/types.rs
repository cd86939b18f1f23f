//! Automation rule types: what the automation rule operations answer and take.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::FilterOperator;
use crate::application::attribute_definitions::AttributeModel;
use crate::application::automation_rules::{Action, ActionFile};
use crate::types::Patch;
use crate::types::Time;
use crate::types::{AccountId, AutomationRuleId};
use crate::types::{Extra, NullAsEmpty, open_enum};

open_enum! {
    /// What sets a rule off.
    pub enum RuleEvent {
        /// A conversation was started.
        ConversationCreated = "conversation_created",
        /// Something of a conversation changed.
        ConversationUpdated = "conversation_updated",
        /// A conversation was opened.
        ConversationOpened = "conversation_opened",
        /// A conversation was resolved.
        ConversationResolved = "conversation_resolved",
        /// A message was written.
        MessageCreated = "message_created",
    }
}

impl Default for RuleEvent {
    /// A started conversation.
    fn default() -> Self {
        Self::ConversationCreated
    }
}

/// A rule as the server answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AutomationRule {
    /// Its id.
    pub id: AutomationRuleId,
    /// The account.
    pub account_id: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What sets it off.
    pub event_name: RuleEvent,
    /// What must hold.
    #[serde(default)]
    pub conditions: NullAsEmpty<Vec<RuleCondition>>,
    /// What is done then.
    #[serde(default)]
    pub actions: NullAsEmpty<Vec<Action>>,
    /// Whether it runs.
    pub active: Option<bool>,
    /// When it was added.
    pub created_on: Option<Time>,
    /// The files it sends; absent where there are none.
    pub files: Option<Vec<ActionFile>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What must hold for a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleCondition {
    /// What is compared, such as `status` or a custom attribute's key.
    pub attribute_key: String,
    /// How it is compared; the server also keeps conditions that do not say, which never hold.
    pub filter_operator: Option<FilterOperator>,
    /// With what: a list as a rule.
    #[serde(default)]
    pub values: Value,
    /// What joins it to the next one: `AND` or `OR`; `None` on the last.
    pub query_operator: Option<String>,
    /// What else the server sends; `custom_attribute_type` for a custom attribute.
    #[serde(flatten)]
    pub extra: Extra,
}

impl RuleCondition {
    /// A comparison, the last or only one.
    pub fn new<V: Into<Value>>(
        attribute: impl Into<String>,
        operator: FilterOperator,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            attribute_key: attribute.into(),
            filter_operator: Some(operator),
            values: Value::Array(values.into_iter().map(Into::into).collect()),
            query_operator: None,
            extra: Extra::new(),
        }
    }

    /// The next condition must hold too.
    #[must_use]
    pub fn and(mut self) -> Self {
        self.query_operator = Some("AND".into());
        self
    }

    /// The next condition may hold instead.
    #[must_use]
    pub fn or(mut self) -> Self {
        self.query_operator = Some("OR".into());
        self
    }

    /// The attribute is a custom one, of conversations or of contacts.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn custom(mut self, of: AttributeModel) -> Self {
        self.extra.insert("custom_attribute_type".into(), of.as_str().into());
        self
    }
}

/// A rule to add.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAutomationRule {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What sets it off.
    pub event_name: RuleEvent,
    /// What must hold; all but the last name what joins them to the next one.
    pub conditions: Vec<RuleCondition>,
    /// What is done then.
    pub actions: Vec<Action>,
    /// Whether it runs; the server's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

impl NewAutomationRule {
    /// A rule without conditions and actions.
    pub fn new(name: impl Into<String>, event: RuleEvent) -> Self {
        Self { name: name.into(), event_name: event, ..Self::default() }
    }
}

/// What to change of a rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AutomationRulePatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// What sets it off.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub event_name: Patch<RuleEvent>,
    /// All that must hold.
    #[serde(rename = "conditions", skip_serializing_if = "Patch::is_keep")]
    pub replace_conditions: Patch<Vec<RuleCondition>>,
    /// All that is done.
    #[serde(rename = "actions", skip_serializing_if = "Patch::is_keep")]
    pub replace_actions: Patch<Vec<Action>>,
    /// Whether it runs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub active: Patch<bool>,
}

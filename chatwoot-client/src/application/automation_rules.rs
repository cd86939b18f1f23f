//! Automation rules: what the server does by itself when something happens to a conversation.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Account, Action, ActionFile, AttributeModel, FilterOperator};
use crate::call::Call;
use crate::ids::{AccountId, AutomationRuleId};
use crate::model::{Extra, OrEmpty, words};
use crate::op::Op;
use crate::patch::Patch;
use crate::time::Time;

const LIST: Op = Op::get("automation_rules.list", "/api/v1/accounts/{account_id}/automation_rules")
    .inside(&["payload"]);
const GET: Op =
    Op::get("automation_rules.get", "/api/v1/accounts/{account_id}/automation_rules/{id}")
        .inside(&["payload"]);
const CREATE: Op =
    Op::post("automation_rules.create", "/api/v1/accounts/{account_id}/automation_rules");
const UPDATE: Op =
    Op::patch("automation_rules.update", "/api/v1/accounts/{account_id}/automation_rules/{id}")
        .inside(&["payload"]);
const DELETE: Op =
    Op::delete("automation_rules.delete", "/api/v1/accounts/{account_id}/automation_rules/{id}");
const CLONE: Op = Op::post(
    "automation_rules.duplicate",
    "/api/v1/accounts/{account_id}/automation_rules/{id}/clone",
)
.inside(&["payload"]);

pub(super) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE, CLONE];

/// The automation rules of an account; from [`Account::automation_rules`]. Only an administrator
/// may call what is here.
#[derive(Clone, Copy, Debug)]
pub struct AutomationRules<'a> {
    account: &'a Account,
}

impl<'a> AutomationRules<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/automation_rules`: every rule; an administrator may. The
    /// documented pages do not exist.
    pub fn list(self) -> Call<'a, Vec<AutomationRule>> {
        self.account.call(LIST)
    }

    /// `GET /api/v1/accounts/{account_id}/automation_rules/{id}`: one rule; an administrator may.
    pub fn get(self, id: AutomationRuleId) -> Call<'a, AutomationRule> {
        self.account.call(GET).path("id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/automation_rules`: adds a rule; an administrator may.
    ///
    /// An attribute or action the server does not know is [invalid](crate::ErrorKind::Invalid).
    /// Names are not unique: sent twice, it makes two.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{Action, FilterOperator, NewAutomationRule, RuleCondition, RuleEvent};
    ///
    /// let rule = NewAutomationRule {
    ///     conditions: vec![RuleCondition::new("content", FilterOperator::Contains, ["refund"])],
    ///     actions: vec![Action::add_labels(["refund"])],
    ///     ..NewAutomationRule::new("Refunds", RuleEvent::MessageCreated)
    /// };
    /// account.automation_rules().create(&rule).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(self, rule: &NewAutomationRule) -> Call<'a, AutomationRule> {
        self.account.call(CREATE).json(rule)
    }

    /// `PATCH /api/v1/accounts/{account_id}/automation_rules/{id}`: changes a rule; what is left as
    /// [`Patch::Keep`] stays. An administrator may.
    pub fn update(
        self,
        id: AutomationRuleId,
        to: &AutomationRulePatch,
    ) -> Call<'a, AutomationRule> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// `DELETE /api/v1/accounts/{account_id}/automation_rules/{id}`: removes a rule; an
    /// administrator may.
    pub fn delete(self, id: AutomationRuleId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/automation_rules/{id}/clone`: makes a second rule like
    /// this one, and answers it; an administrator may. Undocumented.
    ///
    /// It has the same name and is as active as the first.
    pub fn duplicate(self, id: AutomationRuleId) -> Call<'a, AutomationRule> {
        self.account.call(CLONE).path("id", id)
    }
}

words! {
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
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What sets it off.
    pub event_name: RuleEvent,
    /// What must hold.
    #[serde(default)]
    pub conditions: OrEmpty<Vec<RuleCondition>>,
    /// What is done then.
    #[serde(default)]
    pub actions: OrEmpty<Vec<Action>>,
    /// Whether it runs.
    #[serde(default)]
    pub active: Option<bool>,
    /// When it was added.
    #[serde(default)]
    pub created_on: Option<Time>,
    /// The files it sends; absent where there are none.
    #[serde(default)]
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
    #[serde(default)]
    pub filter_operator: Option<FilterOperator>,
    /// With what: a list as a rule.
    #[serde(default)]
    pub values: Value,
    /// What joins it to the next one: `AND` or `OR`; `None` on the last.
    #[serde(default)]
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
    pub fn custom(mut self, of: &AttributeModel) -> Self {
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

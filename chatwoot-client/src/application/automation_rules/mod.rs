//! Automation rules: actions that the server takes when an event happens to a conversation.

pub(super) mod actions;
pub(super) mod types;

pub use self::actions::*;
pub use self::types::*;

use crate::application::Account;

use crate::http::Call;
use crate::http::Op;
use crate::types::AutomationRuleId;

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

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE, CLONE];

account_handle! {
    /// The automation rules of an account; from [`Account::automation_rules`]. Administrators only.
    AutomationRules
}

impl<'a> AutomationRules<'a> {
    /// Returns every rule.
    ///
    /// `GET /api/v1/accounts/{account_id}/automation_rules`. Administrators only. Chatwoot's
    /// published API documents pages, but there are none.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for rule in account.automation_rules().list().await? {
    ///     println!("{} on {}", rule.name, rule.event_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<AutomationRule>> {
        self.account.call(LIST)
    }

    /// Returns one rule.
    ///
    /// `GET /api/v1/accounts/{account_id}/automation_rules/{id}`. Administrators only.
    ///
    /// # Errors
    /// `Server` if there is no such rule: Chatwoot responds with 500, not 404; `Unauthorized` for
    /// an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let rule = account.automation_rules().get(3.into()).await?;
    /// println!("{} does {} things", rule.name, rule.actions.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: AutomationRuleId) -> Call<'a, AutomationRule> {
        self.account.call(GET).path("id", id)
    }

    /// Creates a rule.
    ///
    /// `POST /api/v1/accounts/{account_id}/automation_rules`. Administrators only.
    ///
    /// Names are not unique: a repeated request creates a second one.
    ///
    /// # Errors
    /// `Invalid` for an attribute or action that Chatwoot does not know, for two conditions that
    /// neither [`and`](crate::application::automation_rules::RuleCondition::and) nor
    /// [`or`](crate::application::automation_rules::RuleCondition::or) joins, and for a file that
    /// was not uploaded; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::FilterOperator;
    /// use chatwoot_client::application::automation_rules::{
    ///     Action, NewAutomationRule, RuleCondition, RuleEvent,
    /// };
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
    #[inline]
    pub fn create(self, rule: &NewAutomationRule) -> Call<'a, AutomationRule> {
        self.account.call(CREATE).json(rule)
    }

    /// Updates a rule; fields left as [`Patch::Keep`](crate::types::Patch::Keep) keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/automation_rules/{id}`. Administrators only.
    ///
    /// # Errors
    /// `Server` if there is no such rule: Chatwoot responds with 500, not 404; `Invalid` as in
    /// [`AutomationRules::create`]; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::automation_rules::AutomationRulePatch;
    ///
    /// let off = AutomationRulePatch { active: false.into(), ..Default::default() };
    /// account.automation_rules().update(3.into(), &off).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(
        self,
        id: AutomationRuleId,
        to: &AutomationRulePatch,
    ) -> Call<'a, AutomationRule> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a rule.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/automation_rules/{id}`. Administrators only.
    ///
    /// # Errors
    /// `Server` if there is no such rule: Chatwoot responds with 500, not 404; `Unauthorized` for
    /// an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.automation_rules().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: AutomationRuleId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }

    /// Creates a copy of a rule and returns it.
    ///
    /// `POST /api/v1/accounts/{account_id}/automation_rules/{id}/clone`. Administrators only. Not
    /// in Chatwoot's published API.
    ///
    /// The copy has the same name, and is active if the original is.
    ///
    /// # Errors
    /// `Server` if there is no such rule: Chatwoot responds with 500, not 404; `Unauthorized` for
    /// an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let copy = account.automation_rules().duplicate(3.into()).await?;
    /// println!("{} is rule {} too", copy.name, copy.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn duplicate(self, id: AutomationRuleId) -> Call<'a, AutomationRule> {
        self.account.call(CLONE).path("id", id)
    }
}

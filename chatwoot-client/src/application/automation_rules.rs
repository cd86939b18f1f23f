//! Automation rules: what the server does by itself when something happens to a conversation.

use super::Account;
use super::automation_rule_types::{AutomationRule, AutomationRulePatch, NewAutomationRule};
use crate::call::Call;
use crate::ids::AutomationRuleId;
use crate::op::Op;

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

    /// `GET /api/v1/accounts/{account_id}/automation_rules/{id}`: one rule; an administrator may.
    ///
    /// # Errors
    /// `Server` without such a rule: Chatwoot answers 500, not 404; `Unauthorized` for an agent.
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

    /// `POST /api/v1/accounts/{account_id}/automation_rules`: adds a rule; an administrator may.
    ///
    /// Names are not unique: sent twice, it makes two.
    ///
    /// # Errors
    /// `Invalid` for an attribute or action that Chatwoot does not know, two conditions that no
    /// [`and`](crate::RuleCondition::and) or [`or`](crate::RuleCondition::or) joins, and a file that was not
    /// uploaded; `Unauthorized` for an agent.
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
    #[inline]
    pub fn create(self, rule: &NewAutomationRule) -> Call<'a, AutomationRule> {
        self.account.call(CREATE).json(rule)
    }

    /// `PATCH /api/v1/accounts/{account_id}/automation_rules/{id}`: changes a rule; what is left as
    /// [`Patch::Keep`](crate::Patch::Keep) stays. An administrator may.
    ///
    /// # Errors
    /// `Server` without such a rule: Chatwoot answers 500, not 404; `Invalid` as in
    /// [`AutomationRules::create`]; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::AutomationRulePatch;
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

    /// `DELETE /api/v1/accounts/{account_id}/automation_rules/{id}`: removes a rule; an
    /// administrator may.
    ///
    /// # Errors
    /// `Server` without such a rule: Chatwoot answers 500, not 404; `Unauthorized` for an agent.
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

    /// `POST /api/v1/accounts/{account_id}/automation_rules/{id}/clone`: makes a second rule like
    /// this one, and answers it; an administrator may. Undocumented.
    ///
    /// It has the same name and is as active as the first.
    ///
    /// # Errors
    /// `Server` without such a rule: Chatwoot answers 500, not 404; `Unauthorized` for an agent.
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

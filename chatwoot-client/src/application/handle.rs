//! Account: the handle to one account as one user, from which every resource of the Application API
//! is reached.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::application::account::AccountDetails;
use crate::application::agent_bots::AgentBots;
use crate::application::agents::Agents;
use crate::application::assignment_policies::AssignmentPolicies;
use crate::application::attribute_definitions::AttributeDefinitions;
use crate::application::audit_logs::AuditLogs;
use crate::application::automation_rules::AutomationRules;
use crate::application::bulk_actions::BulkActions;
use crate::application::campaigns::Campaigns;
use crate::application::canned_responses::CannedResponses;
use crate::application::companies::Companies;
use crate::application::contacts::{ContactHandle, Contacts};
use crate::application::conversations::{ConversationHandle, Conversations};
use crate::application::csat::Csat;
use crate::application::custom_filters::CustomFilters;
use crate::application::custom_roles::CustomRoles;
use crate::application::dashboard_apps::DashboardApps;
use crate::application::help_center::{Articles, Categories, Portals};
use crate::application::inboxes::{InboxMembers, Inboxes};
use crate::application::integrations::Integrations;
use crate::application::labels::Labels;
use crate::application::macros::Macros;
use crate::application::notifications::{NotificationSettings, Notifications};
use crate::application::reports::{
    CsvReports, LiveReports, ReportingEvents, Reports, SummaryReports,
};
use crate::application::search::Search;
use crate::application::sla_policies::SlaPolicies;
use crate::application::teams::{TeamMembers, Teams};
use crate::application::uploads::Uploads;
use crate::application::webhooks::Webhooks;
use crate::http::Call;
use crate::http::Http;
use crate::http::Op;
use crate::http::{RawRequest, Stats, TokenKind};
use crate::types::UserToken;
use crate::types::{AccountId, ContactId, ConversationId};

/// The Application API of one account, used with a user's token; from
/// [`Client::account`](crate::Client::account).
#[derive(Clone, Debug)]
pub struct Account {
    http: Http,
    id: AccountId,
    token: UserToken,
}

impl Account {
    pub(crate) fn new(http: Http, id: AccountId, token: UserToken) -> Self {
        Self { http, id, token }
    }

    /// Returns the account's id.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// Returns the same account for background calls: bulk work that must not keep others waiting.
    ///
    /// All calls of a client share the server's limit, by default 3,000 requests in each minute of
    /// the clock. Live calls, which all are unless they say otherwise, may use the whole limit at
    /// any moment. A background call is sent only while the requests of this minute, live ones
    /// included, are fewer than the elapsed share of the minute allows, of the limit less a reserve
    /// of a fiftieth. So bulk work takes up to 98 % of the limit, spread evenly, and live calls
    /// find room meanwhile. Background calls are sent in the order in which they began to wait, and
    /// wait for nothing where [`Limits::per_minute`](crate::Limits::per_minute) is `None`.
    ///
    /// The narrower limits ([`Limit`](crate::http::Limit)) are kept, but not spread. The wait counts
    /// toward the deadline of a call: begin few at once, or give them a long
    /// [`deadline`](crate::Call::deadline).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let bulk = account.in_background();
    /// let labels = bulk.labels().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_background(&self) -> Self {
        Self { http: self.http.in_background(), id: self.id, token: self.token.clone() }
    }

    /// Returns the state that the client's calls share.
    #[cfg(feature = "live")]
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// Returns a handle for the profile of the token's user.
    #[cfg(feature = "live")]
    pub(crate) fn profile(&self) -> crate::application::profile::Profile {
        crate::application::profile::Profile::new(self.http.clone(), self.token.clone())
    }

    /// The time of day by the client's wall clock.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::try_from(self.http.now()).unwrap_or_default()
    }

    /// Returns the statistics of the client behind this handle.
    pub fn stats(&self) -> Stats {
        self.http.counters().read()
    }

    /// The account's name, language and settings.
    pub fn details(&self) -> AccountDetails<'_> {
        AccountDetails::new(self)
    }

    /// The users of the account.
    pub fn agents(&self) -> Agents<'_> {
        Agents::new(self)
    }

    /// Teams: groups of agents.
    pub fn teams(&self) -> Teams<'_> {
        Teams::new(self)
    }

    /// The members of teams.
    pub fn team_members(&self) -> TeamMembers<'_> {
        TeamMembers::new(self)
    }

    /// Inboxes: the channels through which customers write.
    pub fn inboxes(&self) -> Inboxes<'_> {
        Inboxes::new(self)
    }

    /// The members of inboxes.
    pub fn inbox_members(&self) -> InboxMembers<'_> {
        InboxMembers::new(self)
    }

    /// The definitions of custom attributes.
    pub fn attribute_definitions(&self) -> AttributeDefinitions<'_> {
        AttributeDefinitions::new(self)
    }

    /// Webhooks: URLs that events are sent to.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }

    /// Dashboard apps: web pages shown beside a conversation.
    pub fn dashboard_apps(&self) -> DashboardApps<'_> {
        DashboardApps::new(self)
    }

    /// Agent bots: programs that respond in conversations.
    pub fn agent_bots(&self) -> AgentBots<'_> {
        AgentBots::new(self)
    }

    /// Assignment policies: how conversations are distributed among agents.
    pub fn assignment_policies(&self) -> AssignmentPolicies<'_> {
        AssignmentPolicies::new(self)
    }

    /// The audit log: who changed which setting, and when.
    pub fn audit_logs(&self) -> AuditLogs<'_> {
        AuditLogs::new(self)
    }

    /// Automation rules: actions that the server takes on events.
    pub fn automation_rules(&self) -> AutomationRules<'_> {
        AutomationRules::new(self)
    }

    /// Bulk actions: one change to many conversations or contacts.
    pub fn bulk_actions(&self) -> BulkActions<'_> {
        BulkActions::new(self)
    }

    /// Campaigns: messages to visitors or to many contacts.
    pub fn campaigns(&self) -> Campaigns<'_> {
        Campaigns::new(self)
    }

    /// Canned responses: texts that agents insert by a short code.
    pub fn canned_responses(&self) -> CannedResponses<'_> {
        CannedResponses::new(self)
    }

    /// Companies: the organizations that contacts belong to.
    pub fn companies(&self) -> Companies<'_> {
        Companies::new(self)
    }

    /// The custom filters of the token's user.
    pub fn custom_filters(&self) -> CustomFilters<'_> {
        CustomFilters::new(self)
    }

    /// Custom roles: sets of permissions for agents.
    pub fn custom_roles(&self) -> CustomRoles<'_> {
        CustomRoles::new(self)
    }

    /// Integrations with other services.
    pub fn integrations(&self) -> Integrations<'_> {
        Integrations::new(self)
    }

    /// Macros: sequences of actions on a conversation.
    pub fn macros(&self) -> Macros<'_> {
        Macros::new(self)
    }

    /// The notification settings of the token's user.
    pub fn notification_settings(&self) -> NotificationSettings<'_> {
        NotificationSettings::new(self)
    }

    /// The notifications of the token's user.
    pub fn notifications(&self) -> Notifications<'_> {
        Notifications::new(self)
    }

    /// SLA policies: response and resolution times to keep.
    pub fn sla_policies(&self) -> SlaPolicies<'_> {
        SlaPolicies::new(self)
    }

    /// Labels of conversations and contacts.
    pub fn labels(&self) -> Labels<'_> {
        Labels::new(self)
    }

    /// The contacts of the account.
    pub fn contacts(&self) -> Contacts<'_> {
        Contacts::new(self)
    }

    /// The conversations of the account.
    pub fn conversations(&self) -> Conversations<'_> {
        Conversations::new(self)
    }

    /// Responses to satisfaction surveys.
    pub fn csat(&self) -> Csat<'_> {
        Csat::new(self)
    }

    /// The help centers of the account.
    pub fn portals(&self) -> Portals<'_> {
        Portals::new(self)
    }

    /// The categories of help centers.
    pub fn categories(&self) -> Categories<'_> {
        Categories::new(self)
    }

    /// The articles of help centers.
    pub fn articles(&self) -> Articles<'_> {
        Articles::new(self)
    }

    /// The search over contacts, conversations, messages and articles.
    pub fn search(&self) -> Search<'_> {
        Search::new(self)
    }

    /// Reporting events: the records that reports are computed from.
    pub fn reporting_events(&self) -> ReportingEvents<'_> {
        ReportingEvents::new(self)
    }

    /// Reports over a period: figures and distributions.
    pub fn reports(&self) -> Reports<'_> {
        Reports::new(self)
    }

    /// Reports over a period, with a row for each agent, team, inbox, label or channel.
    pub fn summary_reports(&self) -> SummaryReports<'_> {
        SummaryReports::new(self)
    }

    /// Reports on the current state of conversations.
    pub fn live_reports(&self) -> LiveReports<'_> {
        LiveReports::new(self)
    }

    /// Reports over a period, as CSV.
    pub fn csv_reports(&self) -> CsvReports<'_> {
        CsvReports::new(self)
    }

    /// Uploads: stored files that are not attached to anything yet.
    pub fn uploads(&self) -> Uploads<'_> {
        Uploads::new(self)
    }

    /// Calls an operation that has no method yet, with this handle's token and with the retries,
    /// limits and errors of every other call. `{account_id}` in the path is replaced by the
    /// account's id.
    ///
    /// The response is decoded into any type; [`Op::inside`] names the keys to unwrap.
    ///
    /// # Errors
    /// `Request` for a path that is not of the Application API, before anything is sent; otherwise
    /// see [`Call`](crate::Call).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Op;
    /// use serde_json::{Value, json};
    ///
    /// let op = Op::post("labels.archive", "/api/v1/accounts/{account_id}/labels/{id}/archive");
    /// let archived: Value = account.request(op).path("id", 5).json(&json!({"on": true})).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn request<T: DeserializeOwned>(&self, op: Op) -> RawRequest<'_, T> {
        RawRequest::new(self.call(op), op, TokenKind::User)
    }

    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        Call::new(&self.http, op, Some(self.token.secret())).path("account_id", self.id)
    }

    pub(crate) fn maybe<T: DeserializeOwned>(&self, op: Op) -> Call<'_, Option<T>> {
        Call::maybe(&self.http, op, Some(self.token.secret())).path("account_id", self.id)
    }

    pub(crate) fn text(&self, op: Op) -> Call<'_, String> {
        Call::text(&self.http, op, Some(self.token.secret())).path("account_id", self.id)
    }

    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        Call::done(&self.http, op, Some(self.token.secret())).path("account_id", self.id)
    }

    /// Returns a handle to one contact; sends no request.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).notes().create("Prefers to be called in the morning").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn contact(&self, id: impl Into<ContactId>) -> ContactHandle<'_> {
        ContactHandle::new(self, id.into())
    }

    /// Returns a handle to one conversation, by its number in this account; sends no request.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::messages::NewMessage;
    ///
    /// let conversation = account.conversation(12);
    /// conversation.messages().create(&NewMessage::text("Your order is on its way")).await?;
    /// conversation.resolve().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn conversation(&self, id: impl Into<ConversationId>) -> ConversationHandle<'_> {
        ConversationHandle::new(self, id.into())
    }
}

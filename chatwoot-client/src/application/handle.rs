//! Account: one account, as one user; from here every resource of the Application API is reached.

use serde::de::DeserializeOwned;

use super::{
    AccountDetails, AgentBots, Agents, Articles, AssignmentPolicies, Assignments, AuditLogs,
    AutomationRules, BulkActions, Campaigns, CannedResponses, Categories, Companies, ContactFiles,
    ContactInboxes, ContactLabels, ContactNotes, Contacts, ConversationLabels, Conversations, Csat,
    CsvReports, CustomAttributes, CustomFilters, CustomRoles, DashboardApps, InboxMembers, Inboxes,
    Integrations, Labels, LiveReports, Macros, Messages, NotificationSettings, Notifications,
    Participants, Portals, ReportingEvents, Reports, Search, SlaPolicies, SummaryReports,
    TeamMembers, Teams, Uploads, Webhooks,
};
use crate::call::Call;
use crate::client::Client;
use crate::ids::{AccountId, ConversationId};
use crate::op::Op;
use crate::secret::UserToken;

/// The Application API of one account with a user's token; from [`Client::account`].
#[derive(Clone, Debug)]
pub struct Account {
    client: Client,
    id: AccountId,
    token: UserToken,
}

impl Account {
    pub(crate) fn new(client: Client, id: AccountId, token: UserToken) -> Self {
        Self { client, id, token }
    }

    /// The account's id.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// The client behind this handle.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The account itself.
    pub fn details(&self) -> AccountDetails<'_> {
        AccountDetails::new(self)
    }

    /// Who works in the account.
    pub fn agents(&self) -> Agents<'_> {
        Agents::new(self)
    }

    /// Groups of agents.
    pub fn teams(&self) -> Teams<'_> {
        Teams::new(self)
    }

    /// Who is in which team.
    pub fn team_members(&self) -> TeamMembers<'_> {
        TeamMembers::new(self)
    }

    /// The channels through which customers write.
    pub fn inboxes(&self) -> Inboxes<'_> {
        Inboxes::new(self)
    }

    /// Which agents work in which inbox.
    pub fn inbox_members(&self) -> InboxMembers<'_> {
        InboxMembers::new(self)
    }

    /// Definitions of custom attributes.
    pub fn custom_attributes(&self) -> CustomAttributes<'_> {
        CustomAttributes::new(self)
    }

    /// Where events are sent to.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }

    /// Pages of yours beside a conversation.
    pub fn dashboard_apps(&self) -> DashboardApps<'_> {
        DashboardApps::new(self)
    }

    /// Programs that answer conversations.
    pub fn agent_bots(&self) -> AgentBots<'_> {
        AgentBots::new(self)
    }

    /// How conversations are shared out among agents.
    pub fn assignment_policies(&self) -> AssignmentPolicies<'_> {
        AssignmentPolicies::new(self)
    }

    /// Who changed which setting.
    pub fn audit_logs(&self) -> AuditLogs<'_> {
        AuditLogs::new(self)
    }

    /// What the server does by itself.
    pub fn automation_rules(&self) -> AutomationRules<'_> {
        AutomationRules::new(self)
    }

    /// One change to many conversations or contacts.
    pub fn bulk_actions(&self) -> BulkActions<'_> {
        BulkActions::new(self)
    }

    /// Messages to visitors or to many contacts.
    pub fn campaigns(&self) -> Campaigns<'_> {
        Campaigns::new(self)
    }

    /// Texts that agents insert by a short code.
    pub fn canned_responses(&self) -> CannedResponses<'_> {
        CannedResponses::new(self)
    }

    /// Whom contacts work for.
    pub fn companies(&self) -> Companies<'_> {
        Companies::new(self)
    }

    /// Filters that the token's user keeps.
    pub fn custom_filters(&self) -> CustomFilters<'_> {
        CustomFilters::new(self)
    }

    /// What some agents may do besides.
    pub fn custom_roles(&self) -> CustomRoles<'_> {
        CustomRoles::new(self)
    }

    /// Other services that the account is connected with.
    pub fn integrations(&self) -> Integrations<'_> {
        Integrations::new(self)
    }

    /// Several actions at once.
    pub fn macros(&self) -> Macros<'_> {
        Macros::new(self)
    }

    /// What the token's user wants to be told of.
    pub fn notification_settings(&self) -> NotificationSettings<'_> {
        NotificationSettings::new(self)
    }

    /// What the token's user is told of.
    pub fn notifications(&self) -> Notifications<'_> {
        Notifications::new(self)
    }

    /// How soon customers are to be answered.
    pub fn sla_policies(&self) -> SlaPolicies<'_> {
        SlaPolicies::new(self)
    }

    /// Labels for conversations and contacts.
    pub fn labels(&self) -> Labels<'_> {
        Labels::new(self)
    }

    /// The customers of the account.
    pub fn contacts(&self) -> Contacts<'_> {
        Contacts::new(self)
    }

    /// The pictures of contacts, and contacts as a file.
    pub fn contact_files(&self) -> ContactFiles<'_> {
        ContactFiles::new(self)
    }

    /// The labels of contacts.
    pub fn contact_labels(&self) -> ContactLabels<'_> {
        ContactLabels::new(self)
    }

    /// The notes on contacts.
    pub fn contact_notes(&self) -> ContactNotes<'_> {
        ContactNotes::new(self)
    }

    /// The presence of contacts in inboxes.
    pub fn contact_inboxes(&self) -> ContactInboxes<'_> {
        ContactInboxes::new(self)
    }

    /// The conversations of the account.
    pub fn conversations(&self) -> Conversations<'_> {
        Conversations::new(self)
    }

    /// The labels of conversations.
    pub fn conversation_labels(&self) -> ConversationLabels<'_> {
        ConversationLabels::new(self)
    }

    /// Who conversations belong to.
    pub fn assignments(&self) -> Assignments<'_> {
        Assignments::new(self)
    }

    /// Who follows conversations besides their assignee.
    pub fn participants(&self) -> Participants<'_> {
        Participants::new(self)
    }

    /// What customers answered to satisfaction surveys.
    pub fn csat(&self) -> Csat<'_> {
        Csat::new(self)
    }

    /// The help centres of the account.
    pub fn portals(&self) -> Portals<'_> {
        Portals::new(self)
    }

    /// The categories of help centres.
    pub fn categories(&self) -> Categories<'_> {
        Categories::new(self)
    }

    /// The articles of help centres.
    pub fn articles(&self) -> Articles<'_> {
        Articles::new(self)
    }

    /// One text looked for in all that the account has.
    pub fn search(&self) -> Search<'_> {
        Search::new(self)
    }

    /// The events that reports are made of.
    pub fn reporting_events(&self) -> ReportingEvents<'_> {
        ReportingEvents::new(self)
    }

    /// The messages of one conversation.
    pub fn messages(&self, conversation: ConversationId) -> Messages<'_> {
        Messages::new(self, conversation)
    }

    /// Reports over a time: figures and distributions.
    pub fn reports(&self) -> Reports<'_> {
        Reports::new(self)
    }

    /// Reports over a time, a row for each agent, team, inbox, label or channel.
    pub fn summary_reports(&self) -> SummaryReports<'_> {
        SummaryReports::new(self)
    }

    /// Reports on this moment.
    pub fn live_reports(&self) -> LiveReports<'_> {
        LiveReports::new(self)
    }

    /// Reports over a time, as CSV.
    pub fn csv_reports(&self) -> CsvReports<'_> {
        CsvReports::new(self)
    }

    /// Files that belong to nothing yet.
    pub fn uploads(&self) -> Uploads<'_> {
        Uploads::new(self)
    }

    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        Call::new(&self.client, op, Some(self.token.secret())).path("account_id", self.id)
    }

    pub(crate) fn maybe<T: DeserializeOwned>(&self, op: Op) -> Call<'_, Option<T>> {
        Call::maybe(&self.client, op, Some(self.token.secret())).path("account_id", self.id)
    }

    pub(crate) fn text(&self, op: Op) -> Call<'_, String> {
        Call::text(&self.client, op, Some(self.token.secret())).path("account_id", self.id)
    }

    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        Call::done(&self.client, op, Some(self.token.secret())).path("account_id", self.id)
    }
}

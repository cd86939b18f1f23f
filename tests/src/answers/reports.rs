//! The methods of reports.

use chatwoot_client::application::reports::{
    AgentMetricsQuery, ReportOptions, ReportPeriod, ReportScope,
};

use super::{Row, table};

const PERIOD: ReportPeriod = ReportPeriod::between(0, 1);

fn options() -> ReportOptions {
    ReportOptions::default()
}

pub(super) fn rows() -> Vec<Row> {
    table! { account(on) {
        "reports.series" =>
            on.reports().series("m".into(), ReportScope::Account, &PERIOD, &options()),
        "reports.summary" => on.reports().summary(ReportScope::Account, &PERIOD, &options()),
        "reports.conversations" => on.reports().conversations(),
        "reports.agents" => on.reports().agents(&AgentMetricsQuery::default()),
        "reports.first_responses" => on.reports().first_responses(&PERIOD),
        "reports.inbox_labels" => on.reports().inbox_labels(&PERIOD, &[], &[]),
        "reports.outgoing" => on.reports().outgoing("agent".into(), &PERIOD),
        "summary_reports.agents" => on.summary_reports().agents(&PERIOD, false),
        "summary_reports.teams" => on.summary_reports().teams(&PERIOD, false),
        "summary_reports.inboxes" => on.summary_reports().inboxes(&PERIOD, false),
        "summary_reports.labels" => on.summary_reports().labels(&PERIOD, false),
        "summary_reports.channels" => on.summary_reports().channels(&PERIOD),
        "live_reports.conversations" => on.live_reports().conversations(None),
        "live_reports.grouped" => on.live_reports().by_team(),
        "csv_reports.agents" => on.csv_reports().agents(&PERIOD, &options()),
        "csv_reports.inboxes" => on.csv_reports().inboxes(&PERIOD, &options()),
        "csv_reports.labels" => on.csv_reports().labels(&PERIOD, &options()),
        "csv_reports.teams" => on.csv_reports().teams(&PERIOD, &options()),
    } }
}

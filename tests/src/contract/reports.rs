//! Reports: series, summaries, live figures, CSV. The server computes some of them later, so the
//! checks cover their shape, and values that no delay can change.

use anyhow::ensure;
use chatwoot_client::application::reports::{
    AgentMetricsQuery, OutgoingGroup, ReportMetric, ReportOptions, ReportPeriod, ReportScope,
};

use super::session::{Cut, Session};
use super::stage::Stage;

const DAY: i64 = 86_400;

/// Returns the last week, and an hour more for differing clocks.
fn week() -> ReportPeriod {
    let now = jiff::Timestamp::now().as_second();
    ReportPeriod::between(now - 7 * DAY, now + 3_600)
}

pub(super) async fn reports(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (reports, week) = (stage.account.reports(), week());
    let (scope, options) = (ReportScope::Account, ReportOptions::default());
    let metric = ReportMetric::ConversationsCount;
    let series = session.step(reports.series(metric, scope, &week, &options), |points| {
        ensure!(points.len() >= 7, "{} points for a week", points.len());
        must!(points.windows(2).all(|two| two[0].timestamp < two[1].timestamp), "out of order")
    });
    series.await?;
    let summary = session.step(reports.summary(scope, &week, &options), |is| {
        must!(is.conversations_count.is_some_and(|count| count > 0), "no conversation is counted")
    });
    summary.await?;
    session.step(reports.conversations(), |is| must!(is.open > 0, "none is open")).await?;
    let agents = session.step(reports.agents(&AgentMetricsQuery::default()), |list| {
        must!(list.iter().any(|one| one.id == stage.agent), "the agent is missing")
    });
    agents.await?;
    // Not `?`: an older server lacks some.
    drop(session.done(reports.first_responses(&week)).await);
    let matrix = session.step(reports.inbox_labels(&week, &[], &[]), |is| {
        ensure!(is.matrix.len() == is.inboxes.len(), "not a row an inbox");
        must!(is.inboxes.iter().any(|one| one.id == stage.inbox.id), "the inbox is missing")
    });
    drop(matrix.await);
    drop(session.done(reports.outgoing(OutgoingGroup::Agent, &week)).await);
    Ok(())
}

pub(super) async fn summaries(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (reports, week) = (stage.account.summary_reports(), week());
    let agents = session.step(reports.agents(&week, false), |list| {
        must!(list.iter().any(|one| one.id == stage.agent), "the agent is missing")
    });
    agents.await?;
    session.done(reports.teams(&week, false)).await?;
    let inboxes = session.step(reports.inboxes(&week, false), |list| {
        must!(list.iter().any(|one| one.id == stage.inbox.id), "the inbox is missing")
    });
    inboxes.await?;
    // Not `?`: an older server lacks some.
    drop(session.done(reports.labels(&week, false)).await);
    drop(session.done(reports.channels(&week)).await);
    Ok(())
}

pub(super) async fn live(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let reports = stage.account.live_reports();
    session.step(reports.conversations(None), |is| must!(is.open > 0, "none is open")).await?;
    session.done(reports.by_assignee(None)).await?;
    session.done(reports.by_team()).await?;
    Ok(())
}

pub(super) async fn csv(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (reports, week, options) = (stage.account.csv_reports(), week(), ReportOptions::default());
    let table = |text: &String| must!(text.contains(','), "no table");
    for call in [
        reports.agents(&week, &options),
        reports.inboxes(&week, &options),
        reports.labels(&week, &options),
        reports.teams(&week, &options),
    ] {
        session.step(call, table).await?;
    }
    Ok(())
}

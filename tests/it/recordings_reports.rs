//! Tests of reports with the recorded responses of live servers.

use chatwoot_client::application::reports::{
    AgentMetricsQuery, OutgoingGroup, ReportMetric, ReportOptions, ReportPeriod, ReportScope,
};
use chatwoot_client::http::Limit;
use chatwoot_client::{Client, Error, ErrorKind};
use serde::Serialize;
use tests::recordings::{Exchange, load};
use tests::replay::{Replay, refused, replay, replay_done};

use crate::asked::{account, query, same_query};

fn number(it: &Exchange, key: &str) -> Option<u64> {
    query(it, key).and_then(|text| text.parse().ok())
}

fn period(it: &Exchange) -> ReportPeriod {
    let bound = |key: &str| query(it, key).and_then(|text| text.parse().ok());
    ReportPeriod { since: bound("since"), until: bound("until") }
}

fn scope(it: &Exchange) -> ReportScope {
    match (query(it, "type").as_deref(), number(it, "id")) {
        (Some("inbox"), Some(id)) => ReportScope::Inbox(id.into()),
        _ => ReportScope::Account,
    }
}

/// Runs each exchange of a recording, with the recorded query; a refusal must be returned as one.
async fn each<T: Serialize + std::fmt::Debug>(
    name: &str,
    call: impl AsyncFn(&Client, &Exchange) -> Result<T, Error>,
) {
    for it in load(name) {
        if it.succeeded() {
            let replayed = replay(&it, async |client| call(client, &it).await).await;
            same_query(&it, &replayed);
        } else {
            let error = refused(&it, async |client| call(client, &it).await).await;
            assert!(error.is_not_found() && it.version == "4.9.1", "{it}: {error}");
        }
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn figures_answer_as_recorded() {
    let options = ReportOptions::default();
    each("list-all-conversation-statistics", async |c, it| {
        let metric = ReportMetric::from(query(it, "metric").unwrap_or_default().as_str());
        account(it, c).reports().series(metric, scope(it), &period(it), &options).await
    })
    .await;
    each("list-all-conversation-statistics-summary", async |c, it| {
        let found = account(it, c).reports().summary(scope(it), &period(it), &options).await?;
        assert!(found.previous.is_some(), "{it}: the time before");
        Ok(found)
    })
    .await;
    each("get-account-conversation-metrics", async |c, it| {
        account(it, c).reports().conversations().await
    })
    .await;
    for it in load("get-agent-conversation-metrics") {
        let call = async |c: &Client| {
            account(&it, c).reports().agents(&AgentMetricsQuery::default()).await
        };
        let replayed = replay(&it, call).await;
        assert_eq!(replayed.asked.uri().query(), Some("type=agent"), "{it}");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn distributions_answer_as_recorded() {
    each("get-first-response-time-distribution", async |c, it| {
        let found = account(it, c).reports().first_responses(&period(it)).await?;
        assert_eq!(found["Channel::Api"].within_1_hour, Some(1), "{it}");
        Ok(found)
    })
    .await;
    each("get-inbox-label-matrix", async |c, it| {
        let found = account(it, c).reports().inbox_labels(&period(it), &[], &[]).await?;
        assert_eq!(found.matrix.len(), found.inboxes.len(), "{it}");
        Ok(found)
    })
    .await;
    each("get-outgoing-messages-count", async |c, it| {
        let group = OutgoingGroup::from(query(it, "group_by").unwrap_or_default().as_str());
        account(it, c).reports().outgoing(group, &period(it)).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn summaries_answer_as_recorded() {
    each("get-agent-summary-report", async |c, it| {
        account(it, c).summary_reports().agents(&period(it), false).await
    })
    .await;
    each("get-team-summary-report", async |c, it| {
        account(it, c).summary_reports().teams(&period(it), false).await
    })
    .await;
    each("get-inbox-summary-report", async |c, it| {
        account(it, c).summary_reports().inboxes(&period(it), false).await
    })
    .await;
    each("get-label-summary-report", async |c, it| {
        let found = account(it, c).summary_reports().labels(&period(it), false).await?;
        assert!(found.iter().all(|row| row.name.is_some()), "{it}: labels have names");
        Ok(found)
    })
    .await;
    each("get-channel-summary-report", async |c, it| {
        account(it, c).summary_reports().channels(&period(it)).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn live_reports_answer_as_recorded() {
    each("live-report-conversation-metrics", async |c, it| {
        account(it, c).live_reports().conversations(None).await
    })
    .await;
    each("live-report-grouped", async |c, it| {
        account(it, c).live_reports().by_assignee(None).await
    })
    .await;
    // The recorded account had no open conversation.
    let rows = r#"[{"assignee_id": null, "open": 2, "unattended": 1, "unassigned": 2, "new": 1}]"#;
    let client = Replay::answering(200, rows).client();
    let found = client.account(2, "t").live_reports().by_assignee(None).await.expect("rows");
    assert_eq!((found[0].assignee_id, found[0].unassigned), (None, 2));
    assert_eq!(found[0].extra["new"], 1);
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn csv_answers_as_recorded_and_html_is_an_error() {
    let options = ReportOptions::default();
    for it in load("reports-agents-csv") {
        let period = period(&it);
        let call = async |c: &Client| account(&it, c).csv_reports().agents(&period, &options).await;
        let replayed = replay_done(&it, call).await;
        same_query(&it, &replayed);
        assert_eq!(Some(replayed.value), it.response.text, "{it}");
    }
    let period = ReportPeriod::default();
    for page in ["\n <!DOCTYPE html><p>Sign in</p>".as_bytes(), b"caf\xe9"] {
        let client = Replay::answering(200, page.to_vec()).client();
        let account = client.account(2, "t");
        let error = account.csv_reports().agents(&period, &options).await.expect_err("no CSV");
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.to_string().contains("HTML"), page.starts_with(b"\n"), "{error}");
    }
}

#[tokio::test]
async fn what_is_asked_is_written_as_the_server_reads_it() {
    let server = Replay::answering(200, r#"{"inboxes": [], "labels": [], "matrix": []}"#);
    let client = server.client();
    let account = client.account(2, "t");
    let asked = || server.asked().and_then(|it| it.uri().query().map(str::to_owned));
    let period = ReportPeriod::between(1, 2);
    account.reports().inbox_labels(&period, &[7.into(), 8.into()], &[3.into()]).await.expect("one");
    let expected = "since=1&until=2&inbox_ids%5B%5D=7&inbox_ids%5B%5D=8&label_ids%5B%5D=3";
    assert_eq!(asked().as_deref(), Some(expected));
    let options = ReportOptions {
        group_by: Some("week".into()),
        business_hours: Some(true),
        timezone_offset: Some(5.5),
    };
    let _ = account.reports().summary(ReportScope::Agent(4.into()), &period, &options).await;
    let expected =
        "type=agent&id=4&since=1&until=2&group_by=week&business_hours=true&timezone_offset=5.5";
    assert_eq!(asked().as_deref(), Some(expected));
    let _ = account.reports().agents(&AgentMetricsQuery { page: Some(2) }).await;
    assert_eq!(asked().as_deref(), Some("type=agent&page=2"));
    let _ = account.summary_reports().teams(&period, true).await;
    assert_eq!(asked().as_deref(), Some("since=1&until=2&business_hours=true"));
}

#[test]
fn each_report_has_the_servers_limit() {
    for op in chatwoot_client::operations().filter(|op| op.path.starts_with("/api/v2/")) {
        let limited = op.path.contains("/{account_id}/reports");
        assert_eq!(op.limit, limited.then_some(Limit::Reports), "{}", op.name);
    }
}

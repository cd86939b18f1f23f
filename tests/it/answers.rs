//! Tests that the table of responses is complete: each operation has a method, and each method its
//! operation.

use std::collections::BTreeSet;

use tests::answers::rows;
use tests::check::check_all;
use tests::recordings::{FOLDERS, folder, root};
use tests::replay::{Replay, operation};

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let rows: BTreeSet<&str> = rows().iter().map(|row| row.operation).collect();
    let operations: BTreeSet<&str> = chatwoot_client::operations().map(|op| op.name).collect();
    let without: Vec<_> = operations.difference(&rows).collect();
    assert!(without.is_empty(), "operations without a method in tests/src/answers: {without:?}");
    let unknown: Vec<_> = rows.difference(&operations).collect();
    assert!(unknown.is_empty(), "rows of no operation: {unknown:?}");
}

#[tokio::test]
async fn every_row_sends_its_operation() {
    for row in rows() {
        let transport = Replay::answering(200, "null");
        // Most responses are not `null`: only the request matters.
        let _ = row.send(transport.client()).await;
        let asked =
            transport.asked().unwrap_or_else(|| panic!("{}: nothing was sent", row.operation));
        let op = operation(asked.method().as_str(), asked.uri().path()).map(|op| op.name);
        assert_eq!(op, Some(row.operation));
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn every_recorded_answer_comes_back_whole() {
    let root = root();
    for (version, name) in FOLDERS {
        let files = folder(&root.join(name)).expect("the folder can be listed");
        let report = check_all(&rows(), &files).await;
        assert!(report.passed(), "{version}: {report}\n{}", report.lines.join("\n"));
        assert_eq!(report.version.as_deref(), Some(version));
    }
}

#[tokio::test]
async fn a_404_to_what_an_older_server_lacks_says_so() {
    let client = Replay::answering(404, r#"{"error": "Not Found", "status": 404}"#).client();
    let error = client.server().health().await.expect_err("a 404");
    assert!(error.is_not_found());
    assert_eq!(error.missing_in(), Some("4.9.1"));
    assert!(error.to_string().contains("4.9.1"), "{error}");
    let error = client.server().version().await.expect_err("a 404");
    assert_eq!(error.missing_in(), None);
}

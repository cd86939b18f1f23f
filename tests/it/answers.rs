//! The table of answers is complete: each operation has a method, and each method its operation.

use std::collections::BTreeSet;

use tests::answers::rows;
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
        // Most answers are not `null`: what counts is what was asked.
        let _ = row.send(transport.client()).await;
        let asked =
            transport.asked().unwrap_or_else(|| panic!("{}: nothing was sent", row.operation));
        let op = operation(asked.method().as_str(), asked.uri().path()).map(|op| op.name);
        assert_eq!(op, Some(row.operation));
    }
}

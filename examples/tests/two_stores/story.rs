//! Tests of the example on the built-in Chatwoot, with the built-in orders and with a file.

use examples::own_database::OwnDatabase;
use serde_json::{Value, json};

use crate::program::{Scratch, command, ended, run};

/// Asserts what holds for every run, whatever its orders.
pub(crate) fn must_hold(counts: &Value) {
    assert_eq!(counts["contacts"], counts["customers"], "{counts}");
    assert_eq!(counts["guests_recognised"], counts["guests"], "{counts}");
    for none in ["lost_webhooks", "wrong_contacts", "second_provision_changes", "unknown_events"] {
        assert_eq!(counts[none], 0, "{none}: {counts}");
    }
}

#[tokio::test]
async fn the_whole_path_holds_while_things_go_wrong() {
    let counts = run(&["--once"]).await.counts();
    must_hold(&counts);
    for some in [
        "customers",
        "guests",
        "orders",
        "webhooks_dropped",
        "webhooks_doubled",
        "webhooks_reconciled",
        "rate_limited",
        "retries",
    ] {
        assert!(counts[some].as_u64().unwrap() > 0, "{some}: {counts}");
    }
}

const ORDERS: &str = "\
00001 19970101 1 11.77
00002 19970112 1 0.00
00001 19970118 2 20.00
00003 19970301 5 99.99
00004 19980630 1 5.00
";

#[tokio::test]
async fn a_file_of_orders_is_played_whole_and_in_part() {
    let file = Scratch::file(ORDERS);
    let whole = run(&["--once", "--orders", file.as_str()]).await.counts();
    must_hold(&whole);
    assert_eq!((&whole["customers"], &whole["orders"]), (&json!(4), &json!(5)), "{whole}");
    assert_eq!(whole["lifetime_value"], "136.76");

    let sums = [(1, 2, "31.77"), (2, 3, "31.77"), (3, 4, "131.76")];
    for (customers, orders, value) in sums {
        let number = customers.to_string();
        let part = run(&["--once", "--orders", file.as_str(), "--customers", &number]).await;
        let part = part.counts();
        must_hold(&part);
        assert_eq!(part["customers"], customers, "{part}");
        assert_eq!(part["orders"], orders, "{part}");
        let told = part["lifetime_value"].as_str().unwrap().trim_end_matches('0');
        assert_eq!(told.trim_end_matches('.'), value.trim_end_matches('0'), "{part}");
    }
}

#[tokio::test]
async fn the_log_is_on_stderr_and_shows_what_is_done() {
    let mut program = command(&["--once"]);
    program.env("RUST_LOG", "debug");
    let done = ended(program).await;
    must_hold(&done.counts());
    assert!(done.err.contains("DEBUG"), "no debug line in the log");
    assert!(done.err.contains("contacts.create"), "the log names operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_the_counts_are_the_same() {
    let database = OwnDatabase::new().await.unwrap();
    let in_memory = run(&["--once"]).await.counts();
    // Twice: each run begins anew.
    for _ in 0..2 {
        let counts = run(&["--once", "--database", &database.administrator_url()]).await.counts();
        must_hold(&counts);
        let names = |counts: &Value| -> Vec<String> {
            counts.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(names(&counts), names(&in_memory));
        // What depends on the order in which things fail is only some.
        for same in [
            "customers",
            "contacts",
            "orders",
            "lifetime_value",
            "guests",
            "guests_recognised",
            "customer_messages",
            "customer_messages_proven",
            "guest_messages",
            "guest_messages_unproven",
        ] {
            assert_eq!(counts[same], in_memory[same], "{same}: {counts}");
        }
        for some in ["webhooks_handled", "webhooks_reconciled", "retries"] {
            assert!(counts[some].as_u64().unwrap() > 0, "{some}: {counts}");
        }
    }
    let pool = sqlx::PgPool::connect(&database.administrator_url()).await.unwrap();
    for filled in [
        "SELECT count(*) FROM two_stores.stores WHERE user_token IS NOT NULL",
        "SELECT count(*) FROM two_stores.sync_links",
        "SELECT count(*) FROM two_stores.webhook_entries",
        "SELECT count(*) FROM two_stores.audit_trail",
    ] {
        let rows: i64 = sqlx::query_scalar(filled).fetch_one(&pool).await.unwrap();
        assert!(rows > 0, "{filled}");
    }
}

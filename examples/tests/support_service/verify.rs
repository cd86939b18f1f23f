//! The program `verify` with the stores of the service's database.

use std::process::Stdio;

use chatwoot_client::fake::WebhookFaults;
use store_context::doctor::{Check, CheckStatus, Report};
use tokio::process::Command;

use crate::world::{PATIENCE, World, store};

impl World {
    /// Returns the report of a run, which ends with 0 if no check failed.
    async fn verify(&self, more: &[&str]) -> Report {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verify"));
        // The stores of these tests have no websites.
        command.args(["--no-carts", "--leave-out", "widget_csp", "--format", "json"]).args(more);
        command.env_clear().envs(self.environment()).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.expect("the program does not end").unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), output.stderr);
        let err = String::from_utf8_lossy(&err);
        let report: Report = serde_json::from_str(&out).expect(&err);
        assert_eq!(output.status.code(), Some(i32::from(!report.is_healthy())), "{report}{err}");
        for secret in [&self.keys, &self.chatwoot.fake().platform_token()] {
            assert!(!out.contains(secret.as_str()) && !err.contains(secret.as_str()), "{out}{err}");
        }
        report
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stores_of_a_service_are_verified() {
    let world = World::new(None).await;
    world.migrate().await;
    let service = world.serve().await;
    for id in ["tea", "bikes"] {
        assert_eq!(service.put(&format!("/shop/stores/{id}"), store(id)).await.0, 200);
    }
    let all = world.verify(&[]).await;
    assert_eq!(all.summary(), "36 of 36", "{all}");

    // Webhooks that come are known to the ledger, and one that is lost is noticed.
    let one = world.verify(&["--store", "tea"]).await;
    assert_eq!(one.summary(), "18 of 18", "{one}");
    let lost = WebhookFaults { drop_per_mille: 1_000, ..WebhookFaults::default() };
    world.chatwoot.fake().webhook_faults(lost);
    let failed = world.verify(&["--store", "tea"]).await;
    let named: Vec<Check> =
        failed.with(CheckStatus::Failed).map(|(_, result)| result.check).collect();
    assert_eq!(named, [Check::RoundTrip], "{failed}");
    let reading = world.verify(&["--store", "tea", "--read-only"]).await;
    assert_eq!(reading.summary(), "17 of 17", "{reading}");
    let unknown = world.verify(&["--store", "nowhere"]).await;
    assert_eq!(unknown.summary(), "0 of 1, 1 failure, 17 skipped", "{unknown}");
}

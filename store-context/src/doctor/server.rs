//! The checks of the server: base URL, clock, version.

use chatwoot_client::ErrorKind;
use chatwoot_client::server::{ServerVersion, ServiceState};
use chatwoot_client::webhook::Verifier;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::finding::{Checked, Found};
use super::run::{Patient, shown};

/// The first version that signs the webhooks of an account.
const SIGNS: [u32; 3] = [4, 11, 2];
/// The first version that signs the webhooks of inboxes and bots too.
const SIGNS_ALL: [u32; 3] = [4, 13, 0];
/// The first version that was not measured.
const UNKNOWN: [u32; 3] = [4, 16, 0];

fn at_least(version: &ServerVersion, [major, minor, patch]: [u32; 3]) -> bool {
    version.at_least(major, minor, patch)
}

impl Patient<'_> {
    pub(super) async fn base_url(&self) -> Checked {
        let server = shown(self.server().await?);
        let client = self.client().await?;
        let version = self.version_of(&client).await;
        let (version, _) = version.map_err(|error| unreachable(&server, &error))?;
        let services = [("database", &version.data_services), ("Redis", &version.queue_services)];
        let down = services.iter().find(|(_, state)| **state == Some(ServiceState::Failing));
        if let Some((name, _)) = down {
            let text = format!("{server} answers, and its {name} does not work");
            return Err(Found::failed(text, format!("start the server's {name}")));
        }
        Ok(Found::passed(format!("{server} is a Chatwoot, and its services work")))
    }

    pub(super) async fn clock(&self) -> Checked {
        let (version, here) = self.version().await?;
        let there = version.timestamp.as_deref().and_then(utc);
        let there = there.ok_or_else(|| Found::skipped("the server does not tell its time"))?;
        // The server tells whole seconds, so the middle of its second is compared.
        let there = there.as_millisecond().saturating_add(500);
        let apart = there.abs_diff(here.as_millisecond());
        let seconds = (apart / 100).div_ceil(10);
        let advice = "set both clocks by NTP";
        let way = if there > here.as_millisecond() { "ahead of" } else { "behind" };
        let text = format!("the server's clock is {seconds} s {way} this host's");
        if u128::from(apart) >= Verifier::TOLERANCE.as_millis() {
            return Err(Found::failed(format!("{text}: its webhooks are refused"), advice));
        }
        if u128::from(apart) > self.doctor.config.clock_skew.as_millis() {
            return Err(Found::warned(text, advice));
        }
        Ok(Found::passed("the clocks agree"))
    }

    pub(super) async fn supported(&self) -> Checked {
        let (version, _) = self.version().await?;
        let number = &version.version;
        let upgrade = "upgrade Chatwoot to 4.13 or later";
        if !at_least(version, [0, 0, 0]) {
            let text = format!("the version `{number}` is not a number");
            return Err(Found::warned(text, "use a release of Chatwoot from 4.13 to 4.15"));
        }
        if !at_least(version, SIGNS) {
            let text = format!("{number} does not sign its webhooks, which are refused");
            return Err(Found::failed(text, upgrade));
        }
        if !at_least(version, SIGNS_ALL) {
            let text = format!("{number} signs no webhooks of inboxes and bots{}", lacks(version));
            return Err(Found::warned(text, upgrade));
        }
        if at_least(version, UNKNOWN) {
            let text = format!("{number} is newer than the versions that were measured");
            return Err(Found::warned(text, "upgrade this crate, or try what you need"));
        }
        Ok(Found::passed(format!("{number}{}", lacks(version))))
    }
}

/// Returns the operations that a version lacks.
fn lacks(version: &ServerVersion) -> String {
    let lacking = chatwoot_client::operations().filter(|op| !version.has(op));
    let names: Vec<&str> = lacking.map(|op| op.name).collect();
    if names.is_empty() { String::new() } else { format!("; it lacks {}", names.join(", ")) }
}

fn unreachable(server: &str, error: &chatwoot_client::Error) -> Found {
    let advice = match error.kind() {
        ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted => {
            "see whether the server is up, and whether this host resolves and reaches its name"
        }
        ErrorKind::NotFound | ErrorKind::Decode => {
            "correct the base URL: it is the address at which agents open Chatwoot, without /app"
        }
        _ => "see the server's log",
    };
    Found::failed(format!("no Chatwoot answers at {server}: {error}"), advice)
}

/// Parses the server's time, such as `2026-11-21 00:34:53`.
fn utc(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.trim_end_matches(" UTC").parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

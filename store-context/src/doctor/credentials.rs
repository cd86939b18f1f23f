//! The check of credentials that expire.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::finding::{Checked, Found};
use super::run::Patient;
use crate::ports::StoreCredentials;

/// A secret that was replaced: its name, when it ends, and whether it is removed then.
fn replaced(kept: &StoreCredentials) -> [(&'static str, Option<Timestamp>, bool); 4] {
    [
        ("webhook secret", kept.previous_webhook_secret.as_ref().map(|it| it.until), true),
        ("webhook address", kept.previous_webhook_address.as_ref().map(|it| it.until), true),
        ("proof key", kept.previous_proof_key.as_ref().map(|it| it.until), true),
        // The next rotation continues from this one, so it stays after its end.
        ("panel address", kept.previous_panel_address.as_ref().map(|it| it.until), false),
    ]
}

impl Patient<'_> {
    pub(super) async fn credentials(&self) -> Checked {
        let record = self.record().await?;
        let kept = &record.credentials;
        let now = self.doctor.ports.clock.now();
        let config = &self.doctor.config;
        let shown = record.account.dashboard_app.is_some();
        if shown && kept.panel_address_since.is_none() && kept.previous_panel_address.is_some() {
            return Err(Found::failed(
                "a rotation of the panel's address was interrupted",
                "provision the store, or rotate the panel's address again",
            ));
        }
        for (name, until, removed) in replaced(kept) {
            let Some(until) = until else { continue };
            if until <= now {
                if removed {
                    let text = format!("the previous {name} ended at {until:.0} and is still kept");
                    return Err(Found::warned(text, "provision the store: it removes it"));
                }
            } else if until.duration_since(now) < signed(config.expires_within) {
                return Err(Found::warned(
                    format!("the previous {name} ends at {until:.0}"),
                    "what still uses it fails then: reload agents' and customers' pages",
                ));
            }
        }
        let rotate = "rotate the panel's address: PanelRotation does it at intervals";
        match kept.panel_address_since {
            Some(since) if now.duration_since(since) > signed(config.panel_address_age) => {
                let text = format!("the panel's address is in use since {since:.0}");
                Err(Found::warned(text, rotate))
            }
            None if shown => Err(Found::warned("the panel's address is of unknown age", rotate)),
            _ => Ok(Found::passed("nothing ends soon")),
        }
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

//! The checks of the ledgers: lag, parked rows, the last delivery.

use std::time::Duration;

use chatwoot_client::Time;
use jiff::Timestamp;

use super::finding::{Checked, Found};
use super::run::Patient;
use crate::guard;
use crate::model::StoreId;
use crate::ports::{PausedStore, PortResult};

/// How far back the activity in Chatwoot is compared with the deliveries.
const DAY: Duration = Duration::from_hours(24);
/// How long a webhook may be under way.
const UNDER_WAY: Duration = Duration::from_mins(5);
/// The number of paused stores that are read at once.
const PAGE: usize = 200;

impl Patient<'_> {
    pub(super) async fn ledger_lag(&self) -> Checked {
        let ports = &self.doctor.ports;
        let sync = guard::port("sync ledger", ports.sync.counts(Some(self.store))).await?;
        let webhooks =
            guard::port("webhook ledger", ports.webhooks.counts(Some(self.store))).await?;
        let now = ports.clock.now();
        let waited = |since: Option<Timestamp>| {
            since.map_or(0, |since| now.duration_since(since).as_secs().max(0)).unsigned_abs()
        };
        let most = self.doctor.config.lag.as_secs();
        let lags = [
            ("customer", sync.oldest_wanted_at, sync.waiting, "sync"),
            ("event", webhooks.oldest_waiting_since, webhooks.waiting, "dispatcher"),
        ];
        for (what, since, waiting, worker) in lags {
            let seconds = waited(since);
            if seconds > most {
                return Err(Found::failed(
                    format!("{what}s wait: {waiting}, the oldest for {seconds} s"),
                    format!("see whether the engine runs, and what its {worker} worker logs"),
                ));
            }
        }
        let (customers, events) = (sync.waiting, webhooks.waiting);
        Ok(Found::passed(format!("{customers} customers and {events} events wait, none too long")))
    }

    pub(super) async fn parked_rows(&self) -> Checked {
        let ports = &self.doctor.ports;
        if let Some(PausedStore { until, reason, .. }) = self.paused().await? {
            let text = format!("the sync of the store is paused until {until:.0}: {reason}");
            let advice = "correct the reason; the sync probes then, or at once after a resume";
            return Err(Found::failed(text, advice));
        }
        let sync = guard::port("sync ledger", ports.sync.counts(Some(self.store))).await?;
        let webhooks =
            guard::port("webhook ledger", ports.webhooks.counts(Some(self.store))).await?;
        let (customers, events) = (sync.parked, webhooks.parked);
        if customers + events > 0 {
            return Err(Found::warned(
                format!("{customers} customers and {events} events are set aside"),
                "see `parked` of the two ledgers for the reasons, and replay them",
            ));
        }
        Ok(Found::passed("nothing is set aside"))
    }

    /// Returns the store's pause.
    async fn paused(&self) -> PortResult<Option<PausedStore>> {
        let ledger = &self.doctor.ports.sync;
        let mut after: Option<StoreId> = None;
        loop {
            let page = guard::port("sync ledger", ledger.paused(after.as_ref(), PAGE)).await?;
            let last = page.last().map(|paused| paused.store.clone());
            let more = page.len() == PAGE && last.as_ref().is_some_and(|last| last < self.store);
            let found = page.into_iter().find(|paused| paused.store == *self.store);
            // A ledger that does not advance would be asked for ever.
            if found.is_some() || !more || last <= after {
                return Ok(found);
            }
            after = last;
        }
    }

    pub(super) async fn last_delivery(&self) -> Checked {
        let ports = &self.doctor.ports;
        let account = self.account().await?;
        let recent = account.conversations().updated_within(DAY.as_secs());
        let recent = recent.deadline(self.deadline()).await?.payload;
        let now = ports.clock.now();
        // A message always causes a webhook, unlike what only touches a conversation.
        let active = recent.iter().filter_map(|it| it.last_activity_at.and_then(Time::at));
        let arrived = |at: &Timestamp| now.duration_since(*at).unsigned_abs() > UNDER_WAY;
        let newest = active.filter(arrived).max();
        let counts = guard::port("webhook ledger", ports.webhooks.counts(Some(self.store))).await?;
        let last = counts.last_webhook_at;
        let seen =
            last.map_or("none came yet".to_owned(), |at| format!("the last came at {at:.0}"));
        let Some(newest) = newest else {
            return Ok(Found::passed(format!("nothing happened within a day; {seen}")));
        };
        if last.is_none_or(|last| newest.duration_since(last) > jiff::SignedDuration::from_mins(5))
        {
            return Err(Found::failed(
                format!("a conversation was active at {newest:.0}, and no webhook came; {seen}"),
                "see what the check `webhook` found, and whether the server's Sidekiq runs and \
                 reaches this host",
            ));
        }
        Ok(Found::passed(format!("webhooks come: {seen}")))
    }
}

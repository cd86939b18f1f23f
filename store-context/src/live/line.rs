//! One line: what is heard on it, and what is done about it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use chatwoot_client::UserId;
use chatwoot_client::live::{LiveError, LiveItem};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep_until};

use super::health::Open;
use super::heard::Heard;
use super::{LiveFeed, LiveStores};
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::backoff::retry_after;
use crate::guard;
use crate::model::StoreId;
use crate::ports::{Doubt, LineState, PortResult, Signal};
use crate::time::{SHORTEST, later, scaled};

/// Why a line ended.
pub(super) enum Ended {
    /// The store's record changed: the line is opened again.
    Changed,
    /// Nothing happened in a store that has a line because it was busy, or the store is unknown.
    Unlisted,
    /// The store has no account, or is not active.
    NoAccount,
    /// The server does not accept the user.
    Refused,
    /// A port failed, or something panicked.
    Failed,
}

impl Ended {
    /// Returns when the line may be opened again; `None` if the store is to have none.
    pub(super) const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Changed => Some(Duration::ZERO),
            Self::Unlisted => None,
            Self::NoAccount => Some(Duration::from_mins(1)),
            Self::Refused => Some(Duration::from_mins(5)),
            Self::Failed => Some(Duration::from_secs(10)),
        }
    }
}

/// One store's line.
pub(super) struct Line<'a> {
    feed: &'a LiveFeed,
    store: &'a StoreId,
    heard: Heard,
    /// When what was heard is acted upon.
    due: Option<Instant>,
    /// The user whose line it is.
    own: Option<UserId>,
    open: Option<Open<'a>>,
    last_event: Instant,
}

/// What is done about what was heard; returns what could not be done.
type Acting<'a> = Pin<Box<dyn Future<Output = Result<(), Heard>> + Send + 'a>>;

impl<'a> Line<'a> {
    pub(super) fn new(feed: &'a LiveFeed, store: &'a StoreId) -> Self {
        let last_event = Instant::now();
        Self { feed, store, heard: Heard::default(), due: None, own: None, open: None, last_event }
    }

    /// Listens until there is a reason to end.
    pub(super) async fn run(mut self) -> Ended {
        let mut account = match self.account().await {
            Ok(account) => Arc::new(account),
            Err(ended) => return ended,
        };
        let mut items = account.account.live().connect();
        let mut check = self.next_check();
        let mut acting: Option<Acting<'a>> = None;
        let mut failures = 0;
        loop {
            tokio::select! { biased;
                done = poll(&mut acting), if acting.is_some() => {
                    acting = None;
                    if let Err(left) = done {
                        self.heard.append(left);
                        failures += 1;
                        self.due = Some(later(Instant::now(), retry_after(failures.min(4))));
                    } else {
                        failures = 0;
                    }
                }
                () = at(self.due), if acting.is_none() => {
                    self.due = None;
                    let heard = std::mem::take(&mut self.heard);
                    acting = Some(Box::pin(act(self.feed, account.clone(), heard)));
                }
                () = sleep_until(check) => {
                    check = self.next_check();
                    match self.account().await {
                        Ok(now) if now.record.version == account.record.version => {
                            account = Arc::new(now);
                        }
                        Ok(_) => return Ended::Changed,
                        // Where the record cannot be read, the line is as good as before.
                        Err(Ended::Failed) => {}
                        Err(ended) => return ended,
                    }
                    let quiet = self.last_event.elapsed() >= self.feed.config.quiet;
                    if quiet && self.feed.config.stores == LiveStores::Busy {
                        return Ended::Unlisted;
                    }
                }
                item = items.next() => match item {
                    Some(item) => self.hear(item, &account),
                    None => return Ended::Refused,
                },
            }
        }
    }

    async fn account(&self) -> Result<OpenAccount, Ended> {
        let opened = guard::guarded(OPEN_WITHIN, self.feed.accounts.open(self.store)).await;
        match opened {
            Ok(Ok(account)) => Ok(account.in_background()),
            Ok(Err(error @ StoreAccountError::Port(_))) => {
                tracing::warn!(%error, store = %self.store, "a store cannot be read for its line");
                Err(Ended::Failed)
            }
            Ok(Err(StoreAccountError::UnknownStore(_))) => Err(Ended::Unlisted),
            Ok(Err(error)) => {
                tracing::debug!(%error, store = %self.store, "a store has no line");
                Err(Ended::NoAccount)
            }
            Err(cut) => {
                tracing::warn!(%cut, store = %self.store, "a store cannot be read for its line");
                Err(Ended::Failed)
            }
        }
    }

    /// Up to a tenth more or less, so that lines that were opened together spread out.
    fn next_check(&self) -> Instant {
        let check = scaled(self.feed.config.check.max(SHORTEST), 0.9 + fastrand::f64() / 5.0);
        later(Instant::now(), check)
    }

    fn hear(&mut self, item: LiveItem, account: &OpenAccount) {
        let counters = &*self.feed.counters;
        match item {
            LiveItem::Connected { user_id, .. } => {
                self.own = user_id;
                self.open = Some(Open::new(counters));
                tracing::debug!(store = %self.store, "the live feed is heard");
                self.tell(LineState::Open);
                // Nobody may have listened before.
                self.heard.missed();
            }
            LiveItem::Lagged { .. } => self.heard.missed(),
            LiveItem::Event(event) => {
                counters.heard.fetch_add(1, Relaxed);
                self.last_event = Instant::now();
                if self.own.is_some_and(|own| event.is_by(own)) {
                    return;
                }
                self.heard.add(&event, &self.feed.ports, &account.record.store);
            }
            LiveItem::Disconnected { reason, retry_in } => {
                let was_open = self.open.take().is_some();
                self.lost(&reason, was_open, retry_in);
            }
            _ => {}
        }
        if !self.heard.is_empty() && self.due.is_none() {
            self.due = Some(later(Instant::now(), self.feed.config.act_after));
        }
    }

    fn lost(&self, reason: &LiveError, was_open: bool, retry_in: Option<Duration>) {
        let counters = &self.feed.counters;
        let count = if was_open { &counters.lost } else { &counters.refused };
        count.fetch_add(1, Relaxed);
        let reason = reason.to_string();
        tracing::info!(store = %self.store, reason, was_open, ?retry_in, "a line is not open");
        self.tell(if was_open { LineState::Lost(&reason) } else { LineState::Refused(&reason) });
    }

    fn tell(&self, state: LineState<'_>) {
        guard::observe(&*self.feed.ports.observer, |to| to.live_line(self.store, state));
    }
}

/// The time limit of reading a store's record.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

/// Waits until a time; never completes without one.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn poll(acting: &mut Option<Acting<'_>>) -> Result<(), Heard> {
    match acting {
        Some(acting) => acting.await,
        None => std::future::pending().await,
    }
}

/// Acts upon what was heard; returns what could not be done.
async fn act(feed: &LiveFeed, account: Arc<OpenAccount>, mut heard: Heard) -> Result<(), Heard> {
    if let Err(error) = act_on(feed, &account, &mut heard).await {
        let store = &account.record.store.id;
        tracing::warn!(%error, %store, "what was heard could not be noted; trying again");
        return Err(heard);
    }
    Ok(())
}

/// Acts upon what was heard, and removes of it what is done.
async fn act_on(feed: &LiveFeed, account: &OpenAccount, heard: &mut Heard) -> PortResult<()> {
    let LiveFeed { ports, config, counters, .. } = feed;
    let (store, key) = (&account.record.store.id, &account.key);
    if heard.round || !heard.news.is_known(&*ports.webhooks, store, key).await? {
        guard::port("webhooks", ports.webhooks.hurry(store)).await?;
        counters.rounds.fetch_add(1, Relaxed);
        if let Some(reconciler) = &feed.reconciler {
            reconciler.wake();
        }
    }
    heard.round = false;
    heard.news.clear();
    while let Some((contact, now)) = heard.contacts.first_key_value() {
        let doubt = ports.sync.doubt(store, key, *contact, Doubt::Look, now.as_ref());
        if guard::port("sync ledger", doubt).await? {
            counters.doubts.fetch_add(1, Relaxed);
        }
        heard.contacts.pop_first();
    }
    if let Some(within) = config.sweep_within.filter(|_| heard.sweep) {
        guard::port("sweeps", ports.sweeps.hurry(store, within)).await?;
    }
    heard.sweep = false;
    // Hints for a screen are not tried again.
    let panels = std::mem::take(&mut heard.panels);
    if let Some(signals) = &config.signals {
        for (contact, change) in panels {
            let signal = Signal::new(store.clone(), contact, change);
            guard::port("signals", signals.publish(&signal)).await?;
        }
    }
    Ok(())
}

//! Makes the checks: each on its own, within limits of time and number.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::inboxes::Inbox;
use chatwoot_client::server::ServerVersion;
use chatwoot_client::types::{PlatformToken, User};
use chatwoot_client::{Account, Client, Transport};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;
use url::Url;

use super::finding::{Checked, Found};
use super::report::{CheckResult, CheckStatus, Report, StoreReport};
use super::scrub::Scrub;
use super::{Check, DoctorConfig};
use crate::accounts::{Accounts, StoreAccountError};
use crate::guard::{self, Cut};
use crate::model::StoreId;
use crate::ports::{BoundToken, PortFailure, Ports, StoreRecord};
use crate::store_ids::StoreIds;

/// How much longer than its wait the round trip may take, for its calls to Chatwoot.
const ROUND_TRIP_CALLS: Duration = Duration::from_secs(30);

/// Checks stores and their Chatwoot servers. Clones share nothing but the host's services.
///
/// It reads only, except for [`Check::RoundTrip`], which creates a contact for a moment; leave that
/// out in [`DoctorConfig::left_out`] where nothing may be written. Calls to Chatwoot are made in the
/// background: live calls go first.
///
/// ```
/// use store_context::accounts::Accounts;
/// use store_context::doctor::{CheckStatus, Doctor, DoctorConfig};
/// use store_context::model::StoreId;
/// use store_context::ports::Ports;
///
/// # async fn example(accounts: Accounts, ports: Ports, store: StoreId) {
/// let config = DoctorConfig {
///     public_url: Some("https://shop.example.com/support".parse().unwrap()),
///     ..DoctorConfig::default()
/// };
/// let report = Doctor::new(accounts, ports, config).check(&store).await;
/// println!("{report}");
/// for (_, failed) in report.with(CheckStatus::Failed) {
///     eprintln!("{}: {}", failed.check, failed.advice.as_deref().unwrap_or_default());
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Doctor {
    pub(super) accounts: Accounts,
    pub(super) ports: Ports,
    pub(super) config: DoctorConfig,
    pub(super) pages: Option<Arc<dyn Transport>>,
    pub(super) platform: Option<(Url, PlatformToken)>,
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Doctor {
    /// Creates a doctor of the host's stores.
    pub fn new(accounts: Accounts, ports: Ports, config: DoctorConfig) -> Self {
        Self { accounts, ports, config, pages: None, platform: None }
    }

    /// Sets the transport with which the website, the panel and the webhook's address are requested,
    /// such as the client's `ReqwestTransport`. Without it the checks of these pages are skipped.
    ///
    /// It requests the URL of each store's website. A host whose tenants choose that URL gives a
    /// transport that refuses private addresses, or leaves out [`Check::WidgetCsp`].
    #[must_use]
    pub fn with_pages(self, pages: Arc<dyn Transport>) -> Self {
        Self { pages: Some(pages), ..self }
    }

    /// Sets the token of the platform app on the Chatwoot server at `base_url`, for
    /// [`Check::PlatformToken`] of the stores on that server.
    #[must_use]
    pub fn with_platform_token(self, base_url: Url, token: impl Into<PlatformToken>) -> Self {
        Self { platform: Some((base_url, token.into())), ..self }
    }

    /// Leaves out a check too; see [`DoctorConfig::left_out`].
    ///
    /// ```
    /// # use store_context::doctor::{Check, Doctor};
    /// # fn example(doctor: Doctor) {
    /// let reading = doctor.without(Check::RoundTrip);
    /// # drop(reading);
    /// # }
    /// ```
    #[must_use]
    pub fn without(mut self, check: Check) -> Self {
        self.config.left_out.insert(check);
        self
    }

    /// Returns whether a store is known.
    ///
    /// # Errors
    /// Returns an error if the port failed.
    pub async fn knows(&self, store: &StoreId) -> Result<bool, PortFailure> {
        Ok(guard::port("stores", self.ports.stores.open(store)).await?.is_some())
    }

    /// Checks one store. A store that is not known fails [`Check::Store`].
    pub async fn check(&self, store: &StoreId) -> Report {
        let at = self.ports.clock.now();
        let slots = Semaphore::new(self.config.parallel.max(1));
        Report::new(at, vec![self.examine(store, &slots).await])
    }

    /// Checks all stores.
    ///
    /// # Errors
    /// Returns an error if the ids of the stores could not be read.
    ///
    /// ```
    /// # async fn example(doctor: store_context::doctor::Doctor)
    /// # -> Result<(), store_context::ports::PortFailure> {
    /// let report = doctor.check_all().await?;
    /// println!("{}", report.summary());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check_all(&self) -> Result<Report, PortFailure> {
        let at = self.ports.clock.now();
        let parallel = self.config.parallel.max(1);
        let slots = Semaphore::new(parallel);
        let mut pages = StoreIds::new(&*self.ports.stores);
        let mut all = Vec::new();
        while let Some(ids) = pages.next().await? {
            let reports = stream::iter(ids)
                .map(|store| {
                    let slots = &slots;
                    async move { self.examine(&store, slots).await }
                })
                .buffered(parallel);
            all.extend(reports.collect::<Vec<StoreReport>>().await);
        }
        Ok(Report::new(at, all))
    }

    /// Makes the checks in turns: those whose needs are known run together.
    async fn examine(&self, store: &StoreId, slots: &Semaphore) -> StoreReport {
        let patient = Patient::new(self, store);
        let mut left: Vec<Check> = Check::ALL.to_vec();
        left.retain(|check| !self.config.left_out.contains(check));
        let mut checks: Vec<CheckResult> = Vec::with_capacity(left.len());
        // Checks that failed, and those that were skipped because of them.
        let mut broken: BTreeSet<Check> = BTreeSet::new();
        while !left.is_empty() {
            let waits = |check: &Check| check.needs().iter().any(|need| left.contains(need));
            let (later, now): (Vec<Check>, Vec<Check>) = left.iter().partition(|it| waits(it));
            let (vain, now): (Vec<Check>, Vec<Check>) = now
                .into_iter()
                .partition(|check| check.needs().iter().any(|need| broken.contains(need)));
            for check in vain {
                let needs: Vec<&str> = check.needs().iter().map(|need| need.name()).collect();
                let why = format!("it tells nothing while `{}` fails", needs.join("` and `"));
                checks.push(patient.result(check, Found::skipped(why), Duration::ZERO));
                broken.insert(check);
            }
            let results = join_all(now.iter().map(|check| patient.make(*check, slots))).await;
            let failed = results.iter().filter(|result| result.status == CheckStatus::Failed);
            broken.extend(failed.map(|result| result.check));
            checks.extend(results);
            left = later;
        }
        checks.sort_by_key(|result| result.check);
        StoreReport { store: store.clone(), checks }
    }

    fn limit(&self, check: Check) -> Duration {
        match check {
            Check::RoundTrip => self.config.round_trip.saturating_add(ROUND_TRIP_CALLS),
            _ => self.config.limit,
        }
    }
}

/// A store under examination: what was read of it is kept for the checks that follow.
pub(super) struct Patient<'a> {
    pub(super) doctor: &'a Doctor,
    pub(super) store: &'a StoreId,
    record: OnceCell<StoreRecord>,
    version: OnceCell<(ServerVersion, Timestamp)>,
    user: OnceCell<User>,
    inboxes: OnceCell<Vec<Inbox>>,
}

impl<'a> Patient<'a> {
    fn new(doctor: &'a Doctor, store: &'a StoreId) -> Self {
        Self {
            doctor,
            store,
            record: OnceCell::new(),
            version: OnceCell::new(),
            user: OnceCell::new(),
            inboxes: OnceCell::new(),
        }
    }

    /// Makes one check. A hang or a panic of it is its own failure.
    async fn make(&self, check: Check, slots: &Semaphore) -> CheckResult {
        // The semaphore is never closed.
        let _slot = slots.acquire().await;
        let began = Instant::now();
        let limit = self.doctor.limit(check);
        let found = match guard::guarded(limit, self.run(check)).await {
            Ok(found) => found.unwrap_or_else(|early| early),
            Err(Cut::TimedOut(limit)) => Found::failed(
                format!("the check did not end within {limit:?}"),
                "see whether the server and the host's storage respond, and check again",
            ),
            Err(Cut::Panicked(text)) => {
                let text = self.scrub().clean(text);
                tracing::error!(store = %self.store, %check, panic = text, "a check panicked");
                Found::failed("the check panicked", "see the host's log: a port may have a fault")
            }
        };
        self.result(check, found, began.elapsed())
    }

    async fn run(&self, check: Check) -> Checked {
        match check {
            Check::Store => self.stored().await,
            Check::BaseUrl => self.base_url().await,
            Check::Clock => self.clock().await,
            Check::Version => self.supported().await,
            Check::UserToken => self.user_token().await,
            Check::PlatformToken => self.platform_token().await,
            Check::Account => self.active().await,
            Check::Inboxes => self.remembered_inboxes().await,
            Check::Widget => self.widget().await,
            Check::Hmac => self.hmac().await,
            Check::Attributes => self.attributes().await,
            Check::Webhook => self.webhook().await,
            Check::RoundTrip => self.round_trip().await,
            Check::Panel => self.panel().await,
            Check::WidgetCsp => self.widget_csp().await,
            Check::LedgerLag => self.ledger_lag().await,
            Check::ParkedRows => self.parked_rows().await,
            Check::LastDelivery => self.last_delivery().await,
            Check::Credentials => self.credentials().await,
        }
    }

    fn result(&self, check: Check, found: Found, took: Duration) -> CheckResult {
        let scrub = self.scrub();
        CheckResult {
            check,
            status: found.status,
            found: scrub.clean(found.text),
            advice: found.advice.map(|advice| scrub.clean(advice)),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn scrub(&self) -> Scrub {
        let scrub = self.record.get().map(Scrub::of).unwrap_or_default();
        scrub.and(self.doctor.platform.as_ref().map(|(_, token)| token.secret()))
    }

    async fn stored(&self) -> Checked {
        let record = self.record().await?;
        let lacking = |what: &str| {
            let text = format!("the store has no {what}");
            Found::failed(text, "run the Provisioner for it")
        };
        let kept = &record.credentials;
        let Some(base_url) = &record.account.base_url else { return Err(lacking("base URL")) };
        let account = record.account.account.ok_or_else(|| lacking("account"))?;
        let token = kept.user_token.as_ref().ok_or_else(|| lacking("user token"))?;
        if !token.is_for(base_url) {
            return Err(Found::failed(
                "the user token is for another Chatwoot server than the store's account",
                "provision the store again; the token was sent to neither server",
            ));
        }
        if kept.identifier_key.is_none() || kept.proof_key.is_none() {
            return Err(lacking("key for identifiers or proofs"));
        }
        Ok(Found::passed(format!("account {account} on {}", shown(base_url))))
    }

    /// Returns the store's record.
    pub(super) async fn record(&self) -> Result<&StoreRecord, Found> {
        let read = || async {
            let read = guard::port("stores", self.doctor.ports.stores.open(self.store)).await?;
            read.ok_or_else(|| {
                let error = StoreAccountError::UnknownStore(self.store.clone());
                Found::failed(error.to_string(), "see whether the store's id is right")
            })
        };
        self.record.get_or_try_init(read).await
    }

    /// Returns the base URL of the store's Chatwoot server.
    pub(super) async fn server(&self) -> Result<&Url, Found> {
        let base_url = self.record().await?.account.base_url.as_ref();
        base_url.ok_or_else(|| Found::skipped("the store has no base URL"))
    }

    /// Returns the client of the store's Chatwoot server.
    pub(super) async fn client(&self) -> Result<Client, Found> {
        let client = self.doctor.accounts.clients().get(self.server().await?);
        let client = client.map_err(|error| {
            Found::failed(error.to_string(), "correct the base URL, or the host's Clients")
        })?;
        Ok(client.in_background())
    }

    /// Returns the user's token, for its own server only.
    pub(super) async fn token(&self) -> Result<&BoundToken, Found> {
        let server = self.server().await?;
        let token = self.record().await?.credentials.user_token.as_ref();
        let token = token.filter(|token| token.is_for(server));
        token.ok_or_else(|| Found::skipped("the store has no token for its server"))
    }

    /// Returns the store's account.
    pub(super) async fn account(&self) -> Result<Account, Found> {
        let account = self.record().await?.account.account;
        let account = account.ok_or_else(|| Found::skipped("the store has no account"))?;
        Ok(self.client().await?.account(account, self.token().await?.token.clone()))
    }

    /// Returns the server's version, and this host's time in the middle of the call.
    pub(super) async fn version(&self) -> Result<&(ServerVersion, Timestamp), Found> {
        let client = self.client().await?;
        Ok(self.version_of(&client).await?)
    }

    /// Returns the server's version, and when it was read by this host's clock; the error is the
    /// call's.
    pub(super) async fn version_of(
        &self,
        client: &Client,
    ) -> Result<&(ServerVersion, Timestamp), chatwoot_client::Error> {
        let read = || async {
            let clock = &self.doctor.ports.clock;
            let before = clock.now();
            let version = client.server().version().deadline(self.deadline()).await?;
            let took = clock.now().duration_since(before);
            Ok((version, before.checked_add(took / 2).unwrap_or(before)))
        };
        self.version.get_or_try_init(read).await
    }

    /// Returns the token's user.
    pub(super) async fn user(&self) -> Result<&User, Found> {
        let read = || async {
            let token = self.token().await?.token.clone();
            let client = self.client().await?;
            Ok::<_, Found>(client.profile(token).get().deadline(self.deadline()).await?)
        };
        self.user.get_or_try_init(read).await
    }

    /// Returns the account's inboxes.
    pub(super) async fn inboxes(&self) -> Result<&[Inbox], Found> {
        let read = || async {
            let account = self.account().await?;
            Ok::<_, Found>(account.inboxes().list().deadline(self.deadline()).await?)
        };
        Ok(self.inboxes.get_or_try_init(read).await?)
    }

    /// Returns the deadline of a call, which is shorter than the check's limit so that the call's own
    /// error is reported.
    pub(super) fn deadline(&self) -> Duration {
        self.doctor.config.limit.mul_f32(0.8)
    }
}

/// Returns a URL without user, password, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'))
}

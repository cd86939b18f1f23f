//! Reads a customer's snapshot from the host, and caches it.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chatwoot_client::ContactId;

use super::own::OwnContext;
use super::single_flight::{SharedCall, SingleFlight};
use crate::model::{
    ContextSnapshot, CustomerId, Insights, Order, OwnView, Source, Store, StoreId, StoreSummary,
    is_web,
};
use crate::ports::{PortError, PortFailure, PortResult, Ports};

/// The cache lifetime and the timeouts of a [`ContextService`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextConfig {
    /// How long a snapshot is cached; zero disables the cache. The default is 30 seconds.
    pub ttl: Duration,
    /// The number of recent orders in a snapshot. The default is 5.
    pub recent_orders: usize,
    /// The number of activities in a snapshot, if the host records any. The default is 10.
    pub recent_activity: usize,
    /// The timeout of totals, orders, cart, activity and cache, each. The default is 150 milliseconds.
    pub source_timeout: Duration,
    /// The timeout of the store and the customer, each; without them there is no snapshot. The
    /// default is 2 seconds.
    pub customer_timeout: Duration,
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(30),
            recent_orders: 5,
            recent_activity: 10,
            source_timeout: Duration::from_millis(150),
            customer_timeout: Duration::from_secs(2),
        }
    }
}

/// Creates snapshots of customers for agents and bots. Clones share their reads.
///
/// A snapshot is at most [`ContextConfig::ttl`] old. Within one process, concurrent requests for
/// the same customer share one read, and data that was read before [`ContextService::forget`] is
/// not cached after it. Whether another process may still cache it, until it expires, is up to the
/// [`Cache`](crate::ports::Cache).
///
/// ```
/// use store_context::context::{ContextConfig, ContextService};
/// use store_context::model::{CustomerId, StoreId};
/// # use store_context::ports::Ports;
///
/// # async fn example(ports: Ports) -> Result<(), Box<dyn std::error::Error>> {
/// let context = ContextService::new(ports, ContextConfig { recent_orders: 3, ..Default::default() });
/// let (store, ada) = (StoreId::new("north")?, CustomerId::new("c-1")?);
/// if let Some(snapshot) = context.snapshot(&store, &ada).await? {
///     println!("{}: {} orders", snapshot.customer.name, snapshot.recent_orders.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ContextService {
    ports: Ports,
    config: ContextConfig,
    reads: Arc<SingleFlight<Shared>>,
}

/// The shared result of one read.
type Shared = Result<Option<Found>, Arc<PortFailure>>;

/// A snapshot and what of it the customer's own browser gets, as they were found. Cached ones are
/// only decoded for who needs more than their JSON.
#[derive(Clone)]
pub(super) enum Found {
    Cached { snapshot: Bytes, own: Bytes },
    Read { snapshot: Arc<ContextSnapshot>, view: OwnView },
}

impl Found {
    /// Returns what the customer's own browser gets, as JSON.
    pub(super) fn own_json(&self) -> serde_json::Result<Bytes> {
        match self {
            Self::Cached { own, .. } => Ok(own.clone()),
            Self::Read { snapshot, view } => {
                serde_json::to_vec(&OwnContext::new(snapshot, *view)).map(Bytes::from)
            }
        }
    }

    /// Returns the value to be cached: the format, the length of the snapshot, and both as JSON.
    fn to_cache(snapshot: &ContextSnapshot, view: OwnView) -> serde_json::Result<Bytes> {
        let json = serde_json::to_vec(snapshot)?;
        let mut value = [FORMAT, json.len().to_string().as_bytes(), b" "].concat();
        value.extend_from_slice(&json);
        serde_json::to_writer(&mut value, &OwnContext::new(snapshot, view))?;
        Ok(value.into())
    }

    /// Returns what a cached value contains; `None` if it is of another version.
    fn from_cache(value: &Bytes) -> Option<Self> {
        let sized = value.strip_prefix(FORMAT)?;
        let digits = sized.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(sized.get(..digits)?).ok()?.parse().ok()?;
        let from = FORMAT.len() + digits + 1;
        let until = from.checked_add(length).filter(|until| *until <= value.len())?;
        Some(Self::Cached { snapshot: value.slice(from..until), own: value.slice(until..) })
    }
}

/// What a cached value begins with. It changes with the shape of the JSON: another version of this
/// crate may use the same cache.
const FORMAT: &[u8] = b"2 ";

impl fmt::Debug for ContextService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextService").field("config", &self.config).finish_non_exhaustive()
    }
}

impl ContextService {
    /// Creates a service that reads from these ports.
    pub fn new(ports: Ports, config: ContextConfig) -> Self {
        Self { ports, config, reads: Arc::new(SingleFlight::new()) }
    }

    /// Returns the snapshot of a customer; `None` if the store or the customer is not known, or the
    /// customer was erased.
    ///
    /// Totals, orders, a cart or activity that cannot be read in time are listed in
    /// [`ContextSnapshot::unavailable`], and such a snapshot is not cached. A failure of the cache
    /// only costs time and logs a warning.
    ///
    /// # Errors
    /// Returns an error if the store or the customer could not be read in time.
    pub async fn snapshot(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Option<ContextSnapshot>, PortFailure> {
        match self.find(store, customer).await? {
            Some(Found::Cached { snapshot, .. }) => match serde_json::from_slice(&snapshot) {
                Ok(snapshot) => Ok(Some(snapshot)),
                Err(error) => {
                    tracing::warn!(%error, "the cache holds no snapshot");
                    self.forget(store, customer).await;
                    Ok(self.read(store, customer).await?.map(|(snapshot, _)| snapshot))
                }
            },
            Some(Found::Read { snapshot, .. }) => Ok(Some(Arc::unwrap_or_clone(snapshot))),
            None => Ok(None),
        }
    }

    /// Returns the cached snapshot, or reads it.
    pub(super) async fn find(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Option<Found>, PortFailure> {
        let key = key(store, customer);
        if let Some(found) = self.ports.cache.peek(&key).as_ref().and_then(Found::from_cache) {
            return Ok(Some(found));
        }
        let read = |call| self.get(&key, store, customer, call);
        self.reads.join(&key, read).await.map_err(|error| {
            Arc::try_unwrap(error)
                .unwrap_or_else(|shared| PortFailure::new(shared.port().unwrap_or("host"), shared))
        })
    }

    /// Returns the snapshot of the customer behind a contact; `None` for a guest.
    ///
    /// Only for the panel: whose contact a conversation has says nothing of who writes.
    pub(super) async fn for_contact(
        &self,
        store: &StoreId,
        contact: ContactId,
    ) -> Result<Option<ContextSnapshot>, PortFailure> {
        match self.customer_of(store, contact).await? {
            Some(customer) => self.snapshot(store, &customer).await,
            None => Ok(None),
        }
    }

    /// Returns the customer behind a contact; `None` for a guest.
    pub(super) async fn customer_of(
        &self,
        store: &StoreId,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        let customer = async {
            let record = self.ports.stores.open(store).await?;
            let Some(key) = record.and_then(|record| record.account_key()) else { return Ok(None) };
            self.ports.sync.customer_of(store, &key, contact).await
        };
        within(self.config.customer_timeout, "sync ledger", customer).await
    }

    /// Reads the store, with a timeout.
    pub(super) async fn store(&self, id: &StoreId) -> PortResult<Option<Store>> {
        let record =
            within(self.config.customer_timeout, "stores", self.ports.stores.open(id)).await?;
        Ok(record.map(|record| record.store))
    }

    /// Removes a customer's cached snapshot: call it when the customer, an order or the cart
    /// changed.
    pub async fn forget(&self, store: &StoreId, customer: &CustomerId) {
        let key = key(store, customer);
        // First the reads, then the cache, so that a read in between finds no stale value to cache.
        self.reads.forget(&key);
        self.uncache(&key).await;
    }

    /// Removes a customer's cached snapshot from the cache alone: of all processes, but not from
    /// the reads that are under way in a service of this one.
    pub(crate) async fn uncache_in(ports: &Ports, store: &StoreId, customer: &CustomerId) {
        let service = Self::new(ports.clone(), ContextConfig::default());
        service.uncache(&key(store, customer)).await;
    }

    async fn get(
        &self,
        key: &str,
        store: &StoreId,
        customer: &CustomerId,
        call: Arc<SharedCall<Shared>>,
    ) -> Shared {
        if let Some(found) = self.cached(key).await {
            return Ok(Some(found));
        }
        let read = self.read(store, customer).await.map_err(PortFailure::from)?;
        let Some((snapshot, view)) = read else { return Ok(None) };
        if snapshot.unavailable.is_empty() && !call.is_forgotten() {
            self.cache(key, &snapshot, view).await;
            if call.is_forgotten() {
                self.uncache(key).await;
            }
        }
        Ok(Some(Found::Read { snapshot: Arc::new(snapshot), view }))
    }

    async fn read(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Option<(ContextSnapshot, OwnView)>> {
        let Ports { stores, customers, orders, carts, activity, erasures, .. } = &self.ports;
        let ContextConfig { recent_orders, recent_activity, .. } = self.config;
        let ContextConfig { source_timeout, customer_timeout, .. } = self.config;
        let cart = async {
            match carts {
                Some(carts) => carts.cart(store, customer).await,
                None => Ok(None),
            }
        };
        let activity = async {
            let Some(log) = activity else { return Ok(None) };
            let records = log.activities(store, customer, None, recent_activity).await?;
            Ok(Some(records.into_iter().map(|record| record.activity).collect::<Vec<_>>()))
        };
        let (record, erased, customer, totals, recent, cart, activity) = tokio::join!(
            within(customer_timeout, "stores", stores.open(store)),
            within(customer_timeout, "erasures", erasures.receipt(store, customer)),
            within(customer_timeout, "customers", customers.customer(store, customer)),
            within(source_timeout, "orders", orders.order_totals(store, customer)),
            within(source_timeout, "orders", orders.recent_orders(store, customer, recent_orders)),
            within(source_timeout, "carts", cart),
            within(source_timeout, "activity", activity),
        );
        let (Some(record), None, Some(customer)) = (record?, erased?, customer?) else {
            return Ok(None);
        };
        let store = record.store;

        let mut unavailable = Vec::new();
        let mut missing = |source, error: &PortError| {
            let error: &(dyn Error + 'static) = &**error;
            tracing::warn!(error, ?source, store = %store.id, "left out of a customer's context");
            unavailable.push(source);
        };
        let totals = totals.inspect_err(|error| missing(Source::Totals, error));
        let recent = recent.inspect_err(|error| missing(Source::Orders, error));
        let cart = cart.inspect_err(|error| missing(Source::Cart, error));
        // What could not be read is not what the host does not have.
        let recent_activity = activity
            .inspect_err(|error| missing(Source::Activity, error))
            .unwrap_or(Some(Vec::new()));

        let mut recent_orders = recent.unwrap_or_default();
        recent_orders.truncate(self.config.recent_orders);
        recent_orders.iter_mut().for_each(drop_odd_links);
        let snapshot = ContextSnapshot {
            store: StoreSummary::from(&store),
            customer,
            insights: totals
                .ok()
                .map(|totals| Insights::new(store.currency, totals, store.tiers.as_ref())),
            recent_orders,
            cart: cart.ok().flatten().filter(|cart| !cart.items.is_empty()),
            recent_activity,
            unavailable,
            generated_at: self.ports.clock.now(),
        };
        Ok(Some((snapshot, store.privacy.own)))
    }

    async fn cached(&self, key: &str) -> Option<Found> {
        let bytes = self.of_cache("read", self.ports.cache.get(key)).await??;
        let found = Found::from_cache(&bytes);
        if found.is_none() {
            tracing::warn!("the cache holds a value of another version");
        }
        found
    }

    async fn cache(&self, key: &str, snapshot: &ContextSnapshot, view: OwnView) {
        if self.config.ttl.is_zero() {
            return;
        }
        match Found::to_cache(snapshot, view) {
            Ok(value) => {
                let put = self.ports.cache.put(key, value, self.config.ttl);
                self.of_cache("written", put).await;
            }
            Err(error) => tracing::warn!(%error, "a snapshot could not be written as JSON"),
        }
    }

    async fn uncache(&self, key: &str) {
        self.of_cache("cleared", self.ports.cache.remove(key)).await;
    }

    /// Returns the result of the cache; logs a warning and returns nothing if it fails.
    async fn of_cache<T>(
        &self,
        what: &str,
        call: impl Future<Output = PortResult<T>>,
    ) -> Option<T> {
        let answer = within(self.config.source_timeout, "cache", call).await;
        let warn = |error: &PortError| {
            let error: &(dyn Error + 'static) = &**error;
            tracing::warn!(error, "the cache was not {what}");
        };
        answer.inspect_err(warn).ok()
    }
}

/// Returns the key of a customer's snapshot in the cache. No two customers of any two stores share
/// one, since ids have no control characters.
pub(crate) fn key(store: &StoreId, customer: &CustomerId) -> String {
    ["context", store.as_str(), customer.as_str()].join("\u{1f}")
}

async fn within<T>(
    limit: Duration,
    port: &'static str,
    call: impl Future<Output = PortResult<T>>,
) -> PortResult<T> {
    let answer = tokio::time::timeout(limit, call).await;
    let answer =
        answer.unwrap_or_else(|_| Err(PortError::new(port, format!("no answer within {limit:?}"))));
    answer.map_err(|error| error.named(port))
}

/// Removes the links of an order that an agent's browser should not follow: what is neither `http` nor
/// `https` may be code.
fn drop_odd_links(order: &mut Order) {
    order.admin_url.take_if(|url| !is_web(url));
    for tracking in &mut order.tracking {
        tracking.url.take_if(|url| !is_web(url));
    }
}

#[cfg(test)]
mod tests;

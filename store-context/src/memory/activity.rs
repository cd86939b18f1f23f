//! In-memory storage of what customers did.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::guard::lock;
use crate::model::{Activity, CustomerId, StoreId};
use crate::ports::{ActivityLog, ActivityRecord, Clock, NewActivity, PortResult, SystemClock};

/// Stores what customers did in memory only: the newest 1,000 activities of each customer.
///
/// [`ActivityLog`] has an example.
#[derive(Debug)]
pub struct MemoryActivityLog {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

/// The place of an activity in time: of two of the same time, the one recorded later is newer.
type Place = (Timestamp, u64);

#[derive(Debug, Default)]
struct State {
    customers: HashMap<(StoreId, CustomerId), BTreeMap<Place, Activity>>,
    // The customer of each activity, oldest first.
    oldest: BTreeMap<Place, (StoreId, CustomerId)>,
    last_id: u64,
}

const LONGEST: usize = 1_000;

impl Default for MemoryActivityLog {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryActivityLog {
    /// Creates an empty log that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates an empty log that uses the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { state: Mutex::default(), clock }
    }
}

impl State {
    fn record(&mut self, new: &NewActivity, now: Timestamp) {
        self.last_id += 1;
        let activity = new.activity.clone().not_after(now);
        let place = (activity.at(), self.last_id);
        let customer = (new.store.clone(), new.customer.clone());
        let activities = self.customers.entry(customer.clone()).or_default();
        activities.insert(place, activity);
        self.oldest.insert(place, customer);
        if activities.len() > LONGEST
            && let Some((place, _)) = activities.pop_first()
        {
            self.oldest.remove(&place);
        }
    }

    fn remove(&mut self, place: &Place) {
        let Some(customer) = self.oldest.remove(place) else { return };
        let Some(activities) = self.customers.get_mut(&customer) else { return };
        activities.remove(place);
        if activities.is_empty() {
            self.customers.remove(&customer);
        }
    }

    /// Removes up to `limit` activities at these places.
    fn remove_all(&mut self, places: &[Place]) -> u64 {
        for place in places {
            self.remove(place);
        }
        places.len() as u64
    }
}

#[async_trait]
impl ActivityLog for MemoryActivityLog {
    async fn record(&self, activities: &[NewActivity]) -> PortResult<()> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        for new in activities {
            state.record(new, now);
        }
        Ok(())
    }

    async fn activities(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        before: Option<&ActivityRecord>,
        limit: usize,
    ) -> PortResult<Vec<ActivityRecord>> {
        let state = lock(&self.state);
        let Some(activities) = state.customers.get(&(store.clone(), customer.clone())) else {
            return Ok(Vec::new());
        };
        let before = before.map_or((Timestamp::MAX, u64::MAX), |it| (it.activity.at(), it.id));
        let newest = activities.range(..before).rev().take(limit);
        let record = |(&(_, id), activity): (_, &Activity)| ActivityRecord {
            id,
            activity: activity.clone(),
        };
        Ok(newest.map(record).collect())
    }

    async fn purge(&self, age: Duration, limit: usize) -> PortResult<u64> {
        let before = self.clock.now().checked_sub(age).unwrap_or(Timestamp::MIN);
        let mut state = lock(&self.state);
        let old: Vec<Place> =
            state.oldest.range(..(before, 0)).take(limit).map(|(place, _)| *place).collect();
        Ok(state.remove_all(&old))
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<u64> {
        let mut state = lock(&self.state);
        let activities = state.customers.get(&(store.clone(), customer.clone()));
        let all: Vec<Place> = activities.into_iter().flat_map(BTreeMap::keys).copied().collect();
        Ok(state.remove_all(&all))
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        let mut state = lock(&self.state);
        let of_store = state.oldest.iter().filter(|(_, (of, _))| of == store);
        let some: Vec<Place> = of_store.take(limit).map(|(place, _)| *place).collect();
        Ok(state.remove_all(&some))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ActivityKind;

    crate::activity_conformance!(async { MemoryActivityLog::new() });

    #[tokio::test]
    async fn it_keeps_the_newest() {
        let log = MemoryActivityLog::new();
        let (store, customer) = (StoreId::new("north").unwrap(), CustomerId::new("ada").unwrap());
        let new = |second: i64| NewActivity {
            store: store.clone(),
            customer: customer.clone(),
            activity: Activity::new(
                Timestamp::from_second(second).unwrap(),
                ActivityKind::PageViewed,
                "Tea",
            ),
        };
        let many = i64::try_from(LONGEST).unwrap() + 5;
        let all: Vec<_> = (0..many).rev().map(new).collect();
        log.record(&all).await.unwrap();
        let kept = log.activities(&store, &customer, None, usize::MAX).await.unwrap();
        assert_eq!((kept.len(), kept[LONGEST - 1].activity.at().as_second()), (LONGEST, 5));
        assert_eq!(lock(&log.state).oldest.len(), LONGEST, "and nothing else");
        assert_eq!(log.forget(&store, &customer).await.unwrap(), LONGEST as u64);
        let state = lock(&log.state);
        assert!(state.oldest.is_empty() && state.customers.is_empty());
    }
}

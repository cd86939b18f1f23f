//! Limits on concurrent requests, in total and per store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store_context::model::StoreId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts concurrent requests. A place is free again when its permit is dropped.
#[derive(Debug)]
pub(super) struct AtOnce {
    all: Arc<Semaphore>,
    each: usize,
    /// Known stores only, so there are no more entries than stores.
    stores: Mutex<HashMap<StoreId, Arc<Semaphore>>>,
}

impl AtOnce {
    pub(super) fn new(all: usize, each: usize) -> Self {
        Self { all: semaphore(all), each, stores: Mutex::default() }
    }

    /// Takes a place among all requests; returns `None` if there is none.
    pub(super) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// Takes a place among the requests of a store; returns `None` if there is none.
    pub(super) fn enter_store(&self, store: &StoreId) -> Option<OwnedSemaphorePermit> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let places = match stores.get(store) {
            Some(places) => Arc::clone(places),
            None => Arc::clone(stores.entry(store.clone()).or_insert(semaphore(self.each))),
        };
        drop(stores);
        places.try_acquire_owned().ok()
    }
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))
}

//! Reads the ids of all stores, page by page.

use crate::guard;
use crate::model::StoreId;
use crate::ports::{PortError, PortResult, Stores};

/// The number of ids that are read at once.
const PAGE: usize = 500;

/// The ids of all stores, in ascending order.
pub(crate) struct StoreIds<'a> {
    stores: &'a dyn Stores,
    after: Option<StoreId>,
}

impl<'a> StoreIds<'a> {
    pub(crate) const fn new(stores: &'a dyn Stores) -> Self {
        Self { stores, after: None }
    }

    /// Returns the next ids; `None` if there are no more.
    pub(crate) async fn next(&mut self) -> PortResult<Option<Vec<StoreId>>> {
        let ids = guard::port("stores", self.stores.ids(self.after.as_ref(), PAGE)).await?;
        let last = ids.last().cloned();
        if last.is_some() && last <= self.after {
            return Err(PortError::new("stores", "`ids` returned the page before again"));
        }
        self.after = last;
        Ok(self.after.is_some().then_some(ids))
    }
}

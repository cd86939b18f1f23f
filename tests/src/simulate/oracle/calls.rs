//! What the engine costs in calls.

use std::time::Duration;

use crate::simulate::world::World;

/// How many calls a minute a store's account that refuses everything may cost.
const REFUSED: usize = 100;

/// How many writes an hour a contact may cost that goes without a value that somebody else has.
const TRIES: usize = 8;

impl World {
    /// In an hour in which nothing happens, stores are reconciled and swept, and nothing is written.
    /// Of the contacts that go `without` a value, each may try for it now and then.
    pub(super) fn judge_idle(&self, since: Duration, without: &[usize]) {
        let sent = self.sim.sent_since(since);
        for (store, without) in without.iter().enumerate() {
            let own: Vec<_> = sent.iter().filter(|it| it.store == Some(store)).collect();
            let is_read = |verb: &str, path: &str| verb == "GET" || path.ends_with("/filter");
            let tries = without * TRIES;
            let writes: Vec<_> = own.iter().filter(|it| !is_read(&it.verb, &it.path)).collect();
            if let Some(write) = writes.get(tries) {
                let text = format!("store {store}: {} {}", write.verb, write.path);
                self.sim.violate("nothing is written in an idle hour", text);
            }
            // Four sweeps of 15 contacts a call and a look at each contact that no list shows; four
            // rounds, and some calls for conversations that were touched last.
            let customers = self.shop.numbers(store).len();
            let bound = 4 * (customers / 15 + 4) + 30 + 2 * tries;
            if own.len() > bound {
                let text = format!("store {store}: {} calls, {bound} are fine", own.len());
                self.sim.violate("an idle hour costs little", text);
            }
        }
    }

    /// An account that refuses everything is left alone.
    pub(super) fn judge_calls(&self) {
        let sent = self.sim.sent_since(Duration::ZERO);
        for store in 0..self.stores.len() {
            let refused =
                sent.iter().filter(|it| it.store == Some(store) && it.status == Some(401));
            let refused: Vec<Duration> = refused.map(|it| it.at).collect();
            let crowded = refused.windows(REFUSED).find(|window| {
                window[REFUSED - 1].saturating_sub(window[0]) < Duration::from_mins(1)
            });
            if let Some([first, ..]) = crowded {
                let text = format!("store {store}: {REFUSED} calls within a minute at {first:?}");
                self.sim.violate("a suspended account is left alone", text);
            }
        }
    }
}

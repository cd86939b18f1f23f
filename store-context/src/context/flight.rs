//! One read for all who ask at once.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// The reads that are under way, by key. A key is here only while somebody waits for it.
#[derive(Debug)]
pub(super) struct Flights<T>(Mutex<HashMap<String, Boarded<T>>>);

#[derive(Debug)]
struct Boarded<T> {
    flight: Arc<Flight<T>>,
    seats: usize,
}

/// A read that several may wait for.
#[derive(Debug)]
pub(super) struct Flight<T> {
    answer: OnceCell<T>,
    forgotten: AtomicBool,
}

impl<T> Flight<T> {
    fn new() -> Self {
        Self { answer: OnceCell::new(), forgotten: AtomicBool::new(false) }
    }

    /// Whether what is read may be out of date: those who wait get it, but it is not to be kept.
    pub(super) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::SeqCst)
    }
}

impl<T> Flights<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Waits for the read that is under way, or makes it. Where the one who reads gives up, another
    /// who waits reads.
    pub(super) async fn join<R: Future<Output = T>>(
        &self,
        key: &str,
        read: impl FnOnce(Arc<Flight<T>>) -> R,
    ) -> T
    where
        T: Clone,
    {
        let seat = self.board(key);
        seat.flight.answer.get_or_init(|| read(seat.flight.clone())).await.clone()
    }

    /// Who asks from now on does not get what is being read.
    pub(super) fn forget(&self, key: &str) {
        if let Some(boarded) = self.lock().remove(key) {
            boarded.flight.forgotten.store(true, Ordering::SeqCst);
        }
    }

    fn board<'a>(&'a self, key: &'a str) -> Seat<'a, T> {
        let mut flights = self.lock();
        let boarded = flights
            .entry(key.to_owned())
            .or_insert_with(|| Boarded { flight: Arc::new(Flight::new()), seats: 0 });
        boarded.seats += 1;
        Seat { flights: self, key, flight: boarded.flight.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Boarded<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for a read; given up by dropping it.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    key: &'a str,
    flight: Arc<Flight<T>>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // After `forget`, another flight may have the key.
        let own = flights.get_mut(self.key).filter(|b| Arc::ptr_eq(&b.flight, &self.flight));
        if let Some(boarded) = own {
            boarded.seats -= 1;
            if boarded.seats == 0 || self.flight.answer.initialized() {
                flights.remove(self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::{sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn read(flights: &Flights<usize>, reads: &AtomicUsize, key: &str) -> usize {
        let read = |_| async {
            sleep(SECOND).await;
            reads.fetch_add(1, Ordering::SeqCst) + 1
        };
        flights.join(key, read).await
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_once_gets_one_answer() {
        let (flights, reads) = (Flights::new(), AtomicUsize::new(0));
        let answers = join_all((0..10).map(|_| read(&flights, &reads, "a"))).await;
        assert_eq!(answers, [1; 10]);
        assert!(flights.lock().is_empty());
        assert_eq!(read(&flights, &reads, "a").await, 2, "who asks later gets a later answer");
        join_all(["b", "c"].map(|key| read(&flights, &reads, key))).await;
        assert_eq!(reads.into_inner(), 4, "keys are apart");
    }

    #[tokio::test(start_paused = true)]
    async fn another_reads_where_the_first_gives_up() {
        let (flights, reads) = (Flights::new(), AtomicUsize::new(0));
        let hasty = timeout(SECOND / 2, read(&flights, &reads, "a"));
        let (hasty, patient) = tokio::join!(hasty, read(&flights, &reads, "a"));
        assert!(hasty.is_err());
        assert_eq!(patient, 1);
        timeout(SECOND / 2, read(&flights, &reads, "a")).await.unwrap_err();
        assert!(flights.lock().is_empty(), "what nobody waits for is let go");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_after_a_change_gets_a_new_answer() {
        let (flights, reads) = (Flights::new(), AtomicUsize::new(0));
        let change_and_read = async {
            sleep(SECOND / 2).await;
            flights.forget("a");
            read(&flights, &reads, "a").await
        };
        let before = read(&flights, &reads, "a");
        assert_eq!(tokio::join!(before, change_and_read), (1, 2));
        assert!(flights.lock().is_empty());
    }
}

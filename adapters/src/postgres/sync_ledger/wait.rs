//! Waiting until a row may be due.

use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::sql;
use crate::postgres::database::Database;

/// The shortest time between two questions to the database, and the longest one.
const OFTEN: Duration = Duration::from_millis(500);
const SELDOM: Duration = Duration::from_secs(2);

/// What wakes the workers of a process: its own triggers at once, those of others by a question to
/// the database now and then. All workers share the answers.
#[derive(Debug, Default)]
pub(super) struct Waker {
    changed: Notify,
    asked: Mutex<Option<Asked>>,
}

/// The last question to the database.
#[derive(Debug)]
struct Asked {
    at: Instant,
    // When the next row is due, as far as was known then.
    due: Option<Instant>,
    // How long to wait before the next question.
    pause: Duration,
}

impl Waker {
    /// Wakes one that waits, or the next one that does.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits until a row may be due.
    pub(super) async fn wait(&self, database: &Database, longest: Duration) {
        let now = Instant::now();
        let end = now.checked_add(longest).unwrap_or(now + Duration::from_hours(24));
        let due = async {
            while let Some(later) = self.ask(database).await {
                sleep_until(later).await;
            }
        };
        let either = async {
            tokio::select! {
                () = self.changed.notified() => {}
                () = due => {}
            }
        };
        // The caller claims in either case.
        let _ = timeout_at(end, either).await;
    }

    /// Returns when to ask again, or `None` if a row may be due.
    async fn ask(&self, database: &Database) -> Option<Instant> {
        let mut asked = self.asked.lock().await;
        let now = Instant::now();
        let mut pause = OFTEN;
        if let Some(last) = asked.as_mut() {
            if last.due.is_some_and(|due| due <= now) {
                last.due = None;
                return None;
            }
            let again = last.at + last.pause;
            if again > now {
                return Some(last.due.map_or(again, |due| due.min(again)));
            }
            pause = (last.pause * 2).min(SELDOM);
        }
        let next: Result<Option<f64>, sqlx::Error> =
            sqlx::query_scalar(database.sql(sql::NEXT)).fetch_one(database.pool()).await;
        let next = next.unwrap_or_else(|error| {
            tracing::warn!(%error, "the database did not tell when a row is due");
            None
        });
        if next.is_some_and(|seconds| seconds <= 0.0) {
            *asked = Some(Asked { at: now, due: None, pause: OFTEN });
            return None;
        }
        let due = next.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let due = due.and_then(|wait| now.checked_add(wait));
        *asked = Some(Asked { at: now, due, pause });
        Some(due.map_or(now + pause, |due| due.min(now + pause)))
    }
}

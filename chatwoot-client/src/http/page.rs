//! Paginated lists, and streams over them.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::http::Call;
use crate::types::Extra;
use crate::types::Time;

/// One page of a list; `M` is the list's metadata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Page<T, M = PageMeta> {
    /// The metadata of the list.
    pub meta: M,
    /// The rows of this page, in the server's order.
    pub payload: Vec<T>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The metadata of a list; which fields are set differs by list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PageMeta {
    /// The total number of rows; in a *search* only the number on this page.
    pub count: Option<u64>,
    /// The number of this page, from 1. Some lists write it as text.
    pub current_page: Option<serde_json::Value>,
    /// Whether there is another page; only a search returns it (4.15.1, not 4.9.1).
    pub has_more: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A response that is one page of a list.
pub(crate) trait Paged: DeserializeOwned + Send {
    /// A row.
    type Row: Send;

    /// Returns whether there is another page, if the server sends it.
    fn has_more(&self) -> Option<bool> {
        None
    }

    /// Returns the rows of the page.
    fn rows(self) -> Vec<Self::Row>;
}

/// What the server says of a list.
pub(crate) trait Meta: DeserializeOwned + Send {
    /// Whether there is a further page, where the server says so.
    fn has_more(&self) -> Option<bool> {
        None
    }
}

impl Meta for PageMeta {
    fn has_more(&self) -> Option<bool> {
        self.has_more
    }
}

impl<T: DeserializeOwned + Send, M: Meta> Paged for Page<T, M> {
    type Row = T;

    fn has_more(&self) -> Option<bool> {
        self.meta.has_more()
    }

    fn rows(self) -> Vec<T> {
        self.payload
    }
}

impl<T: DeserializeOwned + Send> Paged for Vec<T> {
    type Row = T;

    fn rows(self) -> Vec<T> {
        self
    }
}

/// When a row was last changed.
pub(crate) type Touched<T> = fn(&T) -> Option<Time>;

/// How the rows of a list are identified, counted and sorted.
pub(crate) struct Rows<P: Paged, K> {
    /// Returns the key of a row that never changes: its id.
    pub(crate) key: fn(&P::Row) -> K,
    /// Returns the total number of rows of the list, if a page contains it.
    pub(crate) total: fn(&P) -> Option<u64>,
    /// Returns the time the list is sorted by, if a change of a row moves it to the front.
    pub(crate) touched: Option<Touched<P::Row>>,
}

/// Streams every row of a paginated list once, one page after the other until one is empty or not
/// full.
///
/// The list may change meanwhile. Rows that move to a later page are returned once, by their key.
/// Rows that move to an earlier page, because others were removed, are found by reading the
/// previous page again, and further back while no row there is known; so most pages are requested
/// twice. If the list has a total and it changed between the two requests, both are read again.
///
/// In a list sorted by `touched`, rows that jump to the front are found by reading the front again
/// at the end, down to the rows that were there at the start. A row may be missed if it moves to an
/// earlier page while another jumps to the front, or is created, between the same two requests.
pub(crate) fn stream<'a, P, K, F>(
    fetch: F,
    rows: Rows<P, K>,
) -> BoxStream<'a, Result<P::Row, Error>>
where
    P: Paged + 'a,
    K: Copy + Hash + Eq + Send + 'a,
    F: Fn(u32) -> Call<'a, P> + Send + Sync + 'a,
    P::Row: 'a,
{
    walk(fetch, rows, true)
}

/// Streams every row of a paginated list once, and requests each page once.
///
/// For a list whose rows never move to an earlier page, because rows are only removed at its end
/// and it is never sorted again. Rows that move to a later page are still returned once, by their
/// key.
pub(crate) fn stream_unguarded<'a, P, K, F>(
    fetch: F,
    rows: Rows<P, K>,
) -> BoxStream<'a, Result<P::Row, Error>>
where
    P: Paged + 'a,
    K: Copy + Hash + Eq + Send + 'a,
    F: Fn(u32) -> Call<'a, P> + Send + Sync + 'a,
    P::Row: 'a,
{
    walk(fetch, rows, false)
}

fn walk<'a, P, K, F>(
    fetch: F,
    rows: Rows<P, K>,
    guarded: bool,
) -> BoxStream<'a, Result<P::Row, Error>>
where
    P: Paged + 'a,
    K: Copy + Hash + Eq + Send + 'a,
    F: Fn(u32) -> Call<'a, P> + Send + Sync + 'a,
    P::Row: 'a,
{
    let walk = Walk {
        fetch,
        rows,
        guarded,
        seen: HashMap::new(),
        next: Step::Page(1),
        first: (0, None),
        before: Vec::new(),
        same: 0,
    };
    stream::try_unfold(walk, |mut walk| async move {
        let found = walk.step().await?;
        Ok(found.map(|rows| (stream::iter(rows.into_iter().map(Ok)), walk)))
    })
    .try_flatten()
    .boxed()
}

/// How often pages are read again, at most, until nothing changes meanwhile.
const TRIES: u32 = 8;

/// How often the front is read again, at most, until no row jumps there meanwhile.
const ROUNDS: u32 = 50;

/// How many times in a row a page may equal the previous one: new rows between the two requests may
/// have moved them there.
const SAME: u32 = 16;

/// The error's text in that case.
const SAME_PAGE: &str =
    "page after page has the same rows: the server, or a proxy before it, ignores the page asked";

/// The next step of a stream.
#[derive(Clone, Copy)]
enum Step {
    /// Read this page, and first the one before it again if rows may have moved there.
    Page(u32),
    /// Read the last page again: rows may have moved there while the previous one was read again.
    Last(u32),
    /// Read this page of the front again, down to the rows changed at `mark`; the next round goes
    /// down to `next`.
    Front { page: u32, mark: Time, next: Time, round: u32 },
    /// The stream has ended.
    End,
}

struct Walk<F, P: Paged, K> {
    fetch: F,
    rows: Rows<P, K>,
    /// Whether rows may move to an earlier page.
    guarded: bool,
    /// The rows that were returned, and whether all rows before them were returned, too.
    seen: HashMap<K, bool>,
    next: Step,
    /// The first page: its number of rows, and when its first row was last changed.
    first: (usize, Option<Time>),
    /// The rows of the previous page, and how many pages in a row were equal to it.
    before: Vec<K>,
    same: u32,
}

impl<'a, F, P, K> Walk<F, P, K>
where
    F: Fn(u32) -> Call<'a, P>,
    P: Paged + 'a,
    K: Copy + Hash + Eq,
{
    /// Returns the next rows that were not seen before; `None` at the end.
    async fn step(&mut self) -> Result<Option<Vec<P::Row>>, Error> {
        match self.next {
            Step::Page(number) => self.page(number).await.map(Some),
            Step::Last(number) => {
                let rows = (self.fetch)(number).await?.rows();
                let fresh = self.fresh(rows);
                self.next = if fresh.is_empty() { self.finish() } else { Step::Page(number + 1) };
                Ok(Some(fresh))
            }
            Step::Front { page, mark, next, round } => {
                let rows = (self.fetch)(page).await?.rows();
                let newest = rows.first().and_then(|row| self.touched(row));
                let next = if page == 1 { newest.unwrap_or(mark) } else { next };
                let oldest = rows.last().and_then(|row| self.touched(row));
                let reached =
                    oldest.is_none_or(|oldest| oldest < mark) || rows.len() < self.first.0;
                self.next = if !reached {
                    Step::Front { page: page + 1, mark, next, round }
                } else if next > mark && round < ROUNDS {
                    // Rows that jumped to the front while the front was read.
                    Step::Front { page: 1, mark: next, next, round: round + 1 }
                } else {
                    Step::End
                };
                Ok(Some(self.fresh(rows)))
            }
            Step::End => Ok(None),
        }
    }

    async fn page(&mut self, number: u32) -> Result<Vec<P::Row>, Error> {
        let (mut all, mut sure) = (Vec::new(), Vec::new());
        let mut tries = 0;
        let (last, empty, counted) = loop {
            let page = (self.fetch)(number).await?;
            let (more, total) = (page.has_more(), (self.rows.total)(&page));
            let rows = page.rows();
            let count = rows.len();
            self.compare(number, &rows)?;
            if number == 1 {
                self.first = (count, rows.first().and_then(|row| self.touched(row)));
            }
            // Later pages do not show rows that moved to earlier ones meanwhile.
            let counts = number == 1 || !self.guarded;
            let until = (number as usize - 1) * self.first.0 + count;
            let whole = counts && total.is_some_and(|total| total <= until as u64);
            let last = whole || more == Some(false) || count == 0 || count < self.first.0;
            let mut found = VecDeque::from([rows]);
            let (mut back, mut still) = (number, true);
            // A known row shows that nothing is missing before it.
            while self.guarded && back > 1 && !found.front().is_some_and(|rows| self.knows(rows)) {
                back -= 1;
                let earlier = (self.fetch)(back).await?;
                still &= (self.rows.total)(&earlier) == total;
                found.push_front(earlier.rows());
            }
            tries += 1;
            // The pages are consistent if nothing changed while they were read.
            let fit = still || tries == TRIES;
            if fit {
                let keys = found.iter().flatten().map(self.rows.key);
                sure.extend(keys);
            }
            all.extend(found.into_iter().flatten());
            if fit {
                break (last, count == 0, total.is_some() && still);
            }
        };
        let rows = self.fresh(all);
        self.seen.extend(sure.into_iter().map(|key| (key, true)));
        self.next = match (last, number) {
            (false, _) => Step::Page(number + 1),
            (true, 1) => self.finish(),
            (true, _) if !self.guarded || counted || (empty && rows.is_empty()) => self.finish(),
            (true, _) => Step::Last(number),
        };
        Ok(rows)
    }

    fn finish(&self) -> Step {
        match (self.rows.touched, self.first) {
            (Some(_), (1.., Some(mark))) => Step::Front { page: 1, mark, next: mark, round: 1 },
            _ => Step::End,
        }
    }

    fn touched(&self, row: &P::Row) -> Option<Time> {
        self.rows.touched.and_then(|touched| touched(row))
    }

    /// Fails if one page after the other is the same: the stream would never end.
    fn compare(&mut self, number: u32, rows: &[P::Row]) -> Result<(), Error> {
        let keys: Vec<K> = rows.iter().map(self.rows.key).collect();
        self.same = if !keys.is_empty() && keys == self.before { self.same + 1 } else { 0 };
        self.before = keys;
        if self.same < SAME {
            return Ok(());
        }
        let operation = (self.fetch)(number).operation().name;
        Err(Error::new(operation, ErrorKind::Decode, SAME_PAGE))
    }

    fn knows(&self, rows: &[P::Row]) -> bool {
        rows.iter().any(|row| self.seen.get(&(self.rows.key)(row)) == Some(&true))
    }

    fn fresh(&mut self, mut rows: Vec<P::Row>) -> Vec<P::Row> {
        rows.retain(|row| {
            let key = (self.rows.key)(row);
            let new = !self.seen.contains_key(&key);
            if new {
                self.seen.insert(key, false);
            }
            new
        });
        rows
    }
}

#[cfg(test)]
mod tests;

//! Streams over a list that changes between two requests.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::client::Client;
use crate::http::transport::{Transport, TransportError};
use crate::http::{Body, Op};

const LIST: Op = Op::get("rows.list", "/rows");
const SIZE: usize = 5;
const BEGIN: i64 = 1_795_221_283;

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Row {
    id: u64,
    at: Time,
}

/// How often, out of a hundred, each change happens to a row between two requests.
#[derive(Clone, Copy, Debug, Default)]
struct Moves {
    made: u32,
    gone: u32,
    touched: u32,
}

/// Rows as id and time, newest or last changed first.
#[derive(Debug)]
struct List {
    rows: Vec<(u64, i64)>,
    random: fastrand::Rng,
    moves: Moves,
    clock: i64,
    begun: Vec<u64>,
    requests: usize,
}

impl List {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(0..100) < percent
    }

    fn pick(&mut self) -> Option<usize> {
        (!self.rows.is_empty()).then(|| self.random.usize(0..self.rows.len()))
    }

    fn shift(&mut self) {
        self.clock += 1;
        let moves = self.moves;
        if self.chance(moves.made) {
            for _ in 0..self.random.u64(1..=7) {
                let id = 1000 + self.rows.len() as u64 + self.random.u64(0..1 << 40);
                self.rows.insert(0, (id, self.clock));
            }
        } else if self.chance(moves.gone) {
            for _ in 0..self.random.u64(1..=7) {
                if let Some(index) = self.pick() {
                    self.rows.remove(index);
                }
            }
        } else if self.chance(moves.touched)
            && let Some(index) = self.pick()
        {
            let (id, _) = self.rows.remove(index);
            self.rows.insert(0, (id, self.clock));
        }
    }
}

#[derive(Clone, Debug)]
struct Server(Arc<Mutex<List>>);

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let page = request.uri().query().and_then(|query| query.strip_prefix("page="));
        let from = (page.unwrap().parse::<usize>().unwrap() - 1) * SIZE;
        let mut list = self.0.lock().unwrap();
        let rows: Vec<Value> = list
            .rows
            .iter()
            .skip(from)
            .take(SIZE)
            .map(|(id, at)| json!({"id": id, "at": at}))
            .collect();
        let answer = json!({"meta": {"count": list.rows.len()}, "payload": rows});
        list.requests += 1;
        list.shift();
        Ok(http::Response::new(answer.to_string().into()))
    }
}

/// Streams a list of `count` rows that changes in this way: returns the rows received and the final
/// list.
async fn run(seed: u64, count: u64, moves: Moves) -> (Vec<u64>, Server) {
    run_as(seed, count, moves, true).await
}

async fn run_as(seed: u64, count: u64, moves: Moves, guarded: bool) -> (Vec<u64>, Server) {
    let begun: Vec<u64> = (1..=count).collect();
    let aged = |id: &u64| (*id, BEGIN - i64::try_from(*id).unwrap());
    let rows = begun.iter().map(aged).collect();
    let random = fastrand::Rng::with_seed(seed);
    let list = List { rows, random, moves, clock: BEGIN, begun, requests: 0 };
    let server = Server(Arc::new(Mutex::new(list)));
    let client =
        Client::builder("https://chatwoot.test").transport(server.clone()).build().unwrap();
    let rows = Rows {
        key: |row: &Row| row.id,
        total: |page: &Page<Row>| page.meta.count,
        touched: (moves.touched > 0).then_some(|row: &Row| Some(row.at)),
    };
    let fetch = |page: u32| client.0.call::<Page<Row>>(LIST).query(&[("page", page)]);
    let mut came = Vec::new();
    let mut stream = if guarded { stream(fetch, rows) } else { stream_unguarded(fetch, rows) };
    while let Some(row) = stream.try_next().await.unwrap() {
        came.push(row.id);
    }
    (came, server)
}

/// Counts the rows that existed all the time but were not received, and those received twice.
async fn faults(seed: u64, count: u64, moves: Moves) -> (Vec<u64>, usize) {
    let (came, server) = run(seed, count, moves).await;
    let list = server.0.lock().unwrap();
    let kept = |id: &&u64| list.begun.contains(id) && list.rows.iter().any(|row| row.0 == **id);
    let missed = list.begun.iter().filter(kept).filter(|id| !came.contains(id)).copied().collect();
    let unique: HashSet<&u64> = came.iter().collect();
    (missed, came.len() - unique.len())
}

#[tokio::test]
async fn a_list_that_moves_one_way_is_neither_repeated_nor_missed() {
    let calm = Moves::default();
    let ways = [
        calm,
        Moves { made: 60, ..calm },
        Moves { gone: 60, ..calm },
        Moves { touched: 60, ..calm },
    ];
    for moves in ways {
        for seed in 0..200 {
            let count = seed % 47;
            let faults = faults(seed, count, moves).await;
            assert_eq!(faults, (vec![], 0), "{moves:?}, seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_list_that_moves_all_ways_is_neither_repeated_nor_missed() {
    let ways = [Moves { made: 15, gone: 15, touched: 0 }, Moves { made: 20, gone: 0, touched: 20 }];
    for moves in ways {
        for seed in 0..200 {
            let faults = faults(seed, seed % 47, moves).await;
            assert_eq!(faults, (vec![], 0), "{moves:?}, seed {seed}");
        }
    }
}

/// A server, or a proxy, that returns the first page whatever page is requested.
#[derive(Clone, Debug)]
struct Stuck;

#[async_trait]
impl Transport for Stuck {
    async fn send(
        &self,
        _: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let answer = json!([{"id": 1, "at": BEGIN}, {"id": 2, "at": BEGIN}]);
        Ok(http::Response::new(answer.to_string().into()))
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_page_is_found_out() {
    let client = Client::builder("https://chatwoot.test").transport(Stuck).build().unwrap();
    let rows = Rows { key: |row: &Row| row.id, total: |_| None, touched: None };
    let fetch = |page: u32| client.0.call::<Vec<Row>>(LIST).query(&[("page", page)]);
    let mut stream = stream(fetch, rows);
    for id in 1..=2 {
        assert_eq!(stream.try_next().await.unwrap().unwrap().id, id);
    }
    let error = stream.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("ignores the page"), "{error}");
}

#[tokio::test]
async fn a_list_at_rest_costs_two_requests_a_page() {
    for (count, requests) in [(0, 1), (4, 1), (5, 1), (6, 3), (11, 5)] {
        let (came, server) = run(1, count, Moves::default()).await;
        assert_eq!(came, (1..=count).collect::<Vec<_>>());
        assert_eq!(server.0.lock().unwrap().requests, requests, "{count} rows");
    }
}

#[tokio::test]
async fn without_a_guard_each_page_is_asked_for_once() {
    for count in [0, 1, 4, 5, 6, 12, 25] {
        let (came, server) = run_as(0, count, Moves::default(), false).await;
        assert_eq!(came, (1..=count).collect::<Vec<_>>());
        let pages = usize::try_from(count).unwrap().div_ceil(SIZE).max(1);
        assert_eq!(server.0.lock().unwrap().requests, pages, "{count} rows");
    }
}

#[tokio::test]
async fn without_a_guard_rows_that_are_made_push_none_out_of_sight() {
    for seed in 0..200 {
        let moves = Moves { made: 30, ..Moves::default() };
        let (came, server) = run_as(seed, 33, moves, false).await;
        let list = server.0.lock().unwrap();
        let unique: HashSet<&u64> = came.iter().collect();
        assert_eq!(unique.len(), came.len(), "seed {seed}: a row came twice");
        assert!(list.begun.iter().all(|id| unique.contains(id)), "seed {seed}: a row is missing");
    }
}
